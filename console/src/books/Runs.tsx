import { Button, Group, Paper, Progress, SimpleGrid, Stack, Text, TextInput, Title } from "@mantine/core";
import { type ReactNode, useState } from "react";
import { type Row, rows, text } from "../api/lists";
import { useChange, useOne } from "../api/rows";
import { useMay } from "../api/session";
import { useFormats } from "../i18n/format";
import { Fault } from "../shell/Fault";
import { Listed } from "../shell/Rows";
import { Money, When } from "../shell/show";
import { useBooksWords } from "./words";

const LOOK_MS = 2_000;

/** Which month is due, and a run of it: first what it comes to, then the invoices. */
export function Runs({ account }: { account: string }) {
  const w = useBooksWords();
  const { develop } = useMay();
  const path = `${account}/InvoiceRuns.json`;
  const [typed, setTyped] = useState<string | null>(null);
  const board = useOne(path, LOOK_MS);
  const begin = useChange();
  const due = text(board.data, "month_due");
  const month = typed ?? due;
  const running = text(board.data, "state") === "running";
  const run = (dry: boolean) => begin.mutate({ path, form: { Month: month, DryRun: String(dry) } });
  return (
    <Stack>
      <Text maw={760}>{w("runs.about")}</Text>
      <Fault error={board.error ?? begin.error} />
      {board.data && <Text>{due ? `${w("due")}: ${due}` : w("due.none")}{due && board.data["closed"] !== true ? ` – ${w("open")}` : ""}</Text>}
      {develop && (
        <form onSubmit={(event) => { event.preventDefault(); run(true); }}>
          <Group align="end">
            <TextInput label={w("month")} value={month} placeholder="2026-11" pattern="\d{4}-\d{2}" onChange={(event) => setTyped(event.currentTarget.value)} />
            <Button type="submit" disabled={running || !month} loading={begin.isPending}>{w("dry")}</Button>
            <Button variant="default" disabled={running || !month} loading={begin.isPending} onClick={() => run(false)}>{w("issue")}</Button>
          </Group>
        </form>
      )}
      <Title order={3} size="h4">{w("last")}</Title>
      {board.data && (text(board.data, "month") ? <Last board={board.data} /> : <Text c="dimmed">{w("last.none")}</Text>)}
    </Stack>
  );
}

function Last({ board }: { board: Row }) {
  const w = useBooksWords();
  const f = useFormats();
  const [done, all] = [Number(text(board, "customers_done")), Number(text(board, "customers"))];
  const by = text(board, "by");
  const how = w("running", { done: f.number(String(done)), all: f.number(String(all)) });
  const refusals = rows(board["refusals"]);
  return (
    <Stack>
      <Text>{`${text(board, "month")} · ${w(board["dry_run"] === true ? "was.dry" : "was.real")} · ${w("by", { who: by === "program" ? w("program") : by })} · `}<When value={text(board, "date_finished") || text(board, "date_started")} /></Text>
      {text(board, "state") === "running" && <><Progress value={all > 0 ? (100 * done) / all : 0} aria-label={how} /><Text size="sm">{how}</Text></>}
      {text(board, "failure") && <Text c="red">{text(board, "failure")}</Text>}
      {text(board, "state") === "finished" && (
        <>
          <SimpleGrid cols={{ base: 2, sm: 3 }}>
            {(["issued", "already", "nothing_due", "refused", "unpaid_accounts"] as const).map((name) => <Figure key={name} label={w(name === "issued" ? "invoices" : name === "nothing_due" ? "nothing" : name === "unpaid_accounts" ? "unpaid" : name)}>{f.number(text(board, name))}</Figure>)}
            <Figure label={w("net")}><Money amount={text(board, "net")} currency="EUR" /></Figure>
            <Figure label={w("gross")}><Money amount={text(board, "gross")} currency="EUR" /></Figure>
          </SimpleGrid>
          {refusals.length > 0 && <Listed shown={refusals} title={w("refusals")} empty="" columns={[{ label: w("account"), show: (row) => text(row, "account_sid") }, { label: w("reason"), show: (row) => text(row, "reason") }]} />}
        </>
      )}
    </Stack>
  );
}

const Figure = ({ label, children }: { label: string; children: ReactNode }) => <Paper withBorder p="md"><Text size="sm" c="dimmed">{label}</Text><Text fw={700} size="lg">{children}</Text></Paper>;
