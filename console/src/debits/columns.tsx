import { Text } from "@mantine/core";
import { type Row, text } from "../api/lists";
import { useI18n } from "../i18n";
import { useFormats } from "../i18n/format";
import type { Column } from "../shell/ListPage";
import { Money, Status } from "../shell/show";
import { useDebitWords } from "./words";

/** How a collection is shown; whose it is where several accounts' stand together. */
export function useCollectionColumns(whose: boolean): Column[] {
  const { t } = useI18n();
  const w = useDebitWords();
  const f = useFormats();
  const reason = (row: Row) => text(row, "return_reason") && <Text size="xs" c="dimmed">{w("came.back", { reason: text(row, "return_reason") })}</Text>;
  return [
    { label: w("invoice"), show: (row) => <>{text(row, "invoice_number")}{whose && <Text size="xs" ff="monospace" c="dimmed" style={{ overflowWrap: "anywhere" }}>{text(row, "account_sid")}</Text>}</> },
    { label: w("amount"), end: true, show: (row) => <Money amount={text(row, "amount")} currency={text(row, "currency")} /> },
    { label: w("day"), show: (row) => <>{f.day(text(row, "collect_on"))}<Text size="xs" c="dimmed">{w(text(row, "sequence") === "FRST" ? "first" : "recurring")}</Text></> },
    { label: w("account"), show: (row) => text(row, "iban") },
    { label: t("field.status"), show: (row) => <><Status row={row} />{reason(row)}</> },
  ];
}
