import { isRecord } from "../api/client";
import { type Row, rows, text } from "../api/lists";

/** One SIP message, or a place where some were dropped. */
export interface Rung {
  key: string;
  /** ISO 8601. */
  at: string;
  /** Milliseconds since the first. */
  after_ms: number;
  /** Whom it was exchanged with: address and transport. */
  peer: string;
  sent: boolean;
  /** `INVITE`, or `180 Ringing`. */
  name: string;
  /** A refusal, or a gap. */
  bad: boolean;
  /** The message as it was on the wire, with secrets blanked; empty for a gap. */
  text: string;
  dropped: number;
}

/** `INVITE sip:… SIP/2.0` is `INVITE`, `SIP/2.0 180 Ringing` is `180 Ringing`. */
export const nameOf = (line: string) => (line.startsWith("SIP/2.0 ") ? line.slice(8) : line.split(" ", 1)[0] ?? "");

/** The SIP messages of a timeline, in order of time. A challenge (401, 407) is no refusal. */
export function ladder(timeline: unknown): { peers: string[]; rungs: Rung[] } {
  const items = rows(isRecord(timeline) ? timeline["items"] : []).filter((item) => ["sip", "sip_gap"].includes(text(item, "kind")));
  const first = Date.parse(text(items[0], "at"));
  let peer = "";
  const rungs = items.map((item: Row, number): Rung => {
    const name = nameOf(text(item, "start_line"));
    const gap = text(item, "kind") === "sip_gap";
    // A gap stands where its messages were: with whom the one before was.
    if (!gap) peer = `${text(item, "remote")} ${text(item, "transport")}`;
    return {
      key: String(number), at: text(item, "at"), after_ms: Date.parse(text(item, "at")) - first, peer, name,
      sent: text(item, "direction") === "sent", bad: gap || (/^[4-6]\d\d/.test(name) && !/^40[17]/.test(name)),
      text: text(item, "text"), dropped: Number(text(item, "dropped")) || 0,
    };
  });
  return { peers: [...new Set(rungs.map((rung) => rung.peer))], rungs };
}
