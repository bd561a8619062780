import { Table, Text } from "@mantine/core";
import { type Row, text } from "../api/lists";
import { useI18n } from "../i18n";
import { useFormats } from "../i18n/format";
import { Money } from "../shell/show";
import { itemNamed } from "../shell/statuses";
import { useBillingWords } from "./words";

const units = ["second", "day", "month", "piece"] as const;

/** The lines of an invoice, such that whoever has it can compute each again. */
export function Lines({ lines, month, currency }: { lines: Row[]; month: string; currency: string }) {
  const { language } = useI18n();
  const w = useBillingWords();
  const f = useFormats();
  const unitOf = (line: Row) => units.find((known) => known === text(line, "unit")) ?? "piece";
  const counted = (number: string, unit: (typeof units)[number]) => (unit === "day" || unit === "month" ? f.count(number, unit) : w(`unit.${unit}`, { number: f.number(number) }));
  const per = (line: Row) => {
    const unit = unitOf(line);
    const base = text(line, "base");
    return w("per", { price: f.money(text(line, "price"), currency), base: base === "1" ? w(`one.${unit}`) : counted(base, unit) });
  };
  const quantity = (line: Row) => counted(text(line, "quantity"), unitOf(line));
  return (
    <Table.ScrollContainer minWidth={760} scrollAreaProps={{ viewportProps: { tabIndex: 0, role: "region", "aria-label": w("lines") } }}>
      <Table verticalSpacing="sm">
        <Table.Thead>
          <Table.Tr><Table.Th>{w("service")}</Table.Th><Table.Th>{w("period")}</Table.Th><Table.Th ta="end">{w("times")}</Table.Th><Table.Th ta="end">{w("quantity")}</Table.Th><Table.Th ta="end">{w("price")}</Table.Th><Table.Th ta="end">{w("net")}</Table.Th></Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {lines.map((line) => (
            <Table.Tr key={text(line, "line")}>
              <Table.Td>
                {itemNamed(text(line, "item"), language)}
                <Text size="xs" c="dimmed">{text(line, "plan")}{month && text(line, "month") !== month ? ` · ${w("late", { month: f.month(text(line, "month")) })}` : ""}</Text>
              </Table.Td>
              <Table.Td style={{ whiteSpace: "nowrap" }}>{`${f.day(text(line, "from"))} – ${f.day(text(line, "to"))}`}</Table.Td>
              <Table.Td ta="end">{f.number(text(line, "times"))}</Table.Td>
              <Table.Td ta="end" style={{ whiteSpace: "nowrap" }}>{quantity(line)}</Table.Td>
              <Table.Td ta="end" style={{ whiteSpace: "nowrap" }}>{per(line)}</Table.Td>
              <Table.Td ta="end"><Money amount={text(line, "net")} currency={currency} /></Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}
