import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import type { JsonObject } from "../model/document";
import { type Field, formOf, kindsOf, type Member, membersOf } from "../model/form";
import { hint, hints } from "./hints";

const root = JSON.parse(readFileSync(new URL("../../../../crates/flows/schema/flow.schema.json", import.meta.url), "utf8")) as JsonObject;

function within(field: Field): Member[] {
  switch (field.kind) {
    case "list": return within(field.item);
    case "object": return deep(field.members);
    case "variants": return deep(Object.values(field.variants).flat());
    default: return [];
  }
}
const deep = (members: Member[]): Member[] => members.flatMap((member) => [member, ...within(member.field)]);

test("whatever a form says of a property is known in every language", () => {
  const settings = membersOf(root, root).filter(({ name }) => ["name", "description", "languages", "secrets"].includes(name));
  const members = deep([...[...kindsOf(root).values()].flatMap((kind) => kind.members), ...formOf(root, "Test"), ...formOf(root, "Variable"), ...settings]);
  const sentences = new Set(members.map(({ description }) => description.replaceAll("\n", " ")).filter(Boolean));
  expect(sentences.size).toBeGreaterThan(120);
  expect([...sentences].filter((sentence) => !(sentence in hints))).toEqual([]);
});

test("what is newer than the words stays English", () => {
  expect(hint("Hangs up.", "de")).toBe("Legt auf.");
  expect(hint("Something new.", "fr")).toBe("Something new.");
});
