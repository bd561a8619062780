import { type Text, useSpeaker } from "../i18n/words";

/** What the page of spending says. */
const words = {
  "about": ["Say what this account may spend in a calendar month, with VAT. It is free and may be changed at any time. Calls to emergency numbers and everything that comes in go on whatever is reached.", "Zeg wat deze account in een kalendermaand mag besteden, incl. btw. Het is gratis en op elk moment te wijzigen. Oproepen naar noodnummers en alles wat binnenkomt gaan altijd door.", "Dites ce que ce compte peut dépenser par mois civil, TVA comprise. C’est gratuit et modifiable à tout moment. Les appels d’urgence et tout ce qui entre continuent quoi qu’il arrive.", "Sagen Sie, was dieses Konto im Kalendermonat ausgeben darf, mit MwSt. Es ist kostenlos und jederzeit änderbar. Notrufe und alles Eingehende gehen immer weiter."],
  "new": ["New threshold", "Nieuwe drempel", "Nouveau seuil", "Neue Schwelle"],
  "presets": ["Amount", "Bedrag", "Montant", "Betrag"],
  "none": ["None", "Geen", "Aucun", "Keine"],
  "none.sure": ["All thresholds are removed: nothing warns or stops you then.", "Alle drempels worden verwijderd: dan waarschuwt of stopt niets u.", "Tous les seuils sont supprimés : plus rien ne vous prévient ni ne vous arrête.", "Alle Schwellen werden entfernt: Dann warnt oder bremst Sie nichts."],
  "none.do": ["Remove them all", "Alle verwijderen", "Tout supprimer", "Alle entfernen"],
  "amount": ["Another amount, with VAT", "Een ander bedrag, incl. btw", "Un autre montant, TVA comprise", "Anderer Betrag, mit MwSt."],
  "reaction": ["When it is reached", "Wanneer hij bereikt is", "Quand il est atteint", "Wenn sie erreicht ist"],
  "alert": ["Tell me, and go on", "Meld het, en ga door", "Me prévenir, et continuer", "Mir melden und weitermachen"],
  "block_new": ["Tell me, and start nothing more that costs money this month", "Meld het, en begin deze maand niets meer dat geld kost", "Me prévenir, et ne plus rien commencer de payant ce mois-ci", "Mir melden und diesen Monat nichts Kostenpflichtiges mehr beginnen"],
  "cut": ["Tell me, start nothing more, and end calls that cost money", "Meld het, begin niets meer, en beëindig betalende oproepen", "Me prévenir, ne plus rien commencer, et couper les appels payants", "Mir melden, nichts mehr beginnen und kostenpflichtige Anrufe beenden"],
  "url": ["URL that is told, if any", "URL die het verneemt, indien gewenst", "URL prévenue, le cas échéant", "URL, die es erfährt, falls gewünscht"],
  "set": ["Set the threshold", "Drempel instellen", "Fixer le seuil", "Schwelle setzen"],
  "list": ["Thresholds", "Drempels", "Seuils", "Schwellen"],
  "empty": ["No threshold: nothing warns you, and nothing is stopped. Choose an amount above.", "Geen drempel: niets waarschuwt u, en niets wordt gestopt. Kies hierboven een bedrag.", "Aucun seuil : rien ne vous prévient et rien n’est arrêté. Choisissez un montant ci-dessus.", "Keine Schwelle: Nichts warnt Sie, und nichts wird gestoppt. Wählen Sie oben einen Betrag."],
  "reached": ["Reached", "Bereikt", "Atteint", "Erreicht"],
  "reached.not": ["not this month", "deze maand niet", "pas ce mois-ci", "diesen Monat nicht"],
  "reached.at": ["{date}: {spent} with VAT", "{date}: {spent} incl. btw", "{date} : {spent} TVA comprise", "{date}: {spent} mit MwSt."],
  "reached.before": ["last in {month}", "laatst in {month}", "dernièrement en {month}", "zuletzt im {month}"],
  "remove": ["Remove {amount}", "{amount} verwijderen", "Supprimer {amount}", "{amount} entfernen"],
  "stopped": ["Threshold {amount} was reached: until the month ends nothing more that costs money goes out. Raise or remove it to go on at once.", "Drempel {amount} is bereikt: tot het einde van de maand gaat niets meer uit dat geld kost. Verhoog of verwijder hem om meteen door te gaan.", "Le seuil {amount} est atteint : rien de payant ne sort plus jusqu’à la fin du mois. Relevez-le ou supprimez-le pour continuer aussitôt.", "Die Schwelle {amount} ist erreicht: Bis Monatsende geht nichts Kostenpflichtiges mehr hinaus. Erhöhen oder entfernen Sie sie, um sofort weiterzumachen."],
} satisfies Record<string, Text>;

export const useSpendingWords = () => useSpeaker(words);
