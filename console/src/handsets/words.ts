import { type Text, useSpeaker } from "../i18n/words";

/** What a handset says of its sound; it comes with the handset. */
const words = {
  "sound": ["Speak and hear in this browser", "In deze browser spreken en horen", "Parler et entendre dans ce navigateur", "In diesem Browser sprechen und hören"],
  "sound.about": ["With your microphone and loudspeaker, in calls that this phone answers and in those it makes.", "Met uw microfoon en luidspreker, in oproepen die deze telefoon beantwoordt en in die hij maakt.", "Avec votre micro et votre haut-parleur, dans les appels reçus par ce téléphone comme dans ceux qu’il passe.", "Mit Ihrem Mikrofon und Lautsprecher, in Anrufen an dieses Telefon und in denen, die es macht."],
  "sound.joining": ["Your microphone is being connected…", "Uw microfoon wordt verbonden…", "Connexion de votre micro…", "Ihr Mikrofon wird verbunden…"],
} satisfies Record<string, Text>;

export const useHandsetWords = () => useSpeaker(words);
