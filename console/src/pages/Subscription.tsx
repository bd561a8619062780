import { Alert, Anchor, Button, Group, Loader, Paper, SimpleGrid, Stack, Text, Title } from "@mantine/core";
import { type ReactNode, useState } from "react";
import { Link } from "react-router";
import { nativePath } from "../api/client";
import { type Row, rows, text } from "../api/lists";
import { useChange, useMaybe, useOne, useRows } from "../api/rows";
import { useMay, useSession } from "../api/session";
import { Announce } from "../contract/Announce";
import { CustomerForm } from "../contract/Customer";
import { Acceptances, Notices } from "../contract/Kept";
import { Leave } from "../contract/Leave";
import { Begin, Confirm, Order } from "../contract/Order";
import { held } from "../contract/pins";
import { Pins } from "../contract/Prices";
import { TermsStanding } from "../contract/Terms";
import { type ContractWord, useContractWords } from "../contract/words";
import { useI18n } from "../i18n";
import { useFormats } from "../i18n/format";
import { Fault } from "../shell/Fault";
import { Status } from "../shell/show";

/** States in which there is a contract to look at; in the others one is ordered. */
const running = ["ordered", "active", "capped", "limited", "suspended", "closing", "not_in_force"];

/** The contract of the account, or the way to one. */
export default function Subscription() {
  const { t } = useI18n();
  const w = useContractWords();
  const { account_sid, top, home } = useSession();
  const account = nativePath(account_sid);
  return (
    <Stack gap="xl">
      <Title order={1}>{t("nav.subscription")}</Title>
      {top && home === null ? <Alert variant="outline" maw={720}>{w("top")} <Anchor component={Link} to="/accounts" underline="always">{t("nav.accounts")}</Anchor></Alert> : <Contract account={account} />}
    </Stack>
  );
}

function Contract({ account }: { account: string }) {
  const { t } = useI18n();
  const w = useContractWords();
  const { develop } = useMay();
  const contract = useMaybe(`${account}/Subscription.json`);
  const customer = useMaybe(`${account}/Customer.json`);
  const offer = useOne(`${account}/Plans.json`);
  const failed = contract.error ?? customer.error ?? offer.error;
  if (failed) return <Fault error={failed} />;
  if (contract.data === undefined || customer.data === undefined || !offer.data) return <Loader aria-label={t("app.loading")} />;
  const plans = rows(offer.data["plans"]);
  const state = text(contract.data ?? undefined, "state");
  if (contract.data && running.includes(state)) return <Running account={account} contract={contract.data} customer={customer.data} plans={plans} terms={rows(offer.data["terms"])} />;
  if (!develop) return <Text>{w("none")}</Text>;
  return (
    <>
      {state === "closed" && <Text>{w("state.closed")}</Text>}
      <Order account={account} plan={plans.find((plan) => plan["open"] === true)} terms={rows(offer.data["terms"])} customer={customer.data} contract={contract.data} />
    </>
  );
}

function Running({ account, contract, customer, plans, terms }: { account: string; contract: Row; customer: Row | null; plans: Row[]; terms: Row[] }) {
  const w = useContractWords();
  const f = useFormats();
  const { develop } = useMay();
  const { home } = useSession();
  const base = `${account}/Subscription`;
  const pins = useRows(`${base}/Pins.json`, "pins");
  const kept = useRows(`${base}/Acceptances.json`, "acceptances");
  const notices = useRows(`${base}/PriceChanges.json`, "price_changes");
  const identify = useChange();
  const state = text(contract, "state");
  const said: ContractWord = state === "active" ? "state.active" : state === "ordered" ? "state.ordered" : state === "closing" ? "state.closing" : state === "suspended" ? "state.suspended" : state === "not_in_force" ? "state.not_in_force" : "state.other";
  const withdrawable = state !== "closing" && state !== "not_in_force" && !text(contract, "date_withdrawn") && Date.parse(text(contract, "date_withdrawal_ends")) > Date.now();
  const consumer = text(customer ?? undefined, "kind") === "consumer";
  const currency = text(plans.find((plan) => text(plan, "plan") === text(contract, "plan")), "currency") || "EUR";
  const paid = held(pins.data ?? [], plans, new Date());
  const language = text(contract, "language");
  return (
    <>
      <Stack gap="xs">
        <Group><Status row={contract} name="state" /><Text>{w(said, { date: f.moment(text(contract, "date_ends")) })}</Text></Group>
        {state === "ordered" && home !== null && develop && <Group><Button variant="default" loading={identify.isPending} onClick={() => identify.mutate({ path: `${account}/Customer/Identity.json`, form: {} })}>{w("identify")}</Button></Group>}
        {text(contract, "suspended_because_of") && <Anchor component={Link} to={`/invoices/${text(contract, "suspended_because_of")}`} underline="always">{w("suspended.invoice")}</Anchor>}
        <Fault error={identify.error ?? pins.error ?? kept.error ?? notices.error} />
      </Stack>
      {state === "not_in_force" && develop && <Confirm account={account} contract={contract} terms={terms} consumer={consumer} />}
      {withdrawable && !text(contract, "date_begun") && develop && <Begin account={account} contract={contract} terms={terms} />}
      <SimpleGrid cols={{ base: 1, sm: 3 }}>
        <Figure label={w("plan")} value={text(contract, "plan")} />
        <Figure label={w("since")} value={f.moment(text(contract, "date_activated")) || "–"} />
        <Figure label={w("ends")} value={f.moment(text(contract, "date_ends")) || "–"} />
      </SimpleGrid>
      <Part title={w("pins")}><Pins all={paid} /></Part>
      <Part title={w("documents")}>
        <Stack gap="xs" align="start">
          <Anchor href={`${base}/Summaries/${text(contract, "summary_sid")}.html`} download={`${text(contract, "summary_sid")}.html`} underline="always">{w("summary.html")}</Anchor>
          <Anchor href={`${account}/ContractSummary.pdf?Language=${language}`} download underline="always">{w("summary.pdf")}</Anchor>
        </Stack>
      </Part>
      <Part title={w("notices")}><Stack><Notices notices={notices.data ?? []} currency={currency} path={base} operator={home !== null && develop} />{home !== null && develop && state !== "closing" && <Announce path={base} plans={plans} now={paid} />}</Stack></Part>
      <Part title={w("terms.held")}><TermsStanding path={base} /></Part>
      {customer && <Part title={w("customer")}><Payer customer={customer} account={account} /></Part>}
      <Part title={w("proof")}><Acceptances kept={kept.data ?? []} /></Part>
      {develop && withdrawable && <Part title={w("withdraw")}><Stack><Text>{w("withdraw.about", { date: f.moment(text(contract, "date_withdrawal_ends")) })}</Text><Leave path={base} withdraws /></Stack></Part>}
      {develop && state !== "closing" && <Part title={w("leave")}><Leave path={base} /></Part>}
    </>
  );
}

/** Who pays; changed where it stands. */
function Payer({ customer, account }: { customer: Row; account: string }) {
  const w = useContractWords();
  const f = useFormats();
  const { t } = useI18n();
  const { develop } = useMay();
  const [changing, setChanging] = useState(false);
  if (changing) return <CustomerForm customer={customer} path={`${account}/Customer.json`} done={() => setChanging(false)} label={t("form.save")} />;
  const identified = text(customer, "date_identified");
  return (
    <Stack gap={4} align="start">
      <Text fw={600}>{[text(customer, "legal_name"), text(customer, "legal_form")].filter(Boolean).join(" ")}</Text>
      <Text>{`${text(customer, "street")}, ${text(customer, "post_code")} ${text(customer, "city")}, ${text(customer, "country")}`}</Text>
      <Text>{[text(customer, "vat_number") || text(customer, "enterprise_number"), text(customer, "invoice_email")].filter(Boolean).join(" · ")}</Text>
      {identified && <Text size="sm" c="dimmed">{w("customer.identified", { date: f.instantDay(identified) })}</Text>}
      {develop && <Button size="xs" variant="default" mt="xs" onClick={() => setChanging(true)}>{w("customer.change")}</Button>}
    </Stack>
  );
}

const Part = ({ title, children }: { title: string; children: ReactNode }) => <section><Title order={2} size="h3" mb="sm">{title}</Title>{children}</section>;
const Figure = ({ label, value }: { label: string; value: string }) => <Paper withBorder p="md"><Text size="sm" c="dimmed">{label}</Text><Text fw={700}>{value}</Text></Paper>;
