import { type Text, useSpeaker } from "../i18n/words";

/** What the guard against artificial traffic says. */
const words = {
  "title": ["Suspected fraud", "Vermoeden van fraude", "Fraude présumée", "Betrugsverdacht"],
  "about": ["Codes that somebody has sent to earn from them are stopped. Each case is one source or one block of numbers; where the traffic is real, the operator releases it.", "Codes die iemand laat versturen om eraan te verdienen, worden tegengehouden. Elk geval is één bron of één blok nummers; is het verkeer echt, dan geeft de operator het vrij.", "Les codes que quelqu’un fait envoyer pour en tirer profit sont arrêtés. Chaque cas est une source ou un bloc de numéros ; si le trafic est réel, l’opérateur le libère.", "Codes, die jemand verschicken lässt, um daran zu verdienen, werden aufgehalten. Jeder Fall ist eine Quelle oder ein Rufnummernblock; ist der Verkehr echt, gibt der Betreiber ihn frei."],
  "cases": ["Cases", "Gevallen", "Cas", "Fälle"],
  "cases.none": ["No case: nothing looks like fraud.", "Geen geval: niets lijkt op fraude.", "Aucun cas : rien ne ressemble à une fraude.", "Kein Fall: Nichts sieht nach Betrug aus."],
  "rule": ["Rule", "Regel", "Règle", "Regel"],
  "rule.number-10-minutes": ["codes to a number in ten minutes", "codes naar een nummer in tien minuten", "codes vers un numéro en dix minutes", "Codes an eine Nummer in zehn Minuten"],
  "rule.number-day": ["codes to a number in a day", "codes naar een nummer op een dag", "codes vers un numéro en un jour", "Codes an eine Nummer an einem Tag"],
  "rule.client-hour": ["codes for one address in an hour", "codes voor één adres in een uur", "codes pour une adresse en une heure", "Codes für eine Adresse in einer Stunde"],
  "rule.block-hour": ["codes to a block of numbers in an hour", "codes naar een blok nummers in een uur", "codes vers un bloc de numéros en une heure", "Codes an einen Nummernblock in einer Stunde"],
  "rule.block-unverified": ["a block that hardly uses its codes", "een blok dat zijn codes amper gebruikt", "un bloc qui n’utilise guère ses codes", "ein Block, der seine Codes kaum nutzt"],
  "subject": ["What it is about", "Waarover het gaat", "Objet", "Worum es geht"],
  "seen": ["Seen", "Gezien", "Vus", "Gesehen"],
  "allowed": ["Allowed", "Toegelaten", "Permis", "Erlaubt"],
  "refusals": ["Refused", "Geweigerd", "Refusés", "Abgelehnt"],
  "last": ["Last refusal", "Laatste weigering", "Dernier refus", "Letzte Ablehnung"],
  "open": ["refused", "geweigerd", "refusé", "abgelehnt"],
  "released": ["released", "vrijgegeven", "libéré", "freigegeben"],
  "release": ["Release {name}", "{name} vrijgeven", "Libérer {name}", "{name} freigeben"],
  "release.do": ["Release it", "Vrijgeven", "Libérer", "Freigeben"],
  "release.about": ["Codes are sent there again, and counting begins anew.", "Er worden weer codes gestuurd, en het tellen begint opnieuw.", "Des codes y sont à nouveau envoyés et le comptage recommence.", "Dorthin gehen wieder Codes, und die Zählung beginnt neu."],
  "note": ["What was found", "Wat er gevonden is", "Ce qui a été constaté", "Was gefunden wurde"],
  "decisions": ["What the guard decided", "Wat de bewaking besliste", "Ce que la garde a décidé", "Was der Wächter entschied"],
  "decisions.none": ["No code was asked for that fits.", "Er werd geen passende code gevraagd.", "Aucun code correspondant n’a été demandé.", "Kein passender Code wurde verlangt."],
  "outcome": ["Outcome", "Uitkomst", "Issue", "Ergebnis"],
  "outcome.all": ["all", "alle", "toutes", "alle"],
  "outcome.allowed": ["allowed", "toegelaten", "permis", "erlaubt"],
  "outcome.refused": ["refused", "geweigerd", "refusé", "abgelehnt"],
  "country": ["Country", "Land", "Pays", "Land"],
  "safe": ["Numbers of your own", "Eigen nummers", "Vos propres numéros", "Eigene Nummern"],
  "safe.about": ["Codes to testers’ numbers are not held for fraud.", "Codes naar nummers van testers gelden niet als fraude.", "Les codes vers les numéros de testeurs ne sont pas tenus pour de la fraude.", "Codes an Nummern von Testern gelten nicht als Betrug."],
  "safe.add": ["Put it on the safe list", "Op de veilige lijst zetten", "Mettre sur la liste sûre", "Auf die sichere Liste setzen"],
  "safe.remove": ["Take it off", "Eraf halen", "Retirer", "Herunternehmen"],
  "safe.added": ["{number} is on the safe list.", "{number} staat op de veilige lijst.", "{number} est sur la liste sûre.", "{number} steht auf der sicheren Liste."],
  "safe.removed": ["{number} is not on the safe list.", "{number} staat niet op de veilige lijst.", "{number} n’est pas sur la liste sûre.", "{number} steht nicht auf der sicheren Liste."],
  "keep": ["Cancel", "Annuleren", "Annuler", "Abbrechen"],
} satisfies Record<string, Text>;

export type FraudWord = keyof typeof words;
export const useFraudWords = () => useSpeaker(words);
/** The word for a rule; its own name where it is newer than the words. */
export const isRuleWord = (key: string): key is FraudWord => key in words;

/** Whether a code was used, as the platform calls it. */
export const conversions: Record<string, Text> = {
  "converted": ["used", "gebruikt", "utilisé", "genutzt"],
  "unconverted": ["not used", "niet gebruikt", "non utilisé", "nicht genutzt"],
};
