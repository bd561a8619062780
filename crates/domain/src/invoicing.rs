//! What is kept around invoices: where one stands, and what went onto it.

use crate::{AccountSid, Invoice, Money};

/// An invoice or credit note, and what was settled of it since.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvoiceState {
    /// As issued.
    pub invoice: Invoice,
    /// Paid or credited of what was to be paid; of a credit note all of it.
    pub settled: Money,
}

impl InvoiceState {
    /// What is left to pay.
    pub fn open(&self) -> Money {
        self.invoice.payable - self.settled
    }

    /// `paid` or `open`, as on the wire.
    pub fn status(&self) -> &'static str {
        if self.open() > Money::ZERO { "open" } else { "paid" }
    }
}

/// What an account used of one item at one price in one month: in all, or as far as it was invoiced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UsageSupply {
    /// Who used it.
    pub account_sid: AccountSid,
    /// Month of supply in the plan's zone: `2026-11`.
    pub month: String,
    /// Price item.
    pub item: String,
    /// Plan and version of the price: `flexio-be/1`.
    pub plan: String,
    /// Billed units.
    pub quantity: u64,
    /// Events that were charged.
    pub count: u64,
    /// Sum of their charges.
    pub amount: Money,
}
