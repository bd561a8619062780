// Drives the designer, then the rest of the console, each over a new flexio: node e2e/run.mjs PATH_OF_FLEXIO [PART_OF_A_NAME_OF_THE_DESIGNER]
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
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

/** Runs a script over a new flexio with an empty data directory, and the built console in front of it. Its exit code. */
async function over(script, args) {
  const data = mkdtempSync(join(tmpdir(), "flexio-console-"));
  const [http, sip, web] = [await free(), await free(), await free()];
  const FLEXIO_URL = `http://127.0.0.1:${http}`;
  const CONSOLE_URL = `http://127.0.0.1:${web}/console`;
  const children = [spawn(program, ["serve", "--json", "--data", data, "--http", `127.0.0.1:${http}`, "--sip", `127.0.0.1:${sip}`], { stdio: ["ignore", "pipe", "ignore"] })];
  try {
    const { account_sid, auth_token, setup_url } = await told(children[0]);
    const env = { ...process.env, FLEXIO_URL, CONSOLE_URL, FLEXIO_LOGIN: `${account_sid}:${auth_token}`, SETUP_URL: setup_url, FLEXIO_PROGRAM: program, FLEXIO_DATA: data };
    children.push(spawn(process.execPath, ["node_modules/vite/bin/vite.js", "preview", "--port", String(web), "--strictPort", "--host", "127.0.0.1"], { cwd: here, env, stdio: "ignore" }));
    await Promise.all([up(`${FLEXIO_URL}/health/ready`), up(`${CONSOLE_URL}/`)]);
    return await new Promise((done) => spawn(process.execPath, [`e2e/${script}`, ...args(setup_url)], { cwd: here, env, stdio: "inherit" }).on("exit", (code) => done(code ?? 1)));
  } finally {
    for (const child of children) child.kill();
    rmSync(data, { recursive: true, force: true });
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

let status = await over("designer.mjs", () => wanted);
// The journey walks through the console that the program itself serves, with its security policy.
if (wanted.length === 0) status ||= await over("journey.mjs", (setup_url) => [setup_url]);
if (wanted.length === 0) status ||= await over("softphone.mjs", (setup_url) => [setup_url]);
if (wanted.length === 0) status ||= await over("money.mjs", (setup_url) => [setup_url]);
if (wanted.length === 0) status ||= await over("operator.mjs", (setup_url) => [setup_url]);
if (wanted.length === 0) status ||= await over("lighthouse.mjs", (setup_url) => [setup_url]);
process.exit(status);
