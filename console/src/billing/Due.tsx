import { Stack, Text } from "@mantine/core";
import { nativePath } from "../api/client";
import { type Row, text } from "../api/lists";
import { useOne, useRows } from "../api/rows";
import { useFormats } from "../i18n/format";
import { Fault } from "../shell/Fault";
import { PayTo } from "./PayTo";
import { useBillingWords } from "./words";

/** How what is open comes in: by transfer, or from the bank account of a mandate, as long as that holds. */
export function Due({ invoice, account }: { invoice: Row; account: string }) {
  return text(invoice, "mandate_sid") ? <Collected invoice={invoice} account={account} /> : <PayTo invoice={invoice} />;
}

function Collected({ invoice, account }: { invoice: Row; account: string }) {
  const w = useBillingWords();
  const f = useFormats();
  const mandate = useOne(`${nativePath(account)}/Customer/Mandates/${text(invoice, "mandate_sid")}.json`);
  const collections = useRows(`${nativePath(account)}/Collections.json`, "collections");
  if (!mandate.data || !collections.data) return <Fault error={mandate.error ?? collections.error} />;
  const asked = collections.data.find((row) => text(row, "invoice_sid") === text(invoice, "sid"));
  const comes = asked ? text(asked, "status") === "requested" : text(mandate.data, "status") === "signed";
  if (!comes) return <Stack gap="xs"><Text>{w("collected.not")}</Text><PayTo invoice={invoice} /></Stack>;
  return <Text maw={760}>{w("collected", { date: f.day(text(asked ?? invoice, "collect_on")), account: text(mandate.data, "iban") })}</Text>;
}
