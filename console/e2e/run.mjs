// Starts a flexio and the built console in front of it, and drives the designer: node e2e/run.mjs PATH_OF_FLEXIO [PART_OF_A_NAME]
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

const data = mkdtempSync(join(tmpdir(), "flexio-designer-"));
const [http, sip, web] = [await free(), await free(), await free()];
const FLEXIO_URL = `http://127.0.0.1:${http}`;
const CONSOLE_URL = `http://127.0.0.1:${web}/console`;
const children = [spawn(program, ["serve", "--json", "--data", data, "--http", `127.0.0.1:${http}`, "--sip", `127.0.0.1:${sip}`], { stdio: ["ignore", "pipe", "ignore"] })];
/** What it says first: the account that it made, and the link by which the first administrator signs in. */
const told = () => new Promise((done, fail) => {
  let text = "";
  const timer = setTimeout(() => fail(new Error(`flexio did not start: ${text}`)), PATIENCE_MS);
  children[0].stdout.on("data", (part) => {
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
let status = 1;
try {
  const { account_sid, auth_token, setup_url } = await told();
  const env = { ...process.env, FLEXIO_URL, CONSOLE_URL, FLEXIO_LOGIN: `${account_sid}:${auth_token}`, SETUP_URL: setup_url };
  children.push(spawn(process.execPath, ["node_modules/vite/bin/vite.js", "preview", "--port", String(web), "--strictPort", "--host", "127.0.0.1"], { cwd: here, env, stdio: "ignore" }));
  await Promise.all([up(`${FLEXIO_URL}/health/ready`), up(`${CONSOLE_URL}/`)]);
  status = await new Promise((done) => spawn(process.execPath, ["e2e/designer.mjs", ...wanted], { cwd: here, env, stdio: "inherit" }).on("exit", (code) => done(code ?? 1)));
} finally {
  for (const child of children) child.kill();
  rmSync(data, { recursive: true, force: true });
}
process.exit(status);
