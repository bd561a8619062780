import { type Text, useSpeaker } from "../i18n/words";

/** What the page of one call says beside the common words. */
const words = {
  "end": ["End the call", "Oproep beëindigen", "Mettre fin à l’appel", "Anruf beenden"],
  "again": ["Send again", "Opnieuw sturen", "Renvoyer", "Erneut senden"],
  "again.what": ["Send again: {name}", "Opnieuw sturen: {name}", "Renvoyer : {name}", "Erneut senden: {name}"],
  "again.answered": ["Answered {status} after {ms} ms.", "Antwoord {status} na {ms} ms.", "Réponse {status} après {ms} ms.", "Antwort {status} nach {ms} ms."],
  "again.failed": ["No answer after {ms} ms: {error}.", "Geen antwoord na {ms} ms: {error}.", "Pas de réponse après {ms} ms : {error}.", "Keine Antwort nach {ms} ms: {error}."],
  "again.about": ["Sent as it was then, signed anew. The call stays as it was.", "Gestuurd zoals toen, opnieuw ondertekend. De oproep blijft zoals hij was.", "Envoyé comme alors, signé à nouveau. L’appel reste tel qu’il était.", "Gesendet wie damals, neu signiert. Der Anruf bleibt, wie er war."],
  "again.body": ["What it answered", "Wat het antwoordde", "Ce qu’elle a répondu", "Was sie geantwortet hat"],
  "legs": ["Calls it made", "Oproepen die eruit voortkwamen", "Appels qui en sont issus", "Anrufe, die daraus entstanden"],
  "legs.total": ["This call and those it made", "Deze oproep en die eruit voortkwamen", "Cet appel et ceux qui en sont issus", "Dieser Anruf und die daraus entstandenen"],
} satisfies Record<string, Text>;

export const useCallWords = () => useSpeaker(words);
