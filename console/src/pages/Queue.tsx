import { Anchor, Code, Paper, SimpleGrid, Stack, Text, Title } from "@mantine/core";
import { Link, useParams } from "react-router";
import { accountPath } from "../api/client";
import { text } from "../api/lists";
import { useOne, useRows } from "../api/rows";
import { useMay, useSession } from "../api/session";
import { useI18n } from "../i18n";
import { useFormats } from "../i18n/format";
import { QueueForm } from "../rooms/QueueForm";
import { useRoomWords } from "../rooms/words";
import { Fault } from "../shell/Fault";
import { Rows } from "../shell/Rows";
import { When } from "../shell/show";

/** One queue: how long it is, and who waits. */
export default function Queue() {
  const { t } = useI18n();
  const w = useRoomWords();
  const f = useFormats();
  const { sid = "" } = useParams();
  const { account_sid } = useSession();
  const { develop } = useMay();
  const path = `${accountPath(account_sid)}/Queues/${encodeURIComponent(sid)}`;
  const queue = useOne(`${path}.json`, 3_000);
  const members = useRows(`${path}/Members.json?PageSize=200`, "queue_members", 3_000);
  return (
    <Stack gap="xl">
      <div>
        <Anchor component={Link} to="/queues" underline="always">{t("nav.queues")}</Anchor>
        <Title order={1}>{text(queue.data, "friendly_name") || t("nav.queues")}</Title>
        <Code>{sid}</Code>
      </div>
      <Fault error={queue.error ?? members.error} />
      {queue.data && (
        <SimpleGrid cols={{ base: 1, xs: 3 }}>
          {([[w("waiting"), f.number(text(queue.data, "current_size"))], [w("average"), f.seconds(text(queue.data, "average_wait_time"))], [w("max"), f.number(text(queue.data, "max_size"))]] as const).map(([label, value]) => (
            <Paper key={label} withBorder p="md"><Text size="sm" c="dimmed">{label}</Text><Text fw={700} size="xl">{value}</Text></Paper>
          ))}
        </SimpleGrid>
      )}
      {develop && queue.data && <QueueForm key={sid} queue={queue.data} path={path} />}
      <section>
        <Title order={2} size="h3" mb="sm">{w("members")}</Title>
        <Rows query={members} title={w("members")} empty={w("members.none")} columns={[
          { label: w("position"), end: true, show: (row) => f.number(text(row, "position")) },
          { label: w("call"), show: (row) => <Anchor component={Link} to={`/calls/${text(row, "call_sid")}`} underline="always">{text(row, "call_sid")}</Anchor> },
          { label: w("since"), show: (row) => <When value={text(row, "date_enqueued")} /> },
          { label: w("waited"), end: true, show: (row) => f.seconds(text(row, "wait_time")) },
        ]} />
      </section>
    </Stack>
  );
}
