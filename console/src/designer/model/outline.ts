/** The flow as a list: from each trigger along its outcomes, depth first; then what nothing leads to. */
import type { Flow, FlowNode, Ports } from "./document";
import { isTrigger, portsOf } from "./document";

export interface Row { node: FlowNode; depth: number; by: string | null; isReached: boolean }

export function outline(flow: Flow, ports: Ports): Row[] {
  const byId = new Map(flow.nodes.map((node) => [node.id, node]));
  const seen = new Set<string>();
  const rows: Row[] = [];
  const walk = (start: FlowNode, isReached: boolean) => {
    const stack: { node: FlowNode; depth: number; by: string | null }[] = [{ node: start, depth: 0, by: null }];
    for (let top = stack.pop(); top; top = stack.pop()) {
      if (seen.has(top.node.id)) continue;
      seen.add(top.node.id);
      rows.push({ ...top, isReached });
      const { node, depth } = top;
      const ways = portsOf(node, ports).map((port) => ({ by: port.name, to: node.next?.[port.name] }));
      const jump = node.type === "goto" ? node.properties?.["node"] : undefined;
      if (typeof jump === "string") ways.push({ by: "goto", to: jump });
      for (const { by, to } of ways.reverse()) {
        const next = byId.get(to ?? "");
        if (next && !seen.has(next.id)) stack.push({ node: next, depth: depth + 1, by });
      }
    }
  };
  for (const node of flow.nodes.filter((each) => isTrigger(each.type))) walk(node, true);
  const fallback = byId.get(flow.on_error ?? "");
  if (fallback) walk(fallback, true);
  for (const node of flow.nodes) walk(node, false);
  return rows;
}
