import type { Text } from "../i18n/words";

/** What was written about an invoice, by what the platform calls it. */
export const letters: Record<string, Text> = {
  "issue": ["The document itself", "Het document zelf", "Le document lui-même", "Das Dokument selbst"],
  "reminder": ["Reminder", "Herinnering", "Rappel", "Erinnerung"],
  "notice": ["Notice of default", "Ingebrekestelling", "Mise en demeure", "Mahnung mit Verzug"],
  "warning": ["Warning of suspension", "Waarschuwing voor schorsing", "Avertissement de suspension", "Ankündigung der Sperre"],
  "suspension": ["Suspension", "Schorsing", "Suspension", "Sperre"],
  "restoration": ["Restoration", "Herstel", "Rétablissement", "Wiederherstellung"],
  "closing": ["End of the contract", "Einde van het contract", "Fin du contrat", "Ende des Vertrags"],
};
