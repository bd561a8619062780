import type { Language } from "../i18n";
import { named, type Text } from "../i18n/words";

/** What the platform calls a state, in the languages of the console. */
export const statuses: Record<string, Text> = {
  "queued": ["queued", "in de wachtrij", "en attente", "in der Warteschlange"],
  "ringing": ["ringing", "gaat over", "sonne", "klingelt"],
  "in-progress": ["in-progress", "bezig", "en cours", "läuft"],
  "completed": ["completed", "voltooid", "terminé", "beendet"],
  "busy": ["busy", "bezet", "occupé", "besetzt"],
  "failed": ["failed", "mislukt", "échoué", "gescheitert"],
  "no-answer": ["no-answer", "geen antwoord", "sans réponse", "keine Antwort"],
  "canceled": ["canceled", "geannuleerd", "annulé", "abgebrochen"],
  "accepted": ["accepted", "aanvaard", "accepté", "angenommen"],
  "scheduled": ["scheduled", "gepland", "planifié", "geplant"],
  "sending": ["sending", "wordt verzonden", "envoi en cours", "wird gesendet"],
  "sent": ["sent", "verzonden", "envoyé", "gesendet"],
  "running": ["being made", "wordt gemaakt", "en préparation", "wird erstellt"],
  "ready": ["ready", "klaar", "prête", "bereit"],
  "rejected": ["rejected", "geweigerd", "rejeté", "abgelehnt"],
  "delivered": ["delivered", "afgeleverd", "distribué", "zugestellt"],
  "undelivered": ["undelivered", "niet afgeleverd", "non distribué", "nicht zugestellt"],
  "receiving": ["receiving", "wordt ontvangen", "réception en cours", "wird empfangen"],
  "received": ["received", "ontvangen", "reçu", "empfangen"],
  "processing": ["processing", "in verwerking", "en traitement", "in Bearbeitung"],
  "absent": ["absent", "afwezig", "absent", "fehlt"],
  "paused": ["paused", "gepauzeerd", "en pause", "angehalten"],
  "init": ["init", "begonnen", "commencé", "begonnen"],
  "active": ["active", "actief", "actif", "aktiv"],
  "suspended": ["suspended", "geschorst", "suspendu", "gesperrt"],
  "closed": ["closed", "gesloten", "clôturé", "geschlossen"],
  "draft": ["draft", "ontwerp", "brouillon", "Entwurf"],
  "offered": ["offered", "aangeboden", "proposé", "angeboten"],
  "expired": ["expired", "vervallen", "expiré", "abgelaufen"],
  "ordered": ["ordered", "besteld", "commandé", "bestellt"],
  "not_in_force": ["not in force", "niet in werking", "pas en vigueur", "nicht in Kraft"],
  "capped": ["own cap reached", "eigen plafond bereikt", "plafond propre atteint", "eigene Grenze erreicht"],
  "limited": ["nothing left to spend", "niets meer te besteden", "plus rien à dépenser", "nichts mehr auszugeben"],
  "closing": ["closing", "loopt af", "en résiliation", "läuft aus"],
  "erased": ["erased", "gewist", "effacé", "gelöscht"],
  "open": ["open", "open", "ouvert", "offen"],
  "paid": ["paid", "betaald", "payé", "bezahlt"],
  "settled": ["settled", "verrekend", "imputée", "verrechnet"],
  "overdue": ["overdue", "vervallen", "en retard", "überfällig"],
  "cleared": ["cleared", "afgehandeld", "réglé", "erledigt"],
  "decided": ["decided", "beslist", "tranché", "entschieden"],
  "waiting": ["waiting", "wacht", "en attente", "wartet"],
  "approved": ["approved", "goedgekeurd", "approuvé", "genehmigt"],
  "refused": ["refused", "geweigerd", "refusé", "abgelehnt"],
  "up": ["up", "bereikbaar", "joignable", "erreichbar"],
  "down": ["down", "onbereikbaar", "injoignable", "nicht erreichbar"],
  "unknown": ["unknown", "onbekend", "inconnu", "unbekannt"],
  "trying": ["trying", "wordt geprobeerd", "en cours d’essai", "wird versucht"],
  "registered": ["registered", "geregistreerd", "enregistré", "registriert"],
  "requested": ["requested", "aangevraagd", "demandé", "angefordert"],
  "returned": ["came back", "teruggekomen", "revenu", "zurückgekommen"],
  "signed": ["in force", "van kracht", "en vigueur", "in Kraft"],
  "revoked": ["revoked", "ingetrokken", "révoqué", "widerrufen"],
  "over": ["over", "voorbij", "terminé", "beendet"],
};

/** Which way a call or a message went. */
export const directions: Record<string, Text> = {
  "inbound": ["inbound", "inkomend", "entrant", "eingehend"],
  "outbound": ["outbound", "uitgaand", "sortant", "ausgehend"],
  "outbound-api": ["outbound, by the API", "uitgaand, via de API", "sortant, par l’API", "ausgehend, über die API"],
  "outbound-call": ["outbound, by a document", "uitgaand, via een document", "sortant, par un document", "ausgehend, durch ein Dokument"],
  "outbound-dial": ["outbound, by Dial", "uitgaand, via Dial", "sortant, par Dial", "ausgehend, durch Dial"],
  "outbound-reply": ["outbound, as a reply", "uitgaand, als antwoord", "sortant, en réponse", "ausgehend, als Antwort"],
};

/** What prices are of, by the item of the plan. */
export const items: Record<string, Text> = {
  "number.fixed": ["Fixed numbers", "Vaste nummers", "Numéros fixes", "Feste Rufnummern"],
  "designer": ["Visual designer", "Visual designer", "Concepteur visuel", "Visueller Designer"],
  "sms.out": ["SMS sent", "Sms, verzonden", "SMS envoyés", "SMS, gesendet"],
  "sms.in": ["SMS received", "Sms, ontvangen", "SMS reçus", "SMS, empfangen"],
  "voice.out.mobile": ["Outbound to mobile", "Spraak, uitgaand naar mobiel", "Voix, sortant vers mobile", "Anrufe zu Mobilfunk"],
  "voice.out.fixed": ["Outbound to fixed", "Spraak, uitgaand naar vast", "Voix, sortant vers fixe", "Anrufe zum Festnetz"],
  "voice.in": ["Inbound calls", "Spraak, inkomend", "Voix, entrant", "Eingehende Anrufe"],
  "conference.setup": ["Conference set-ups", "Conferenties, opzet", "Conférences, établissement", "Konferenzen, Einrichtung"],
  "recording": ["Recording", "Opname", "Enregistrement", "Aufzeichnung"],
  "twofa.request": ["Two-factor requests", "Tweefactorverificatie, verzoeken", "Vérification à deux facteurs, demandes", "Zwei-Faktor-Prüfung, Anfragen"],
  "tts": ["Speech synthesis", "Spraaksynthese", "Synthèse vocale", "Sprachsynthese"],
};

/** An item of a plan; of a price by the hour its band, of a volume price its threshold. */
export function itemNamed(code: string, language: Language): string {
  const [base = "", ...parts] = code.split(/(?=[~>])/);
  return [named(items, base, language), ...parts.map((part) => (part.startsWith(">") ? `> ${part.slice(1)}` : part.slice(1)))].join(", ");
}

/** What was measured of a leg's media. */
export const measures: Record<string, Text> = {
  "codec": ["Codec", "Codec", "Codec", "Codec"],
  "mos": ["Quality (MOS, 1 to 5)", "Kwaliteit (MOS, 1 tot 5)", "Qualité (MOS, 1 à 5)", "Qualität (MOS, 1 bis 5)"],
  "jitter_ms": ["Jitter (ms)", "Jitter (ms)", "Gigue (ms)", "Jitter (ms)"],
  "lost": ["Packets lost", "Pakketten verloren", "Paquets perdus", "Pakete verloren"],
  "late": ["Packets too late", "Pakketten te laat", "Paquets en retard", "Pakete zu spät"],
  "rtt_ms": ["Round trip (ms)", "Heen en terug (ms)", "Aller-retour (ms)", "Hin und zurück (ms)"],
  "remote_loss_percent": ["Lost on the way there (%)", "Verloren op de heenweg (%)", "Perdus à l’aller (%)", "Verloren auf dem Hinweg (%)"],
  "sent": ["Packets sent", "Pakketten verzonden", "Paquets envoyés", "Pakete gesendet"],
  "received": ["Packets received", "Pakketten ontvangen", "Paquets reçus", "Pakete empfangen"],
};

/** What may happen in a call. */
export const happened: Record<string, Text> = {
  "queued": ["Call asked for", "Oproep gevraagd", "Appel demandé", "Anruf verlangt"],
  "received": ["Call came in", "Oproep kwam binnen", "Appel reçu", "Anruf kam herein"],
  "status": ["Status", "Status", "Statut", "Status"],
  "dial": ["Dialled", "Gekozen", "Appelé", "Gewählt"],
  "early-media": ["Sound before the answer", "Geluid voor het antwoord", "Son avant la réponse", "Ton vor der Antwort"],
  "answered-by": ["Answered by", "Beantwoord door", "Répondu par", "Angenommen von"],
  "bridge": ["Connected", "Doorverbonden", "Mis en relation", "Verbunden"],
  "detach": ["Went on by itself", "Ging alleen verder", "A continué seul", "Ging allein weiter"],
  "document": ["Instructions", "Instructies", "Instructions", "Anweisungen"],
  "document-end": ["End of the instructions", "Einde van de instructies", "Fin des instructions", "Ende der Anweisungen"],
  "fetch": ["Instructions asked for", "Instructies gevraagd", "Instructions demandées", "Anweisungen verlangt"],
  "fetched": ["Answer of the application", "Antwoord van de toepassing", "Réponse de l’application", "Antwort der Anwendung"],
  "fetch-failed": ["No instructions", "Geen instructies", "Pas d’instructions", "Keine Anweisungen"],
  "verb": ["Instruction", "Instructie", "Instruction", "Anweisung"],
  "gathered": ["Keys or speech", "Toetsen of spraak", "Touches ou parole", "Tasten oder Sprache"],
  "speech": ["Speech", "Spraak", "Parole", "Sprache"],
  "notification": ["Notification", "Melding", "Notification", "Meldung"],
  "modified": ["Changed over the API", "Gewijzigd via de API", "Modifié par l’API", "Über die API geändert"],
  "hold": ["On hold", "In de wacht", "En attente", "Gehalten"],
  "resume": ["Taken back", "Hervat", "Reprise", "Zurückgeholt"],
  "refer": ["Transferred", "Doorgeschakeld", "Transféré", "Weitergeleitet"],
  "refer-declined": ["Transfer refused", "Doorschakelen geweigerd", "Transfert refusé", "Weiterleitung abgelehnt"],
  "transfer": ["Transfer", "Doorschakeling", "Transfert", "Weiterleitung"],
  "replaced": ["Taken over", "Overgenomen", "Repris", "Übernommen"],
  "conference-join": ["Into the conference", "In de conferentie", "Dans la conférence", "In die Konferenz"],
  "conference-talk": ["Talks in the conference", "Spreekt in de conferentie", "Parle dans la conférence", "Spricht in der Konferenz"],
  "conference-left": ["Out of the conference", "Uit de conferentie", "Hors de la conférence", "Aus der Konferenz"],
  "queue-enter": ["Into the queue", "In de wachtrij", "Dans la file", "In die Warteschlange"],
  "queue-matched": ["Next in the queue", "Aan de beurt", "Prochain de la file", "An der Reihe"],
  "queue-connected": ["Connected from the queue", "Verbonden uit de wachtrij", "Mis en relation depuis la file", "Aus der Warteschlange verbunden"],
  "credit-warning": ["Credit nearly used", "Tegoed bijna op", "Crédit presque épuisé", "Guthaben fast verbraucht"],
  "finish": ["End", "Einde", "Fin", "Ende"],
  "truncated": ["Not kept further", "Verder niet bewaard", "Suite non conservée", "Weiteres nicht aufbewahrt"],
};
