import { expect, test } from "vitest";
import { recent } from "./live";

const now = Date.parse("2026-11-27T10:00:00Z");
const at = (seconds: number) => ({ date_created: new Date(now - seconds * 1_000).toUTCString() });

test("rows of the last minute are counted, and a page that is full of them says that there may be more", () => {
  expect(recent([at(1), at(59), at(61), at(600)], now, 60_000, 4)).toEqual({ count: 2, more: false });
  expect(recent([at(1), at(2)], now, 60_000, 2)).toEqual({ count: 2, more: true });
  expect(recent([], now, 60_000, 2)).toEqual({ count: 0, more: false });
  expect(recent([{ date_created: "" }], now, 60_000, 2)).toEqual({ count: 0, more: false });
});
