import { expect, test } from "vitest";
import { took } from "./took";

test("a step takes what lies between its times, and nothing is said where one is missing", () => {
  expect(took("2026-11-27T10:00:00Z", "2026-11-27T10:00:01.25Z")).toBe("1.25");
  expect(took("2026-11-27T10:00:00Z", "2026-11-27T10:00:00Z")).toBe("0");
  expect(took("", "2026-11-27T10:00:00Z")).toBeNull();
  expect(took("2026-11-27T10:00:00Z", "2026-11-27T09:59:59Z")).toBeNull();
});
