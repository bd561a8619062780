// Real invoices and what becomes of them, in a browser against a running flexio with the sandbox, the configuration bills.toml and a clock that this sets (as run.mjs starts it):
//   node console/e2e/bills.mjs <setup_url> [folder for screenshots]
// something is used → the month is over: an invoice, by e-mail and as a structured document, which the other side rejects → sent again, delivered → disputed in part, decided → not paid: a reminder →
// paid through the provider → a credit note on a line, whose money goes back the way it came → found by kind.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { desk, PASSWORD } from "./desk.mjs";
import { postman } from "./postman.mjs";
import { day, run, set, turn } from "./time.mjs";

const [setup, folder] = process.argv.slice(2);
const { CARRIER_PORT: stripePort, MAIL_PORT: mailPort, DOCUMENTS: documents, FLEXIO_URL } = process.env;
assert.ok(setup && documents, "usage: node e2e/run.mjs PATH_OF_FLEXIO bills.mjs");
const origin = new URL(setup).origin;
const { browser, faults, sits, look, everyWay, asked, customer } = await desk(origin, folder);
const API = "/2010-04-01/Accounts/{account}";
const NATIVE = "/restcomm/2012-04-24/Accounts/{account}";
const now = new Date();
const month = day(now).slice(0, 7);
const third = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + 1, 3, 5));
/** Past the day by which an invoice of the third is to be paid, and the reminder's three days. */
const overdue = new Date(third.getTime() + 36 * 86_400_000);
const { mails, close } = postman(Number(mailPort));

/** Stripe in small, of the test peers. */
const stripe = spawn(process.execPath, [new URL("../../e2e/peers/stripe.mjs", import.meta.url).pathname], { env: { ...process.env, STRIPE_PORT: stripePort }, stdio: ["pipe", "pipe", "inherit"] });
const heard = [];
createInterface({ input: stripe.stdout }).on("line", (line) => heard.push(JSON.parse(line)));
async function until(find, what) {
  for (const end = process.uptime() + 60; process.uptime() < end; await new Promise((done) => setTimeout(done, 200))) {
    const found = await find();
    if (found) return found;
  }
  throw new Error(`waited in vain: ${what}`);
}
/** Reloads until it is shown. */
const appears = (page, shown, what) => until(async () => { await page.reload(); return shown.waitFor({ timeout: 5_000 }).then(() => true, () => false); }, what);
const told = (event, count = 1) => until(() => heard.filter((each) => each.event === event)[count - 1], event);

async function returns(page, email) {
  await page.goto(`${origin}/console/invoices`);
  await page.getByLabel(/E-mail/).first().fill(email);
  await page.getByRole("textbox", { name: "Password" }).fill(PASSWORD);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await page.getByRole("heading", { level: 1, name: "Invoices" }).waitFor();
}
/** The operator, at the customer's account. */
async function looksAt(operator, path) {
  await operator.goto(`${origin}/console/accounts`);
  await operator.getByRole("button", { name: "Look at Garage Janssens" }).click();
  await operator.getByText("You are looking at the account Garage Janssens").waitFor();
  await operator.getByRole("link", { name: "Invoices" }).click();
  await operator.getByRole("heading", { level: 1, name: "Invoices" }).waitFor();
  if (path) await operator.locator(`a[href$="${path}"]`).first().click();
}

/** A number, a call, and messages for more than what nobody is reminded of (`billing.dunning_least`). */
async function uses(page) {
  const { available_phone_numbers: [offer] } = await asked(page, "GET", `${API}/AvailablePhoneNumbers/BE/Local.json`);
  await asked(page, "POST", `${API}/IncomingPhoneNumbers.json`, { PhoneNumber: offer.phone_number });
  for (let count = 0; count < 60; count += 1) await asked(page, "POST", `${API}/Messages.json`, { From: "8640", To: "+32470987654", Body: `Uw wagen is klaar (${count}).` });
  const call = await asked(page, "POST", `${API}/Calls.json`, { From: offer.phone_number, To: "+32470987654", Twiml: "<Response><Pause length='1'/></Response>" });
  await until(async () => (await asked(page, "GET", `${API}/Calls/${call.sid}.json`)).status === "completed", "the call ends");
}

/** What the other side's program says of a document that it took out of the folder; minutes go by until it is asked. */
function answers(name, answer, minutes) {
  set(new Date(third.getTime() + minutes * 60_000));
  writeFileSync(join(documents, "in", `.${name}`), JSON.stringify(answer));
  renameSync(join(documents, "in", `.${name}`), join(documents, "in", `${name}.json`));
}
const handed = (count) => until(() => readdirSync(join(documents, "out")).filter((name) => name.endsWith(".xml")).sort()[count - 1]?.replace(/\.xml$/, ""), "a structured document in the folder");

/** The invoice as the customer sees it; the amount and the communication can be copied, the files have its name. */
async function reads(page) {
  await page.getByRole("link", { name: "Invoices" }).click();
  await page.getByRole("link", { name: /-000001$/ }).click();
  await page.getByRole("heading", { level: 1, name: /^Invoice .*-000001$/ }).waitFor();
  const path = new URL(page.url()).pathname.replace("/console/", "");
  await everyWay(page, path, "invoice", (shown) => shown.getByText(/^\+\+\+\d{3}\/\d{4}\/\d{5}\+\+\+$/).waitFor());
  await page.getByRole("cell", { name: /€0\.37 per 60 s/ }).waitFor();
  const [communication] = (await page.getByText(/^\+\+\+\d{3}\//).allInnerTexts());
  await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
  await page.getByRole("button", { name: "Copy: Structured communication" }).press("Enter");
  assert.equal(await page.evaluate(() => navigator.clipboard.readText()), communication);
  const files = await page.getByRole("link", { name: /for people|for programs|the lines/ }).evaluateAll((links) => links.map((link) => link.download));
  assert.deepEqual(files.map((name) => name.replace(/^.*-/, "")), ["000001.pdf", "000001.xml", "000001.csv"]);
  await page.getByLabel("Hide the last three digits").check();
  assert.match(await page.getByRole("link", { name: "PDF, use by use" }).getAttribute("href"), /\/Items\.pdf\?Masked=true$/);
  for (const name of [/^Pay back/, /^Decide$/, /^Make a credit note$/, /^Write off/, /^Send the structured document again$/]) assert.equal(await page.getByRole("button", { name }).count(), 0, `the account above does that: ${name}`);
  await until(() => mails.some((mail) => /garage@janssens\.test/i.test(mail)), "the invoice leaves by e-mail");
  return path;
}

/** The structured document is rejected by the other side, is sent again by the operator, and arrives. */
async function dispatched(operator, page, path) {
  const first = await handed(1);
  answers(first, { state: "rejected", reason: "The receiver is not registered" }, 5);
  await appears(page, page.getByText("The receiver is not registered"), "the rejection is shown");
  await looksAt(operator, path);
  await operator.getByText("The receiver is not registered").waitFor();
  await operator.getByRole("button", { name: "Send the structured document again" }).click();
  const second = await handed(2);
  assert.notEqual(second, first);
  answers(second, { state: "delivered" }, 10);
  await appears(page, page.getByText("delivered", { exact: true }).first(), "it is delivered");
  await look(page, "invoice-dispatched");
}

/** A part is disputed by the customer; the operator says what becomes of it. */
async function disputed(operator, page, path) {
  const disputes = page.locator("section").filter({ has: page.getByRole("heading", { name: "Disputes", exact: true }) });
  await disputes.getByLabel("Reason").fill("That call was not ours");
  await disputes.getByLabel(/^Amount in dispute/).fill("0.10");
  await disputes.getByRole("button", { name: "Dispute it" }).click();
  await disputes.getByText("Reason: That call was not ours").waitFor();
  await looksAt(operator, path);
  await operator.getByLabel("Decision on €0.10").fill("It was made by your phone");
  await look(operator, "invoice-dispute");
  await operator.getByRole("button", { name: "Decide", exact: true }).click();
  await operator.getByText("It was made by your phone").waitFor();
  await page.reload();
  await page.getByText("It was made by your phone").waitFor();
}

/** What nobody will pay is written off by the operator, and stands again when the customer pays after all. */
async function writtenOff(operator, path) {
  await looksAt(operator, path);
  const decide = async (begin, end, reason, name) => {
    await operator.getByRole("button", { name: begin }).click();
    await operator.getByRole("dialog").getByLabel("Reason").fill(reason);
    await look(operator, name, ".mantine-Modal-body");
    await operator.getByRole("dialog").getByRole("button", { name: end }).click();
    await operator.getByRole("dialog").waitFor({ state: "detached" });
  };
  await decide("Write off what is open", "Write it off", "Bankrupt", "invoice-write-off");
  await decide("Let what was written off stand again", "Let it stand again", "Paid by the curator", "invoice-stands-again");
  await operator.getByRole("button", { name: "Write off what is open" }).waitFor();
}

/** The provider tells of a payment that the customer made; it is shown, and settles the invoice. */
async function pays(page, path) {
  const sid = path.split("/").at(-1);
  await asked(page, "POST", `${NATIVE}/Payments/Intents.json`, { InvoiceSid: sid });
  const { id, fault } = await told("created");
  assert.equal(fault, "");
  stripe.stdin.write(`${JSON.stringify({ url: `${FLEXIO_URL}/payments/stripe/events`, id: "evt_1", payment: id, timestamp: Math.floor(overdue.getTime() / 1_000) + 5 })}\n`);
  assert.equal((await told("told")).status, 200);
  await appears(page, page.getByText("Everything is paid."), "it is paid");
  await page.getByText(id, { exact: true }).waitFor();
  await everyWay(page, path, "invoice-paid", (shown) => shown.getByText(id, { exact: true }).waitFor());
}

/** A part of a line is taken back; as the invoice is paid, its money goes into the wallet, and from there back the way it came, in two clicks. */
async function credited(operator, path) {
  await looksAt(operator, path);
  await operator.getByRole("button", { name: "Make a credit note" }).click();
  const dialog = operator.getByRole("dialog");
  await dialog.getByLabel("Reason").fill("Charged twice");
  await dialog.getByLabel("Parts of its lines").check();
  await dialog.getByLabel(/^Take back of 2\. /).fill("0.10");
  await look(operator, "invoice-credit", ".mantine-Modal-body");
  await dialog.getByRole("button", { name: "Issue the credit note" }).click();
  await dialog.getByText("Issued:", { exact: false }).waitFor();
  await operator.keyboard.press("Escape");
  await looksAt(operator, path);
  await operator.getByRole("button", { name: /^Pay back up to / }).click();
  await look(operator, "invoice-refund", ".mantine-Modal-body");
  await operator.getByRole("button", { name: "Pay it back" }).click();
  assert.equal((await told("refunded")).fault, "");
  await until(async () => { await looksAt(operator, path); return operator.getByText("€0.12 paid back").waitFor({ timeout: 5_000 }).then(() => true, () => false); }, "it went back");
}

/** The list: its filters are the server's; a credit note leads to its invoice. */
async function found(page) {
  await page.goto(`${origin}/console/invoices`);
  await page.getByRole("link", { name: /^CN\d{4}-000001$/ }).waitFor();
  await everyWay(page, "invoices", "invoices", (shown) => shown.getByRole("link", { name: /^CN/ }).waitFor());
  const filtered = page.waitForRequest((request) => request.url().includes("/Invoices.json") && request.url().includes("Kind=credit_note"));
  await page.getByLabel("Kind").selectOption("credit_note");
  await filtered;
  await page.getByRole("link", { name: /^\d{4}-000001$/ }).waitFor({ state: "detached" });
  await page.getByRole("link", { name: /^CN/ }).click();
  await page.getByText("Reason: Charged twice").waitFor();
  await look(page, "credit-note");
  await page.getByRole("link", { name: "the invoice" }).click();
  await page.getByRole("heading", { level: 1, name: /^Invoice .*-000001$/ }).waitFor();
}

try {
  const operator = await sits(setup, "ann@acme.test");
  const jef = await customer(operator, "Garage Janssens", "garage@janssens.test", { Kind: "small", EnterpriseNumber: "0202.239.951", VatNumber: "BE0202239951" });
  await jef.goto(`${origin}/console/invoices`);
  await jef.getByText("No invoice yet.", { exact: false }).waitFor();
  await uses(jef);
  await everyWay(jef, "invoices", "invoices-none", (shown) => shown.locator("main summary").waitFor());
  await turn(third, jef, operator);
  const issued = run("billing", "invoice", "--month", month);
  assert.deepEqual([issued.issued, issued.refused], [1, 0], JSON.stringify(issued));
  await returns(jef, "garage@janssens.test");
  await returns(operator, "ann@acme.test");
  const path = await reads(jef);
  await dispatched(operator, jef, path);
  await disputed(operator, jef, path);
  await turn(overdue, jef, operator);
  run("billing", "dunning");
  await returns(jef, "garage@janssens.test");
  await returns(operator, "ann@acme.test");
  await jef.goto(`${origin}/console/${path}`);
  const reminder = jef.locator("details").filter({ has: jef.locator("summary", { hasText: /^Reminder/ }) });
  await reminder.locator("summary").click();
  await reminder.getByText(/-000001/).first().waitFor();
  await look(jef, "invoice-reminded");
  await writtenOff(operator, path);
  await pays(jef, path);
  await credited(operator, path);
  await found(jef);
  assert.deepEqual(faults, []);
  process.stdout.write("the bills went well\n");
} catch (error) {
  if (folder) for (const context of browser.contexts()) for (const page of context.pages()) await page.screenshot({ path: `${folder}/bills-fail-${Math.random().toString(36).slice(2, 6)}.png`, fullPage: true }).catch(() => undefined);
  throw error;
} finally {
  for (const fault of faults) process.stderr.write(`${fault}\n`);
  stripe.kill();
  close();
  await browser.close();
}
