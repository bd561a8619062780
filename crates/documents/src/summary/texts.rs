//! The words of the contract summary. Headings are those of the regulation; an operator compares headings, statements and footnote with
//! the Official Journal (OJ L 336, 30.12.2019, p. 274) before the first use of a language.

use flexio_domain::Language;

use crate::words::words;

/// The three fixed statements.
pub(super) const fn statements(language: Language) -> [&'static str; 3] {
    match language {
        Language::Nl => [
            "Deze samenvatting van het contract bevat de belangrijkste elementen van dit dienstenaanbod, zoals vereist door de EU-wetgeving (1).",
            "Ze helpt om dienstenaanbiedingen te vergelijken.",
            "Volledige informatie over de dienst wordt verstrekt in andere documenten.",
        ],
        Language::Fr => [
            "Le présent récapitulatif contractuel fournit les principaux éléments de cette offre de services, comme l'exige le droit de l'Union (1).",
            "Il permet de comparer les offres de services.",
            "Des informations complètes sur le service figurent dans d'autres documents.",
        ],
        Language::De => [
            "Diese Vertragszusammenfassung enthält die Hauptelemente dieses Dienstleistungsangebots, wie es das EU-Recht vorschreibt (1).",
            "Sie hilft dabei, Dienstleistungsangebote zu vergleichen.",
            "Vollständige Informationen über den Dienst sind in anderen Dokumenten enthalten.",
        ],
        Language::En => [
            "This contract summary provides the main elements of this service offer as required by EU law (1).",
            "It helps to make a comparison between service offers.",
            "Complete information about the service is provided in other documents.",
        ],
    }
}

words! {
    title: "Samenvatting van het contract", "Récapitulatif contractuel", "Vertragszusammenfassung", "Contract summary";
    services: "Diensten", "Services", "Dienste", "Services";
    price: "Prijs", "Prix", "Preis", "Price";
    promotion: "Promotie", "Promotion", "Aktion", "Promotion";
    duration: "Duur, verlenging en beëindiging", "Durée, renouvellement et résiliation", "Laufzeit, Verlängerung und Kündigung", "Duration, renewal and termination";
    features: "Functies voor eindgebruikers met een handicap", "Caractéristiques destinées aux utilisateurs finaux handicapés", "Funktionen für Endnutzer mit Behinderungen", "Features for end-users with disabilities";
    other: "Andere nuttige informatie", "Autres informations utiles", "Sonstige einschlägige Informationen", "Other relevant information";
    footnote: "(1) Artikel 102, lid 3, van Richtlijn (EU) 2018/1972 van het Europees Parlement en de Raad van 11 december 2018 tot vaststelling van het Europees wetboek voor elektronische communicatie (PB L 321 van 17.12.2018, blz. 36).", "(1) Article 102, paragraphe 3, de la directive (UE) 2018/1972 du Parlement européen et du Conseil du 11 décembre 2018 établissant le code des communications électroniques européen (JO L 321 du 17.12.2018, p. 36).", "(1) Artikel 102 Absatz 3 der Richtlinie (EU) 2018/1972 des Europäischen Parlaments und des Rates vom 11. Dezember 2018 über den europäischen Kodex für die elektronische Kommunikation (ABl. L 321 vom 17.12.2018, S. 36).", "(1) Article 102(3) of Directive (EU) 2018/1972 of the European Parliament and of the Council of 11 December 2018 establishing the European Electronic Communications Code (OJ L 321, 17.12.2018, p. 36).";
    fixed_telephony: "vaste telefonie", "téléphonie fixe", "Festnetztelefonie", "fixed telephony";
    platform: "Een communicatieplatform in de cloud (CPaaS): bellen, gebeld worden, sms, conferenties, opname, tweefactorverificatie en een visual designer. De telefoonnummers staan in de cloud en zijn aan geen lijn of toestel gebonden.", "Une plateforme de communication dans le cloud (CPaaS) : appels sortants et entrants, SMS, conférences, enregistrement, vérification à deux facteurs et concepteur visuel. Les numéros de téléphone se trouvent dans le cloud et ne sont liés à aucune ligne ni à aucun appareil.", "Eine Kommunikationsplattform in der Cloud (CPaaS): ausgehende und eingehende Anrufe, SMS, Konferenzen, Aufzeichnung, Zwei-Faktor-Prüfung und ein visueller Designer. Die Rufnummern liegen in der Cloud und sind an keinen Anschluss und kein Gerät gebunden.", "A communications platform in the cloud (CPaaS): outbound and inbound calls, SMS, conferences, recording, two-factor verification and a visual designer. The telephone numbers are in the cloud and bound to no line or handset.";
    emergency: "Noodoproepen vanaf een toestel of in de browser zijn gratis. De nummers hebben geen vaste plaats: de noodcentrale ziet het adres dat u bij uw toestel hebt geregistreerd, niet waar u bent; zonder zo'n adres ziet zij geen plaats. Geautomatiseerde oproepen naar noodnummers worden geweigerd.", "Les appels d'urgence depuis un téléphone ou le navigateur sont gratuits. Les numéros n'ont pas de lieu fixe : la centrale d'urgence voit l'adresse que vous avez enregistrée pour votre téléphone, et non l'endroit où vous êtes ; sans adresse, elle ne voit aucun lieu. Les appels automatisés vers les numéros d'urgence sont refusés.", "Notrufe von einem Telefon oder im Browser sind kostenlos. Die Rufnummern haben keinen festen Ort: Die Notrufzentrale sieht die Adresse, die Sie für Ihr Telefon hinterlegt haben, und nicht, wo Sie sind; ohne Adresse sieht sie keinen Ort. Automatische Anrufe an Notrufnummern werden abgewiesen.", "Emergency calls from a phone or in the browser are free. The numbers have no fixed place: the emergency centre sees the address you registered for your phone, not where you are; without one it sees no place. Automated calls to emergency numbers are refused.";
    no_emergency: "Beperking: met deze dienst zijn geen noodoproepen (112, 100, 101) mogelijk. Gebruik daarvoor een ander toestel.", "Limite : ce service ne permet pas d'appels d'urgence (112, 100, 101). Utilisez un autre téléphone.", "Einschränkung: Mit diesem Dienst sind keine Notrufe (112, 100, 101) möglich. Verwenden Sie dafür ein anderes Telefon.", "Limit: emergency calls (112, 100, 101) are not possible with this service. Use another phone for them.";
    pay_as_you_use: "U betaalt naar gebruik. Er zijn geen eenmalige kosten. Prijzen in euro, zonder en met btw.", "Vous payez à l'usage. Il n'y a pas de frais uniques. Prix en euros, hors TVA et TVA comprise.", "Sie zahlen nach Nutzung. Einmalige Kosten gibt es nicht. Preise in Euro, ohne und mit MwSt.", "You pay as you use. There are no one-off costs. Prices in euro, without and with VAT.";
    net_price: "Excl. btw", "Hors TVA", "Ohne MwSt.", "Excl. VAT";
    gross_price: "Incl. btw", "TVA comprise", "Inkl. MwSt.", "Incl. VAT";
    per: "Per", "Par", "Je", "Per";
    per_started_month: "begonnen kalendermaand", "mois civil entamé", "angefangener Kalendermonat", "started calendar month";
    per_number: "nummer en kalendermaand", "numéro et mois civil", "Rufnummer und Kalendermonat", "number and calendar month";
    per_setup: "opgezette conferentie", "conférence établie", "eingerichtete Konferenz", "conference set-up";
    per_request: "verzoek", "demande", "Anfrage", "request";
    per_minute: "minuut", "minute", "Minute", "minute";
    per_segment: "verzonden sms", "SMS envoyé", "gesendete SMS", "SMS sent";
    per_second: "Minuten worden per seconde aangerekend, vanaf het antwoord; nummers per dag.", "Les minutes sont facturées à la seconde, dès la réponse ; les numéros au jour.", "Minuten werden ab der Annahme sekundengenau berechnet, Rufnummern nach Tagen.", "Minutes are charged by the second, from the answer; numbers by the day.";
    steps: "Minuten worden vanaf het antwoord aangerekend in stappen (eerste/volgende) van", "Les minutes sont facturées dès la réponse par pas (premier/suivants) de", "Minuten werden ab der Annahme in Schritten (erster/weitere) berechnet von", "Minutes are charged from the answer in steps (first/next) of";
    per_second_alone: "Minuten worden per seconde aangerekend, vanaf het antwoord.", "Les minutes sont facturées à la seconde, dès la réponse.", "Minuten werden ab der Annahme sekundengenau berechnet.", "Minutes are charged by the second, from the answer.";
    by_day: "Nummers worden per dag aangerekend.", "Les numéros sont facturés au jour.", "Rufnummern werden nach Tagen berechnet.", "Numbers are charged by the day.";
    connection_fee: "Daarbovenop per beantwoorde oproep", "En sus, par appel abouti", "Zusätzlich je angenommenem Anruf", "On top, for each answered call";
    minimum: "Een beantwoorde oproep telt minstens", "Un appel abouti compte au moins", "Ein angenommener Anruf zählt mindestens", "An answered call counts at least";
    abroad: "Prijzen voor andere landen staan in de prijslijst.", "Les prix vers d'autres pays figurent dans la liste des prix.", "Preise für andere Länder stehen in der Preisliste.", "Prices for other countries are in the price list.";
    sms_rule: "Een lang bericht bestaat uit meerdere sms'en: 160 tekens alleen of 153 per deel; met bijzondere tekens 70 of 67.", "Un long message compte plusieurs SMS : 160 caractères seul ou 153 par partie ; avec des caractères spéciaux 70 ou 67.", "Eine lange Nachricht besteht aus mehreren SMS: 160 Zeichen allein oder 153 je Teil; mit Sonderzeichen 70 oder 67.", "A long message is several SMS: 160 characters alone or 153 per part; with special characters 70 or 67.";
    twofa_rule: "De sms of oproep die een verificatiecode brengt, wordt daarbovenop aangerekend als sms of oproep.", "Le SMS ou l'appel qui apporte un code de vérification est facturé en sus comme SMS ou appel.", "Die SMS oder der Anruf mit dem Prüfcode wird zusätzlich als SMS oder Anruf berechnet.", "The SMS or call that carries a verification code is charged on top, as an SMS or a call.";
    twofa_included: "De sms of oproep die een verificatiecode brengt, is in de prijs van het verzoek begrepen.", "Le SMS ou l'appel qui apporte un code de vérification est compris dans le prix de la demande.", "Die SMS oder der Anruf mit dem Prüfcode ist im Preis der Anfrage enthalten.", "The SMS or call that carries a verification code is included in the price of the request.";
    by_hour: "Prijs volgens het uur", "Prix selon l'heure", "Preis nach Uhrzeit", "Price by the hour";
    every_day: "elke dag", "tous les jours", "täglich", "every day";
    days: "ma,di,wo,do,vr,za,zo", "lu,ma,me,je,ve,sa,di", "Mo,Di,Mi,Do,Fr,Sa,So", "Mon,Tue,Wed,Thu,Fri,Sat,Sun";
    volume: "Volumeprijs", "Prix dégressif", "Mengenpreis", "Volume price";
    volume_beyond: "voor wat in een maand meer is dan", "pour ce qui dépasse, par mois,", "für alles, was im Monat mehr ist als", "for what is more in a month than";
    volume_all: "voor alles, in een maand met meer dan", "pour le tout, un mois de plus de", "für alles, in einem Monat mit mehr als", "for all of it, in a month of more than";
    duration_text: "Geen vaste duur. Het contract wordt elke kalendermaand vanzelf verlengd tot u opzegt. U zegt zelf op in de console, op elk moment en kosteloos; een begonnen maand van de designer blijft verschuldigd. Tot een maand na het einde kunt u uw nummers overdragen.", "Sans durée déterminée. Le contrat est prolongé d'office chaque mois civil jusqu'à ce que vous le résiliiez. Vous le résiliez vous-même dans la console, à tout moment et sans frais ; un mois entamé du concepteur reste dû. Vous pouvez transférer vos numéros jusqu'à un mois après la fin.", "Keine feste Laufzeit. Der Vertrag verlängert sich jeden Kalendermonat von selbst, bis Sie kündigen. Sie kündigen selbst in der Konsole, jederzeit und kostenlos; ein angefangener Monat des Designers bleibt geschuldet. Bis einen Monat nach dem Ende können Sie Ihre Rufnummern mitnehmen.", "No fixed term. The contract renews by itself every calendar month until you end it. You end it yourself in the console, at any time and free of charge; a started month of the designer stays due. You may port your numbers for a month after the end.";
    features_text: "Realtime tekst bij gesprekken is inbegrepen. Documenten zijn toegankelijk (getagde PDF en HTML). Meer over oplossingen voor gebruikers met een handicap:", "Le texte en temps réel pendant les appels est compris. Les documents sont accessibles (PDF balisé et HTML). En savoir plus sur les solutions pour les utilisateurs handicapés :", "Die Echtzeittext bei Gesprächen ist enthalten. Dokumente sind barrierefrei (getaggtes PDF und HTML). Mehr über Lösungen für Nutzer mit Behinderungen:", "Real-time text in calls is included. Documents are accessible (tagged PDF and HTML). More about solutions for users with a disability:";
    binding: "Alleen de prijzen die gelden op het ogenblik dat u een dienst, product of optie neemt, zijn bindend. Prijzen en beschrijvingen gelden onder voorbehoud van vergissingen, lopende promoties en latere wijzigingen.", "Seuls les prix en vigueur au moment où vous prenez un service, un produit ou une option sont contraignants. Prix et descriptions sous réserve d'erreurs, de promotions en cours et de modifications ultérieures.", "Verbindlich sind nur die Preise, die gelten, wenn Sie einen Dienst, ein Produkt oder eine Option nehmen. Preise und Beschreibungen gelten vorbehaltlich von Irrtümern, laufenden Aktionen und späteren Änderungen.", "Only the prices in force when you take a service, product or option are binding. Prices and descriptions are subject to error, running promotions and later change.";
    terms: "Door te bestellen aanvaardt u de algemene en bijzondere voorwaarden en de andere precontractuele informatie:", "En commandant, vous acceptez les conditions générales et particulières et les autres informations précontractuelles :", "Mit der Bestellung nehmen Sie die allgemeinen und besonderen Bedingungen und die übrigen vorvertraglichen Informationen an:", "By ordering you accept the general and special terms and the other pre-contract information:";
}
