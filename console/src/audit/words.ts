import type { Text } from "../i18n/words";

/** What the audit log says beside the common words. */
export const auditWords = {
  "who": ["Who", "Wie", "Qui", "Wer"],
  "key": ["key {sid}", "sleutel {sid}", "clé {sid}", "Schlüssel {sid}"],
  "account": ["account {sid}", "account {sid}", "compte {sid}", "Konto {sid}"],
  "what": ["What", "Wat", "Quoi", "Was"],
  "before": ["before", "voordien", "avant", "vorher"],
  "asked": ["asked", "gevraagd", "demandé", "verlangt"],
} satisfies Record<string, Text>;
