import type { Dictionary } from ".";

export const fr: Dictionary = {
  "app.skip": "Aller au contenu",
  "app.language": "Langue",
  "app.scheme": "Clair ou sombre",
  "app.menu": "Menu",
  "app.loading": "Chargement…",
  "app.retry": "Réessayer",
  "app.notFound": "Cette page n’existe pas.",
  "nav.dashboard": "Tableau de bord",
  "nav.flows": "Flux",
  "flows.none": "Le concepteur se charge.",
};
