// What others write is shown as text, wherever it comes up, in a browser without the console's security policy, against a new flexio with the sandbox:
//   node console/e2e/hostile.mjs <setup_url> [folder for screenshots]
// markup that would run, in names, texts, files and addresses → every page shows it as it was written, and nothing of it ran.
import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { desk } from "./desk.mjs";

const [setup, folder] = process.argv.slice(2);
assert.ok(setup, "usage: hostile.mjs <setup_url> [folder]");
const origin = new URL(setup).origin;
const { browser, faults, sits, look, asked } = await desk(origin, folder);
const API = "/2010-04-01/Accounts/{account}";
const NATIVE = "/restcomm/2012-04-24/Accounts/{account}";
/** Short enough for every field. */
const MARKUP = "\"'><img src=x onerror=pwned=1>{{7*7}}";
const SCRIPT = `</script><script>globalThis.pwned=1</script>${MARKUP}`;

/** Nothing of it ran, and no element came of it. */
async function harmless(page, where) {
  const found = await page.evaluate(() => ({ ran: "pwned" in globalThis, made: document.querySelectorAll("img[src=x]").length }));
  assert.deepEqual(found, { ran: false, made: 0 }, where);
}

async function shows(page, path, text = MARKUP) {
  await page.goto(`${origin}/console/${path}`);
  await page.getByRole("heading", { level: 1 }).waitFor();
  await page.waitForFunction((wanted) => [...document.querySelectorAll("main *")].some((each) => (each.textContent ?? "").includes(wanted) || each.value === wanted), text, { timeout: 20_000 }).catch(() => assert.fail(`${path} does not show ${text}`));
  await harmless(page, path);
  await look(page, `hostile-${path.split("/")[0]}`);
}

/** A call by SIP, from this machine: who calls is whatever the caller writes. */
async function calls(port, number) {
  const socket = createSocket("udp4");
  await new Promise((done) => socket.bind(0, "127.0.0.1", done));
  const here = `127.0.0.1:${socket.address().port}`;
  const sdp = `v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 40000 RTP/AVP 8\r\n`;
  const lines = [
    `INVITE sip:${number}@127.0.0.1:${port} SIP/2.0`, `Via: SIP/2.0/UDP ${here};branch=z9hG4bKhostile1;rport`, "Max-Forwards: 70",
    `From: "<img src=x onerror=pwned=1>" <sip:%22%3E%3Cimg%20src=x%20onerror=pwned=1%3E@127.0.0.1>;tag=1`, `To: <sip:${number}@127.0.0.1>`, `Call-ID: hostile-1@127.0.0.1`, "CSeq: 1 INVITE",
    `Contact: <sip:x@${here}>`, "User-Agent: <img src=x onerror=pwned=1>", "Content-Type: application/sdp", `Content-Length: ${sdp.length}`, "", sdp,
  ];
  const answered = new Promise((done) => socket.on("message", (message) => { if (/^SIP\/2\.0 [2-6]/.test(String(message))) done(String(message)); }));
  socket.send(lines.join("\r\n"), Number(port), "127.0.0.1");
  const answer = await answered;
  socket.close();
  return answer;
}

try {
  const page = await sits(setup, "ann@acme.test");
  const { available_phone_numbers: [offer] } = await asked(page, "GET", `${API}/AvailablePhoneNumbers/BE/Mobile.json`);
  const own = await asked(page, "POST", `${API}/IncomingPhoneNumbers.json`, { PhoneNumber: offer.phone_number, FriendlyName: MARKUP, VoiceUrl: "http://127.0.0.1:9/nobody" });
  const handset = "/restcomm/2012-04-24/Handsets/%2B32470123456";
  await asked(page, "POST", `${handset}/Messages.json`, { To: own.phone_number, Body: SCRIPT });
  await asked(page, "POST", `${API}/Messages.json`, { From: own.phone_number, To: "+32470123456", Body: MARKUP });
  await asked(page, "POST", `${API}/Applications.json`, { FriendlyName: MARKUP });
  await asked(page, "POST", `${API}/Queues.json`, { FriendlyName: MARKUP });
  await asked(page, "POST", `${API}/Keys.json`, { FriendlyName: MARKUP });
  await asked(page, "POST", "/2010-04-01/Accounts.json", { FriendlyName: MARKUP });
  await asked(page, "POST", `${NATIVE}/Clients.json`, { Login: "mallory", Password: "Correct-horse-1", FriendlyName: MARKUP });
  const { data: masked } = await asked(page, "POST", "/numbermasking/applications", { name: MARKUP });
  const { data: met } = await asked(page, "POST", `/numbermasking/applications/${masked.sid}/contexts`, { friendlyName: MARKUP });
  const flow = await asked(page, "POST", `${NATIVE}/Flows.json`, { json: { name: MARKUP, definition: {
    name: MARKUP, description: SCRIPT, languages: ["en"],
    variables: { shop: { value: SCRIPT, description: SCRIPT } },
    nodes: [
      { id: "sms", type: "on_message", next: { start: "say" }, position: { x: 0, y: 0 } },
      { id: "say", type: "send_message", properties: { body: `${SCRIPT}{{ shop }}` }, position: { x: 320, y: 0 } },
    ],
  } } });

  await shows(page, "numbers");
  await shows(page, "messages");
  await shows(page, "messages", SCRIPT);
  await shows(page, "handsets/%2B32470123456", SCRIPT);
  await shows(page, "applications");
  await shows(page, "queues");
  await shows(page, "keys");
  await shows(page, "masking");
  await shows(page, `masking/${masked.sid}`);
  await shows(page, `masking/${masked.sid}/contexts/${met.sid}`);
  await shows(page, "accounts");
  await shows(page, "clients");
  await shows(page, "flows");
  if (process.env.SIP_PORT) {
    assert.match(await calls(process.env.SIP_PORT, own.phone_number), /480/);
    // What is no number is nobody's; what was said on the wire stands in the ladder, word by word.
    await shows(page, "calls", "anonymous");
    await page.locator("main").getByRole("cell").getByRole("link").first().click();
    await page.getByRole("heading", { name: "What happened", exact: true }).waitFor();
    await page.locator("main summary").first().waitFor();
    for (const each of await page.locator("main summary").all()) await each.click();
    await page.getByText("User-Agent: <img src=x onerror=pwned=1>", { exact: false }).first().waitFor();
    await harmless(page, "a call");
    await look(page, "hostile-call");
  }
  await shows(page, "audit", "ann@acme.test");

  // The designer: canvas, form, outline and source, and a change that keeps the text as it is.
  await page.goto(`${origin}/console/flows/${flow.sid}`);
  const step = page.locator('.react-flow__node[data-id="say"]');
  await step.click();
  await page.waitForFunction((wanted) => [...document.querySelectorAll("textarea, input")].some((each) => each.value.includes(wanted)), SCRIPT);
  await harmless(page, "the form of a step");
  for (const tab of await page.getByRole("tab").all()) {
    await tab.click();
    await harmless(page, `tab ${await tab.innerText()}`);
  }
  await look(page, "hostile-designer");
  const kept = await asked(page, "GET", `${NATIVE}/Flows/${flow.sid}.json`);
  assert.ok(JSON.stringify(kept).includes("globalThis.pwned=1"), "the text was changed");

  // A file whose name and content are hostile is refused in words.
  await page.goto(`${origin}/console/flows`);
  await page.locator("input[type=file]").setInputFiles({ name: `${MARKUP}.json`, mimeType: "application/json", buffer: Buffer.from(SCRIPT) });
  await page.getByRole("alert").first().waitFor();
  await harmless(page, "a file");
  // What stands in the address of a page is text too.
  for (const path of ["handsets", "calls", "invoices", "queues", "flows", "conferences", "masking", "nowhere"]) {
    await page.goto(`${origin}/console/${path}/${encodeURIComponent(MARKUP)}`);
    await page.locator("main").waitFor();
    await page.waitForTimeout(500);
    await harmless(page, `the address of ${path}`);
  }
  // Who invites is shown nothing but text either, and a link with markup invites nobody.
  await page.goto(`${origin}/console/welcome#${encodeURIComponent(MARKUP)}`);
  await page.waitForTimeout(500);
  await harmless(page, "a link");
  assert.deepEqual(faults, []);
  process.stdout.write("nothing hostile ran\n");
} finally {
  for (const fault of faults) process.stderr.write(`${fault}\n`);
  await browser.close();
}
