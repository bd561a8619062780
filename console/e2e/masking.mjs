// Number masking in a real browser, over a new flexio with the sandbox:
//   node console/e2e/masking.mjs <setup_url> [folder for screenshots]
// an application, its pool, a meeting of two phones of the sandbox; they write and call by the mask; a stranger is refused and found; the request of a call is sent again; closing and deleting. Every page by axe, light, dark and in four languages.
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { desk } from "./desk.mjs";

const [setup, folder] = process.argv.slice(2);
assert.ok(setup, "usage: masking.mjs <setup_url> [folder]");
const origin = new URL(setup).origin;
const { browser, faults, sits, look } = await desk(origin, folder);
let page;

// A number that ends in 0006 answers, and hangs up after two seconds.
const [ANN, BOB, STRANGER] = ["+32470123461", "+32470120006", "+32470123481"];

/** Both schemes, and German, which is long; the other languages by axe alone. */
async function everyWay(name) {
  for (const scheme of ["dark", "light"]) {
    await page.emulateMedia({ colorScheme: scheme });
    await look(page, `${name}-${scheme}`);
  }
  for (const language of ["nl", "fr", "de", "en"]) {
    await page.getByRole("banner").getByRole("combobox").selectOption(language);
    await page.waitForTimeout(50);
    if (language !== "en") await look(page, `${name}-${language}`);
  }
}

/** What a phone of the sandbox does, by the API of handsets. */
const phone = (number, what, form) => page.evaluate(async ([path, body]) => {
  const { csrf_token } = await fetch("/console/api/session", { headers: { "X-Flexio-Console": "1" } }).then((answer) => answer.json());
  const answer = await fetch(path, { method: "POST", headers: { "X-CSRF-Token": csrf_token, "Content-Type": "application/x-www-form-urlencoded" }, body: new URLSearchParams(body) });
  return { status: answer.status, text: await answer.text() };
}, [`/restcomm/2012-04-24/Handsets/${encodeURIComponent(number)}/${what}.json`, form]);

// An application that answers calls; what it is asked is counted.
let asked = [];
const web = createServer((request, response) => {
  let body = "";
  request.on("data", (part) => { body += part; });
  request.on("end", () => {
    asked.push({ url: request.url, body, signature: request.headers["x-twilio-signature"] });
    response.writeHead(asked.length === 1 ? 200 : 503, { "content-type": "text/xml" }).end("<Response><Say>Hello</Say></Response>");
  });
});
await new Promise((done) => web.listen(0, "127.0.0.1", done));
const application = `http://127.0.0.1:${web.address().port}/voice?key=1`;

async function rent(kind) {
  await page.goto(`${origin}/console/numbers`);
  await page.getByLabel("Kind").selectOption(kind);
  await page.getByRole("button", { name: "Search" }).click();
  const offer = page.getByRole("button", { name: /^Rent \+/ }).first();
  const number = (await offer.innerText()).replace("Rent ", "");
  await offer.click();
  await page.getByRole("button", { name: "Rent it, with obligation to pay" }).click();
  await page.getByText(`${number} is yours`).waitFor();
  return number;
}

try {
  page = await sits(setup, "ann@acme.test");
  const mask = await rent("Mobile");
  const desk = await rent("Mobile");

  await page.getByRole("link", { name: "Number masking" }).click();
  await page.getByText("There is no application yet").waitFor();
  await everyWay("masking-empty");
  await page.getByRole("textbox", { name: "Name", exact: true }).fill("rides");
  await page.getByRole("button", { name: "Make an application" }).click();
  await page.getByRole("link", { name: "rides" }).waitFor();
  await page.getByRole("textbox", { name: "Name", exact: true }).fill("rides");
  await page.getByRole("button", { name: "Make an application" }).click();
  await page.getByRole("alert").getByRole("link", { name: "461" }).waitFor();
  await page.getByRole("link", { name: "rides" }).click();
  await page.getByText("The pool is empty").waitFor();
  await page.getByText("Nobody meets yet").waitFor();
  await everyWay("mask-application-empty");
  await page.getByRole("combobox", { name: "Number", exact: true }).selectOption({ label: mask });
  await page.getByRole("button", { name: "Add to the pool" }).click();
  await page.getByRole("button", { name: `Keep ${mask} back` }).click();
  await page.getByRole("cell", { name: "do not get it" }).waitFor();
  await page.getByRole("button", { name: `Give ${mask} out` }).click();
  await page.getByRole("cell", { name: "get it", exact: true }).waitFor();

  // A meeting of two.
  await page.getByRole("textbox", { name: "Name of the meeting" }).fill("ride 4711");
  await page.getByRole("button", { name: "Make a meeting" }).click();
  await page.getByRole("link", { name: "ride 4711" }).click();
  await page.getByText("It takes two people").waitFor();
  for (const [number, name] of [[ANN, "Ann"], [BOB, "Bob"]]) {
    await page.getByRole("textbox", { name: "Own number" }).fill(number);
    await page.getByRole("textbox", { name: "Name", exact: true }).fill(name);
    await page.getByRole("button", { name: "Bring in" }).click();
    await page.getByRole("cell", { name }).first().waitFor();
    if (name === "Ann") await page.getByText("One more person").waitFor();
  }
  assert.equal(await page.getByRole("button", { name: "Bring in" }).count(), 0, "a third has no place");
  await everyWay("mask-context-new");

  // Ann writes and calls; Bob sees the mask.
  assert.equal((await phone(ANN, "Messages", { To: mask, Body: "I am at the door" })).status, 200);
  const events = page.getByRole("region", { name: "What happened between them" }).first();
  await events.getByRole("cell", { name: "message" }).waitFor();
  assert.equal((await phone(ANN, "Calls", { To: mask })).status, 200);
  await events.getByRole("link", { name: "call" }).waitFor();
  await events.getByText("completed").waitFor({ timeout: 60_000 });
  await everyWay("mask-context");
  await events.getByRole("link", { name: "call" }).click();

  // The page of the call: what the call it made cost, and both together.
  await page.getByRole("region", { name: "Calls it made" }).waitFor();
  await page.getByText("This call and those it made").waitFor();
  await everyWay("call-legs");

  // A stranger is refused, and the pool leads to the call.
  await phone(STRANGER, "Calls", { To: mask });
  await page.goto(`${origin}/console/masking`);
  await page.getByRole("link", { name: "rides" }).click();
  await page.getByRole("link", { name: `Calls to ${mask} that were refused` }).click();
  await page.getByRole("cell", { name: STRANGER }).waitFor();
  assert.equal(await page.getByLabel("To", { exact: true }).inputValue(), mask);
  await page.getByRole("cell", { name: "failed" }).first().waitFor();
  await look(page, "masking-refused");

  // A request to an application is sent again, and what it answers now is shown.
  await page.goto(`${origin}/console/numbers`);
  await page.getByRole("button", { name: `Bind ${desk}` }).click();
  await page.getByLabel("URL that answers calls").fill(application);
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByRole("cell", { name: application }).waitFor();
  await phone(STRANGER, "Calls", { To: desk });
  await page.goto(`${origin}/console/calls?${new URLSearchParams({ To: desk })}`);
  await page.getByRole("cell", { name: "completed" }).waitFor({ timeout: 60_000 });
  await page.getByRole("cell").getByRole("link").first().click();
  assert.equal(asked.length, 1);
  await page.getByRole("button", { name: /^Send again: Answer of the application/ }).click();
  await page.getByText(/^Answered 503 after \d+ ms\.$/).waitFor();
  // A server's fault is tried twice.
  assert.equal(asked.length, 3);
  assert.deepEqual([asked[1].url, asked[1].body], [asked[0].url, asked[0].body]);
  assert.ok(asked[1].signature);
  await everyWay("call-resend");

  // By the number of one of them, a meeting is found; closed, it leads nowhere; deleted, it is gone.
  await page.goto(`${origin}/console/masking`);
  await page.getByRole("link", { name: "rides" }).click();
  await page.getByRole("textbox", { name: "Meetings of this number" }).fill("+32470999999");
  await page.getByText("takes part in no meeting here").waitFor();
  await page.getByRole("textbox", { name: "Meetings of this number" }).fill(BOB);
  await page.getByRole("link", { name: "ride 4711" }).click();
  await page.getByRole("button", { name: "Close the meeting" }).click();
  await look(page, "mask-context-close", ".mantine-Modal-body");
  await page.getByRole("dialog").getByRole("button", { name: "Close the meeting" }).click();
  await page.getByText("closed", { exact: true }).waitFor();
  await page.getByRole("button", { name: "Take Ann out" }).click();
  await page.getByText("somebody who was taken out").first().waitFor();
  await page.getByRole("button", { name: "Delete ride 4711" }).click();
  await page.getByRole("button", { name: "Delete", exact: true }).click();
  await page.getByText("Nobody meets yet").waitFor();
  await page.getByRole("button", { name: "Close rides" }).click();
  await page.getByRole("button", { name: "Open rides again" }).waitFor();
  await page.getByRole("button", { name: "Delete rides" }).click();
  await page.getByRole("button", { name: "Delete", exact: true }).click();
  await page.getByText("There is no application yet").waitFor();
  assert.deepEqual(faults, []);
  process.stdout.write("masking went well\n");
} finally {
  for (const fault of faults) process.stderr.write(`${fault}\n`);
  if (folder) await page?.screenshot({ path: `${folder}/last.png`, fullPage: true }).catch(() => undefined);
  await browser.close();
  web.close();
}
