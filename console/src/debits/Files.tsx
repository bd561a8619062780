import { Alert, Anchor, Button, Group, Paper, Stack, Text, TextInput, Title } from "@mantine/core";
import { useState } from "react";
import { nativePath } from "../api/client";
import { type Row, rows, text } from "../api/lists";
import { useChange, useOne, useRows } from "../api/rows";
import { useMay } from "../api/session";
import { useI18n } from "../i18n";
import { useFormats } from "../i18n/format";
import { Fault } from "../shell/Fault";
import { Rows } from "../shell/Rows";
import { Money, When } from "../shell/show";
import { useCollectionColumns } from "./columns";
import { Listed } from "./Listed";
import { useDebitWords } from "./words";

/** The operator's files for the bank: what would be in the next, making it, and those that were made, with what became of each collection. */
export function Files({ account }: { account: string }) {
  const { t } = useI18n();
  const w = useDebitWords();
  const f = useFormats();
  const { develop } = useMay();
  const base = `${nativePath(account)}/CollectionFiles`;
  const files = useRows(`${base}.json`, "collection_files");
  const [opened, setOpened] = useState("");
  const date = (row: Row) => f.moment(text(row, "date_made"));
  return (
    <Stack>
      {develop && <Make base={base} />}
      <Title order={2} size="h3">{w("files")}</Title>
      <Rows query={files} title={w("files")} empty={w("files.empty")} columns={[
        { label: w("file.made"), show: (row) => <When value={text(row, "date_made")} /> },
        { label: w("file.count"), end: true, show: (row) => f.number(text(row, "count")) },
        { label: w("amount"), end: true, show: (row) => <Money amount={text(row, "total")} currency={text(row, "currency")} /> },
        { label: t("field.action"), show: (row) => (
          <Group gap="sm" wrap="nowrap">
            <Anchor href={`${base}/${text(row, "sid")}.xml`} download={`${text(row, "sid")}.xml`} underline="always" aria-label={w("file.download", { date: date(row) })}>{w("file.download.short")}</Anchor>
            <Button size="xs" variant="default" aria-expanded={opened === text(row, "sid")} {...(opened !== text(row, "sid") && { "aria-label": w("file.open", { date: date(row) }) })} onClick={() => setOpened(opened === text(row, "sid") ? "" : text(row, "sid"))}>{w(opened === text(row, "sid") ? "file.close" : "file.open.short")}</Button>
          </Group>
        ) },
      ]} />
      {opened && <One path={`${base}/${opened}.json`} />}
    </Stack>
  );
}

function One({ path }: { path: string }) {
  const file = useOne(path);
  const w = useDebitWords();
  const f = useFormats();
  const columns = useCollectionColumns(true);
  if (!file.data) return <Fault error={file.error} />;
  return <Listed title={w("file.open", { date: f.moment(text(file.data, "date_made")) })} columns={columns} rows={rows(file.data["collections"])} />;
}

const DAY_MS = 86_400_000;

function Make({ base }: { base: string }) {
  const w = useDebitWords();
  const f = useFormats();
  const columns = useCollectionColumns(true);
  // The bank wants some days; a week is what the command line takes too.
  const [until, setUntil] = useState(() => new Date(Date.now() + 7 * DAY_MS).toISOString().slice(0, 10));
  const [seen, setSeen] = useState<{ file: Row; dry: boolean } | null>(null);
  const make = useChange();
  const ask = (dry: boolean) => {
    setSeen(null);
    make.mutate({ path: `${base}.json`, form: { Until: until, DryRun: String(dry) } }, { onSuccess: (answer) => { const [file] = rows([answer]); if (file) setSeen({ file, dry }); } });
  };
  const file = seen?.file;
  return (
    <Paper withBorder p="md">
      <form onSubmit={(event) => { event.preventDefault(); ask(true); }}>
        <Stack>
          <Title order={2} size="h4">{w("make.title")}</Title>
          <Text maw={760}>{w("operator.about")}</Text>
          <Group align="end">
            <TextInput type="date" required label={w("until")} value={until} onChange={(event) => { setUntil(event.currentTarget.value); setSeen(null); }} />
            <Button type="submit" variant="default" loading={make.isPending}>{w("dry")}</Button>
            <Button disabled={!seen?.dry} loading={make.isPending} onClick={() => ask(false)}>{w("make")}</Button>
          </Group>
          <Fault error={make.error} />
          {file && <Alert variant="outline" role="status">{w(seen.dry ? "would" : "made", { count: f.number(text(file, "count")), total: f.money(text(file, "total"), text(file, "currency")) })}</Alert>}
          {file && rows(file["left"]).map((row) => <Text key={text(row, "number")} size="sm">{w("left", { number: text(row, "number"), reason: text(row, "reason") })}</Text>)}
          {seen?.dry && file && <Listed title={w("dry")} columns={columns} rows={rows(file["collections"])} />}
        </Stack>
      </form>
    </Paper>
  );
}
