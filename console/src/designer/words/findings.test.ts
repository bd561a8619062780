import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { finding, findings } from "./findings";

/** The sentences in the source of the validation, with `{}` for what they name. */
function said(file: string): string[] {
  const source = readFileSync(new URL(`../../../../crates/flows/src/${file}`, import.meta.url), "utf8").split("#[cfg(test)]")[0]?.replace(/^\s*\/\/.*$/gm, "") ?? "";
  const literals = [...source.matchAll(/"((?:[^"\\]|\\.)*)"/g)].map(([, text = ""]) => text.replace(/\{[^}]*\}/g, "{}"));
  // Names of properties and separators have no blank.
  return literals.filter((text) => text.trim().includes(" "));
}

describe("what the validation says, and what is told of documents", () => {
  test("every sentence of the server is known in every language", () => {
    const sentences = ["validate/mod.rs", "validate/properties.rs", "validate/notice.rs", "validate/sounds.rs", "markup/paste.rs", "markup/write.rs"].flatMap(said);
    expect(sentences.length).toBeGreaterThan(60);
    expect(sentences.filter((text) => !(text in findings))).toEqual([]);
  });

  test("what it names keeps its place", () => {
    expect(finding("`greet` is a trigger of this kind already", "de")).toBe("„greet“ ist schon ein Auslöser dieser Art");
    expect(finding("7 choices are more than a caller keeps in mind", "fr")).toBe("7 choix, c’est plus qu’on n’en retient");
    expect(finding("something newer", "nl")).toBe("something newer");
    expect(finding("nothing leads here", "en")).toBe("nothing leads here");
  });

  test("a translation names as much as the sentence", () => {
    const count = (text: string) => text.split("{}").length;
    for (const [english, translations] of Object.entries(findings)) for (const translation of translations) expect([english, count(translation)]).toEqual([english, count(english)]);
  });
});
