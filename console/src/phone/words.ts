import { type Text, useSpeaker } from "../i18n/words";

/** What the phone says; it comes with the phone. */
const words = {
  "about": ["To talk, the phone needs your microphone. The browser will ask you; it is used during calls only, and your voice goes to this platform alone.", "Om te spreken heeft de telefoon uw microfoon nodig. De browser vraagt het u; ze wordt alleen tijdens oproepen gebruikt, en uw stem gaat enkel naar dit platform.", "Pour parler, le téléphone a besoin de votre micro. Le navigateur vous le demandera ; il ne sert que pendant les appels, et votre voix ne va qu’à cette plateforme.", "Zum Sprechen braucht das Telefon Ihr Mikrofon. Der Browser fragt Sie; es wird nur während Anrufen benutzt, und Ihre Stimme geht allein an diese Plattform."],
  "start": ["Turn the phone on", "Telefoon aanzetten", "Allumer le téléphone", "Telefon einschalten"],
  "stop": ["Turn off", "Uitzetten", "Éteindre", "Ausschalten"],
  "close": ["Hide the phone", "Telefoon verbergen", "Masquer le téléphone", "Telefon ausblenden"],
  "state.off": ["Off", "Uit", "Éteint", "Aus"],
  "state.connecting": ["Connecting…", "Verbinden…", "Connexion…", "Verbindung wird aufgebaut…"],
  "state.on": ["Ready", "Klaar", "Prêt", "Bereit"],
  "reached": ["You are called as client:{identity}.", "U bent bereikbaar als client:{identity}.", "On vous appelle par client:{identity}.", "Sie werden als client:{identity} angerufen."],
  "to": ["Number, flow, client or SIP address", "Nummer, flow, client of SIP-adres", "Numéro, flux, client ou adresse SIP", "Nummer, Ablauf, Client oder SIP-Adresse"],
  "toBad": ["That cannot be called: write a number such as +32 470 12 34 56, a client or an address.", "Dat kan niet worden gebeld: schrijf een nummer zoals +32 470 12 34 56, een client of een adres.", "Impossible à appeler : écrivez un numéro comme +32 470 12 34 56, un client ou une adresse.", "Das kann nicht angerufen werden: eine Nummer wie +32 470 12 34 56, ein Client oder eine Adresse."],
  "shown": ["Number that is shown", "Getoond nummer", "Numéro affiché", "Angezeigte Nummer"],
  "shown.none": ["None", "Geen", "Aucun", "Keine"],
  "call": ["Call", "Bellen", "Appeler", "Anrufen"],
  "calling": ["Calling {peer}…", "{peer} wordt gebeld…", "Appel de {peer}…", "{peer} wird angerufen…"],
  "rings": ["{peer} is calling", "{peer} belt", "{peer} appelle", "{peer} ruft an"],
  "talking": ["In a call with {peer}", "In gesprek met {peer}", "En communication avec {peer}", "Im Gespräch mit {peer}"],
  "ended": ["The call is over.", "De oproep is voorbij.", "L’appel est terminé.", "Der Anruf ist beendet."],
  "open": ["What happened in it", "Wat er gebeurde", "Ce qui s’est passé", "Was dabei geschah"],
  "answer": ["Answer", "Opnemen", "Répondre", "Annehmen"],
  "decline": ["Decline", "Weigeren", "Refuser", "Ablehnen"],
  "hangUp": ["Hang up", "Ophangen", "Raccrocher", "Auflegen"],
  "mute": ["Mute", "Dempen", "Couper le micro", "Stumm"],
  "unmute": ["Unmute", "Dempen opheffen", "Rétablir le micro", "Stumm aufheben"],
  "keypad": ["Keypad", "Toetsen", "Clavier", "Tasten"],
  "near": ["You", "U", "Vous", "Sie"],
  "far": ["The other end", "De andere kant", "L’autre côté", "Gegenseite"],
  "fault.insecure": ["Browsers give the microphone only to pages that came by HTTPS, or from this machine. Open the console by its https:// address.", "Browsers geven de microfoon enkel aan pagina’s over HTTPS, of van deze machine. Open de console via haar https://-adres.", "Les navigateurs ne donnent le micro qu’aux pages en HTTPS ou locales. Ouvrez la console par son adresse https://.", "Browser geben das Mikrofon nur Seiten über HTTPS oder von diesem Rechner. Öffnen Sie die Konsole über ihre https://-Adresse."],
  "fault.denied": ["The microphone is blocked. Allow it for this site (the sign beside the address), then turn the phone on again.", "De microfoon is geblokkeerd. Sta ze toe voor deze site (het teken naast het adres) en zet de telefoon weer aan.", "Le micro est bloqué. Autorisez-le pour ce site (le signe à côté de l’adresse), puis rallumez le téléphone.", "Das Mikrofon ist gesperrt. Erlauben Sie es für diese Seite (Zeichen neben der Adresse) und schalten Sie das Telefon wieder ein."],
  "fault.absent": ["No microphone was found. Connect one, then turn the phone on again.", "Er is geen microfoon gevonden. Sluit er een aan en zet de telefoon weer aan.", "Aucun micro n’a été trouvé. Branchez-en un, puis rallumez le téléphone.", "Kein Mikrofon gefunden. Schließen Sie eines an und schalten Sie das Telefon wieder ein."],
  "fault.unreachable": ["The connection to the platform is lost; it is tried again. A proxy in between must let WebSockets through.", "De verbinding met het platform is weg; er wordt opnieuw geprobeerd. Een proxy ertussen moet WebSockets doorlaten.", "La connexion à la plateforme est perdue ; nouvel essai en cours. Un proxy intermédiaire doit laisser passer les WebSockets.", "Die Verbindung zur Plattform ist weg; es wird neu versucht. Ein Proxy dazwischen muss WebSockets durchlassen."],
  "fault.refused": ["The platform does not let this phone in. Sign in again, or ask an administrator for a role that may place calls.", "Het platform laat deze telefoon niet toe. Meld u opnieuw aan, of vraag een beheerder een rol die mag bellen.", "La plateforme n’admet pas ce téléphone. Reconnectez-vous, ou demandez à un administrateur un rôle qui peut appeler.", "Die Plattform lässt dieses Telefon nicht zu. Melden Sie sich neu an, oder bitten Sie um eine Rolle, die anrufen darf."],
  "fault.notPublished": ["This flow is not published yet: calls run what is published.", "Deze flow is nog niet gepubliceerd: oproepen voeren uit wat gepubliceerd is.", "Ce flux n’est pas encore publié : les appels exécutent ce qui est publié.", "Dieser Ablauf ist noch nicht veröffentlicht: Anrufe führen aus, was veröffentlicht ist."],
  "fault.noCredit": ["The account has no credit left for calls.", "De account heeft geen krediet meer voor oproepen.", "Le compte n’a plus de crédit pour des appels.", "Das Konto hat kein Guthaben mehr für Anrufe."],
  "fault.busy": ["Busy.", "Bezet.", "Occupé.", "Besetzt."],
  "fault.noAnswer": ["Nobody answered.", "Niemand nam op.", "Personne n’a répondu.", "Niemand hat abgenommen."],
  "fault.notFound": ["There is nobody by that number or name.", "Er is niemand met dat nummer of die naam.", "Personne à ce numéro ou à ce nom.", "Unter dieser Nummer oder diesem Namen gibt es niemanden."],
  "fault.failed": ["The call could not be set up.", "De oproep kon niet worden opgezet.", "L’appel n’a pas pu être établi.", "Der Anruf kam nicht zustande."],
} satisfies Record<string, Text>;

export type PhoneWord = keyof typeof words;

export const usePhoneWords = () => useSpeaker(words);
