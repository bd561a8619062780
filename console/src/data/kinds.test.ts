import { expect, test } from "vitest";
import { added, wordOf } from "./kinds";

test("rows of one name are added up, and what nobody has named is a setting", () => {
  const sums = added([{ kind: "calls", count: 2 }, { kind: "messages", count: 3 }, { kind: "verb_records", count: 5 }, { kind: "new_table", count: 1 }]);
  expect(sums.map(({ word, count }) => [word[0], count])).toEqual([["Calls with their course", 7], ["Messages", 3], ["Settings, applications and numbers", 1]]);
  expect(wordOf("flows")[3]).toBe("Einstellungen, Anwendungen und Nummern");
});
