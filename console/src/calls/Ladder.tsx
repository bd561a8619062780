import { Code, Table, Text } from "@mantine/core";
import { useI18n } from "../i18n";
import { useFormats } from "../i18n/format";
import { ladder, type Rung } from "./ladder";

/** SIP messages: a column for each peer, an arrow for each message; opened, it is there as it was on the wire. */
export function Ladder({ timeline }: { timeline: unknown }) {
  const { t } = useI18n();
  const { after } = useFormats();
  const { peers, rungs } = ladder(timeline);
  if (rungs.length === 0) return <Text c="dimmed">{t("sip.none")}</Text>;
  return (
    <Table.ScrollContainer minWidth={120 + peers.length * 260} scrollAreaProps={{ viewportProps: { tabIndex: 0, role: "region", "aria-label": t("sip.title") } }}>
      <Table verticalSpacing={2} withRowBorders={false} layout="fixed">
        <Table.Thead><Table.Tr><Table.Th w={90}>{t("call.after")}</Table.Th>{peers.map((peer) => <Table.Th key={peer}>{peer}</Table.Th>)}</Table.Tr></Table.Thead>
        <Table.Tbody>
          {rungs.map((rung) => (
            <Table.Tr key={rung.key}>
              <Table.Td style={{ verticalAlign: "top" }}><time dateTime={rung.at} title={rung.at}><Text size="sm" ff="monospace">{after(rung.after_ms)}</Text></time></Table.Td>
              {peers.map((peer) => <Table.Td key={peer} style={{ borderInlineStart: "1px solid var(--mantine-color-default-border)", verticalAlign: "top" }}>{peer === rung.peer && <Message rung={rung} />}</Table.Td>)}
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}

function Message({ rung }: { rung: Rung }) {
  const { t } = useI18n();
  if (rung.dropped > 0) return <Text size="sm">{`⚠ ${t("sip.gap", { number: rung.dropped })}`}</Text>;
  const way = t(rung.sent ? "sip.sent" : "sip.received");
  return (
    <details>
      <summary style={{ cursor: "pointer" }}>
        <Text span size="sm" fw={600}><span role="img" aria-label={way} title={way}>{rung.sent ? "⟶" : "⟵"}</span>{` ${rung.bad ? "⚠ " : ""}${rung.name}`}</Text>
      </summary>
      <Code block tabIndex={0} fz="xs" mt={4} style={{ whiteSpace: "pre-wrap", overflowWrap: "anywhere" }}>{rung.text}</Code>
    </details>
  );
}
