//! An invoice for people: PDF/A-3a and PDF/UA-1, with the structured invoice inside, and its twin in HTML.

use flexio_domain::{
    DirectDebit, Invoice, InvoiceKind, InvoiceLine, Language, Money, PlanAdvice, PlanCost, Vat,
};

use crate::format::{cents, count, date, quantity, unit_price};
use crate::pdf::{About, PdfError, Sheet, Style, Table};
use crate::ubl::{legal_form, without_blanks};
use crate::{format, ubl, words};

/// Pages an invoice may have: some thousand lines.
const PAGES_MAX: usize = 100;
const SMALL: f32 = 9.0;
/// Side of the payment code, in points: above 3 cm, so that telephones read it.
const CODE: f32 = 92.0;

/// The same as a page of HTML, for whoever reads it aloud, or larger: `is_large` begins it in large print.
pub fn html(invoice: &Invoice, is_large: bool) -> String {
    laid_out(invoice).html(&title(invoice), invoice.buyer.language.as_str(), is_large)
}

fn title(invoice: &Invoice) -> String {
    format!("{} {}", words::title(invoice.kind, invoice.buyer.language), invoice.number)
}

/// The bytes of the PDF. The same invoice makes the same bytes.
pub fn document(invoice: &Invoice) -> Result<Vec<u8>, PdfError> {
    let language = invoice.buyer.language;
    let about = About {
        title: title(invoice),
        author: &invoice.seller.name,
        language: language.as_str(),
        date: invoice.issued_on,
        attachment: Some((format!("{}.xml", invoice.number), "UBL 2.1", ubl::document(invoice).into_bytes())),
        page: words::page(language),
    };
    laid_out(invoice).finish(about, PAGES_MAX)
}

/// The amounts that stand on the PDF's pages by themselves, in the order of the pages, read from what is drawn there: for whoever compares
/// it with another form of the document. Empty where the document is too long for a PDF.
pub fn amounts_drawn(invoice: &Invoice) -> Vec<Money> {
    let sheet = laid_out(invoice);
    let texts = sheet.texts().filter(|_| sheet.page_count() <= PAGES_MAX);
    texts.filter_map(|text| format::read_cents(text, invoice.buyer.language)).collect()
}

fn laid_out(invoice: &Invoice) -> Sheet {
    let mut sheet = Sheet::new(48.0);
    parties(&mut sheet, invoice);
    facts(&mut sheet, invoice);
    sheet.space(8.0);
    sheet.table(&lines(invoice));
    sheet.space(8.0);
    sheet.table(&totals(invoice));
    sheet.space(6.0);
    if let Some(mention) = mentions(invoice) {
        sheet.paragraph(mention, Style::bold(SMALL));
    }
    if invoice.payable > Money::ZERO && invoice.kind == InvoiceKind::Invoice {
        match &invoice.direct_debit {
            Some(debit) => collection(&mut sheet, invoice, debit),
            None => payment(&mut sheet, invoice),
        }
    }
    information(&mut sheet, invoice);
    sheet
}

/// `BE 0202.239.951`.
pub(crate) fn dotted(digits: &str) -> String {
    let part = |range: std::ops::Range<usize>| digits.get(range).unwrap_or_default();
    format!("BE {}.{}.{}", part(0..4), part(4..7), part(7..10))
}

fn parties(sheet: &mut Sheet, invoice: &Invoice) {
    let (seller, buyer, language) = (&invoice.seller, &invoice.buyer, invoice.buyer.language);
    sheet.heading(1, &title(invoice), 18.0);
    sheet.space(4.0);
    let top = sheet.place();
    let half = sheet.room() / 2.0 - 8.0;
    let small = Style::regular(SMALL);
    sheet.paragraph_in(&format!("{} {}", seller.name, seller.legal_form), Style::bold(11.0), 0.0, half);
    let place = format!("{} {}, {}", seller.post_code, seller.city, seller.country);
    let tax = format!("{} {}", words::vat_prefix(language), dotted(seller.enterprise_number.digits()));
    // Of whom is paid from a wallet or by direct debit, and of credit notes too.
    let account = format!("IBAN: {}", seller.iban);
    for text in [
        &seller.street,
        &place,
        &tax,
        &legal_form(invoice),
        &account,
        &seller.email,
        &seller.phone,
        &seller.website,
    ] {
        sheet.paragraph_in(text, small, 0.0, half);
    }
    let end = sheet.place();
    sheet.move_to(top);
    let x = sheet.room() / 2.0 + 8.0;
    sheet.paragraph_in(words::customer(language), Style::bold(SMALL), x, half);
    sheet.paragraph_in(&buyer.name, Style::bold(11.0), x, half);
    let place = format!("{} {}, {}", buyer.address.post_code, buyer.address.city, buyer.address.country);
    let tax = buyer.vat_number.as_ref().map(|number| format!("{} {number}", words::vat_prefix(language)));
    for text in [Some(&buyer.address.street), Some(&place), tax.as_ref()].into_iter().flatten() {
        sheet.paragraph_in(text, small, x, half);
    }
    let lower = sheet.place().max(end);
    sheet.move_to(lower + 10.0);
}

fn facts(sheet: &mut Sheet, invoice: &Invoice) {
    let language = invoice.buyer.language;
    let period =
        format!("{} {} {}", date(invoice.from, language), words::to(language), date(invoice.to, language));
    let mut facts = vec![
        (words::number(language), invoice.number.clone()),
        (words::issued_on(language), date(invoice.issued_on, language)),
        (words::period(language), period),
    ];
    if invoice.kind == InvoiceKind::Invoice {
        facts.push((words::due_on(language), date(invoice.due_on, language)));
    }
    if let Some(reference) = &invoice.buyer.reference {
        facts.push((words::reference(language), reference.clone()));
    }
    if let Some(preceding) = &invoice.preceding {
        let credited = format!("{} ({})", preceding.number, date(preceding.issued_on, language));
        facts.push((words::credits(language), credited));
        facts.push((words::reason(language), preceding.reason.clone()));
    }
    for (label, value) in facts {
        sheet.paragraph(&format!("{label}: {value}"), Style::regular(10.0));
    }
}

fn lines(invoice: &Invoice) -> Table {
    let language = invoice.buyer.language;
    let mut rows = Vec::new();
    for line in &invoice.lines {
        rows.push(vec![
            description(invoice, line),
            count(line.count, language),
            quantity(line.quantity, line.unit, language),
            unit_price(line.price, line.base, line.unit, language),
            cents(line.net + line.allowance.as_ref().map_or(Money::ZERO, |off| off.amount), language),
        ]);
        if let Some(off) = &line.allowance {
            let reason = format!("{}: {}", words::promotion(language), off.reason);
            let empty = String::new;
            rows.push(vec![reason, empty(), empty(), empty(), cents(-off.amount, language)]);
        }
    }
    Table {
        widths: vec![0.34, 0.1, 0.23, 0.17, 0.16],
        right: vec![false, true, true, true, true],
        head: [words::service, words::times, words::quantity, words::unit_price, words::amount]
            .map(|word| word(language).to_owned())
            .to_vec(),
        rows,
        bold_last: 0,
        size: SMALL,
    }
}

fn description(invoice: &Invoice, line: &InvoiceLine) -> String {
    let language = invoice.buyer.language;
    let mut text = words::item(&line.item, language);
    if line.month != invoice.month {
        text = format!(
            "{text} ({} {})",
            if line.carried_over { words::used_in(language) } else { words::late(language) },
            line.month
        );
    }
    if let Some(promotion) = &line.promotion {
        text = format!("{text} ({}: {promotion})", words::promotion(language));
    }
    text
}

fn totals(invoice: &Invoice) -> Table {
    let language = invoice.buyer.language;
    let row = |label: String, amount: Money| vec![label, cents(amount, language)];
    let mut rows = Vec::new();
    if !invoice.allowances.is_empty() {
        rows.push(row(words::lines_total(language).to_owned(), invoice.lines_total));
        for off in &invoice.allowances {
            rows.push(row(format!("{}: {}", words::promotion(language), off.reason), -off.amount));
        }
    }
    let percent = format!("{} {} %", words::vat(language), localised_percent(&invoice.vat, language));
    rows.push(row(format!("{} ({percent})", words::taxable(language)), invoice.net));
    rows.push(row(percent, invoice.tax));
    rows.push(row(words::gross(language).to_owned(), invoice.gross));
    if invoice.prepaid > Money::ZERO {
        rows.push(row(words::prepaid(language).to_owned(), -invoice.prepaid));
    }
    let last = match invoice.kind {
        InvoiceKind::Invoice => words::payable(language),
        InvoiceKind::CreditNote => words::credited(language),
    };
    rows.push(row(last.to_owned(), invoice.payable));
    Table {
        widths: vec![0.8, 0.2],
        right: vec![false, true],
        head: vec![words::totals(language).to_owned(), invoice.currency.to_string()],
        rows,
        bold_last: 1,
        size: 10.0,
    }
}

fn localised_percent(vat: &Vat, language: Language) -> String {
    match language {
        Language::En => vat.percent(),
        Language::Nl | Language::Fr | Language::De => vat.percent().replace('.', ","),
    }
}

fn mentions(invoice: &Invoice) -> Option<&'static str> {
    let language = invoice.buyer.language;
    match invoice.vat {
        Vat::Standard { .. } => None,
        Vat::ReverseCharge => Some(words::reverse_charge(language)),
        Vat::OutsideScope => Some(words::outside_scope(language)),
    }
}

fn payment(sheet: &mut Sheet, invoice: &Invoice) {
    let (seller, language) = (&invoice.seller, invoice.buyer.language);
    sheet.keep(CODE + 24.0);
    sheet.heading(2, words::payment(language), 12.0);
    let top = sheet.place();
    let text = format!(
        "{} {} – {}: {}",
        cents(invoice.payable, language),
        invoice.currency,
        words::due_on(language),
        date(invoice.due_on, language)
    );
    let room = sheet.room() - CODE - 12.0;
    let style = Style::regular(10.0);
    sheet.paragraph_in(&text, Style::bold(10.0), 0.0, room);
    sheet.paragraph_in(&format!("IBAN: {}", seller.iban), style, 0.0, room);
    sheet.paragraph_in(&format!("BIC: {}", seller.bic), style, 0.0, room);
    if let Some(communication) = invoice.communication {
        sheet.paragraph_in(&format!("{}: {communication}", words::communication(language)), style, 0.0, room);
    }
    let end = sheet.place();
    if let Some(code) = transfer_code(invoice) {
        sheet.move_to(top);
        let grid = usize::try_from(code.size()).unwrap_or(0);
        let x = sheet.room() - CODE;
        sheet.figure(grid, squares(&code), x, CODE, words::qr(language));
        sheet.move_to(end.max(top + CODE) + 4.0);
    }
}

/// What is collected, when and from where; there is no code for a transfer, so that nobody pays twice.
fn collection(sheet: &mut Sheet, invoice: &Invoice, debit: &DirectDebit) {
    let language = invoice.buyer.language;
    sheet.keep(CODE);
    sheet.heading(2, words::payment(language), 12.0);
    let text = format!(
        "{} {} – {}: {}",
        cents(invoice.payable, language),
        invoice.currency,
        words::collected_on(language),
        date(debit.collect_on, language)
    );
    sheet.paragraph(&text, Style::bold(10.0));
    let said = |label: &str, value: &str| format!("{label}: {value}");
    let mut facts = vec![
        said(words::from_account(language), &debit.iban.masked()),
        said(words::mandate(language), &debit.mandate_reference),
        said(words::creditor_id(language), debit.creditor_id.as_str()),
    ];
    let communication = invoice.communication.map(|it| it.to_string());
    facts.extend(communication.map(|it| said(words::communication(language), &it)));
    facts.push(words::nothing_to_do(language).to_owned());
    for text in facts {
        sheet.paragraph(&text, Style::regular(10.0));
    }
}

/// The code that banking programs read for a credit transfer (EPC069-12, version 2).
fn transfer_code(invoice: &Invoice) -> Option<qrcodegen::QrCode> {
    let seller = &invoice.seller;
    let name: String = seller.name.chars().take(70).collect();
    let text = format!(
        "BCD\n002\n1\nSCT\n{}\n{name}\n{}\n{}{}\n\n\n{}",
        seller.bic,
        without_blanks(&seller.iban),
        invoice.currency,
        invoice.payable.to_decimals(2),
        invoice.communication?,
    );
    qrcodegen::QrCode::encode_text(&text, qrcodegen::QrCodeEcc::Medium).ok()
}

fn squares(code: &qrcodegen::QrCode) -> Vec<(usize, usize)> {
    let side = usize::try_from(code.size()).unwrap_or(0);
    let at = |place: usize| i32::try_from(place).unwrap_or(-1);
    (0..side)
        .flat_map(|row| (0..side).map(move |column| (column, row)))
        .filter(|&(column, row)| code.get_module(at(column), at(row)))
        .collect()
}

fn information(sheet: &mut Sheet, invoice: &Invoice) {
    let (seller, language) = (&invoice.seller, invoice.buyer.language);
    sheet.heading(2, words::information(language), 12.0);
    let asked = if invoice.prepaid > Money::ZERO {
        format!("{}: {}", words::prepaid(language), format::cents(invoice.prepaid, language))
    } else {
        words::no_prepayment(language).to_owned()
    };
    let said = |label: fn(Language) -> &'static str, value: &str| format!("{}: {value}", label(language));
    if let Some(advice) = &invoice.advice {
        sheet.paragraph(&advised(advice, language), Style::bold(SMALL));
    }
    for text in [
        words::no_term(language).to_owned(),
        asked,
        said(words::questions, &format!("{}, {}", seller.email, seller.phone)),
        said(words::complaints, &seller.complaint_contact),
        said(words::ombudsman, &seller.ombudsman),
        said(words::comparison, &seller.tariff_comparison_url),
    ] {
        sheet.paragraph(&text, Style::regular(SMALL));
    }
}

/// The yearly advice in one sentence: the days, the cheapest plan, the own, the difference.
fn advised(advice: &PlanAdvice, language: Language) -> String {
    let days =
        format!("{} {} {}", date(advice.from, language), words::to(language), date(advice.to, language));
    let days = if advice.is_partial { format!("{days}, {}", words::partly(language)) } else { days };
    let said =
        |cost: &PlanCost| format!("{} ({}) {} EUR", cost.name, cost.plan, cents(cost.amount, language));
    let own = format!("{}: {}", words::own_plan(language), said(&advice.own));
    match advice.cheaper() {
        Some(cheapest) => format!(
            "{} ({days}): {}; {own}; {}: {} EUR.",
            words::advice(language),
            said(cheapest),
            words::saving(language),
            cents(advice.difference(), language)
        ),
        None => format!("{} ({days}): {own}. {}", words::advice(language), words::own_is_best(language)),
    }
}
