import { Center, Loader, Paper, Table, Text } from "@mantine/core";
import type { UseQueryResult } from "@tanstack/react-query";
import { type Row, text } from "../api/lists";
import { useI18n } from "../i18n";
import { Fault } from "./Fault";
import type { Column } from "./ListPage";

interface Shape { title: string; columns: Column[]; empty: string }

/** A short list that is read whole. */
export function Rows({ query, only = () => true, ...shape }: Shape & { query: UseQueryResult<Row[], Error>; only?: (row: Row) => boolean }) {
  const { t } = useI18n();
  if (query.isPending) return <Center h={80}><Loader aria-label={t("app.loading")} /></Center>;
  if (query.isError) return <Fault error={query.error} />;
  return <Listed shown={query.data.filter(only)} {...shape} />;
}

/** A short list that is there. */
export function Listed({ shown, title, columns, empty }: Shape & { shown: Row[] }) {
  if (shown.length === 0) return <Paper withBorder p="xl"><Text ta="center" c="dimmed">{empty}</Text></Paper>;
  return (
    <Table.ScrollContainer minWidth={640} scrollAreaProps={{ viewportProps: { tabIndex: 0, role: "region", "aria-label": title } }}>
      <Table verticalSpacing="sm">
        <Table.Thead><Table.Tr>{columns.map((column, place) => <Table.Th key={place} {...(column.end && { ta: "end" as const })}>{column.label}</Table.Th>)}</Table.Tr></Table.Thead>
        <Table.Tbody>{shown.map((row, at) => <Table.Tr key={text(row, "sid") || at}>{columns.map((column, place) => <Table.Td key={place} {...(column.end && { ta: "end" as const })}>{column.show(row)}</Table.Td>)}</Table.Tr>)}</Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}
