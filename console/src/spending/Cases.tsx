import { Button, Group, Text, TextInput } from "@mantine/core";
import { useState } from "react";
import { nativePath } from "../api/client";
import { type Row, text } from "../api/lists";
import { useChange, useRows } from "../api/rows";
import { useMay } from "../api/session";
import { useI18n } from "../i18n";
import { useFormats } from "../i18n/format";
import { Fault } from "../shell/Fault";
import { Rows } from "../shell/Rows";
import { Status } from "../shell/show";
import { type SpendingWord, useSpendingWords } from "./words";

const rules: Record<string, SpendingWord> = {
  "new-account-day": "case.new",
  day: "case.day",
  "category-day": "case.category",
  month: "case.month",
  spike: "case.spike",
  "spike-hour": "case.hour",
  call: "case.call",
  "destination-hour": "case.destination",
};

/** The operator's limits that the account and those below it reached; a person looks at each. */
export function Cases({ account }: { account: string }) {
  const { t } = useI18n();
  const w = useSpendingWords();
  const f = useFormats();
  const { develop } = useMay();
  const cases = useRows(`${nativePath(account)}/SpendCases.json`, "spend_cases", 10_000);
  const figure = (row: Row, name: string) => (text(row, "rule") === "destination-hour" ? f.number(text(row, name)) : f.money(text(row, name), "EUR"));
  return (
    <Rows query={cases} title={w("cases")} empty={w("cases.empty")} columns={[
      { label: w("case.account"), show: (row) => <Text size="xs" ff="monospace" style={{ overflowWrap: "anywhere" }}>{text(row, "account_sid")}</Text> },
      { label: w("case.rule"), show: (row) => <>{w(rules[text(row, "rule")] ?? "case.day")}{text(row, "subject") && <Text size="xs" c="dimmed">{text(row, "subject")}</Text>}</> },
      { label: w("case.seen"), end: true, show: (row) => w("case.of", { seen: figure(row, "seen"), limit: figure(row, "limit") }) },
      { label: w("case.opened"), show: (row) => f.moment(text(row, "date_opened")) },
      { label: t("field.status"), show: (row) => <><Status row={row} name="status" />{row["holds"] === true && text(row, "status") === "open" && <Text size="xs" c="red">{w("case.holds")}</Text>}<Text size="xs" c="dimmed">{text(row, "note")}</Text></> },
      ...(develop ? [{ label: t("field.action"), show: (row: Row) => (text(row, "status") === "open" ? <Clear row={row} /> : null) }] : []),
    ]} />
  );
}

function Clear({ row }: { row: Row }) {
  const w = useSpendingWords();
  const [note, setNote] = useState("");
  const clear = useChange();
  const path = `${nativePath(text(row, "account_sid"))}/SpendCases/${text(row, "sid")}.json`;
  return (
    <form onSubmit={(event) => { event.preventDefault(); clear.mutate({ path, form: { Note: note } }); }}>
      <Group gap="xs" wrap="nowrap">
        <TextInput size="xs" miw={110} maxLength={200} aria-label={w("case.note")} placeholder={w("case.note")} value={note} onChange={(event) => setNote(event.currentTarget.value)} />
        <Button size="xs" type="submit" variant="default" style={{ flexShrink: 0 }} loading={clear.isPending}>{w("case.clear")}</Button>
      </Group>
      <Fault error={clear.error} />
    </form>
  );
}
