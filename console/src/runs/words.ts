import { type Text, useSpeaker } from "../i18n/words";

/** What the pages of executions say. */
const words = {
  "all": ["Executions of {name}", "Uitvoeringen van {name}", "Exécutions de {name}", "Ausführungen von {name}"],
  "one": ["Execution", "Uitvoering", "Exécution", "Ausführung"],
  "none": ["No execution matches. Bind the flow to a number, call it from the phone, or start it over the API.", "Geen uitvoering voldoet. Koppel de flow aan een nummer, bel hem met de telefoon, of start hem via de API.", "Aucune exécution ne correspond. Liez le flux à un numéro, appelez-le du téléphone, ou lancez-le par l’API.", "Keine Ausführung passt. Binden Sie den Flow an eine Nummer, rufen Sie ihn vom Telefon an, oder starten Sie ihn über die API."],
  "show": ["Which", "Welke", "Lesquelles", "Welche"],
  "show.all": ["all", "alle", "toutes", "alle"],
  "active": ["running", "loopt", "en cours", "läuft"],
  "ended": ["ended", "beëindigd", "terminée", "beendet"],
  "began": ["Began", "Begonnen", "Début", "Begann"],
  "contact": ["With", "Met", "Avec", "Mit"],
  "channel": ["Way", "Kanaal", "Canal", "Kanal"],
  "outcome": ["Outcome", "Afloop", "Issue", "Ergebnis"],
  "revision": ["Revision", "Revisie", "Révision", "Revision"],
  "draft": ["draft", "ontwerp", "brouillon", "Entwurf"],
  "steps": ["Steps", "Stappen", "Étapes", "Schritte"],
  "canvas": ["Show its way on the canvas", "Zijn weg op het canvas tonen", "Montrer son chemin sur le canevas", "Seinen Weg auf der Leinwand zeigen"],
  "call": ["All about its call", "Alles over zijn oproep", "Tout sur son appel", "Alles zu seinem Anruf"],
  "end": ["End it", "Beëindigen", "Y mettre fin", "Beenden"],
  "end.sure": ["Whoever is in it is let go.", "Wie erin zit, wordt losgelaten.", "Qui s’y trouve est libéré.", "Wer darin ist, wird entlassen."],
  "end.not": ["Let it run", "Laten lopen", "Laisser continuer", "Laufen lassen"],
  "end.do": ["End the execution", "De uitvoering beëindigen", "Mettre fin à l’exécution", "Ausführung beenden"],
  "step.none": ["No step yet.", "Nog geen stap.", "Pas encore d’étape.", "Noch kein Schritt."],
  "step": ["Step", "Stap", "Étape", "Schritt"],
  "way": ["Way out", "Uitgang", "Sortie", "Ausgang"],
  "took": ["Took", "Duurde", "Durée", "Dauerte"],
  "more.of": ["What went in and out of step {number}", "Wat in en uit stap {number} ging", "Ce qui est entré et sorti de l’étape {number}", "Was in Schritt {number} hinein- und herausging"],
  "inputs": ["In", "In", "Entrée", "Hinein"],
  "outputs": ["Out", "Uit", "Sortie", "Heraus"],
  "exchange": ["Web request, without secrets", "Webverzoek, zonder geheimen", "Requête web, sans secrets", "Webanfrage, ohne Geheimnisse"],
  "remembers": ["What it remembers", "Wat hij onthoudt", "Ce qu’elle retient", "Was sie sich merkt"],
  "all.link": ["Executions", "Uitvoeringen", "Exécutions", "Ausführungen"],
} satisfies Record<string, Text>;

export const useRunWords = () => useSpeaker(words);
