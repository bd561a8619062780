// The first journey, in a real browser against a running flexio on an empty data directory with the sandbox:
//   node console/e2e/journey.mjs <setup_url> [folder for screenshots]
// set-up link → password → dashboard → rent a number → bind it → send a message → see it → on the handset, write and call back → the call's page; then the second factor. Every page by axe: pages.mjs.
import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { chromium } from "playwright-core";

const [setup, folder] = process.argv.slice(2);
assert.ok(setup, "usage: journey.mjs <setup_url> [folder]");
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const origin = new URL(setup).origin;
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox"] });
const context = await browser.newContext({ locale: "en-GB", colorScheme: "light", viewport: { width: 1280, height: 860 }, bypassCSP: true });
const page = await context.newPage();
const faults = [];
page.on("pageerror", (error) => faults.push(String(error)));
page.on("console", (message) => { if (message.type() === "error" && /Content Security Policy/.test(message.text())) faults.push(message.text()); });

const PASSWORD = "correct horse battery";

/** What an authenticator app shows for a secret now (RFC 6238). */
function shownByApp(secret) {
  const bits = [...secret].map((letter) => "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".indexOf(letter).toString(2).padStart(5, "0")).join("");
  const key = Buffer.from(bits.match(/.{8}/g).map((byte) => parseInt(byte, 2)));
  const step = Buffer.alloc(8);
  step.writeBigInt64BE(BigInt(Math.floor(Date.now() / 30_000)));
  const hash = createHmac("sha1", key).update(step).digest();
  return String((hash.readUInt32BE(hash[19] & 15) & 0x7fffffff) % 1_000_000).padStart(6, "0");
}

async function look(name) {
  await page.waitForLoadState("networkidle");
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => globalThis.axe.run());
  for (const violation of violations) faults.push(`${name}: ${violation.id} ${violation.nodes.map((node) => node.target.join(" ")).slice(0, 3).join(", ")}`);
  if (folder) await page.screenshot({ path: `${folder}/${name}.png`, fullPage: true });
}

try {
  await page.goto(setup);
  await page.getByLabel("E-mail address").waitFor();
  await look("welcome");
  await page.getByLabel("E-mail address").fill("ann@acme.test");
  await page.getByRole("textbox", { name: "Password" }).fill("correct horse battery");
  await page.getByRole("button", { name: "Set password and sign in" }).click();
  await page.getByRole("heading", { name: "Dashboard" }).waitFor();

  await page.getByRole("link", { name: "Numbers" }).first().click();
  await page.getByLabel("Kind").selectOption("Mobile");
  await page.getByRole("button", { name: "Search" }).click();
  await page.getByRole("button", { name: /^Rent \+/ }).first().click();
  await page.getByRole("button", { name: "Rent it, with obligation to pay" }).click();
  await page.getByRole("button", { name: /^Bind \+/ }).click();
  await page.getByLabel("URL that answers calls").fill("https://example.com/answer.xml");
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByRole("cell", { name: "https://example.com/answer.xml" }).waitFor();

  await page.getByRole("link", { name: "Messages" }).first().click();
  await page.getByRole("textbox", { name: "To", exact: true }).fill("+32470000999");
  await page.getByRole("textbox", { name: "Text", exact: true }).fill("Hello from the console");
  await page.getByRole("button", { name: "Send" }).click();
  await page.getByRole("cell", { name: "Hello from the console" }).waitFor();

  // The dashboard counts it, without being loaded again.
  await page.getByRole("link", { name: "Dashboard" }).click();
  const now = page.getByRole("region", { name: "Now" });
  await now.getByText("Messages in the last minute").waitFor();
  const counted = now.locator('[data-count="messages"]').getByText(/^[1-9]\d*$/);
  await counted.waitFor();
  const before = await counted.innerText();
  await page.evaluate(async () => {
    const { account_sid, csrf_token } = await fetch("/console/api/session", { headers: { "X-Flexio-Console": "1" } }).then((answer) => answer.json());
    const path = `/2010-04-01/Accounts/${account_sid}`;
    const { incoming_phone_numbers: [own] } = await fetch(`${path}/IncomingPhoneNumbers.json`, { headers: { "X-Flexio-Console": "1" } }).then((answer) => answer.json());
    await fetch(`${path}/Messages.json`, { method: "POST", headers: { "X-CSRF-Token": csrf_token }, body: new URLSearchParams({ From: own.phone_number, To: "+32470000998", Body: "Counted" }) });
  });
  await now.locator('[data-count="messages"]').getByText(String(Number(before) + 1), { exact: true }).waitFor();
  await look("dashboard-live");

  // The phone of the sandbox that got it: it answers, and calls the number.
  await page.getByRole("link", { name: "Handsets" }).click();
  await page.getByRole("link", { name: "+32470000999" }).click();
  await page.getByText("Hello from the console").waitFor();
  await page.getByRole("textbox", { name: "Text", exact: true }).fill("Hello, I am here");
  await page.getByRole("button", { name: "Send the text" }).click();
  await page.getByText("Hello, I am here", { exact: true }).waitFor();
  await page.getByRole("switch", { name: "I answer calls to this phone myself" }).click();
  await page.getByRole("button", { name: "Call", exact: true }).click();
  await page.getByRole("cell", { name: /^to \+/ }).waitFor();
  await page.getByRole("cell", { name: /completed|failed|no-answer/ }).waitFor({ timeout: 60_000 });

  await page.goto(`${origin}/console/calls`);
  await page.getByRole("cell").getByRole("link").first().click();
  await page.getByRole("heading", { name: "What happened" }).waitFor();
  await look("call-light");
  await page.emulateMedia({ colorScheme: "dark" });
  await look("call-dark");

  await page.goto(`${origin}/console/flows`);
  await page.getByRole("textbox", { name: "Name" }).fill("Front desk");
  await page.getByLabel("Begin with").selectOption("menu");
  await page.getByRole("button", { name: "Create" }).click();
  await page.waitForURL(/flows\/FW/);
  await page.goto(`${origin}/console/`);
  await page.getByLabel("Language").selectOption("de");
  // Any page by a part of its name, from wherever one is; a number leads to its calls.
  await page.keyboard.press("Control+k");
  const way = page.getByRole("dialog", { name: "Gehe zu" });
  await way.getByRole("textbox").fill("warte");
  await way.getByRole("link", { name: "Warteschlangen" }).waitFor();
  if (folder) await page.screenshot({ path: `${folder}/go-to-de.png` });
  await page.keyboard.press("Enter");
  await page.waitForURL(/queues$/);
  await page.getByRole("button", { name: "Gehe zu…" }).click();
  await way.getByRole("textbox").fill("+32 470 00 09 99");
  await way.getByRole("link", { name: "Anrufe von +32470000999" }).click();
  await page.getByRole("cell", { name: "+32470000999" }).first().waitFor();
  // What went wrong, by its code.
  await page.goto(`${origin}/console/notifications`);
  await page.getByLabel("Code", { exact: true }).fill("1");
  await page.getByText("Nichts passt zu diesen Filtern.").waitFor();
  // Whoever may only read is shown nothing to press that would be refused.
  await page.goto(`${origin}/console/people`);
  await page.getByLabel("E-Mail-Adresse").fill("rob@acme.test");
  await page.getByLabel("Rolle").first().selectOption("read-only");
  await page.getByRole("button", { name: "Einladen" }).click();
  const link = await page.getByRole("status").locator("code").innerText();
  const reader = await (await browser.newContext({ locale: "en-GB", viewport: { width: 1280, height: 860 } })).newPage();
  await reader.goto(link);
  await reader.getByRole("textbox", { name: "Password" }).fill(PASSWORD);
  await reader.getByRole("button", { name: "Set password and sign in" }).click();
  await reader.getByRole("heading", { name: "Dashboard" }).waitFor();
  const refused = [];
  reader.on("response", (answer) => { if (answer.status() === 403) refused.push(answer.url()); });
  for (const name of ["numbers", "messages", "flows", "verify", "clients", "spending", "invoices", "subscription", "trunks"]) {
    await reader.goto(`${origin}/console/${name}`);
    await reader.getByRole("heading", { level: 1 }).waitFor();
    await reader.waitForLoadState("networkidle");
    const buttons = (await reader.getByRole("main").getByRole("button").allInnerTexts()).filter((text) => !/^(Download CSV|Download JSON|Columns|Show more)$/.test(text));
    assert.deepEqual(buttons, [], name);
  }
  assert.deepEqual(refused, []);
  assert.equal(await reader.getByRole("link", { name: "API keys" }).count(), 0);
  await reader.context().close();

  // The second factor: set up with what an app would show, then asked for; a recovery code does as well.
  await page.goto(`${origin}/console/profile`);
  const factor = page.getByRole("region", { name: "Zweiter Faktor" });
  await factor.getByRole("textbox", { name: "Bisheriges Passwort" }).fill(PASSWORD);
  await factor.getByRole("button", { name: "Einrichten" }).click();
  const secret = (await factor.locator("code").innerText()).replaceAll(" ", "");
  await look("factor-qr-de");
  await factor.getByLabel("Code, den die App jetzt zeigt").fill(shownByApp(secret));
  await factor.getByRole("button", { name: "Einschalten" }).click();
  await factor.getByText("Der zweite Faktor ist eingeschaltet").waitFor();
  const [recovery] = await factor.getByRole("listitem").allInnerTexts();
  await look("factor-codes-de");
  await factor.getByRole("button", { name: "Ich habe sie aufbewahrt" }).click();
  await factor.getByRole("button", { name: "Ausschalten" }).waitFor();
  for (const scheme of ["light", "dark"]) {
    await page.emulateMedia({ colorScheme: scheme });
    await look(`factor-on-${scheme}`);
  }
  await page.getByRole("button", { name: "Abmelden" }).click();
  await page.getByRole("heading", { name: "Anmelden" }).waitFor();
  await look("sign-in-de");
  await page.getByLabel("E-Mail-Adresse").fill("ann@acme.test");
  await page.getByRole("textbox", { name: "Passwort" }).fill(PASSWORD);
  await page.getByRole("button", { name: "Anmelden" }).click();
  await page.getByRole("textbox", { name: "Code" }).fill("000000");
  await page.getByRole("button", { name: "Anmelden" }).click();
  await page.getByText("Der Code ist falsch").waitFor();
  for (const scheme of ["light", "dark"]) {
    await page.emulateMedia({ colorScheme: scheme });
    await look(`sign-in-code-${scheme}`);
  }
  await page.getByRole("textbox", { name: "Code" }).fill(recovery);
  await page.getByRole("button", { name: "Anmelden" }).click();
  await page.getByRole("button", { name: "Abmelden" }).waitFor();
  assert.deepEqual(faults, []);
  process.stdout.write("the journey went well\n");
} finally {
  for (const fault of faults) process.stderr.write(`${fault}\n`);
  await browser.close();
}
