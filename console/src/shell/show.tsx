import { Badge, Text } from "@mantine/core";
import { type Row, text } from "../api/lists";
import { useI18n } from "../i18n";
import { useFormats } from "../i18n/format";
import { named, type Text as Words } from "../i18n/words";
import { statuses } from "./statuses";

const good = ["completed", "delivered", "received", "active", "published", "paid", "settled", "approved", "up", "registered", "ready", "done", "succeeded", "signed"];
const bad = ["failed", "undelivered", "busy", "no-answer", "canceled", "suspended", "closed", "absent", "overdue", "down", "expired", "refused", "rejected", "returned", "revoked"];

/** The word says it; the colour only helps to find it. */
export function Status({ row, name = "status", words = statuses }: { row: Row; name?: string; words?: Record<string, Words> }) {
  const { language } = useI18n();
  const status = text(row, name);
  const color = good.includes(status) ? "green" : bad.includes(status) ? "red" : "gray";
  return <Badge variant="default" tt="none" miw="max-content" leftSection={<span aria-hidden style={{ color: `var(--mantine-color-${color}-6)` }}>●</span>}>{named(words, status, language)}</Badge>;
}

export function When({ value }: { value: string }) {
  const { moment } = useFormats();
  const at = new Date(value);
  if (!value || Number.isNaN(at.getTime())) return null;
  return <time dateTime={at.toISOString()}>{moment(value)}</time>;
}

/** A decimal text and its currency, as the language writes them. */
export function Money({ amount, currency }: { amount: string; currency: string }) {
  const { money } = useFormats();
  return <Text span inherit style={{ fontVariantNumeric: "tabular-nums", whiteSpace: "nowrap" }}>{money(amount, currency)}</Text>;
}

/** What something cost. Charges are negative on the wire. */
export function Price({ row }: { row: Row }) {
  const price = text(row, "price");
  return price ? <Money amount={price.replace(/^-/, "")} currency={text(row, "price_unit")} /> : null;
}
