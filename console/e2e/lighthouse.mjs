// What Lighthouse says of accessibility on the page of signing in and on the dashboard, light and dark, against a running flexio on an empty data directory:
//   node console/e2e/lighthouse.mjs <setup_url>
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { chromium } from "playwright-core";
import { PASSWORD } from "./desk.mjs";

const [setup] = process.argv.slice(2);
assert.ok(setup, "usage: lighthouse.mjs <setup_url>");
const origin = new URL(setup).origin;
/** It is large and only this script needs it: it comes with the test peers (scripts/setup). */
const peers = createRequire(new URL("../../e2e/peers/package.json", import.meta.url));
const { default: lighthouse } = await import(pathToFileURL(peers.resolve("lighthouse")).href);
/** Of 1, at least. */
const SCORE_MIN = 0.98;

const port = await new Promise((done) => {
  const server = createServer().listen(0, "127.0.0.1", () => {
    const { port: free } = server.address();
    server.close(() => done(free));
  });
});
const profile = mkdtempSync(join(tmpdir(), "flexio-lighthouse-"));
// Its own profile, which Lighthouse's tab shares with whoever has signed in.
const context = await chromium.launchPersistentContext(profile, { executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox", `--remote-debugging-port=${port}`], locale: "en-GB" });
const poor = [];

async function judge(name, path, heading) {
  const found = await lighthouse(`${origin}/console/${path}`, { port, onlyCategories: ["accessibility"], disableStorageReset: true, formFactor: "desktop", screenEmulation: { disabled: true }, logLevel: "error" });
  const { categories: { accessibility: { score } }, audits, runtimeError, finalDisplayedUrl } = found.lhr;
  assert.equal(runtimeError, undefined, `${name}: ${runtimeError?.message}`);
  // A page that sends the visitor elsewhere would be judged in its place.
  assert.ok(finalDisplayedUrl.startsWith(`${origin}/console/`), finalDisplayedUrl);
  const said = Object.values(audits).find(({ id }) => id === "document-title");
  assert.equal(said?.score, 1, `${name} has no title`);
  const failed = Object.values(audits).filter((audit) => audit.score !== null && audit.score < 1 && audit.scoreDisplayMode !== "informative").map(({ id }) => id);
  process.stdout.write(`${name}: ${score}${failed.length > 0 ? ` (${failed.join(", ")})` : ""}\n`);
  if (score === null || score < SCORE_MIN) poor.push(`${name}: ${score}`);
  const page = await context.newPage();
  await page.goto(`${origin}/console/${path}`);
  await page.getByRole("heading", { name: heading }).waitFor();
  await page.close();
}

try {
  await judge("sign-in", "", "Sign in");
  const page = await context.newPage();
  await page.goto(setup);
  await page.getByLabel("E-mail address").fill("ann@acme.test");
  await page.getByRole("textbox", { name: "Password" }).fill(PASSWORD);
  await page.getByRole("button", { name: "Set password and sign in" }).click();
  await page.getByRole("heading", { name: "Dashboard" }).waitFor();
  await judge("dashboard", "", "Dashboard");
  await page.getByRole("banner").getByRole("button", { name: /scheme|dark|light/i }).click();
  await judge("dashboard, the other scheme", "", "Dashboard");
  assert.deepEqual(poor, []);
  process.stdout.write("lighthouse is content\n");
} finally {
  await context.close();
  rmSync(profile, { recursive: true, force: true });
}
