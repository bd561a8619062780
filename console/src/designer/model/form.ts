/** Forms out of the flow's JSON Schema: what a property is, as far as somebody who fills it in must know. */
import { isObject, type Json, type JsonObject } from "./document";

export type Field =
  | { kind: "text"; role: "plain" | "template" | "expression"; isOptional: boolean }
  | { kind: "number"; min: number | null; isOptional: boolean }
  | { kind: "flag" }
  | { kind: "choice"; options: string[]; isOptional: boolean }
  | { kind: "list"; item: Field }
  | { kind: "object"; members: Member[] }
  | { kind: "variants"; by: string; variants: Record<string, Member[]> }
  | { kind: "map" }
  | { kind: "spoken" }
  | { kind: "json" };
export interface Member { name: string; field: Field; description: string; standard: Json | undefined }

const asObject = (value: Json | undefined): JsonObject => (isObject(value) ? value : {});
const asList = (value: Json | undefined): Json[] => (Array.isArray(value) ? value : []);
const asText = (value: Json | undefined): string => (typeof value === "string" ? value : "");

/** The definition a `$ref` names. */
function resolve(schema: JsonObject, root: JsonObject): JsonObject {
  const ref = asText(schema["$ref"]);
  return ref.startsWith("#/$defs/") ? { ...asObject(asObject(root["$defs"])[ref.slice(8)]), ...without(schema, "$ref"), name: ref.slice(8) } : schema;
}
const without = (object: JsonObject, name: string): JsonObject => Object.fromEntries(Object.entries(object).filter(([key]) => key !== name));

/** What people fill in first; the schema is in the order of the alphabet. */
const FIRST = ["kind", "channel", "name", "description", "prompts", "text", "address", "to", "from", "queue", "query", "program", "subject", "body", "url", "method", "when", "value", "choices", "cases", "port", "digits", "variable", "expression"];
const place = ({ name }: Member): number => (FIRST.includes(name) ? FIRST.indexOf(name) : FIRST.length);

export function membersOf(schema: JsonObject, root: JsonObject): Member[] {
  const members = Object.entries(asObject(schema["properties"])).map(([name, value]) => {
    const member = asObject(value);
    return { name, field: fieldOf(member, root), description: asText(member["description"]), standard: member["default"] };
  });
  return members.sort((a, b) => place(a) - place(b));
}

export function fieldOf(given: JsonObject, root: JsonObject, isOptional = false): Field {
  const schema = resolve(given, root);
  if (schema["name"] === "Text") return { kind: "spoken" };
  const either = asList(schema["anyOf"]).map(asObject);
  const meant = either.filter((one) => one["type"] !== "null");
  if (either.length > 0) return meant.length === 1 && meant[0] ? fieldOf(meant[0], root, true) : { kind: "json" };
  const one = asList(schema["oneOf"]).map(asObject);
  if (one.length > 0) return oneOf(one, root, isOptional);
  const types = Array.isArray(schema["type"]) ? schema["type"] : [schema["type"] ?? null];
  const optional = isOptional || types.includes("null") || given["default"] === undefined;
  const description = asText(given["description"]);
  if (types.includes("string")) return { kind: "text", role: roleOf(description), isOptional: optional };
  if (types.includes("integer") || types.includes("number")) return { kind: "number", min: typeof schema["minimum"] === "number" ? schema["minimum"] : null, isOptional: optional };
  if (types.includes("boolean")) return { kind: "flag" };
  if (types.includes("array")) return { kind: "list", item: fieldOf(withDescription(asObject(schema["items"]), description), root) };
  if (types.includes("object")) {
    if (isObject(schema["properties"])) return { kind: "object", members: membersOf(schema, root) };
    return isObject(schema["additionalProperties"]) && schema["additionalProperties"]["type"] === "string" ? { kind: "map" } : { kind: "json" };
  }
  return { kind: "json" };
}

const withDescription = (schema: JsonObject, description: string): JsonObject => ({ description, ...schema });
const roleOf = (description: string): "plain" | "template" | "expression" =>
  /\bCEL\b/.test(description) ? "expression" : /templates?\b/i.test(description) ? "template" : "plain";

function oneOf(one: JsonObject[], root: JsonObject, isOptional: boolean): Field {
  if (one.every((each) => typeof each["const"] === "string")) return { kind: "choice", options: one.map((each) => asText(each["const"])), isOptional };
  const variants: Record<string, Member[]> = {};
  for (const each of one) {
    const members = membersOf(each, root);
    const name = asText(asObject(asObject(each["properties"])["kind"])["const"]);
    if (name === "") return { kind: "json" };
    variants[name] = members.filter((member) => member.name !== "kind");
  }
  return { kind: "variants", by: "kind", variants };
}

/** Every kind of node with its form, in the order of the schema. */
export function kindsOf(root: JsonObject): Map<string, { family: string; members: Member[] }> {
  const kinds = new Map<string, { family: string; members: Member[] }>();
  for (const variant of asList(asObject(asObject(root["$defs"])["Node"])["oneOf"]).map(asObject)) {
    const properties = asObject(variant["properties"]);
    const name = asText(asObject(properties["type"])["const"]);
    const description = asText(variant["description"]);
    const family = description.includes(":") ? (description.split(":")[0] ?? "").toLowerCase() : "logic";
    kinds.set(name, { family, members: membersOf(resolve(asObject(properties["properties"]), root), root) });
  }
  return kinds;
}

/** The form of one definition, such as `Test`. */
export const formOf = (root: JsonObject, name: string): Member[] => membersOf(asObject(asObject(root["$defs"])[name]), root);

/** What a new entry begins with. */
export function empty(field: Field): Json {
  switch (field.kind) {
    case "text": return "";
    case "number": return field.min ?? 0;
    case "flag": return false;
    case "choice": return field.options[0] ?? "";
    case "list": return [];
    case "map": case "json": return {};
    case "spoken": return "";
    case "object": return {};
    case "variants": {
      const [kind = "", members = []] = Object.entries(field.variants)[0] ?? [];
      return { [field.by]: kind, ...Object.fromEntries(members.filter((member) => member.field.kind === "spoken").map((member) => [member.name, ""])) };
    }
  }
}
