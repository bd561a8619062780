// What is paid, and the contract behind it, in a browser against a running flexio on an empty data directory with the sandbox:
//   node console/e2e/money.mjs <setup_url> [folder for screenshots]
// promotions → an archive → a legal hold and an erasure → an account for a customer → its first administrator → prices, who pays, summary, terms, order → what is paid and why → a threshold → the trunks' page → leaving in two clicks; then the pages by axe.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { desk } from "./desk.mjs";

const [setup, folder] = process.argv.slice(2);
assert.ok(setup, "usage: money.mjs <setup_url> [folder]");
const origin = new URL(setup).origin;
/** Who asks to be forgotten. */
const PERSON = "+32470123456";
const { browser, faults, sits, look, everyWay } = await desk(origin, folder);

/** An invoice comes when a month is over, which no test waits for: these are answered in the program's place, in the shape that docs/openapi.json has for them. */
const LINE = { line: 1, item: "voice.out.mobile", plan: "flexio-be/1", month: "2026-10", from: "2026-10-01", to: "2026-10-31", times: "113", quantity: "10005", unit: "second", price: "0.370000", base: "60", net: "61.70" };
const INVOICE = {
  sid: "IN0123456789abcdef0123456789abcdef", kind: "invoice", number: "2026-000042", month: "2026-10", issued_on: "2026-11-03", due_on: "2026-12-03", communication: "+++260/0000/04214+++",
  payee: "Voorbeeld Telecom NV", iban: "BE68 5390 0754 7034", bic: "EXMPBEBB", currency: "EUR", net: "64.10", tax: "13.46", tax_percent: "21", gross: "77.56", prepaid: "0.00", payable: "77.56", open: "77.56", status: "open", credits_sid: null, reason: null,
  lines: [LINE, { ...LINE, line: 2, item: "number.fixed", month: "2026-09", times: "1", quantity: "93", unit: "day", price: "0.800000", base: "31", net: "2.40" }],
};
const NOTE = { ...INVOICE, sid: "IN1123456789abcdef0123456789abcdef", kind: "credit_note", number: "CN2026-000001", communication: null, status: "paid", open: "0.00", credits_sid: INVOICE.sid, reason: "Charged twice" };

const LETTER = { sid: "LT0123456789abcdef0123456789abcdef", kind: "warning", channel: "email", to: "facturen@peeters.test", status: "sent", reason: null, suspend_on: "2027-01-20", date_written: "Mon, 04 Jan 2027 05:00:00 +0000", date_sent: "Mon, 04 Jan 2027 05:00:09 +0000", subject: "Waarschuwing: factuur 2026-000042", text: "Beste klant,\n\nfactuur 2026-000042 is nog open." };
const DISPATCH = { invoice_sid: INVOICE.sid, number: 1, way: "access_point", participant: "0208:0202239951", status: "rejected", reason: "The receiver is not registered", reference: "6f1d2c3a-0001", sha256: "0".repeat(64), date_created: "Mon, 04 Jan 2027 05:00:00 +0000", date_sent: "Mon, 04 Jan 2027 05:00:09 +0000", date_decided: "Mon, 04 Jan 2027 05:01:09 +0000" };
const DISPUTE = { sid: "DI0123456789abcdef0123456789abcdef", amount: "2.40", reason: "That number was given back", status: "open", outcome: null, date_opened: "Mon, 04 Jan 2027 09:00:00 +0000", date_closed: null };
const PAYMENT = { sid: "PY0123456789abcdef0123456789abcdef", invoice_sid: INVOICE.sid, amount: "77.56", currency: "EUR", status: "succeeded", failure: null, received: "77.56", settled: "64.10", refunded: "1.00", charged_back: "0.00", refundable: "12.46", provider: "stripe", provider_id: "pi_3MtwBwLkdIwHu7ix28a3tqPa", chargeback_status: "under_review", date_created: "Tue, 05 Jan 2027 09:00:00 +0000" };
/** Of another invoice. */
const OTHER_PAYMENT = { ...PAYMENT, sid: "PY1123456789abcdef0123456789abcdef", invoice_sid: NOTE.sid, amount: "5.00", provider_id: "pi_other" };

async function invoiced(page) {
  const { paths } = JSON.parse(readFileSync(new URL("../../docs/openapi.json", import.meta.url), "utf8"));
  const { properties } = paths["/restcomm/2012-04-24/Accounts/{AccountSid}/Invoices/{InvoiceSid}.json"].get.responses["200"].content["application/json"].schema;
  for (const name of Object.keys(INVOICE)) assert.ok(properties[name], `an invoice has no ${name}`);
  for (const [part, member, sample] of [["Letters", "letters", LETTER], ["Disputes", "disputes", DISPUTE], ["Dispatches", "dispatches", DISPATCH]]) {
    const shape = paths[`/restcomm/2012-04-24/Accounts/{AccountSid}/Invoices/{InvoiceSid}/${part}.json`].get.responses["200"].content["application/json"].schema.properties[member].items.properties;
    for (const name of Object.keys(sample)) assert.ok(shape[name], `${part} have no ${name}`);
  }
  const payment = paths["/restcomm/2012-04-24/Accounts/{AccountSid}/Payments/Intents.json"].get.responses["200"].content["application/json"].schema.items.properties;
  for (const name of Object.keys(PAYMENT)) assert.ok(payment[name], `payments have no ${name}`);
  await page.route(/\/Payments\/Intents\.json/, (route) => route.fulfill({ json: [PAYMENT, OTHER_PAYMENT] }));
  for (const name of Object.keys(LINE)) assert.ok(properties.lines.items.properties[name], `a line has no ${name}`);
  const asked = [];
  await page.route(/\/Accounts\/AC[^/]+\/Invoices/, (route) => {
    const url = new URL(route.request().url());
    asked.push(`${url.pathname.split("/").at(-1)}${url.search}`);
    const part = /\/(Letters|Disputes|Dispatches|CreditRequests)\.json$/.exec(url.pathname)?.[1];
    if (part) return route.fulfill({ json: { letters: [LETTER], disputes: [DISPUTE], dispatches: url.pathname.includes(INVOICE.sid) ? [DISPATCH] : [], credit_requests: [] } });
    const one = [INVOICE, NOTE].find(({ sid }) => url.pathname.includes(sid));
    const wanted = [INVOICE, NOTE].filter(({ kind }) => !url.searchParams.get("Kind") || url.searchParams.get("Kind") === kind);
    return route.fulfill({ json: one ?? { invoices: wanted.map(({ lines: _, ...row }) => row), next_page_uri: null } });
  });
  return asked;
}

/** Promotions of the operator, made and ended over the program itself. */
async function promotes(page) {
  await page.goto(`${origin}/console/`);
  await page.getByRole("link", { name: "Promotions" }).click();
  await page.getByText("No promotion yet.").waitFor();
  await everyWay(page, "promotions", "promotions-none", (shown) => shown.locator("form").waitFor());
  const make = page.getByRole("button", { name: "Make the promotion" });
  for (const [label, value] of [["Name in the ledger", "spring"], ["Name as printed", "Spring"], ["Code, if one has to be said", "SPRING-26"], ["Months it holds", "3"], ["Last day to take it", "2099-12-31"], ["Customers at most", "500"], ["Budget without VAT", "1000"]]) await page.getByLabel(label).fill(value);
  await page.getByText("Names in other languages").click();
  await page.getByLabel("Name in German").fill("Frühling");
  await page.getByLabel("What it gives").selectOption("price_override");
  await page.getByLabel("Price without VAT").fill("0.30");
  assert.ok(await make.isDisabled(), "another price of nothing can be made");
  await page.getByRole("checkbox", { name: "Outbound to mobile" }).check();
  await make.press("Enter");
  await page.getByText("Made: spring").waitFor();
  const row = page.getByRole("row", { name: /Spring/ });
  await row.getByText("€0.30 instead of the plan’s price").waitFor();
  await row.getByText("Outbound to mobile").waitFor();
  await row.getByText("0 of 500").waitFor();
  // What the program refuses is said, and the form keeps what was written.
  await page.getByLabel("Name in the ledger").fill("spring");
  await page.getByLabel("Name as printed").fill("Again");
  await page.getByLabel("Percent", { exact: false }).last().fill("10");
  await page.getByLabel("Last day to take it").fill("2099-12-31");
  await make.click();
  await page.getByRole("alert").waitFor();
  assert.equal(await page.getByLabel("Name as printed").inputValue(), "Again");
  await page.getByLabel("Name in the ledger").fill("tenth");
  await make.click();
  await page.getByText("Made: tenth").waitFor();
  await page.getByRole("row", { name: /tenth/ }).getByText("all services").waitFor();
  await everyWay(page, "promotions", "promotions", (shown) => shown.getByRole("table").waitFor());
  assert.equal(await page.getByRole("columnheader").count(), 6, "a column of another language is left");
  await page.getByRole("button", { name: "End tenth" }).click();
  await look(page, "promotions-end", ".mantine-Modal-body");
  await page.getByRole("button", { name: "Leave it" }).last().click();
  await page.getByRole("dialog").waitFor({ state: "hidden" });
  assert.equal(await page.getByText("Ended: ").count(), 0, "nothing was ended yet");
  await page.getByRole("button", { name: "End tenth" }).click();
  await page.getByRole("button", { name: "End it" }).click();
  await page.getByRole("row", { name: /tenth/ }).getByText("Ended: ").waitFor();
  assert.equal(await page.getByRole("button", { name: "End tenth" }).count(), 0);
}

/** Whoever is above sends a structured document again that was rejected. */
async function sendsAgain(page) {
  await invoiced(page);
  await page.goto(`${origin}/console/invoices/${INVOICE.sid}`);
  const again = page.waitForRequest((request) => request.method() === "POST" && request.url().endsWith(`/Invoices/${INVOICE.sid}/Dispatches.json`));
  await page.getByRole("button", { name: "Send the structured document again" }).click();
  await again;
  // What came through the provider for this invoice goes back in two clicks.
  await page.getByText("Chargeback: under review").waitFor();
  assert.equal(await page.getByText("pi_other").count(), 0, "a payment of another invoice stands here");
  await page.getByRole("button", { name: "Pay back up to €12.46" }).click();
  await look(page, "invoice-refund", ".mantine-Modal-body");
  const back = page.waitForRequest((request) => request.method() === "POST" && request.url().endsWith(`/Payments/Intents/${PAYMENT.sid}/Refunds.json`));
  await page.getByRole("button", { name: "Pay it back" }).click();
  await back;
  await page.goto(`${origin}/console/invoices/${NOTE.sid}`);
  await page.getByText("It goes by e-mail only.", { exact: false }).waitFor();
  assert.equal(await page.getByRole("button", { name: "Send the structured document again" }).count(), 0, "nothing went out that could go again");
  await page.unrouteAll();
}

/** An archive of all that is kept: asked for, made by the program, taken away, deleted. */
async function archives(page) {
  await page.goto(`${origin}/console/`);
  await page.getByRole("link", { name: "My data" }).click();
  await page.getByText("No archive yet.", { exact: false }).waitFor();
  await page.getByRole("button", { name: "Ask for an archive" }).click();
  const link = page.getByRole("link", { name: /^Download the archive of/ });
  await link.waitFor({ timeout: 60_000 });
  const [archive] = await Promise.all([page.waitForEvent("download"), link.click()]);
  const bytes = readFileSync(await archive.path());
  assert.deepEqual([...bytes.subarray(0, 2)], [0x1f, 0x8b], "it is a gzip");
  await page.getByText(`${bytes.length.toLocaleString("en-GB")} bytes`).waitFor();
  await everyWay(page, "data", "data", (shown) => shown.locator('a[href$=".tgz"]').waitFor());
  // Deleting takes two clicks.
  await page.getByRole("button", { name: /^Delete the archive of/ }).click();
  await look(page, "data-delete", ".mantine-Modal-body");
  await page.getByRole("dialog").getByRole("button", { name: "Leave it" }).last().click();
  await page.getByRole("dialog").waitFor({ state: "hidden" });
  await page.getByRole("button", { name: /^Delete the archive of/ }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Delete", exact: true }).click();
  await link.waitFor({ state: "detached" });
}

/** A change over the API with the session of the page, for what has its own test elsewhere. */
const changed = (page, path, form) => page.evaluate(async ([path, form]) => {
  const { csrf_token, account_sid } = await (await fetch("/console/api/session", { headers: { "X-Flexio-Console": "1" } })).json();
  const answer = await fetch(`/2010-04-01/Accounts/${account_sid}/${path}`, { method: form ? "POST" : "GET", headers: { "X-CSRF-Token": csrf_token, "X-Flexio-Console": "1" }, ...(form && { body: new URLSearchParams(form) }) });
  if (!answer.ok) throw new Error(`${path}: ${await answer.text()}`);
  return answer.json();
}, [path, form]);

/** Who asks to be forgotten: a legal hold of two persons stands against it, then it is lifted, and he is erased. */
async function forgets(page) {
  const { available_phone_numbers: [{ phone_number: own }] } = await changed(page, "AvailablePhoneNumbers/BE/Local.json");
  await changed(page, "IncomingPhoneNumbers.json", { PhoneNumber: own });
  await changed(page, "Messages.json", { From: own, To: PERSON, Body: "Hallo" });
  await page.goto(`${origin}/console/people`);
  await page.getByLabel("E-mail address").fill("bob@acme.test");
  await page.getByRole("button", { name: "Invite" }).click();
  const other = await sits(await page.getByRole("status").locator("code").innerText());

  await page.goto(`${origin}/console/data`);
  await page.getByText("No legal hold.", { exact: false }).waitFor();
  for (const [label, value] of [["Name of the case", "2026/417"], ["Reason", "Court of Ghent"], ["Only of this number", PERSON]]) await page.getByLabel(label).fill(value);
  await page.getByRole("button", { name: "Ask for a hold" }).click();
  await page.getByText("You asked: another person confirms.").waitFor();
  assert.equal(await page.getByRole("button", { name: "Confirm 2026/417" }).count(), 0, "one person alone begins a hold");
  await other.goto(`${origin}/console/data`);
  await other.getByRole("button", { name: "Confirm 2026/417" }).click();
  await other.getByText("stands", { exact: true }).waitFor();

  await page.getByLabel("Telephone number").fill(PERSON);
  await page.getByRole("button", { name: "Show what would go" }).click();
  await page.getByText("The legal hold 2026/417 stands.").waitFor();
  assert.equal(await page.getByRole("button", { name: "Erase it" }).count(), 0, "what is held is erased");
  await look(page, "data-held");
  await other.getByRole("button", { name: "Ask to end 2026/417" }).click();
  await other.getByText("You asked: another person confirms.").waitFor();
  await page.reload();
  await page.getByRole("button", { name: "Confirm 2026/417" }).click();
  await page.getByText("lifted", { exact: true }).waitFor();

  await page.getByLabel("Telephone number").fill(PERSON);
  await page.getByLabel("Telephone number").press("Enter");
  await page.getByRole("heading", { name: `Erasure of ${PERSON}` }).waitFor();
  await page.getByRole("row", { name: "Messages 1", exact: true }).waitFor();
  await look(page, "data-preview");
  await page.getByRole("button", { name: "Erase nothing" }).click();
  await page.getByText("Nothing was erased yet.", { exact: false }).waitFor();
  await page.getByRole("button", { name: "Show what would go" }).click();
  await page.getByRole("button", { name: "Erase it" }).click();
  const link = page.getByRole("link", { name: /^Certificate of .* as PDF$/ });
  await link.waitFor({ timeout: 60_000 });
  const [certificate] = await Promise.all([page.waitForEvent("download"), link.click()]);
  assert.equal(readFileSync(await certificate.path()).subarray(0, 5).toString(), "%PDF-");
  await page.getByText("a number, now +32470000000").waitFor();
  await page.getByText("retention.numbers_months").waitFor();
  await everyWay(page, "data", "data-all", (shown) => shown.getByRole("table").nth(2).waitFor());
}

try {
  const operator = await sits(setup, "ann@acme.test");
  // The operator has no contract of its own, and is told where to look.
  await operator.goto(`${origin}/console/subscription`);
  await operator.getByText("This is the operator’s own account").waitFor();
  await everyWay(operator, "trunks", "trunks", (page) => page.locator("section").nth(1).getByText("smpp_route").waitFor());
  await everyWay(operator, "audit", "audit");
  await promotes(operator);
  await sendsAgain(operator);
  await archives(operator);
  await forgets(operator);
  await operator.goto(`${origin}/console/accounts`);
  await operator.getByRole("textbox", { name: "Name" }).fill("Bakkerij Peeters");
  await operator.getByRole("button", { name: "Create" }).click();
  await operator.getByRole("button", { name: "Manage Bakkerij Peeters" }).click();
  await operator.getByLabel("E-mail address").fill("els@peeters.test");
  await operator.getByRole("button", { name: "Invite" }).click();
  const link = await operator.getByRole("dialog").getByRole("status").locator("code").innerText();
  await look(operator, "accounts-manage", ".mantine-Modal-body");
  const customer = await sits(link);

  assert.equal(await customer.getByRole("link", { name: "Promotions" }).count(), 0, "promotions are the operator's");
  await customer.goto(`${origin}/console/promotions`);
  await customer.getByText("There is no such page.").waitFor();

  // The order, by keyboard where it counts: nothing is ticked before, and the button says what it means.
  await customer.getByRole("link", { name: "Subscription" }).click();
  await customer.getByText("Outbound to mobile").waitFor();
  await look(customer, "order-prices");
  await customer.getByRole("button", { name: "Go on" }).click();
  await customer.getByLabel("Kind").selectOption("small");
  for (const [label, value] of [["Name, as registered", "Bakkerij Peeters"], ["Invoices go to", "facturen@peeters.test"], ["Street and number", "Stationsstraat 1"], ["Post code", "9000"], ["Town", "Gent"], ["Enterprise number", "0202.239.951"], ["Legal form", "BV"]]) await customer.getByLabel(label).fill(value);
  await customer.getByLabel("Language of documents").selectOption("nl");
  await look(customer, "order-customer");
  await customer.getByRole("button", { name: "Go on" }).click();
  await customer.getByRole("button", { name: "Show me the contract summary" }).click();
  await customer.frameLocator("iframe").getByText("Samenvatting van het contract").first().waitFor();
  await look(customer, "order-summary");
  await customer.getByRole("button", { name: "Go on" }).click();
  await customer.getByText("The operator has named no further documents.").waitFor();
  await customer.getByRole("button", { name: "Go on" }).click();
  const order = customer.getByRole("button", { name: "Order with obligation to pay" });
  assert.ok(await order.isDisabled(), "it can be ordered without a word of agreement");
  await customer.getByLabel(/I have read the contract summary/).focus();
  await customer.keyboard.press("Space");
  await look(customer, "order-last");
  await order.press("Enter");
  await customer.getByText("In force. Prices are pinned as below.").waitFor();
  const mobile = customer.getByRole("row", { name: /Outbound to mobile/ });
  await mobile.getByText("€0.37", { exact: true }).waitFor();
  await mobile.getByText("Your order (flexio-be/1)").waitFor();
  await customer.getByText("The signature fits: nothing was altered.").waitFor();
  await everyWay(customer, "subscription", "subscription", (page) => page.getByText(/0202239951/).first().waitFor());
  assert.equal(await customer.getByRole("link", { name: "Trunks and routes" }).count(), 0, "carriers are the operator's");

  // Thresholds.
  await customer.goto(`${origin}/console/spending`);
  await customer.getByText("No threshold: nothing warns you").waitFor();
  await customer.getByText("No payment through a provider yet.", { exact: false }).waitFor();
  await customer.getByText("€75.00").click();
  await customer.getByLabel("Tell me, and start nothing more that costs money this month").check();
  await customer.getByRole("button", { name: "Set the threshold" }).click();
  await customer.getByRole("button", { name: "Remove €75.00" }).waitFor();
  await everyWay(customer, "spending", "spending", (page) => page.getByRole("table").waitFor());
  await customer.getByText("None", { exact: true }).click();
  await customer.getByRole("button", { name: "Remove them all" }).click();
  await customer.getByText("No threshold: nothing warns you").waitFor();
  await everyWay(customer, "invoices", "invoices-none");

  // Invoices: the server filters, the amount and the communication can be copied, a credit note leads to its invoice.
  const asked = await invoiced(customer);
  await everyWay(customer, "invoices", "invoices", (page) => page.getByRole("link", { name: "2026-000042" }).waitFor());
  await everyWay(customer, `invoices/${INVOICE.sid}`, "invoice", (page) => page.getByText("+++260/0000/04214+++").waitFor());
  await customer.getByText("€0.37 per 60 s").waitFor();
  await customer.getByText("late usage of September 2026").waitFor();
  await customer.getByText("names 20 Jan 2027 as the day of the suspension").click();
  await customer.getByText("factuur 2026-000042 is nog open.").waitFor();
  await customer.getByText("Reason: That number was given back").waitFor();
  await customer.getByText("By Peppol", { exact: true }).waitFor();
  await customer.getByText("pi_3MtwBwLkdIwHu7ix28a3tqPa").waitFor();
  assert.equal(await customer.getByRole("button", { name: /^Pay back/ }).count(), 0, "the account above pays back");
  await customer.getByText("The receiver is not registered").waitFor();
  assert.equal(await customer.getByRole("button", { name: "Send the structured document again" }).count(), 0, "the account above sends it");
  await customer.getByLabel("Hide the last three digits").check();
  assert.match(await customer.getByRole("link", { name: "PDF, use by use" }).getAttribute("href"), /\/Items\.pdf\?Masked=true$/);
  assert.equal(await customer.getByRole("button", { name: "Decide" }).count(), 0, "the account above decides");
  await customer.context().grantPermissions(["clipboard-read", "clipboard-write"]);
  await customer.getByRole("button", { name: "Copy: Structured communication" }).press("Enter");
  assert.equal(await customer.evaluate(() => navigator.clipboard.readText()), INVOICE.communication);
  assert.deepEqual(await customer.getByRole("link", { name: /for people|for programs|the lines/ }).evaluateAll((links) => links.map((link) => [link.getAttribute("href").split(".").at(-1), link.download])), [["pdf", "2026-000042.pdf"], ["xml", "2026-000042.xml"], ["csv", "2026-000042.csv"]]);
  assert.equal(await customer.getByRole("button", { name: "Make a credit note" }).count(), 0, "that is the operator's");
  await customer.goto(`${origin}/console/invoices`);
  await customer.getByLabel("Kind").selectOption("credit_note");
  await customer.getByRole("link", { name: "2026-000042" }).waitFor({ state: "detached" });
  assert.ok(asked.some((each) => each.includes("Kind=credit_note")), asked.join(" "));
  await customer.getByRole("link", { name: "CN2026-000001" }).click();
  await customer.getByText("Reason: Charged twice").waitFor();
  await look(customer, "credit-note");
  await customer.getByRole("link", { name: "the invoice" }).click();
  await customer.getByRole("heading", { name: "Invoice 2026-000042" }).waitFor();

  // The operator looks at the customer's account, and sees the same.
  await operator.getByRole("button", { name: "Cancel" }).click();
  await operator.getByRole("button", { name: "Look at Bakkerij Peeters" }).click();
  await operator.getByText("You are looking at the account Bakkerij Peeters").waitFor();
  await operator.getByRole("link", { name: "Subscription" }).click();
  await operator.getByText("In force. Prices are pinned as below.").waitFor();
  await look(operator, "subscription-below");
  await operator.getByRole("button", { name: /^Back to / }).click();
  await operator.getByRole("button", { name: "Manage Bakkerij Peeters" }).waitFor();

  // Leaving: the first click changes nothing, the second ends it.
  await customer.goto(`${origin}/console/subscription`);
  await customer.getByRole("button", { name: "Cancel the subscription" }).click();
  await customer.getByText("Numbers given back: 0.", { exact: false }).waitFor();
  await look(customer, "subscription-leave");
  await customer.getByRole("button", { name: "Keep it" }).click();
  await customer.getByText("In force. Prices are pinned as below.").waitFor();
  await customer.getByRole("button", { name: "Cancel the subscription" }).click();
  await customer.getByRole("button", { name: "End the contract" }).click();
  await customer.getByText(/Cancelled\. It ends on/).waitFor();
  assert.equal(await customer.getByRole("button", { name: "Cancel the subscription" }).count(), 0);
  assert.deepEqual(faults, []);
  process.stdout.write("money went well\n");
} finally {
  for (const fault of faults) process.stderr.write(`${fault}\n`);
  await browser.close();
}
