import { useMemo } from "react";
import { type Language, useI18n } from ".";

/** Where the browser names no region of a language. */
const regions: Record<Language, string> = { nl: "nl-BE", fr: "fr-BE", de: "de-BE", en: "en-GB" };

/** How figures and dates are written for a language: as the person's own region has it, where they told the browser one. */
export function localeOf(language: Language, told: readonly string[]): string {
  return told.find((tag) => tag.toLowerCase().startsWith(`${language}-`)) ?? regions[language];
}

const isDecimal = (text: string): text is `${number}` => /^-?\d+(\.\d+)?$/.test(text);
const isCurrency = (text: string) => /^[A-Za-z]{3}$/.test(text);
const PLAIN_DAY = /^\d{4}-\d{2}-\d{2}$/;
const PLAIN_MONTH = /^\d{4}-\d{2}$/;

const unitOf = (locale: string, unit: string) => new Intl.NumberFormat(locale, { style: "unit", unit, unitDisplay: "long", maximumFractionDigits: 6 });

/** Writers of one locale. Amounts are given as the decimal texts they came as and never pass through a float. What cannot be read is shown as it is. */
export function formats(locale: string) {
  const moment = new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeStyle: "medium" });
  const day = new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeZone: "UTC" });
  const instantDay = new Intl.DateTimeFormat(locale, { dateStyle: "medium" });
  const month = new Intl.DateTimeFormat(locale, { month: "long", year: "numeric", timeZone: "UTC" });
  const number = new Intl.NumberFormat(locale, { maximumFractionDigits: 6 });
  const seconds = new Intl.NumberFormat(locale, { style: "unit", unit: "second", unitDisplay: "short", maximumFractionDigits: 3 });
  const counts = { day: unitOf(locale, "day"), month: unitOf(locale, "month") };
  const offset = new Intl.NumberFormat(locale, { minimumFractionDigits: 3, maximumFractionDigits: 3, useGrouping: false });
  const shortDay = new Intl.DateTimeFormat(locale, { day: "numeric", month: "numeric", timeZone: "UTC" });
  return {
    /** `0.370000`, `EUR`: € 0,37. Up to six places where they say something. */
    money(amount: string, currency: string): string {
      if (!isDecimal(amount) || !isCurrency(currency)) return `${amount} ${currency}`.trim();
      return new Intl.NumberFormat(locale, { style: "currency", currency, minimumFractionDigits: 2, maximumFractionDigits: 6 }).format(amount);
    },
    number: (text: string): string => (isDecimal(text) ? number.format(text) : text),
    /** `21` or `6.5`: 21 %. */
    percent: (text: string): string => (isDecimal(text) ? `${number.format(text)} %` : text),
    /** `1` month, `30` days. */
    count: (text: string, unit: "day" | "month"): string => (isDecimal(text) ? counts[unit].format(text) : text),
    seconds: (text: string): string => (isDecimal(text) ? seconds.format(Number(text)) : text),
    /** Milliseconds since something began, as seconds: `+1,234`. */
    after: (ms: number): string => `+${offset.format(ms / 1_000)}`,
    /** A day without an hour, `2026-12-03`. */
    day(text: string): string {
      const at = new Date(`${text}T00:00:00Z`);
      return PLAIN_DAY.test(text) && !Number.isNaN(at.getTime()) ? day.format(at) : text;
    },
    /** A day of a chart's axis. */
    shortDay(text: string): string {
      const at = new Date(`${text}T00:00:00Z`);
      return Number.isNaN(at.getTime()) ? text : shortDay.format(at);
    },
    /** `2026-11`: November 2026. */
    month(text: string): string {
      const at = new Date(`${text}-01T00:00:00Z`);
      return PLAIN_MONTH.test(text) && !Number.isNaN(at.getTime()) ? month.format(at) : text;
    },
    /** An instant by the clock of the person who looks. */
    moment(text: string): string {
      const at = new Date(text);
      return text && !Number.isNaN(at.getTime()) ? moment.format(at) : text;
    },
    /** The day of an instant, likewise. */
    instantDay(text: string): string {
      const at = new Date(text);
      return text && !Number.isNaN(at.getTime()) ? instantDay.format(at) : text;
    },
  };
}

export type Formats = ReturnType<typeof formats>;

export function useFormats(): Formats {
  const { language } = useI18n();
  return useMemo(() => formats(localeOf(language, navigator.languages)), [language]);
}
