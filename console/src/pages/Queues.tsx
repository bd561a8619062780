import { Alert, Anchor, Button, Group, Modal, NumberInput, Paper, Stack, TextInput, Title } from "@mantine/core";
import { useState } from "react";
import { Link } from "react-router";
import { accountPath } from "../api/client";
import { type Row, text } from "../api/lists";
import { useChange, useRows } from "../api/rows";
import { useMay, useSession } from "../api/session";
import { useI18n } from "../i18n";
import { useFormats } from "../i18n/format";
import { Bindings } from "../rooms/Bindings";
import { useBoardWords } from "../rooms/boardWords";
import { useRoomWords } from "../rooms/words";
import { Fault } from "../shell/Fault";
import { Rows } from "../shell/Rows";
import { When } from "../shell/show";

/** How often the queues are looked at, in milliseconds. */
const LIVE_MS = 3_000;

/** Queues and how full they are now, and the numbers that lead into them. */
export default function Queues() {
  const { t } = useI18n();
  const w = useRoomWords();
  const b = useBoardWords();
  const f = useFormats();
  const { account_sid } = useSession();
  const { develop } = useMay();
  const base = `${accountPath(account_sid)}/Queues`;
  const queues = useRows(`${base}.json?PageSize=1000`, "queues", LIVE_MS);
  const [name, setName] = useState("");
  const [size, setSize] = useState(100);
  const [leaving, setLeaving] = useState<Row | null>(null);
  const make = useChange(() => setName(""));
  const end = useChange(() => setLeaving(null));
  return (
    <Stack gap="xl">
      <Group justify="space-between"><Title order={1}>{t("nav.queues")}</Title><Anchor component={Link} to="/queues/board" underline="always">{b("title")}</Anchor></Group>
      {develop && (
        <Paper withBorder p="md">
          <form onSubmit={(event) => { event.preventDefault(); make.mutate({ path: `${base}.json`, form: { FriendlyName: name, MaxSize: String(size) } }); }}>
            <Group align="end">
              <TextInput label={w("queue.name")} required maxLength={64} value={name} onChange={(event) => setName(event.currentTarget.value)} />
              <NumberInput label={w("queue.size")} required min={1} max={1_000} allowDecimal={false} value={size} onChange={(next) => setSize(Number(next))} />
              <Button type="submit" loading={make.isPending}>{w("queue.make")}</Button>
            </Group>
          </form>
        </Paper>
      )}
      <Fault error={make.error} />
      <section>
        <Title order={2} size="h3" mb="sm">{w("queue.list")}</Title>
        <Rows query={queues} title={w("queue.list")} empty={t("queues.empty")} columns={[
          { label: t("field.name"), show: (row) => <Anchor component={Link} to={`/queues/${text(row, "sid")}`} underline="always">{text(row, "friendly_name")}</Anchor> },
          { label: w("waiting"), end: true, show: (row) => f.number(text(row, "current_size")) },
          { label: w("average"), end: true, show: (row) => f.seconds(text(row, "average_wait_time")) },
          { label: w("max"), end: true, show: (row) => f.number(text(row, "max_size")) },
          { label: t("field.date"), show: (row) => <When value={text(row, "date_created")} /> },
          ...(develop ? [{ label: t("field.action"), show: (row: Row) => text(row, "current_size") === "0" && <Button size="xs" variant="outline" color="red" onClick={() => { end.reset(); setLeaving(row); }}>{w("queue.delete", { name: text(row, "friendly_name") })}</Button> }] : []),
        ]} />
      </section>
      <Bindings />
      <Modal opened={leaving !== null} onClose={() => setLeaving(null)} title={w("queue.delete", { name: text(leaving ?? {}, "friendly_name") })} closeButtonProps={{ "aria-label": w("queue.keep") }}>
        <Stack>
          <Alert variant="outline">{w("queue.delete.sure")}</Alert>
          <Fault error={end.error} />
          <Group>
            <Button color="red.9" loading={end.isPending} onClick={() => leaving && end.mutate({ path: `${base}/${text(leaving, "sid")}.json` })}>{w("queue.delete.do")}</Button>
            <Button variant="default" onClick={() => setLeaving(null)}>{w("queue.keep")}</Button>
          </Group>
        </Stack>
      </Modal>
    </Stack>
  );
}
