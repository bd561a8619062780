/** What could not be saved yet, kept by the browser: without a network, or when the page is closed before. No secret of a flow is ever in it. */
import { type Flow, isObject } from "../model/document";

const PREFIX = "flexio.draft.";

/** A flow as it is here, and what it was made from: the server's content of that version. */
export interface Kept { version: number; base: Flow; flow: Flow }

const isFlow = (value: unknown): value is Flow => isObject(value) && typeof value["name"] === "string" && Array.isArray(value["nodes"]);

export function keep(sid: string, kept: Kept): void {
  try {
    localStorage.setItem(PREFIX + sid, JSON.stringify(kept));
  } catch {
    // Full, or forbidden: then it is kept by the page alone, which warns before it is closed.
  }
}

/** Whoever signs out leaves none behind. */
export function forgetAll(): void {
  for (const key of Object.keys(localStorage)) if (key.startsWith(PREFIX)) localStorage.removeItem(key);
}

/** `null` where there is none, or what is there is no draft of ours. */
export function keptOf(sid: string): Kept | null {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(PREFIX + sid) ?? "null");
    if (!isObject(kept)) return null;
    const { version, base, flow } = kept;
    return typeof version === "number" && isFlow(base) && isFlow(flow) ? { version, base, flow } : null;
  } catch {
    return null;
  }
}

export function forget(sid: string): void {
  localStorage.removeItem(PREFIX + sid);
}
