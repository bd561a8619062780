//! Credit notes: never more than what remains of an invoice.

use flexio_domain::{Allowance, Invoice, InvoiceKind, InvoiceLine, LineUnit, Money, Preceding};

use super::{Identity, InvoiceError, first_day, last_day, number, tax_on, total};

/// What of one line is taken back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CreditLine {
    /// Number of the invoice's line.
    pub line: u32,
    /// Without tax, in cents, above zero.
    pub net: Money,
}

impl CreditLine {
    /// What a line is above `owed`, which is rounded to cents; `None` where it is not.
    pub fn beyond(line: &InvoiceLine, owed: Money) -> Option<Self> {
        let owed = super::to_cents(i128::from(owed.micros()), 1).ok()?;
        let net = line.net - owed;
        (net > Money::ZERO).then_some(Self { line: line.number, net })
    }
}

/// What of an invoice is taken back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Credited<'c> {
    /// All that remains.
    Whole,
    /// Parts of lines.
    Lines(&'c [CreditLine]),
}

/// Why there is no credit note.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CreditError {
    /// A credit note cannot be credited.
    #[error("only an invoice can be credited")]
    NotAnInvoice,
    /// Everything was taken back before, or nothing was asked for.
    #[error("nothing remains to be credited")]
    Nothing,
    /// A line the invoice does not have.
    #[error("the invoice has no line {0}")]
    NoLine(u32),
    /// Not positive, or not whole cents.
    #[error("an amount to credit is above zero and in whole cents")]
    Amount,
    /// More than what remains of a line or of the document.
    #[error("more than what remains of the invoice")]
    TooMuch,
    /// No reason was given.
    #[error("a credit note says why")]
    NoReason,
    /// Beyond what money can hold.
    #[error(transparent)]
    Invoice(#[from] InvoiceError),
}

/// Makes the credit note for a part of `invoice`, of which `earlier` credit notes took parts.
///
/// The first that takes all is the invoice itself, line by line. Tax is that on the part, and exactly the rest for the last part, so that
/// credit notes never add up to more than the invoice.
pub fn credit_note(
    invoice: &Invoice,
    earlier: &[Invoice],
    credited: Credited<'_>,
    reason: &str,
    identity: &Identity,
) -> Result<Invoice, CreditError> {
    if invoice.kind != InvoiceKind::Invoice {
        return Err(CreditError::NotAnInvoice);
    }
    if reason.trim().is_empty() {
        return Err(CreditError::NoReason);
    }
    let net_left = total([invoice.net, -total(earlier.iter().map(|note| note.net))?])?;
    let tax_left = total([invoice.tax, -total(earlier.iter().map(|note| note.tax))?])?;
    if net_left <= Money::ZERO {
        return Err(CreditError::Nothing);
    }
    let (lines, allowances) = match credited {
        Credited::Whole if earlier.is_empty() => (whole_lines(invoice), invoice.allowances.clone()),
        Credited::Whole => rest(invoice, earlier, net_left)?,
        Credited::Lines(parts) => (parts_of(invoice, earlier, parts)?, Vec::new()),
    };
    let lines_total = total(lines.iter().map(|line| line.net))?;
    let net = total([lines_total, -total(allowances.iter().map(|allowance| allowance.amount))?])?;
    if net > net_left {
        return Err(CreditError::TooMuch);
    }
    let tax = if net == net_left { tax_left } else { tax_on(net, &invoice.vat)?.min(tax_left) };
    let gross = total([net, tax])?;
    Ok(Invoice {
        sid: identity.sid,
        kind: InvoiceKind::CreditNote,
        number: number(InvoiceKind::CreditNote, identity),
        issued_on: identity.issued_on,
        due_on: identity.issued_on,
        from: first_day(&lines),
        to: last_day(&lines),
        communication: None,
        lines,
        allowances,
        lines_total,
        net,
        tax,
        gross,
        prepaid: Money::ZERO,
        payable: gross,
        direct_debit: None,
        preceding: Some(Preceding {
            sid: invoice.sid,
            number: invoice.number.clone(),
            issued_on: invoice.issued_on,
            reason: reason.trim().to_owned(),
        }),
        advice: None,
        ..invoice.clone()
    })
}

/// As much of `parts` as remains of their lines and of the document, in their order; nothing where it was all taken back, or was never to be
/// paid.
pub fn within(
    invoice: &Invoice,
    earlier: &[Invoice],
    parts: &[CreditLine],
) -> Result<Vec<CreditLine>, CreditError> {
    let mut left = total([invoice.net, -total(earlier.iter().map(|note| note.net))?])?;
    let mut kept = Vec::new();
    for part in parts {
        let line = invoice.lines.iter().find(|line| line.number == part.line);
        let line = line.ok_or(CreditError::NoLine(part.line))?;
        let net = part.net.min(line_left(line, earlier)?).min(left);
        if net > Money::ZERO {
            left -= net;
            kept.push(CreditLine { net, ..*part });
        }
    }
    Ok(kept)
}

/// Revenue is taken back at the net of the line: what discounts took was never earned.
fn whole_lines(invoice: &Invoice) -> Vec<InvoiceLine> {
    let back = |line: &InvoiceLine| InvoiceLine { discounts: Vec::new(), ..line.clone() };
    invoice.lines.iter().map(back).collect()
}

/// What remains of each line; amounts off the whole document are taken back with the last part.
fn rest(
    invoice: &Invoice,
    earlier: &[Invoice],
    net_left: Money,
) -> Result<(Vec<InvoiceLine>, Vec<Allowance>), CreditError> {
    let mut lines = Vec::new();
    for line in &invoice.lines {
        let left = line_left(line, earlier)?;
        if left > Money::ZERO {
            lines.push(part(line, left));
        }
    }
    let lines_left = total(lines.iter().map(|line| line.net))?;
    let allowances = match invoice.allowances.first() {
        Some(first) if lines_left > net_left => {
            vec![Allowance { amount: lines_left - net_left, ..first.clone() }]
        }
        _ => Vec::new(),
    };
    Ok((lines, allowances))
}

fn parts_of(
    invoice: &Invoice,
    earlier: &[Invoice],
    parts: &[CreditLine],
) -> Result<Vec<InvoiceLine>, CreditError> {
    if parts.is_empty() {
        return Err(CreditError::Nothing);
    }
    let mut lines: Vec<InvoiceLine> = Vec::new();
    for wanted in parts {
        if wanted.net <= Money::ZERO || wanted.net.micros() % 10_000 != 0 {
            return Err(CreditError::Amount);
        }
        let line = invoice.lines.iter().find(|line| line.number == wanted.line);
        let line = line.ok_or(CreditError::NoLine(wanted.line))?;
        let twice = lines.iter().any(|other| other.number == wanted.line);
        if twice || wanted.net > line_left(line, earlier)? {
            return Err(CreditError::TooMuch);
        }
        lines.push(part(line, wanted.net));
    }
    Ok(lines)
}

/// Lines of credit notes keep the number of the invoice's line.
fn line_left(line: &InvoiceLine, earlier: &[Invoice]) -> Result<Money, InvoiceError> {
    let taken = earlier.iter().flat_map(|note| &note.lines).filter(|other| other.number == line.number);
    total([line.net, -total(taken.map(|other| other.net))?])
}

/// One piece at the price that is taken back: the quantity behind it is not known.
fn part(line: &InvoiceLine, net: Money) -> InvoiceLine {
    InvoiceLine {
        quantity: 1,
        unit: LineUnit::Piece,
        count: 1,
        price: net,
        base: 1,
        exact: Money::ZERO,
        allowance: None,
        promotion: None,
        discounts: Vec::new(),
        net,
        ..line.clone()
    }
}
