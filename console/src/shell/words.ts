import { type Text, useSpeaker } from "../i18n/words";

/** What every list offers. */
const words = {
  "json": ["Download JSON", "JSON downloaden", "Télécharger en JSON", "JSON herunterladen"],
  "columns": ["Columns", "Kolommen", "Colonnes", "Spalten"],
  "saved": ["Saved filters", "Bewaarde filters", "Filtres enregistrés", "Gespeicherte Filter"],
  "save": ["Save these filters", "Deze filters bewaren", "Enregistrer ces filtres", "Diese Filter speichern"],
  "name": ["Name of the filters", "Naam van de filters", "Nom des filtres", "Name der Filter"],
  "save.do": ["Save", "Bewaren", "Enregistrer", "Speichern"],
  "forget": ["Forget the filters {name}", "Filters {name} vergeten", "Oublier les filtres {name}", "Filter {name} vergessen"],
} satisfies Record<string, Text>;

export const useListWords = () => useSpeaker(words);
