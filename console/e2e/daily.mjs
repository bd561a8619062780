// What a day at the console takes, in a browser against a running flexio on an empty data directory with the sandbox:
//   node console/e2e/daily.mjs <setup_url> [folder for screenshots]
// an application is made, changed and deleted → three numbers are bound at once, one is given back → lists: filters that are saved and linked, columns, JSON → the wall board while somebody waits, gives up and is served → a call is ended → suspected fraud is released → the emergency address → what programs sign in with → the audit log says what it was before.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { desk } from "./desk.mjs";

const [setup, folder] = process.argv.slice(2);
assert.ok(setup, "usage: daily.mjs <setup_url> [folder]");
const origin = new URL(setup).origin;
const { browser, faults, sits, look, everyWay, asked } = await desk(origin, folder);
const API = "/2010-04-01/Accounts/{account}";

const until = async (ask, what) => {
  for (const end = Date.now() + 30_000; ; await new Promise((done) => setTimeout(done, 200))) {
    const got = await ask();
    if (got) return got;
    assert.ok(Date.now() < end, what);
  }
};

async function applications(page) {
  await page.getByRole("link", { name: "Applications" }).click();
  await page.getByText("No application yet.", { exact: false }).waitFor();
  const form = page.locator("main form");
  await form.getByLabel("Name").fill("Desk");
  await form.getByLabel("URL that answers calls").fill("https://acme.test/voice");
  await form.getByRole("button", { name: "Create" }).click();
  await page.getByRole("cell", { name: "https://acme.test/voice" }).waitFor();
  assert.equal(await form.getByLabel("Name").inputValue(), "", "the form is not ready for another");
  await everyWay(page, "applications", "applications", (shown) => shown.getByRole("table").waitFor());
  await page.getByRole("button", { name: "Change Desk" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("URL that answers calls").fill("no address");
  await dialog.getByRole("button", { name: "Save" }).click();
  await dialog.getByRole("alert").waitFor();
  await dialog.getByLabel("URL that answers calls").fill("https://acme.test/other");
  await dialog.getByLabel("URL that gets messages").fill("https://acme.test/sms");
  await look(page, "applications-change", ".mantine-Modal-body");
  await dialog.getByRole("button", { name: "Save" }).click();
  await page.getByRole("cell", { name: "https://acme.test/other" }).waitFor();
  await page.getByRole("cell", { name: "https://acme.test/sms" }).waitFor();
}

/** Several numbers are bound to the application in one go; of two that are given back one is gone already, and stays chosen with the reason. */
async function several(page) {
  const { available_phone_numbers: offers } = await asked(page, "GET", `${API}/AvailablePhoneNumbers/BE/Local.json`);
  const own = [];
  for (const { phone_number } of offers.slice(0, 3)) own.push(await asked(page, "POST", `${API}/IncomingPhoneNumbers.json`, { PhoneNumber: phone_number }));
  await page.getByRole("link", { name: "Numbers" }).click();
  for (const { phone_number } of own) await page.getByLabel(`Choose ${phone_number}`).check();
  const bar = page.getByRole("region", { name: "Chosen: 3" });
  await bar.getByRole("button", { name: "Bind them all" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Application").selectOption({ label: "Desk" });
  await look(page, "numbers-several", ".mantine-Modal-body");
  await dialog.getByRole("button", { name: "Save" }).click();
  await dialog.waitFor({ state: "detached" });
  await bar.waitFor({ state: "detached" });
  assert.equal(await page.getByRole("cell", { name: "Application: Desk" }).count(), 6, "for calls and for messages");
  const [application] = (await asked(page, "GET", `${API}/Applications.json`)).applications;
  const bound = (await asked(page, "GET", `${API}/IncomingPhoneNumbers.json`)).incoming_phone_numbers;
  assert.deepEqual(bound.map((number) => number.voice_application_sid), Array(3).fill(application.sid));

  for (const { phone_number } of own.slice(0, 2)) await page.getByLabel(`Choose ${phone_number}`).check();
  await asked(page, "DELETE", `${API}/IncomingPhoneNumbers/${own[0].sid}.json`);
  await page.getByRole("button", { name: "Release them all" }).click();
  await dialog.getByText("2 number(s) are given back.", { exact: false }).waitFor();
  await dialog.getByRole("button", { name: "Release them all" }).click();
  await dialog.getByText("Not done").waitFor();
  await dialog.getByText(new RegExp(`^\\${own[0].phone_number}: `)).waitFor();
  await look(page, "numbers-failed", ".mantine-Modal-body");
  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: "Choose none" }).click();
  await page.getByLabel(`Choose ${own[1].phone_number}`).waitFor({ state: "detached" });
  return own[2];
}

/** Filters stand in the address, have a name, and come back; columns are hidden and stay so; a file has all there is. */
async function lists(page, own) {
  for (const to of ["+32470000991", "+32470000992"]) await asked(page, "POST", `${API}/Messages.json`, { From: own.phone_number, To: to, Body: `to ${to}` });
  await page.getByRole("link", { name: "Messages", exact: true }).click();
  await page.getByRole("cell", { name: "to +32470000992" }).waitFor();
  const filters = page.getByRole("group", { name: "Filter" });
  await filters.getByRole("textbox").nth(1).fill("+32470000991");
  await page.waitForURL(/\?To=%2B32470000991$/);
  await page.getByRole("cell", { name: "to +32470000992" }).waitFor({ state: "detached" });
  await page.getByRole("button", { name: "Save these filters" }).click();
  await page.getByLabel("Name of the filters").fill("To ninety-one");
  await page.getByRole("button", { name: "Save", exact: true }).click();
  await look(page, "messages-saved");
  await page.goto(`${origin}/console/messages`);
  await page.getByRole("cell", { name: "to +32470000992" }).waitFor();
  await page.getByRole("button", { name: "To ninety-one", exact: true }).click();
  await page.waitForURL(/\?To=%2B32470000991$/);
  await page.getByRole("cell", { name: "to +32470000992" }).waitFor({ state: "detached" });
  // The address alone says it too, as in a link.
  await page.reload();
  await page.getByRole("cell", { name: "to +32470000991" }).waitFor();
  assert.equal(await filters.getByRole("textbox").nth(1).inputValue(), "+32470000991");
  const [file] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name: "Download JSON" }).click()]);
  const [only, ...others] = JSON.parse(readFileSync(await file.path(), "utf8"));
  assert.deepEqual([only.to, only.body, others.length], ["+32470000991", "to +32470000991", 0]);
  await page.getByRole("button", { name: "Columns" }).click();
  await page.getByRole("dialog", { name: "Columns" }).getByLabel("Price").uncheck();
  await look(page, "messages-columns");
  await page.keyboard.press("Escape");
  await page.getByRole("columnheader", { name: "Price" }).waitFor({ state: "detached" });
  await page.reload();
  await page.getByRole("columnheader", { name: "Status" }).waitFor();
  assert.equal(await page.getByRole("columnheader", { name: "Price" }).count(), 0, "the column came back");
  await page.getByRole("button", { name: "Forget the filters To ninety-one" }).click();
  await page.getByRole("button", { name: "To ninety-one", exact: true }).waitFor({ state: "detached" });
}

/** Somebody waits in a queue and is seen; the call is ended on its page, and counts as one that gave up. */
async function board(page, own) {
  await asked(page, "POST", `${API}/Queues.json`, { FriendlyName: "support" });
  await page.getByRole("link", { name: "Queues" }).click();
  await page.getByRole("link", { name: "Wall board" }).click();
  const queue = page.getByRole("region", { name: "support" });
  await queue.getByText("Waiting now").waitFor();
  const figure = (label) => queue.locator("div").filter({ has: page.getByText(label, { exact: true }) }).last();
  await figure("Waiting now").getByText("0", { exact: true }).waitFor();
  await everyWay(page, "queues/board", "board", (shown) => shown.getByRole("region", { name: "support" }).waitFor());
  // The sandbox hangs up after a minute.
  const call = await asked(page, "POST", `${API}/Calls.json`, { From: own.phone_number, To: "+32470123450", Twiml: "<Response><Enqueue>support</Enqueue></Response>" });
  await figure("Waiting now").getByText("1", { exact: true }).waitFor({ timeout: 30_000 });
  await figure("Longest wait now").getByText(/^[1-9]\d* sec/).waitFor({ timeout: 30_000 });
  await look(page, "board-waiting");
  await page.goto(`${origin}/console/calls/${call.sid}`);
  await page.getByRole("button", { name: "End the call" }).click();
  await page.getByRole("button", { name: "End the call" }).waitFor({ state: "detached" });
  await page.goto(`${origin}/console/queues/board`);
  await figure("Gave up").getByText("100 %", { exact: true }).waitFor({ timeout: 30_000 });
  await figure("Waiting now").getByText("0", { exact: true }).waitFor();
}

/** Twenty codes in an hour for one address are enough: the next are refused, a case is opened, and the operator releases it. */
async function fraud(page) {
  await page.getByRole("link", { name: "One-time codes" }).click();
  await page.getByText("No case: nothing looks like fraud.").waitFor();
  const service = await asked(page, "POST", "/v2/Services", { FriendlyName: "Acme" });
  let refused = 0;
  for (let count = 0; count < 22; count += 1) {
    const to = `+3247${String(1_000_000 + count * 4_321).padStart(7, "0")}`;
    await asked(page, "POST", `/v2/Services/${service.sid}/Verifications`, { To: to, Channel: "sms", DeviceIp: "198.51.100.7" }).catch((error) => { assert.match(error.message, /60410|60203/); refused += 1; });
  }
  assert.equal(refused, 2);
  const region = page.getByRole("region", { name: "Suspected fraud" }).first();
  await region.getByRole("cell", { name: "codes for one address in an hour" }).first().waitFor();
  await everyWay(page, "verify", "fraud", (shown) => shown.getByRole("table").nth(2).waitFor());
  await page.getByRole("button", { name: /^Release / }).click();
  await page.getByLabel("What was found").fill("Our own load test");
  await look(page, "fraud-release", ".mantine-Modal-body");
  await page.getByRole("button", { name: "Release it", exact: true }).click();
  await region.getByText("Our own load test").waitFor();
  await page.getByRole("button", { name: /^Release / }).waitFor({ state: "detached" });
  const number = region.getByRole("textbox", { name: "Number" });
  await number.fill("+32 470 12 34 99");
  await page.getByRole("button", { name: "Put it on the safe list" }).click();
  await page.getByText("+32470123499 is on the safe list.").waitFor();
  await page.getByRole("button", { name: "Take it off" }).click();
  await page.getByText("+32470123499 is not on the safe list.").waitFor();
}

async function emergency(page) {
  await page.getByRole("link", { name: "Clients" }).click();
  const region = page.getByRole("region", { name: "Emergency calls" });
  for (const [label, value] of [["Street", "Koning Albert II-laan"], ["House number", "27"], ["Postal code", "1030"], ["Municipality", "Brussel"]]) await region.getByLabel(label).fill(value);
  await look(page, "emergency");
  await region.getByRole("button", { name: "Save" }).click();
  await region.getByText("The address is registered.").waitFor();
  await page.reload();
  await until(async () => (await region.getByLabel("Street").inputValue()) === "Koning Albert II-laan", "the address is not kept");
}

/** The sid stands there; the token only once it is asked for, and it opens the API. */
async function credentials(page) {
  await page.getByRole("link", { name: "API keys" }).click();
  const region = page.getByRole("region", { name: "The account" });
  const sid = await region.locator("code").first().innerText();
  assert.match(sid, /^AC[0-9a-f]{32}$/);
  assert.equal(await region.locator("code").count(), 1, "the token is there unasked");
  await region.getByRole("button", { name: "Show the auth token" }).click();
  const token = await region.locator("code").nth(1).innerText();
  const answer = await fetch(`${origin}/2010-04-01/Accounts/${sid}.json`, { headers: { Authorization: `Basic ${Buffer.from(`${sid}:${token}`).toString("base64")}` } });
  assert.equal(answer.status, 200);
  await region.getByRole("button", { name: "Hide the auth token" }).click();
  await region.locator("code").nth(1).waitFor({ state: "detached" });
}

/** The log says who, from where, and what it was before; what stands for a person is masked. */
async function audit(page) {
  await page.getByRole("link", { name: "Applications" }).click();
  await page.getByRole("button", { name: "Change Desk" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("button", { name: "Delete it" }).click();
  await dialog.getByText("Press once more to delete it.", { exact: false }).waitFor();
  await dialog.getByRole("button", { name: "Delete it" }).click();
  await page.getByText("No application yet.", { exact: false }).waitFor();
  await page.getByRole("link", { name: "Audit log" }).click();
  const row = page.getByRole("row").filter({ hasText: "applications.update" }).first();
  await row.getByText("ann@acme.test").waitFor();
  await row.getByText("VoiceUrl=https://acme.test/voice", { exact: false }).waitFor();
  await row.getByText("VoiceUrl=https://acme.test/other", { exact: false }).waitFor();
  await page.getByLabel("Only with this text").fill("verify_services");
  await row.waitFor({ state: "detached" });
  await page.getByText("verify_services.create").waitFor();
  const [file] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name: "Download CSV" }).click()]);
  const lines = readFileSync(await file.path(), "utf8").trim().split("\r\n");
  assert.match(lines[0], /before,asked/);
  assert.equal(lines.length, 2, lines.join("\n"));
  await everyWay(page, "audit", "audit", (shown) => shown.getByRole("table").waitFor());
}

try {
  const page = await sits(setup, "ann@acme.test");
  await applications(page);
  const own = await several(page);
  await lists(page, own);
  await board(page, own);
  await fraud(page);
  await emergency(page);
  await credentials(page);
  await audit(page);
  assert.deepEqual(faults, []);
  process.stdout.write("the day went well\n");
} catch (error) {
  if (folder) for (const context of browser.contexts()) for (const page of context.pages()) await page.screenshot({ path: `${folder}/daily-fail.png`, fullPage: true }).catch(() => undefined);
  throw error;
} finally {
  for (const fault of faults) process.stderr.write(`${fault}\n`);
  await browser.close();
}
