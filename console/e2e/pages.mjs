// Every page of the navigation in four languages, light and dark, and at 200 %, by axe and by its width, in a browser against a running flexio on an empty data directory with the sandbox:
//   node console/e2e/pages.mjs <setup_url> [folder for screenshots]
import assert from "node:assert/strict";
import { desk } from "./desk.mjs";

const [setup, folder] = process.argv.slice(2);
assert.ok(setup, "usage: pages.mjs <setup_url> [folder]");
const origin = new URL(setup).origin;
const { browser, faults, sits, look, asked } = await desk(origin, folder);
const API = "/2010-04-01/Accounts/{account}";
const NATIVE = "/restcomm/2012-04-24/Accounts/{account}";
/** Something of everything, so that lists have rows; the sids of what has a page of its own. */
async function fill(page) {
  const { available_phone_numbers: [offer] } = await asked(page, "GET", `${API}/AvailablePhoneNumbers/BE/Mobile.json`);
  const own = await asked(page, "POST", `${API}/IncomingPhoneNumbers.json`, { PhoneNumber: offer.phone_number });
  await asked(page, "POST", `${API}/Messages.json`, { From: own.phone_number, To: "+32470000999", Body: "Goedemiddag, uw wagen staat klaar." });
  const call = await asked(page, "POST", `${API}/Calls.json`, { From: own.phone_number, To: "+32470123450", Record: "true", Twiml: "<Response><Say>One</Say><Enqueue>support</Enqueue></Response>" });
  await asked(page, "POST", `${API}/Applications.json`, { FriendlyName: "Donaudampfschifffahrtsgesellschaft", VoiceUrl: "https://www.example.com/a/very/long/address/that/does/not/break?with=a&few=parameters" });
  const queue = await asked(page, "POST", `${API}/Queues.json`, { FriendlyName: "sales" });
  await asked(page, "POST", `${API}/Keys.json`, { FriendlyName: "CI" });
  await asked(page, "POST", "/2010-04-01/Accounts.json", { FriendlyName: "Bakkerij Peeters" });
  await asked(page, "POST", `${NATIVE}/Clients.json`, { Login: "ann", Password: "Correct-horse-1", FriendlyName: "Ann" });
  const service = await asked(page, "POST", "/v2/Services", { FriendlyName: "Acme" });
  await asked(page, "POST", `/v2/Services/${service.sid}/Verifications`, { To: "+32470000998", Channel: "sms" });
  const { data: masked } = await asked(page, "POST", "/numbermasking/applications", { name: "rides" });
  const flow = await asked(page, "POST", `${NATIVE}/Flows.json`, { json: { name: "Front desk", template: "menu" } });
  await asked(page, "POST", `${NATIVE}/Flows/${flow.sid}/Publish.json`, { json: { note: "" } });
  return [`calls/${call.sid}`, `queues/${queue.sid}`, "queues/board", "handsets/%2B32470000999", `masking/${masked.sid}`, `flows/${flow.sid}/executions`];
}

try {
  const page = await sits(setup, "ann@acme.test");
  const further = await fill(page);
  const links = await page.getByRole("navigation").first().getByRole("link").evaluateAll((all) => all.map((each) => new URL(each.href).pathname));
  const paths = [...links.filter((path) => path.startsWith("/console/")).map((path) => path.replace("/console/", "")), ...further];
  assert.ok(paths.length > 35, `pages of the navigation: ${paths.join(" ")}`);
  const wide = [];
  let seen = 0;
  const language = page.getByRole("banner").getByRole("combobox");
  for (const path of paths) {
    await page.setViewportSize({ width: 1280, height: 860 });
    await page.goto(`${origin}/console/${path}`);
    const sees = async (words, scheme, width) => {
      await page.emulateMedia({ colorScheme: scheme });
      const name = `page-${path.split("/").map((part) => part.slice(0, 12)).join("-") || "dashboard"}-${words}-${scheme}${width < 1_000 ? "-zoom" : ""}`;
      await look(page, name);
      const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
      if (over > 0) wide.push(`${name}: ${over}`);
      seen += 1;
    };
    for (const words of ["en", "nl", "fr", "de"]) {
      await language.selectOption(words);
      await page.waitForFunction((wanted) => document.documentElement.lang === wanted, words);
      await page.getByRole("heading", { level: 1 }).waitFor();
      for (const scheme of ["light", "dark"]) await sees(words, scheme, 1280);
    }
    await page.setViewportSize({ width: 640, height: 860 });
    await sees("de", "light", 640);
  }
  assert.deepEqual(wide, [], "wider than the window");
  assert.deepEqual(faults, []);
  process.stdout.write(`${seen} views of ${paths.length} pages are as they should be\n`);
} finally {
  for (const fault of faults) process.stderr.write(`${fault}\n`);
  await browser.close();
}
