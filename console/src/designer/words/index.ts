import { useMemo } from "react";
import { type Language, useI18n } from "../../i18n";
import { personal } from "./personal";
import { sketch } from "./sketch";
import { terms } from "./terms";
import { ui } from "./ui";

/** One text in every language of the console, in this order: a missing one does not compile. */
export type Text = readonly [en: string, nl: string, fr: string, de: string];
const order: Record<Language, 0 | 1 | 2 | 3> = { en: 0, nl: 1, fr: 2, de: 3 };

export const words = { ...ui, ...sketch, ...personal, ...terms };
export type WordKey = keyof typeof words;
export type Values = Record<string, string | number>;
export interface Speak {
  (key: WordKey, values?: Values): string;
  /** The word for a name of the schema, such as `kind.say`; the name itself where the schema is newer than the words. */
  term: (family: "kind" | "port" | "prop" | "value" | "family" | "use", name: string) => string;
}

const known = new Map<string, Text>(Object.entries(words));

export function speaker(language: Language): Speak {
  const speak = (key: WordKey, values?: Values) =>
    words[key][order[language]].replace(/\{(\w+)\}/g, (whole, name: string) => String(values?.[name] ?? whole));
  const term = (family: string, name: string) => known.get(`${family}.${name}`)?.[order[language]] ?? name.replaceAll("_", " ");
  return Object.assign(speak, { term });
}

export function useWords(): Speak {
  const { language } = useI18n();
  return useMemo(() => speaker(language), [language]);
}
