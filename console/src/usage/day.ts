import { type Row, text } from "../api/lists";

/** How calls and messages of a day went. A share is of 1, of those that are over; `null` where there are none. */
export interface Day { calls: number; answered: number | null; minutes: number; messages: number; arrived: number | null; more: boolean }

const OVER = new Set(["completed", "busy", "failed", "no-answer", "canceled"]);
const SENT = new Set(["delivered", "undelivered", "failed"]);

const share = (rows: readonly Row[], good: string) => (rows.length > 0 ? rows.filter((row) => text(row, "status") === good).length / rows.length : null);

/** Of pages that are newest first and may have been cut at `size`; `now` and `within` in milliseconds. */
export function dayIn(calls: readonly Row[], messages: readonly Row[], now: number, within: number, size: number): Day {
  const young = (row: Row) => now - Date.parse(text(row, "date_created")) <= within;
  const [made, written] = [calls.filter(young), messages.filter(young)];
  const seconds = made.reduce((sum, row) => sum + Number(text(row, "duration") || "0"), 0);
  return {
    calls: made.length,
    answered: share(made.filter((row) => OVER.has(text(row, "status"))), "completed"),
    minutes: Math.round(seconds / 60),
    messages: written.length,
    arrived: share(written.filter((row) => SENT.has(text(row, "status"))), "delivered"),
    more: made.length >= size || written.length >= size,
  };
}
