//! Filters of invoices, parameters of credit notes.

use flexio_billing::invoice::CreditLine;
use flexio_domain::{ErrorCode, InvoiceKind, Money};
use flexio_store::InvoiceFilter;

use crate::ask::Ask;
use crate::error::{Result, invalid};
use crate::params::one_of;

const REASON_CHARS_MAX: usize = 200;

pub(super) fn filter(ask: &Ask<'_>) -> Result<InvoiceFilter> {
    let is_open = |text: &str| match text {
        "open" => Some(true),
        "paid" => Some(false),
        _ => None,
    };
    Ok(InvoiceFilter {
        kind: one_of("Kind", ask.params.text("Kind"), InvoiceKind::from_wire)?,
        month: ask.params.owned("Month"),
        is_open: one_of("Status", ask.params.text("Status"), is_open)?,
    })
}

/// Parts of lines, none for all that remains; and why.
pub(super) fn credited(ask: &Ask<'_>) -> Result<(Vec<CreditLine>, String)> {
    let reason = ask.params.required("Reason", ErrorCode::InvalidParameter)?;
    if reason.chars().count() > REASON_CHARS_MAX {
        return Err(invalid("Reason", "has at most 200 characters"));
    }
    let all = |wanted: &str| -> Vec<&str> {
        ask.params.all().filter(|(name, _)| *name == wanted).map(|(_, value)| value).collect()
    };
    let (lines, amounts) = (all("Line"), all("Amount"));
    if lines.len() != amounts.len() {
        return Err(invalid("Amount", "stands once for each Line"));
    }
    let parts = lines.into_iter().zip(amounts).map(|(line, amount)| {
        let line = line.parse().map_err(|_| invalid("Line", "is the number of a line"))?;
        let net: Money = amount.parse().map_err(|_| invalid("Amount", "is a decimal"))?;
        Ok(CreditLine { line, net })
    });
    Ok((parts.collect::<Result<_>>()?, reason.to_owned()))
}
