import { isRecord, get } from "./client";
import { handOver } from "./file";
import { following, type Row, rows, text } from "./lists";

/** Rows of one file, at most: beyond that the filters have to be narrower. */
export const CSV_ROWS_MAX = 10_000;

/** A cell (RFC 4180). What a spreadsheet would take for a formula is made text by a quote before it. */
export function cell(value: string): string {
  const harmless = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}

export function csv(columns: string[], table: Row[]): string {
  const lines = table.map((row) => columns.map((name) => cell(text(row, name))).join(","));
  return [columns.map(cell).join(","), ...lines].map((line) => `${line}\r\n`).join("");
}

/** All pages of a list; the flag says that there are more than fit. */
export async function whole(first: string, member: string): Promise<{ found: Row[]; cut: boolean }> {
  const found: Row[] = [];
  let next: string | null = first;
  while (next !== null && found.length < CSV_ROWS_MAX) {
    const page: unknown = await get(next);
    found.push(...rows(isRecord(page) ? page[member] : []));
    next = following(page, first);
  }
  return { found: found.slice(0, CSV_ROWS_MAX), cut: next !== null || found.length > CSV_ROWS_MAX };
}

/** Hands the file to the browser. The mark tells spreadsheets that it is UTF-8. */
export const save = (name: string, content: string): void => handOver(name, new Blob(["\uFEFF", content], { type: "text/csv" }));
