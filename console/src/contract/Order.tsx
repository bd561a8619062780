import { Alert, Anchor, Button, Checkbox, Group, Paper, Stack, Stepper, Text, TextInput } from "@mantine/core";
import { type ReactNode, useState } from "react";
import { type Row, text } from "../api/lists";
import { useChange } from "../api/rows";
import { useFormats } from "../i18n/format";
import { Fault } from "../shell/Fault";
import { CustomerForm } from "./Customer";
import { Prices } from "./Prices";
import { Summary } from "./Summary";
import { useContractWords } from "./words";

const steps = ["prices", "customer", "summary", "terms", "order"] as const;

/** The terms an order has to name, as the operator lists them. */
interface Terms { name: string; url: string }

const isConsumer = (customer: Row | null) => text(customer ?? undefined, "kind") === "consumer";

/** From the prices to the order. The server holds the order of things too: an order names the very summary that was shown. */
export function Order({ account, plan, terms, customer, contract }: { account: string; plan: Row | undefined; terms: Row[]; customer: Row | null; contract: Row | null }) {
  const w = useContractWords();
  const [at, setAt] = useState(0);
  const [agreed, setAgreed] = useState<string[]>([]);
  if (!plan) return <Alert variant="outline">{w("plan.none")}</Alert>;
  const on = () => setAt((before) => before + 1);
  const label = w("plan.on", { name: text(plan, "name"), plan: text(plan, "plan") });
  return (
    <Stack>
      <Stepper active={at} onStepClick={setAt} allowNextStepsSelect={false} size="sm" aria-label={w("step.order")}>
        {steps.map((step) => <Stepper.Step key={step} label={w(`step.${step}`)} />)}
      </Stepper>
      {at === 0 && <Stack maw={640}><Text fw={600}>{label}</Text><Prices plan={plan} title={label} /><Group><Button onClick={on}>{w("on")}</Button></Group></Stack>}
      {at === 1 && <CustomerForm customer={customer} path={`${account}/Customer.json`} done={on} label={w("on")} />}
      {at === 2 && <Offered account={account} contract={contract} on={on} />}
      {at === 3 && (
        <Agreement terms={terms}>{(all) => <Group><Button onClick={() => { setAgreed(all); on(); }}>{w("on")}</Button></Group>}</Agreement>
      )}
      {at === 4 && contract && <Last account={account} contract={contract} terms={agreed} consumer={isConsumer(customer)} />}
    </Stack>
  );
}

/** The contract summary on offer: shown, and to take away, before anything is ordered. */
function Offered({ account, contract, on }: { account: string; contract: Row | null; on: () => void }) {
  const w = useContractWords();
  const f = useFormats();
  const make = useChange();
  const [code, setCode] = useState("");
  const offered = text(contract ?? undefined, "state") === "offered" && Date.parse(text(contract ?? undefined, "date_offer_ends")) > Date.now();
  const page = `${account}/Subscription/Summaries/${text(contract ?? undefined, "summary_sid")}.html`;
  return (
    <Stack>
      <Fault error={make.error} />
      {offered && contract ? (
        <>
          <Text>{w("summary.until", { date: f.instantDay(text(contract, "date_offer_ends")) })}</Text>
          <Summary path={page} />
          <Group>
            <Button onClick={on}>{w("on")}</Button>
            <Anchor href={page} download={`${text(contract, "summary_sid")}.html`} underline="always">{w("summary.file")}</Anchor>
            <Button variant="default" loading={make.isPending} onClick={() => make.mutate({ path: `${account}/Subscription/Offers.json`, form: code ? { Code: code } : {} })}>{w("summary.again")}</Button>
          </Group>
        </>
      ) : (
        <form onSubmit={(event) => { event.preventDefault(); make.mutate({ path: `${account}/Subscription/Offers.json`, form: code ? { Code: code } : {} }); }}>
          <Stack align="start">
            <TextInput label={w("promotion.code")} value={code} autoComplete="off" onChange={(event) => setCode(event.currentTarget.value.trim())} />
            <Button type="submit" loading={make.isPending}>{w("summary.make")}</Button>
          </Stack>
        </form>
      )}
    </Stack>
  );
}

/** An order by telephone: the summary that was sent, and the order that confirms it. */
export function Confirm({ account, contract, terms, consumer }: { account: string; contract: Row; terms: Row[]; consumer: boolean }) {
  const page = `${account}/Subscription/Summaries/${text(contract, "summary_sid")}.html`;
  return (
    <Stack>
      <Summary path={page} />
      <Agreement terms={terms}>{(agreed) => <Last account={account} contract={contract} terms={agreed} consumer={consumer} />}</Agreement>
    </Stack>
  );
}

/** The terms, each to read and to tick; what follows is shown once all are. */
function Agreement({ terms, children }: { terms: Row[]; children: (agreed: string[]) => ReactNode }) {
  const w = useContractWords();
  const [agreed, setAgreed] = useState<string[]>([]);
  const named = terms.map((each): Terms => ({ name: `${text(each, "id")}/${text(each, "version")}`, url: text(each, "url") }));
  return (
    <Stack>
      {named.length === 0 && <Text>{w("terms.none")}</Text>}
      {named.map(({ name, url }) => (
        <Group key={name}>
          <Checkbox label={w("terms.agree", { name })} checked={agreed.includes(name)} onChange={(event) => { const { checked } = event.currentTarget; setAgreed((before) => [...before.filter((other) => other !== name), ...(checked ? [name] : [])]); }} />
          <Anchor href={url} target="_blank" rel="noreferrer" underline="always">{w("terms.read", { name })}</Anchor>
        </Group>
      ))}
      {named.every(({ name }) => agreed.includes(name)) && children(agreed)}
    </Stack>
  );
}

/** A consumer who ordered without asking that service begins at once asks for it now. */
export function Begin({ account, contract, terms }: { account: string; contract: Row; terms: Row[] }) {
  const w = useContractWords();
  const f = useFormats();
  const [ticked, setTicked] = useState(false);
  const begin = useChange();
  const statement = w("begin.statement");
  return (
    <Paper withBorder p="md" maw={720}>
      <Stack>
        <Text>{w("begin.about", { date: f.moment(text(contract, "date_withdrawal_ends")) })}</Text>
        <Agreement terms={terms}>{(agreed) => (
          <form onSubmit={(event) => { event.preventDefault(); begin.mutate({ path: `${account}/Subscription/Begin.json`, form: { Accept: String(ticked), Statement: statement, ...(agreed.length > 0 && { Terms: agreed.join(",") }) } }); }}>
            <Stack>
              <Checkbox label={statement} checked={ticked} onChange={(event) => setTicked(event.currentTarget.checked)} />
              <Fault error={begin.error} />
              <Group><Button type="submit" disabled={!ticked} loading={begin.isPending}>{w("begin.do")}</Button></Group>
            </Stack>
          </form>
        )}</Agreement>
      </Stack>
    </Paper>
  );
}

/** The order itself: one sentence to tick, which is kept word by word, and a button that says what it means. */
function Last({ account, contract, terms, consumer }: { account: string; contract: Row; terms: string[]; consumer: boolean }) {
  const w = useContractWords();
  const [ticked, setTicked] = useState(false);
  const [begins, setBegins] = useState(false);
  const order = useChange();
  const plan = text(contract, "plan");
  const statement = w("order.statement", { plan });
  return (
    <Paper withBorder p="md" maw={720}>
      <form onSubmit={(event) => {
        event.preventDefault();
        order.mutate({ path: `${account}/Subscription/Orders.json`, form: { SummarySid: text(contract, "summary_sid"), SummarySha256: text(contract, "summary_sha256"), Accept: String(ticked), Statement: begins ? `${statement} ${w("begin.statement")}` : statement, ...(begins && { Begin: "true" }), ...(terms.length > 0 && { Terms: terms.join(",") }) } });
      }}>
        <Stack>
          <Text>{w("order.about", { plan })}</Text>
          <Checkbox label={statement} checked={ticked} onChange={(event) => setTicked(event.currentTarget.checked)} />
          {consumer && <Checkbox label={w("begin.statement")} checked={begins} onChange={(event) => setBegins(event.currentTarget.checked)} />}
          <Fault error={order.error} />
          <Group><Button type="submit" disabled={!ticked} loading={order.isPending}>{w("order.do")}</Button></Group>
        </Stack>
      </form>
    </Paper>
  );
}
