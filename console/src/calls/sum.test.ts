import { expect, test } from "vitest";
import { sum } from "./sum";

test("prices are added to the last place", () => {
  expect(sum(["0.1", "0.2"])).toBe("0.3");
  expect(sum(["0.037000", "1.5", "12"])).toBe("13.537000");
  expect(sum(["0.001", "0.002"])).toBe("0.003");
  expect(sum(["9007199254740993.000001", "1"])).toBe("9007199254740994.000001");
  expect([sum([]), sum(["x"]), sum(["7"])]).toEqual(["", "", "7"]);
});
