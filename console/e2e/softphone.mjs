// The softphone in Chromium with a microphone that beeps, against a new flexio with the sandbox:
//   node console/e2e/softphone.mjs <setup_url> [folder for screenshots]
// sign in → publish a sample flow → call it from the designer: the step that runs is lit, both ends are heard, a key leads on → hang up → the call's page; then the phone by axe; then
// a handset of the sandbox: the platform calls it, it rings, both ends are heard, at the platform by a recording → it calls the flow, with its number as the caller.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { chromium } from "playwright-core";

const [setup, folder] = process.argv.slice(2);
assert.ok(setup, "usage: softphone.mjs <setup_url> [folder]");
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
/** The same at every hour: a menu that waits, and an answer that is long enough to look at, also on a slow machine. */
const says = (text) => [{ kind: "say", text }];
const FLOW = {
  name: "Front desk", languages: ["en-GB"],
  nodes: [
    { id: "call", type: "on_call", properties: {}, next: { start: "menu" }, position: { x: 0, y: 0 } },
    { id: "menu", type: "menu", properties: { timeout_s: 60, choices: [{ port: "hours", digits: "1" }], prompts: says("Welcome to the front desk. Press one to hear when we are open.") }, next: { hours: "thanks" }, position: { x: 320, y: 0 } },
    { id: "thanks", type: "say", properties: { prompts: says("We are open from Monday to Friday, from nine to five, and on Saturday until noon. On public holidays we are closed. Thank you for your call, and have a very good day. ".repeat(3)) }, next: { done: "bye" }, position: { x: 640, y: 0 } },
    { id: "bye", type: "hangup", properties: {}, position: { x: 960, y: 0 } },
  ],
};
const origin = new URL(setup).origin;
const launch = (args) => chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox", "--autoplay-policy=no-user-gesture-required", ...args] });
const browser = await launch(["--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream"]);
const context = await browser.newContext({ locale: "en-GB", colorScheme: "light", viewport: { width: 1280, height: 860 }, bypassCSP: true });
const page = await context.newPage();
const faults = [];
page.on("pageerror", (error) => faults.push(String(error)));

async function look(name, where = page) {
  await where.evaluate(axe);
  const { violations } = await where.evaluate(() => globalThis.axe.run(document.querySelector(".phone:not([hidden])") ?? document));
  for (const violation of violations) faults.push(`${name}: ${violation.id} ${violation.nodes.map((node) => node.target.join(" ")).slice(0, 3).join(", ")}`);
  if (folder) await where.screenshot({ path: `${folder}/${name}.png` });
}
/** Waits until a meter of the phone shows sound. */
async function sounds(label) {
  const meter = page.getByRole("meter", { name: label });
  await meter.waitFor();
  await page.waitForFunction((name) => [...document.querySelectorAll("[role=meter]")].some((each) => each.getAttribute("aria-label") === name && Number(each.getAttribute("aria-valuenow")) > 20), label, { timeout: 30_000 });
}

/** A request over the API with the session of the page; a form where there is one. `{account}` stands for the account. */
const asked = (path, form) => page.evaluate(async ([path, form]) => {
  const { account_sid, csrf_token } = await fetch("/console/api/session", { headers: { "X-Flexio-Console": "1" } }).then((answer) => answer.json());
  const headers = { "X-CSRF-Token": csrf_token, "X-Flexio-Console": "1" };
  const answer = await fetch(path.replace("{account}", account_sid), form ? { method: "POST", headers, body: new URLSearchParams(form) } : { headers });
  if (!answer.ok) throw new Error(`${path}: ${await answer.text()}`);
  return answer.json();
}, [path, form ?? null]);
const API = "/2010-04-01/Accounts/{account}";
async function until(find) {
  for (const end = Date.now() + 30_000; Date.now() < end; await page.waitForTimeout(250)) {
    const found = await find();
    if (found) return found;
  }
  throw new Error("waited in vain");
}
/** The loudest sample of a WAV of 16 bits, 0 to 32 767. */
const loudest = (url) => page.evaluate(async (url) => {
  const bytes = await fetch(url, { headers: { "X-Flexio-Console": "1" } }).then((answer) => answer.arrayBuffer());
  const samples = new Int16Array(bytes, 44, Math.floor((bytes.byteLength - 44) / 2));
  return samples.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0);
}, url);

/** The phone of somebody whom the platform calls, and who calls back, at this desk. */
async function handset(flow) {
  const number = "+32470123456";
  const { available_phone_numbers: [offer] } = await asked(`${API}/AvailablePhoneNumbers/BE/Mobile.json`);
  const own = await asked(`${API}/IncomingPhoneNumbers.json`, { PhoneNumber: offer.phone_number, VoiceUrl: `flow:${flow}` });
  await page.emulateMedia({ colorScheme: "light" });
  await page.goto(`${origin}/console/handsets/${encodeURIComponent(number)}`);
  await page.getByRole("switch", { name: "I answer calls to this phone myself" }).click();
  const sound = page.getByRole("switch", { name: "Speak and hear in this browser" });
  await sound.click();
  await page.locator("input:checked[role=switch]").nth(1).waitFor({ state: "attached" });

  // It is called; whoever called hears the microphone, which beeps: its recording is loud.
  const Twiml = "<Response><Say>Good morning, this is the platform, which speaks for a while, so that it can be heard.</Say><Record maxLength='4' timeout='10' playBeep='false'/><Pause length='20'/></Response>";
  const call = await asked(`${API}/Calls.json`, { From: own.phone_number, To: number, Twiml });
  await page.getByText(`${own.phone_number} is calling`).waitFor({ timeout: 30_000 });
  await look("handset-rings");
  await page.getByRole("button", { name: "Answer", exact: true }).click();
  await page.getByText(`In a call with ${own.phone_number}`).waitFor();
  await sounds("You");
  await sounds("The other end");
  await look("handset-talk-light");
  await page.emulateMedia({ colorScheme: "dark" });
  await look("handset-talk-dark");
  await page.emulateMedia({ colorScheme: "light" });
  const recording = await until(async () => (await asked(`${API}/Calls/${call.sid}/Recordings.json`)).recordings.find(({ status }) => status === "completed"));
  const loud = await loudest(`${API.replace("{account}", recording.account_sid)}/Recordings/${recording.sid}.wav`);
  assert.ok(loud > 1_000, `the platform hears the microphone: ${loud}`);
  await page.getByRole("button", { name: "Hang up" }).click();
  await page.getByRole("meter").first().waitFor({ state: "detached" });

  // It calls the flow, hears the menu, and is heard pressing a key. Who calls is the handset.
  await page.getByRole("button", { name: "Call", exact: true }).click();
  await page.getByText(`In a call with ${own.phone_number}`).waitFor({ timeout: 30_000 });
  await sounds("The other end");
  await page.getByRole("button", { name: "Mute" }).click();
  await page.getByRole("button", { name: "Unmute" }).click();
  await page.getByRole("group", { name: "Keypad" }).getByRole("button", { name: "1", exact: true }).click();
  const { calls: [back] } = await asked(`${API}/Calls.json?From=${encodeURIComponent(number)}`);
  assert.equal(back.to, own.phone_number);
  await until(async () => (await asked(`/v2/Flows/${flow}/Executions`)).executions.find(({ contact_channel_address }) => contact_channel_address === number));
  await page.getByRole("button", { name: "Hang up" }).click();
  await until(async () => (await asked(`${API}/Calls/${back.sid}.json`)).status === "completed");
  for (const language of ["de", "nl", "fr", "en"]) {
    await page.getByRole("banner").getByRole("combobox").selectOption(language);
    await look(`handset-${language}`);
  }
}

try {
  await page.goto(setup);
  await page.getByLabel("E-mail address").fill("ann@acme.test");
  await page.getByRole("textbox", { name: "Password" }).fill("correct horse battery");
  await page.getByRole("button", { name: "Set password and sign in" }).click();
  await page.getByRole("heading", { name: "Dashboard" }).waitFor();

  const made = await page.evaluate(async (definition) => {
    const session = await fetch("/console/api/session", { headers: { "X-Flexio-Console": "1" } }).then((answer) => answer.json());
    const headers = { "X-CSRF-Token": session.csrf_token, "Content-Type": "application/json" };
    const body = JSON.stringify({ name: definition.name, definition });
    return fetch(`/restcomm/2012-04-24/Accounts/${session.account_sid}/Flows.json`, { method: "POST", headers, body }).then((answer) => answer.json());
  }, FLOW);
  await page.goto(`${origin}/console/flows/${made.sid}`);

  // Before anything is published, the phone reaches the draft, whose way is lit too.
  const phone = page.getByRole("complementary", { name: "Phone" });
  const calls = page.locator(".designer-bar").getByRole("button", { name: "Call", exact: true });
  await calls.click();
  assert.ok(await page.getByRole("menuitem", { name: "Publish the flow to call it" }).isDisabled(), "nothing is published");
  await page.getByRole("menuitem", { name: "Try the draft" }).click();
  await phone.getByText("In a call with draft of Front desk").waitFor({ timeout: 30_000 });
  await page.locator(".step[data-live]").filter({ hasText: "menu" }).waitFor();
  // What is said can be read, and what is typed is gathered, letter by letter with its corrections.
  await phone.getByRole("log").getByText("Welcome to the front desk. Press one to hear when we are open.").waitFor();
  await phone.getByLabel("Type (each character is sent at once)").pressSequentially("1");
  await page.locator(".step[data-live]").filter({ hasText: "thanks" }).waitFor();
  await phone.getByLabel("Type (each character is sent at once)").press("Enter");
  await phone.getByRole("log").getByText("You: 1").waitFor();
  await phone.getByRole("log").getByText(/We are open from Monday/).waitFor();
  await look("phone-draft");
  await phone.getByRole("button", { name: "Hang up" }).click();
  await phone.getByText("The call is over.").waitFor();
  await page.goto(`${origin}/console/flows/${made.sid}/executions`);
  await page.getByRole("row").filter({ hasText: "client:ann-at-acme.test" }).getByText("draft", { exact: true }).waitFor();
  await page.goto(`${origin}/console/flows/${made.sid}`);
  await page.getByRole("button", { name: "Publish", exact: true }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Publish", exact: true }).click();
  await page.getByRole("paragraph").filter({ hasText: "Published: revision 1" }).waitFor();

  // Called from the designer: the phone turns itself on.
  await calls.click();
  await page.getByRole("menuitem", { name: "Call this flow" }).click();
  await phone.getByText("In a call with Front desk").waitFor({ timeout: 30_000 });
  await page.locator(".step[data-live]").filter({ hasText: "menu" }).waitFor();
  await sounds("You");
  await sounds("The other end");
  await look("phone-talk-light");
  await phone.getByRole("button", { name: "Mute" }).click();
  await phone.getByRole("button", { name: "Unmute" }).click();
  await phone.getByRole("group", { name: "Keypad" }).getByRole("button", { name: "1", exact: true }).click();
  await page.locator(".step[data-live]").filter({ hasText: "thanks" }).waitFor();
  await page.emulateMedia({ colorScheme: "dark" });
  await look("phone-talk-dark");
  await phone.getByRole("button", { name: "Hang up" }).click();
  await phone.getByText("The call is over.").waitFor();
  await phone.getByRole("link", { name: "What happened in it" }).click();
  await page.getByRole("heading", { name: "What happened", exact: true }).waitFor();
  await page.getByRole("heading", { level: 1, name: "client:ann-at-acme.test → Front desk" }).waitFor();

  // What cannot be called says what to do.
  await phone.getByLabel(/Number, flow/).fill("a b");
  await phone.getByRole("button", { name: "Call", exact: true }).click();
  await phone.getByText("That cannot be called").waitFor();
  await phone.getByLabel(/Number, flow/).fill("nobody");
  await phone.getByRole("button", { name: "Call", exact: true }).click();
  await phone.getByText("The call is over.").waitFor({ timeout: 30_000 });

  for (const [language, title] of [["de", "Telefon"], ["nl", "Telefoon"], ["fr", "Téléphone"], ["en", "Phone"]]) {
    await page.getByRole("banner").getByRole("combobox").selectOption(language);
    await page.getByRole("complementary", { name: title }).waitFor();
    for (const scheme of ["light", "dark"]) {
      await page.emulateMedia({ colorScheme: scheme });
      await look(`phone-${language}-${scheme}`);
    }
  }

  // Called, hidden: it shows itself and rings.
  await phone.getByRole("button", { name: "Hide the phone" }).click();
  const session = await page.evaluate(() => fetch("/console/api/session", { headers: { "X-Flexio-Console": "1" } }).then((answer) => answer.json()));
  await page.evaluate(({ account_sid, csrf_token }) => fetch(`/2010-04-01/Accounts/${account_sid}/Calls.json`, {
    method: "POST", headers: { "X-CSRF-Token": csrf_token },
    body: new URLSearchParams({ To: "client:ann-at-acme.test", From: "client:desk", Twiml: "<Response><Say>Good morning, this is the platform, which speaks for a while.</Say><Pause length='20'/></Response>" }),
  }), session);
  await phone.getByRole("button", { name: "Answer" }).click({ timeout: 30_000 });
  await sounds("The other end");
  await phone.getByRole("button", { name: "Hang up" }).click();
  await phone.getByText("The call is over.").waitFor();
  await phone.getByRole("button", { name: "Turn off" }).click();
  await phone.getByRole("button", { name: "Turn the phone on" }).waitFor();
  await look("phone-off");
  await handset(made.sid);

  // Without leave for the microphone it says what to do.
  const strict = await launch([]);
  try {
    const other = await strict.newContext({ locale: "en-GB", storageState: await context.storageState(), bypassCSP: true });
    const denied = await other.newPage();
    await denied.goto(`${origin}/console/`);
    await denied.getByRole("button", { name: "Phone" }).click();
    await denied.getByRole("button", { name: "Turn the phone on" }).click();
    await denied.getByText(/The microphone is blocked|No microphone was found/).waitFor();
    await look("phone-denied", denied);
  } finally {
    await strict.close();
  }
  assert.deepEqual(faults, []);
  process.stdout.write("the softphone went well\n");
} finally {
  for (const fault of faults) process.stderr.write(`${fault}\n`);
  await browser.close();
}
