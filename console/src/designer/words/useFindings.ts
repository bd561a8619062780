import { useMemo } from "react";
import { useI18n } from "../../i18n";
import type { Problem } from "../api";
import { useWords } from ".";
import { finding } from "./findings";

/** What the validation found, in the language of the page: where in the step, what, and what to do. */
export function useFindings(): (problem: Problem) => { text: string; cure: string } {
  const { language } = useI18n();
  const w = useWords();
  return useMemo(() => {
    // A property may lie inside of another, such as `prompts.text`; a port is called as on the canvas.
    const part = (name: string) => {
      const word = w.term("prop", name);
      return word === name.replaceAll("_", " ") ? w.term("port", name) : word;
    };
    const where = (property: string | null) => property?.split(".").map(part).join(" · ");
    return ({ property, text, cure }) => ({ text: [where(property), finding(text, language)].filter(Boolean).join(": "), cure: finding(cure, language) });
  }, [language, w]);
}
