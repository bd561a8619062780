import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { templates } from "./templates";

test("every template of the engine has its words, and in English says what it says itself", () => {
  const folder = new URL("../../../crates/flows/templates/", import.meta.url);
  const files = readdirSync(folder).filter((file) => file.endsWith(".yaml"));
  expect(files.map((file) => file.replace(".yaml", "")).toSorted()).toEqual(Object.keys(templates).toSorted());
  for (const file of files) {
    const yaml = readFileSync(new URL(file, folder), "utf8");
    const words = templates[file.replace(".yaml", "")];
    expect([words?.name[0], words?.about[0]]).toEqual([/^name: (.*)$/m.exec(yaml)?.[1], /^description: (.*)$/m.exec(yaml)?.[1]]);
  }
});
