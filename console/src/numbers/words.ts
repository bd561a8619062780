import { type Text, useSpeaker } from "../i18n/words";

/** What renting and binding numbers says beside the common words. */
const words = {
  "price": ["{price} a month without VAT, by the days you have it; calls and messages as in your price list.", "{price} per maand excl. btw, per dag dat u het hebt; oproepen en berichten volgens uw prijslijst.", "{price} par mois hors TVA, au prorata des jours ; appels et messages selon votre liste de prix.", "{price} im Monat ohne MwSt., nach Tagen; Anrufe und Nachrichten laut Ihrer Preisliste."],
  "free": ["Renting it costs nothing a month; calls and messages as in your price list.", "Huren kost niets per maand; oproepen en berichten volgens uw prijslijst.", "La location ne coûte rien par mois ; appels et messages selon votre liste de prix.", "Die Miete kostet im Monat nichts; Anrufe und Nachrichten laut Ihrer Preisliste."],
  "sure": ["Rent {number}?", "{number} huren?", "Louer {number} ?", "{number} mieten?"],
  "order": ["Rent it, with obligation to pay", "Huren met betalingsverplichting", "Louer avec obligation de paiement", "Zahlungspflichtig mieten"],
  "rented": ["{number} is yours. Bind it to a flow next.", "{number} is van u. Koppel het nu aan een flow.", "{number} est à vous. Liez-le maintenant à un flux.", "{number} gehört Ihnen. Binden Sie sie nun an einen Ablauf."],
  "calls": ["What answers calls", "Wat oproepen beantwoordt", "Ce qui répond aux appels", "Was Anrufe beantwortet"],
  "messages": ["What gets messages", "Wat berichten krijgt", "Ce qui reçoit les messages", "Was Nachrichten bekommt"],
  "url": ["A URL", "Een URL", "Une URL", "Eine URL"],
  "messagesUrl": ["URL that gets messages", "URL die berichten krijgt", "URL qui reçoit les messages", "URL, die Nachrichten bekommt"],
  "application": ["Application: {name}", "Toepassing: {name}", "Application : {name}", "Anwendung: {name}"],
  "flow": ["Flow: {name}", "Flow: {name}", "Flux : {name}", "Ablauf: {name}"],
  "test": ["Flow in test: {name}", "Flow in test: {name}", "Flux en test : {name}", "Ablauf im Test: {name}"],
  "keywords": ["Keywords at the shared sender", "Sleutelwoorden bij de gedeelde afzender", "Mots-clés de l’expéditeur partagé", "Schlüsselwörter beim gemeinsamen Absender"],
  "keywords.about": ["Whoever writes to the shared sender and begins with one of these words writes to this account. The operator gives a word to one account.", "Wie naar de gedeelde afzender schrijft en met een van deze woorden begint, schrijft naar dit account. De operator geeft een woord aan één account.", "Qui écrit à l’expéditeur partagé en commençant par un de ces mots écrit à ce compte. L’opérateur donne un mot à un seul compte.", "Wer an den gemeinsamen Absender schreibt und mit einem dieser Wörter beginnt, schreibt diesem Konto. Der Betreiber gibt ein Wort einem Konto."],
  "keywords.empty": ["No word is given to this account.", "Aan dit account is geen woord gegeven.", "Aucun mot n’est donné à ce compte.", "Diesem Konto ist kein Wort gegeben."],
  "keyword": ["Keyword", "Sleutelwoord", "Mot-clé", "Schlüsselwort"],
  "keyword.about": ["2 to 20 letters and digits without accents", "2 tot 20 letters en cijfers zonder accenten", "2 à 20 lettres et chiffres sans accents", "2 bis 20 Buchstaben und Ziffern ohne Akzente"],
  "keyword.give": ["Give it to this account", "Aan dit account geven", "Le donner à ce compte", "Diesem Konto geben"],
  "keyword.default": ["Where nothing is said, they go where the account’s other answers at the shared sender go.", "Waar niets gezegd is, gaan ze waarheen de andere antwoorden van het account bij de gedeelde afzender gaan.", "Sans indication, ils vont là où vont les autres réponses du compte à l’expéditeur partagé.", "Ohne Angabe gehen sie dorthin, wohin die anderen Antworten des Kontos beim gemeinsamen Absender gehen."],
  "keyword.end": ["Give up {keyword}", "{keyword} opgeven", "Rendre {keyword}", "{keyword} aufgeben"],
  "choose": ["Choose", "Kiezen", "Choisir", "Wählen"],
  "choose.one": ["Choose {number}", "{number} kiezen", "Choisir {number}", "{number} wählen"],
  "several": ["Chosen: {count}", "Gekozen: {count}", "Choisis : {count}", "Gewählt: {count}"],
  "several.bind": ["Bind them all", "Alle koppelen", "Tous les lier", "Alle binden"],
  "several.release": ["Release them all", "Alle vrijgeven", "Tous les libérer", "Alle zurückgeben"],
  "several.none": ["Choose none", "Geen kiezen", "N’en choisir aucun", "Keine wählen"],
  "several.sure": ["{count} number(s) are given back. Somebody else may rent them afterwards.", "{count} nummer(s) worden teruggegeven. Iemand anders kan ze daarna huren.", "{count} numéro(s) sont rendus. Quelqu’un d’autre pourra les louer ensuite.", "{count} Nummer(n) werden zurückgegeben. Danach kann sie jemand anders mieten."],
  "several.progress": ["{done} of {count} done", "{done} van {count} klaar", "{done} sur {count} traités", "{done} von {count} fertig"],
  "several.failed": ["Not done", "Niet gelukt", "Non effectué", "Nicht ausgeführt"],
  "flowsNone": ["No flow is published yet: draw and publish one under Flows, and it can be chosen here.", "Er is nog geen flow gepubliceerd: teken en publiceer er een onder Flows, dan kan hij hier gekozen worden.", "Aucun flux n’est encore publié : dessinez-en un sous Flux et publiez-le, il sera proposé ici.", "Noch ist kein Ablauf veröffentlicht: Zeichnen und veröffentlichen Sie einen unter Abläufe, dann steht er hier zur Wahl."],
} satisfies Record<string, Text>;

export const useNumberWords = () => useSpeaker(words);
