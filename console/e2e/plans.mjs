// What the operator sells, against a running flexio with the sandbox:
//   node console/e2e/plans.mjs <setup_url> [folder for screenshots]
// a file with a mistake → a file that raises a price: what differs, a month under it → publish → who would pay more, counted, told → the customer sees it → a version taken from sale → the books proven.
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { desk } from "./desk.mjs";

const [setup, folder] = process.argv.slice(2);
assert.ok(setup, "usage: node e2e/run.mjs PATH_OF_FLEXIO");
const origin = new URL(setup).origin;
const { browser, faults, sits, look, everyWay, asked } = await desk(origin, folder);
const NATIVE = "/restcomm/2012-04-24/Accounts/{account}";
const offer = readFileSync(new URL("../../data/offer-flexio-be.toml", import.meta.url), "utf8");
const place = mkdtempSync(join(tmpdir(), "flexio-plans-"));
/** The offer as a version of its own. */
function version(number, change) {
  const path = join(place, `offer-${number}.toml`);
  writeFileSync(path, change(offer.replace(/^version\s*=\s*1$/m, `version = ${number}`)));
  return path;
}

try {
  const operator = await sits(setup, "ann@acme.test");
  await operator.goto(`${origin}/console/plans`);
  // Whoever is on the plan of the configuration has it published.
  const file = operator.locator("input[type=file]");
  await operator.getByText("It is looked at first", { exact: false }).waitFor();
  await file.setInputFiles(version(8, (text) => `${text}\nunheard_of = 1\n`));
  await operator.getByRole("alert").filter({ hasText: "unheard_of" }).waitFor();
  await look(operator, "plans-mistake");

  // A customer under contract, whom a rise is about.
  await operator.goto(`${origin}/console/accounts`);
  await operator.getByRole("textbox", { name: "Name" }).fill("Bakkerij Peeters");
  await operator.getByRole("button", { name: "Create" }).click();
  await operator.getByRole("button", { name: "Manage Bakkerij Peeters" }).click();
  await operator.getByLabel("E-mail address").fill("els@peeters.test");
  await operator.getByRole("button", { name: "Invite" }).click();
  const els = await sits(await operator.getByRole("dialog").getByRole("status").locator("code").innerText());
  await asked(els, "POST", `${NATIVE}/Customer.json`, { Kind: "small", LegalName: "Bakkerij Peeters", InvoiceEmail: "els@peeters.test", Street: "Stationsstraat 1", PostCode: "9000", City: "Gent", Country: "BE", Language: "nl", EnterpriseNumber: "0202.239.951" });
  const { summary_sid, summary_sha256 } = await asked(els, "POST", `${NATIVE}/Subscription/Offers.json`, {});
  await asked(els, "POST", `${NATIVE}/Subscription/Orders.json`, { SummarySid: summary_sid, SummarySha256: summary_sha256, Accept: "true", Begin: "true", Statement: "I order with obligation to pay." });

  // A dearer version: looked at, worked out, published.
  await operator.goto(`${origin}/console/plans`);
  await file.setInputFiles(version(2, (text) => text.replace("\"0.37\"", "\"0.40\"")));
  const differs = operator.getByRole("region", { name: /^What flexio-be\/2 changes/ });
  await differs.getByRole("row", { name: /Outbound to mobile.*€0\.37.*€0\.40/ }).waitFor();
  await operator.getByRole("button", { name: "Work the month out" }).click();
  await operator.getByText("Nothing was used in that month.").waitFor();
  await look(operator, "plans-file");
  await operator.getByRole("button", { name: "Publish flexio-be/2 for ever" }).click();
  await operator.getByRole("status").filter({ hasText: "Published: flexio-be/2" }).waitFor();
  await operator.getByRole("region", { name: "Versions" }).getByRole("row", { name: /flexio-be\/2/ }).waitFor();

  // Everybody: counted first, then told.
  const day = new Date(Date.now() + 70 * 86_400_000).toISOString().slice(0, 10);
  await operator.getByLabel("To version").selectOption("flexio-be/2");
  await operator.getByLabel("First day").fill(day);
  await operator.getByRole("button", { name: "Count, and tell nobody" }).click();
  const run = operator.getByRole("region", { name: "Changes of prices for all customers" }).getByRole("row", { name: /flexio-be\/2/ });
  await run.getByText("counted, nobody was told").waitFor();
  await everyWay(operator, "plans", "plans", (page) => page.getByRole("table").nth(1).waitFor());
  await run.getByRole("button", { name: "Tell everybody" }).click();
  await operator.getByText("1 customers get their notice", { exact: false }).waitFor();
  await look(operator, "plans-tell", ".mantine-Modal-body");
  await operator.getByRole("dialog").getByRole("button", { name: "Tell everybody" }).click();
  await run.getByText("told", { exact: true }).waitFor();
  const { price_changes: [notice] } = await asked(els, "GET", `${NATIVE}/Subscription/PriceChanges.json`);
  assert.deepEqual([notice.plan, notice.advantage, notice.changes[0].new_price], ["flexio-be/2", false, "0.400000"]);

  // From sale, with a reason.
  await operator.getByRole("button", { name: "Take flexio-be/2 from sale" }).click();
  await operator.getByLabel("Why").fill("The price was wrong");
  await operator.getByRole("button", { name: "Take it from sale", exact: true }).click();
  await operator.getByRole("dialog").waitFor({ state: "hidden" });
  assert.equal(await operator.getByRole("button", { name: "Take flexio-be/2 from sale" }).count(), 0);

  // This installation sends no e-mail: that the customer was not told is named until it went by post.
  await operator.getByRole("link", { name: "Assurance" }).click();
  await operator.getByRole("button", { name: "Prove them now" }).click();
  await operator.getByRole("row", { name: /A customer was told of changed prices/ }).getByText(notice.sid, { exact: false }).waitFor();
  const { account_sid: customer } = await asked(els, "GET", `${NATIVE}/Subscription.json`);
  await asked(operator, "POST", `${NATIVE.replace("{account}", customer)}/Subscription/Notices/${notice.sid}/Letters.json`, { Channel: "post" });
  await operator.getByRole("button", { name: "Prove them now" }).click();
  await operator.getByRole("heading", { name: "All is sound" }).waitFor();
  await everyWay(operator, "assurance", "assurance", (page) => page.getByRole("table").waitFor());

  // The ledger down to its legs, and the board of invoice runs.
  await operator.getByRole("link", { name: "Books" }).click();
  await operator.getByRole("heading", { name: "Invoice run" }).waitFor();
  await operator.getByText("This process has made none since it started.").waitFor();
  await operator.getByLabel("Month", { exact: true }).fill(new Date().toISOString().slice(0, 7));
  await operator.getByRole("button", { name: "See what it comes to" }).click();
  await operator.getByRole("alert").filter({ hasText: "is not closed" }).waitFor();
  // The month before was closed at the start, with nobody in it.
  const before = new Date();
  before.setUTCDate(0);
  await operator.getByLabel("Month", { exact: true }).fill(before.toISOString().slice(0, 7));
  await operator.getByRole("button", { name: "See what it comes to" }).click();
  await operator.getByText("Dry run: nothing was issued", { exact: false }).waitFor();
  await everyWay(operator, "books", "books", (page) => page.getByRole("heading", { level: 2 }).nth(1).waitFor());

  // None of it is a customer's.
  assert.equal(await els.getByRole("link", { name: "Plans" }).count(), 0);
  await els.goto(`${origin}/console/plans`);
  await els.getByText("There is no such page.").waitFor();
  assert.deepEqual(faults, []);
  process.stdout.write("plans went well\n");
} finally {
  for (const fault of faults) process.stderr.write(`${fault}\n`);
  await browser.close();
}
