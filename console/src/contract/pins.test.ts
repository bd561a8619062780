import { expect, test } from "vitest";
import { differences, held } from "./pins";

const prices = (mobile: string) => [{ item: "voice.out.mobile", price: mobile, per: "60 seconds" }, { item: "sms.out", price: "0.095000", per: "each" }];
const plans = [{ plan: "a/2", currency: "EUR", prices: prices("0.400000") }, { plan: "a/1", currency: "EUR", prices: prices("0.370000") }];
const pins = [
  { item: null, plan: "a/1", reason: "order", date_from: "Tue, 10 Nov 2026 11:00:00 +0000" },
  { item: "voice.out.mobile", plan: "a/2", reason: "notice", date_from: "Thu, 14 Jan 2027 23:00:00 +0000" },
];
const at = (when: string) => held(pins, plans, new Date(when));

test("the last pin before now holds, and what was announced is told", () => {
  const [mobile, sms] = at("2026-12-01T00:00:00Z");
  expect(mobile).toMatchObject({ item: "voice.out.mobile", price: "0.370000", plan: "a/1", reason: "order", next: { price: "0.400000", plan: "a/2" } });
  expect(sms).toMatchObject({ item: "sms.out", price: "0.095000", next: null });
});

test("from its instant on an announced price holds for its item alone", () => {
  expect(at("2027-01-14T22:59:59Z")[0]).toMatchObject({ price: "0.370000" });
  expect(at("2027-01-14T23:00:00Z")[0]).toMatchObject({ price: "0.400000", reason: "notice", next: null });
  expect(at("2027-01-14T23:00:00Z")[1]).toMatchObject({ plan: "a/1" });
});

test("before the order, and without the plan, nothing is said", () => {
  expect(at("2026-11-10T10:59:59Z")).toEqual([]);
  expect(held(pins, [], new Date("2027-02-01T00:00:00Z"))).toEqual([]);
});

test("only what costs something else is a change", () => {
  const now = at("2026-12-01T00:00:00Z");
  expect(differences(now, prices("0.400000"))).toEqual([{ item: "voice.out.mobile", old: "0.370000", next: "0.400000" }]);
  expect(differences(now, [...prices("0.370000"), { item: "tts", price: "1.000000" }])).toEqual([]);
});
