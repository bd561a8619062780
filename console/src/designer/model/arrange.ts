/** Puts the selected steps and notes into line, or at equal distances. */
import type { Flow, Point, Ports } from "./document";
import { moveTo } from "./edit";
import { type Box, box, NOTE } from "./geometry";

export const SIDES = ["left", "center", "right", "top", "middle", "bottom"] as const;
export type Side = (typeof SIDES)[number];
export const AXES = ["across", "down"] as const;
export type Axis = (typeof AXES)[number];

function boxes(flow: Flow, ports: Ports, ids: ReadonlySet<string>): Map<string, Box> {
  const nodes = flow.nodes.map((node) => [node.id, box(node, ports)] as const);
  const notes = (flow.notes ?? []).map((note) => [note.id, { x: note.position?.x ?? 0, y: note.position?.y ?? 0, ...NOTE }] as const);
  return new Map([...nodes, ...notes].filter(([id]) => ids.has(id)));
}

/** Brings one side of all of them to where that of the outermost is, or their middles to the middle of all. */
export function align(flow: Flow, ports: Ports, ids: ReadonlySet<string>, side: Side): Flow {
  const all = boxes(flow, ports, ids);
  if (all.size < 2) return flow;
  const each = [...all.values()];
  const [left, top] = [Math.min(...each.map(({ x }) => x)), Math.min(...each.map(({ y }) => y))];
  const [right, bottom] = [Math.max(...each.map(({ x, width }) => x + width)), Math.max(...each.map(({ y, height }) => y + height))];
  const place = ({ x, y, width, height }: Box): Point => {
    switch (side) {
      case "left": return { x: left, y };
      case "center": return { x: Math.round((left + right - width) / 2), y };
      case "right": return { x: right - width, y };
      case "top": return { x, y: top };
      case "middle": return { x, y: Math.round((top + bottom - height) / 2) };
      case "bottom": return { x, y: bottom - height };
    }
  };
  return moveTo(flow, new Map([...all].map(([id, at]) => [id, place(at)])));
}

/** Makes the gaps between them equal; the first and the last stay. */
export function distribute(flow: Flow, ports: Ports, ids: ReadonlySet<string>, axis: Axis): Flow {
  const [at, size] = axis === "across" ? (["x", "width"] as const) : (["y", "height"] as const);
  const sorted = [...boxes(flow, ports, ids)].sort(([, a], [, b]) => a[at] - b[at]);
  const [first, last] = [sorted[0]?.[1], sorted.at(-1)?.[1]];
  if (!first || !last || sorted.length < 3) return flow;
  const taken = sorted.reduce((sum, [, each]) => sum + each[size], 0);
  const gap = (last[at] + last[size] - first[at] - taken) / (sorted.length - 1);
  let next = first[at];
  const places = new Map(sorted.map(([id, { x, y, ...each }]) => {
    const spot = Math.round(next);
    next += each[size] + gap;
    return [id, axis === "across" ? { x: spot, y } : { x, y: spot }];
  }));
  return moveTo(flow, places);
}
