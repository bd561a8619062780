/** Sizes and places of what is drawn. They follow from the document alone, so nothing has to be measured in the page. */
import type { Flow, FlowNode, Frame, Point, Ports } from "./document";
import { portsOf } from "./document";

export const WIDTH = 232;
export const HEAD = 56;
export const ROW = 24;
export const NOTE = { width: 200, height: 100 };

export interface Box extends Point { width: number; height: number }

export const heightOf = (node: FlowNode, ports: Ports): number => HEAD + ROW * portsOf(node, ports).length + 6;
export const portY = (index: number): number => HEAD + ROW * index + ROW / 2;
export const box = (node: FlowNode, ports: Ports): Box => ({ x: node.position?.x ?? 0, y: node.position?.y ?? 0, width: WIDTH, height: heightOf(node, ports) });

export function frameBox(frame: Frame, flow: Flow, ports: Ports): Box | null {
  const boxes = flow.nodes.filter((node) => frame.nodes.includes(node.id)).map((node) => box(node, ports));
  if (boxes.length === 0) return null;
  const x = Math.min(...boxes.map((each) => each.x)) - 24;
  const y = Math.min(...boxes.map((each) => each.y)) - 44;
  return { x, y, width: Math.max(...boxes.map((each) => each.x + each.width)) - x + 24, height: Math.max(...boxes.map((each) => each.y + each.height)) - y + 24 };
}

/** Whether nodes lie on each other or have no place: then the flow was drawn for other sizes, or by no hand at all. */
export function isCrowded(flow: Flow, ports: Ports): boolean {
  if (flow.nodes.some((node) => !node.position)) return true;
  const boxes = flow.nodes.map((node) => box(node, ports)).sort((a, b) => a.y - b.y);
  return boxes.some((one, at) => {
    for (let other = at + 1; other < boxes.length; other += 1) {
      const next = boxes[other];
      if (!next || next.y >= one.y + one.height) return false;
      if (next.x < one.x + one.width && one.x < next.x + next.width) return true;
    }
    return false;
  });
}
