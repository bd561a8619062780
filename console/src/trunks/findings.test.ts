import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { findings } from "./findings";

test("every finding of the handbook has its words, and no other", () => {
  const page = readFileSync(new URL("../../../docs/trunks.md", import.meta.url), "utf8");
  const kinds = [...page.matchAll(/^\| `([a-z-]+)` \| /gm)].map(([, kind]) => kind);
  expect(Object.keys(findings).toSorted()).toEqual(kinds.toSorted());
  expect(kinds.length).toBeGreaterThan(5);
});
