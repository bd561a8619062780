import { Anchor, Paper, SimpleGrid, Stack, Text, Title } from "@mantine/core";
import { Link } from "react-router";
import { accountPath, isRecord, nativePath } from "../api/client";
import { type Row, rows, text } from "../api/lists";
import { useOne, useRows } from "../api/rows";
import { useSession } from "../api/session";
import { useI18n } from "../i18n";
import { useFormats } from "../i18n/format";
import { dayOf } from "../rooms/day";
import { useBoardWords } from "../rooms/boardWords";
import { Fault } from "../shell/Fault";

/** How often is looked, in milliseconds. */
const LIVE_MS = 3_000;

/** What everybody in the room should see of the queues: who waits and for how long, and how the day went. */
export default function Board() {
  const { t } = useI18n();
  const w = useBoardWords();
  const { account_sid } = useSession();
  const queues = useRows(`${accountPath(account_sid)}/Queues.json?PageSize=1000`, "queues", LIVE_MS);
  const today = useOne(`${nativePath(account_sid)}/QueueDays.json`, LIVE_MS);
  const days = new Map(rows(isRecord(today.data) ? today.data["queue_days"] : []).map((row) => [text(row, "queue"), row]));
  return (
    <Stack gap="xl">
      <div><Anchor component={Link} to="/queues" underline="always">{t("nav.queues")}</Anchor><Title order={1}>{w("title")}</Title></div>
      <Fault error={queues.error ?? today.error} />
      {queues.data?.length === 0 && <Paper withBorder p="xl"><Text ta="center" c="dimmed">{t("queues.empty")}</Text></Paper>}
      {queues.data?.map((queue) => <OfQueue key={text(queue, "sid")} queue={queue} day={days.get(text(queue, "friendly_name"))} inTime={text(today.data, "in_time_s")} />)}
      <Text size="sm" c="dimmed">{w("day")}</Text>
    </Stack>
  );
}

function OfQueue({ queue, day, inTime }: { queue: Row; day: Row | undefined; inTime: string }) {
  const w = useBoardWords();
  const f = useFormats();
  const { account_sid } = useSession();
  const sid = text(queue, "sid");
  const name = text(queue, "friendly_name");
  const first = useRows(`${accountPath(account_sid)}/Queues/${sid}/Members.json?PageSize=1000`, "queue_members", LIVE_MS);
  const longest = Math.max(0, ...(first.data ?? []).map((row) => Number(text(row, "wait_time"))));
  const shown = dayOf(day);
  const percent = (share: number | null) => (share === null ? "–" : f.percent(String(Math.round(share * 100))));
  const figures = [
    [w("waiting"), f.number(text(queue, "current_size"))],
    [w("longest"), f.seconds(String(longest))],
    [w("served"), f.number(String(shown.served))],
    [w("wait"), shown.wait_s === null ? "–" : f.seconds(String(Math.round(shown.wait_s)))],
    [w("level", { seconds: inTime }), percent(shown.level)],
    [w("abandoned"), percent(shown.abandoned)],
  ] as const;
  return (
    <section aria-label={name}>
      <Title order={2} size="h3" mb="sm"><Anchor component={Link} to={`/queues/${sid}`} inherit underline="always">{name}</Anchor></Title>
      <SimpleGrid cols={{ base: 2, sm: 3, lg: 6 }}>
        {figures.map(([label, value]) => <Paper key={label} withBorder p="md"><Text size="sm" c="dimmed">{label}</Text><Text fw={700} fz={32} style={{ fontVariantNumeric: "tabular-nums" }}>{value}</Text></Paper>)}
      </SimpleGrid>
    </section>
  );
}
