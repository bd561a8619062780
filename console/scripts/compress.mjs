// Writes .br and .gz beside every text file of the build: the server sends them as they are and compresses nothing itself.
// Then weighs what the first screen, sign-in or dashboard, must load.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

const root = new URL("../../crates/server/ui", import.meta.url).pathname;
for (const entry of readdirSync(root, { recursive: true, withFileTypes: true })) {
  if (!entry.isFile() || !/\.(html|js|css|svg|json)$/.test(entry.name)) continue;
  const file = join(entry.parentPath, entry.name);
  const raw = readFileSync(file);
  if (raw.length < 1024) continue;
  writeFileSync(`${file}.br`, brotliCompressSync(raw, { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } }));
  writeFileSync(`${file}.gz`, gzipSync(raw, { level: 9 }));
}

/** What the first screen may load of scripts, as gzip sends them. What comes later, such as the designer, is imported when it is opened. */
const FIRST_SCREEN_BYTES_MAX = 250_000;
const first = [...readFileSync(join(root, "index.html"), "utf8").matchAll(/"\/console\/(assets\/[^"]+\.js)"/g)].map(([, file]) => file);
if (first.length === 0) throw new Error("index.html names no script: nothing was weighed");
const size = (file) => gzipSync(readFileSync(join(root, file)), { level: 9 }).length;
const bytes = first.reduce((sum, file) => sum + size(file), 0);
process.stdout.write(`first screen: ${first.length} scripts, ${bytes} bytes by gzip, at most ${FIRST_SCREEN_BYTES_MAX}\n`);
if (bytes > FIRST_SCREEN_BYTES_MAX) throw new Error(`the first screen loads ${bytes} bytes of scripts: import what it does not show when it is shown`);
