//! Invoices and credit notes: what may be written, what may be asked.

use async_trait::async_trait;
use flexio_domain::*;

use crate::{Page, StoreError};

/// Changes of invoices.
#[derive(Debug, Clone)]
pub enum InvoiceChange {
    /// Unique: sid, number, and the account's month where it is an invoice. `Conflict` also unless `sequence` is the number behind the
    /// last of `series`: so a number is given with the document that has it, and none is left out. Its posting is in the same set.
    Issue {
        /// The document.
        invoice: Box<Invoice>,
        /// Its series: `2026`, `CN2026`.
        series: String,
        /// Its number there, from 1.
        sequence: u32,
        /// What of whose usage is on it. Empty for a credit note.
        supplies: Vec<UsageSupply>,
    },
    /// What is settled of an invoice now. `Conflict` unless it stood where the state says.
    Settle(Box<InvoiceState>, Money),
}

/// Which invoices are asked for; what is absent does not narrow.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct InvoiceFilter {
    /// Invoices or credit notes.
    pub kind: Option<InvoiceKind>,
    /// Of this month, `2026-11`.
    pub month: Option<String>,
    /// Whether something is left to pay of them.
    pub is_open: Option<bool>,
}

/// Which usage is asked for. Months are those of supply in the plan's zone, days those of the same time in UTC; all included.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SupplySpan {
    /// `2026-01`.
    pub from_month: String,
    /// `2026-11`.
    pub to_month: String,
    /// `2025-12-31`.
    pub from_day: String,
    /// `2026-12-01`.
    pub to_day: String,
}

/// Questions about invoices.
#[async_trait]
pub trait InvoiceStore {
    /// One document.
    async fn invoice(&self, account: AccountSid, sid: InvoiceSid)
    -> Result<Option<InvoiceState>, StoreError>;
    /// The account's invoice of a month.
    async fn invoice_of_month(
        &self,
        account: AccountSid,
        month: &str,
    ) -> Result<Option<InvoiceState>, StoreError>;
    /// The invoice that asks for this communication, as twelve digits, whoever asks.
    async fn invoice_by_communication(&self, digits: &str) -> Result<Option<InvoiceState>, StoreError>;
    /// Invoices and credit notes. Newest first.
    async fn invoices(
        &self,
        account: AccountSid,
        filter: &InvoiceFilter,
        page: &Page,
    ) -> Result<Vec<InvoiceState>, StoreError>;
    /// How many.
    async fn count_invoices(&self, account: AccountSid, filter: &InvoiceFilter) -> Result<u64, StoreError>;
    /// Credit notes of an invoice, oldest first.
    async fn credit_notes(
        &self,
        account: AccountSid,
        invoice: InvoiceSid,
        limit: u32,
    ) -> Result<Vec<InvoiceState>, StoreError>;
    /// The last number given in a series; 0 where none was.
    async fn last_in_series(&self, series: &str) -> Result<u32, StoreError>;
    /// Accounts with a customer behind `after`, by sid.
    async fn payers(&self, after: Option<AccountSid>, limit: u32) -> Result<Vec<AccountSid>, StoreError>;
    /// Usage events of a month of all accounts behind this (source, id), in that order. It reads every event: for an operator's check.
    async fn usage_of_month(
        &self,
        month: &str,
        after: &(String, String),
        limit: u32,
    ) -> Result<Vec<UsageEvent>, StoreError>;
    /// What was used by the account and those below it for which it pays: all that cost something.
    async fn usage_supplies(
        &self,
        account: AccountSid,
        span: &SupplySpan,
        limit: u32,
    ) -> Result<Vec<UsageSupply>, StoreError>;
    /// What of the usage of the account and of all below it is on invoices, whoever's.
    async fn invoiced_supplies(
        &self,
        account: AccountSid,
        span: &SupplySpan,
        limit: u32,
    ) -> Result<Vec<UsageSupply>, StoreError>;
    /// What of whose usage is on an invoice, with how many of the same uses are on earlier invoices.
    async fn supplies_on(
        &self,
        invoice: InvoiceSid,
        limit: u32,
    ) -> Result<Vec<(UsageSupply, u64)>, StoreError>;
    /// The usage events behind a sum of usage, in no order: those of its account, month, item and plan that cost something. `days` are the
    /// first and the last in UTC.
    async fn usage_of_supply(
        &self,
        supply: &UsageSupply,
        days: (&str, &str),
        limit: u32,
    ) -> Result<Vec<UsageEvent>, StoreError>;
    /// Invoices of all accounts of which something is open and whose due date is before `today`, behind this due date and document, in
    /// that order.
    async fn overdue_invoices(
        &self,
        today: &str,
        after: (&str, Option<InvoiceSid>),
        limit: u32,
    ) -> Result<Vec<InvoiceState>, StoreError>;
    /// Invoices and credit notes of all accounts that were issued from one day to another, both included, behind this day and document,
    /// in that order.
    async fn issued_invoices(
        &self,
        days: (&str, &str),
        after: (&str, Option<InvoiceSid>),
        limit: u32,
    ) -> Result<Vec<InvoiceState>, StoreError>;
    /// Invoices of the account of which something is open, oldest first.
    async fn open_invoices(&self, account: AccountSid, limit: u32) -> Result<Vec<InvoiceState>, StoreError>;
    /// Accounts that used something and for which nobody pays, by their ledger accounts.
    async fn unpaid_accounts(&self) -> Result<Faults, StoreError>;
}
