import { Alert, Anchor, Button, Group, Modal, Radio, Stack, Text, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Link } from "react-router";
import { ApiError, isRecord, postPairs } from "../api/client";
import { type Row, rows, text } from "../api/lists";
import { useI18n } from "../i18n";
import { Fault } from "../shell/Fault";
import { itemNamed } from "../shell/statuses";
import { useBillingWords } from "./words";

/** The refusal of a credit note that is above what one person may issue (docs/errors/20463.md). */
const TWO_PERSONS = 20_463;

/** Takes an invoice, or parts of its lines, back. For whoever is above the customer. */
export function Credit({ invoice, path }: { invoice: Row; path: string }) {
  const { t } = useI18n();
  const w = useBillingWords();
  const [opened, setOpened] = useState(false);
  return (
    <Group>
      <Button variant="default" onClick={() => setOpened(true)}>{w("credit.begin")}</Button>
      <Modal opened={opened} onClose={() => setOpened(false)} size="lg" title={`${w("credit_note")} · ${text(invoice, "number")}`} closeButtonProps={{ "aria-label": t("form.cancel") }}>
        <Form invoice={invoice} path={path} />
      </Modal>
    </Group>
  );
}

function Form({ invoice, path }: { invoice: Row; path: string }) {
  const { language } = useI18n();
  const w = useBillingWords();
  const queries = useQueryClient();
  const [way, setWay] = useState("whole");
  const [reason, setReason] = useState("");
  const [amounts, setAmounts] = useState<Record<string, string>>({});
  const send = (resource: string) => {
    const parts = way === "parts" ? Object.entries(amounts).filter(([, amount]) => amount !== "") : [];
    return postPairs(`${path}/${resource}.json`, [["Reason", reason], ...parts.flatMap(([line, amount]): [string, string][] => [["Line", line], ["Amount", amount]])]);
  };
  const onSuccess = () => Promise.all([queries.invalidateQueries({ queryKey: ["one"] }), queries.invalidateQueries({ queryKey: ["rows"] }), queries.invalidateQueries({ queryKey: ["list", "Invoices"] })]);
  const issue = useMutation({ mutationFn: () => send("CreditNotes"), onSuccess });
  const asked = useMutation({ mutationFn: () => send("CreditRequests"), onSuccess });
  const needsTwo = issue.error instanceof ApiError && issue.error.code === TWO_PERSONS;
  const made = isRecord(issue.data) ? issue.data : undefined;
  if (made) return <Text role="status">{w("credit.made", { number: "" })}<Anchor component={Link} to={`/invoices/${text(made, "sid")}`} underline="always">{text(made, "number")}</Anchor></Text>;
  const nothing = way === "parts" && Object.values(amounts).every((amount) => amount === "");
  return (
    <form onSubmit={(event) => { event.preventDefault(); issue.mutate(); }}>
      <Stack>
        <TextInput label={w("reason")} required maxLength={200} value={reason} onChange={(event) => setReason(event.currentTarget.value)} />
        <Radio.Group value={way} onChange={setWay} aria-label={w("credit.begin")}>
          <Stack gap="xs"><Radio value="whole" label={w("credit.whole")} /><Radio value="parts" label={w("credit.parts")} /></Stack>
        </Radio.Group>
        {way === "parts" && rows(invoice["lines"]).map((line) => (
          <TextInput key={text(line, "line")} label={w("credit.amount", { item: `${text(line, "line")}. ${itemNamed(text(line, "item"), language)}` })} description={`≤ ${text(line, "net")}`} inputMode="decimal" pattern="[0-9]+(\.[0-9]{1,2})?"
            value={amounts[text(line, "line")] ?? ""} onChange={(event) => { const { value } = event.currentTarget; setAmounts((before) => ({ ...before, [text(line, "line")]: value })); }} />
        ))}
        <Alert variant="outline" color="orange">{w("credit.about")}</Alert>
        <Fault error={issue.error} />
        {needsTwo && <Alert variant="outline" role="status">{asked.isSuccess ? w("requests.asked") : <>{w("requests.two")} <Button size="xs" variant="default" loading={asked.isPending} onClick={() => asked.mutate()}>{w("requests.ask")}</Button></>}</Alert>}
        <Fault error={asked.error} />
        <Group><Button type="submit" color="red.9" loading={issue.isPending} disabled={nothing}>{w("credit.do")}</Button></Group>
      </Stack>
    </form>
  );
}
