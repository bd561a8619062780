import type { Dictionary } from ".";

export const nl: Dictionary = {
  "app.skip": "Naar de inhoud",
  "app.language": "Taal",
  "app.scheme": "Licht of donker",
  "app.menu": "Menu",
  "app.loading": "Laden…",
  "app.retry": "Opnieuw proberen",
  "app.notFound": "Deze pagina bestaat niet.",
  "nav.dashboard": "Overzicht",
  "nav.flows": "Flows",
  "flows.none": "De ontwerper wordt geladen.",
};
