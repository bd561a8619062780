import { expect, test } from "vitest";
import { languages, messages, translator } from ".";

const names = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map(([, name]) => name).sort();

test("every language has every text, with the same values in it", () => {
  for (const language of languages) {
    for (const [key, text] of Object.entries(messages[language])) {
      expect(text, `${language} ${key}`).not.toBe("");
      const source = Object.entries(messages.en).find(([name]) => name === key)?.[1] ?? "";
      expect(names(text), `${language} ${key}`).toEqual(names(source));
    }
  }
});

test("a value that is not given stays visible", () => {
  expect(translator("en")("app.loading", { n: 1 })).toBe(messages.en["app.loading"]);
});
