import { Button, Code, Group, Stack, Table, Text, TextInput, Title } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { auditWords } from "../audit/words";
import { CSV_ROWS_MAX, csv, save, whole } from "../api/csv";
import { listPath, type Row, text, useList } from "../api/lists";
import { useSession } from "../api/session";
import { useI18n } from "../i18n";
import { useSpeaker } from "../i18n/words";
import { Fault } from "../shell/Fault";
import { When } from "../shell/show";

const COLUMNS = ["date_created", "person", "key_sid", "by_account_sid", "ip", "action", "subject", "before", "asked", "sid", "digest"];

/** Entries that are read at once: what is looked for is looked for among those that were. */
const PAGE = 200;

const matches = (event: Row, wanted: string) => COLUMNS.some((name) => text(event, name).toLowerCase().includes(wanted.toLowerCase()));

/** Who did what: people, keys, and accounts above. It is kept for good, and nobody can change it here. */
export default function Audit() {
  const { t } = useI18n();
  const w = useSpeaker(auditWords);
  const { account_sid } = useSession();
  const [wanted, setWanted] = useState("");
  const events = useList("AuditEvents", "audit_events", {}, false, "twilio", PAGE);
  const found = events.data?.pages.flatMap((page) => page.rows) ?? [];
  const shown = found.filter((event) => matches(event, wanted));
  const download = useMutation({
    mutationFn: () => whole(listPath(account_sid, "AuditEvents", {}, 1_000), "audit_events"),
    onSuccess: (all) => save("audit.csv", csv(COLUMNS, all.found.filter((event) => matches(event, wanted)))),
  });
  const who = (event: Row) => text(event, "person") || (text(event, "key_sid") ? w("key", { sid: text(event, "key_sid") }) : w("account", { sid: text(event, "by_account_sid") }));
  return (
    <Stack>
      <Title order={1}>{t("nav.audit")}</Title>
      <Text maw={760}>{t("audit.about")}</Text>
      <Group align="end"><TextInput label={t("audit.filter")} value={wanted} onChange={(event) => setWanted(event.currentTarget.value)} /><Button variant="default" loading={download.isPending} onClick={() => download.mutate()}>{t("list.csv")}</Button></Group>
      {download.data?.cut && <Text role="status">{t("list.cut", { number: CSV_ROWS_MAX })}</Text>}
      <Fault error={events.error ?? download.error} />
      {events.isSuccess && shown.length === 0 && <Text c="dimmed" role="status">{t("list.none")}</Text>}
      {shown.length > 0 && (
        <Table.ScrollContainer minWidth={760} scrollAreaProps={{ viewportProps: { tabIndex: 0, role: "region", "aria-label": t("nav.audit") } }}>
          <Table verticalSpacing="xs">
            <Table.Thead><Table.Tr><Table.Th>{t("field.date")}</Table.Th><Table.Th>{w("who")}</Table.Th><Table.Th>{t("field.action")}</Table.Th><Table.Th>{t("audit.subject")}</Table.Th><Table.Th>{w("what")}</Table.Th></Table.Tr></Table.Thead>
            <Table.Tbody>
              {shown.map((event) => (
                <Table.Tr key={text(event, "sid")}>
                  <Table.Td style={{ whiteSpace: "nowrap" }}><When value={text(event, "date_created")} /></Table.Td>
                  <Table.Td miw={150} style={{ overflowWrap: "anywhere" }}>{who(event)}{text(event, "ip") && <Text size="xs" c="dimmed">{text(event, "ip")}</Text>}</Table.Td>
                  <Table.Td><Code>{text(event, "action")}</Code></Table.Td>
                  <Table.Td miw={190}><Text size="sm" style={{ overflowWrap: "anywhere" }}>{text(event, "subject")}</Text></Table.Td>
                  <Table.Td style={{ overflowWrap: "anywhere" }}><Fields title={w("before")} value={text(event, "before")} /><Fields title={w("asked")} value={text(event, "asked")} /></Table.Td>
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

const Fields = ({ title, value }: { title: string; value: string }) => value !== "" && <Text size="xs"><Text span inherit c="dimmed">{`${title}: `}</Text>{value}</Text>;
