//! What a customer is written about an invoice, as plain text in his language.
//!
//! A reminder names what the law wants on the first one to a consumer (Code of Economic Law, Article XIX.2): what is open, whose claim it is
//! with the enterprise number, for which services, since when it is due, and until when nothing is added to it. What may be added then, a
//! fixed sum and interest, is on it too, or it says that nothing is.

use std::fmt::Write as _;

use flexio_domain::{DirectDebit, Invoice, InvoiceKind, Language, LetterKind, Money};
use jiff::civil::Date;

use crate::format;
use crate::words::words;

/// All that a letter says.
#[derive(Debug, Clone, Copy)]
pub struct LetterFacts<'f> {
    /// What for.
    pub kind: LetterKind,
    /// About which document.
    pub invoice: &'f Invoice,
    /// What is asked for: open, and not in dispute.
    pub amount: Money,
    /// Of what is open, in dispute.
    pub disputed: Money,
    /// Last day to pay before the next step.
    pub pay_until: Date,
    /// The day that a warning names.
    pub suspend_on: Option<Date>,
    /// Days from a suspension to the end of the contract.
    pub close_days: u16,
    /// What is asked for besides.
    pub late: LateWords,
}

/// What is asked for besides an invoice that is paid late.
#[derive(Debug, Clone, Copy, Default)]
pub struct LateWords {
    /// The fixed sum that a reminder says may follow; `None`: nothing may.
    pub announced: Option<Money>,
    /// The fixed sum, as asked for so far.
    pub fixed: Money,
    /// Interest, as asked for so far.
    pub interest: Money,
}

words! {
    dear: "Geachte klant,", "Madame, Monsieur,", "Sehr geehrte Kundin, sehr geehrter Kunde,", "Dear customer,";
    issued: "Factuur {number}", "Facture {number}", "Rechnung {number}", "Invoice {number}";
    issued_text: "Hierbij vindt u uw factuur {number} van {issued}. Te betalen: {amount}, uiterlijk op {due}.", "Veuillez trouver ci-joint votre facture {number} du {issued}. À payer : {amount}, au plus tard le {due}.", "Anbei erhalten Sie Ihre Rechnung {number} vom {issued}. Zu zahlen: {amount}, spätestens am {due}.", "Please find attached your invoice {number} of {issued}. Amount payable: {amount}, on {due} at the latest.";
    debited_text: "Hierbij vindt u uw factuur {number} van {issued}. Wij innen {amount} via Europese domiciliëring op {collected} van uw rekening {account}. U hoeft niets te doen.", "Veuillez trouver ci-joint votre facture {number} du {issued}. Nous prélèverons {amount} par domiciliation européenne le {collected} sur votre compte {account}. Vous ne devez rien faire.", "Anbei erhalten Sie Ihre Rechnung {number} vom {issued}. Wir ziehen {amount} per SEPA-Lastschrift am {collected} von Ihrem Konto {account} ein. Sie müssen nichts tun.", "Please find attached your invoice {number} of {issued}. We shall collect {amount} by SEPA direct debit on {collected} from your account {account}. There is nothing for you to do.";
    debit_facts: "Referentie van het mandaat: {mandate}. Identificatie van de schuldeiser: {creditor}.", "Référence du mandat : {mandate}. Identifiant du créancier : {creditor}.", "Mandatsreferenz: {mandate}. Gläubiger-Identifikationsnummer: {creditor}.", "Mandate reference: {mandate}. Creditor identifier: {creditor}.";
    settled_text: "Hierbij vindt u uw factuur {number} van {issued}. Er is niets meer te betalen.", "Veuillez trouver ci-joint votre facture {number} du {issued}. Il ne reste rien à payer.", "Anbei erhalten Sie Ihre Rechnung {number} vom {issued}. Es ist nichts mehr zu zahlen.", "Please find attached your invoice {number} of {issued}. Nothing is left to pay.";
    credited: "Creditnota {number}", "Note de crédit {number}", "Gutschrift {number}", "Credit note {number}";
    credited_text: "Hierbij vindt u creditnota {number} van {issued}, in uw voordeel: {amount}.", "Veuillez trouver ci-joint la note de crédit {number} du {issued}, en votre faveur : {amount}.", "Anbei erhalten Sie die Gutschrift {number} vom {issued} zu Ihren Gunsten: {amount}.", "Please find attached credit note {number} of {issued}, in your favour: {amount}.";
    reminder: "Herinnering: factuur {number}", "Rappel : facture {number}", "Zahlungserinnerung: Rechnung {number}", "Reminder: invoice {number}";
    reminder_text: "Onze factuur {number} was te betalen op {due}, en {amount} staat nog open. Wij vragen u dit bedrag uiterlijk op {until} te betalen. Deze herinnering is gratis, en wij vragen geen interest en geen kosten, ook daarna niet.", "Notre facture {number} était à payer le {due} et {amount} reste ouvert. Nous vous demandons de payer ce montant au plus tard le {until}. Ce rappel est gratuit, et nous ne réclamons ni intérêts ni frais, même après cette date.", "Unsere Rechnung {number} war am {due} fällig, und {amount} ist noch offen. Wir bitten Sie, diesen Betrag spätestens am {until} zu zahlen. Diese Erinnerung ist kostenlos, und wir verlangen weder Zinsen noch Kosten, auch danach nicht.", "Our invoice {number} was due on {due}, and {amount} is still open. Please pay this amount on {until} at the latest. This reminder is free of charge, and we ask for neither interest nor costs, then or afterwards.";
    reminder_late_text: "Onze factuur {number} was te betalen op {due}, en {amount} staat nog open. Wij vragen u dit bedrag uiterlijk op {until} te betalen. Deze herinnering is gratis. Als wij het bedrag dan niet hebben, kunnen wij volgens onze voorwaarden een forfaitaire vergoeding van {announced} en de wettelijke interest vragen.", "Notre facture {number} était à payer le {due} et {amount} reste ouvert. Nous vous demandons de payer ce montant au plus tard le {until}. Ce rappel est gratuit. Si nous n'avons pas reçu le montant à cette date, nous pourrons réclamer, selon nos conditions, une indemnité forfaitaire de {announced} et les intérêts légaux.", "Unsere Rechnung {number} war am {due} fällig, und {amount} ist noch offen. Wir bitten Sie, diesen Betrag spätestens am {until} zu zahlen. Diese Erinnerung ist kostenlos. Haben wir den Betrag bis dahin nicht erhalten, können wir nach unseren Bedingungen eine Pauschale von {announced} und die gesetzlichen Zinsen verlangen.", "Our invoice {number} was due on {due}, and {amount} is still open. Please pay this amount on {until} at the latest. This reminder is free of charge. If we have not received the amount by then, we may ask, as our terms say, for a fixed sum of {announced} and for statutory interest.";
    late_fixed: "Forfaitaire vergoeding: {fixed}", "Indemnité forfaitaire : {fixed}", "Pauschale: {fixed}", "Fixed sum: {fixed}";
    late_interest: "Interest: {interest}", "Intérêts : {interest}", "Zinsen: {interest}", "Interest: {interest}";
    late_total: "Samen te betalen: {total}", "Total à payer : {total}", "Zusammen zu zahlen: {total}", "Together to be paid: {total}";
    notice: "Ingebrekestelling: factuur {number}", "Mise en demeure : facture {number}", "Mahnung: Rechnung {number}", "Notice of default: invoice {number}";
    notice_text: "Ondanks onze herinnering staat van factuur {number}, te betalen op {due}, nog {amount} open. Wij stellen u in gebreke en vragen u dit bedrag uiterlijk op {until} te betalen. Anders delen wij u de dag mee waarop uw dienst wordt onderbroken.", "Malgré notre rappel, {amount} reste ouvert de la facture {number}, à payer le {due}. Nous vous mettons en demeure de payer ce montant au plus tard le {until}. À défaut, nous vous communiquerons le jour où votre service sera suspendu.", "Trotz unserer Erinnerung ist von der Rechnung {number}, fällig am {due}, noch {amount} offen. Wir setzen Sie in Verzug und fordern Sie auf, diesen Betrag spätestens am {until} zu zahlen. Andernfalls teilen wir Ihnen den Tag mit, an dem Ihr Dienst gesperrt wird.", "In spite of our reminder {amount} of invoice {number}, due on {due}, is still open. We give you notice of default and ask you to pay this amount on {until} at the latest. Otherwise we shall tell you the day on which your service will be suspended.";
    warning: "Waarschuwing: uw dienst wordt onderbroken op {suspend}", "Avertissement : votre service sera suspendu le {suspend}", "Warnung: Ihr Dienst wird am {suspend} gesperrt", "Warning: your service will be suspended on {suspend}";
    warning_text: "Van factuur {number}, te betalen op {due}, staat nog {amount} open. Als wij dit bedrag niet ontvangen, onderbreken wij uw dienst op {suspend}. Noodoproepen en gratis nummers blijven dan bereikbaar, en u blijft oproepen en berichten ontvangen.", "De la facture {number}, à payer le {due}, {amount} reste ouvert. Si nous ne recevons pas ce montant, nous suspendrons votre service le {suspend}. Les appels d'urgence et les numéros gratuits resteront accessibles, et vous continuerez à recevoir appels et messages.", "Von der Rechnung {number}, fällig am {due}, ist noch {amount} offen. Wenn wir diesen Betrag nicht erhalten, sperren wir Ihren Dienst am {suspend}. Notrufe und kostenlose Nummern bleiben dann erreichbar, und Sie erhalten weiterhin Anrufe und Nachrichten.", "Of invoice {number}, due on {due}, {amount} is still open. If we do not receive this amount, we shall suspend your service on {suspend}. Emergency calls and free numbers will stay reachable, and you will go on receiving calls and messages.";
    suspension: "Uw dienst is onderbroken", "Votre service est suspendu", "Ihr Dienst ist gesperrt", "Your service is suspended";
    suspension_text: "Van factuur {number}, te betalen op {due}, staat nog {amount} open. Uw dienst is daarom vanaf vandaag onderbroken. Noodoproepen en gratis nummers blijven bereikbaar. Zodra wij het bedrag ontvangen, is uw dienst er weer. Anders eindigt uw contract over {days} dagen, op {until}.", "De la facture {number}, à payer le {due}, {amount} reste ouvert. Votre service est donc suspendu à partir d'aujourd'hui. Les appels d'urgence et les numéros gratuits restent accessibles. Dès que nous recevrons le montant, votre service sera rétabli. À défaut, votre contrat prendra fin dans {days} jours, le {until}.", "Von der Rechnung {number}, fällig am {due}, ist noch {amount} offen. Ihr Dienst ist deshalb ab heute gesperrt. Notrufe und kostenlose Nummern bleiben erreichbar. Sobald wir den Betrag erhalten, ist Ihr Dienst wieder da. Andernfalls endet Ihr Vertrag in {days} Tagen, am {until}.", "Of invoice {number}, due on {due}, {amount} is still open. Your service is therefore suspended from today on. Emergency calls and free numbers stay reachable. As soon as we receive the amount, your service is back. Otherwise your contract ends in {days} days, on {until}.";
    closing: "Uw contract is beëindigd", "Votre contrat a pris fin", "Ihr Vertrag ist beendet", "Your contract has ended";
    closing_text: "Van factuur {number}, te betalen op {due}, staat nog steeds {amount} open. Uw contract is daarom vandaag beëindigd. Uw nummers komen vrij; u kunt ze nog een maand laten overdragen. De laatste factuur volgt.", "De la facture {number}, à payer le {due}, {amount} reste toujours ouvert. Votre contrat a donc pris fin aujourd'hui. Vos numéros sont libérés ; vous pouvez les faire transférer pendant un mois encore. La dernière facture suivra.", "Von der Rechnung {number}, fällig am {due}, ist weiterhin {amount} offen. Ihr Vertrag ist deshalb heute beendet worden. Ihre Nummern werden frei; Sie können sie noch einen Monat lang übertragen lassen. Die letzte Rechnung folgt.", "Of invoice {number}, due on {due}, {amount} is still open. Your contract has therefore been ended today. Your numbers are released; you may have them ported for another month. The last invoice will follow.";
    restoration: "Uw dienst is er weer", "Votre service est rétabli", "Ihr Dienst ist wieder da", "Your service is back";
    restoration_text: "Van factuur {number} wordt niets meer gevraagd. Uw dienst is niet langer onderbroken. Dank u.", "Plus rien n'est demandé de la facture {number}. Votre service n'est plus suspendu. Merci.", "Von der Rechnung {number} wird nichts mehr gefordert. Ihr Dienst ist nicht mehr gesperrt. Vielen Dank.", "Nothing is asked for of invoice {number} any more. Your service is no longer suspended. Thank you.";
    creditor: "Schuldeiser", "Créancier", "Gläubiger", "Creditor";
    services: "Diensten", "Services", "Dienste", "Services";
    pay_to: "Betalen op", "Paiement sur", "Zahlung auf", "Pay to";
    in_dispute: "U betwist {disputed}; dat bedrag vragen wij nu niet.", "Vous contestez {disputed} ; nous ne demandons pas ce montant pour l'instant.", "Sie bestreiten {disputed}; diesen Betrag fordern wir derzeit nicht.", "You dispute {disputed}; we do not ask for that amount now.";
    crossed: "Hebt u al betaald? Dan hoeft u niets te doen. Bent u het niet eens met de factuur, of kunt u niet ineens betalen? Neem contact met ons op:", "Vous avez déjà payé ? Vous ne devez rien faire. Vous contestez la facture ou ne pouvez pas payer en une fois ? Contactez-nous :", "Haben Sie schon gezahlt? Dann ist nichts zu tun. Sind Sie mit der Rechnung nicht einverstanden oder können Sie nicht auf einmal zahlen? Wenden Sie sich an uns:", "Have you paid already? Then there is nothing to do. Do you not agree with the invoice, or can you not pay at once? Get in touch with us:";
}

/// Subject and text.
pub fn letter(facts: &LetterFacts<'_>) -> (String, String) {
    let language = facts.invoice.buyer.language;
    let (subject, text) = template(facts, language);
    let mut body = format!("{}\n\n{}\n", dear(language), filled(text, facts));
    if facts.disputed > Money::ZERO {
        let _ = write!(body, "\n{}\n", filled(in_dispute(language), facts));
    }
    late(&mut body, facts, language);
    let is_debited = facts.kind == LetterKind::Issue && facts.invoice.direct_debit.is_some();
    if is_debited && facts.amount > Money::ZERO {
        let _ = write!(body, "\n{}\n", filled(debit_facts(language), facts));
    }
    let asks =
        !is_debited && facts.kind != LetterKind::Restoration && facts.invoice.kind == InvoiceKind::Invoice;
    if asks && facts.amount > Money::ZERO {
        payment(&mut body, facts.invoice, language);
    }
    if facts.kind != LetterKind::Issue && asks {
        let seller = &facts.invoice.seller;
        let _ = write!(
            body,
            "\n{} {}, {}\n{}: {}\n",
            crossed(language),
            seller.email,
            seller.phone,
            crate::words::ombudsman(language),
            seller.ombudsman
        );
    }
    let seller = &facts.invoice.seller;
    let _ = write!(body, "\n{} {}\n", seller.name, seller.legal_form);
    (filled(subject, facts), body)
}

fn template(facts: &LetterFacts<'_>, language: Language) -> (&'static str, &'static str) {
    match facts.kind {
        LetterKind::Issue if facts.invoice.kind == InvoiceKind::CreditNote => {
            (credited(language), credited_text(language))
        }
        LetterKind::Issue if facts.amount <= Money::ZERO => (issued(language), settled_text(language)),
        LetterKind::Issue if facts.invoice.direct_debit.is_some() => {
            (issued(language), debited_text(language))
        }
        LetterKind::Issue => (issued(language), issued_text(language)),
        LetterKind::Reminder if facts.late.announced.is_some() => {
            (reminder(language), reminder_late_text(language))
        }
        LetterKind::Reminder => (reminder(language), reminder_text(language)),
        LetterKind::Notice => (notice(language), notice_text(language)),
        LetterKind::Warning => (warning(language), warning_text(language)),
        LetterKind::Suspension => (suspension(language), suspension_text(language)),
        LetterKind::Closing => (closing(language), closing_text(language)),
        LetterKind::Restoration => (restoration(language), restoration_text(language)),
    }
}

/// What is asked for besides, and what it all comes to.
fn late(body: &mut String, facts: &LetterFacts<'_>, language: Language) {
    let LateWords { fixed, interest, .. } = facts.late;
    let is_asked = !matches!(facts.kind, LetterKind::Issue | LetterKind::Restoration);
    if !is_asked || fixed + interest <= Money::ZERO {
        return;
    }
    body.push('\n');
    for (amount, line) in [(fixed, late_fixed(language)), (interest, late_interest(language))] {
        if amount > Money::ZERO {
            let _ = writeln!(body, "{}", filled(line, facts));
        }
    }
    let _ = writeln!(body, "{}", filled(late_total(language), facts));
}

/// Whose claim it is, for what, and how to pay it.
fn payment(body: &mut String, invoice: &Invoice, language: Language) {
    let seller = &invoice.seller;
    let mut items: Vec<String> = Vec::new();
    for line in &invoice.lines {
        let name = crate::item_name(&line.item, language);
        if !items.contains(&name) {
            items.push(name);
        }
    }
    let _ = write!(
        body,
        "\n{}: {} {}, {}, {} {}, {}\n{}: {} ({} – {})\n{}: {}, {}\n",
        creditor(language),
        seller.name,
        seller.legal_form,
        seller.street,
        seller.post_code,
        seller.city,
        crate::invoice_pdf::dotted(seller.enterprise_number.digits()),
        services(language),
        items.join(", "),
        format::date(invoice.from, language),
        format::date(invoice.to, language),
        pay_to(language),
        seller.iban,
        seller.bic,
    );
    if let Some(communication) = invoice.communication {
        let _ = writeln!(body, "{}: {communication}", crate::words::communication(language));
    }
}

fn filled(template: &str, facts: &LetterFacts<'_>) -> String {
    let (invoice, language) = (facts.invoice, facts.invoice.buyer.language);
    let money = |amount| format!("{} {}", format::cents(amount, language), invoice.currency);
    let day = |on| day(on, language);
    let debit = invoice.direct_debit.as_ref();
    let debited = |said: fn(&DirectDebit) -> String| debit.map_or_else(String::new, said);
    template
        .replace("{collected}", &debit.map_or_else(String::new, |it| day(it.collect_on)))
        .replace("{account}", &debited(|it| it.iban.masked()))
        .replace("{mandate}", &debited(|it| it.mandate_reference.clone()))
        .replace("{creditor}", &debited(|it| it.creditor_id.to_string()))
        .replace("{number}", &invoice.number)
        .replace("{issued}", &day(invoice.issued_on))
        .replace("{due}", &day(invoice.due_on))
        .replace("{amount}", &money(facts.amount))
        .replace("{disputed}", &money(facts.disputed))
        .replace("{until}", &day(facts.pay_until))
        .replace("{suspend}", &facts.suspend_on.map_or_else(String::new, day))
        .replace("{announced}", &money(facts.late.announced.unwrap_or_default()))
        .replace("{fixed}", &money(facts.late.fixed))
        .replace("{interest}", &money(facts.late.interest))
        .replace("{total}", &money(facts.amount + facts.late.fixed + facts.late.interest))
        .replace("{days}", &facts.close_days.to_string())
}

/// A day as letters name it.
pub fn day(day: Date, language: Language) -> String {
    format::date(day, language)
}
