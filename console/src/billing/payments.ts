import type { Text } from "../i18n/words";

/** How a payment through a provider stands. */
export const payments: Record<string, Text> = {
  open: ["not paid yet", "nog niet betaald", "pas encore payé", "noch nicht bezahlt"],
  succeeded: ["paid", "betaald", "payé", "bezahlt"],
  cancelled: ["given up", "opgegeven", "abandonné", "aufgegeben"],
};

/** How a chargeback stands, as the provider calls it. */
export const chargebacks: Record<string, Text> = {
  needs_response: ["wants an answer", "vraagt een antwoord", "attend une réponse", "verlangt eine Antwort"],
  under_review: ["under review", "wordt bekeken", "à l’examen", "wird geprüft"],
  won: ["won", "gewonnen", "gagné", "gewonnen"],
  lost: ["lost", "verloren", "perdu", "verloren"],
};
