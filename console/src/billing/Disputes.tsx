import { Button, Group, Paper, Stack, Text, TextInput } from "@mantine/core";
import { useState } from "react";
import { type Row, text } from "../api/lists";
import { useChange, useRows } from "../api/rows";
import { useMay } from "../api/session";
import { useI18n } from "../i18n";
import { useFormats } from "../i18n/format";
import { Fault } from "../shell/Fault";
import { Status, When } from "../shell/show";
import { useBillingWords } from "./words";

/** What of an invoice is disputed; whoever is above the customer decides it. */
export function Disputes({ path, currency, isOpen, decides }: { path: string; currency: string; isOpen: boolean; decides: boolean }) {
  const { t } = useI18n();
  const w = useBillingWords();
  const f = useFormats();
  const { develop } = useMay();
  const disputes = useRows(`${path}/Disputes.json`, "disputes");
  const [reason, setReason] = useState("");
  const [amount, setAmount] = useState("");
  const open = useChange(() => { setReason(""); setAmount(""); });
  return (
    <Stack gap="xs">
      <Text size="sm" c="dimmed">{w("disputes.about")}</Text>
      <Fault error={disputes.error ?? open.error} />
      {disputes.data?.map((dispute) => (
        <Paper key={text(dispute, "sid")} withBorder p="md">
          <Group><Status row={{ status: text(dispute, "status") === "closed" ? "decided" : "open" }} /><Text fw={600}>{f.money(text(dispute, "amount"), currency)}</Text><Text size="sm"><When value={text(dispute, "date_opened")} /></Text></Group>
          <Text size="sm">{`${w("reason")}: ${text(dispute, "reason")}`}</Text>
          {text(dispute, "outcome") && <Text size="sm">{text(dispute, "outcome")}</Text>}
          {decides && develop && text(dispute, "status") === "open" && <Decide dispute={dispute} path={path} amount={f.money(text(dispute, "amount"), currency)} />}
        </Paper>
      ))}
      {develop && isOpen && (
        <form onSubmit={(event) => { event.preventDefault(); open.mutate({ path: `${path}/Disputes.json`, form: { Reason: reason, ...(amount && { Amount: amount }) } }); }}>
          <Group align="end">
            <TextInput label={w("reason")} required maxLength={200} value={reason} onChange={(event) => setReason(event.currentTarget.value)} />
            <TextInput label={w("disputes.amount")} inputMode="decimal" pattern="[0-9]+(\.[0-9]{1,2})?" value={amount} onChange={(event) => setAmount(event.currentTarget.value)} />
            <Button type="submit" variant="default" loading={open.isPending}>{w("disputes.do")}</Button>
          </Group>
        </form>
      )}
      {!isOpen && disputes.data?.length === 0 && <Text size="sm">{t("list.none")}</Text>}
    </Stack>
  );
}

function Decide({ dispute, path, amount }: { dispute: Row; path: string; amount: string }) {
  const w = useBillingWords();
  const [outcome, setOutcome] = useState("");
  const decide = useChange();
  return (
    <form onSubmit={(event) => { event.preventDefault(); decide.mutate({ path: `${path}/Disputes/${text(dispute, "sid")}.json`, form: { Outcome: outcome } }); }}>
      <Group align="end" mt="xs">
        <TextInput label={w("disputes.outcome", { amount })} required maxLength={200} value={outcome} onChange={(event) => setOutcome(event.currentTarget.value)} />
        <Button type="submit" variant="default" loading={decide.isPending}>{w("disputes.decide")}</Button>
      </Group>
      <Fault error={decide.error} />
    </form>
  );
}
