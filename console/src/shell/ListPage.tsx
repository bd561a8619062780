import { Button, Center, Group, Loader, Paper, Stack, Table, Text, Title } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { CSV_ROWS_MAX, csv, save, whole } from "../api/csv";
import { type Face, listPath, type Row, useList } from "../api/lists";
import { useSession } from "../api/session";
import { useI18n } from "../i18n";
import type { View } from "../logs/useFilters";
import { handOver } from "../api/file";
import { Columns } from "./Columns";
import { Fault } from "./Fault";
import { keep, type Kept, keptOf } from "./kept";
import { SavedFilters } from "./SavedFilters";
import { useListWords } from "./words";

export interface Column {
  /** Two may be called alike in a language: it identifies nothing. */
  label: string;
  /** Figures stand at the end of their column. */
  end?: true;
  show: (row: Row) => ReactNode;
}

/** A list with its filters, pages, and what to do where there is nothing yet. */
export function ListPage(props: {
  title: string;
  order?: 1 | 2;
  resource: string;
  member: string;
  columns: Column[];
  empty: string;
  filters?: Record<string, string>;
  live?: boolean;
  /** The filters as the address has them, where they can be saved. */
  view?: View;
  face?: Face;
  above?: ReactNode;
  /** Properties of the rows that a file of the whole list has; without them there is no file. */
  file?: string[];
}) {
  const { t } = useI18n();
  const list = useList(props.resource, props.member, props.filters ?? {}, props.live ? 5_000 : false, props.face);
  const found = list.data?.pages.flatMap((page) => page.rows) ?? [];
  const { person } = useSession();
  const [kept, setKept] = useState(() => keptOf(person.sid, props.resource));
  const change = (part: Partial<Kept>) => { const next = { ...kept, ...part }; setKept(next); keep(person.sid, props.resource, next); };
  // Columns that a later version no longer has are nobody's business.
  const columns = props.file ? props.columns.filter((_, place) => !kept.hidden.includes(place)) : props.columns;
  return (
    <Stack>
      <Title order={props.order ?? 1} size={props.order === 2 ? "h3" : "h1"}>{props.title}</Title>
      {props.above}
      {props.view && <SavedFilters view={props.view} saved={kept.saved} change={(saved) => change({ saved })} />}
      <Fault error={list.error} />
      {list.isPending && <Center h={120}><Loader aria-label={t("app.loading")} /></Center>}
      {list.isSuccess && found.length === 0 && <Paper withBorder p="xl"><Text ta="center" c="dimmed">{props.empty}</Text></Paper>}
      {found.length > 0 && (
        <Table.ScrollContainer minWidth={640} scrollAreaProps={{ viewportProps: { tabIndex: 0, role: "region", "aria-label": props.title } }}>
          <Table verticalSpacing="sm" highlightOnHover>
            <Table.Thead><Table.Tr>{columns.map((column, place) => <Table.Th key={place} {...(column.end && { ta: "end" as const })}>{column.label}</Table.Th>)}</Table.Tr></Table.Thead>
            <Table.Tbody>
              {found.map((row, index) => (
                <Table.Tr key={typeof row["sid"] === "string" ? row["sid"] : index}>
                  {columns.map((column, place) => <Table.Td key={place} {...(column.end && { ta: "end" as const })}>{column.show(row)}</Table.Td>)}
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </Table.ScrollContainer>
      )}
      {props.file && found.length > 0 && (
        <Group>
          <Download resource={props.resource} member={props.member} filters={props.filters ?? {}} columns={props.file} face={props.face ?? "twilio"} />
          <Columns labels={props.columns.map(({ label }) => label)} hidden={kept.hidden} change={(hidden) => change({ hidden })} />
        </Group>
      )}
      {list.hasNextPage && <Group><Button variant="default" loading={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>{t("list.more")}</Button></Group>}
    </Stack>
  );
}

/** The list as a file, with the same filters: what a table shows of it, or all there is of each row. */
function Download({ resource, member, filters, columns, face }: { resource: string; member: string; filters: Record<string, string>; columns: string[]; face: Face }) {
  const { t } = useI18n();
  const w = useListWords();
  const { account_sid } = useSession();
  const download = useMutation({
    mutationFn: (_: "csv" | "json") => whole(listPath(account_sid, resource, filters, 1_000, face), member),
    onSuccess: ({ found }, kind) => (kind === "csv" ? save(`${member}.csv`, csv(columns, found)) : handOver(`${member}.json`, new Blob([JSON.stringify(found, null, 2)], { type: "application/json" }))),
  });
  return (
    <>
      <Button variant="default" loading={download.isPending} onClick={() => download.mutate("csv")}>{t("list.csv")}</Button>
      <Button variant="default" loading={download.isPending} onClick={() => download.mutate("json")}>{w("json")}</Button>
      {download.data?.cut && <Text role="status">{t("list.cut", { number: CSV_ROWS_MAX })}</Text>}
      <Fault error={download.error} />
    </>
  );
}
