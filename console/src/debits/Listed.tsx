import { Table } from "@mantine/core";
import { type Row, text } from "../api/lists";
import type { Column } from "../shell/ListPage";

/** Rows that came with something else. */
export function Listed({ title, columns, rows }: { title: string; columns: Column[]; rows: Row[] }) {
  return (
    <Table.ScrollContainer minWidth={640} scrollAreaProps={{ viewportProps: { tabIndex: 0, role: "region", "aria-label": title } }}>
      <Table verticalSpacing="sm" captionSide="top">
        <Table.Caption>{title}</Table.Caption>
        <Table.Thead><Table.Tr>{columns.map((column, place) => <Table.Th key={place} {...(column.end && { ta: "end" as const })}>{column.label}</Table.Th>)}</Table.Tr></Table.Thead>
        <Table.Tbody>{rows.map((row) => <Table.Tr key={text(row, "sid")}>{columns.map((column, place) => <Table.Td key={place} {...(column.end && { ta: "end" as const })}>{column.show(row)}</Table.Td>)}</Table.Tr>)}</Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}
