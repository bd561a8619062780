// A customer without a mouse, who hears the page: orders, sets a limit, takes it back and leaves, by keyboard alone, against a running flexio with the sandbox:
//   node console/e2e/keyboard.mjs <setup_url> [folder for screenshots]
// Everything that is focused on the way has a role and a name.
import assert from "node:assert/strict";
import { desk, tabTo } from "./desk.mjs";

const [setup, folder] = process.argv.slice(2);
assert.ok(setup, "usage: node e2e/run.mjs PATH_OF_FLEXIO");
const origin = new URL(setup).origin;
const { browser, faults, sits, look } = await desk(origin, folder);

/** Names nobody would understand: a role alone. */
const nameless = new Set();
const heard = (line) => {
  if (/^- (button|link|textbox|checkbox|radio|combobox|switch|tab|menuitem)\s*(\[.*)?:?$/.test(line)) nameless.add(line);
};
const reach = (page, wanted) => tabTo(page, wanted, "Tab", heard);
async function press(page, role, name, key = "Enter") {
  const wanted = page.getByRole(role, { name });
  await wanted.first().waitFor();
  await reach(page, wanted.first());
  await page.keyboard.press(key);
}
async function write(page, label, text) {
  await reach(page, page.getByLabel(label));
  await page.keyboard.press("Control+a");
  await page.keyboard.type(text);
}
/** A list that is gone along with the arrows. */
async function choose(page, label, value) {
  const list = page.getByLabel(label);
  await reach(page, list);
  for (let count = 0; count < 9 && (await list.inputValue()) !== value; count += 1) await page.keyboard.press("ArrowDown");
  assert.equal(await list.inputValue(), value);
}

try {
  const operator = await sits(setup, "ann@acme.test");
  await operator.goto(`${origin}/console/accounts`);
  await operator.getByRole("textbox", { name: "Name" }).waitFor();
  await write(operator, "Name", "Bakkerij Peeters");
  await press(operator, "button", "Create");
  await press(operator, "button", "Manage Bakkerij Peeters");
  await operator.getByRole("dialog").waitFor();
  await write(operator, "E-mail address", "els@peeters.test");
  await press(operator, "button", "Invite");
  const els = await sits(await operator.getByRole("dialog").getByRole("status").locator("code").innerText());

  // The order.
  await press(els, "link", "Subscription");
  await els.getByText("Outbound to mobile").waitFor();
  await press(els, "button", "Go on");
  await els.getByLabel("Kind").waitFor();
  await choose(els, "Kind", "small");
  for (const [label, text] of [["Name, as registered", "Bakkerij Peeters"], ["Invoices go to", "facturen@peeters.test"], ["Street and number", "Stationsstraat 1"], ["Post code", "9000"], ["Town", "Gent"], ["Enterprise number", "0202.239.951"], ["Legal form", "BV"]]) await write(els, label, text);
  await press(els, "button", "Go on");
  await press(els, "button", "Show me the contract summary");
  await els.frameLocator("iframe").locator("h1").first().waitFor();
  await press(els, "button", "Go on");
  await els.getByText("The operator has named no further documents.").waitFor();
  await press(els, "button", "Go on");
  await press(els, "checkbox", /I have read the contract summary/, "Space");
  await press(els, "button", "Order with obligation to pay");
  await els.getByText("In force. Prices are pinned as below.").waitFor();

  // Limits.
  await press(els, "link", "Spending");
  await els.getByRole("button", { name: /^Remove €/ }).waitFor(); // The order has set a first one.
  await reach(els, els.getByRole("radio", { checked: true }).first());
  for (let count = 0; count < 6 && !(await els.getByRole("radio", { name: "€75.00" }).isChecked()); count += 1) await els.keyboard.press("ArrowRight");
  assert.ok(await els.getByRole("radio", { name: "€75.00" }).isChecked(), "not chosen by arrows");
  await press(els, "button", "Set the threshold");
  await press(els, "button", "Remove €75.00");
  await els.getByRole("button", { name: "Remove €75.00" }).waitFor({ state: "detached" });

  // Leaving: two presses, and the first changes nothing.
  await press(els, "link", "Subscription");
  await press(els, "button", "Cancel the subscription");
  await els.getByText("Numbers given back: 0.", { exact: false }).waitFor();
  await look(els, "keyboard-leave");
  await press(els, "button", "End the contract");
  await els.getByText(/Cancelled\. It ends on/).waitFor();
  assert.deepEqual([...nameless], [], "focused without a name");
  assert.deepEqual(faults, []);
  process.stdout.write("the keyboard went well\n");
} finally {
  for (const fault of faults) process.stderr.write(`${fault}\n`);
  await browser.close();
}
