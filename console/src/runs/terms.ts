import type { Text } from "../i18n/words";

/** How an execution ended, or that it runs. */
export const outcomes: Record<string, Text> = {
  active: ["running", "loopt", "en cours", "läuft"],
  completed: ["completed", "voltooid", "terminé", "abgeschlossen"],
  failed: ["failed", "mislukt", "échoué", "gescheitert"],
  hangup: ["hung up", "ingehangen", "raccroché", "aufgelegt"],
  stopped: ["ended over the API", "beëindigd via de API", "arrêtée par l’API", "über die API beendet"],
  replaced: ["another application took the call", "een andere toepassing nam de oproep over", "une autre application a pris l’appel", "eine andere Anwendung übernahm den Anruf"],
};

/** How somebody came to a flow. */
export const channels: Record<string, Text> = {
  call: ["call", "oproep", "appel", "Anruf"],
  message: ["message", "bericht", "message", "Nachricht"],
  web: ["web request", "webverzoek", "requête web", "Webanfrage"],
  schedule: ["schedule", "planning", "horaire", "Zeitplan"],
  queue: ["queue", "wachtrij", "file d’attente", "Warteschlange"],
  subflow: ["another flow", "een andere flow", "un autre flux", "ein anderer Flow"],
};

/** Published revisions count from 1; 0 is the draft. */
export const revisionOf = (revision: string, draft: string): string => (revision === "0" ? draft : revision);
