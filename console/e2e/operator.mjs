// What runs and what is reported, in a browser against a running flexio on an empty data directory with the sandbox:
//   node console/e2e/operator.mjs <setup_url> [folder for screenshots]
// a flow into test, then into production, with other values there → executions of all flows, filtered and as a file → queues, made, bound to a number, deleted → a keyword given, bound, given up → reports → who else edits → a consumer withdraws → a lawful officer (where FLEXIO_PROGRAM and FLEXIO_DATA say how to appoint one) writes down a request and answers it.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { desk } from "./desk.mjs";

const [setup, folder] = process.argv.slice(2);
assert.ok(setup, "usage: operator.mjs <setup_url> [folder]");
const origin = new URL(setup).origin;
const { browser, faults, sits, look, everyWay, asked } = await desk(origin, folder);
const NATIVE = "/restcomm/2012-04-24/Accounts/{account}";

const DESK = {
  name: "Front desk", variables: { server: { value: "live.example" } }, languages: ["en"],
  nodes: [
    { id: "web", type: "on_web", next: { start: "count" }, position: { x: 0, y: 0 } },
    { id: "missed", type: "on_queue", properties: { queue: "support", events: ["abandoned"], after_s: 20 }, next: { start: "mail" }, position: { x: 320, y: 0 } },
    { id: "count", type: "metric", properties: { name: "visits" }, next: { done: "mark" }, position: { x: 0, y: 160 } },
    { id: "mark", type: "tag", properties: { name: "seen", value: "{{ server }}" }, position: { x: 0, y: 320 } },
    { id: "mail", type: "email", properties: { to: "desk@example.test", subject: "Missed", body: "{{ contact.channel.address }} gave up after {{ flow.data.waited_s }} s." }, position: { x: 320, y: 160 } },
  ],
};

/** A flow is published to test, gets another value there, runs, and goes into production as it is. */
async function environments(page) {
  const flow = await asked(page, "POST", `${NATIVE}/Flows.json`, { json: { definition: DESK } });
  await page.goto(`${origin}/console/flows/${flow.sid}`);
  await page.getByRole("button", { name: "Publish", exact: true }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Test").check();
  await dialog.getByLabel("What has changed").fill("First try");
  await look(page, "publish-test", ".designer-dialog, [role=dialog]");
  await dialog.getByRole("button", { name: "Publish" }).click();
  await dialog.waitFor({ state: "hidden" });
  await page.getByRole("tab", { name: "Versions" }).click();
  const stages = page.getByRole("region", { name: "Environments" });
  const [production, test] = [stages.getByRole("button", { name: "Apply to Production" }), stages.getByRole("button", { name: "Apply to Test" })];
  await test.waitFor();
  await stages.getByText(`flow:${flow.sid}/test`).waitFor();
  await stages.getByLabel("Values here: server").nth(1).fill("try.example");
  await test.click();
  await page.getByText("Test is changed").waitFor();
  const runs = (environment) => asked(page, "POST", `${NATIVE}/Flows/${flow.sid}/Executions.json`, { json: { to: "+32470123456", environment } });
  await runs("test");
  await assert.rejects(runs("production"), /409|not published/i, "nothing is in production");
  await stages.getByRole("combobox", { name: "Revision that answers" }).first().click();
  await page.getByRole("option", { name: "Revision 1" }).click();
  await production.click();
  await page.getByText("Production is changed").waitFor();
  await page.getByText("Published: revision 1", { exact: true }).first().waitFor();
  await runs("production");
  await look(page, "environments");
  return flow;
}

/** All executions, with filters the server applies and a file; what was counted stands below. */
async function executions(page, flow) {
  await page.getByRole("link", { name: "All flows" }).click();
  await page.getByRole("link", { name: "Executions", exact: true }).first().click();
  await page.getByRole("cell", { name: "test", exact: true }).waitFor();
  await page.getByRole("cell", { name: "production", exact: true }).waitFor();
  await page.getByRole("row", { name: /visits 1 1$/ }).waitFor();
  const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name: /CSV/ }).click()]);
  const lines = readFileSync(await download.path(), "utf8").trim().split("\r\n");
  assert.equal(lines.length, 3, lines.join("\n"));
  assert.match(lines[0], /flow_sid,revision,environment/);
  const filtered = page.waitForRequest((request) => request.url().includes("FlowExecutions.json") && request.url().includes("Status=active"));
  await page.getByLabel("Which").selectOption("active");
  await filtered;
  await page.getByText("No flow has run yet.", { exact: false }).waitFor();
  await page.getByLabel("Which").selectOption("");
  await page.getByLabel("Flow", { exact: true }).selectOption({ label: "Front desk" });
  await page.getByRole("cell", { name: "test", exact: true }).waitFor();
  await page.getByLabel("To day", { exact: true }).fill("2001-01-01");
  await page.getByText("No flow has run yet.", { exact: false }).waitFor();
  await everyWay(page, "executions", "executions", (shown) => shown.getByRole("table").nth(1).waitFor());
  await page.getByRole("link", { name: "Front desk" }).first().click();
  await page.getByRole("heading", { name: /Front desk/ }).waitFor();
  assert.ok(page.url().endsWith(`/flows/${flow.sid}/executions`));
}

/** Queues: an empty page that teaches, one made and deleted, a number bound and freed. */
async function queues(page) {
  await page.getByRole("link", { name: "Queues" }).click();
  await page.getByText("No queue yet. Make one here", { exact: false }).waitFor();
  await page.getByText("No number is bound to a document.", { exact: false }).waitFor();
  await look(page, "queues-none");
  for (const name of ["support", "sales"]) {
    await page.getByRole("textbox", { name: "Name" }).fill(name);
    await page.getByRole("button", { name: "Make the queue" }).click();
    await page.getByRole("link", { name }).waitFor();
  }
  const { available_phone_numbers: [{ phone_number: own }] } = await asked(page, "GET", "/2010-04-01/Accounts/{account}/AvailablePhoneNumbers/BE/Local.json");
  await asked(page, "POST", "/2010-04-01/Accounts/{account}/IncomingPhoneNumbers.json", { PhoneNumber: own });
  await page.reload();
  await page.getByLabel("Address of the document").fill("https://acme.test/queue.xml");
  await page.getByRole("button", { name: "Bind the number" }).click();
  await page.getByRole("cell", { name: "https://acme.test/queue.xml" }).waitFor();
  await page.getByLabel("Address of the document").fill("https://acme.test/other.xml");
  await page.getByRole("button", { name: "Bind the number" }).click();
  await page.getByText("override=true replaces", { exact: false }).waitFor();
  await page.getByLabel("Replace what it is bound to").check();
  await page.getByRole("button", { name: "Bind the number" }).click();
  await page.getByRole("cell", { name: "https://acme.test/other.xml" }).waitFor();
  await everyWay(page, "queues", "queues", (shown) => shown.getByRole("table").nth(1).waitFor());
  await page.getByRole("link", { name: "support" }).click();
  await page.getByText("Nobody waits.").waitFor();
  assert.ok(await page.getByRole("button", { name: "Save" }).isDisabled(), "there is nothing to save");
  await page.getByLabel("Calls at most").fill("7");
  await page.getByRole("button", { name: "Save" }).click();
  await page.locator("main").getByText("7", { exact: true }).waitFor();
  await look(page, "queue-changed");
  await page.getByRole("link", { name: "Queues" }).first().click();
  await page.getByRole("button", { name: "Delete sales" }).click();
  await look(page, "queues-delete", ".mantine-Modal-body");
  await page.getByRole("dialog").getByRole("button", { name: "Delete", exact: true }).click();
  await page.getByRole("link", { name: "sales" }).waitFor({ state: "detached" });
  await page.getByRole("button", { name: `Free ${own}` }).click();
  await page.getByText("No number is bound to a document.", { exact: false }).waitFor();
}

/** The operator's reports before any business, and the counts of the regulator, whose file is the server's; month.mjs has those of a month of business. */
async function reports(page) {
  await page.getByRole("link", { name: "Reports" }).click();
  await page.getByRole("heading", { name: "Revenue", exact: true }).waitFor();
  await page.getByText("Nothing in this report yet.", { exact: false }).waitFor();
  await look(page, "reports-none");
  await page.getByLabel("Report", { exact: true }).selectOption("Regulator");
  await page.getByRole("cell", { name: "Numbers in service" }).first().waitFor();
  const href = await page.getByRole("link", { name: "Take it away (CSV)" }).getAttribute("href");
  const csv = await page.evaluate(async (path) => (await fetch(path, { headers: { "X-Flexio-Console": "1" } })).text(), href);
  assert.match(csv, /^.?month,measure,class,value/);
  const chosen = (value) => async (shown) => { await shown.locator("main select").first().selectOption(value); await shown.getByRole("table").waitFor(); };
  await everyWay(page, "reports", "reports-regulator", chosen("Regulator"));
}

/** A lawful officer sees two pages, writes a request down, looks up, and refuses another. */
async function lawful(page) {
  const { FLEXIO_PROGRAM: program, FLEXIO_DATA: data } = process.env;
  if (!program) return;
  const { link } = JSON.parse(execFileSync(program, ["lawful", "appoint", "leo@operator.test", "--json", "--data", data], { encoding: "utf8" }).trim().split("\n").at(-1));
  const officer = await sits(`${origin}${new URL(link).pathname}${new URL(link).hash}`, null, "Requests of authorities");
  assert.deepEqual(await officer.getByRole("navigation").getByRole("link").allInnerTexts(), ["Requests of authorities", "My sign-in", "Accessibility statement"]);
  await officer.getByText("No request yet.", { exact: false }).waitFor();
  await look(officer, "lawful-none");
  const { incoming_phone_numbers: [{ phone_number: own }] } = await asked(page, "GET", "/2010-04-01/Accounts/{account}/IncomingPhoneNumbers.json");
  const write = async (reference, number) => {
    for (const [label, value] of [["Authority", "Parket Gent"], ["Its reference", reference], ["Law it asks by", "Art. 46bis Sv."], ["Telephone number", number]]) await officer.getByLabel(label).fill(value);
    const now = new Date(Date.now() - 1_000);
    await officer.getByLabel("Seen at").fill(new Date(now.getTime() - now.getTimezoneOffset() * 60_000).toISOString().slice(0, 19));
    await officer.getByRole("button", { name: "Write it down" }).click();
    await officer.getByRole("link", { name: reference }).waitFor();
  };
  await write("2027/1", own);
  await write("2027/2", "+32470123456");
  await everyWay(officer, "", "lawful", (shown) => shown.getByRole("table").waitFor());
  await officer.getByRole("link", { name: "2027/1" }).click();
  await officer.getByText("Nothing was looked up yet.").waitFor();
  await officer.getByRole("button", { name: "Look up who it was" }).click();
  await officer.getByText("had the number in service", { exact: false }).waitFor();
  await officer.getByRole("button", { name: "Look up again" }).waitFor();
  await everyWay(officer, new URL(officer.url()).pathname.replace("/console/", ""), "lawful-one", (shown) => shown.getByRole("heading", { level: 3 }).first().waitFor());
  await officer.goto(`${origin}/console/`);
  await officer.getByRole("link", { name: "2027/2" }).click();
  await officer.getByRole("button", { name: "Refuse the request" }).click();
  await officer.getByLabel("Why").fill("The law named does not exist.");
  await look(officer, "lawful-refuse", ".mantine-Modal-body");
  await officer.getByRole("dialog").getByRole("button", { name: "Refuse", exact: true }).click();
  await officer.getByText("Refused: The law named does not exist.").waitFor();
  assert.equal(await officer.getByRole("button", { name: /Look up/ }).count(), 0, "what was refused is not looked up");
  assert.equal(await page.getByRole("link", { name: "Requests of authorities" }).count(), 0, "an administrator sees none of it");
}

/** A consumer orders without asking that service begins, may withdraw, and does in two clicks. */
async function withdraws(page) {
  const customer = async (name, email) => {
    await page.goto(`${origin}/console/accounts`);
    await page.getByRole("textbox", { name: "Name" }).fill(name);
    await page.getByRole("button", { name: "Create" }).click();
    await page.getByRole("button", { name: `Manage ${name}` }).click();
    await page.getByLabel("E-mail address").fill(email);
    await page.getByRole("button", { name: "Invite" }).click();
    return sits(await page.getByRole("dialog").getByRole("status").locator("code").innerText());
  };
  const person = { Kind: "consumer", LegalName: "Els Peeters", InvoiceEmail: "els@peeters.test", Street: "Stationsstraat 1", PostCode: "9000", City: "Gent", Country: "BE", Language: "nl" };
  const els = await customer("Els Peeters", "els@peeters.test");
  await asked(els, "POST", `${NATIVE}/Customer.json`, person);
  await els.goto(`${origin}/console/subscription`);
  await els.getByRole("button", { name: "Go on" }).click();
  const show = els.getByRole("button", { name: "Show me the contract summary" });
  const on = els.getByRole("button", { name: "Go on" });
  await show.or(on).first().waitFor();
  if (await show.count() === 0) await on.click();
  await show.click();
  await els.frameLocator("iframe").getByText("Samenvatting van het contract").first().waitFor();
  await els.getByRole("button", { name: "Go on" }).click();
  await els.getByRole("button", { name: "Go on" }).click();
  await els.getByLabel(/I have read the contract summary/).check();
  await els.getByRole("button", { name: "Order with obligation to pay" }).click();
  await els.getByRole("button", { name: "Withdraw from the contract" }).waitFor();
  await everyWay(els, "subscription", "withdrawing", (shown) => shown.getByText("Stationsstraat 1", { exact: false }).first().waitFor());
  await els.goto(`${origin}/console/subscription`);
  await els.getByRole("button", { name: "Withdraw from the contract" }).click();
  await els.getByText("Numbers given back: 0.", { exact: false }).waitFor();
  await look(els, "withdrawing-sure");
  await els.getByRole("button", { name: "Confirm the withdrawal" }).click();
  await els.getByRole("button", { name: "Withdraw from the contract" }).waitFor({ state: "detached" });
  await look(els, "withdrawn");
}

/** The designer where words are long and room is scarce. */
async function narrow(page, flow) {
  await everyWay(page, `flows/${flow.sid}`, "designer", (shown) => shown.locator(".react-flow__node").first().waitFor());
}

/** A word at the shared sender: one by which people opt out is refused, another is given, bound and given up. */
async function keywords(page) {
  await page.goto(`${origin}/console/numbers`);
  await page.getByText("No word is given to this account.").waitFor();
  const give = async (word) => {
    await page.getByLabel("Keyword").fill(word);
    await page.getByRole("button", { name: "Give it to this account" }).click();
  };
  await give("stop");
  await page.getByRole("alert").waitFor();
  await give("pizza");
  await page.getByRole("button", { name: "Bind PIZZA" }).click();
  const dialog = page.getByRole("dialog");
  // Flows can be chosen; a URL is another way.
  await dialog.getByLabel("URL that gets messages").fill("https://acme.test/pizza");
  await look(page, "keyword-bind", ".mantine-Modal-body");
  await dialog.getByRole("button", { name: "Save" }).click();
  await page.getByRole("cell", { name: "https://acme.test/pizza" }).waitFor();
  const { keywords: [kept] } = await asked(page, "GET", `${NATIVE}/SMS/Keywords.json`);
  assert.equal(kept.sms_url, "https://acme.test/pizza");
  await everyWay(page, "numbers", "keywords", (shown) => shown.getByRole("cell", { name: "PIZZA", exact: true }).waitFor());
  await page.getByRole("button", { name: "Give up PIZZA" }).click();
  await page.getByText("No word is given to this account.").waitFor();
}

/** Two windows of one person and one of another have a flow open: each is told of the others, and for how long they are there. */
async function together(page, flow) {
  await page.goto(`${origin}/console/people`);
  await page.getByLabel("E-mail address").fill("bob@acme.test");
  await page.getByRole("button", { name: "Invite" }).click();
  const bob = await sits(await page.getByRole("status").locator("code").innerText());
  await bob.goto(`${origin}/console/flows/${flow.sid}`);
  await bob.locator('.react-flow__node[data-id="mail"]').click();
  await page.goto(`${origin}/console/flows/${flow.sid}`);
  await page.getByText("Also here: bob@acme.test (at mail)").first().waitFor();
  await bob.getByText("Also here: ann@acme.test").first().waitFor();
  await look(page, "together");
  await bob.getByRole("link", { name: "All flows" }).click();
  await page.locator(".designer-bar").getByText("Also here:", { exact: false }).waitFor({ state: "detached" });
}

try {
  const operator = await sits(setup, "ann@acme.test");
  const flow = await environments(operator);
  await executions(operator, flow);
  await queues(operator);
  await keywords(operator);
  await reports(operator);
  await lawful(operator);
  await narrow(operator, flow);
  await together(operator, flow);
  await withdraws(operator);
  assert.deepEqual(faults, []);
  process.stdout.write("operations went well\n");
} finally {
  for (const fault of faults) process.stderr.write(`${fault}\n`);
  await browser.close();
}
