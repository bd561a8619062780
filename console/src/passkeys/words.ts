import { type Text, useSpeaker } from "../i18n/words";

/** What passkeys say in the profile. */
const words = {
  "title": ["Passkeys", "Passkeys", "Clés d’accès", "Passkeys"],
  "about": ["Sign in by finger, face or PIN of your phone, computer or security key, in place of password and code. Nobody can guess a passkey, and no other site can ask for it.", "Meld u aan met vinger, gezicht of pincode van uw telefoon, computer of beveiligingssleutel, in plaats van wachtwoord en code. Niemand kan een passkey raden, en geen andere site kan erom vragen.", "Connectez-vous avec le doigt, le visage ou le code PIN de votre téléphone, ordinateur ou clé de sécurité, sans mot de passe ni code. Personne ne peut deviner une clé d’accès, et aucun autre site ne peut la demander.", "Melden Sie sich mit Finger, Gesicht oder PIN Ihres Telefons, Computers oder Sicherheitsschlüssels an, statt mit Passwort und Code. Niemand kann einen Passkey erraten, und keine andere Seite kann danach fragen."],
  "impossible": ["Not here: it takes a browser that knows passkeys, and an address of the console that has a name and, but for localhost, HTTPS.", "Niet hier: nodig zijn een browser die passkeys kent, en een adres van de console met een naam en, behalve voor localhost, HTTPS.", "Pas ici : il faut un navigateur qui connaît les clés d’accès, et une adresse de la console qui a un nom et, sauf localhost, HTTPS.", "Nicht hier: Es braucht einen Browser, der Passkeys kennt, und eine Adresse der Konsole mit einem Namen und, außer bei localhost, HTTPS."],
  "list": ["Your passkeys", "Uw passkeys", "Vos clés d’accès", "Ihre Passkeys"],
  "none": ["You have no passkey yet.", "U hebt nog geen passkey.", "Vous n’avez pas encore de clé d’accès.", "Sie haben noch keinen Passkey."],
  "name": ["Name of the passkey", "Naam van de passkey", "Nom de la clé d’accès", "Name des Passkeys"],
  "name.about": ["By which you know it again: where it is kept.", "Waaraan u hem herkent: waar hij bewaard wordt.", "Par lequel vous la reconnaîtrez : où elle est gardée.", "Woran Sie ihn erkennen: wo er aufbewahrt wird."],
  "add": ["Add a passkey", "Passkey toevoegen", "Ajouter une clé d’accès", "Passkey hinzufügen"],
  "added": ["The passkey was added.", "De passkey is toegevoegd.", "La clé d’accès a été ajoutée.", "Der Passkey wurde hinzugefügt."],
  "nothing": ["No passkey was made.", "Er is geen passkey gemaakt.", "Aucune clé d’accès n’a été créée.", "Es wurde kein Passkey erstellt."],
  "there": ["This device has a passkey of yours already.", "Dit apparaat heeft al een passkey van u.", "Cet appareil a déjà une clé d’accès à vous.", "Dieses Gerät hat schon einen Passkey von Ihnen."],
  "synced": ["on your devices", "op uw apparaten", "sur vos appareils", "auf Ihren Geräten"],
  "bound": ["on one device", "op één apparaat", "sur un appareil", "auf einem Gerät"],
  "where": ["Kept", "Bewaard", "Gardée", "Aufbewahrt"],
  "used": ["Last used", "Laatst gebruikt", "Dernière utilisation", "Zuletzt benutzt"],
  "never": ["never", "nooit", "jamais", "nie"],
  "remove": ["Remove {name}", "{name} verwijderen", "Retirer {name}", "{name} entfernen"],
  "remove.about": ["It no longer signs anybody in here, and your other sessions end. Delete it on the device too.", "Hij meldt hier niemand meer aan, en uw andere sessies eindigen. Verwijder hem ook op het apparaat.", "Elle ne connectera plus personne ici, et vos autres sessions prennent fin. Supprimez-la aussi sur l’appareil.", "Er meldet hier niemanden mehr an, und Ihre anderen Sitzungen enden. Löschen Sie ihn auch auf dem Gerät."],
  "remove.do": ["Remove", "Verwijderen", "Retirer", "Entfernen"],
  "keep": ["Keep it", "Behouden", "La garder", "Behalten"],
} satisfies Record<string, Text>;

export const usePasskeyWords = () => useSpeaker(words);
