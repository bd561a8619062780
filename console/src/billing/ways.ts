import type { Text } from "../i18n/words";

/** The ways of a structured document, by what the platform calls them. */
export const ways: Record<string, Text> = {
  "folder": ["By a folder", "Via een map", "Par un dossier", "Über einen Ordner"],
  "access_point": ["By Peppol", "Via Peppol", "Par Peppol", "Über Peppol"],
};
