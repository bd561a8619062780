import { Button, Code, Group, Paper, Stack, Text, Title } from "@mantine/core";
import { useState } from "react";
import { type Row, rows, text } from "../api/lists";
import { useRows } from "../api/rows";
import { Rows } from "../shell/Rows";
import { Money, When } from "../shell/show";
import { useBooksWords } from "./words";

/** What the account's books come to, and the chain of seals with what is under each. */
export function Ledger({ account }: { account: string }) {
  const w = useBooksWords();
  const [open, setOpen] = useState("");
  const balances = useRows(`${account}/Ledger.json`, "balances");
  const seals = useRows(`${account}/Ledger/Seals.json`, "seals");
  return (
    <Stack>
      <Title order={3} size="h4">{w("balances")}</Title>
      <Rows query={balances} title={w("balances")} empty={w("balances.none")} columns={legs(w)} />
      <Title order={3} size="h4">{w("seals")}</Title>
      <Text maw={760}>{w("seals.about")}</Text>
      <Rows query={seals} title={w("seals")} empty={w("seals.none")} columns={[
        { label: w("seal"), show: (row) => <>{text(row, "number")}<Code block mt={4} style={{ overflowWrap: "anywhere", whiteSpace: "normal" }}>{text(row, "digest")}</Code></> },
        { label: w("sealed"), show: (row) => <When value={text(row, "date_sealed")} /> },
        { label: w("postings"), end: true, show: (row) => <Button size="xs" variant="default" aria-label={w("show", { postings: text(row, "postings"), number: text(row, "number") })} onClick={() => setOpen(text(row, "number"))}>{text(row, "postings")}</Button> },
      ]} />
      {open && <Under account={account} number={open} />}
    </Stack>
  );
}

function Under({ account, number }: { account: string; number: string }) {
  const w = useBooksWords();
  const postings = useRows(`${account}/Ledger/Seals/${number}.json`, "postings");
  const title = w("under", { number });
  return (
    <Paper withBorder p="md" component="section" aria-label={title}>
      <Title order={3} size="h4" mb="sm">{title}</Title>
      <Rows query={postings} title={title} empty={w("seals.none")} columns={[
        { label: w("posting"), show: (row) => <><Text style={{ overflowWrap: "anywhere" }}>{text(row, "id")}</Text><Text size="xs" c="dimmed">{text(row, "account_sid")}</Text></> },
        { label: w("posted"), show: (row) => <When value={text(row, "date_posted")} /> },
        { label: w("amount"), show: (row) => <Stack gap={2}>{rows(row["legs"]).map((leg) => <Leg key={text(leg, "ledger_account")} leg={leg} currency={text(row, "currency")} />)}</Stack> },
      ]} />
    </Paper>
  );
}

const Leg = ({ leg, currency }: { leg: Row; currency: string }) => <Group justify="space-between" wrap="nowrap"><Text size="sm" style={{ overflowWrap: "anywhere" }}>{text(leg, "ledger_account")}</Text><Money amount={text(leg, "amount")} currency={currency} /></Group>;

const legs = (w: ReturnType<typeof useBooksWords>) => [
  { label: w("ledger.account"), show: (row: Row) => <Text style={{ overflowWrap: "anywhere" }}>{text(row, "ledger_account")}</Text> },
  { label: w("amount"), end: true as const, show: (row: Row) => <Money amount={text(row, "amount")} currency="EUR" /> },
];
