import { expect, test } from "vitest";
import { bars, decimal, forecast, micros, sums } from "./figures";

test("amounts are read and written without a float", () => {
  expect([micros("0.65396"), micros("-12.5"), micros("1.23456789"), micros("x")]).toEqual([653_960n, -12_500_000n, 1_234_567n, 0n]);
  expect([decimal(653_960n), decimal(4_999n), decimal(5_000n), decimal(-12_500_000n), decimal(0n)]).toEqual(["0.65", "0.00", "0.01", "-12.50", "0.00"]);
});

test("the month goes on as it was", () => {
  expect(forecast(1_000_000n, new Date("2026-11-10T08:00:00Z"))).toBe(3_000_000n);
  expect(forecast(2_800_000n, new Date("2027-02-28T23:59:00Z"))).toBe(2_800_000n);
});

test("days without usage have a bar too", () => {
  const records = [{ start_date: "2026-11-25", price: "2.00000" }, { start_date: "2026-11-26", price: "1.00000" }];
  const drawn = bars(records, new Date("2026-11-26T12:00:00Z"), 3, "price");
  expect(drawn).toEqual([{ day: "2026-11-24", shown: "0", height: 0 }, { day: "2026-11-25", shown: "2.00000", height: 1 }, { day: "2026-11-26", shown: "1.00000", height: 0.5 }]);
  expect(bars([], new Date("2026-11-26T12:00:00Z"), 2, "count").every(({ height }) => height === 0)).toBe(true);
});

test("what is for the same is one sum, the dearest first", () => {
  const row = (value: string, count: number, price: string) => ({ value, count, price });
  expect(sums([row("a", 1, "0.10"), row("b", 2, "0.30"), row("a", 4, "0.05"), row("c", 1, "0.15")])).toEqual([
    { value: "b", count: 2n, price: 300_000n }, { value: "a", count: 5n, price: 150_000n }, { value: "c", count: 1n, price: 150_000n },
  ]);
});
