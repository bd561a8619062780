/** Checks of telephony that the server leaves to taste: what a caller would suffer from. */
import { type Flow, type FlowNode, isObject, type Json } from "./document";
import type { WordKey } from "../words";

export interface Hint { node: string; key: WordKey; values: Record<string, string | number> }

/** People forget the first choice of a menu with more. */
const CHOICES_MAX = 5;
/** About 20 seconds of speech, at 15 characters a second. */
const PROMPT_CHARS_MAX = 300;

const list = (value: Json | undefined): Json[] => (Array.isArray(value) ? value : []);
const spoken = (node: FlowNode): Record<string, string>[] =>
  list(node.properties?.["prompts"]).filter(isObject).flatMap((prompt) => {
    const text = prompt["text"];
    if (typeof text === "string") return [{ "": text }];
    return isObject(text) ? [Object.fromEntries(Object.entries(text).map(([language, words]) => [language, String(words)]))] : [];
  });

export function telephony(flow: Flow): Hint[] {
  const announces = flow.nodes.some((node) => node.type === "say");
  return flow.nodes.flatMap((node) => telephonyOf(node, flow.languages ?? [], announces));
}

/** Of one node, in a flow that speaks these languages and does or does not say something somewhere. */
export function telephonyOf(node: FlowNode, languages: readonly string[], announces: boolean): Hint[] {
  const hints: Hint[] = [];
  const texts = spoken(node);
  const choices = list(node.properties?.["choices"]).length;
  if (node.type === "menu" && choices > CHOICES_MAX) hints.push({ node: node.id, key: "check.choices", values: { count: choices } });
  const longest = Math.max(0, ...texts.map((text) => Math.max(...Object.values(text).map((words) => words.length))));
  if (["menu", "ask"].includes(node.type) && longest > PROMPT_CHARS_MAX) hints.push({ node: node.id, key: "check.long", values: { seconds: Math.round(longest / 15) } });
  const records = node.properties?.["record"] === true || (node.type === "record" && texts.length === 0);
  if (records && !announces && texts.length === 0) hints.push({ node: node.id, key: "check.announce", values: {} });
  for (const language of languages) {
    if (texts.some((text) => !("" in text) && !text[language])) hints.push({ node: node.id, key: "check.language", values: { language } });
  }
  if (["menu", "ask"].includes(node.type) && !node.next?.["no_input"]) hints.push({ node: node.id, key: "check.noInput", values: {} });
  return hints;
}
