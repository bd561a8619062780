/** What people hear or read in a flow, and in which languages it is missing. */
import { type Flow, isObject, type Json } from "./document";
import type { Field, Member } from "./form";

export type Place = readonly (string | number)[];
/** A text of a step: one for all languages, or one for each. */
export interface SpokenText { node: string; path: Place; words: string | Record<string, string> }

function within(field: Field, value: Json | undefined, path: Place): { path: Place; value: Json | undefined }[] {
  switch (field.kind) {
    case "spoken": return value === undefined ? [] : [{ path, value }];
    case "list": return Array.isArray(value) ? value.flatMap((item, at) => within(field.item, item, [...path, at])) : [];
    case "object": return inMembers(field.members, value, path);
    case "variants": return isObject(value) ? inMembers(field.variants[String(value[field.by])] ?? [], value, path) : [];
    default: return [];
  }
}
const inMembers = (members: readonly Member[], value: Json | undefined, path: Place) =>
  isObject(value) ? members.flatMap(({ name, field }) => within(field, value[name], [...path, name])) : [];

/** In the order of the steps. */
export function textsOf(flow: Flow, kinds: ReadonlyMap<string, { members: Member[] }>): SpokenText[] {
  return flow.nodes.flatMap((node) => inMembers(kinds.get(node.type)?.members ?? [], node.properties, []).map(({ path, value }) => ({
    node: node.id, path, words: isObject(value) ? Object.fromEntries(Object.entries(value).map(([language, text]) => [language, String(text ?? "")])) : String(value ?? ""),
  })));
}

/** Languages that the flow speaks and this text has not. One text for all is missing in none; an empty one is missing in all. */
export const missingIn = ({ words }: SpokenText, languages: readonly string[]): string[] =>
  typeof words === "string" ? (words.trim() === "" ? [...languages] : []) : languages.filter((language) => !words[language]?.trim());
