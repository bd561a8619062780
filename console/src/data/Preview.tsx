import { Alert, Button, Group, List, Paper, Stack, Table, Text, Title } from "@mantine/core";
import { type Row, rows, text } from "../api/lists";
import { useI18n } from "../i18n";
import { useFormats } from "../i18n/format";
import { named, spoken } from "../i18n/words";
import { Fault } from "../shell/Fault";
import { added, grounds, wordOf } from "./kinds";
import { useDataWords } from "./words";

/** What an erasure would take and what it would leave, before anything is erased. */
export function Preview({ number, preview, error, isPending, onErase, onLeave }: { number: string; preview: Row; error: Error | null; isPending: boolean; onErase: () => void; onLeave: () => void }) {
  const { language } = useI18n();
  const w = useDataWords();
  const f = useFormats();
  const gone = added(rows(preview["erased"]).map((row) => ({ kind: text(row, "kind"), count: Number(row["count"]) })));
  const kept = rows(preview["kept"]);
  const obstacles = Array.isArray(preview["obstacles"]) ? preview["obstacles"].filter((it) => typeof it === "string") : [];
  const against = [...obstacles, ...rows(preview["legal_holds"]).map((hold) => w("held.by", { name: text(hold, "name") }))];
  return (
    <Paper withBorder p="md" role="region" aria-label={w("goes")}>
      <Stack>
        <Title order={3} size="h4">{number ? w("preview.of", { number }) : w("preview.ofAll")}</Title>
        <div>
          <Title order={4} size="h5">{w("goes")}</Title>
          {number && gone.length > 0 && <Text size="sm">{w("goes.number")}</Text>}
          {gone.length === 0 ? <Text>{w("goes.none")}</Text> : (
            <Table maw={760}>
              <Table.Thead><Table.Tr><Table.Th>{w("data")}</Table.Th><Table.Th ta="end">{w("count")}</Table.Th></Table.Tr></Table.Thead>
              <Table.Tbody>{gone.map(({ word, count }) => <Table.Tr key={word[0]}><Table.Td>{spoken(word, language)}</Table.Td><Table.Td ta="end">{f.number(String(count))}</Table.Td></Table.Tr>)}</Table.Tbody>
            </Table>
          )}
        </div>
        <div>
          <Title order={4} size="h5">{w("stays")}</Title>
          {kept.length === 0 ? <Text>{w("stays.none")}</Text> : (
            <Table.ScrollContainer minWidth={520} scrollAreaProps={{ viewportProps: { tabIndex: 0, role: "region", "aria-label": w("stays") } }}>
              <Table maw={760}>
                <Table.Thead><Table.Tr><Table.Th>{w("data")}</Table.Th><Table.Th ta="end">{w("count")}</Table.Th><Table.Th>{w("ground")}</Table.Th><Table.Th>{w("until")}</Table.Th></Table.Tr></Table.Thead>
                <Table.Tbody>{kept.map((row, at) => <Table.Tr key={at}><Table.Td>{spoken(wordOf(text(row, "kind")), language)}</Table.Td><Table.Td ta="end">{f.number(text(row, "count"))}</Table.Td><Table.Td>{named(grounds, text(row, "ground"), language)}</Table.Td><Table.Td>{text(row, "until") ? f.day(text(row, "until")) : w("term")}</Table.Td></Table.Tr>)}</Table.Tbody>
              </Table>
            </Table.ScrollContainer>
          )}
        </div>
        {against.length > 0 && <Alert variant="outline" role="status" title={w("obstacles")}><List size="sm">{against.map((it) => <List.Item key={it}>{it}</List.Item>)}</List></Alert>}
        {preview["possible"] === true && <Alert variant="outline" color="red">{w("erase.sure")}</Alert>}
        <Fault error={error} />
        <Group>
          {preview["possible"] === true && <Button color="red.9" loading={isPending} onClick={onErase}>{w("erase.do")}</Button>}
          <Button variant="default" onClick={onLeave}>{w("erase.not")}</Button>
        </Group>
      </Stack>
    </Paper>
  );
}
