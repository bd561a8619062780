import { type Text, useSpeaker } from "../i18n/words";

/** What the page of the proof says. */
const words = {
  "about": ["Every night the program proves its own books. Each number here must be 0; what to do where it is not stands in the handbook of the ledger.", "Elke nacht bewijst het programma zijn eigen boeken. Elk getal hier moet 0 zijn; wat te doen als dat niet zo is, staat in het handboek van het grootboek.", "Chaque nuit, le programme prouve ses propres comptes. Chaque nombre doit être 0 ; que faire sinon se trouve dans le manuel du grand livre.", "Jede Nacht beweist das Programm seine eigenen Bücher. Jede Zahl hier muss 0 sein; was sonst zu tun ist, steht im Handbuch des Hauptbuchs."],
  "never": ["This process has not proven them since it started.", "Dit proces heeft ze sinds de start nog niet bewezen.", "Ce processus ne les a pas prouvés depuis son démarrage.", "Dieser Prozess hat sie seit dem Start nicht bewiesen."],
  "sound": ["All is sound", "Alles klopt", "Tout est juste", "Alles stimmt"],
  "unsound": ["Something is not as it must be", "Iets is niet zoals het moet zijn", "Quelque chose n’est pas comme il faut", "Etwas ist nicht, wie es sein muss"],
  "proven": ["Proven", "Bewezen", "Prouvé", "Bewiesen"],
  "postings": ["Postings", "Boekingen", "Écritures", "Buchungen"],
  "seal": ["Last seal", "Laatste zegel", "Dernier sceau", "Letztes Siegel"],
  "seal.about": ["Keep it elsewhere: whoever alters the books cannot alter your note.", "Bewaar het elders: wie de boeken verandert, kan uw notitie niet veranderen.", "Gardez-le ailleurs : qui altère les comptes ne peut altérer votre note.", "Bewahren Sie es anderswo auf: Wer die Bücher ändert, kann Ihre Notiz nicht ändern."],
  "prove": ["Prove them now", "Nu bewijzen", "Prouver maintenant", "Jetzt beweisen"],
  "check": ["What must hold", "Wat moet gelden", "Ce qui doit être vrai", "Was gelten muss"],
  "owner": ["Who looks at it", "Wie ernaar kijkt", "Qui s’en occupe", "Wer danach sieht"],
  "faults": ["Faults", "Fouten", "Fautes", "Fehler"],
  "none": ["No checks.", "Geen controles.", "Aucun contrôle.", "Keine Prüfungen."],
} satisfies Record<string, Text>;

export const useAssuranceWords = () => useSpeaker(words);

/** What each check asks. */
export const checks: Record<string, Text> = {
  sum: ["All legs sum to zero", "Alle boekingsregels samen zijn nul", "La somme de toutes les lignes est nulle", "Alle Buchungszeilen ergeben null"],
  unbalanced: ["A posting has two legs or more, which sum to zero", "Een boeking heeft twee regels of meer, die samen nul zijn", "Une écriture a deux lignes ou plus, de somme nulle", "Eine Buchung hat zwei Zeilen oder mehr, die null ergeben"],
  unposted: ["What was used and costs something is booked", "Wat gebruikt is en iets kost, is geboekt", "Ce qui a été utilisé et coûte est comptabilisé", "Was genutzt wurde und etwas kostet, ist gebucht"],
  unfounded: ["What is booked of use was used", "Wat van gebruik geboekt is, is gebruikt", "Ce qui est comptabilisé d’usage a été utilisé", "Was an Nutzung gebucht ist, wurde genutzt"],
  parked_events: ["No use came again with another content", "Geen gebruik kwam opnieuw met een andere inhoud", "Aucun usage n’est revenu avec un autre contenu", "Keine Nutzung kam mit anderem Inhalt wieder"],
  stray_legs: ["A leg has its posting", "Een regel heeft zijn boeking", "Une ligne a son écriture", "Eine Zeile hat ihre Buchung"],
  balances: ["A balance is the sum of its legs", "Een saldo is de som van zijn regels", "Un solde est la somme de ses lignes", "Ein Saldo ist die Summe seiner Zeilen"],
  usage_days: ["The sum of a day is the sum of its uses", "De som van een dag is de som van zijn gebruik", "La somme d’un jour est celle de ses usages", "Die Summe eines Tages ist die seiner Nutzungen"],
  unheld_rents: ["A rented number is paid for", "Een gehuurd nummer wordt betaald", "Un numéro loué est payé", "Eine gemietete Rufnummer wird bezahlt"],
  unrented_holdings: ["A number that is paid for is rented", "Een betaald nummer is gehuurd", "Un numéro payé est loué", "Eine bezahlte Rufnummer ist gemietet"],
  credit: ["What is owed and set aside is the sum it is kept from", "Wat verschuldigd en opzijgezet is, klopt met zijn som", "Ce qui est dû et réservé correspond à sa somme", "Geschuldetes und Zurückgelegtes stimmen mit ihrer Summe überein"],
  lost_grants: ["No money is set aside for a call that cannot run any more", "Er staat geen geld opzij voor een oproep die niet meer kan lopen", "Rien n’est réservé pour un appel qui ne peut plus durer", "Kein Geld ist für einen Anruf zurückgelegt, der nicht mehr laufen kann"],
  unmetered_calls: ["An answered call was metered", "Een beantwoorde oproep is gemeten", "Un appel décroché a été compté", "Ein angenommener Anruf wurde gezählt"],
  unmetered_messages: ["A message that was taken was metered", "Een aangenomen bericht is gemeten", "Un message accepté a été compté", "Eine angenommene Nachricht wurde gezählt"],
  carrier_lists: ["Carriers’ lists of calls and ours agree", "Lijsten van oproepen van carriers en de onze komen overeen", "Les listes d’appels des opérateurs et les nôtres concordent", "Anruflisten der Carrier und unsere stimmen überein"],
  uncharged_holdings: ["What was held in the last closed month is charged", "Wat in de laatste gesloten maand aangehouden werd, is aangerekend", "Ce qui a été détenu le dernier mois clôturé est facturé", "Was im letzten geschlossenen Monat gehalten wurde, ist berechnet"],
  rerated: ["A charge comes out again, at the pinned price", "Een aanrekening komt opnieuw uit, aan de vastgelegde prijs", "Une facturation se retrouve au recalcul, au prix convenu", "Eine Berechnung ergibt sich wieder, zum vereinbarten Preis"],
  unpinned: ["A contract in force has a price for every item", "Een lopend contract heeft een prijs voor elke post", "Un contrat en cours a un prix pour chaque poste", "Ein laufender Vertrag hat für jeden Posten einen Preis"],
  documents: ["The forms of a document say what its totals say", "De vormen van een document zeggen wat zijn totalen zeggen", "Les formes d’un document disent ce que disent ses totaux", "Die Formen eines Dokuments sagen, was seine Summen sagen"],
  uninvoiced: ["A customer has the invoice that is due", "Een klant heeft de factuur die hem toekomt", "Un client a la facture qui lui revient", "Ein Kunde hat die fällige Rechnung"],
  undelivered_notices: ["A customer was told of changed prices and terms", "Een klant is verwittigd van gewijzigde prijzen en voorwaarden", "Un client a été averti des prix et conditions modifiés", "Ein Kunde wurde über geänderte Preise und Bedingungen unterrichtet"],
  late_lawful: ["A request of an authority is decided on within 24 hours", "Over een verzoek van een overheid wordt binnen 24 uur beslist", "Une demande d’autorité est tranchée dans les 24 heures", "Über eine Anfrage einer Behörde wird binnen 24 Stunden entschieden"],
  interest_rates: ["The statutory interest of this half year is known", "De wettelijke rente van dit halfjaar is bekend", "L’intérêt légal de ce semestre est connu", "Der gesetzliche Zins dieses Halbjahrs ist bekannt"],
  audit: ["Entries of the audit log are as they were sealed", "Regels van het auditlogboek zijn zoals ze verzegeld werden", "Les entrées du journal d’audit sont telles que scellées", "Einträge des Audit-Protokolls sind, wie sie versiegelt wurden"],
  chain: ["Postings are as they were sealed", "Boekingen zijn zoals ze verzegeld werden", "Les écritures sont telles que scellées", "Buchungen sind, wie sie versiegelt wurden"],
  legs: ["Rows of legs are what their posting says", "Regels zijn wat hun boeking zegt", "Les lignes sont ce que dit leur écriture", "Zeilen sind, was ihre Buchung sagt"],
};

/** Who looks at a check. */
export const owners: Record<string, Text> = {
  finance: ["Finance", "Financiën", "Finances", "Finanzen"],
  billing: ["Billing", "Facturatie", "Facturation", "Abrechnung"],
  voice: ["Voice", "Spraak", "Voix", "Sprache"],
  messaging: ["Messaging", "Berichten", "Messagerie", "Nachrichten"],
  legal: ["Legal", "Juridisch", "Juridique", "Recht"],
};
