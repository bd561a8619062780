import { useMemo } from "react";
import { type Language, useI18n } from ".";

/** One text in every language of the console, in this order: a missing one does not compile. */
export type Text = readonly [en: string, nl: string, fr: string, de: string];
const order: Record<Language, 0 | 1 | 2 | 3> = { en: 0, nl: 1, fr: 2, de: 3 };

/** The words of a part of the console, which come with that part: `{name}` in a text is replaced by `values.name`. */
export function speaker<Words extends Record<string, Text>>(words: Words, language: Language) {
  return (key: keyof Words & string, values?: Record<string, string | number>): string =>
    (words[key]?.[order[language]] ?? key).replace(/\{(\w+)\}/g, (whole: string, name: string) => String(values?.[name] ?? whole));
}

export function useSpeaker<Words extends Record<string, Text>>(words: Words) {
  const { language } = useI18n();
  return useMemo(() => speaker(words, language), [words, language]);
}

/** A text in a language. */
export const spoken = (text: Text, language: Language): string => text[order[language]];

/** The word for something the platform names, such as a status; the name itself where it is newer than the words. */
export function named(words: Record<string, Text>, name: string, language: Language): string {
  return words[name]?.[order[language]] ?? name;
}
