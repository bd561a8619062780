import { type Row, text } from "../api/lists";

/** `12.34567` as millionths. Money is never a float; what is no amount is nothing. */
export function micros(amount: string): bigint {
  const [, sign, whole, fraction = ""] = /^(-?)(\d+)(?:\.(\d{1,6})\d*)?$/.exec(amount.trim()) ?? [];
  if (whole === undefined) return 0n;
  const value = BigInt(whole) * 1_000_000n + BigInt(fraction.padEnd(6, "0"));
  return sign === "-" ? -value : value;
}

/** Millionths as a decimal with cents, rounded half up. */
export function decimal(value: bigint): string {
  const cents = (value < 0n ? -value : value) + 5_000n;
  const whole = cents / 1_000_000n;
  return `${value < 0n && cents >= 10_000n ? "-" : ""}${whole}.${String((cents % 1_000_000n) / 10_000n).padStart(2, "0")}`;
}

/** What the month will cost if its days go on as they were: days that have begun count as whole. */
export function forecast(spent: bigint, today: Date): bigint {
  const days = new Date(Date.UTC(today.getUTCFullYear(), today.getUTCMonth() + 1, 0)).getUTCDate();
  return (spent * BigInt(days)) / BigInt(today.getUTCDate());
}

/** The day `n` days before, as `2026-11-26`. */
export function dayBefore(today: Date, n: number): string {
  return new Date(today.getTime() - n * 86_400_000).toISOString().slice(0, 10);
}

export interface Sum {
  value: string;
  count: bigint;
  /** Millionths. */
  price: bigint;
}

/** One sum per value, the dearest first, then by value. */
export function sums(found: Row[]): Sum[] {
  const all = new Map<string, Sum>();
  for (const row of found) {
    const value = text(row, "value");
    const sum = all.get(value) ?? { value, count: 0n, price: 0n };
    all.set(value, { value, count: sum.count + BigInt(text(row, "count") || "0"), price: sum.price + micros(text(row, "price")) });
  }
  return [...all.values()].sort((a, b) => (a.price === b.price ? a.value.localeCompare(b.value) : a.price < b.price ? 1 : -1));
}

export interface Bar {
  day: string;
  /** The figure as it came. */
  shown: string;
  /** For drawing only: 0 to 1 of the highest. */
  height: number;
}

/** A bar for each day, also for those without usage. */
export function bars(records: Row[], today: Date, days: number, measure: "price" | "count" | "usage"): Bar[] {
  const byDay = new Map(records.map((record) => [text(record, "start_date"), text(record, measure)]));
  const all = Array.from({ length: days }, (_, at) => {
    const day = dayBefore(today, days - 1 - at);
    return { day, shown: byDay.get(day) ?? "0" };
  });
  const highest = Math.max(...all.map(({ shown }) => Number(shown)), 0);
  return all.map((bar) => ({ ...bar, height: highest > 0 ? Number(bar.shown) / highest : 0 }));
}
