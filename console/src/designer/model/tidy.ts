/** Places every node anew, from left to right in the order of the flow. */
import { Graph, layout } from "@dagrejs/dagre";
import type { Flow, Point, Ports } from "./document";
import { portsOf } from "./document";
import { moveTo } from "./edit";
import { heightOf, WIDTH } from "./geometry";
import { outline } from "./outline";

export function tidy(flow: Flow, ports: Ports): Flow {
  const graph = new Graph({ multigraph: true });
  graph.setGraph({ rankdir: "LR", nodesep: 36, ranksep: 88 });
  graph.setDefaultEdgeLabel(() => ({}));
  const rank = new Map(outline(flow, ports).map((row, at) => [row.node.id, at]));
  for (const node of flow.nodes) graph.setNode(node.id, { width: WIDTH, height: heightOf(node, ports) });
  for (const node of flow.nodes) {
    for (const [port, to] of Object.entries(node.next ?? {})) {
      // An edge that leads back would pull its loop apart: it has no say in the order.
      if (!rank.has(to) || (rank.get(to) ?? 0) <= (rank.get(node.id) ?? 0)) continue;
      const fault = portsOf(node, ports).find((each) => each.name === port)?.fault ?? false;
      graph.setEdge(node.id, to, { weight: fault ? 1 : 3 }, port);
    }
  }
  layout(graph);
  const places = new Map<string, Point>();
  for (const node of flow.nodes) {
    const at = graph.node(node.id);
    if (at.x === undefined || at.y === undefined) continue;
    places.set(node.id, { x: Math.round(at.x - WIDTH / 2), y: Math.round(at.y - heightOf(node, ports) / 2) });
  }
  return moveTo(flow, places);
}
