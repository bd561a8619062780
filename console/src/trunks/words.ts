import { type Text, useSpeaker } from "../i18n/words";

/** What the page of trunks and routes says. */
const words = {
  "trunks": ["SIP trunks", "SIP-trunks", "Trunks SIP", "SIP-Trunks"],
  "trunks.empty": ["No trunk is configured: calls to the outside need one. Add a [[trunk]] table to the configuration, with the provider’s address, and start again.", "Er is geen trunk ingesteld: oproepen naar buiten hebben er een nodig. Voeg een [[trunk]]-tabel toe aan de configuratie, met het adres van de aanbieder, en herstart.", "Aucun trunk n’est configuré : les appels vers l’extérieur en ont besoin. Ajoutez une table [[trunk]] à la configuration, avec l’adresse du fournisseur, puis redémarrez.", "Kein Trunk ist eingerichtet: Anrufe nach außen brauchen einen. Fügen Sie der Konfiguration eine [[trunk]]-Tabelle mit der Adresse des Anbieters hinzu und starten Sie neu."],
  "routes": ["SMPP routes", "SMPP-routes", "Routes SMPP", "SMPP-Routen"],
  "routes.empty": ["No route is configured: messages to the outside need one. Add an [[smpp_route]] table to the configuration and start again.", "Er is geen route ingesteld: berichten naar buiten hebben er een nodig. Voeg een [[smpp_route]]-tabel toe aan de configuratie en herstart.", "Aucune route n’est configurée : les messages vers l’extérieur en ont besoin. Ajoutez une table [[smpp_route]] à la configuration, puis redémarrez.", "Keine Route ist eingerichtet: Nachrichten nach außen brauchen eine. Fügen Sie der Konfiguration eine [[smpp_route]]-Tabelle hinzu und starten Sie neu."],
  "test": ["Test {name} now", "{name} nu testen", "Tester {name} maintenant", "{name} jetzt prüfen"],
  "calls": ["{calls} of {max} calls", "{calls} van {max} oproepen", "{calls} appels sur {max}", "{calls} von {max} Anrufen"],
  "calls.unlimited": ["{calls} calls", "{calls} oproepen", "{calls} appels", "{calls} Anrufe"],
  "well": ["Nothing is wrong.", "Er is niets mis.", "Tout va bien.", "Alles ist in Ordnung."],
  "cure": ["What to do: {cure}", "Wat te doen: {cure}", "Que faire : {cure}", "Was zu tun ist: {cure}"],
  "address": ["Address", "Adres", "Adresse", "Adresse"],
  "since": ["Since", "Sinds", "Depuis", "Seit"],
  "options": ["Last answer to OPTIONS", "Laatste antwoord op OPTIONS", "Dernière réponse à OPTIONS", "Letzte Antwort auf OPTIONS"],
  "invite": ["Last answer to a call", "Laatste antwoord op een oproep", "Dernière réponse à un appel", "Letzte Antwort auf einen Anruf"],
  "never": ["none yet", "nog geen", "aucune", "noch keine"],
  "silent": ["no answer", "geen antwoord", "sans réponse", "keine Antwort"],
  "registration": ["Registration", "Registratie", "Enregistrement", "Registrierung"],
  "registration.until": ["until {date}", "tot {date}", "jusqu’au {date}", "bis {date}"],
  "registration.seen": ["seen there as {address}", "daar gezien als {address}", "vu là-bas comme {address}", "dort gesehen als {address}"],
  "elsewhere": ["At node {node}", "Op node {node}", "Sur le nœud {node}", "Auf dem Knoten {node}"],
  "route": ["Route", "Route", "Route", "Route"],
  "carrier": ["Carrier", "Operator", "Opérateur", "Netzbetreiber"],
  "peer": ["Host", "Host", "Hôte", "Host"],
  "flight": ["Segments on their way", "Segmenten onderweg", "Segments en route", "Segmente unterwegs"],
  "flight.about": ["handed over, not answered yet", "overhandigd, nog niet beantwoord", "remis, pas encore confirmés", "übergeben, noch nicht beantwortet"],
  "prefixes": ["Serves", "Bedient", "Dessert", "Bedient"],
  "everything": ["everything", "alles", "tout", "alles"],
} satisfies Record<string, Text>;

export const useTrunkWords = () => useSpeaker(words);
