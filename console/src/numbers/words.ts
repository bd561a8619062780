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
