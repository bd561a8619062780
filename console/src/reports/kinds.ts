/** The reports and what each is asked with. */
export const KINDS = ["Revenue", "Unbilled", "AgedDebt", "Regulator", "Margin"] as const;
export type Kind = (typeof KINDS)[number];

/** How the cells of a column are written. */
export type Cell = "text" | "count" | "money" | "account" | "item" | "price" | "month" | "name";

export const cells: Record<string, Cell> = {
  ledger_account: "item", postings: "count", amount: "money", account_sid: "account", account_name: "text", payer_sid: "account", buyer: "text", invoices: "count",
  not_due: "money", days_0_30: "money", days_31_60: "money", days_61_90: "money", days_over_90: "money", open: "money", carrier: "text", item: "price", uses: "count", sold: "money", bought: "money", margin: "money", not_priced: "count", month: "month", measure: "name", class: "text", value: "count",
};

/** The columns of each, in their order; rows without any say nothing of it. */
export const columns: Record<Kind, string[]> = {
  Revenue: ["ledger_account", "postings", "amount"],
  // The figures are what is looked for; sids are long and stand last.
  Unbilled: ["account_name", "amount", "account_sid", "payer_sid"],
  AgedDebt: ["buyer", "open", "not_due", "days_0_30", "days_31_60", "days_61_90", "days_over_90", "invoices", "account_sid"],
  Margin: ["carrier", "item", "uses", "sold", "bought", "margin", "not_priced"],
  Regulator: ["month", "measure", "class", "value"],
};

export const isMonthly = (kind: Kind): boolean => kind === "Regulator" || kind === "Margin";
export const hasPeriod = (kind: Kind): boolean => kind === "Revenue" || isMonthly(kind);
/** Whether it is of one month alone. */
export const isOfOne = (kind: Kind): boolean => kind === "Margin";

/** What a report is asked with before anybody chooses: this month up to `today`, this month, or the last three months. */
export function periodOf(kind: Kind, today: Date): { from: string; to: string } {
  const day = today.toISOString().slice(0, 10);
  const month = day.slice(0, 7);
  if (!isMonthly(kind)) return { from: `${month}-01`, to: day };
  if (isOfOne(kind)) return { from: month, to: month };
  const first = new Date(Date.UTC(today.getUTCFullYear(), today.getUTCMonth() - 2, 1));
  return { from: first.toISOString().slice(0, 7), to: month };
}

/** Where a report is read, and with `csv` as a file. */
export function reportPath(base: string, kind: Kind, period: { from: string; to: string }, ending: "json" | "csv"): string {
  const asked = isOfOne(kind) ? { Month: period.from } : { From: period.from, To: period.to };
  const query = hasPeriod(kind) ? `?${new URLSearchParams(asked)}` : "";
  return `${base}/Reports/${kind}.${ending}${query}`;
}
