//! What follows an invoice: letters, disputes, approvals, money to be paid back.

use async_trait::async_trait;
use flexio_domain::*;

use crate::StoreError;

/// Changes of what follows an invoice.
#[derive(Debug, Clone)]
pub enum LetterChange {
    /// Append-only. Unique: (invoice, number), so that of two who take the same step one does.
    Write(Box<Letter>),
    /// Unique: (document, number), so that of two who send it again one does.
    Send(Box<Dispatch>),
    /// Optimistic.
    UpdateSending(Box<Dispatch>),
    /// Unique: sid.
    OpenDispute(Dispute),
    /// Optimistic.
    UpdateDispute(Dispute),
    /// Unique: sid.
    AskCredit(CreditRequest),
    /// Optimistic.
    UpdateCredit(CreditRequest),
    /// Unique: sid, subscription.
    OwePayout(Payout),
    /// Optimistic.
    UpdatePayout(Payout),
}

/// Questions about what follows an invoice.
#[async_trait]
pub trait LetterStore {
    /// Letters about an invoice or credit note, in their order.
    async fn letters(
        &self,
        account: AccountSid,
        invoice: InvoiceSid,
        limit: u32,
    ) -> Result<Vec<Letter>, StoreError>;
    /// Disputes of an invoice, oldest first.
    async fn disputes(
        &self,
        account: AccountSid,
        invoice: InvoiceSid,
        limit: u32,
    ) -> Result<Vec<Dispute>, StoreError>;
    /// Credit notes that waited, or wait, for a second person, oldest first.
    async fn credit_requests(
        &self,
        account: AccountSid,
        invoice: InvoiceSid,
        limit: u32,
    ) -> Result<Vec<CreditRequest>, StoreError>;
    /// Money to be paid back to one account.
    async fn payout(&self, account: AccountSid, sid: PayoutSid) -> Result<Option<Payout>, StoreError>;
    /// Money to be paid back to the account and those below it, newest first.
    async fn payouts(&self, account: AccountSid, limit: u32) -> Result<Vec<Payout>, StoreError>;
}
