import { type Text, useSpeaker } from "../i18n/words";

/** What the page of applications says beside the common words. */
const words = {
  "new": ["New application", "Nieuwe toepassing", "Nouvelle application", "Neue Anwendung"],
  "change": ["Change {name}", "{name} wijzigen", "Modifier {name}", "{name} ändern"],
  "fallback": ["Asked where that fails", "Gevraagd als dat mislukt", "Demandée en cas d’échec", "Gefragt, wenn das scheitert"],
  "callback": ["Told of the states of calls", "Krijgt de toestanden van oproepen", "Informée des états des appels", "Erfährt die Zustände von Anrufen"],
  "dialect": ["Language of its documents", "Taal van haar documenten", "Langage de ses documents", "Sprache ihrer Dokumente"],
  "dialect.auto": ["as they are written", "zoals ze geschreven zijn", "comme ils sont écrits", "wie sie geschrieben sind"],
  "delete": ["Delete it", "Verwijderen", "Supprimer", "Löschen"],
  "delete.sure": ["Numbers that are bound to it are left without an answer. Press once more to delete it.", "Nummers die eraan gekoppeld zijn, antwoorden dan niet meer. Druk nog eens om te verwijderen.", "Les numéros qui y sont liés ne répondront plus. Appuyez encore pour supprimer.", "Daran gebundene Rufnummern antworten dann nicht mehr. Zum Löschen noch einmal drücken."],
} satisfies Record<string, Text>;

export const useApplicationWords = () => useSpeaker(words);
