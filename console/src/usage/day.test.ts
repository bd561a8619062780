import { expect, test } from "vitest";
import { dayIn } from "./day";

const at = (minutes: number) => new Date(Date.UTC(2026, 10, 28, 12, -minutes)).toISOString();
const NOW = Date.parse(at(0));

test("what is older than a day, or not over yet, does not count for the shares", () => {
  const calls = [
    { date_created: at(1), status: "in-progress", duration: "" },
    { date_created: at(2), status: "completed", duration: "90" },
    { date_created: at(3), status: "busy", duration: "0" },
    { date_created: at(2_000), status: "failed", duration: "600" },
  ];
  const messages = [{ date_created: at(1), status: "delivered" }, { date_created: at(1), status: "queued" }];
  expect(dayIn(calls, messages, NOW, 86_400_000, 1_000)).toEqual({ calls: 3, answered: 0.5, minutes: 2, messages: 2, arrived: 1, more: false });
  expect(dayIn([], [], NOW, 86_400_000, 1_000)).toEqual({ calls: 0, answered: null, minutes: 0, messages: 0, arrived: null, more: false });
  expect(dayIn(calls, [], NOW, 86_400_000, 3).more).toBe(true);
});
