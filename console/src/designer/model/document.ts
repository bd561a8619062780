/** The flow document as docs/flows.md and `flow.schema.json` say, and what is known of its kinds of nodes. */
export type Json = string | number | boolean | null | Json[] | { [name: string]: Json };
export type JsonObject = { [name: string]: Json };
export interface Point { x: number; y: number }

export interface FlowNode {
  id: string;
  type: string;
  label?: string;
  properties?: JsonObject;
  next?: Record<string, string>;
  position?: Point | null;
}
export interface Note { id: string; text: string; position?: Point | null }
export interface Frame { id: string; label: string; nodes: string[] }
export interface Flow {
  form?: number;
  name: string;
  description?: string;
  languages?: string[];
  variables?: Record<string, JsonObject>;
  secrets?: string[];
  on_error?: string | null;
  nodes: FlowNode[];
  groups?: Frame[];
  notes?: Note[];
  tests?: JsonObject[];
}

export interface Port { name: string; fault: boolean }
/** Ports of each kind of node, as the server tells them. */
export type Ports = Record<string, Port[]>;

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Lists whose entries are ports of their own, by kind. */
const OWN_PORTS: Record<string, string> = { menu: "choices", switch: "cases", split: "branches" };

/** Every outcome of a node: its own choices first, then what the kind always has. */
export function portsOf(node: FlowNode, ports: Ports): Port[] {
  const list = node.properties?.[OWN_PORTS[node.type] ?? ""];
  const own = (Array.isArray(list) ? list : [])
    .map((entry) => (isObject(entry) ? entry["port"] : undefined))
    .filter((name): name is string => typeof name === "string" && name !== "");
  const fixed = ports[node.type] ?? [];
  const known = new Set([...own, ...fixed.map((port) => port.name)]);
  // An edge whose port is gone stays visible, so that it can be moved or removed.
  const stray = Object.keys(node.next ?? {}).filter((name) => !known.has(name));
  return [...new Set(own)].map((name) => ({ name, fault: false })).concat(fixed, stray.map((name) => ({ name, fault: true })));
}

export const isTrigger = (type: string): boolean => type.startsWith("on_");
export const titleOf = (node: FlowNode): string => node.label?.trim() || node.id;
export const nodeOf = (flow: Flow, id: string | null | undefined): FlowNode | undefined =>
  flow.nodes.find((node) => node.id === id);

/** A name that is not taken: `say`, `say_2`, `say_3`… */
export function freeName(wanted: string, taken: ReadonlySet<string>): string {
  if (!taken.has(wanted)) return wanted;
  const stem = wanted.replace(/_\d+$/, "");
  for (let count = 2; ; count += 1) if (!taken.has(`${stem}_${count}`)) return `${stem}_${count}`;
}

/** Equal as JSON, whatever the order of members. */
export function same(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (Array.isArray(a) && Array.isArray(b)) return a.length === b.length && a.every((item, at) => same(item, b[at]));
  if (!isObject(a) || !isObject(b)) return false;
  const names = new Set([...Object.keys(a), ...Object.keys(b)]);
  return [...names].every((name) => same(a[name], b[name]));
}
