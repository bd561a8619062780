//! From what was supplied to an invoice: lines, promotions, tax, the posting, and what a credit note takes back.
//!
//! A line's net is made from its quantity, `quantity × price ÷ base` in cents, half up, and not from the sum of the charges of its
//! events: whoever has the document can compute it again. What the two differ by is posted to `rounding`. Tax is rounded once, on the
//! sum of the lines; a second rounding per line is not allowed for structured invoices in Belgium since 2026.

mod credit;
mod due;
mod lines;
mod posting;
mod promotions;
mod vat;

use flexio_domain::{
    AccountSid, Allowance, Buyer, Currency, DirectDebit, Invoice, InvoiceKind, InvoiceLine, InvoiceSid,
    Mandate, Money, Operator, StructuredCommunication, Vat,
};
use flexio_rating::BillingMonth;
use jiff::Span;
use jiff::civil::Date;

use crate::debit;

pub use credit::{CreditError, CreditLine, Credited, credit_note, within};
pub use due::{Due, DueError, not_invoiced, per_account, supplies};
pub use lines::{Supplied, Supply, UnitPrice, is_volume};
pub use posting::posting;
pub use promotions::Promotion;
pub use vat::{VatError, VatRates, treatment};

/// Cents in micro-units.
const CENT: i128 = 10_000;

/// What a document is called and when it was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Identity {
    /// Of the document.
    pub sid: InvoiceSid,
    /// Number in the series of its kind and year, from 1.
    pub sequence: u32,
    /// Date of issue; its year chooses the series.
    pub issued_on: Date,
}

/// All that an invoice is made from.
#[derive(Debug, Clone, Copy)]
pub struct Basis<'b> {
    /// Whose.
    pub account_sid: AccountSid,
    /// Month it is made for.
    pub month: BillingMonth,
    /// Who sells.
    pub seller: &'b Operator,
    /// Who buys.
    pub buyer: &'b Buyer,
    /// From [`treatment`].
    pub vat: &'b Vat,
    /// Of every amount.
    pub currency: Currency,
    /// In the order of the lines.
    pub supplies: &'b [Supply],
    /// Those the customer has in this month, in any order.
    pub promotions: &'b [Promotion],
    /// What was paid in before and may pay for this.
    pub wallet: Money,
    /// By which it is collected, where one is in force on the date of issue.
    pub mandate: Option<&'b Mandate>,
}

/// Why there is no invoice.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvoiceError {
    /// Nothing with a price was supplied.
    #[error("nothing is to be invoiced")]
    Empty,
    /// More invoices in a year than a payment reference can count, or a year it cannot name.
    #[error("the series is full")]
    SeriesFull,
    /// A sum beyond what money can hold.
    #[error("an amount is out of range")]
    Range,
}

/// The number of a document in its series.
pub fn number(kind: InvoiceKind, identity: &Identity) -> String {
    let series = match kind {
        InvoiceKind::Invoice => "",
        InvoiceKind::CreditNote => "CN",
    };
    format!("{series}{:04}-{:06}", identity.issued_on.year(), identity.sequence)
}

/// Makes the invoice of one account and month.
///
/// A supply without quantity makes no line. Promotions apply in a fixed order: another price, free units, percentages of lines, amounts
/// off the document, credit; nothing falls below zero.
pub fn invoice(basis: &Basis<'_>, identity: &Identity) -> Result<Invoice, InvoiceError> {
    let chosen = promotions::chosen(basis.promotions);
    let lines = lines::make(basis.supplies, &chosen)?;
    if lines.is_empty() {
        return Err(InvoiceError::Empty);
    }
    let communication = StructuredCommunication::of_invoice(identity.issued_on.year(), identity.sequence)
        .ok_or(InvoiceError::SeriesFull)?;
    let lines_total = total(lines.iter().map(|line| line.net))?;
    let allowances = promotions::off_document(&chosen, lines_total);
    let sums = Sums::of(lines_total, &allowances, basis.vat)?;
    let prepaid = in_cents_down(basis.wallet).clamp(Money::ZERO, sums.gross);
    let due = Span::new().days(i64::from(basis.seller.payment_days));
    let due_on = identity.issued_on.saturating_add(due);
    let payable = sums.gross - prepaid;
    let direct_debit = basis.mandate.filter(|_| payable > Money::ZERO);
    let direct_debit = direct_debit.and_then(|it| collected(it, due_on, identity.issued_on));
    Ok(Invoice {
        sid: identity.sid,
        account_sid: basis.account_sid,
        kind: InvoiceKind::Invoice,
        number: number(InvoiceKind::Invoice, identity),
        month: basis.month.to_string(),
        issued_on: identity.issued_on,
        due_on,
        from: first_day(&lines),
        to: last_day(&lines),
        communication: Some(communication),
        currency: basis.currency,
        seller: basis.seller.clone(),
        buyer: basis.buyer.clone(),
        vat: basis.vat.clone(),
        lines,
        allowances,
        lines_total,
        net: sums.net,
        tax: sums.tax,
        gross: sums.gross,
        prepaid,
        payable,
        direct_debit,
        preceding: None,
        advice: None,
    })
}

/// How an invoice is collected by a mandate.
fn collected(mandate: &Mandate, due_on: Date, issued_on: Date) -> Option<DirectDebit> {
    let collect_on = debit::collection_day(due_on, issued_on);
    let iban = mandate.iban.clone().filter(|_| mandate.is_in_force(collect_on))?;
    Some(DirectDebit {
        mandate_sid: mandate.sid,
        mandate_reference: mandate.reference.clone(),
        creditor_id: mandate.creditor_id.clone(),
        debtor_name: mandate.debtor_name.clone(),
        iban,
        collect_on,
    })
}

/// Totals of a document.
struct Sums {
    net: Money,
    tax: Money,
    gross: Money,
}

impl Sums {
    fn of(lines_total: Money, allowances: &[Allowance], vat: &Vat) -> Result<Self, InvoiceError> {
        let off = total(allowances.iter().map(|allowance| allowance.amount))?;
        let net = total([lines_total, -off])?;
        let tax = tax_on(net, vat)?;
        Ok(Self { net, tax, gross: total([net, tax])? })
    }
}

/// Tax on a base in cents, rounded once, half up.
fn tax_on(base: Money, vat: &Vat) -> Result<Money, InvoiceError> {
    to_cents(i128::from(base.micros()) * i128::from(vat.millionths()), 1_000_000)
}

/// `dividend ÷ divisor` micro-units in whole cents, half away from zero. The divisor is positive.
fn to_cents(dividend: i128, divisor: i128) -> Result<Money, InvoiceError> {
    let divisor = divisor.checked_mul(CENT).ok_or(InvoiceError::Range)?;
    let cents = (2 * dividend.abs() + divisor) / (2 * divisor) * dividend.signum();
    i64::try_from(cents * CENT).map(Money::from_micros).map_err(|_| InvoiceError::Range)
}

/// The whole cents in an amount that is not negative.
fn in_cents_down(amount: Money) -> Money {
    Money::from_micros(amount.micros() / 10_000 * 10_000)
}

fn total(amounts: impl IntoIterator<Item = Money>) -> Result<Money, InvoiceError> {
    amounts
        .into_iter()
        .try_fold(Money::ZERO, |sum, amount| sum.checked_add(amount).map_err(|_| InvoiceError::Range))
}

fn first_day(lines: &[InvoiceLine]) -> Date {
    lines.iter().map(|line| line.from).min().unwrap_or(Date::MIN)
}

fn last_day(lines: &[InvoiceLine]) -> Date {
    lines.iter().map(|line| line.to).max().unwrap_or(Date::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cents_are_rounded_half_away_from_zero() {
        let cents = |dividend, divisor| to_cents(dividend, divisor).unwrap().micros();
        assert_eq!((cents(4_999, 1), cents(5_000, 1), cents(-5_000, 1)), (0, 10_000, -10_000));
        assert_eq!(cents(29_999, 6), 0);
        assert_eq!(cents(30_000, 6), 10_000);
        assert_eq!(to_cents(i128::from(i64::MAX) * 2, 1), Err(InvoiceError::Range));
    }

    #[test]
    fn only_whole_cents_of_a_wallet_pay() {
        assert_eq!(in_cents_down(Money::from_micros(19_999)), Money::from_micros(10_000));
    }
}
