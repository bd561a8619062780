import { expect, test } from "vitest";
import { EMPTY, form } from "./form";

test("what is left empty is not asked for", () => {
  expect(form({ ...EMPTY, figure: " 10 ", fields: { id: "spring", label: "Spring", code: " " } })).toEqual({ Id: "spring", Label: "Spring", Kind: "percent", Percent: "10", Eligibility: "new,existing" });
});

test("services are named of the kinds that have them, and of no other", () => {
  const items = ["sms.out", "voice.in"];
  expect(form({ ...EMPTY, kind: "free_units", figure: "100", items, who: ["existing"] })).toEqual({ Kind: "free_units", Units: "100", Items: "sms.out,voice.in", Eligibility: "existing" });
  expect(form({ ...EMPTY, kind: "credit", figure: "5.00", items })).toEqual({ Kind: "credit", Amount: "5.00", Eligibility: "new,existing" });
});
