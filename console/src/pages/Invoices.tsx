import { Anchor, Group, NativeSelect, TextInput } from "@mantine/core";
import { useState } from "react";
import { Link } from "react-router";
import { type Row, text } from "../api/lists";
import { Preview } from "../billing/Preview";
import { dayOf, stateOf } from "../billing/state";
import { useBillingWords } from "../billing/words";
import { useI18n } from "../i18n";
import { useFormats } from "../i18n/format";
import { useFilters } from "../logs/useFilters";
import { ListPage } from "../shell/ListPage";
import { Money, Status } from "../shell/show";

const FILE = ["sid", "kind", "number", "month", "issued_on", "due_on", "communication", "currency", "net", "tax", "gross", "prepaid", "payable", "open", "status", "credits_sid", "reason"];

/** Invoices and credit notes, newest first. */
export default function Invoices() {
  const { t } = useI18n();
  const w = useBillingWords();
  const f = useFormats();
  const [today] = useState(() => dayOf(new Date()));
  const { field, asked, view } = useFilters(["Kind", "Status", "Month"] as const);
  const amount = (name: string) => (row: Row) => <Money amount={text(row, name)} currency={text(row, "currency")} />;
  return (
    <ListPage title={t("nav.invoices")} resource="Invoices" member="invoices" face="native" filters={asked} view={view} empty={w("empty")} file={FILE}
      above={<>
        <Preview />
        <Group align="end" role="group" aria-label={t("list.filter")}>
          <NativeSelect label={w("kind")} {...field("Kind")} data={[{ value: "", label: w("all") }, { value: "invoice", label: w("invoice") }, { value: "credit_note", label: w("credit_note") }]} />
          <NativeSelect label={t("field.status")} {...field("Status")} data={[{ value: "", label: w("all") }, { value: "open", label: w("open") }, { value: "paid", label: w("paid") }]} />
          <TextInput type="month" label={w("month")} {...field("Month")} placeholder="2026-11" />
        </Group>
      </>}
      columns={[
        { label: w("number"), show: (row) => <Anchor component={Link} to={`/invoices/${text(row, "sid")}`} underline="always">{text(row, "number")}</Anchor> },
        { label: w("kind"), show: (row) => w(text(row, "kind") === "credit_note" ? "credit_note" : "invoice") },
        { label: w("month"), show: (row) => f.month(text(row, "month")) },
        { label: w("issued"), show: (row) => f.day(text(row, "issued_on")) },
        { label: w("due"), show: (row) => f.day(text(row, "due_on")) },
        { label: w("gross"), end: true, show: amount("gross") },
        { label: w("open"), end: true, show: amount("open") },
        { label: t("field.status"), show: (row) => <Status row={{ status: stateOf(row, today) }} /> },
      ]} />
  );
}
