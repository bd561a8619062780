import { readFileSync } from "node:fs";
import type { Flow, JsonObject, Port, Ports } from "./document";

const root = new URL("../../../../", import.meta.url);
/** The schema the server publishes. */
export const schema = JSON.parse(readFileSync(new URL("crates/flows/schema/flow.schema.json", root), "utf8")) as JsonObject;

/** Ports as the table of docs/flows.md has them, which a test of the server holds true. */
export const ports: Ports = Object.fromEntries(
  readFileSync(new URL("docs/flows.md", root), "utf8").split("\n").filter((line) => /^\| `[a-z_`, ]+` \|/.test(line)).flatMap((line) => {
    const [, kinds = "", , outcomes = ""] = line.split("|");
    const list: Port[] = [...outcomes.matchAll(/([*`])([a-z_]+)[*`]/g)].map(([, mark, name = ""]) => ({ name, fault: mark === "*" }));
    return [...kinds.matchAll(/`([a-z_]+)`/g)].map(([, kind = ""]): [string, Port[]] => [kind, list]);
  }),
);

export const flow: Flow = {
  name: "Front desk",
  languages: ["nl-BE", "fr-BE"],
  on_error: "sorry",
  nodes: [
    { id: "call", type: "on_call", properties: {}, next: { start: "menu" }, position: { x: 0, y: 0 } },
    { id: "menu", type: "menu", label: "Main", properties: { choices: [{ port: "sales", digits: "1" }], prompts: [{ kind: "say", text: { "nl-BE": "Druk 1." } }] }, next: { sales: "ring", no_input: "bye" }, position: { x: 320, y: 0 } },
    { id: "ring", type: "dial", properties: { to: [{ kind: "number", address: "+3222268888" }] }, next: { busy: "menu" }, position: { x: 640, y: 0 } },
    { id: "bye", type: "hangup", properties: {}, position: { x: 640, y: 400 } },
    { id: "sorry", type: "say", properties: { prompts: [{ kind: "say", text: "Sorry." }] }, position: { x: 640, y: 600 } },
  ],
  groups: [{ id: "g1", label: "Opening", nodes: ["call", "menu"] }],
  notes: [{ id: "n1", text: "Ask Ann.", position: { x: 0, y: 300 } }],
};
