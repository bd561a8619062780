import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { routeFindings, trunkFindings } from "./findings";

test.each([["trunks.md", trunkFindings], ["messaging.md", routeFindings]])("every finding of %s has its words, and no other", (file, findings) => {
  const page = readFileSync(new URL(`../../../docs/${file}`, import.meta.url), "utf8");
  const table = page.split("| kind | what it means | what to do |").at(1)?.split("\n\n").at(0) ?? "";
  const kinds = [...table.matchAll(/^\| `([a-z-]+)` \| /gm)].map(([, kind]) => kind);
  expect(Object.keys(findings).toSorted()).toEqual(kinds.toSorted());
  expect(kinds.length).toBeGreaterThan(5);
});
