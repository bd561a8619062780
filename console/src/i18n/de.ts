import type { Dictionary } from ".";

export const de: Dictionary = {
  "app.skip": "Zum Inhalt",
  "app.language": "Sprache",
  "app.scheme": "Hell oder dunkel",
  "app.menu": "Menü",
  "app.loading": "Wird geladen…",
  "app.retry": "Erneut versuchen",
  "app.notFound": "Diese Seite gibt es nicht.",
  "nav.dashboard": "Übersicht",
  "nav.flows": "Abläufe",
  "flows.none": "Der Designer wird geladen.",
};
