// A month of business in a browser, against a running flexio with the sandbox, the configuration month.toml and a clock that this sets (FLEXIO_OWN, as run.mjs starts it):
//   node console/e2e/month.mjs <setup_url> [folder for screenshots]
// a customer gives a mandate, and uses something → the operator sees what is not invoiced, and the limits it reached → somebody orders by telephone, and confirms → the month is over: sessions too → invoice → reports with what happened → the file for the bank, tried, made, taken away, never twice → the bank refuses, which ends the mandate.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { desk, PASSWORD } from "./desk.mjs";
import { postman } from "./postman.mjs";
import { day, run, turn } from "./time.mjs";

const [setup, folder] = process.argv.slice(2);
const { FLEXIO_DATA: data, CARRIER_PORT: port, MAIL_PORT: mailPort } = process.env;
assert.ok(setup, "usage: node e2e/run.mjs PATH_OF_FLEXIO month.mjs");
const origin = new URL(setup).origin;
const { browser, faults, sits, look, everyWay, asked, customer } = await desk(origin, folder);
const API = "/2010-04-01/Accounts/{account}";
const NATIVE = "/restcomm/2012-04-24/Accounts/{account}";
const IBAN = "NL91 ABNA 0417 1643 00";
const now = new Date();
const month = day(now).slice(0, 7);
/** Days of the next months, in UTC. */
const third = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + 1, 3, 5));
const later = new Date(third.getTime() + 26 * 86_400_000);
const due = new Date(later.getTime() + 14 * 86_400_000);

/** E-mails that the program sent, as they came. */
const { mails, close } = postman(Number(mailPort));

/** An order by telephone: its summary goes out by e-mail, and binds nobody before the customer has confirmed it. */
async function telephones(operator) {
  const jan = await customer(operator, "Jan Claes", "jan@claes.test", { Kind: "consumer" });
  const { account_sid } = await jan.evaluate(() => fetch("/console/api/session", { headers: { "X-Flexio-Console": "1" } }).then((answer) => answer.json()));
  await asked(operator, "POST", `${NATIVE.replace("{account}", account_sid)}/Subscription/Orders/Unseen.json`, {});
  const sent = () => mails.find((mail) => /^To:.*jan@claes\.test/im.test(mail));
  for (const end = process.uptime() + 60; !sent();) {
    assert.ok(process.uptime() < end, `no summary went out: ${mails.length}`);
    await new Promise((done) => setTimeout(done, 200));
  }
  await everyWay(jan, "subscription", "confirming", (shown) => shown.frameLocator("iframe").getByText("Samenvatting van het contract").first().waitFor());
  await jan.getByLabel(/I have read the contract summary/).check();
  await jan.getByRole("button", { name: "Order with obligation to pay" }).click();
  await jan.getByRole("button", { name: "Withdraw from the contract" }).waitFor();
  await jan.context().close();
}

/** A mandate: an account that is none is refused, what is agreed to is shown first, and it is taken back in two clicks; then another. */
async function mandates(els) {
  await els.goto(`${origin}/console/`);
  await els.getByRole("link", { name: "Direct debit" }).click();
  await els.getByText("No mandate: invoices are paid by transfer.", { exact: false }).waitFor();
  await els.getByText("Nothing yet. What is due", { exact: false }).waitFor();
  await everyWay(els, "direct-debit", "debit-none", (shown) => shown.locator("form").waitFor());
  const iban = els.getByLabel("Bank account (IBAN)");
  await iban.fill("BE00 0000 0000 0000");
  await els.getByRole("button", { name: "Show me what I agree to" }).click();
  await els.getByRole("alert").waitFor();
  assert.equal(await iban.inputValue(), "BE00 0000 0000 0000", "what was written stays");
  const give = async () => {
    await iban.fill(IBAN);
    await els.getByRole("button", { name: "Show me what I agree to" }).click();
    await els.getByRole("blockquote").getByText("Voorbeeld Telecom", { exact: false }).waitFor();
    const button = els.getByRole("button", { name: "Give the mandate" });
    assert.ok(await button.isDisabled(), "it can be given without a word of agreement");
    await els.getByLabel("I agree to this sentence").check();
    await look(els, "debit-sentence");
    await button.click();
    await els.getByText("in force", { exact: true }).waitFor();
  };
  await give();
  await els.getByText("The signature fits").waitFor();
  await els.getByRole("button", { name: /^Revoke MN/ }).click();
  await look(els, "debit-revoke", ".mantine-Modal-body");
  await els.getByRole("dialog").getByRole("button", { name: "Leave it" }).last().click();
  await els.getByRole("dialog").waitFor({ state: "hidden" });
  await els.getByText("in force", { exact: true }).waitFor();
  await els.getByRole("button", { name: /^Revoke MN/ }).click();
  await els.getByRole("dialog").getByRole("button", { name: "Revoke the mandate" }).click();
  await els.getByText("by the payer").waitFor();
  assert.equal(await els.getByRole("button", { name: /^Revoke MN/ }).count(), 0, "what is over is revoked again");
  await give();
  await everyWay(els, "direct-debit", "debit-given", (shown) => shown.getByRole("table").waitFor());
}

/** A call to a mobile through the operator's carrier, and more messages to one number than the operator looks on at. */
async function uses(els) {
  const { available_phone_numbers: [offer] } = await asked(els, "GET", `${API}/AvailablePhoneNumbers/BE/Local.json`);
  await asked(els, "POST", `${API}/IncomingPhoneNumbers.json`, { PhoneNumber: offer.phone_number });
  const call = await asked(els, "POST", `${API}/Calls.json`, { From: offer.phone_number, To: "+32470987654", Twiml: "<Response><Pause length='1'/></Response>" });
  for (let count = 0; count < 3; count += 1) await asked(els, "POST", `${API}/Messages.json`, { From: "8640", To: "+32470987654", Body: `Hallo ${count}` });
  await over(els, `${API}/Calls/${call.sid}.json`, "completed");
}
async function over(page, path, status) {
  for (const end = Date.now() + 60_000; Date.now() < end; await page.waitForTimeout(500)) if ((await asked(page, "GET", path)).status === status) return;
  throw new Error(`${path} is not ${status}`);
}

/** What accounts spend, before anything is invoiced: by account, and where it passed the operator's limits, which a person clears. */
async function limits(operator) {
  await operator.goto(`${origin}/console/spending`);
  const cases = operator.getByRole("region", { name: "Limits of the operator that were reached" });
  const often = cases.getByRole("row").filter({ hasText: "+32470987654" });
  await often.getByText(/^[234] of 2$/).waitFor({ timeout: 60_000 });
  await cases.getByRole("row").filter({ hasText: "A day of a new account" }).waitFor();
  await everyWay(operator, "spending", "spending-cases", (shown) => shown.getByText("+32470987654").waitFor());
  await often.getByRole("textbox").fill("A customer's own campaign");
  await often.getByRole("button", { name: "Clear" }).click();
  await often.getByText("cleared").waitFor();
  await often.getByText("A customer's own campaign").waitFor();
}

const report = async (operator, kind) => {
  await operator.goto(`${origin}/console/reports`);
  await operator.getByLabel("Report", { exact: true }).selectOption(kind);
};
/** A report in every way, and that its file has the same lines as its table. */
async function reported(operator, kind, name, fill = async () => undefined) {
  const ready = async (shown) => { await shown.locator("main select").first().selectOption(kind); await fill(shown); await shown.getByRole("table").waitFor(); };
  await everyWay(operator, "reports", `reports-${name}`, ready);
  await report(operator, kind);
  await fill(operator);
  await operator.getByRole("table").waitFor();
  const href = await operator.getByRole("link", { name: "Take it away (CSV)" }).getAttribute("href");
  const csv = await operator.evaluate(async (path) => (await fetch(path, { headers: { "X-Flexio-Console": "1" } })).text(), href);
  const lines = csv.trim().split(/\r?\n/).length;
  await operator.waitForFunction((wanted) => document.querySelectorAll("main tr").length === wanted, lines);
}

/** Whose session is over is asked to sign in where they are, and goes on there. */
async function returns(page, email, heading) {
  await page.reload();
  await page.getByRole("textbox", { name: "Password" }).waitFor();
  await page.getByLabel(/E-mail/).first().fill(email);
  await page.getByRole("textbox", { name: "Password" }).fill(PASSWORD);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await page.getByRole("heading", { level: 1, name: heading }).waitFor();
}

/** The file for the bank: nothing is due, then what would be in it, then it is made, once. */
async function collects(operator) {
  await operator.getByRole("link", { name: "Direct debit" }).click();
  await operator.getByText("No file yet.", { exact: false }).waitFor();
  await everyWay(operator, "direct-debit", "files-none", (shown) => shown.locator("form").waitFor());
  const until = operator.getByLabel("Last day of collection");
  const dry = operator.getByRole("button", { name: "Show what would be in it" });
  const make = operator.getByRole("button", { name: "Make the file" });
  assert.ok(await make.isDisabled(), "a file is made that nobody has seen");
  await until.fill(day(third));
  await dry.click();
  await operator.getByRole("alert").getByRole("link", { name: "20498" }).waitFor();
  await until.fill(day(due));
  await dry.click();
  await operator.getByText("Nothing was made yet.", { exact: false }).waitFor();
  await operator.getByRole("region", { name: "Show what would be in it" }).getByText("-000001", { exact: false }).waitFor();
  await look(operator, "files-dry");
  await make.click();
  await operator.getByText("The file is made: 1,", { exact: false }).waitFor();
  const [file] = await Promise.all([operator.waitForEvent("download"), operator.getByRole("link", { name: /^Download the file of/ }).click()]);
  const xml = readFileSync(await file.path(), "utf8");
  assert.match(xml, /pain\.008\.001\.08/);
  assert.ok(xml.includes(IBAN.replaceAll(" ", "")), "the account is in it");
  await dry.click();
  await operator.getByRole("alert").getByRole("link", { name: "20498" }).waitFor();
  await everyWay(operator, "direct-debit", "files", async (shown) => { await shown.getByRole("table").waitFor(); await shown.locator("main [aria-expanded=false]").click(); await shown.getByRole("table").nth(1).waitFor(); });
  await operator.getByRole("region", { name: /^What is in the file of/ }).getByText("requested").waitFor();
}

/** The customer sees it; the operator, looking at that account, notes what the bank refused, which ends the mandate. */
async function refused(operator, els) {
  await els.goto(`${origin}/console/direct-debit`);
  await els.getByText("requested", { exact: true }).waitFor();
  assert.equal(await els.getByRole("button", { name: /^The bank refused/ }).count(), 0, "that is for the account above");
  await operator.goto(`${origin}/console/accounts`);
  await operator.getByRole("button", { name: "Look at Bakkerij Peeters" }).click();
  await operator.getByRole("link", { name: "Direct debit" }).click();
  await operator.getByText("Only the customer gives and revokes a mandate.").waitFor();
  await operator.getByRole("button", { name: /^The bank refused/ }).click();
  await operator.getByLabel("The bank’s code, such as AC04").fill("AC04");
  await look(operator, "debit-refused", ".mantine-Modal-body");
  await operator.getByRole("button", { name: "Note it" }).click();
  await operator.getByText("came back: AC04").waitFor();
  await operator.getByText("the bank said AC04").waitFor();
  await els.reload();
  await els.getByText("the bank said AC04").waitFor();
  await everyWay(els, "direct-debit", "debit-returned", (shown) => shown.getByRole("table").nth(1).waitFor());
}

/** The carrier that the operator buys from: it answers every call. */
const carrier = spawn("sipp", ["-sn", "uas", "-i", "127.0.0.1", "-p", port, "-nostdin"], { cwd: data, stdio: "ignore" });
try {
  const operator = await sits(setup, "ann@acme.test");
  const els = await customer(operator, "Bakkerij Peeters", "els@peeters.test", { Kind: "small", EnterpriseNumber: "0202.239.951" });
  await mandates(els);
  await uses(els);
  await limits(operator);
  await reported(operator, "Unbilled", "unbilled");
  await telephones(operator);
  await turn(third, els, operator);
  await returns(els, "els@peeters.test", "Direct debit");
  const issued = run("billing", "invoice", "--month", month);
  assert.equal(issued.refused, 0, JSON.stringify(issued));
  await els.getByRole("link", { name: "Invoices" }).click();
  await els.getByRole("link", { name: /-000001$/ }).click();
  await els.getByRole("heading", { level: 1, name: /^Invoice .*-000001$/ }).waitFor();
  await els.getByText("Outbound to mobile").first().waitFor();
  await els.getByText(/^It is collected from NL…4300 by direct debit on /).waitFor();
  const invoice = els.url();
  await everyWay(els, new URL(els.url()).pathname.replace("/console/", ""), "invoice-real", (shown) => shown.getByRole("table").first().waitFor());
  await operator.goto(`${origin}/console/reports`);
  await returns(operator, "ann@acme.test", "Reports");
  const from = (selector) => async (shown) => { const fields = shown.locator(`main input[type=${selector}]`); await fields.first().fill(selector === "month" ? month : `${month}-01`); if (await fields.count() > 1) await fields.nth(1).fill(selector === "month" ? month : day(third)); };
  await reported(operator, "Revenue", "revenue", from("date"));
  await operator.getByRole("cell", { name: "Outbound to mobile" }).waitFor();
  await reported(operator, "AgedDebt", "debt");
  await operator.getByRole("cell", { name: "Bakkerij Peeters" }).waitFor();
  await reported(operator, "Margin", "margin", from("month"));
  await operator.getByRole("row").filter({ hasText: "carrier-a" }).filter({ hasText: "Outbound to mobile" }).waitFor();
  await reported(operator, "Regulator", "regulator", from("month"));
  await everyWay(operator, "trunks", "route-down", (shown) => shown.getByText(/^carrier-b: /).waitFor());
  await operator.goto(`${origin}/console/reports`);
  await operator.getByRole("heading", { name: "Reports", level: 1 }).waitFor();
  await turn(later, operator, els);
  await returns(operator, "ann@acme.test", "Reports");
  await collects(operator);
  await els.goto(`${origin}/console/direct-debit`);
  await returns(els, "els@peeters.test", "Direct debit");
  await refused(operator, els);
  await els.goto(invoice);
  await els.getByText("please pay by transfer", { exact: false }).waitFor();
  await els.getByText("Structured communication").waitFor();
  assert.deepEqual(faults, []);
  process.stdout.write("the month went well\n");
} finally {
  for (const fault of faults) process.stderr.write(`${fault}\n`);
  carrier.kill();
  close();
  await browser.close();
}
