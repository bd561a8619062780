/** What a person has set for the lists of the console, kept by their browser: by person, so that another at the same browser has their own. */
import { isRecord } from "../api/client";

const PREFIX = "flexio.lists.";

/** Filters under a name, as the address of the page has them. */
export interface Saved { name: string; search: string }
/** Places of columns that are not shown, and saved filters. */
export interface Kept { hidden: readonly number[]; saved: readonly Saved[] }

const NONE: Kept = { hidden: [], saved: [] };

/** What a text that was kept says; what it does not say is as nobody had set it. */
export function keptIn(text: string | null): Kept {
  let value: unknown = null;
  try {
    value = JSON.parse(text ?? "null");
  } catch {
    return NONE;
  }
  if (!isRecord(value)) return NONE;
  const list = (name: string): unknown[] => { const found = value[name]; return Array.isArray(found) ? found : []; };
  const hidden = list("hidden").filter((place): place is number => typeof place === "number");
  const saved = list("saved").flatMap((each) => (isRecord(each) && typeof each["name"] === "string" && typeof each["search"] === "string" ? [{ name: each["name"], search: each["search"] }] : []));
  return { hidden, saved };
}

export const keptOf = (person: string, list: string): Kept => keptIn(localStorage.getItem(`${PREFIX}${person}.${list}`));

export function keep(person: string, list: string, kept: Kept): void {
  try {
    localStorage.setItem(`${PREFIX}${person}.${list}`, JSON.stringify(kept));
  } catch {
    // Full, or forbidden: then it holds for this page alone.
  }
}

/** The filters with these under this name: in place of those that had it. */
export const withSaved = (saved: readonly Saved[], name: string, search: string): Saved[] => [...saved.filter((each) => each.name !== name), { name, search }];
