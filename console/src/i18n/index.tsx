import { createContext, type ReactNode, useContext, useEffect, useMemo, useState } from "react";
import { de } from "./de";
import { en } from "./en";
import { fr } from "./fr";
import { nl } from "./nl";

export type MessageKey = keyof typeof en;
export type Dictionary = Record<MessageKey, string>;
export const languages = ["nl", "fr", "de", "en"] as const;
export type Language = (typeof languages)[number];
export const languageNames: Record<Language, string> = { nl: "Nederlands", fr: "Français", de: "Deutsch", en: "English" };
export const messages: Record<Language, Dictionary> = { nl, fr, de, en };

/** `{name}` in a text is replaced by `values.name`. */
export type Translate = (key: MessageKey, values?: Record<string, string | number>) => string;

export function translator(language: Language): Translate {
  return (key, values) =>
    messages[language][key].replace(/\{(\w+)\}/g, (whole, name: string) => String(values?.[name] ?? whole));
}

const STORED = "flexio-language";

function preferred(): Language {
  const wanted = [localStorage.getItem(STORED), ...navigator.languages.map((tag) => tag.slice(0, 2))];
  return languages.find((language) => language === wanted.find((tag) => languages.some((known) => known === tag))) ?? "en";
}

interface Spoken {
  language: Language;
  setLanguage: (language: Language) => void;
  t: Translate;
}

const Context = createContext<Spoken | null>(null);

export function I18nProvider({ children }: { children: ReactNode }) {
  const [language, setLanguage] = useState(preferred);
  useEffect(() => {
    document.documentElement.lang = language;
    localStorage.setItem(STORED, language);
  }, [language]);
  const spoken = useMemo(() => ({ language, setLanguage, t: translator(language) }), [language]);
  return <Context.Provider value={spoken}>{children}</Context.Provider>;
}

export function useI18n(): Spoken {
  const spoken = useContext(Context);
  if (!spoken) throw new Error("outside of I18nProvider");
  return spoken;
}
