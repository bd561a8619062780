import { expect, test } from "vitest";
import { formats, localeOf } from "./format";

/** Blanks that do not break are blanks. */
const plain = (text: string) => text.replace(/[\u00a0\u202f]/g, " ");

test("money is written as the language does it, from the text it came as", () => {
  const amount = "1234567890123456.370000";
  expect(plain(formats("nl-BE").money(amount, "EUR"))).toBe("€ 1.234.567.890.123.456,37");
  expect(plain(formats("de-BE").money(amount, "eur"))).toBe("1.234.567.890.123.456,37 €");
  expect(plain(formats("fr-BE").money("-0.004500", "EUR"))).toBe("-0,0045 €");
  expect(plain(formats("en-GB").money("30", "EUR"))).toBe("€30.00");
  expect(formats("en-GB").money("much", "EUR")).toBe("much EUR");
});

test("days and months are those of the document, wherever it is read", () => {
  expect(formats("en-GB").day("2026-12-03")).toBe("3 Dec 2026");
  expect(formats("de-BE").month("2026-11")).toBe("November 2026");
  expect(formats("nl-BE").day("soon")).toBe("soon");
  expect(formats("en-GB").day("2026-13-40")).toBe("2026-13-40");
});

test("figures", () => {
  expect(plain(formats("fr-BE").number("10005"))).toBe("10 005");
  expect(formats("nl-BE").percent("21")).toBe("21 %");
  expect(plain(formats("de-BE").seconds("1.5"))).toBe("1,5 Sek.");
  expect([formats("de-BE").count("1", "month"), formats("fr-BE").count("30", "day"), formats("nl-BE").count("1", "day")].map(plain)).toEqual(["1 Monat", "30 jours", "1 dag"]);
});

test("the region is the one the browser tells, else Belgium", () => {
  expect(localeOf("nl", ["en-US", "nl-NL"])).toBe("nl-NL");
  expect(localeOf("de", ["de", "en-US"])).toBe("de-BE");
});
