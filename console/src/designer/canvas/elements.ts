/** The document as React Flow's nodes and edges. What has not changed keeps its identity, so that a change draws one node and not 500. */
import { type Edge, type Node, Position } from "@xyflow/react";
import { type Flow, type FlowNode, type Frame, type Note, type Port, type Ports, portsOf, titleOf } from "../model/document";
import { type Box, frameBox, HEAD, heightOf, NOTE, portY, WIDTH } from "../model/geometry";
import type { Speak } from "../words";

export type StepNode = Node<{ node: FlowNode; ports: Port[]; worst: "error" | "warning" | null; turn: number | null; live: boolean; stop: boolean }, "step">;
export type NoteNode = Node<{ note: Note }, "note">;
export type FrameNode = Node<{ frame: Frame; box: Box }, "frame">;
export type CanvasNode = StepNode | NoteNode | FrameNode;

export interface Look {
  flow: Flow;
  ports: Ports;
  selected: ReadonlySet<string>;
  worst: ReadonlyMap<string, "error" | "warning">;
  /** Place in the lit path, from 1. */
  turns: ReadonlyMap<string, number>;
  /** Where an execution is now. */
  live: string | null;
  /** How often each outcome was taken, `node:port`. */
  counts: ReadonlyMap<string, number> | null;
  /** Steps before which a run of the simulator stops. */
  stops: ReadonlySet<string>;
  w: Speak;
}

/** Remembers what was made of each node. */
export class Elements {
  private made = new Map<string, { key: readonly unknown[]; node: CanvasNode }>();
  private lines = new Map<string, { key: readonly unknown[]; edges: Edge[] }>();

  private kept(id: string, key: readonly unknown[], make: () => CanvasNode): CanvasNode {
    const before = this.made.get(id);
    if (before && before.key.every((part, at) => part === key[at])) return before.node;
    const node = make();
    this.made.set(id, { key, node });
    return node;
  }

  nodes(look: Look): CanvasNode[] {
    const { flow, ports, selected, worst, turns, live, stops, w } = look;
    const frames = (flow.groups ?? []).flatMap((frame) => {
      const box = frameBox(frame, flow, ports);
      return box ? [this.kept(`group:${frame.id}`, [frame.label, box.x, box.y, box.width, box.height], () => frameNode(frame, box))] : [];
    });
    const notes = (flow.notes ?? []).map((note) =>
      this.kept(`note:${note.id}`, [note, selected.has(note.id)], () => noteNode(note, selected.has(note.id), w)));
    const steps = flow.nodes.map((node) => {
      const key = [node, selected.has(node.id), worst.get(node.id), turns.get(node.id), live === node.id, stops.has(node.id), ports, w];
      return this.kept(node.id, key, () => stepNode(node, look));
    });
    return [...frames, ...notes, ...steps];
  }

  edges({ flow, ports, turns, counts, w }: Look, chosen: ReadonlySet<string>, path: readonly string[]): Edge[] {
    const byId = new Map(flow.nodes.map((node) => [node.id, node]));
    const lit = new Set(path.slice(1).map((to, at) => `${path[at]}>${to}`));
    return flow.nodes.flatMap((node) => {
      const targets = Object.values(node.next ?? {}).map((id) => byId.get(id)).map((to) => (to ? titleOf(to) : ""));
      const marks = Object.entries(node.next ?? {}).map(([port, to]) => `${chosen.has(`${node.id}:${port}`)}${lit.has(`${node.id}>${to}`)}${counts?.get(`${node.id}:${port}`) ?? (counts ? 0 : "")}`);
      const key = [node.next, node.label, node.type, ports, w, turns.size > 0, targets.join("|"), marks.join("|")];
      const before = this.lines.get(node.id);
      if (before && before.key.every((part, at) => part === key[at])) return before.edges;
      const edges = portsOf(node, ports).flatMap((port): Edge[] => {
        const to = byId.get(node.next?.[port.name] ?? "");
        if (!to) return [];
        const id = `${node.id}:${port.name}`;
        const isLit = lit.has(`${node.id}>${to.id}`);
        return [{
          id, source: node.id, sourceHandle: port.name, target: to.id, targetHandle: "in", selected: chosen.has(id), reconnectable: true,
          ...(counts && { label: String(counts.get(id) ?? 0) }),
          className: [port.fault ? "fault" : "", isLit ? "lit" : ""].join(" ").trim(), animated: isLit,
          ariaLabel: w("edge", { from: titleOf(node), port: w.term("port", port.name), to: titleOf(to) }),
        }];
      });
      this.lines.set(node.id, { key, edges });
      return edges;
    });
  }
}

function stepNode(node: FlowNode, { ports, selected, worst, turns, live, stops, w }: Look): StepNode {
  const all = portsOf(node, ports);
  const [width, height] = [WIDTH, heightOf(node, ports)];
  const size = { width: 12, height: 12 };
  const inward = node.type.startsWith("on_") ? [] : [{ id: "in", type: "target" as const, position: Position.Left, x: -6, y: HEAD / 2 - 6, ...size }];
  return {
    id: node.id, type: "step", position: node.position ?? { x: 0, y: 0 }, width, height, measured: { width, height },
    handles: [...inward, ...all.map((port, at) => ({ id: port.name, type: "source" as const, position: Position.Right, x: width - 6, y: portY(at) - 6, ...size }))],
    selected: selected.has(node.id),
    ariaLabel: [w("nodeName", { kind: w.term("kind", node.type), name: titleOf(node) }), ...(stops.has(node.id) ? [w("stop.here")] : [])].join(" · "),
    data: { node, stop: stops.has(node.id), ports: all, worst: worst.get(node.id) ?? null, turn: turns.get(node.id) ?? null, live: live === node.id },
  };
}

function noteNode(note: Note, selected: boolean, w: Speak): NoteNode {
  return { id: note.id, type: "note", position: note.position ?? { x: 0, y: 0 }, ...NOTE, measured: NOTE, handles: [], selected, ariaLabel: w("nodeName", { kind: w("note"), name: note.text }), data: { note } };
}

function frameNode(frame: Frame, box: Box): FrameNode {
  const size = { width: box.width, height: box.height };
  return {
    id: `group:${frame.id}`, type: "frame", position: { x: box.x, y: box.y }, ...size, measured: size, handles: [],
    zIndex: -1, selectable: false, draggable: false, focusable: false, deletable: false, data: { frame, box },
  };
}
