import { type Row, text } from "../api/lists";

/** How many of the newest rows were made within a time before now; `more` where the page may have been too short to tell. */
export interface Recent { count: number; more: boolean }

/** Counts rows of a page that is newest first and may have been cut at `size`. Times in milliseconds. */
export function recent(page: readonly Row[], now: number, within: number, size: number): Recent {
  const count = page.filter((row) => now - Date.parse(text(row, "date_created")) <= within).length;
  return { count, more: count >= size };
}
