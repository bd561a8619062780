import { Alert, Anchor, Button, Group, Modal, Stack, Text, Title } from "@mantine/core";
import { useState } from "react";
import { type Row, text } from "../api/lists";
import { useChange, useRows } from "../api/rows";
import { useI18n } from "../i18n";
import { useFormats } from "../i18n/format";
import { Fault } from "../shell/Fault";
import { Rows } from "../shell/Rows";
import { Status, When } from "../shell/show";
import { useDataWords } from "./words";

/** How often archives are looked at, in milliseconds: one that is being made grows. */
const LOOK_MS = 5_000;

/** Archives of what is kept: asked for, taken away, deleted in two clicks. */
export function Archives({ account }: { account: string }) {
  const { t } = useI18n();
  const w = useDataWords();
  const f = useFormats();
  const base = `${account}/Exports`;
  const archives = useRows(`${base}.json`, "exports", LOOK_MS);
  const [chosen, setChosen] = useState<Row | null>(null);
  const ask = useChange();
  const drop = useChange(() => setChosen(null));
  const isBusy = archives.data?.some((row) => ["queued", "running"].includes(text(row, "status"))) ?? false;
  const date = (row: Row | null) => f.moment(text(row ?? undefined, "date_created"));
  return (
    <section>
      <Title order={2} size="h3" mb="sm">{w("archives")}</Title>
      <Text maw={760} mb="sm">{w("archives.about")}</Text>
      <Fault error={ask.error} />
      <Group mb="sm"><Button loading={ask.isPending} disabled={isBusy} onClick={() => ask.mutate({ path: `${base}.json`, form: {} })}>{w("ask")}</Button></Group>
      <Rows query={archives} title={w("archives")} empty={w("archives.none")} columns={[
        { label: w("asked"), show: (row) => <When value={text(row, "date_created")} /> },
        { label: t("field.status"), show: (row) => <><Status row={row} />{text(row, "status") === "running" && <Text size="xs">{w("parts", { done: text(row, "parts_done"), all: text(row, "parts") })}</Text>}{text(row, "error_message") && <Text size="xs">{text(row, "error_message")}</Text>}</> },
        { label: w("size"), end: true, show: (row) => text(row, "bytes") && w("bytes", { number: f.number(text(row, "bytes")) }) },
        { label: w("until"), show: (row) => <When value={text(row, "date_expires")} /> },
        { label: t("field.action"), show: (row) => text(row, "status") === "ready" && (
          <Group gap="md">
            <Anchor href={`${base}/${text(row, "sid")}.tgz`} download={`${text(row, "sid")}.tgz`} underline="always" aria-label={w("fetch.of", { date: date(row) })}>{w("fetch")}</Anchor>
            <Button size="xs" variant="outline" color="red" aria-label={w("delete.of", { date: date(row) })} onClick={() => { drop.reset(); setChosen(row); }}>{w("delete")}</Button>
          </Group>
        ) },
      ]} />
      <Modal opened={chosen !== null} onClose={() => setChosen(null)} title={w("delete")} closeButtonProps={{ "aria-label": w("not") }}>
        <Stack>
          <Alert variant="outline">{w("delete.sure", { date: date(chosen) })}</Alert>
          <Fault error={drop.error} />
          <Group>
            <Button color="red.9" loading={drop.isPending} onClick={() => drop.mutate({ path: `${base}/${text(chosen ?? undefined, "sid")}.json` })}>{w("delete")}</Button>
            <Button variant="default" onClick={() => setChosen(null)}>{w("not")}</Button>
          </Group>
        </Stack>
      </Modal>
    </section>
  );
}
