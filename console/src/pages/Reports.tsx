import { Anchor, Group, NativeSelect, Paper, SimpleGrid, Stack, Text, TextInput, Title } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { get, isRecord, nativePath } from "../api/client";
import { type Row, rows, text } from "../api/lists";
import { useSession } from "../api/session";
import { useI18n } from "../i18n";
import { useFormats } from "../i18n/format";
import { named } from "../i18n/words";
import { cells, columns, hasPeriod, isMonthly, isOfOne, type Kind, KINDS, periodOf, reportPath } from "../reports/kinds";
import { names, useReportWords } from "../reports/words";
import { Rows } from "../shell/Rows";
import { itemNamed } from "../shell/statuses";

interface Report { currency: string; rows: Row[]; totals: Row }

/** What the operator is told of all customers together. */
export default function Reports() {
  const { t, language } = useI18n();
  const w = useReportWords();
  const f = useFormats();
  const { account_sid, top } = useSession();
  const [kind, setKind] = useState<Kind>("Revenue");
  const [chosen, setChosen] = useState<Partial<Record<Kind, { from: string; to: string }>>>({});
  const [first] = useState(() => new Date());
  const period = chosen[kind] ?? periodOf(kind, first);
  const [asked] = useDebouncedValue(period, 400);
  const base = nativePath(account_sid);
  const isAsked = !hasPeriod(kind) || (period.from !== "" && period.to !== "");
  const asking = {
    queryKey: ["report", kind, hasPeriod(kind) ? asked : null, account_sid],
    enabled: top && isAsked && asked.from.length === period.from.length,
    queryFn: async (): Promise<Report> => {
      const read = await get(reportPath(base, kind, asked, "json"));
      return isRecord(read) ? { currency: text(read, "currency"), rows: rows(read["rows"]), totals: isRecord(read["totals"]) ? read["totals"] : {} } : { currency: "", rows: [], totals: {} };
    },
  };
  const report = useQuery(asking);
  const found = useQuery({ ...asking, select: (read: Report) => read.rows });
  if (!top) return <Text>{t("app.notFound")}</Text>;
  const currency = report.data?.currency ?? "";
  const item = (account: string) => {
    const [side = "", name = ""] = account.split(/:(.*)/s);
    if (side === "rev") return itemNamed(name, language);
    return name ? named(names, side, language).replace("{name}", name) : named(names, side, language);
  };
  const shown = (name: string, value: string) => {
    switch (cells[name]) {
      case "money": return f.money(value, currency);
      case "count": return f.number(value);
      case "month": return f.month(value);
      case "item": return item(value);
      case "price": return itemNamed(value, language);
      case "name": return named(names, value, language);
      default: return name === "carrier" && value === "" ? named(names, "carrier.none", language) : value;
    }
  };
  const set = (side: "from" | "to") => (event: { currentTarget: HTMLInputElement }) => {
    const { value } = event.currentTarget;
    setChosen((before) => ({ ...before, [kind]: { ...period, [side]: value } }));
  };
  const isFigure = (name: string) => cells[name] === "money" || cells[name] === "count";
  return (
    <Stack gap="lg">
      <Title order={1}>{t("nav.reports")}</Title>
      <Text maw={760}>{w("about")}</Text>
      <Group align="end">
        <NativeSelect label={w("kind")} value={kind} data={KINDS.map((value) => ({ value, label: w(value) }))} onChange={(event) => { const found = KINDS.find((each) => each === event.currentTarget.value); if (found) setKind(found); }} />
        {hasPeriod(kind) && <TextInput type={isMonthly(kind) ? "month" : "date"} required label={w(isOfOne(kind) ? "month.one" : isMonthly(kind) ? "from.month" : "from")} value={period.from} {...(!isOfOne(kind) && { max: period.to })} onChange={set("from")} />}
        {hasPeriod(kind) && !isOfOne(kind) && <TextInput type={isMonthly(kind) ? "month" : "date"} required label={w(isMonthly(kind) ? "to.month" : "to")} value={period.to} min={period.from} onChange={set("to")} />}
        <Anchor href={reportPath(base, kind, period, "csv")} download={`${kind.toLowerCase()}.csv`} underline="always" pb={6}>{w("file")}</Anchor>
      </Group>
      <section>
        <Title order={2} size="h3">{w(kind)}</Title>
        <Text mb="sm" maw={760}>{w(`${kind}.about`)}</Text>
        {report.data && Object.keys(report.data.totals).length > 0 && (
          <SimpleGrid cols={{ base: 1, xs: Object.keys(report.data.totals).length % 2 === 0 ? 2 : 3, lg: Math.max(3, Object.keys(report.data.totals).length) }} mb="md">
            {Object.keys(report.data.totals).map((name) => (
              <Paper key={name} withBorder p="md"><Text size="sm" c="dimmed">{named(names, name, language)}</Text><Text fw={700} size="xl">{cells[name] === "count" ? f.number(text(report.data.totals, name)) : f.money(text(report.data.totals, name), currency)}</Text></Paper>
            ))}
          </SimpleGrid>
        )}
        <Rows query={found} title={w(kind)} empty={w("empty")}
          columns={columns[kind].map((name) => ({ label: named(names, name, language), ...(isFigure(name) && { end: true as const }), show: (row: Row) => shown(name, text(row, name)) }))} />
      </section>
    </Stack>
  );
}
