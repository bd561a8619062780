import { Anchor, Group, TextInput } from "@mantine/core";
import { accountPath } from "../api/client";
import { text } from "../api/lists";
import { useSession } from "../api/session";
import { useI18n } from "../i18n";
import { useFormats } from "../i18n/format";
import { CallLink } from "../logs/CallLink";
import { useFilters } from "../logs/useFilters";
import { useLogWords } from "../logs/words";
import { ListPage } from "../shell/ListPage";
import { Price, Status, When } from "../shell/show";

const FILE = ["sid", "date_created", "call_sid", "conference_sid", "status", "duration", "channels", "source", "price", "price_unit"];

/** Recordings: found by call and day, heard, taken away. */
export default function Recordings() {
  const { t } = useI18n();
  const w = useLogWords();
  const { number } = useFormats();
  const { account_sid } = useSession();
  const { field, asked, any, view } = useFilters(["CallSid", "DateCreated>", "DateCreated<"] as const);
  const audio = (sid: string, kind: string) => `${accountPath(account_sid)}/Recordings/${sid}.${kind}`;
  return (
    <ListPage title={t("nav.recordings")} resource="Recordings" member="recordings" filters={asked} view={view} empty={any ? w("none") : t("recordings.empty")} file={FILE}
      above={
        <Group align="end" role="group" aria-label={t("list.filter")}>
          <TextInput label={w("call.sid")} placeholder="CA…" {...field("CallSid")} />
          <TextInput type="date" label={t("field.since")} {...field("DateCreated>")} />
          <TextInput type="date" label={t("field.until")} {...field("DateCreated<")} />
        </Group>
      }
      columns={[
        { label: t("field.date"), show: (row) => <When value={text(row, "date_created")} /> },
        { label: w("call"), show: (row) => <CallLink row={row} /> },
        { label: t("field.status"), show: (row) => <Status row={row} /> },
        { label: t("field.duration"), end: true, show: (row) => number(text(row, "duration")) },
        { label: t("field.listen"), show: (row) => text(row, "status") === "completed" && <audio controls preload="none" aria-label={t("field.listen")} src={audio(text(row, "sid"), "wav")} /> },
        { label: w("download"), show: (row) => text(row, "status") === "completed" && <Group gap="sm" wrap="nowrap">{["wav", "mp3"].map((kind) => <Anchor key={kind} href={audio(text(row, "sid"), kind)} download underline="always">{kind.toUpperCase()}</Anchor>)}</Group> },
        { label: t("field.price"), end: true, show: (row) => <Price row={row} /> },
      ]} />
  );
}
