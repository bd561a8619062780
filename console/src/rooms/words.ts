import { type Text, useSpeaker } from "../i18n/words";

/** What the pages of one conference and of one queue say. */
const words = {
  "participants": ["Who is in it", "Wie er is", "Qui est présent", "Wer dabei ist"],
  "participants.none": ["Nobody is in it.", "Er is niemand.", "Il n’y a personne.", "Niemand ist dabei."],
  "since": ["Since", "Sinds", "Depuis", "Seit"],
  "call": ["Call", "Oproep", "Appel", "Anruf"],
  "state": ["State", "Toestand", "État", "Zustand"],
  "muted": ["muted", "gedempt", "muet", "stumm"],
  "hold": ["on hold", "in de wacht", "en attente", "gehalten"],
  "speaks": ["in the room", "in de kamer", "dans la salle", "im Raum"],
  "mute": ["Mute {name}", "{name} dempen", "Couper le micro de {name}", "{name} stumm schalten"],
  "unmute": ["Unmute {name}", "Dempen van {name} opheffen", "Rétablir le micro de {name}", "Stummschaltung von {name} aufheben"],
  "hold.do": ["Hold {name}", "{name} in de wacht", "Mettre {name} en attente", "{name} halten"],
  "hold.end": ["Take {name} back", "{name} terughalen", "Reprendre {name}", "{name} zurückholen"],
  "kick": ["Remove {name}", "{name} verwijderen", "Exclure {name}", "{name} entfernen"],
  "end": ["End the conference", "Conferentie beëindigen", "Mettre fin à la conférence", "Konferenz beenden"],
  "end.sure": ["All its calls leave the room.", "Al haar oproepen verlaten de kamer.", "Tous ses appels quittent la salle.", "Alle Anrufe verlassen den Raum."],
  "members": ["Who waits", "Wie wacht", "Qui attend", "Wer wartet"],
  "members.none": ["Nobody waits.", "Niemand wacht.", "Personne n’attend.", "Niemand wartet."],
  "position": ["Place", "Plaats", "Place", "Platz"],
  "waited": ["Waits for", "Wacht al", "Attend depuis", "Wartet seit"],
  "waiting": ["Waiting", "Wachtenden", "En attente", "Wartende"],
  "average": ["Average wait", "Gemiddelde wachttijd", "Attente moyenne", "Mittlere Wartezeit"],
  "max": ["Room for", "Plaats voor", "Places", "Platz für"],
} satisfies Record<string, Text>;

export const useRoomWords = () => useSpeaker(words);
