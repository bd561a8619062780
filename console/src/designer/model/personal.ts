/** Where what is known of the caller goes: which steps learn something of a person, and which hand it on or keep it. It is read from the document; what a web service does with it nobody knows here. */
import { type Flow, type FlowNode, isObject, type Json } from "./document";

/** Whom a step hands data to, or where it keeps them. */
export type Whereto = "http" | "email" | "message" | "call" | "stream" | "application" | "recording" | "store" | "mark" | "subflow";
/** `names` are those a template of the step mentions; `detail` is the address or key it is sent to or kept under. */
export interface Leaving { node: FlowNode; to: Whereto; names: string[]; detail: string }
/** A variable, or the result of a step, that holds something of the person, and the step it comes from. */
export interface Learned { node: FlowNode; name: string }

/** What every execution knows of the person, whatever is drawn. */
const ROOTS = new Set(["trigger", "contact", "call", "message"]);
/** Steps whose answers are the person's. */
const ANSWERS = new Set(["ask", "menu", "record", "ask_by_message", "directory"]);
const WHERETO: Record<string, { to: Whereto; detail: string }> = {
  http: { to: "http", detail: "url" }, email: { to: "email", detail: "to" }, send_message: { to: "message", detail: "to" }, ask_by_message: { to: "message", detail: "to" },
  call_out: { to: "call", detail: "to" }, dial: { to: "call", detail: "to" }, transfer: { to: "call", detail: "uri" }, stream: { to: "stream", detail: "url" }, redirect: { to: "application", detail: "url" },
  store: { to: "store", detail: "key" }, log: { to: "mark", detail: "" }, tag: { to: "mark", detail: "name" }, alert: { to: "mark", detail: "" }, subflow: { to: "subflow", detail: "flow" },
};
/** They have the person's voice whatever is written in them. */
const VOICES: Record<string, Whereto> = { record: "recording", dial: "call", conference: "call", stream: "stream", transfer: "call" };

/** Every text of a value with the name it stands under. */
function textsIn(value: Json | undefined, name = ""): { name: string; text: string }[] {
  if (typeof value === "string") return [{ name, text: value }];
  if (Array.isArray(value)) return value.flatMap((item) => textsIn(item, name));
  return isObject(value) ? Object.entries(value).flatMap(([member, inner]) => textsIn(inner, member)) : [];
}

/** Names that a text mentions: of a template only what stands in braces, of an expression all of it. */
export function namesIn({ name, text }: { name: string; text: string }): string[] {
  const code = name === "when" || name === "expression" ? [text] : [...text.matchAll(/\{\{(.*?)\}\}|\{%(.*?)%\}/gs)].map(([, shown, done]) => shown ?? done ?? "");
  // What stands in quotes is text, and what follows a bar is a filter.
  return code.flatMap((part) => part.replace(/"[^"]*"|'[^']*'/g, " ").replace(/\|\s*\w+/g, " ").match(/[A-Za-z_]\w*(?:\.\w+)*/g) ?? []);
}

const mentionedIn = (value: Json | undefined): string[] => textsIn(value).flatMap(namesIn);
const mentioned = (node: FlowNode): string[] => mentionedIn(node.properties);

/** Variables a step writes something of the person into: where several are set, each for itself. */
function written(node: FlowNode, isPersonal: (name: string) => boolean): string[] {
  const { variable, assign, take, outputs } = node.properties ?? {};
  const set = (Array.isArray(assign) ? assign : []).filter((each) => mentionedIn(each).some(isPersonal));
  if (!ANSWERS.has(node.type) && !mentioned(node).some(isPersonal)) return [];
  const listed = [...set, ...(Array.isArray(take) ? take : [])].map((each) => (isObject(each) ? each["variable"] : undefined));
  return [variable, ...listed, ...(isObject(outputs) ? Object.keys(outputs) : [])].filter((name): name is string => typeof name === "string" && name !== "");
}

/** What holds something of the person: what steps ask for, and what is made of that, also over several steps. */
export function learned(flow: Flow): Learned[] {
  const found = new Map<string, Learned>();
  const isPersonal = personalIn(flow, found);
  for (let before = -1; before < found.size;) {
    before = found.size;
    for (const node of flow.nodes) {
      for (const name of written(node, isPersonal)) if (!found.has(name)) found.set(name, { node, name });
    }
  }
  return [...found.values()];
}

function personalIn(flow: Flow, found: ReadonlyMap<string, Learned>) {
  const answers = new Set(flow.nodes.filter((node) => ANSWERS.has(node.type)).map(({ id }) => id));
  return (name: string): boolean => {
    const [root = "", second = ""] = name.split(".");
    if (root === "nodes" || root === "widgets") return answers.has(second);
    return ROOTS.has(root) || found.has(root) || name.startsWith("flow.data") || (root === "flow" && second === "variables" && found.has(name.split(".")[2] ?? ""));
  };
}

/** Where it goes, in the order of the steps. */
export function leaving(flow: Flow): Leaving[] {
  const isPersonal = personalIn(flow, new Map(learned(flow).map((each) => [each.name, each])));
  return flow.nodes.flatMap((node): Leaving[] => {
    const names = [...new Set(mentioned(node).filter(isPersonal))];
    const place = WHERETO[node.type];
    const voice = VOICES[node.type];
    const kept: Leaving[] = voice && node.properties?.["record"] === true && voice !== "recording" ? [{ node, to: "recording", names: [], detail: "" }] : [];
    if (place && names.length > 0) return [{ node, to: place.to, names, detail: detailOf(node, place.detail) }, ...kept];
    return voice ? [{ node, to: voice, names, detail: detailOf(node, place?.detail ?? "room") }, ...kept] : [];
  });
}

function detailOf(node: FlowNode, name: string): string {
  const value = node.properties?.[name];
  if (typeof value === "string") return value;
  return (Array.isArray(value) ? value : []).map((each) => (isObject(each) && typeof each["address"] === "string" ? each["address"] : "")).filter(Boolean).join(", ");
}
