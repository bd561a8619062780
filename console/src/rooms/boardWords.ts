import { type Text, useSpeaker } from "../i18n/words";

/** What the wall board says. */
const words = {
  "title": ["Wall board", "Wandbord", "Tableau mural", "Wandtafel"],
  "waiting": ["Waiting now", "Wachtend nu", "En attente", "Warten jetzt"],
  "longest": ["Longest wait now", "Langste wachttijd nu", "Attente la plus longue", "Längste Wartezeit jetzt"],
  "served": ["Served", "Geholpen", "Servis", "Bedient"],
  "wait": ["Waited on average", "Gemiddeld gewacht", "Attente moyenne", "Im Mittel gewartet"],
  "level": ["Served within {seconds} s", "Geholpen binnen {seconds} s", "Servis en {seconds} s", "Bedient in {seconds} s"],
  "abandoned": ["Gave up", "Haakten af", "Ont abandonné", "Aufgegeben"],
  "day": ["Waiting is counted now; the rest is of today, by UTC. Who gave up was not served in time.", "Wachtenden worden nu geteld; de rest is van vandaag, volgens UTC. Wie afhaakte, werd niet op tijd geholpen.", "L’attente est comptée maintenant ; le reste est d’aujourd’hui, en UTC. Qui a abandonné n’a pas été servi à temps.", "Wartende werden jetzt gezählt, das Übrige ist von heute nach UTC. Wer aufgab, wurde nicht rechtzeitig bedient."],
} satisfies Record<string, Text>;

export const useBoardWords = () => useSpeaker(words);
