import { Anchor, Group, Paper, SimpleGrid, Stack, Table, Text } from "@mantine/core";
import { isRecord } from "../api/client";
import { type Row, rows, text } from "../api/lists";
import { useI18n } from "../i18n";
import { useFormats } from "../i18n/format";
import { named } from "../i18n/words";
import { Money, When } from "../shell/show";
import { itemNamed, measures } from "../shell/statuses";
import { quality } from "./timeline";

/** What was measured on each leg. */
export function Quality({ timeline }: { timeline: unknown }) {
  const { t, language } = useI18n();
  const { number } = useFormats();
  const measured = quality(timeline);
  if (measured.length === 0) return <Text c="dimmed">{t("call.noQuality")}</Text>;
  const shown = Object.keys(measures);
  return (
    <SimpleGrid cols={{ base: 1, md: 2 }}>
      {measured.map(({ leg, values }) => (
        <Paper key={leg} withBorder p="md">
          <Text fw={600} mb="xs">{t("call.leg", { number: leg })}</Text>
          <Group gap="lg">{shown.filter((name) => values[name] !== undefined).map((name) => <div key={name}><Text size="xs" c="dimmed">{named(measures, name, language)}</Text><Text fw={600}>{number(values[name] ?? "")}</Text></div>)}</Group>
        </Paper>
      ))}
    </SimpleGrid>
  );
}

/** What it cost, charge by charge. */
export function Cost({ timeline }: { timeline: unknown }) {
  const { t, language } = useI18n();
  const { number } = useFormats();
  const whole = isRecord(timeline) ? timeline : {};
  const charges = rows(whole["usage"]);
  if (charges.length === 0) return <Text c="dimmed">{t("call.noCost")}</Text>;
  return (
    <Table>
      <Table.Thead><Table.Tr><Table.Th>{t("call.item")}</Table.Th><Table.Th>{t("call.billed")}</Table.Th><Table.Th>{t("call.plan")}</Table.Th><Table.Th>{t("field.price")}</Table.Th></Table.Tr></Table.Thead>
      <Table.Tbody>
        {charges.map((charge) => (
          <Table.Tr key={text(charge, "id")}><Table.Td>{itemNamed(text(charge, "item"), language)}</Table.Td><Table.Td>{number(text(charge, "billed"))}</Table.Td><Table.Td>{text(charge, "plan")}</Table.Td><Table.Td><Money amount={text(charge, "amount")} currency={text(whole, "price_unit")} /></Table.Td></Table.Tr>
        ))}
      </Table.Tbody>
      <Table.Tfoot><Table.Tr><Table.Th colSpan={3}>{t("call.total")}</Table.Th><Table.Th><Money amount={text(whole, "price").replace(/^-/, "")} currency={text(whole, "price_unit")} /></Table.Th></Table.Tr></Table.Tfoot>
    </Table>
  );
}

/** What went wrong, with the page that tells the cure. */
export function Notifications({ found }: { found: Row[] }) {
  const { t } = useI18n();
  if (found.length === 0) return <Text c="dimmed">{t("notifications.empty")}</Text>;
  return (
    <Stack gap="xs">
      {found.map((row) => (
        <Paper key={text(row, "sid")} withBorder p="md">
          <Text><Anchor href={`/notifications#${text(row, "error_code")}`} target="_blank" rel="noreferrer" underline="always">{text(row, "error_code")}</Anchor> {text(row, "message_text")}</Text>
          <Text size="sm" c="dimmed"><When value={text(row, "date_created")} /> {text(row, "request_url")}</Text>
        </Paper>
      ))}
    </Stack>
  );
}
