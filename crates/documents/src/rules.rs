//! What must be true of a document before it is issued: the rules of EN 16931 and Peppol that one of ours could break, by their ids, and
//! what Belgian law wants on it. The complete rule sets are run by the tests.

use flexio_domain::{Iban, Invoice, InvoiceKind, InvoiceLine, Money, Operator, Vat};

use crate::ubl::endpoint;

/// A rule that a document breaks.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{rule}: {problem}")]
pub struct Violation {
    /// Id of the rule: `BR-CO-10`, or `BE-…` for what the law of Belgium asks.
    pub rule: &'static str,
    /// What is wrong.
    pub problem: String,
}

/// In micro-units; wider than money, so that a wrong document cannot overflow the check that finds it.
type Micros = i128;

const CENT: Micros = 10_000;

fn micros(amount: Money) -> Micros {
    Micros::from(amount.micros())
}

/// What a document breaks; empty: it may be issued.
pub fn check(invoice: &Invoice) -> Vec<Violation> {
    let mut found = Vec::new();
    let mut must = |rule, holds: bool, problem: &str| {
        if !holds {
            found.push(Violation { rule, problem: problem.to_owned() });
        }
    };
    seller(&invoice.seller, &mut must);
    names(invoice, &mut must);
    totals(invoice, &mut must);
    tax(invoice, &mut must);
    kinds(invoice, &mut must);
    for line in &invoice.lines {
        check_line(invoice, line, &mut must);
    }
    found
}

/// What an operator's block lacks for any document to be issued; empty: nothing.
pub fn check_seller(operator: &Operator) -> Vec<Violation> {
    let mut found = Vec::new();
    let mut must = |rule, holds: bool, problem: &str| {
        if !holds {
            found.push(Violation { rule, problem: problem.to_owned() });
        }
    };
    seller(operator, &mut must);
    must("BE-PAYMENT-DAYS", (1..=60).contains(&operator.payment_days), "payment_days is not 1 to 60");
    found
}

fn said(text: &str) -> bool {
    !text.trim().is_empty()
}

fn seller(seller: &Operator, must: &mut impl FnMut(&'static str, bool, &str)) {
    must("BR-06", said(&seller.name), "the seller has no name");
    must("BR-09", seller.country.len() == 2, "the seller's country is not a code of two letters");
    must("BR-61", seller.iban.parse::<Iban>().is_ok(), "the account to pay to is not an IBAN");
    must("BE-SELLER-FORM", said(&seller.legal_form), "the seller's legal form is missing");
    must("BE-SELLER-COURT", said(&seller.court), "the court of the seller's register is missing");
    must("BE-SELLER-SEAT", said(&seller.street) && said(&seller.city), "the seller's seat is missing");
    must("BE-SELLER-CONTACT", said(&seller.email) && said(&seller.website), "mail or website is missing");
    must(
        "BE-COMPLAINTS",
        said(&seller.complaint_contact) && said(&seller.ombudsman),
        "where to complain is missing",
    );
    must(
        "BE-COMPARISON",
        said(&seller.tariff_comparison_url),
        "the regulator's tariff comparison is missing",
    );
}

fn names(invoice: &Invoice, must: &mut impl FnMut(&'static str, bool, &str)) {
    let buyer = &invoice.buyer;
    must("BR-02", said(&invoice.number), "the document has no number");
    must("BR-07", said(&buyer.name), "the buyer has no name");
    must("BR-11", buyer.address.country.len() == 2, "the buyer's country is not a code of two letters");
    let belgian_business = buyer.address.country == "BE" && buyer.vat_number.is_some();
    must(
        "PEPPOL-EN16931-R010",
        !belgian_business || endpoint(buyer).is_some(),
        "the buyer has no electronic address, and a Belgian business gets its invoices by it",
    );
    must(
        "BE-BUYER-ADDRESS",
        said(&buyer.address.street) && said(&buyer.address.city),
        "the buyer's address is missing",
    );
}

fn totals(invoice: &Invoice, must: &mut impl FnMut(&'static str, bool, &str)) {
    let lines: Micros = invoice.lines.iter().map(|line| micros(line.net)).sum();
    let off: Micros = invoice.allowances.iter().map(|allowance| micros(allowance.amount)).sum();
    must("BR-16", !invoice.lines.is_empty(), "there is no line");
    must("BR-CO-10", lines == micros(invoice.lines_total), "the lines do not add up to their total");
    must("BR-CO-13", micros(invoice.net) == lines - off, "the net is not lines less allowances");
    must(
        "BR-CO-15",
        micros(invoice.gross) == micros(invoice.net) + micros(invoice.tax),
        "the total is not net and tax",
    );
    must(
        "BR-CO-16",
        micros(invoice.payable) == micros(invoice.gross) - micros(invoice.prepaid),
        "what is payable is not the total less what was prepaid",
    );
    let all =
        [invoice.lines_total, invoice.net, invoice.tax, invoice.gross, invoice.prepaid, invoice.payable];
    must("BR-DEC-19", all.iter().all(|a| micros(*a) % CENT == 0), "an amount is not in whole cents");
    must("BE-NEGATIVE", all.iter().all(|a| *a >= Money::ZERO), "an amount is below zero");
    let reasons = invoice.allowances.iter().all(|allowance| said(&allowance.reason));
    must("BR-33", reasons, "an allowance has no reason");
}

fn tax(invoice: &Invoice, must: &mut impl FnMut(&'static str, bool, &str)) {
    let exact = micros(invoice.net) * Micros::from(invoice.vat.millionths());
    let cents = (2 * exact + 1_000_000 * CENT) / (2 * 1_000_000 * CENT);
    // The last of several credit notes takes the rest, which is within a cent for each of those before it.
    let slack = if invoice.kind == InvoiceKind::CreditNote { CENT } else { 0 };
    must(
        "BR-CO-17",
        (micros(invoice.tax) - cents * CENT).abs() <= slack,
        "the tax is not the net times the rate, rounded once",
    );
    if invoice.vat == Vat::ReverseCharge {
        must("BR-AE-02", invoice.buyer.vat_number.is_some(), "a reverse charge needs the buyer's VAT number");
        must("BR-AE-09", invoice.tax == Money::ZERO, "a reverse charge has tax on it");
    }
}

fn kinds(invoice: &Invoice, must: &mut impl FnMut(&'static str, bool, &str)) {
    match invoice.kind {
        InvoiceKind::Invoice => {
            must("BR-CO-25", invoice.due_on >= invoice.issued_on, "it is due before it is issued");
            if let Some(debit) = &invoice.direct_debit {
                let reference = debit.mandate_reference.as_str();
                must("PEPPOL-EN16931-R061", said(reference), "a direct debit names no mandate");
                must(
                    "SEPA-MANDATE",
                    reference.len() <= 35 && reference.bytes().all(|b| b.is_ascii_alphanumeric()),
                    "a mandate's reference is not up to 35 letters and digits",
                );
                must("SEPA-NOTICE", debit.collect_on >= invoice.due_on, "it is collected before it is due");
            }
            must(
                "BE-COMMUNICATION",
                invoice.communication.is_some(),
                "the structured communication is missing",
            );
        }
        InvoiceKind::CreditNote => {
            let preceding = invoice.preceding.as_ref();
            must("BR-55", preceding.is_some_and(|p| said(&p.number)), "the credited invoice is not named");
            must("BE-REASON", preceding.is_some_and(|p| said(&p.reason)), "it does not say why it credits");
        }
    }
}

fn check_line(invoice: &Invoice, line: &InvoiceLine, must: &mut impl FnMut(&'static str, bool, &str)) {
    let off = line.allowance.as_ref().map_or(0, |allowance| micros(allowance.amount));
    must("BR-25", said(&line.item), "a line has no item");
    must("BR-27", line.price >= Money::ZERO, "a price is below zero");
    must("PEPPOL-EN16931-R121", line.base > 0, "a price is for no quantity");
    must("BR-DEC-23", micros(line.net) % CENT == 0, "a line is not in whole cents");
    must("BR-30", line.from <= line.to, "a line's period ends before it begins");
    must("PEPPOL-EN16931-R110", line.from >= invoice.from, "a line's period begins before the document's");
    must("PEPPOL-EN16931-R111", line.to <= invoice.to, "a line's period ends after the document's");
    // |quantity × price ÷ base − allowance − net| ≤ 0.02, multiplied by the base.
    let base = Micros::from(line.base.max(1));
    let product = micros(line.price).saturating_mul(Micros::from(line.quantity));
    let apart = product.saturating_sub((off + micros(line.net)).saturating_mul(base)).abs();
    must("PEPPOL-EN16931-R120", apart <= 2 * CENT * base, "a line is not its quantity times its price");
}
