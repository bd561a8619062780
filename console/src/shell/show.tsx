import { Badge, Code } from "@mantine/core";
import { type Row, text } from "../api/lists";
import { useI18n } from "../i18n";

const good = ["completed", "delivered", "received", "active", "published"];
const bad = ["failed", "undelivered", "busy", "no-answer", "canceled", "suspended", "closed", "absent"];

/** The word says it; the colour only helps to find it. */
export function Status({ row, name = "status" }: { row: Row; name?: string }) {
  const status = text(row, name);
  const color = good.includes(status) ? "green" : bad.includes(status) ? "red" : "gray";
  return <Badge variant="default" tt="none" miw="max-content" leftSection={<span aria-hidden style={{ color: `var(--mantine-color-${color}-6)` }}>●</span>}>{status}</Badge>;
}

export function When({ value }: { value: string }) {
  const { language } = useI18n();
  const at = new Date(value);
  if (!value || Number.isNaN(at.getTime())) return null;
  return <time dateTime={at.toISOString()}>{new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "medium" }).format(at)}</time>;
}

/** The decimal string as it came: money is never a float. Charges are negative on the wire. */
export function Price({ row }: { row: Row }) {
  const price = text(row, "price");
  return price ? <Code>{`${price.replace(/^-/, "")} ${text(row, "price_unit")}`}</Code> : null;
}
