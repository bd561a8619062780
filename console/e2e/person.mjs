// One person's whole path, in a browser with a microphone that beeps, against a new flexio with the sandbox and a clock that this sets (as run.mjs starts it):
//   node console/e2e/person.mjs <setup_url> [folder for screenshots]
// the set-up link → a customer is let in → prices, who pays, summary, order → a number with its price → a menu drawn by mouse, and again by keyboard alone → simulated, published, bound → called
// with the softphone: both ends are heard, by a recording too → its timeline and cost → what the invoice would be → cancelled in two clicks → the session ends in the middle of an edit, which is not lost.
import assert from "node:assert/strict";
import { desk, PASSWORD, tabTo } from "./desk.mjs";
import { set } from "./time.mjs";

const [setup, folder] = process.argv.slice(2);
assert.ok(setup, "usage: node e2e/run.mjs PATH_OF_FLEXIO person.mjs");
const origin = new URL(setup).origin;
const { browser, faults, sits, look, everyWay, asked, customer } = await desk(origin, folder, ["--autoplay-policy=no-user-gesture-required", "--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream"]);
const API = "/2010-04-01/Accounts/{account}";
const NATIVE = "/restcomm/2012-04-24/Accounts/{account}";
/** A handset of the sandbox, behind its carrier. */
const COLLEAGUE = "+32470123456";
const GREETING = "Welcome to bakery Peeters. Press one for the shop, or two to leave a message.";

async function until(find, what, patience_ms = 30_000) {
  for (const end = Date.now() + patience_ms; Date.now() < end; await new Promise((done) => setTimeout(done, 200))) {
    const found = await find();
    if (found) return found;
  }
  throw new Error(`waited in vain: ${what}`);
}

/** The order: nothing is ticked before, and the button says what it means. */
async function orders(page) {
  await page.getByRole("link", { name: "Subscription" }).click();
  await page.getByText("Outbound to mobile").waitFor();
  await look(page, "order-prices");
  await page.getByRole("button", { name: "Go on" }).click();
  await page.getByLabel("Kind").selectOption("small");
  for (const [label, value] of [["Name, as registered", "Bakkerij Peeters"], ["Invoices go to", "facturen@peeters.test"], ["Street and number", "Stationsstraat 1"], ["Post code", "9000"], ["Town", "Gent"], ["Enterprise number", "0202.239.951"], ["Legal form", "BV"]]) await page.getByLabel(label).fill(value);
  await page.getByLabel("Language of documents").selectOption("nl");
  await look(page, "order-customer");
  await page.getByRole("button", { name: "Go on" }).click();
  await page.getByRole("button", { name: "Show me the contract summary" }).click();
  await page.frameLocator("iframe").getByText("Samenvatting van het contract").first().waitFor();
  await look(page, "order-summary");
  await page.getByRole("button", { name: "Go on" }).click();
  await page.getByText("The operator has named no further documents.").waitFor();
  await page.getByRole("button", { name: "Go on" }).click();
  const order = page.getByRole("button", { name: "Order with obligation to pay" });
  assert.ok(await order.isDisabled(), "it can be ordered without a word of agreement");
  await page.getByLabel(/I have read the contract summary/).focus();
  await page.keyboard.press("Space");
  await look(page, "order-last");
  await order.press("Enter");
  await page.getByText("In force. Prices are pinned as below.").waitFor();
  const mobile = page.getByRole("row", { name: /Outbound to mobile/ });
  await mobile.getByText("€0.37", { exact: true }).waitFor();
  await mobile.getByText("Your order (flexio-be/1)").waitFor();
  await page.getByText("The signature fits: nothing was altered.").waitFor();
  await everyWay(page, "subscription", "subscription", (shown) => shown.getByText(/0202239951/).first().waitFor());
}

/** A number, after its price was seen: leaving the question rents nothing. */
async function rents(page) {
  await page.getByRole("link", { name: "Numbers" }).click();
  await page.getByText("No number yet.", { exact: false }).waitFor();
  await page.getByRole("button", { name: "Search" }).click();
  const offer = page.getByRole("button", { name: /^Rent \+/ }).first();
  await offer.click();
  const dialog = page.getByRole("dialog");
  await dialog.getByText("€0.80 a month without VAT", { exact: false }).waitFor();
  await look(page, "numbers-rent", ".mantine-Modal-body");
  await dialog.getByRole("button", { name: "Cancel" }).last().click();
  await dialog.waitFor({ state: "hidden" });
  assert.equal((await asked(page, "GET", `${API}/IncomingPhoneNumbers.json`)).incoming_phone_numbers.length, 0, "it is rented unasked");
  await offer.click();
  await dialog.getByRole("button", { name: "Rent it, with obligation to pay" }).click();
  await page.getByText(/^\+32\d+ is yours\. Bind it to a flow next\.$/).waitFor();
  const { incoming_phone_numbers: [number] } = await asked(page, "GET", `${API}/IncomingPhoneNumbers.json`);
  return number;
}

const begins = async (page, name) => {
  await page.getByRole("link", { name: "Flows", exact: true }).click();
  await page.getByRole("textbox", { name: "Name" }).fill(name);
  await page.getByRole("button", { name: "Create" }).click();
  await page.locator('.react-flow__node[data-id="hello"]').waitFor();
  return page.url().split("/").at(-1);
};
const step = (page, id) => page.locator(`.react-flow__node[data-id="${id}"]`);
/** What the selected recording is for, without which nothing is published. */
const purpose = (page) => page.locator("input").and(page.getByLabel("Purpose of the recording", { exact: true }));

/** The same flow, with nothing but the mouse where a mouse can do it. */
async function draws(page) {
  await page.setViewportSize({ width: 1600, height: 1000 });
  const sid = await begins(page, "By mouse");
  // What the template brings is swept away, but for the call that comes in.
  for (const id of ["hello", "bye"]) {
    await step(page, id).click();
    await page.getByRole("button", { name: "Remove", exact: true }).last().click();
    await step(page, id).waitFor({ state: "detached" });
  }
  const pane = await page.locator(".react-flow__pane").boundingBox();
  const drop = async (kind, id, x, y) => {
    await page.locator(`[data-kind="${kind}"]`).scrollIntoViewIfNeeded();
    await page.locator(`[data-kind="${kind}"]`).dragTo(page.locator(".react-flow__pane"), { targetPosition: { x: Math.round(pane.width * x), y: Math.round(pane.height * y) } });
    await step(page, id).waitFor();
  };
  for (let turn = 0; turn < 2; turn += 1) await page.getByRole("button", { name: "Zoom out" }).click();
  await drop("menu", "menu", 0.25, 0.12);
  await drop("dial", "dial", 0.6, 0.05);
  await drop("record", "record", 0.6, 0.4);
  await drop("hangup", "hangup", 0.85, 0.65);
  await step(page, "menu").click();
  await page.getByRole("button", { name: "Add: Prompts" }).click();
  await page.getByLabel("Text", { exact: true }).fill(GREETING);
  for (const [at, port, keys] of [[0, "shop", "1"], [1, "message", "2"]]) {
    await page.getByRole("button", { name: "Add: Choices" }).click();
    await page.getByLabel("Outcome", { exact: true }).nth(at).fill(port);
    await page.getByLabel("Keys", { exact: true }).nth(at).fill(keys);
  }
  await step(page, "dial").click();
  await page.getByRole("button", { name: "Add: To" }).click();
  await page.getByLabel("Address", { exact: true }).fill(COLLEAGUE);
  await step(page, "record").click();
  await purpose(page).click();
  await page.getByRole("option", { name: "all have agreed", exact: true }).click();
  const wire = async (from, port, to) => {
    const source = await step(page, from).locator(`.react-flow__handle[data-handleid="${port}"]`).boundingBox();
    const target = await step(page, to).locator(".react-flow__handle.target").boundingBox();
    await page.mouse.move(source.x + source.width / 2, source.y + source.height / 2);
    await page.mouse.down();
    await page.mouse.move((source.x + target.x) / 2, (source.y + target.y) / 2, { steps: 4 });
    await page.mouse.move(target.x + target.width / 2, target.y + target.height / 2, { steps: 4 });
    await page.mouse.up();
    await page.locator(`.react-flow__edge[data-id*="${from}"][data-id*="${port}"]`).first().waitFor({ state: "attached" });
  };
  await wire("call", "start", "menu");
  await wire("menu", "shop", "dial");
  await wire("menu", "message", "record");
  await wire("menu", "no_input", "hangup");
  await wire("dial", "answered", "hangup");
  await wire("record", "recorded", "hangup");
  await page.getByRole("status").filter({ hasText: /^Saved/ }).waitFor();
  await look(page, "drawn-by-mouse");
  return sid;
}

/** And without a mouse: nothing below is clicked. */
async function types(page) {
  await page.goto(`${origin}/console/flows`);
  await page.getByRole("heading", { level: 1, name: "Flows" }).waitFor();
  await tabTo(page, page.getByRole("textbox", { name: "Name" }));
  await page.keyboard.type("By keyboard");
  await page.keyboard.press("Enter");
  await step(page, "hello").waitFor();
  const command = async (text) => {
    await page.keyboard.press("Control+k");
    await page.getByRole("listbox").waitFor();
    await page.keyboard.type(text);
    await page.keyboard.press("Enter");
    await page.getByRole("listbox").waitFor({ state: "detached" });
  };
  await command("go to hello");
  await page.keyboard.press("Delete");
  await step(page, "hello").waitFor({ state: "detached" });
  await command("go to bye");
  await page.keyboard.press("Delete");
  await step(page, "bye").waitFor({ state: "detached" });
  const search = page.getByLabel("Search steps");
  await command("go to call");
  for (const [text, id] of [["menu", "menu"], ["connect", "dial"], ["record", "record"], ["hang up", "hangup"]]) {
    await tabTo(page, search);
    await page.keyboard.press("Control+a");
    await page.keyboard.type(text);
    await page.keyboard.press("Enter");
    await step(page, id).waitFor();
  }
  const press = async (target) => { await tabTo(page, target); await page.keyboard.press("Enter"); };
  const write = async (target, text) => { await tabTo(page, target); await page.keyboard.press("Control+a"); await page.keyboard.type(text); };
  /** The picker of an outcome: the name of a step is typed and chosen. */
  const lead = async (outcome, to) => {
    const picker = page.locator("input").and(page.getByLabel(`${outcome}: connect to`));
    // What was added behind a step is connected to it already.
    if (await picker.inputValue() === to) return;
    await write(picker, to);
    // What is on offer follows what is typed.
    await until(async () => (await page.locator("[role=listbox] [role=option]:visible").allInnerTexts()).map((text) => text.trim()).join() === to, `${outcome} to ${to} alone is on offer`);
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Enter");
    await until(async () => await picker.inputValue() === to, `${outcome} leads to ${to}`);
  };
  await command("go to menu");
  await press(page.getByRole("button", { name: "Add: Prompts" }));
  await write(page.getByLabel("Text", { exact: true }), GREETING);
  for (const [at, port, keys] of [[0, "shop", "1"], [1, "message", "2"]]) {
    await press(page.getByRole("button", { name: "Add: Choices" }));
    await write(page.getByLabel("Outcome", { exact: true }).nth(at), port);
    await write(page.getByLabel("Keys", { exact: true }).nth(at), keys);
  }
  await lead("shop", "dial");
  await lead("message", "record");
  await lead("no input", "hangup");
  await command("go to dial");
  await press(page.getByRole("button", { name: "Add: To" }));
  await write(page.getByLabel("Address", { exact: true }), COLLEAGUE);
  await lead("answered", "hangup");
  await command("go to record");
  await tabTo(page, purpose(page));
  await page.keyboard.press("ArrowDown");
  await page.locator("[role=option][data-combobox-selected]:visible").filter({ hasText: "all have agreed" }).waitFor();
  await page.keyboard.press("Enter");
  await until(async () => await purpose(page).inputValue() === "all have agreed", "the recording has a purpose");
  await lead("recorded", "hangup");
  await page.keyboard.press("Control+s");
  await page.getByRole("status").filter({ hasText: /^Saved/ }).waitFor();
  return page.url().split("/").at(-1);
}

/** What both drew: steps and where they lead, without places. */
async function meant(page, sid) {
  const { definition } = await asked(page, "GET", `${NATIVE}/Flows/${sid}.json`);
  const nodes = definition.nodes.map(({ id, type, properties, next }) => ({ id, type, properties: properties ?? {}, next: Object.fromEntries(Object.entries(next ?? {}).sort()) }));
  return nodes.sort((a, b) => a.id.localeCompare(b.id));
}

/** Tried without a phone, then published. */
async function publishes(page, sid) {
  await page.goto(`${origin}/console/flows/${sid}`);
  await step(page, "menu").waitFor();
  await page.getByRole("tab", { name: "Simulator" }).click();
  const send = async (kind, value) => {
    await page.locator("input").and(page.getByLabel("The other side", { exact: true })).click();
    await page.getByRole("option", { name: kind, exact: true }).click();
    if (value) await page.getByLabel("Value", { exact: true }).first().fill(value);
    await page.getByRole("button", { name: "Give this input" }).click();
  };
  await page.getByRole("button", { name: "Run", exact: true }).click();
  await page.locator(".transcript").getByText(GREETING, { exact: false }).waitFor();
  await send("presses keys", "1");
  await page.getByText("call → menu → dial", { exact: false }).waitFor();
  await page.getByRole("button", { name: "Remove: it says hello" }).click();
  await page.getByRole("button", { name: "Record as a test" }).click();
  await page.getByRole("button", { name: "Run all tests" }).click();
  await page.getByText("✓ passed").waitFor();
  await page.getByRole("button", { name: "Publish", exact: true }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Publish", exact: true }).click();
  await page.getByRole("paragraph").filter({ hasText: "Published: revision 1" }).waitFor();
}

/** The number answers with the flow, which is chosen by its name. */
async function binds(page, number, sid) {
  await page.goto(`${origin}/console/numbers`);
  await page.getByRole("button", { name: `Bind ${number.phone_number}` }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("combobox", { name: "What answers calls" }).selectOption({ label: "Flow: By mouse" });
  await look(page, "numbers-bind", ".mantine-Modal-body");
  await dialog.getByRole("button", { name: "Save" }).click();
  await page.getByRole("row").filter({ hasText: number.phone_number }).getByRole("link", { name: "Flow: By mouse" }).waitFor();
  assert.equal((await asked(page, "GET", `${API}/IncomingPhoneNumbers/${number.sid}.json`)).voice_url, `flow:${sid}`);
  await everyWay(page, "numbers", "numbers", (shown) => shown.getByRole("table").waitFor());
}

/** Waits until a meter of the phone shows sound. */
async function sounds(page, label) {
  await page.getByRole("meter", { name: label }).waitFor();
  await page.waitForFunction((name) => [...document.querySelectorAll("[role=meter]")].some((each) => each.getAttribute("aria-label") === name && Number(each.getAttribute("aria-valuenow")) > 20), label, { timeout: 30_000 });
}
/** The loudest sample of a WAV of 16 bits, 0 to 32 767. */
const loudest = (page, url) => page.evaluate(async (url) => {
  const bytes = await fetch(url, { headers: { "X-Flexio-Console": "1" } }).then((answer) => answer.arrayBuffer());
  const samples = new Int16Array(bytes, 44, Math.floor((bytes.byteLength - 44) / 2));
  return samples.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0);
}, url);

/** Two calls with the phone in the corner: a message is left, then somebody is reached. */
async function calls(page, number) {
  const phone = page.getByRole("complementary", { name: "Phone" });
  await page.getByRole("button", { name: "Phone" }).click();
  await phone.getByRole("button", { name: "Turn the phone on" }).click();
  const key = (digit) => phone.getByRole("group", { name: "Keypad" }).getByRole("button", { name: digit, exact: true }).click();
  const dial = async () => {
    await phone.getByLabel(/Number, flow/).fill(number.phone_number);
    await phone.getByRole("button", { name: "Call", exact: true }).click();
    await phone.getByText(`In a call with ${number.phone_number}`).waitFor({ timeout: 30_000 });
    await sounds(page, "The other end");
    await sounds(page, "You");
  };
  await dial();
  await look(page, "phone-talk", ".phone");
  await key("2");
  await page.waitForTimeout(4_000);
  await phone.getByRole("button", { name: "Hang up" }).click();
  await phone.getByText("The call is over.").waitFor();
  const recording = await until(async () => (await asked(page, "GET", `${API}/Recordings.json`)).recordings.find(({ status }) => status === "completed"), "a recording");
  const loud = await loudest(page, `${API.replace("{account}", recording.account_sid)}/Recordings/${recording.sid}.wav`);
  assert.ok(loud > 1_000, `the flow hears the microphone: ${loud}`);

  await dial();
  await key("1");
  const reached = await until(async () => (await asked(page, "GET", `${API}/Calls.json?To=${encodeURIComponent(COLLEAGUE)}`)).calls.find(({ status }) => status === "in-progress"), "the shop is reached");
  await page.waitForTimeout(2_000);
  await phone.getByRole("button", { name: "Hang up" }).click();
  await phone.getByText("The call is over.").waitFor();
  await until(async () => (await asked(page, "GET", `${API}/Calls/${reached.sid}.json`)).status === "completed", "the leg ends");
  return reached;
}

/** Everything about the call, and what it cost; then what the month would be invoiced as. */
async function sees(page, reached) {
  const phone = page.getByRole("complementary", { name: "Phone" });
  await phone.getByRole("link", { name: "What happened in it" }).click();
  await page.getByRole("heading", { name: "What happened", exact: true }).waitFor();
  await phone.getByRole("button", { name: "Turn off" }).click();
  await phone.getByRole("button", { name: "Hide the phone" }).click();
  await look(page, "call-of-a-person");
  // The leg to the shop has its own page, with its charge.
  await page.getByRole("link", { name: "Calls", exact: true }).first().click();
  await page.getByRole("row").filter({ hasText: COLLEAGUE }).getByRole("link").first().click();
  const cost = page.locator("section").filter({ has: page.getByRole("heading", { name: "Cost", exact: true }) });
  await cost.getByText("Outbound to mobile").waitFor();
  await cost.getByText(/€0\.\d*[1-9]/).first().waitFor();
  await look(page, "call-of-the-shop");
  const { price } = await asked(page, "GET", `${API}/Calls/${reached.sid}.json`);
  assert.ok(Number(price) < 0, `the leg cost ${price}`);

  await page.getByRole("link", { name: "Invoices" }).click();
  const preview = page.getByRole("region", { name: "So far" });
  await preview.locator("summary").click();
  await preview.getByRole("cell", { name: /Outbound to mobile/ }).waitFor();
  await preview.getByRole("row").filter({ hasText: "30 days" }).or(preview.getByRole("row").filter({ hasText: "€0.80" })).first().waitFor();
  await everyWay(page, "invoices", "invoices-so-far", async (shown) => { await shown.locator("main summary").click(); await shown.getByRole("table").waitFor(); });
  const shown = await asked(page, "GET", `${NATIVE}/InvoicePreview.json`);
  assert.ok(Number(shown.gross) > Number(shown.net) && Number(shown.net) > 0, JSON.stringify(shown));
}

/** Leaving: the first click changes nothing, the second ends it. */
async function leaves(page) {
  await page.goto(`${origin}/console/subscription`);
  await page.getByRole("button", { name: "Cancel the subscription" }).click();
  await page.getByText("Numbers given back: 1.", { exact: false }).waitFor();
  await look(page, "subscription-leave");
  await page.getByRole("button", { name: "Keep it" }).click();
  await page.getByText("In force. Prices are pinned as below.").waitFor();
  await page.getByRole("button", { name: "Cancel the subscription" }).click();
  await page.getByRole("button", { name: "End the contract" }).click();
  await page.getByText(/Cancelled\. It ends on/).waitFor();
  assert.equal(await page.getByRole("button", { name: "Cancel the subscription" }).count(), 0);
}

/** Half an hour of disuse ends the session. What was being edited is there again after signing in, and goes to the server. */
async function expires(page, sid) {
  await page.goto(`${origin}/console/flows/${sid}`);
  await step(page, "menu").waitFor();
  set(new Date(Date.now() + 31 * 60_000));
  await page.waitForTimeout(2_500);
  await step(page, "menu").click();
  await page.getByLabel("Label", { exact: true }).fill("Kept over the end");
  await page.keyboard.press("Control+s");
  await page.getByRole("textbox", { name: "Password" }).waitFor();
  await look(page, "session-over");
  await page.getByLabel("E-mail address").fill("els@peeters.test");
  await page.getByRole("textbox", { name: "Password" }).fill(PASSWORD);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await step(page, "menu").getByText("Kept over the end").waitFor();
  await until(async () => (await asked(page, "GET", `${NATIVE}/Flows/${sid}.json`)).definition.nodes.some(({ label }) => label === "Kept over the end"), "what was edited is lost");
}

try {
  const els = await customer(await sits(setup, "ann@acme.test"), "Bakkerij Peeters", "els@peeters.test");
  await orders(els);
  const number = await rents(els);
  const drawn = await draws(els);
  const typed = await types(els);
  assert.deepEqual(await meant(els, typed), await meant(els, drawn), "the keyboard drew something else");
  await publishes(els, drawn);
  await els.setViewportSize({ width: 1280, height: 860 });
  await binds(els, number, drawn);
  const reached = await calls(els, number);
  await sees(els, reached);
  await leaves(els);
  await expires(els, drawn);
  assert.deepEqual(faults, []);
  process.stdout.write("the whole path went well\n");
} catch (error) {
  if (folder) for (const context of browser.contexts()) for (const page of context.pages()) await page.screenshot({ path: `${folder}/fail-${Math.random().toString(36).slice(2, 6)}.png` }).catch(() => undefined);
  throw error;
} finally {
  for (const fault of faults) process.stderr.write(`${fault}\n`);
  await browser.close();
}
