//! E-mails: what may be written, what may be asked.

use async_trait::async_trait;
use flexio_domain::*;

use crate::{Page, Span, StoreError};

/// A step of a transaction about e-mails.
#[derive(Debug, Clone)]
pub enum MailChange {
    /// Unique: sid.
    Create(Email),
    /// Optimistic.
    Update(Email),
}

/// Keeper of e-mails.
#[async_trait]
pub trait MailStore {
    /// One e-mail.
    async fn email(&self, account: AccountSid, sid: EmailSid) -> Result<Option<Email>, StoreError>;
    /// E-mails by creation. Newest first.
    async fn emails(&self, account: AccountSid, created: Span, page: &Page)
    -> Result<Vec<Email>, StoreError>;
    /// How many there are.
    async fn count_emails(&self, account: AccountSid, created: Span) -> Result<u64, StoreError>;
    /// How many of the account's own there are since then: without the operator's to its customer.
    async fn count_own_emails(&self, account: AccountSid, since: Timestamp) -> Result<u64, StoreError>;
    /// E-mails that are due at `now`, longest due first, to be sent by the asker alone: where several nodes share the database, no other
    /// one gets them before `until`.
    async fn claim_emails(
        &self,
        now: Timestamp,
        until: Timestamp,
        limit: u32,
    ) -> Result<Vec<Email>, StoreError>;
}
