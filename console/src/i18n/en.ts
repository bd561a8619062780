/** English is the source: a key missing in another language does not compile. */
export const en = {
  "app.skip": "Skip to content",
  "app.language": "Language",
  "app.scheme": "Light or dark",
  "app.menu": "Menu",
  "app.loading": "Loading…",
  "app.retry": "Try again",
  "app.notFound": "There is no such page.",
  "nav.dashboard": "Dashboard",
  "nav.flows": "Flows",
  "flows.none": "The designer is being loaded.",
} as const;
