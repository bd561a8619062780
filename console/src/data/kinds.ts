import type { Text } from "../i18n/words";

/** What people call kinds of rows. Several kinds are one thing to them, as on the certificate. */
const names = {
  access: ["People, keys and access", "Personen, sleutels en toegangen", "Personnes, clés et accès", "Personen, Schlüssel und Zugänge"],
  calls: ["Calls with their course", "Oproepen met hun verloop", "Appels et leur déroulement", "Anrufe mit ihrem Verlauf"],
  messages: ["Messages", "Berichten", "Messages", "Nachrichten"],
  recordings: ["Recordings and their texts", "Opnamen en hun teksten", "Enregistrements et leurs textes", "Aufzeichnungen und ihre Texte"],
  verification: ["Verifications", "Verificaties", "Vérifications", "Verifizierungen"],
  logs: ["Notifications and logs", "Meldingen en logboeken", "Notifications et journaux", "Meldungen und Protokolle"],
  emails: ["E-mails", "E-mails", "E-mails", "E-Mails"],
  archives: ["Archives", "Archieven", "Archives", "Archive"],
  optOuts: ["Opt-outs", "Uitschrijvingen", "Désinscriptions", "Abmeldungen"],
  uses: ["Uses", "Gebruik", "Utilisations", "Nutzungen"],
  account: ["Name and details of account and customer", "Naam en gegevens van account en klant", "Nom et données du compte et du client", "Name und Angaben von Konto und Kunde"],
  invoices: ["Invoices and credit notes", "Facturen en creditnota’s", "Factures et notes de crédit", "Rechnungen und Gutschriften"],
  books: ["Ledger", "Grootboek", "Grand livre", "Hauptbuch"],
  contracts: ["Contract and acceptance", "Contract en aanvaarding", "Contrat et acceptation", "Vertrag und Annahme"],
  settings: ["Settings, applications and numbers", "Instellingen, toepassingen en nummers", "Réglages, applications et numéros", "Einstellungen, Anwendungen und Nummern"],
} satisfies Record<string, Text>;

type Name = keyof typeof names;

const members: Partial<Record<Name, readonly string[]>> = {
  access: ["api_keys", "people", "sessions", "clients", "sip_domains", "credential_lists", "credentials", "ip_lists", "ip_addresses", "smpp_users", "sip_bindings"],
  calls: ["calls", "conferences", "queues", "flow_executions", "verb_records"],
  messages: ["messages", "contacts"],
  recordings: ["recordings", "transcriptions"],
  verification: ["verifications", "verification_attempts", "verify_challenges", "verify_factors", "verify_entities", "guard_decisions", "guard_cases", "send_marks"],
  logs: ["callbacks", "notifications", "idempotency_keys", "audit_events", "spend_cases"],
  emails: ["emails"],
  archives: ["exports"],
  optOuts: ["opt_outs"],
  uses: ["usage_events"],
  account: ["accounts", "customers"],
  invoices: ["invoices"],
  books: ["balances"],
  contracts: ["subscriptions", "acceptances"],
};
const nameOf = new Map(Object.entries(members).flatMap(([name, kinds]) => kinds.map((kind) => [kind, name] as const)));

/** The words for a kind of rows; whatever an account sets up itself is a setting. */
export const wordOf = (kind: string): Text => names[(nameOf.get(kind) ?? "settings") as Name];

/** Rows of one name added up, in the order in which they come. */
export function added(found: readonly { kind: string; count: number }[]): { word: Text; count: number }[] {
  const sums = new Map<Text, number>();
  for (const { kind, count } of found) sums.set(wordOf(kind), (sums.get(wordOf(kind)) ?? 0) + count);
  return [...sums].map(([word, count]) => ({ word, count }));
}

/** Why something stays. */
export const grounds: Record<string, Text> = {
  accounting: ["Accounting and VAT", "Boekhouding en btw", "Comptabilité et TVA", "Buchführung und Mehrwertsteuer"],
  contract: ["Proof of the contract", "Bewijs van het contract", "Preuve du contrat", "Nachweis des Vertrags"],
  identity: ["Identification of the subscriber", "Identificatie van de abonnee", "Identification de l’abonné", "Identifizierung des Teilnehmers"],
  charging: ["Charged use and statistics, without numbers", "Aangerekend gebruik en statistiek, zonder nummers", "Usage facturé et statistiques, sans numéros", "Berechnete Nutzung und Statistik, ohne Nummern"],
  security: ["Security, without names", "Beveiliging, zonder namen", "Sécurité, sans noms", "Sicherheit, ohne Namen"],
  opt_out: ["The wish to get no messages, as a digest", "De wens om geen berichten te krijgen, als afdruk", "Le souhait de ne pas recevoir de messages, sous forme d’empreinte", "Der Wunsch, keine Nachrichten zu erhalten, als Abdruck"],
  settings: ["The account’s own settings", "Eigen instellingen van de account", "Réglages propres au compte", "Eigene Einstellungen des Kontos"],
};

/** How far an erasure is. */
export const erasures: Record<string, Text> = {
  running: ["being erased", "wordt gewist", "effacement en cours", "wird gelöscht"],
  held: ["waits for a legal hold", "wacht op een bewaringsbevel", "attend un ordre de conservation", "wartet auf eine Sicherungsanordnung"],
  done: ["done", "klaar", "terminé", "erledigt"],
};

/** What a legal hold is at. */
export const holds: Record<string, Text> = {
  asked: ["waits for a second person", "wacht op een tweede persoon", "attend une deuxième personne", "wartet auf eine zweite Person"],
  active: ["stands", "geldt", "en vigueur", "gilt"],
  lift_asked: ["stands; its end waits for a second person", "geldt; het einde wacht op een tweede persoon", "en vigueur ; sa fin attend une deuxième personne", "gilt; das Ende wartet auf eine zweite Person"],
  lifted: ["lifted", "opgeheven", "levé", "aufgehoben"],
  refused: ["refused", "geweigerd", "refusé", "abgelehnt"],
};

/** Terms, by their key in the configuration. */
export const terms: Record<string, Text> = {
  body_days: ["Texts of messages, in days", "Teksten van berichten, in dagen", "Textes des messages, en jours", "Texte von Nachrichten, in Tagen"],
  numbers_months: ["Full numbers, in months", "Volledige nummers, in maanden", "Numéros complets, en mois", "Vollständige Nummern, in Monaten"],
  numbers_rest_months: ["What is left of numbers, in months", "Wat van nummers rest, in maanden", "Ce qui reste des numéros, en mois", "Was von Nummern bleibt, in Monaten"],
  traffic_months: ["Timelines, SIP messages, notifications, in months", "Tijdlijnen, SIP-berichten, meldingen, in maanden", "Chronologies, messages SIP, notifications, en mois", "Zeitachsen, SIP-Nachrichten, Meldungen, in Monaten"],
  identity_months: ["Who a customer was, in months after the contract", "Wie een klant was, in maanden na het contract", "Qui était un client, en mois après le contrat", "Wer ein Kunde war, in Monaten nach dem Vertrag"],
  audit_months: ["Who did what, in months", "Wie wat deed, in maanden", "Qui a fait quoi, en mois", "Wer was tat, in Monaten"],
  books_years: ["Contracts, invoices, ledger, in years", "Contracten, facturen, grootboek, in jaren", "Contrats, factures, grand livre, en années", "Verträge, Rechnungen, Hauptbuch, in Jahren"],
};

/** What goes when its term is over. */
export const classes: Record<string, Text> = {
  bodies: ["Texts of messages", "Teksten van berichten", "Textes des messages", "Texte von Nachrichten"],
  numbers: ["Last two digits of numbers", "Laatste twee cijfers van nummers", "Deux derniers chiffres des numéros", "Letzte zwei Ziffern von Nummern"],
  numbers_rest: ["Rest of the numbers", "Rest van de nummers", "Reste des numéros", "Rest der Nummern"],
  traffic: ["Timelines, SIP messages, notifications", "Tijdlijnen, SIP-berichten, meldingen", "Chronologies, messages SIP, notifications", "Zeitachsen, SIP-Nachrichten, Meldungen"],
  audit: ["Who did what", "Wie wat deed", "Qui a fait quoi", "Wer was tat"],
  identity: ["Who customers were", "Wie klanten waren", "Qui étaient les clients", "Wer Kunden waren"],
  books: ["Postings, invoices, contracts", "Boekingen, facturen, contracten", "Écritures, factures, contrats", "Buchungen, Rechnungen, Verträge"],
};
