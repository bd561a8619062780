//! The words of the documents.

use flexio_domain::{InvoiceKind, Language};

/// A text in each language, as a function of the language.
macro_rules! words {
    ($($name:ident: $nl:literal, $fr:literal, $de:literal, $en:literal;)*) => {
        $(pub(crate) const fn $name(language: Language) -> &'static str {
            match language {
                Language::Nl => $nl,
                Language::Fr => $fr,
                Language::De => $de,
                Language::En => $en,
            }
        })*
    };
}
pub(crate) use words;

words! {
    invoice: "Factuur", "Facture", "Rechnung", "Invoice";
    credit_note: "Creditnota", "Note de crédit", "Gutschrift", "Credit note";
    number: "Nummer", "Numéro", "Nummer", "Number";
    issued_on: "Datum", "Date", "Datum", "Date of issue";
    due_on: "Te betalen vóór of op", "À payer au plus tard le", "Zahlbar bis", "Due date";
    period: "Periode van levering", "Période de fourniture", "Leistungszeitraum", "Supply period";
    to: "tot en met", "au", "bis", "to";
    reference: "Uw referentie", "Votre référence", "Ihre Referenz", "Your reference";
    customer: "Klant", "Client", "Kunde", "Customer";
    credits: "Creditnota voor factuur", "Note de crédit relative à la facture", "Gutschrift zu Rechnung", "Credits invoice";
    reason: "Reden", "Motif", "Grund", "Reason";
    service: "Dienst", "Service", "Dienst", "Service";
    times: "Aantal keer", "Nombre de fois", "Anzahl", "Times";
    quantity: "Hoeveelheid", "Quantité", "Menge", "Quantity";
    unit_price: "Eenheidsprijs excl. btw", "Prix unitaire hors TVA", "Einzelpreis ohne MwSt.", "Unit price excl. VAT";
    amount: "Bedrag excl. btw", "Montant hors TVA", "Betrag ohne MwSt.", "Amount excl. VAT";
    late: "laattijdig gebruik van", "usage tardif de", "verspätete Nutzung von", "late usage of";
    used_in: "gebruik van", "usage de", "Nutzung von", "usage of";
    promotion: "promotie", "promotion", "Aktion", "promotion";
    lines_total: "Som van de lijnen", "Somme des lignes", "Summe der Positionen", "Sum of lines";
    taxable: "Maatstaf van heffing", "Base d'imposition", "Steuerbemessungsgrundlage", "Taxable amount";
    vat: "Btw", "TVA", "MwSt.", "VAT";
    totals: "Totalen", "Totaux", "Summen", "Totals";
    gross: "Totaal incl. btw", "Total TVA comprise", "Gesamtbetrag inkl. MwSt.", "Total incl. VAT";
    prepaid: "Vooraf betaald", "Payé d'avance", "Vorausbezahlt", "Paid in advance";
    payable: "Te betalen", "À payer", "Zu zahlen", "Amount payable";
    credited: "In uw voordeel", "En votre faveur", "Zu Ihren Gunsten", "In your favour";
    payment: "Betaling", "Paiement", "Zahlung", "Payment";
    communication: "Gestructureerde mededeling", "Communication structurée", "Strukturierte Mitteilung", "Structured communication";
    qr: "QR-code voor de overschrijving in uw bankapp", "Code QR pour le virement dans votre application bancaire", "QR-Code für die Überweisung in Ihrer Bank-App", "QR code for the credit transfer in your banking app";
    collected_on: "Wordt geïnd via Europese domiciliëring op", "Prélevé par domiciliation européenne le", "Wird per SEPA-Lastschrift eingezogen am", "Collected by SEPA direct debit on";
    from_account: "Van uw rekening", "De votre compte", "Von Ihrem Konto", "From your account";
    mandate: "Referentie van het mandaat", "Référence du mandat", "Mandatsreferenz", "Mandate reference";
    creditor_id: "Identificatie van de schuldeiser", "Identifiant du créancier", "Gläubiger-Identifikationsnummer", "Creditor identifier";
    nothing_to_do: "U hoeft niets te doen.", "Vous ne devez rien faire.", "Sie müssen nichts tun.", "There is nothing for you to do.";
    information: "Informatie", "Informations", "Informationen", "Information";
    register: "RPR", "RPM", "RJP", "RPR";
    vat_prefix: "BTW", "TVA", "MwSt.", "VAT";
    liquidation: "in vereffening", "en liquidation", "in Liquidation", "in liquidation";
    reverse_charge: "Btw verlegd – artikelen 44 en 196 van Richtlijn 2006/112/EG", "Autoliquidation – articles 44 et 196 de la directive 2006/112/CE", "Steuerschuldnerschaft des Leistungsempfängers – Artikel 44 und 196 der Richtlinie 2006/112/EG", "Reverse charge – Articles 44 and 196 of Directive 2006/112/EC";
    outside_scope: "Niet onderworpen aan Belgische btw – artikel 59 van Richtlijn 2006/112/EG", "Non soumis à la TVA belge – article 59 de la directive 2006/112/CE", "Nicht der belgischen MwSt. unterworfen – Artikel 59 der Richtlinie 2006/112/EG", "Not subject to Belgian VAT – Article 59 of Directive 2006/112/EC";
    no_term: "Geen vaste duur: het contract loopt per maand en kan op elk moment kosteloos worden opgezegd.", "Sans durée déterminée : le contrat court de mois en mois et peut être résilié sans frais à tout moment.", "Keine feste Laufzeit: Der Vertrag läuft monatlich und ist jederzeit kostenlos kündbar.", "No fixed term: the contract runs by the month and may be ended at any time free of charge.";
    no_prepayment: "Er wordt geen voorschot gevraagd.", "Aucun acompte n'est demandé.", "Es wird keine Vorauszahlung verlangt.", "No prepayment is asked.";
    comparison: "Vergelijk tarieven op", "Comparez les tarifs sur", "Tarife vergleichen auf", "Compare tariffs at";
    advice: "Voordeligste plan voor uw gebruik", "Plan le plus avantageux pour votre usage", "Günstigster Tarif für Ihre Nutzung", "Best plan for your use";
    own_plan: "uw plan", "votre plan", "Ihr Tarif", "your plan";
    saving: "verschil", "différence", "Unterschied", "difference";
    own_is_best: "Uw plan is het voordeligste.", "Votre plan est le plus avantageux.", "Ihr Tarif ist der günstigste.", "Your plan is the best.";
    partly: "deel van het gebruik", "une partie de l'usage", "Teil der Nutzung", "part of the use";
    questions: "Klantendienst", "Service clientèle", "Kundendienst", "Customer service";
    complaints: "Klachten", "Réclamations", "Beschwerden", "Complaints";
    ombudsman: "Ombudsdienst voor telecommunicatie", "Service de médiation pour les télécommunications", "Ombudsdienst für Telekommunikation", "Office of the Ombudsman for Telecommunications";
    page: "Blz.", "Page", "Seite", "Page";
    day: "dag", "jour", "Tag", "day";
    days: "dagen", "jours", "Tage", "days";
    month: "maand", "mois", "Monat", "month";
    itemised: "Gespecificeerde factuur", "Facture détaillée", "Einzelverbindungsnachweis", "Itemised bill";
    at: "Tijdstip", "Date et heure", "Zeitpunkt", "Date and time";
    caller: "Van", "De", "Von", "From";
    called: "Naar", "Vers", "An", "To";
    used_amount: "Bedrag excl. btw", "Montant hors TVA", "Betrag ohne MwSt.", "Amount excl. VAT";
    uses_total: "Som van wat hier staat", "Somme de ce qui précède", "Summe des Aufgeführten", "Sum of what is listed";
    not_listed: "Oproepen naar nummers die niet op een factuur mogen staan", "Appels vers des numéros qui ne peuvent figurer sur une facture", "Anrufe zu Nummern, die nicht aufgeführt werden dürfen", "Calls to numbers that no bill may list";
    exact: "Bedragen per gebruik zijn exact; op de factuur staat elke lijn in centen.", "Les montants par utilisation sont exacts ; sur la facture, chaque ligne est en centimes.", "Beträge je Nutzung sind genau; auf der Rechnung steht jede Position in Cent.", "Amounts per use are exact; on the invoice each line is in cents.";
    months: "maanden", "mois", "Monate", "months";
}

/// `Factuur` or `Creditnota`.
pub(crate) const fn title(kind: InvoiceKind, language: Language) -> &'static str {
    match kind {
        InvoiceKind::Invoice => invoice(language),
        InvoiceKind::CreditNote => credit_note(language),
    }
}

/// What leads to a destination of a deck.
const FAMILIES: [(&str, [&str; 4]); 2] = [
    ("voice.out.", ["Spraak, uitgaand", "Voix, sortant", "Anrufe", "Outbound calls"]),
    ("sms.out.", ["Sms, verzonden", "SMS envoyés", "SMS, gesendet", "SMS sent"]),
];

/// An item of a deck by what it is and where it leads, as the operator's code has it: `voice.out.france-mobile` is "Outbound calls: France
/// mobile".
fn destination(code: &str, language: usize) -> Option<String> {
    FAMILIES.iter().find_map(|(family, names)| {
        let place = code.strip_prefix(family)?.replace(['-', '_', '.'], " ");
        let mut letters = place.chars();
        let first = letters.next()?.to_uppercase();
        Some(format!("{}: {first}{}", names[language], letters.as_str()))
    })
}

/// Usual name of a price item.
pub fn item(code: &str, language: Language) -> String {
    // A band of hours is called as the plan calls it.
    if let Some((base, band)) = code.split_once('~') {
        return format!("{}, {band}", item(base, language));
    }
    // A volume price by its threshold.
    if let Some((base, threshold)) = code.split_once('>') {
        return format!("{}, > {threshold}", item(base, language));
    }
    let (code, fee) = match code.strip_suffix(":connection") {
        Some(code) => (code, true),
        None => (code, false),
    };
    let names = match code {
        "number.fixed" => ["Vaste nummers", "Numéros fixes", "Feste Rufnummern", "Fixed numbers"],
        "designer" => ["Visual designer", "Concepteur visuel", "Visueller Designer", "Visual designer"],
        "sms.out" => ["Sms, verzonden", "SMS envoyés", "SMS, gesendet", "SMS sent"],
        "sms.in" => ["Sms, ontvangen", "SMS reçus", "SMS, empfangen", "SMS received"],
        "voice.out.mobile" => [
            "Spraak, uitgaand naar mobiel",
            "Voix, sortant vers mobile",
            "Anrufe zu Mobilfunk",
            "Outbound to mobile",
        ],
        "voice.out.fixed" => [
            "Spraak, uitgaand naar vast",
            "Voix, sortant vers fixe",
            "Anrufe zum Festnetz",
            "Outbound to fixed",
        ],
        "voice.in" => ["Spraak, inkomend", "Voix, entrant", "Eingehende Anrufe", "Inbound"],
        "conference.setup" => [
            "Conferenties, opzet",
            "Conférences, établissement",
            "Konferenzen, Einrichtung",
            "Conference set-ups",
        ],
        "recording" => ["Opname", "Enregistrement", "Aufzeichnung", "Recording"],
        "twofa.request" => [
            "Tweefactorverificatie, verzoeken",
            "Vérification à deux facteurs, demandes",
            "Zwei-Faktor-Prüfung, Anfragen",
            "Two-factor requests",
        ],
        "tts" => ["Spraaksynthese", "Synthèse vocale", "Sprachsynthese", "Speech synthesis"],
        "api.request" => ["API-verzoeken", "Requêtes API", "API-Anfragen", "API requests"],
        "queue" => ["Wachttijd", "Temps d'attente", "Wartezeit", "Waiting time"],
        other => [other; 4],
    };
    let at = match language {
        Language::Nl => 0,
        Language::Fr => 1,
        Language::De => 2,
        Language::En => 3,
    };
    let place = if names[at] == code { destination(code, at) } else { None };
    let name = place.as_deref().unwrap_or(names[at]);
    let fees = ["verbindingskosten", "frais de connexion", "Verbindungsentgelt", "connection fee"];
    if fee { format!("{name}, {}", fees[at]) } else { name.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_destination_of_a_deck_is_named_by_where_it_leads() {
        assert_eq!(item("voice.out.france-mobile", Language::Nl), "Spraak, uitgaand: France mobile");
        assert_eq!(item("sms.out.germany", Language::De), "SMS, gesendet: Germany");
        assert_eq!(
            item("voice.out.france:connection", Language::En),
            "Outbound calls: France, connection fee"
        );
        assert_eq!(item("voice.out.mobile", Language::En), "Outbound to mobile", "an item of its own stays");
    }
}
