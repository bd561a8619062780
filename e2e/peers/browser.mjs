// A softphone in a browser: SIP.js in a headless Chromium, its microphone a sound file. Commands come as JSON lines on standard input
// and are answered as JSON lines, in their order: {"ok": value} or {"error": text}.
// Usage: node browser.mjs CHROMIUM MICROPHONE.wav
import { createServer } from "node:http";
import { readFile } from "node:fs/promises";
import { createInterface } from "node:readline";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";

const [executablePath, microphone] = process.argv.slice(2);
const library = fileURLToPath(new URL("node_modules/sip.js/lib", import.meta.url));
const page_file = fileURLToPath(new URL("browser.html", import.meta.url));

const server = createServer(async (request, response) => {
  const script = /^\/sip\.js(\/[\w./-]+\.js)$/.exec(request.url);
  const file = script && !script[1].includes("..") ? library + script[1] : request.url === "/" ? page_file : null;
  if (!file) return response.writeHead(404).end();
  const type = script ? "text/javascript" : "text/html";
  response.writeHead(200, { "content-type": type }).end(await readFile(file));
});
await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));

const browser = await chromium.launch({
  executablePath,
  args: [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream",
    `--use-file-for-fake-audio-capture=${microphone}`, "--autoplay-policy=no-user-gesture-required", "--ignore-certificate-errors",
  ],
});
const page = await browser.newPage();
page.on("console", (message) => console.error(message.text()));
page.on("pageerror", (error) => console.error(String(error)));
await page.goto(`http://127.0.0.1:${server.address().port}/`);
await page.waitForFunction(() => window.phone);

const { AccessToken } = createRequire(import.meta.url)("twilio").jwt;

/** An access token as a customer's server makes it. */
function mint(account, key, secret, identity, ttl, outgoingApplicationSid) {
  const token = new AccessToken(account, key, secret, { identity, ttl });
  token.addGrant(new AccessToken.VoiceGrant({ incomingAllow: true, outgoingApplicationSid }));
  return token.toJwt();
}

const tell = (answer) => process.stdout.write(`${JSON.stringify(answer)}\n`);
tell({ ok: "ready" });
for await (const line of createInterface({ input: process.stdin })) {
  const [name, ...values] = JSON.parse(line);
  try {
    const ok = name === "mint" ? mint(...values) : await page.evaluate(([name, values]) => window.phone[name](...values), [name, values]);
    tell({ ok: ok ?? null });
  } catch (error) {
    tell({ error: String(error) });
  }
}
await browser.close();
server.close();
