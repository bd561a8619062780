// What is paid, and the contract behind it, in a browser against a running flexio on an empty data directory with the sandbox:
//   node console/e2e/money.mjs <setup_url> [folder for screenshots]
// promotions → an archive → a legal hold and an erasure → an account for a customer → its first administrator → a threshold → the trunks' page → the operator looks at the customer's account; then the pages by axe.
// Ordering and leaving are in person.mjs, invoices and payments in bills.mjs and month.mjs.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { desk } from "./desk.mjs";

const [setup, folder] = process.argv.slice(2);
assert.ok(setup, "usage: money.mjs <setup_url> [folder]");
const origin = new URL(setup).origin;
const NATIVE = "/restcomm/2012-04-24/Accounts/{account}";
/** Who asks to be forgotten. */
const PERSON = "+32470123456";
const { browser, faults, sits, look, everyWay, asked, customer } = await desk(origin, folder);

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
  await archives(operator);
  await forgets(operator);
  const els = await customer(operator, "Bakkerij Peeters", "els@peeters.test", { Kind: "small", LegalForm: "BV", EnterpriseNumber: "0202.239.951" });
  await look(operator, "accounts-manage", ".mantine-Modal-body");

  assert.equal(await els.getByRole("link", { name: "Promotions" }).count(), 0, "promotions are the operator's");
  await els.goto(`${origin}/console/promotions`);
  await els.getByText("There is no such page.").waitFor();

  // A person orders on the page in person.mjs.
  const offer = await asked(els, "POST", `${NATIVE}/Subscription/Offers.json`, {});
  await asked(els, "POST", `${NATIVE}/Subscription/Orders.json`, { SummarySid: offer.summary_sid, SummarySha256: offer.summary_sha256, Accept: "true", Statement: "I have read the contract summary" });
  assert.equal(await els.getByRole("link", { name: "Trunks and routes" }).count(), 0, "carriers are the operator's");

  // Thresholds.
  await els.goto(`${origin}/console/spending`);
  // The order has set a first one.
  await els.getByRole("button", { name: /^Remove €/ }).waitFor();
  await els.getByText("No payment through a provider yet.", { exact: false }).waitFor();
  await els.getByText("€75.00").click();
  await els.getByLabel("Tell me, and start nothing more that costs money this month").check();
  await els.getByRole("button", { name: "Set the threshold" }).click();
  await els.getByRole("button", { name: "Remove €75.00" }).waitFor();
  await everyWay(els, "spending", "spending", (page) => page.getByRole("table").waitFor());
  await els.getByText("None", { exact: true }).click();
  await els.getByRole("button", { name: "Remove them all" }).click();
  await els.getByText("No threshold: nothing warns you").waitFor();

  // The operator looks at the customer's account, and sees the same.
  await operator.getByRole("button", { name: "Cancel" }).click();
  await operator.getByRole("button", { name: "Look at Bakkerij Peeters" }).click();
  await operator.getByText("You are looking at the account Bakkerij Peeters").waitFor();
  await operator.getByRole("link", { name: "Subscription" }).click();
  await operator.getByText("In force. Prices are pinned as below.").waitFor();
  await look(operator, "subscription-below");
  await operator.getByRole("button", { name: /^Back to / }).click();
  await operator.getByRole("button", { name: "Manage Bakkerij Peeters" }).waitFor();

  assert.deepEqual(faults, []);
  process.stdout.write("money went well\n");
} finally {
  for (const fault of faults) process.stderr.write(`${fault}\n`);
  await browser.close();
}
