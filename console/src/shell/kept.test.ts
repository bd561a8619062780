import { expect, test } from "vitest";
import { keptIn, withSaved } from "./kept";

test("what was kept comes back, and what is no such thing is nothing", () => {
  const kept = { hidden: [2], saved: [{ name: "Failed", search: "?Status=failed" }] };
  expect(keptIn(JSON.stringify(kept))).toEqual(kept);
  for (const text of [null, "", "no JSON", "[1]", '{"hidden":"x","saved":[{"name":1}]}']) expect(keptIn(text)).toEqual({ hidden: [], saved: [] });
});

test("filters that are saved under a name that is taken stand in place of the others", () => {
  const first = withSaved([], "Mine", "?From=%2B32");
  expect(withSaved(withSaved(first, "Other", "?To=1"), "Mine", "?Status=busy")).toEqual([{ name: "Other", search: "?To=1" }, { name: "Mine", search: "?Status=busy" }]);
});
