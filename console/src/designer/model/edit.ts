/** Edits of a flow. Each returns a new flow and shares what it did not touch, so that undo is the previous value. */
import { type Flow, type FlowNode, freeName, isTrigger, type Json, type JsonObject, nodeOf, type Point, type Ports, portsOf } from "./document";
import { box } from "./geometry";

const mapNode = (flow: Flow, id: string, edit: (node: FlowNode) => FlowNode): Flow => ({
  ...flow,
  nodes: flow.nodes.map((node) => (node.id === id ? edit(node) : node)),
});

const names = (flow: Flow): Set<string> => new Set(flow.nodes.map((node) => node.id));

/** Adds a node; behind `after`, through its first free outcome, where one is given. */
export function addNode(flow: Flow, ports: Ports, type: string, after?: string | null, at?: Point): { flow: Flow; id: string } {
  const id = freeName(type.replace(/^on_/, ""), names(flow));
  const before = nodeOf(flow, after);
  const position = at ?? place(flow, ports, before);
  const grown = { ...flow, nodes: [...flow.nodes, { id, type, properties: {}, position }] };
  const outcome = before && !isTrigger(type) && portsOf(before, ports).find((port) => !port.fault && !before.next?.[port.name]);
  return { flow: before && outcome ? connect(grown, before.id, outcome.name, id) : grown, id };
}

/** Right of the node before, below whatever stands there already. */
function place(flow: Flow, ports: Ports, before: FlowNode | undefined): Point {
  const from = before?.position ?? { x: 0, y: 0 };
  const spot = before ? { x: from.x + 320, y: from.y } : { x: 0, y: 0 };
  const boxes = flow.nodes.map((node) => box(node, ports));
  for (let turn = 0; turn < 200; turn += 1) {
    const hit = boxes.find((other) => spot.x < other.x + other.width && other.x < spot.x + 240 && spot.y < other.y + other.height && other.y < spot.y + 120);
    if (!hit) break;
    spot.y = hit.y + hit.height + 40;
  }
  return spot;
}

export const connect = (flow: Flow, from: string, port: string, to: string): Flow =>
  mapNode(flow, from, (node) => ({ ...node, next: { ...node.next, [port]: to } }));

export const disconnect = (flow: Flow, from: string, port: string): Flow =>
  mapNode(flow, from, (node) => ({ ...node, next: Object.fromEntries(Object.entries(node.next ?? {}).filter(([name]) => name !== port)) }));

export function moveTo(flow: Flow, places: ReadonlyMap<string, Point>): Flow {
  const notes = flow.notes?.map((note) => ({ note, at: places.get(note.id) })).map(({ note, at }) => (at ? { ...note, position: at } : note));
  const nodes = flow.nodes.map((node) => {
    const at = places.get(node.id);
    return at ? { ...node, position: at } : node;
  });
  return { ...flow, nodes, ...(notes ? { notes } : {}) };
}

/** Removes nodes and notes, and every edge, frame and error handler that named them. */
export function remove(flow: Flow, ids: ReadonlySet<string>): Flow {
  const nodes = flow.nodes.filter((node) => !ids.has(node.id)).map((node) => {
    const kept = Object.entries(node.next ?? {}).filter(([, to]) => !ids.has(to));
    return kept.length === Object.keys(node.next ?? {}).length ? node : { ...node, next: Object.fromEntries(kept) };
  });
  const groups = flow.groups?.map((group) => ({ ...group, nodes: group.nodes.filter((id) => !ids.has(id)) })).filter((group) => group.nodes.length > 0);
  return {
    ...flow,
    nodes,
    ...(groups ? { groups } : {}),
    ...(flow.notes ? { notes: flow.notes.filter((note) => !ids.has(note.id)) } : {}),
    on_error: flow.on_error && ids.has(flow.on_error) ? null : (flow.on_error ?? null),
  };
}

export const setLabel = (flow: Flow, id: string, label: string): Flow => mapNode(flow, id, (node) => ({ ...node, label }));

/** A value within the properties; `undefined` leaves it out again. Outcomes that were renamed keep their edges. */
export function setProperty(flow: Flow, id: string, path: readonly (string | number)[], value: Json | undefined): Flow {
  return mapNode(flow, id, (node) => {
    const properties = withValue(node.properties ?? {}, path, value);
    const changed: FlowNode = { ...node, properties: properties && typeof properties === "object" && !Array.isArray(properties) ? properties : {} };
    return path.at(-1) === "port" ? renamedPort(node, changed, path, value) : changed;
  });
}

function renamedPort(before: FlowNode, after: FlowNode, path: readonly (string | number)[], value: Json | undefined): FlowNode {
  const old = valueAt(before.properties ?? {}, path);
  if (typeof old !== "string" || typeof value !== "string" || !before.next?.[old] || value === "" || before.next[value]) return after;
  const next = Object.fromEntries(Object.entries(before.next).map(([port, to]) => [port === old ? value : port, to]));
  return { ...after, next };
}

export function valueAt(value: Json | undefined, path: readonly (string | number)[]): Json | undefined {
  return path.reduce<Json | undefined>((at, step) => {
    if (Array.isArray(at)) return typeof step === "number" ? at[step] : undefined;
    return at && typeof at === "object" ? at[step] : undefined;
  }, value);
}

function withValue(at: Json, path: readonly (string | number)[], value: Json | undefined): Json {
  const [step, ...rest] = path;
  if (step === undefined) return value ?? null;
  if (typeof step === "number") {
    const list = Array.isArray(at) ? [...at] : [];
    if (rest.length === 0 && value === undefined) list.splice(step, 1);
    else list[step] = rest.length === 0 ? (value ?? null) : withValue(list[step] ?? null, rest, value);
    return list;
  }
  const members: JsonObject = at && typeof at === "object" && !Array.isArray(at) ? { ...at } : {};
  if (rest.length === 0 && value === undefined) delete members[step];
  else members[step] = rest.length === 0 ? (value ?? null) : withValue(members[step] ?? (typeof rest[0] === "number" ? [] : {}), rest, value);
  return members;
}

/** Gives a node another name, wherever the flow names it. */
export function rename(flow: Flow, from: string, to: string): Flow {
  if (from === to || !/^[A-Za-z][A-Za-z0-9_]*$/.test(to) || names(flow).has(to)) return flow;
  const named = (id: string): string => (id === from ? to : id);
  const nodes = flow.nodes.map((node) => {
    const next = node.next && Object.fromEntries(Object.entries(node.next).map(([port, id]) => [port, named(id)]));
    const goes = node.type === "goto" && node.properties?.["node"] === from;
    return { ...node, id: named(node.id), ...(next ? { next } : {}), ...(goes ? { properties: { ...node.properties, node: to } } : {}) };
  });
  const groups = flow.groups?.map((group) => ({ ...group, nodes: group.nodes.map(named) }));
  return { ...flow, nodes, ...(groups ? { groups } : {}), on_error: flow.on_error ? named(flow.on_error) : null };
}

export function addNote(flow: Flow, text: string, position: Point): { flow: Flow; id: string } {
  const taken = new Set([...names(flow), ...(flow.notes ?? []).map((note) => note.id)]);
  const id = freeName("note", taken);
  return { flow: { ...flow, notes: [...(flow.notes ?? []), { id, text, position }] }, id };
}

export const setNote = (flow: Flow, id: string, text: string): Flow => ({
  ...flow,
  notes: (flow.notes ?? []).map((note) => (note.id === id ? { ...note, text } : note)),
});

export function addFrame(flow: Flow, label: string, nodes: string[]): Flow {
  const id = freeName("group", new Set((flow.groups ?? []).map((group) => group.id)));
  return nodes.length === 0 ? flow : { ...flow, groups: [...(flow.groups ?? []), { id, label, nodes }] };
}

export const removeFrame = (flow: Flow, id: string): Flow => ({ ...flow, groups: (flow.groups ?? []).filter((group) => group.id !== id) });
export const addTest = (flow: Flow, test: JsonObject): Flow => {
  const taken = new Set((flow.tests ?? []).map((each) => String(each["name"])));
  return { ...flow, tests: [...(flow.tests ?? []), { ...test, name: freeName(String(test["name"] ?? "test"), taken) }] };
};
export const removeTest = (flow: Flow, name: string): Flow => ({ ...flow, tests: (flow.tests ?? []).filter((test) => test["name"] !== name) });
