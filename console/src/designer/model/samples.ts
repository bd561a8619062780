import type { Run } from "../api";
import { type Flow, isObject } from "./document";

/** Names that templates of this flow see, each with a value it may have. */
export function samples(flow: Flow, run: Run | null): [string, string][] {
  const shown = (value: unknown): string => (value === undefined || value === null ? "" : typeof value === "string" ? value : JSON.stringify(value));
  const declared = Object.entries(flow.variables ?? {}).map(([name, variable]): [string, string] => [name, shown(run?.variables[name] ?? variable["value"])]);
  const taken = new Set(declared.map(([name]) => name));
  const set = Object.entries(run?.variables ?? {}).filter(([name]) => !taken.has(name)).map(([name, value]): [string, string] => [name, shown(value)]);
  const asked = flow.nodes.flatMap((node) => {
    const name = isObject(node.properties) ? node.properties["variable"] : undefined;
    return typeof name === "string" && name && !taken.has(name) && run?.variables[name] === undefined ? [name] : [];
  });
  const fixed: [string, string][] = [
    ["trigger.from", "+32470123456"], ["trigger.to", "+3225550101"], ["trigger.body", ""], ["contact.channel.address", "+32470123456"], ["flow.name", flow.name],
    ["call.digits", "1"], ["call.speech", ""], ["call.dial_status", "answered"], ["call.recording_url", "https://…"], ["message.body", ""], ["language", flow.languages?.[0] ?? ""], ["now", "2026-01-05T10:00:00Z"],
  ];
  const secrets = (flow.secrets ?? []).map((name): [string, string] => [`secrets.${name}`, "•••"]);
  return [...declared, ...set, ...[...new Set(asked)].map((name): [string, string] => [name, ""]), ...fixed, ...secrets];
}
