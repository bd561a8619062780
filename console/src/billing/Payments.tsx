import { Alert, Button, Code, Group, Modal, Stack, Text } from "@mantine/core";
import { useState } from "react";
import { type Row, text } from "../api/lists";
import { useChange, useRows } from "../api/rows";
import { useI18n } from "../i18n";
import { useFormats } from "../i18n/format";
import { named } from "../i18n/words";
import { Fault } from "../shell/Fault";
import { Rows } from "../shell/Rows";
import { Money, Status, When } from "../shell/show";
import { chargebacks, payments as words } from "./payments";
import { isZero } from "./state";
import { useBillingWords } from "./words";

/** Payments through a provider: of one invoice, or of the account. `refunds`: whether who looks may send money back. */
export function Payments({ account, invoice, refunds }: { account: string; invoice?: string; refunds: boolean }) {
  const { t, language } = useI18n();
  const w = useBillingWords();
  const f = useFormats();
  const base = `${account}/Payments/Intents`;
  const payments = useRows(`${base}.json?PageSize=1000`, "payment_intents");
  const [chosen, setChosen] = useState<Row | null>(null);
  const refund = useChange(() => setChosen(null));
  const some = (row: Row, name: string) => text(row, name) !== "" && !isZero(text(row, name));
  const money = (row: Row | null, name: string) => f.money(text(row ?? undefined, name), text(row ?? undefined, "currency"));
  return (
    <>
      <Rows query={payments} only={(row) => invoice === undefined || text(row, "invoice_sid") === invoice} title={w("payments")} empty={w(invoice === undefined ? "payments.none" : "payments.noneHere")} columns={[
        { label: t("field.date"), show: (row) => <When value={text(row, "date_created")} /> },
        { label: w("payments.amount"), end: true, show: (row) => <Money amount={text(row, "amount")} currency={text(row, "currency")} /> },
        { label: t("field.status"), show: (row) => (
          <>
            <Status row={row} words={words} />
            {text(row, "failure") && <Text size="xs">{text(row, "failure")}</Text>}
            {text(row, "chargeback_status") && <Text size="xs">{w("payments.chargeback", { status: named(chargebacks, text(row, "chargeback_status"), language) })}</Text>}
          </>
        ) },
        { label: w("payments.came"), end: true, show: (row) => <Money amount={text(row, "received")} currency={text(row, "currency")} /> },
        { label: w("payments.back"), end: true, show: (row) => (
          <>
            {some(row, "refunded") && <div>{w("payments.refunded", { money: money(row, "refunded") })}</div>}
            {some(row, "charged_back") && <div>{w("payments.charged", { money: money(row, "charged_back") })}</div>}
          </>
        ) },
        { label: w("payments.provider"), show: (row) => <>{text(row, "provider")}{text(row, "provider_id") && <Text size="xs"><Code style={{ overflowWrap: "anywhere" }}>{text(row, "provider_id")}</Code></Text>}</> },
        ...(refunds ? [{ label: t("field.action"), show: (row: Row) => some(row, "refundable") && <Button size="xs" variant="outline" color="red" onClick={() => { refund.reset(); setChosen(row); }}>{w("payments.refund", { money: money(row, "refundable") })}</Button> }] : []),
      ]} />
      <Modal opened={chosen !== null} onClose={() => setChosen(null)} title={w("payments.refund", { money: money(chosen, "refundable") })} closeButtonProps={{ "aria-label": w("payments.not") }}>
        <Stack>
          <Alert variant="outline">{w("payments.sure")}</Alert>
          <Fault error={refund.error} />
          <Group>
            <Button color="red.9" loading={refund.isPending} onClick={() => refund.mutate({ path: `${base}/${text(chosen ?? undefined, "sid")}/Refunds.json`, form: {} })}>{w("payments.do")}</Button>
            <Button variant="default" onClick={() => setChosen(null)}>{w("payments.not")}</Button>
          </Group>
        </Stack>
      </Modal>
    </>
  );
}
