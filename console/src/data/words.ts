import { type Text, useSpeaker } from "../i18n/words";

/** What the page of data says. */
const words = {
  "archives": ["Archives of all that is kept", "Archieven van alles wat bewaard wordt", "Archives de tout ce qui est conservé", "Archive von allem, was aufbewahrt wird"],
  "archives.about": ["An archive has what is kept of this account, as JSON and CSV, with recordings and invoices. It is made in the background, one at a time and five a day, and is deleted after a while by itself. Keep it as safe as the account.", "Een archief bevat wat van deze account bewaard wordt, als JSON en CSV, met opnames en facturen. Het wordt op de achtergrond gemaakt, één tegelijk en vijf per dag, en wordt na een tijd vanzelf verwijderd. Bewaar het even veilig als de account.", "Une archive contient ce qui est conservé de ce compte, en JSON et CSV, avec enregistrements et factures. Elle se fait en arrière-plan, une à la fois et cinq par jour, et disparaît d’elle-même après un temps. Gardez-la aussi sûrement que le compte.", "Ein Archiv enthält, was zu diesem Konto aufbewahrt wird, als JSON und CSV, mit Aufzeichnungen und Rechnungen. Es entsteht im Hintergrund, eines zugleich und fünf am Tag, und wird nach einer Weile von selbst gelöscht. Bewahren Sie es so sicher auf wie das Konto."],
  "archives.none": ["No archive yet. Ask for one to take your data with you, or to see what is kept.", "Nog geen archief. Vraag er een om uw gegevens mee te nemen, of om te zien wat bewaard wordt.", "Pas encore d’archive. Demandez-en une pour emporter vos données, ou pour voir ce qui est conservé.", "Noch kein Archiv. Fordern Sie eines an, um Ihre Daten mitzunehmen oder zu sehen, was aufbewahrt wird."],
  "ask": ["Ask for an archive", "Archief vragen", "Demander une archive", "Archiv anfordern"],
  "asked": ["Asked for", "Gevraagd", "Demandée", "Angefordert"],
  "parts": ["{done} of {all} parts", "{done} van {all} delen", "{done} parties sur {all}", "{done} von {all} Teilen"],
  "size": ["Size", "Grootte", "Taille", "Größe"],
  "bytes": ["{number} bytes", "{number} bytes", "{number} octets", "{number} Byte"],
  "until": ["Until", "Tot", "Jusqu’au", "Bis"],
  "fetch": ["Download", "Downloaden", "Télécharger", "Herunterladen"],
  "fetch.of": ["Download the archive of {date}", "Archief van {date} downloaden", "Télécharger l’archive du {date}", "Archiv vom {date} herunterladen"],
  "delete": ["Delete", "Verwijderen", "Supprimer", "Löschen"],
  "delete.of": ["Delete the archive of {date}", "Archief van {date} verwijderen", "Supprimer l’archive du {date}", "Archiv vom {date} löschen"],
} satisfies Record<string, Text>;

export const useDataWords = () => useSpeaker(words);
