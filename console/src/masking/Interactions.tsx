import { Anchor, Button, Center, Group, Loader, Stack, Title } from "@mantine/core";
import { Link } from "react-router";
import { type Row, text } from "../api/lists";
import { useI18n } from "../i18n";
import { useFormats } from "../i18n/format";
import { Fault } from "../shell/Fault";
import { Listed } from "../shell/Rows";
import { Status, When } from "../shell/show";
import { LIVE_MS, moment, useMaskPages, useMaskPaths } from "./api";
import { useMaskWords } from "./words";

/** Calls and messages between the two, newest first. */
export function Interactions({ base, people }: { base: string; people: Row[] }) {
  const { t } = useI18n();
  const w = useMaskWords();
  const { number } = useFormats();
  const path = useMaskPaths();
  const list = useMaskPages(path(`${base}/interactions`), "interactions", LIVE_MS);
  const who = (sid: string) => {
    const found = people.find((row) => text(row, "sid") === sid);
    return found ? text(found, "friendlyName") || text(found, "identifier") : w("gone");
  };
  const kind = (row: Row) => w(text(row, "type") === "voice" ? "voice" : "sms");
  return (
    <section>
      <Title order={2} size="h3" mb="sm">{w("events")}</Title>
      <Stack>
        <Fault error={list.error} />
        {list.isPending && <Center h={80}><Loader aria-label={t("app.loading")} /></Center>}
        {list.isSuccess && <Listed shown={list.data.pages.flat()} title={w("events")} empty={w("events.none")} columns={[
          { label: t("field.date"), show: (row) => <When value={moment(row, "dateCreated")} /> },
          { label: w("events.kind"), show: (row) => (text(row, "callSid") ? <Anchor component={Link} to={`/calls/${text(row, "callSid")}`} underline="always">{kind(row)}</Anchor> : kind(row)) },
          { label: w("events.who"), show: (row) => who(text(row, "fromParticipantSid")) },
          { label: t("field.to"), show: (row) => who(text(row, "toParticipantSid")) },
          { label: t("field.status"), show: (row) => text(row, "status") && <Status row={row} /> },
          { label: t("field.duration"), end: true, show: (row) => number(text(row, "duration")) },
        ]} />}
        {list.hasNextPage && <Group><Button variant="default" loading={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>{t("list.more")}</Button></Group>}
      </Stack>
    </section>
  );
}
