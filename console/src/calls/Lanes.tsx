import { Box, Table, Text } from "@mantine/core";
import { useMay } from "../api/session";
import { useI18n } from "../i18n";
import { useFormats } from "../i18n/format";
import { named } from "../i18n/words";
import { directions, happened, statuses } from "../shell/statuses";
import { Resend } from "./Resend";
import { type Happening, type Lane, lanes } from "./timeline";

/** What happened in a call: a column for each leg, for the instructions and for the webhooks; time runs down. */
export function Lanes({ all, call }: { all: Happening[]; call: string }) {
  const { t, language } = useI18n();
  const { after } = useFormats();
  const { develop } = useMay();
  const columns = lanes(all);
  const what = (each: Happening) => `${each.bad ? "⚠ " : ""}${named(happened, each.event, language)}`;
  const detail = (each: Happening) => (each.event === "status" ? named(statuses, each.detail, language) : named(directions, each.detail, language));
  const name = (lane: Lane) => (lane === "instructions" ? t("call.instructions") : lane === "webhooks" ? t("call.webhooks") : t("call.leg", { number: lane.slice(4) }));
  return (
    <Table.ScrollContainer minWidth={200 + columns.length * 190} scrollAreaProps={{ viewportProps: { tabIndex: 0, role: "region", "aria-label": t("call.timeline") } }}>
      <Table verticalSpacing={4} withRowBorders={false} layout="fixed">
        <Table.Thead><Table.Tr><Table.Th w={90}>{t("call.after")}</Table.Th>{columns.map((lane) => <Table.Th key={lane}>{name(lane)}</Table.Th>)}</Table.Tr></Table.Thead>
        <Table.Tbody>
          {all.map((each) => (
            <Table.Tr key={each.key}>
              <Table.Td><time dateTime={each.at} title={each.at}><Text size="sm" ff="monospace">{after(each.after_ms)}</Text></time></Table.Td>
              {columns.map((lane) => (
                <Table.Td key={lane} style={{ borderInlineStart: "1px solid var(--mantine-color-default-border)", verticalAlign: "top" }}>
                  {lane === each.lane && (
                    <Box px={8} py={4} style={{ borderRadius: 8, border: `1px solid var(--mantine-color-${each.bad ? "red-6" : "default-border"})`, background: "var(--mantine-color-default-hover)" }}>
                      <Text size="sm" fw={600}>{what(each)}</Text>
                      {each.detail && <Text size="xs" style={{ overflowWrap: "anywhere" }}>{detail(each)}</Text>}
                      {develop && each.again && <Resend call={call} again={each.again} name={`${named(happened, each.event, language)} ${after(each.after_ms)}`} />}
                    </Box>
                  )}
                </Table.Td>
              ))}
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}
