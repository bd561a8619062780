import { expect, test } from "vitest";
import { Elements } from "../canvas/elements";
import { liveOf } from "../state/following";
import { openStore } from "../state/store";
import { speaker, words } from "../words";
import { telephony } from "./checks";
import { below, fromText, isMarkup, paste, toText } from "./clipboard";
import { isObject, nodeOf, portsOf, same } from "./document";
import * as edit from "./edit";
import { flow, ports, schema } from "./fixture";
import { empty, type Field, fieldOf, formOf, kindsOf, type Member } from "./form";
import { isCrowded } from "./geometry";
import { difference, merge } from "./merge";
import { outline } from "./outline";
import { isFlow } from "./read";
import { inputOf, put, recorded } from "./scenario";
import { tidy } from "./tidy";

const node = (id: string, of = flow) => {
  const found = nodeOf(of, id);
  if (!found) throw new Error(id);
  return found;
};

test("a node shows its own choices, then the outcomes of its kind, then edges whose port is gone", () => {
  expect(portsOf(node("menu"), ports).map((port) => port.name)).toEqual(["sales", "no_input", "hangup", "too_many_attempts", "error"]);
  const gone = { ...node("menu"), next: { support: "bye" } };
  expect(portsOf(gone, ports).at(-1)).toEqual({ name: "support", fault: true });
});

test("every kind of node in the schema has outcomes, a form, and words in four languages", () => {
  const kinds = kindsOf(schema);
  expect([...kinds.keys()].sort()).toEqual(Object.keys(ports).sort());
  const known = new Set(Object.keys(words));
  const names = (members: readonly Member[]): string[] => members.flatMap(({ name, field }) => [`prop.${name}`, ...within(field)]);
  const within = (field: Field): string[] =>
    field.kind === "list" ? within(field.item) : field.kind === "object" ? names(field.members)
      : field.kind === "variants" ? Object.entries(field.variants).flatMap(([kind, members]) => [`value.${kind}`, ...names(members)]) : [];
  for (const [kind, { family, members }] of kinds) {
    expect(ports[kind], kind).toBeDefined();
    for (const key of [`kind.${kind}`, `family.${family}`, ...names(members), ...(ports[kind] ?? []).map((port) => `port.${port.name}`)]) expect(known, key).toContain(key);
    expect(members.filter((member) => member.field.kind === "json").map((member) => `${kind}.${member.name}`)).toEqual([]);
  }
});

test("every text has the same values in every language, and none is empty", () => {
  const values = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map(([, name]) => name).sort();
  for (const [key, [en, ...others]] of Object.entries(words)) {
    for (const text of others) {
      expect(text, key).not.toBe("");
      if (key !== "idHelp" && key !== "template.about") expect(values(text), key).toEqual(values(en));
    }
  }
  expect(speaker("de")("revision", { number: 3 })).toBe("Fassung 3");
});

test("a form knows templates, expressions, choices, variants and spoken texts", () => {
  const field = (kind: string, name: string) => kindsOf(schema).get(kind)?.members.find((member) => member.name === name)?.field;
  expect(field("condition", "when")).toMatchObject({ kind: "text", role: "expression" });
  expect(field("http", "url")).toMatchObject({ kind: "text", role: "template" });
  expect(field("http", "method")).toMatchObject({ kind: "choice", options: ["GET", "POST", "PUT", "PATCH", "DELETE"] });
  expect(field("http", "headers")).toEqual({ kind: "map" });
  expect(field("send_message", "body")).toEqual({ kind: "spoken" });
  const prompts = field("say", "prompts");
  expect(prompts).toMatchObject({ kind: "list", item: { kind: "variants" } });
  expect(prompts?.kind === "list" && empty(prompts.item)).toEqual({ kind: "say", text: "" });
  expect(formOf(schema, "Test").map((member) => member.name)).toContain("http");
  expect(fieldOf({ type: ["integer", "null"], minimum: 0 }, {})).toEqual({ kind: "number", min: 0, isOptional: true });
});

test("a new node goes behind the selected one, by its first free outcome, and onto no other", () => {
  const { flow: grown, id } = edit.addNode(flow, ports, "say", "ring");
  expect(id).toBe("say");
  expect(node("ring", grown).next).toEqual({ busy: "menu", answered: "say" });
  expect(isCrowded(grown, ports)).toBe(false);
  expect(edit.addNode(grown, ports, "say", null).id).toBe("say_2");
});

test("removing a node removes every word about it", () => {
  const rest = edit.remove(flow, new Set(["menu", "sorry", "n1"]));
  expect(rest.nodes.map((each) => each.id)).toEqual(["call", "ring", "bye"]);
  expect([node("call", rest).next, node("ring", rest).next, rest.on_error, rest.notes]).toEqual([{}, {}, null, []]);
  expect(rest.groups).toEqual([{ id: "g1", label: "Opening", nodes: ["call"] }]);
});

test("a renamed node, and a renamed choice, keep what leads to them", () => {
  const renamed = edit.rename(flow, "menu", "desk");
  expect([node("call", renamed).next, node("ring", renamed).next, renamed.groups?.[0]?.nodes]).toEqual([{ start: "desk" }, { busy: "desk" }, ["call", "desk"]]);
  expect(edit.rename(flow, "menu", "ring")).toBe(flow);
  expect(edit.rename(flow, "menu", "no good")).toBe(flow);
  const port = edit.setProperty(flow, "menu", ["choices", 0, "port"], "shop");
  expect(node("menu", port).next).toEqual({ shop: "ring", no_input: "bye" });
});

test("a value that is taken away is gone, in lists too", () => {
  const without = edit.setProperty(flow, "menu", ["prompts", 0], undefined);
  expect(node("menu", without).properties?.["prompts"]).toEqual([]);
  const made = edit.setProperty(flow, "bye", ["a", 0, "b"], 1);
  expect(node("bye", made).properties).toEqual({ a: [{ b: 1 }] });
});

test("the outline reads every node once, loops included, and tells what nothing leads to", () => {
  const rows = outline({ ...flow, nodes: [...flow.nodes, { id: "lost", type: "end" }] }, ports);
  expect(rows.map((row) => [row.node.id, row.depth, row.by, row.isReached])).toEqual([
    ["call", 0, null, true], ["menu", 1, "start", true], ["ring", 2, "sales", true], ["bye", 2, "no_input", true], ["sorry", 0, null, true], ["lost", 0, null, false],
  ]);
});

test("what is copied can be pasted here and elsewhere", () => {
  const copied = fromText(toText(flow, new Set(["menu", "ring", "n1"])));
  if (!copied) throw new Error("not read");
  const here = paste(flow, copied);
  expect(here.ids).toEqual(["menu_2", "ring_2", "n1_2"]);
  expect(node("menu_2", here.flow).next).toEqual({ sales: "ring_2", no_input: "bye" });
  const there = paste({ name: "Other", nodes: [] }, copied);
  expect(node("menu", there.flow).next).toEqual({ sales: "ring" });
  expect(paste(flow, { nodes: [node("call")], notes: [] }).ids).toEqual([]);
  for (const bad of ["", "hello", "[]", "{}", '{"nodes":[{"id":1}]}']) expect(fromText(bad), bad).toBeNull();
});

test("tidying places nodes apart and from left to right", () => {
  const heap = { ...flow, nodes: flow.nodes.map((each) => ({ ...each, position: null })) };
  expect(isCrowded(heap, ports)).toBe(true);
  const tidied = tidy(heap, ports);
  expect(isCrowded(tidied, ports)).toBe(false);
  const x = (id: string) => node(id, tidied).position?.x ?? 0;
  expect(x("call")).toBeLessThan(x("menu"));
  expect(x("menu")).toBeLessThan(x("ring"));
});

test("what two people changed is merged node by node, and what both changed is told", () => {
  const mine = edit.setLabel(edit.setLabel(flow, "ring", "Mine"), "menu", "Mine");
  const theirs = { ...edit.remove(edit.setLabel(flow, "menu", "Theirs"), new Set(["sorry"])), languages: ["de-BE"] };
  const { flow: merged, conflicts } = merge(flow, mine, theirs);
  expect([node("ring", merged).label, node("menu", merged).label, nodeOf(merged, "sorry"), merged.languages, conflicts]).toEqual(["Mine", "Mine", undefined, ["de-BE"], ["menu"]]);
  expect(difference(flow, theirs)).toEqual({ added: [], removed: ["sorry"], changed: ["menu"], settings: ["languages", "on_error"] });
  expect(merge(flow, flow, flow)).toMatchObject({ conflicts: [] });
  const places = merge(flow, edit.moveTo(flow, new Map([["menu", { x: 1, y: 1 }]])), edit.setLabel(edit.moveTo(flow, new Map([["menu", { x: 2, y: 2 }]])), "menu", "L"));
  expect([node("menu", places.flow).label, node("menu", places.flow).position, places.conflicts]).toEqual(["L", { x: 1, y: 1 }, []]);
  const ports = merge(flow, edit.connect(flow, "menu", "hangup", "bye"), edit.disconnect(flow, "menu", "no_input"));
  expect([node("menu", ports.flow).next, ports.conflicts]).toEqual([{ sales: "ring", hangup: "bye" }, []]);
});

test("every kind of change is one step back, and a gesture is one", () => {
  const store = openStore(flow);
  const { change, endGesture } = store.getState();
  const history = () => store.temporal.getState();
  const changes = [
    (now: typeof flow) => edit.addNode(now, ports, "say", "ring").flow,
    (now: typeof flow) => edit.connect(now, "menu", "hangup", "bye"),
    (now: typeof flow) => edit.disconnect(now, "menu", "no_input"),
    (now: typeof flow) => edit.moveTo(now, new Map([["menu", { x: 9, y: 9 }]])),
    (now: typeof flow) => edit.setProperty(now, "say", ["times"], 2),
    (now: typeof flow) => edit.rename(now, "menu", "desk"),
    (now: typeof flow) => edit.addNote(now, "x", { x: 0, y: 0 }).flow,
    (now: typeof flow) => edit.setNote(now, "n1", "y"),
    (now: typeof flow) => edit.addFrame(now, "f", ["ring"]),
    (now: typeof flow) => edit.addTest(now, { name: "t" }),
    (now: typeof flow) => edit.remove(now, new Set(["ring"])),
    (now: typeof flow) => tidy(now, ports),
  ];
  const states = [flow];
  for (const each of changes) {
    change(each);
    states.push(store.getState().flow);
  }
  expect(new Set(states).size).toBe(changes.length + 1);
  for (const before of states.slice(0, -1).reverse()) {
    history().undo();
    expect(store.getState().flow).toBe(before);
  }
  for (const after of states.slice(1)) {
    history().redo();
    expect(store.getState().flow).toBe(after);
  }
  for (let x = 0; x < 5; x += 1) change((now) => edit.moveTo(now, new Map([["call", { x, y: 1 }]])), "move:call");
  endGesture();
  change((now) => edit.moveTo(now, new Map([["call", { x: 50, y: 1 }]])), "move:call");
  history().undo();
  expect(node("call", store.getState().flow).position).toEqual({ x: 4, y: 1 });
  history().undo();
  expect(store.getState().flow).toBe(states.at(-1));
  store.getState().select(["call"]);
  expect(history().futureStates.length).toBe(2);
});

test("a change draws the node it touched, and no other", () => {
  const elements = new Elements();
  const look = { ports, selected: new Set<string>(), worst: new Map(), turns: new Map(), live: null, counts: null, stops: new Set<string>(), w: speaker("en") };
  const before = elements.nodes({ ...look, flow });
  const edges = elements.edges({ ...look, flow }, new Set(), []);
  const moved = edit.moveTo(flow, new Map([["ring", { x: 700, y: 10 }]]));
  const after = elements.nodes({ ...look, flow: moved });
  expect(after.filter((each, at) => each !== before[at]).map((each) => each.id)).toEqual(["ring"]);
  expect(elements.edges({ ...look, flow: moved }, new Set(), []).every((edge, at) => edge === edges[at])).toBe(true);
  const lit = elements.edges({ ...look, flow: moved }, new Set(), ["call", "menu"]);
  expect(lit.filter((edge) => edge.animated).map((edge) => edge.id)).toEqual(["call:start"]);
});

test("checks of telephony tell what a caller would suffer from", () => {
  const keys = (of: typeof flow) => telephony(of).map(({ node: id, key }) => `${id} ${key}`);
  expect(keys(flow)).toEqual(["menu check.language"]);
  const choices = Array.from({ length: 6 }, (_, at) => ({ port: `p${at}`, digits: String(at) }));
  const bad = edit.disconnect(edit.setProperty(flow, "menu", ["choices"], choices), "menu", "no_input");
  expect(keys(bad)).toEqual(["menu check.choices", "menu check.language", "menu check.noInput"]);
});

test("a run becomes a test with what came of it", () => {
  const run = { outcome: "completed", error: null, path: ["call", "bye"], heard: [{ node: "call", kind: "say", text: "Hi" }, { node: "call", kind: "hangup", text: "" }], sent: [], variables: {} };
  const given = put({ channel: "call", inputs: [] }, ["inputs", 0], inputOf("digits", "1"));
  expect(recorded(given, run, "Test")).toEqual({ channel: "call", inputs: [{ digits: "1" }], name: "Test bye", expect: { outcome: "completed", path: ["call", "bye"], heard: ["Hi"], sent: [] } });
});

test("text that is no flow is refused with the place", () => {
  expect([isFlow(flow), isFlow([]), isFlow({ name: "x" }), isFlow({ name: "x", nodes: [{ id: "a" }] })]).toEqual([true, "{}", "nodes", "nodes[0]"]);
  expect(isFlow({ name: "x", nodes: [{ id: "a", type: "end" }, { id: "a", type: "end" }] })).toBe("nodes[1].id: a");
  expect(same({ a: 1, b: [1] }, { b: [1], a: 1 }) && isObject({})).toBe(true);
});

test("the step an execution is at is the one behind the last that is over", () => {
  const over = (id: string, port: string | null) => ({ sequence: 1, node: id, port, error: null });
  expect(liveOf(flow, [])).toBeNull();
  expect(liveOf(flow, [over("call", "start")])).toBe("menu");
  expect(liveOf(flow, [over("call", "start"), over("menu", null)])).toBe("menu");
  expect(liveOf(flow, [over("bye", "done")])).toBeNull();
});

test("a document is told from steps, and its steps come below everything that is drawn", () => {
  for (const text of ["<Response/>", " \n<?xml version=\"1.0\"?>\n<Response><Say>x</Say></Response>", "<!-- a -->\n<Response >", "<Response>"]) expect(isMarkup(text), text).toBe(true);
  for (const text of ["", "{}", "x <Response/>", "<Responses/>", "<html></html>"]) expect(isMarkup(text), text).toBe(false);
  const nodes = [{ id: "say", type: "say", position: { x: 320, y: 0 } }, { id: "bye", type: "hangup" }];
  expect(below(nodes, [{ x: -40, y: 100, height: 60 }, { x: 500, y: 0, height: 90 }]).map(({ position }) => position)).toEqual([{ x: 280, y: 280 }, { x: -40, y: 280 }]);
  expect(below(nodes, [])[1]?.position).toEqual({ x: 0, y: 0 });
});
