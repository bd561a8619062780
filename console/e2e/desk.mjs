// What the scripts that walk through the console share: somebody who sits at it, and a look at a page by axe, with a picture of it.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { chromium } from "playwright-core";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
export const PASSWORD = "correct horse battery";

/** Tabs on until the focus is where it should be; whoever has no mouse must get there. `heard` is told each thing on the way, as a screen reader says it. */
export async function tabTo(page, wanted, key = "Tab", heard = () => undefined) {
  await wanted.waitFor({ state: "attached" });
  for (let count = 0; count < 300; count += 1) {
    if (await wanted.evaluate((element) => element === document.activeElement).catch(() => false)) return;
    await page.keyboard.press(key);
    const focus = page.locator("*:focus");
    if (await focus.count()) await heard((await focus.ariaSnapshot()).split("\n")[0]);
  }
  assert.fail(`not reached by keyboard: ${wanted}`);
}

/** `args`: further ones of Chromium. */
export async function desk(origin, folder, args = []) {
  const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox", ...args] });
  const faults = [];

  /** Whoever a link invites, signed in, at a page with this heading. */
  async function sits(link, email, heading = "Dashboard") {
    const context = await browser.newContext({ locale: "en-GB", colorScheme: "light", viewport: { width: 1280, height: 860 }, bypassCSP: true });
    const page = await context.newPage();
    page.on("pageerror", (error) => faults.push(String(error)));
    await page.goto(link);
    await page.getByRole("textbox", { name: "Password" }).waitFor();
    if (email) await page.getByLabel("E-mail address").fill(email);
    await page.getByRole("textbox", { name: "Password" }).fill(PASSWORD);
    await page.getByRole("button", { name: "Set password and sign in" }).click();
    await page.getByRole("heading", { name: heading }).waitFor();
    return page;
  }

  /** `within`: only what is in there, such as a dialog, whose header the page has not. */
  async function look(page, name, within = null) {
    if (within) await page.locator(within).waitFor();
    // A dialog that is still fading in has pale letters.
    await page.waitForFunction(() => !document.querySelector(".mantine-Loader-root") && document.getAnimations().every((each) => each.playState !== "running") && [...document.querySelectorAll(".mantine-Modal-content")].every((each) => getComputedStyle(each).opacity === "1"));
    await page.evaluate(axe);
    const { violations } = await page.evaluate((inside) => globalThis.axe.run(inside ? document.querySelector(inside) : document), within);
    for (const violation of violations) faults.push(`${name}: ${violation.id} ${violation.nodes.map((node) => node.target.join(" ")).slice(0, 3).join(", ")}`);
    if (folder) await page.screenshot({ path: `${folder}/${name}.png`, fullPage: true });
  }

  /** Light, dark, in each language, and at 200 %: half as many points in the same window. `ready` brings the page to what is to be seen. */
  async function everyWay(page, path, name, ready) {
    for (const [way, scheme, language, width] of [["light", "light", "en", 1280], ["dark", "dark", "en", 1280], ["nl", "light", "nl", 1280], ["fr", "light", "fr", 1280], ["de", "light", "de", 1280], ["zoom", "light", "de", 640]]) {
      await page.setViewportSize({ width, height: 860 });
      await page.emulateMedia({ colorScheme: scheme });
      await page.goto(`${origin}/console/${path}`);
      await page.getByRole("banner").getByRole("combobox").selectOption(language);
      await page.getByRole("heading", { level: 1 }).waitFor();
      if (ready) await ready(page);
      const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
      assert.ok(wide <= 0, `${name} ${way}: ${wide} points too wide`);
      await look(page, `${name}-${way}`);
    }
    await page.setViewportSize({ width: 1280, height: 860 });
    await page.emulateMedia({ colorScheme: "light" });
    await page.getByRole("banner").getByRole("combobox").selectOption("en");
  }

  /** A request over the API with the session of the page, for what has its own test elsewhere. `body`: a form, or JSON where it is an object within `json`. */
  const asked = (page, method, path, body) => page.evaluate(async ([method, path, body]) => {
    const { csrf_token, account_sid } = await (await fetch("/console/api/session", { headers: { "X-Flexio-Console": "1" } })).json();
    const json = body && "json" in body;
    const answer = await fetch(path.replace("{account}", account_sid), { method, headers: { "X-CSRF-Token": csrf_token, "X-Flexio-Console": "1", ...(json && { "Content-Type": "application/json" }) }, ...(body && { body: json ? JSON.stringify(body.json) : new URLSearchParams(body) }) });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${path}: ${text}`);
    return text ? JSON.parse(text) : null;
  }, [method, path, body ?? null]);

  /** A customer of the operator, signed in; `who`, where there is any, says who pays. */
  async function customer(operator, name, email, who) {
    await operator.goto(`${origin}/console/accounts`);
    await operator.getByRole("textbox", { name: "Name" }).fill(name);
    await operator.getByRole("button", { name: "Create" }).click();
    await operator.getByRole("button", { name: `Manage ${name}` }).click();
    await operator.getByLabel("E-mail address").fill(email);
    await operator.getByRole("button", { name: "Invite" }).click();
    const person = await sits(await operator.getByRole("dialog").getByRole("status").locator("code").innerText());
    if (who) await asked(person, "POST", "/restcomm/2012-04-24/Accounts/{account}/Customer.json", { LegalName: name, InvoiceEmail: email, Street: "Stationsstraat 1", PostCode: "9000", City: "Gent", Country: "BE", Language: "nl", ...who });
    return person;
  }

  return { browser, faults, sits, look, everyWay, asked, customer };
}
