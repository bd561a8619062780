/** Nodes as text: what is copied here can be pasted into another flow, an editor or a message. */
import { type Flow, type FlowNode, freeName, isObject, isTrigger, type Note } from "./document";

const MARK = "flexio/nodes";
/** What is pasted at once, at most: as many nodes as a flow may have. */
const NODES_MAX = 2_000;

export function toText(flow: Flow, ids: ReadonlySet<string>): string {
  const nodes = flow.nodes.filter((node) => ids.has(node.id));
  const notes = (flow.notes ?? []).filter((note) => ids.has(note.id));
  return JSON.stringify({ kind: MARK, nodes, notes }, null, 2);
}

export function fromText(text: string): { nodes: FlowNode[]; notes: Note[] } | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  // A whole flow can be pasted too: its nodes are meant.
  if (!isObject(value) || !Array.isArray(value["nodes"]) || value["nodes"].length > NODES_MAX) return null;
  const nodes: unknown[] = value["nodes"];
  const notes: unknown[] = Array.isArray(value["notes"]) ? value["notes"] : [];
  const isNode = (node: unknown): node is FlowNode => isObject(node) && typeof node["id"] === "string" && typeof node["type"] === "string";
  const isNote = (note: unknown): note is Note => isObject(note) && typeof note["id"] === "string" && typeof note["text"] === "string";
  return nodes.every(isNode) && notes.every(isNote) && nodes.length + notes.length > 0 ? { nodes, notes } : null;
}

/** Whether a text is a document of RCML or TwiML rather than steps. */
export const isMarkup = (text: string): boolean => /^\s*(<\?xml[^>]*>\s*)?(<!--[\s\S]*?-->\s*)*<Response[\s/>]/.test(text);

/** Nodes that come from elsewhere, moved below everything that is drawn. */
export function below(nodes: FlowNode[], boxes: { x: number; y: number; height: number }[]): FlowNode[] {
  const [left, bottom] = [Math.min(0, ...boxes.map(({ x }) => x)), Math.max(-120, ...boxes.map(({ y, height }) => y + height))];
  return nodes.map((node) => ({ ...node, position: { x: left + (node.position?.x ?? 0), y: bottom + 120 + (node.position?.y ?? 0) } }));
}

/** Puts copied nodes in: names that are taken become new ones, edges among them are kept, others only where they lead somewhere. */
export function paste(flow: Flow, copied: { nodes: FlowNode[]; notes: Note[] }): { flow: Flow; ids: string[] } {
  const taken = new Set([...flow.nodes, ...(flow.notes ?? [])].map((each) => each.id));
  const present = new Set(flow.nodes.map((node) => node.id));
  const triggers = new Set(flow.nodes.map((node) => node.type).filter(isTrigger));
  const names = new Map<string, string>();
  const naming = (id: string): string => {
    const name = freeName(id, taken);
    taken.add(name);
    names.set(id, name);
    return name;
  };
  // A flow has one trigger of each kind: a second one is left out.
  const wanted = copied.nodes.filter((node) => !triggers.has(node.type));
  for (const { id } of [...wanted, ...copied.notes]) naming(id);
  const shifted = (at: { x: number; y: number } | null | undefined) => ({ x: (at?.x ?? 0) + 40, y: (at?.y ?? 0) + 40 });
  const nodes = wanted.map((node) => {
    const next: Record<string, string> = {};
    for (const [port, to] of Object.entries(node.next ?? {})) {
      const target = names.get(to) ?? (present.has(to) ? to : undefined);
      if (target) next[port] = target;
    }
    return { ...node, id: names.get(node.id) ?? node.id, next, position: shifted(node.position) };
  });
  const notes = copied.notes.map((note) => ({ ...note, id: names.get(note.id) ?? note.id, position: shifted(note.position) }));
  return {
    flow: { ...flow, nodes: [...flow.nodes, ...nodes], ...(notes.length > 0 ? { notes: [...(flow.notes ?? []), ...notes] } : {}) },
    ids: [...nodes, ...notes].map((each) => each.id),
  };
}
