import { isRecord } from "../api/client";
import { type Row, rows, text } from "../api/lists";

/** Where something happened: on a leg of the call, in its instructions, or towards the customer's webhooks. */
export type Lane = `leg-${number}` | "instructions" | "webhooks";

export interface Happening {
  key: string;
  /** ISO 8601. */
  at: string;
  /** Milliseconds since the first. */
  after_ms: number;
  lane: Lane;
  event: string;
  detail: string;
  bad: boolean;
  /** What asks for it to be sent again, where that can be. */
  again?: Record<string, string>;
}

const instructions = ["fetch", "fetch-failed", "document", "document-end", "verb", "notification"];
const failures = ["fetch-failed", "notification"];
/** A request to the application, and its answer. */
const EXCHANGE = "fetched";

function fields(event: Row): Record<string, string> {
  return Object.fromEntries(rows(event["fields"]).map((field) => [text(field, "name"), text(field, "value")]));
}

const leg = (number: string | undefined): Lane => `leg-${Number(number ?? 0) || 0}`;

/** `POST https://app.example/voice · 200 · 41 ms`, and what was wrong with it. */
function exchange({ method, url, status, duration_ms: took, error }: Record<string, string>): string {
  return [`${method ?? ""} ${url ?? ""}`.trim(), status, took && `${took} ms`, error].filter(Boolean).join(" · ");
}

/** One picture of everything the platform noted, in the order in which it happened. */
export function happenings(timeline: unknown): Happening[] {
  const whole = isRecord(timeline) ? timeline : {};
  const noted = rows(whole["events"]).filter((event) => text(event, "event") !== "media").map((event) => {
    const { leg: number, detail, ...rest } = fields(event);
    const name = text(event, "event");
    return {
      key: `e${text(event, "sequence")}`,
      at: text(event, "at"),
      lane: name === EXCHANGE ? ("webhooks" as const) : instructions.includes(name) ? ("instructions" as const) : leg(number),
      event: name,
      detail: name === EXCHANGE ? exchange(rest) : [detail, ...Object.values(rest)].filter(Boolean).join(" · "),
      bad: failures.includes(name) || rest["error"] !== undefined,
      ...(event["resendable"] === true && { again: { Sequence: text(event, "sequence") } }),
    };
  });
  const told = rows(whole["callbacks"]).map((callback) => ({
    key: text(callback, "sid"),
    at: text(callback, "date_created"),
    lane: "webhooks" as const,
    event: text(callback, "event"),
    detail: [`${text(callback, "method")} ${text(callback, "url")}`, text(callback, "state"), `× ${text(callback, "attempts")}`, text(callback, "last_error")].filter(Boolean).join(" · "),
    bad: text(callback, "state") === "dropped" || text(callback, "last_error") !== "",
    ...(callback["resendable"] === true && { again: { CallbackSid: text(callback, "sid") } }),
  }));
  const all = [...noted, ...told].toSorted((a, b) => Date.parse(a.at) - Date.parse(b.at));
  const first = Date.parse(all[0]?.at ?? "");
  return all.map((each) => ({ ...each, after_ms: Date.parse(each.at) - first }));
}

/** The lanes that something happened in: legs first. */
export function lanes(all: Happening[]): Lane[] {
  const found = new Set(all.map(({ lane }) => lane));
  const legs = [...found].filter((lane) => lane.startsWith("leg-")).toSorted();
  return [...legs, ...(["instructions", "webhooks"] as const).filter((lane) => found.has(lane))];
}

/** What the media side measured, by leg: `codec=PCMA lost=0 mos=4.36`. */
export function quality(timeline: unknown): { leg: string; values: Record<string, string> }[] {
  const whole = isRecord(timeline) ? timeline : {};
  return rows(whole["events"]).filter((event) => text(event, "event") === "media").map((event) => {
    const { leg: number = "0", detail = "" } = fields(event);
    const values = Object.fromEntries(detail.split(" ").map((pair) => pair.split("=")).filter((pair): pair is [string, string] => pair.length === 2));
    return { leg: number, values };
  });
}

/** How much of a recording is drawn, as the loudest sample of each slice, 0 to 1. */
export function peaks(samples: ArrayLike<number>, slices: number): number[] {
  const size = Math.max(1, Math.floor(samples.length / slices));
  return Array.from({ length: Math.min(slices, samples.length) }, (_, slice) => {
    let loudest = 0;
    for (let at = slice * size; at < Math.min((slice + 1) * size, samples.length); at += 1) loudest = Math.max(loudest, Math.abs(samples[at] ?? 0));
    return Math.min(1, loudest);
  });
}
