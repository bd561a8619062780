import { Group, TextInput } from "@mantine/core";
import { accountPath } from "../api/client";
import { text } from "../api/lists";
import { useSession } from "../api/session";
import { useI18n } from "../i18n";
import { useFormats } from "../i18n/format";
import { useFilters } from "../logs/useFilters";
import { useLogWords } from "../logs/words";
import { ListPage } from "../shell/ListPage";
import { Status, When } from "../shell/show";

/** Texts of recordings, which are kept encrypted and cannot be searched. */
export default function Transcriptions() {
  const { t } = useI18n();
  const w = useLogWords();
  const { number } = useFormats();
  const { account_sid } = useSession();
  const { field, asked, any, view } = useFilters(["StartTime", "EndTime"] as const);
  return (
    <ListPage title={t("nav.transcriptions")} resource="Transcriptions" member="transcriptions" filters={asked} view={view} empty={any ? w("none") : t("transcriptions.empty")}
      file={["sid", "date_created", "recording_sid", "status", "duration", "transcription_text"]}
      above={
        <Group align="end" role="group" aria-label={t("list.filter")}>
          <TextInput type="date" label={t("field.since")} {...field("StartTime")} />
          <TextInput type="date" label={t("field.until")} {...field("EndTime")} />
        </Group>
      }
      columns={[
        { label: t("field.date"), show: (row) => <When value={text(row, "date_created")} /> },
        { label: t("field.status"), show: (row) => <Status row={row} /> },
        { label: t("field.duration"), end: true, show: (row) => number(text(row, "duration")) },
        { label: t("field.body"), show: (row) => text(row, "transcription_text") },
        { label: t("field.listen"), show: (row) => <audio controls preload="none" aria-label={t("field.listen")} src={`${accountPath(account_sid)}/Recordings/${text(row, "recording_sid")}.wav`} /> },
      ]} />
  );
}
