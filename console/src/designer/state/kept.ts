/** What could not be saved yet, kept by the browser: without a network, or when the page is closed before. No secret of a flow is ever in it. */
import { seat } from "../../api/client";
import { type Flow, isObject } from "../model/document";

const PREFIX = "flexio.draft.";

/** A flow as it is here, and what it was made from: the server's content of that version. */
export interface Kept { version: number; base: Flow; flow: Flow }

const isFlow = (value: unknown): value is Flow => isObject(value) && typeof value["name"] === "string" && Array.isArray(value["nodes"]);

/** Whose drafts these are: of one person, in the account that is looked at. Another person at the same browser has others. `null` while nobody sits here. */
export function ownerOf(): string | null {
  const seated = seat();
  return seated && `${PREFIX}${seated.account_sid}.${seated.person.sid}.`;
}

export function keep(owner: string, sid: string, kept: Kept): void {
  try {
    localStorage.setItem(owner + sid, JSON.stringify(kept));
  } catch {
    // Full, or forbidden: then it is kept by the page alone, which warns before it is closed.
  }
}

/** Whoever signs out leaves none of theirs behind, in whichever account. What somebody else could not save yet stays theirs. */
export function forgetAll(): void {
  const person = seat()?.person.sid;
  if (person === undefined) return;
  for (const key of Object.keys(localStorage)) if (key.startsWith(PREFIX) && key.split(".")[3] === person) localStorage.removeItem(key);
}

/** `null` where there is none, or what is there is no draft of ours. */
export function keptOf(owner: string, sid: string): Kept | null {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(owner + sid) ?? "null");
    if (!isObject(kept)) return null;
    const { version, base, flow } = kept;
    return typeof version === "number" && isFlow(base) && isFlow(flow) ? { version, base, flow } : null;
  } catch {
    return null;
  }
}

export function forget(owner: string, sid: string): void {
  localStorage.removeItem(owner + sid);
}
