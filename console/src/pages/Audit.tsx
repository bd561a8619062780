import { Button, Code, Group, Stack, Table, Text, TextInput, Title } from "@mantine/core";
import { useInfiniteQuery, useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { get } from "../api/client";
import { CSV_ROWS_MAX, csv, save } from "../api/csv";
import { type Row, rows, text } from "../api/lists";
import { useI18n } from "../i18n";
import { Fault } from "../shell/Fault";
import { When } from "../shell/show";

const API = "/console/api/audit";
const COLUMNS = ["created_at", "person", "action", "subject", "sid"];

const page = async (after: string): Promise<Row[]> => rows(await get(after ? `${API}?after=${encodeURIComponent(after)}` : API));
const matches = (event: Row, wanted: string) => COLUMNS.some((name) => text(event, name).toLowerCase().includes(wanted.toLowerCase()));

/** Everything there is, from the newest on. */
async function whole(): Promise<{ found: Row[]; cut: boolean }> {
  const found: Row[] = [];
  for (;;) {
    const more = await page(text(found.at(-1), "sid"));
    found.push(...more);
    if (more.length === 0) return { found, cut: false };
    if (found.length >= CSV_ROWS_MAX) return { found: found.slice(0, CSV_ROWS_MAX), cut: true };
  }
}

/** What people did in the console. It is kept for good, and nobody can change it here. */
export default function Audit() {
  const { t } = useI18n();
  const [wanted, setWanted] = useState("");
  const events = useInfiniteQuery({
    queryKey: ["audit", "pages"],
    initialPageParam: "",
    queryFn: ({ pageParam }) => page(pageParam),
    getNextPageParam: (last) => (last.length > 0 ? text(last.at(-1), "sid") : null),
  });
  const found = events.data?.pages.flat() ?? [];
  const shown = found.filter((event) => matches(event, wanted));
  const download = useMutation({ mutationFn: whole, onSuccess: (all) => save("audit.csv", csv(COLUMNS, all.found.filter((event) => matches(event, wanted)))) });
  return (
    <Stack>
      <Title order={1}>{t("nav.audit")}</Title>
      <Text maw={760}>{t("audit.about")}</Text>
      <Group align="end"><TextInput label={t("audit.filter")} value={wanted} onChange={(event) => setWanted(event.currentTarget.value)} /><Button variant="default" loading={download.isPending} onClick={() => download.mutate()}>{t("list.csv")}</Button></Group>
      {download.data?.cut && <Text role="status">{t("list.cut", { number: CSV_ROWS_MAX })}</Text>}
      <Fault error={events.error ?? download.error} />
      {events.isSuccess && shown.length === 0 && <Text c="dimmed" role="status">{t("list.none")}</Text>}
      {shown.length > 0 && (
        <Table.ScrollContainer minWidth={640} scrollAreaProps={{ viewportProps: { tabIndex: 0, role: "region", "aria-label": t("nav.audit") } }}>
          <Table verticalSpacing="xs">
            <Table.Thead><Table.Tr><Table.Th>{t("field.date")}</Table.Th><Table.Th>{t("field.email")}</Table.Th><Table.Th>{t("field.action")}</Table.Th><Table.Th>{t("audit.subject")}</Table.Th></Table.Tr></Table.Thead>
            <Table.Tbody>
              {shown.map((event) => (
                <Table.Tr key={text(event, "sid")}>
                  <Table.Td style={{ whiteSpace: "nowrap" }}><When value={text(event, "created_at")} /></Table.Td><Table.Td>{text(event, "person")}</Table.Td><Table.Td><Code>{text(event, "action")}</Code></Table.Td>
                  <Table.Td><Text size="sm" style={{ overflowWrap: "anywhere" }}>{text(event, "subject")}</Text></Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </Table.ScrollContainer>
      )}
      {events.hasNextPage && <Group><Button variant="default" loading={events.isFetchingNextPage} onClick={() => void events.fetchNextPage()}>{t("list.more")}</Button></Group>}
    </Stack>
  );
}
