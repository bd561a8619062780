//! Invoices and credit notes.

use flexio_domain::*;

use super::columns::*;
use super::{Step, TAKEN};
use crate::relational::{Value, Write};
use crate::{InvoiceChange, StoreError};

const NUMBER_GONE: &str = "the number was given to another document";
const SETTLED: &str = "the invoice was settled by somebody else";

/// Appends the steps of a change.
pub fn plan(change: InvoiceChange, steps: &mut Vec<Step>) -> Result<(), StoreError> {
    match change {
        InvoiceChange::Issue { invoice, series, sequence, supplies } => {
            let number = vec![text(&series), Value::Int(sequence.into())];
            steps.push(Step::one(Write::SeriesNext, number, NUMBER_GONE));
            steps.push(Step::one(Write::InvoiceInsert, invoice_row(&invoice)?, TAKEN));
            for supply in supplies {
                steps.push(Step::one(Write::InvoicedInsert, supply_row(invoice.sid, &supply), TAKEN));
            }
        }
        InvoiceChange::Settle(state, settled) => {
            let is_open = state.invoice.payable > settled;
            let values = vec![
                sid(state.invoice.account_sid.as_u128()),
                sid(state.invoice.sid.as_u128()),
                Value::Int(state.settled.micros()),
                Value::Int(settled.micros()),
                open(is_open),
            ];
            steps.push(Step::one(Write::InvoiceSettle, values, SETTLED));
        }
    }
    Ok(())
}

fn open(is_open: bool) -> Value {
    if is_open { Value::Int(1) } else { Value::Null }
}

fn invoice_row(invoice: &Invoice) -> Result<Vec<Value>, StoreError> {
    // A credit note asks for nothing.
    let settled = match invoice.kind {
        InvoiceKind::Invoice => Money::ZERO,
        InvoiceKind::CreditNote => invoice.payable,
    };
    let communication = invoice.communication.map(StructuredCommunication::digits);
    let preceding = invoice.preceding.as_ref().map(|preceding| preceding.sid.as_u128());
    Ok(vec![
        sid(invoice.sid.as_u128()),
        sid(invoice.account_sid.as_u128()),
        text(invoice.kind.as_str()),
        text(&invoice.number),
        text(&invoice.month),
        optional_text(communication.as_deref()),
        preceding.map_or(Value::Null, sid),
        Value::Int(settled.micros()),
        open(invoice.payable > settled),
        text(&invoice.due_on.to_string()),
        text(&invoice.issued_on.to_string()),
        doc(invoice)?,
    ])
}

fn supply_row(invoice: InvoiceSid, supply: &UsageSupply) -> Vec<Value> {
    vec![
        sid(supply.account_sid.as_u128()),
        text(&supply.month),
        text(&supply.item),
        text(&supply.plan),
        sid(invoice.as_u128()),
        count(supply.quantity),
        count(supply.count),
        Value::Int(supply.amount.micros()),
    ]
}
