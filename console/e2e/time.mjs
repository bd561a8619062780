// What scripts share that set the clock of the program (as run.mjs starts it): its clock, and its command line.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { renameSync, writeFileSync } from "node:fs";

const { FLEXIO_PROGRAM: program, FLEXIO_DATA: data } = process.env;
const own = JSON.parse(process.env.FLEXIO_OWN ?? "{}");
assert.ok(program && own.FAKETIME_TIMESTAMP_FILE, "usage: node e2e/run.mjs PATH_OF_FLEXIO");

/** Sets the clock of the program, which looks at it once a second. */
export function set(at) {
  const file = own.FAKETIME_TIMESTAMP_FILE;
  writeFileSync(`${file}.next`, `@${at.toISOString().slice(0, 19).replace("T", " ")}\n`);
  renameSync(`${file}.next`, file);
}

/** Sets the clock of the program, and that of the pages to the same; then no session holds any more. */
export async function turn(at, ...pages) {
  set(at);
  for (const page of pages) await page.clock.setSystemTime(at);
  const asks = () => pages[0].evaluate(() => fetch("/console/api/session", { headers: { "X-Flexio-Console": "1" } }).then(({ status }) => status));
  for (const end = process.uptime() + 60; await asks() !== 401;) {
    assert.ok(process.uptime() < end, "the session outlives weeks");
    await new Promise((done) => setTimeout(done, 300));
  }
}

/** A command of the program over the same data; what it says last, in JSON. */
export const run = (...args) => JSON.parse(execFileSync(program, [...args, "--json", "--data", data], { encoding: "utf8", env: { ...process.env, ...own } }).trim().split("\n").at(-1));

export const day = (at) => at.toISOString().slice(0, 10);
