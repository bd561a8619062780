import type { Text } from "../i18n/words";

/** What a new flow may begin with, as the platform names it: the name, and what it does. */
export const templates: Record<string, { name: Text; about: Text }> = {
  "blank": {
    name: ["Blank", "Leeg", "Vide", "Leer"],
    about: ["A call that is answered and ended.", "Een oproep die wordt beantwoord en beëindigd.", "Un appel auquel on répond et que l’on termine.", "Ein Anruf, der angenommen und beendet wird."],
  },
  "menu": {
    name: ["Office menu", "Kantoormenu", "Menu de bureau", "Büromenü"],
    about: ["Opening hours, a menu in two languages, sales by telephone, a voicemail for everything else.", "Openingsuren, een menu in twee talen, verkoop per telefoon, een voicemail voor al het andere.", "Heures d’ouverture, un menu en deux langues, les ventes par téléphone, une messagerie pour le reste.", "Öffnungszeiten, ein Menü in zwei Sprachen, Verkauf am Telefon, ein Anrufbeantworter für alles andere."],
  },
  "voicemail": {
    name: ["Voicemail", "Voicemail", "Messagerie vocale", "Anrufbeantworter"],
    about: ["Takes a message and tells you by SMS.", "Neemt een bericht op en meldt het u per sms.", "Prend un message et vous prévient par SMS.", "Nimmt eine Nachricht auf und meldet sie per SMS."],
  },
  "voicemail-mail": {
    name: ["Voicemail by e-mail", "Voicemail per e-mail", "Messagerie par e-mail", "Anrufbeantworter per E-Mail"],
    about: ["Takes a message and sends you the recording.", "Neemt een bericht op en stuurt u de opname.", "Prend un message et vous envoie l’enregistrement.", "Nimmt eine Nachricht auf und schickt Ihnen die Aufnahme."],
  },
  "sms-reply": {
    name: ["SMS keywords", "Sms-trefwoorden", "Mots-clés SMS", "SMS-Stichwörter"],
    about: ["Answers messages by their first word.", "Beantwoordt berichten naar hun eerste woord.", "Répond aux messages selon leur premier mot.", "Beantwortet Nachrichten nach ihrem ersten Wort."],
  },
  "survey": {
    name: ["SMS survey", "Sms-enquête", "Enquête par SMS", "SMS-Umfrage"],
    about: ["Asks for a mark from 1 to 5, waits up to three days, thanks or asks why.", "Vraagt een cijfer van 1 tot 5, wacht tot drie dagen, bedankt of vraagt waarom.", "Demande une note de 1 à 5, attend jusqu’à trois jours, remercie ou demande pourquoi.", "Fragt nach einer Note von 1 bis 5, wartet bis zu drei Tage, dankt oder fragt warum."],
  },
  "callback": {
    name: ["Call back", "Terugbellen", "Rappel", "Rückruf"],
    about: ["Started by a web address, it calls a customer and offers to talk to somebody.", "Gestart door een webadres belt het een klant en biedt een gesprek aan.", "Lancé par une adresse web, il appelle un client et propose de parler à quelqu’un.", "Von einer Webadresse gestartet ruft er einen Kunden an und bietet ein Gespräch an."],
  },
  "masked-number": {
    name: ["Masked number", "Gemaskeerd nummer", "Numéro masqué", "Maskierte Nummer"],
    about: ["Two people call and write to each other by this number, and neither sees the other's.", "Twee mensen bellen en schrijven elkaar via dit nummer, en geen van beiden ziet dat van de ander.", "Deux personnes s’appellent et s’écrivent par ce numéro, et aucune ne voit celui de l’autre.", "Zwei Menschen rufen einander über diese Nummer an und schreiben sich, und keiner sieht die des anderen."],
  },
  "missed": {
    name: ["Missed in the queue", "Gemist in de wachtrij", "Manqués dans la file", "In der Warteschlange verpasst"],
    about: ["Writes to callers who gave up waiting, and counts them.", "Schrijft bellers die het wachten opgaven, en telt ze.", "Écrit aux appelants qui ont renoncé à attendre, et les compte.", "Schreibt Anrufern, die nicht länger warteten, und zählt sie."],
  },
};
