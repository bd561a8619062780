import { type Text, useSpeaker } from "../i18n/words";

/** What is said of emergency calls. */
const words = {
  "title": ["Emergency calls", "Noodoproepen", "Appels d’urgence", "Notrufe"],
  "route": ["Calls to 112, 100 and 101 reach no emergency centre: no trunk is meant for them. The operator sets emergency = true on one.", "Oproepen naar 112, 100 en 101 bereiken geen noodcentrale: geen enkele trunk is ervoor bedoeld. De operator zet emergency = true op een trunk.", "Les appels vers le 112, le 100 et le 101 n’atteignent aucune centrale d’urgence : aucun trunk n’est prévu pour eux. L’opérateur met emergency = true sur un trunk.", "Anrufe an 112, 100 und 101 erreichen keine Notrufzentrale: Kein Trunk ist dafür vorgesehen. Der Betreiber setzt bei einem emergency = true."],
  "address": ["Whoever calls 112 here is found nowhere: no address is registered for the phones of this account.", "Wie hier 112 belt, wordt nergens gevonden: er is geen adres geregistreerd voor de toestellen van dit account.", "Qui appelle le 112 ici n’est trouvé nulle part : aucune adresse n’est enregistrée pour les téléphones de ce compte.", "Wer hier 112 ruft, wird nirgends gefunden: Für die Telefone dieses Kontos ist keine Adresse hinterlegt."],
  "register": ["Register the address", "Adres registreren", "Enregistrer l’adresse", "Adresse hinterlegen"],
  "about": ["The emergency centre is told this address when somebody at a phone of this account calls 112, 100 or 101. A phone elsewhere needs an address of its own (EmergencyStreet and so on of the client or SIP domain, over the API).", "De noodcentrale krijgt dit adres wanneer iemand aan een toestel van dit account 112, 100 of 101 belt. Een toestel elders heeft een eigen adres nodig (EmergencyStreet enzovoort van de client of het SIP-domein, via de API).", "La centrale d’urgence reçoit cette adresse quand quelqu’un appelle le 112, le 100 ou le 101 depuis un téléphone de ce compte. Un téléphone ailleurs a besoin de sa propre adresse (EmergencyStreet, etc. du client ou du domaine SIP, par l’API).", "Die Notrufzentrale erhält diese Adresse, wenn jemand an einem Telefon dieses Kontos 112, 100 oder 101 ruft. Ein Telefon anderswo braucht eine eigene Adresse (EmergencyStreet usw. des Clients oder der SIP-Domain, über die API)."],
  "street": ["Street", "Straat", "Rue", "Straße"],
  "house_number": ["House number", "Huisnummer", "Numéro", "Hausnummer"],
  "addition": ["Floor, flat or room", "Verdieping, bus of kamer", "Étage, boîte ou pièce", "Stockwerk, Wohnung oder Raum"],
  "postal_code": ["Postal code", "Postcode", "Code postal", "Postleitzahl"],
  "city": ["Municipality", "Gemeente", "Commune", "Ort"],
  "country": ["Country (two letters)", "Land (twee letters)", "Pays (deux lettres)", "Land (zwei Buchstaben)"],
  "save": ["Save", "Opslaan", "Enregistrer", "Speichern"],
  "saved": ["The address is registered.", "Het adres is geregistreerd.", "L’adresse est enregistrée.", "Die Adresse ist hinterlegt."],
} satisfies Record<string, Text>;

export const useEmergencyWords = () => useSpeaker(words);
