import { type Row, text } from "../api/lists";

const ZERO = /^-?0+(\.0+)?$/;

/** Whether an amount is nothing. */
export const isZero = (amount: string) => amount === "" || ZERO.test(amount);

/** `open` and `paid` as the platform says, of a credit note `settled`, and `overdue` what is open after its day. `today` is `2026-12-03`. */
export function stateOf(invoice: Row, today: string): string {
  const status = text(invoice, "status");
  if (text(invoice, "kind") === "credit_note" && status === "paid") return "settled";
  const due = text(invoice, "due_on");
  return status === "open" && text(invoice, "kind") === "invoice" && due !== "" && due < today ? "overdue" : status;
}

/** The day it is where the person sits. */
export function dayOf(now: Date): string {
  const two = (value: number) => String(value).padStart(2, "0");
  return `${now.getFullYear()}-${two(now.getMonth() + 1)}-${two(now.getDate())}`;
}
