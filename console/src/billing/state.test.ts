import { expect, test } from "vitest";
import { dayOf, isZero, stateOf } from "./state";

test("an invoice is overdue the day after it was due, a credit note never", () => {
  const invoice = { kind: "invoice", status: "open", due_on: "2027-01-02" };
  expect(stateOf(invoice, "2027-01-02")).toBe("open");
  expect(stateOf(invoice, "2027-01-03")).toBe("overdue");
  expect(stateOf({ ...invoice, status: "paid" }, "2027-01-03")).toBe("paid");
  expect(stateOf({ ...invoice, kind: "credit_note" }, "2027-01-03")).toBe("open");
  expect(stateOf({ ...invoice, kind: "credit_note", status: "paid" }, "2027-01-03")).toBe("settled");
});

test("days are those of the clock on the wall", () => {
  expect(dayOf(new Date(2027, 0, 2, 0, 5))).toBe("2027-01-02");
  expect(["0.00", "0", "-0.00", "", "0.01", "10.00"].map(isZero)).toEqual([true, true, true, true, false, false]);
});
