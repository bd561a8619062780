import { type Text, useSpeaker } from "../i18n/words";

/** What the lists of recordings, transcriptions and notifications say beside the common words. */
const words = {
  "call": ["Call", "Oproep", "Appel", "Anruf"],
  "call.open": ["open", "openen", "ouvrir", "öffnen"],
  "call.open.about": ["open the call of {when}", "openen: de oproep van {when}", "ouvrir l’appel du {when}", "öffnen: Anruf vom {when}"],
  "call.sid": ["Sid of the call", "Sid van de oproep", "Sid de l’appel", "Sid des Anrufs"],
  "download": ["Download", "Downloaden", "Télécharger", "Herunterladen"],
  "level": ["Kind", "Soort", "Type", "Art"],
  "level.0": ["error", "fout", "erreur", "Fehler"],
  "level.1": ["warning", "waarschuwing", "avertissement", "Warnung"],
  "code": ["Code", "Code", "Code", "Code"],
  "url": ["URL that was asked", "Gevraagde URL", "URL demandée", "Angefragte URL"],
  "contains": ["Text contains", "Tekst bevat", "Le texte contient", "Text enthält"],
  "details": ["Request and answer", "Verzoek en antwoord", "Requête et réponse", "Anfrage und Antwort"],
  "request": ["Request", "Verzoek", "Requête", "Anfrage"],
  "headers": ["Headers of the answer", "Headers van het antwoord", "En-têtes de la réponse", "Kopfzeilen der Antwort"],
  "answer": ["Answer", "Antwoord", "Réponse", "Antwort"],
  "none": ["Nothing fits these filters.", "Niets past bij deze filters.", "Rien ne correspond à ces filtres.", "Nichts passt zu diesen Filtern."],
} satisfies Record<string, Text>;

export const useLogWords = () => useSpeaker(words);
