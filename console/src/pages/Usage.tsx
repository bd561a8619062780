import { Button, Group, NativeSelect, Paper, SimpleGrid, Stack, Table, Text, Title } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { accountPath } from "../api/client";
import { csv, save, whole } from "../api/csv";
import { type Row, text } from "../api/lists";
import { useSession } from "../api/session";
import { useI18n } from "../i18n";
import { useFormats } from "../i18n/format";
import { Fault } from "../shell/Fault";
import { Money } from "../shell/show";
import { bars, dayBefore, decimal, forecast, micros } from "../usage/figures";
import { Breakdown } from "../usage/Breakdown";
import { Chart } from "../usage/Chart";

const COLUMNS = ["start_date", "end_date", "category", "count", "count_unit", "usage", "usage_unit", "price", "price_unit"];
const TOTAL = "totalprice";

function useRecords(part: string, form: Record<string, string>) {
  const { account_sid } = useSession();
  const first = `${accountPath(account_sid)}/Usage/Records${part}.json?${new URLSearchParams({ ...form, PageSize: "1000" })}`;
  return useQuery({ queryKey: ["usage", first], queryFn: async () => (await whole(first, "usage_records")).found });
}

/** What was used and what it costs: by day and category, the month's forecast, and the file. */
export default function Usage() {
  const { t } = useI18n();
  const f = useFormats();
  const [today] = useState(() => new Date());
  const [days, setDays] = useState(30);
  const [category, setCategory] = useState(TOTAL);
  const [measure, setMeasure] = useState<"price" | "count" | "usage">("price");
  const from = dayBefore(today, days - 1);
  const daily = useRecords("/Daily", { StartDate: from });
  const totals = useRecords("", { StartDate: from });
  const month = useRecords("/ThisMonth", { Category: TOTAL });
  // Of some thirty categories most are empty.
  const categories = (totals.data ?? []).filter((record) => text(record, "count") !== "0" || micros(text(record, "price")) !== 0n);
  const chosen = (daily.data ?? []).filter((record) => text(record, "category") === category);
  const spent = micros(text(month.data?.[0], "price"));
  const unit = text(chosen[0], `${measure}_unit`);
  const name = (record: Row) => (text(record, "category") === TOTAL ? t("usage.everything") : text(record, "description") || text(record, "category"));
  return (
    <Stack gap="xl">
      <Title order={1}>{t("nav.usage")}</Title>
      <Fault error={daily.error ?? totals.error ?? month.error} />
      <SimpleGrid cols={{ base: 1, sm: 2 }}>
        <Figure label={t("usage.month")} value={f.money(decimal(spent), "EUR")} />
        <Figure label={t("usage.forecast")} value={f.money(decimal(forecast(spent, today)), "EUR")} about={t("usage.forecastAbout")} />
      </SimpleGrid>
      <Group align="end">
        <NativeSelect label={t("usage.period")} value={days} onChange={(event) => setDays(Number(event.currentTarget.value))} data={[7, 30, 90].map((value) => ({ value: String(value), label: t("usage.days", { number: value }) }))} />
        <NativeSelect label={t("usage.category")} value={category} onChange={(event) => setCategory(event.currentTarget.value)} data={[{ value: TOTAL, label: t("usage.everything") }, ...categories.filter((record) => text(record, "category") !== TOTAL).map((record) => ({ value: text(record, "category"), label: name(record) }))]} />
        <NativeSelect label={t("usage.measure")} value={measure} onChange={(event) => { const { value } = event.currentTarget; if (value === "price" || value === "count" || value === "usage") setMeasure(value); }}
          data={[{ value: "price", label: t("field.price") }, { value: "count", label: t("usage.count") }, { value: "usage", label: t("usage.amount") }]} />
        <Button variant="default" disabled={!daily.data} onClick={() => save(`usage-${from}.csv`, csv(COLUMNS, daily.data ?? []))}>{t("list.csv")}</Button>
      </Group>
      <Paper withBorder p="md"><Chart bars={bars(chosen, today, days, measure)} title={t("usage.chart")} unit={unit} /></Paper>
      <section>
        <Title order={2} size="h3" mb="sm">{t("usage.byCategory")}</Title>
        {totals.isSuccess && categories.length === 0 && <Text c="dimmed">{t("usage.empty")}</Text>}
        {categories.length > 0 && (
          <Table.ScrollContainer minWidth={560} scrollAreaProps={{ viewportProps: { tabIndex: 0, role: "region", "aria-label": t("usage.byCategory") } }}>
            <Table>
              <Table.Thead><Table.Tr><Table.Th>{t("usage.category")}</Table.Th><Table.Th>{t("usage.count")}</Table.Th><Table.Th>{t("usage.amount")}</Table.Th><Table.Th>{t("field.price")}</Table.Th></Table.Tr></Table.Thead>
              <Table.Tbody>
                {categories.map((record) => (
                  <Table.Tr key={text(record, "category")} fw={text(record, "category") === TOTAL ? 700 : undefined}>
                    <Table.Td>{name(record)}</Table.Td><Table.Td>{text(record, "category") === TOTAL ? "" : f.number(text(record, "count"))}</Table.Td>
                    <Table.Td>{text(record, "category") === TOTAL ? "" : `${f.number(text(record, "usage"))} ${text(record, "usage_unit")}`}</Table.Td>
                    <Table.Td><Money amount={text(record, "price")} currency={text(record, "price_unit").toUpperCase()} /></Table.Td>
                  </Table.Tr>
                ))}
              </Table.Tbody>
            </Table>
          </Table.ScrollContainer>
        )}
      </section>
      <Breakdown from={from} />
    </Stack>
  );
}

const Figure = ({ label, value, about }: { label: string; value: string; about?: string }) => (
  <Paper withBorder p="md"><Text size="sm" c="dimmed">{label}</Text><Text size="xl" fw={700}>{value}</Text>{about && <Text size="xs" c="dimmed">{about}</Text>}</Paper>
);
