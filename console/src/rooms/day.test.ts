import { expect, test } from "vitest";
import { dayOf } from "./day";

test("a day's shares are of those whose wait is over, and of nothing there is none", () => {
  expect(dayOf({ served: 3, in_time: 2, abandoned: 1, waited_s: 60, entered: 9 })).toEqual({ served: 3, wait_s: 20, level: 0.5, abandoned: 0.25 });
  expect(dayOf(undefined)).toEqual({ served: 0, wait_s: null, level: null, abandoned: null });
  expect(dayOf({ served: 0, abandoned: 2, in_time: 0, waited_s: 0 })).toEqual({ served: 0, wait_s: null, level: 0, abandoned: 1 });
});
