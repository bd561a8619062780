import { Anchor, Button, Group, Stack, Text, Title } from "@mantine/core";
import { nativePath } from "../api/client";
import { text } from "../api/lists";
import { useChange, useRows } from "../api/rows";
import { useMay, useSession } from "../api/session";
import { useDataWords } from "../data/words";
import { useI18n } from "../i18n";
import { useFormats } from "../i18n/format";
import { Fault } from "../shell/Fault";
import { Rows } from "../shell/Rows";
import { Status, When } from "../shell/show";

/** How often archives are looked at, in milliseconds: one that is being made grows. */
const LOOK_MS = 5_000;

/** What is kept of the account, to be taken away. */
export default function Data() {
  const { t } = useI18n();
  const w = useDataWords();
  const f = useFormats();
  const { account_sid } = useSession();
  const { develop } = useMay();
  const base = `${nativePath(account_sid)}/Exports`;
  const archives = useRows(`${base}.json`, "exports", LOOK_MS);
  const ask = useChange();
  const drop = useChange();
  const isBusy = archives.data?.some((row) => ["queued", "running"].includes(text(row, "status"))) ?? false;
  if (!develop) return <Text>{t("app.notFound")}</Text>;
  return (
    <Stack gap="xl">
      <Title order={1}>{t("nav.data")}</Title>
      <section>
        <Title order={2} size="h3" mb="sm">{w("archives")}</Title>
        <Text maw={760} mb="sm">{w("archives.about")}</Text>
        <Fault error={ask.error ?? drop.error} />
        <Group mb="sm"><Button loading={ask.isPending} disabled={isBusy} onClick={() => ask.mutate({ path: `${base}.json`, form: {} })}>{w("ask")}</Button></Group>
        <Rows query={archives} title={w("archives")} empty={w("archives.none")} columns={[
          { label: w("asked"), show: (row) => <When value={text(row, "date_created")} /> },
          { label: t("field.status"), show: (row) => <><Status row={row} />{text(row, "status") === "running" && <Text size="xs">{w("parts", { done: text(row, "parts_done"), all: text(row, "parts") })}</Text>}{text(row, "error_message") && <Text size="xs">{text(row, "error_message")}</Text>}</> },
          { label: w("size"), end: true, show: (row) => text(row, "bytes") && w("bytes", { number: f.number(text(row, "bytes")) }) },
          { label: w("until"), show: (row) => <When value={text(row, "date_expires")} /> },
          { label: t("field.action"), show: (row) => {
            const date = f.moment(text(row, "date_created"));
            return text(row, "status") === "ready" && (
              <Group gap="md">
                <Anchor href={`${base}/${text(row, "sid")}.tgz`} download={`${text(row, "sid")}.tgz`} underline="always" aria-label={w("fetch.of", { date })}>{w("fetch")}</Anchor>
                <Button size="xs" variant="outline" color="red" aria-label={w("delete.of", { date })} onClick={() => drop.mutate({ path: `${base}/${text(row, "sid")}.json` })}>{w("delete")}</Button>
              </Group>
            );
          } },
        ]} />
      </section>
    </Stack>
  );
}
