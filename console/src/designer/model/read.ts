import { isObject } from "./document";

/** Whether a value has the bones of a flow, or else what it lacks; the server looks at the rest. */
export function isFlow(value: unknown): true | string {
  if (!isObject(value)) return "{}";
  if (typeof value["name"] !== "string") return "name";
  const nodes = value["nodes"];
  if (!Array.isArray(nodes)) return "nodes";
  const seen = new Set<string>();
  for (const [at, node] of nodes.entries()) {
    const id = isObject(node) ? node["id"] : null;
    if (!isObject(node) || typeof id !== "string" || typeof node["type"] !== "string") return `nodes[${at}]`;
    if (seen.has(id)) return `nodes[${at}].id: ${id}`;
    seen.add(id);
  }
  return true;
}
