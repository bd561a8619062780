import { Table, Text } from "@mantine/core";
import { type Row, rows, text } from "../api/lists";
import { useI18n } from "../i18n";
import { Money } from "../shell/show";
import { itemNamed } from "../shell/statuses";
import type { Held } from "./pins";
import { useFormats } from "../i18n/format";
import { useContractWords } from "./words";

/** `60 seconds`, `each` and `calendar month` in words. */
export function usePer() {
  const w = useContractWords();
  return (per: string) => (per === "60 seconds" ? w("per.seconds") : per === "each" ? w("per.each") : per === "calendar month" ? w("per.month") : w("per.other", { what: per }));
}

/** What a plan version asks for everything it sells. */
export function Prices({ plan, title }: { plan: Row; title: string }) {
  const { language } = useI18n();
  const w = useContractWords();
  const per = usePer();
  return (
    <Table.ScrollContainer minWidth={420} scrollAreaProps={{ viewportProps: { tabIndex: 0, role: "region", "aria-label": title } }}>
      <Table verticalSpacing="xs">
        <Table.Thead><Table.Tr><Table.Th>{w("item")}</Table.Th><Table.Th ta="end">{w("price")}</Table.Th><Table.Th ta="end">{w("price.with")}</Table.Th><Table.Th>{w("for")}</Table.Th></Table.Tr></Table.Thead>
        <Table.Tbody>
          {rows(plan["prices"]).map((price) => (
            <Table.Tr key={text(price, "item")}><Table.Td>{itemNamed(text(price, "item"), language)}</Table.Td><Table.Td ta="end"><Money amount={text(price, "price")} currency={text(plan, "currency")} /></Table.Td><Table.Td ta="end"><Money amount={text(price, "price_with_vat")} currency={text(plan, "currency")} /></Table.Td><Table.Td>{per(text(price, "per"))}</Table.Td></Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}

/** What is paid for each item, since when, and why. */
export function Pins({ all }: { all: Held[] }) {
  const { language } = useI18n();
  const w = useContractWords();
  const f = useFormats();
  const per = usePer();
  if (all.length === 0) return <Text c="dimmed">{w("pins.none")}</Text>;
  return (
    <>
      <Text size="sm" c="dimmed" mb="xs">{w("pins.about")}</Text>
      <Table.ScrollContainer minWidth={640} scrollAreaProps={{ viewportProps: { tabIndex: 0, role: "region", "aria-label": w("pins") } }}>
        <Table verticalSpacing="xs">
          <Table.Thead><Table.Tr><Table.Th>{w("item")}</Table.Th><Table.Th ta="end">{w("price")}</Table.Th><Table.Th>{w("for")}</Table.Th><Table.Th>{w("from")}</Table.Th><Table.Th>{w("why")}</Table.Th></Table.Tr></Table.Thead>
          <Table.Tbody>
            {all.map((each) => (
              <Table.Tr key={each.item}>
                <Table.Td>{itemNamed(each.item, language)}</Table.Td>
                <Table.Td ta="end"><Money amount={each.price} currency={each.currency} />{each.next && <Text size="xs" fw={600}>{w("next", { price: f.money(each.next.price, each.currency), date: f.instantDay(each.next.from) })}</Text>}</Table.Td>
                <Table.Td>{per(each.per)}</Table.Td>
                <Table.Td>{f.instantDay(each.since)}</Table.Td>
                <Table.Td>{w(each.reason === "notice" ? "why.notice" : "why.order", { plan: each.plan })}</Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
    </>
  );
}
