// Drives the designer, then the rest of the console, each over a new flexio: node e2e/run.mjs PATH_OF_FLEXIO [SCRIPT.mjs [FOLDER_FOR_SCREENSHOTS] | PART_OF_A_NAME_OF_THE_DESIGNER]
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

const [program, ...wanted] = process.argv.slice(2);
const here = new URL("..", import.meta.url).pathname;
/** How long a server may take to answer, in milliseconds. */
const PATIENCE_MS = 60_000;

const free = () => new Promise((done) => {
  const server = createServer().listen(0, "127.0.0.1", () => {
    const { port } = server.address();
    server.close(() => done(port));
  });
});
const up = async (url) => {
  for (const end = Date.now() + PATIENCE_MS; Date.now() < end; await new Promise((done) => setTimeout(done, 200))) {
    if (await fetch(url).then((answer) => answer.ok, () => false)) return;
  }
  throw new Error(`${url} does not answer`);
};

/** `libfaketime` for programs with threads, where Debian and others have it: the program's clock is then what a file says. */
const FAKETIME = ["x86_64-linux-gnu/", "aarch64-linux-gnu/", ""].map((place) => `/usr/lib/${place}faketime/libfaketimeMT.so.1`).find((path) => existsSync(path));

/** What a program is started with whose clock stands in a file, which begins with now. */
function clock(file) {
  if (!FAKETIME) throw new Error("faketime is missing: scripts/setup installs it");
  writeFileSync(`${file}.next`, `@${new Date().toISOString().slice(0, 19).replace("T", " ")}\n`);
  renameSync(`${file}.next`, file);
  return { LD_PRELOAD: FAKETIME, FAKETIME_TIMESTAMP_FILE: file, FAKETIME_CACHE_DURATION: "1", FAKETIME_DONT_FAKE_MONOTONIC: "1", NO_FAKE_STAT: "1", TZ: "UTC" };
}

/** Runs a script over a new flexio with an empty data directory, and the built console in front of it. Its exit code. With a configuration
 * the program has a clock too, which the script sets: FLEXIO_OWN is what the program was started with, CARRIER_PORT, MAIL_PORT and DOCUMENTS are `{carrier}`, `{mail}` and `{folder}` of the configuration; `{http}` is the port of FLEXIO_URL. */
async function over(script, args, config = null) {
  const data = mkdtempSync(join(tmpdir(), "flexio-console-"));
  const around = mkdtempSync(join(tmpdir(), "flexio-around-"));
  const [http, sip, web, carrier, mail] = [await free(), await free(), await free(), await free(), await free()];
  const words = { http, carrier, mail, folder: join(around, "documents") };
  if (config) writeFileSync(join(around, "flexio.toml"), `[sandbox]\nenabled = true\n${Object.entries(words).reduce((text, [word, value]) => text.replaceAll(`{${word}}`, String(value)), config)}`);
  if (config?.includes("{folder}")) for (const name of ["in", "out"]) mkdirSync(join(words.folder, name), { recursive: true });
  const own = config ? { ...clock(join(around, "clock")), FLEXIO_CONFIG: join(around, "flexio.toml") } : {};
  const FLEXIO_URL = `http://127.0.0.1:${http}`;
  const CONSOLE_URL = `http://127.0.0.1:${web}/console`;
  const children = [spawn(program, ["serve", "--json", "--data", data, "--http", `127.0.0.1:${http}`, "--sip", `127.0.0.1:${sip}`], { env: { ...process.env, ...own }, stdio: ["ignore", "pipe", "ignore"] })];
  try {
    const { account_sid, auth_token, setup_url } = await told(children[0]);
    const env = { ...process.env, FLEXIO_URL, CONSOLE_URL, FLEXIO_LOGIN: `${account_sid}:${auth_token}`, SETUP_URL: setup_url, FLEXIO_PROGRAM: program, FLEXIO_DATA: data, FLEXIO_OWN: JSON.stringify(own), CARRIER_PORT: String(carrier), MAIL_PORT: String(mail), DOCUMENTS: words.folder, SIP_PORT: String(sip) };
    children.push(spawn(process.execPath, ["node_modules/vite/bin/vite.js", "preview", "--port", String(web), "--strictPort", "--host", "127.0.0.1"], { cwd: here, env, stdio: "ignore" }));
    await Promise.all([up(`${FLEXIO_URL}/health/ready`), up(`${CONSOLE_URL}/`)]);
    return await new Promise((done) => spawn(process.execPath, [`e2e/${script}`, ...args(setup_url)], { cwd: here, env, stdio: "inherit" }).on("exit", (code) => done(code ?? 1)));
  } finally {
    for (const child of children) child.kill();
    for (const place of [data, around]) rmSync(place, { recursive: true, force: true });
  }
}

/** What flexio says first: the account that it made, and the link by which the first administrator signs in. */
const told = (child) => new Promise((done, fail) => {
  let text = "";
  const timer = setTimeout(() => fail(new Error(`flexio did not start: ${text}`)), PATIENCE_MS);
  child.stdout.on("data", (part) => {
    text += part;
    for (const line of text.split("\n").slice(0, -1).filter((each) => each.startsWith("{"))) {
      const facts = JSON.parse(line);
      if (facts.setup_url) {
        clearTimeout(timer);
        done(facts);
      }
    }
  });
});

/** One script, or all of them; a part of a name of the designer's tests, where it is no script. */
const scripts = {
  "designer.mjs": [() => []],
  "person.mjs": [(setup_url) => [setup_url], "# A clock that the script sets.\n"],
  // The journey walks through the console that the program itself serves, with its security policy.
  "journey.mjs": [(setup_url) => [setup_url]],
  "daily.mjs": [(setup_url) => [setup_url]],
  "pages.mjs": [(setup_url) => [setup_url]],
  "softphone.mjs": [(setup_url) => [setup_url]],
  "masking.mjs": [(setup_url) => [setup_url]],
  "passkeys.mjs": [(setup_url) => [setup_url], "[http]\npublic_url = \"http://localhost:{http}\"\n"],
  "money.mjs": [(setup_url) => [setup_url]],
  "keyboard.mjs": [(setup_url) => [setup_url]],
  "plans.mjs": [(setup_url) => [setup_url]],
  "operator.mjs": [(setup_url) => [setup_url]],
  "hostile.mjs": [(setup_url) => [setup_url]],
  "month.mjs": [(setup_url) => [setup_url], readFileSync(join(here, "e2e/month.toml"), "utf8")],
  "bills.mjs": [(setup_url) => [setup_url], readFileSync(join(here, "e2e/bills.toml"), "utf8")],
  "lighthouse.mjs": [(setup_url) => [setup_url]],
};
const [first] = wanted;
const chosen = first === undefined ? Object.keys(scripts) : first in scripts ? [first] : ["designer.mjs"];
let status = 0;
for (const script of chosen) {
  const [args, config] = scripts[script];
  status ||= await over(script, (setup_url) => [...args(setup_url), ...wanted.slice(script === first ? 1 : 0)], config);
}
process.exit(status);
