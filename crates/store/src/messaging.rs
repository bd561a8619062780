//! Opt-outs and contacts: what may be written, what may be asked.

use async_trait::async_trait;
use flexio_domain::*;

use crate::{Page, StoreError};

/// A step of a transaction about who may write to whom.
#[derive(Debug, Clone)]
pub enum MessagingChange {
    /// Unique: (account, recipient, sender); one that is there already is left as it is. `Conflict` on a taken sid.
    OptOut(OptOut),
    /// `Conflict` if it is not there.
    EndOptOut(AccountSid, OptOutSid),
    /// Replaces the one of this sender and recipient.
    SaveContact(Contact),
}

/// Opt-outs.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OptOutFilter {
    /// Equal.
    pub sender: Option<String>,
    /// Equal.
    pub recipient: Option<String>,
}

/// Keeper of opt-outs and contacts.
#[async_trait]
pub trait MessagingStore {
    /// One opt-out.
    async fn opt_out(&self, account: AccountSid, sid: OptOutSid) -> Result<Option<OptOut>, StoreError>;
    /// Opt-outs. Newest first.
    async fn opt_outs(
        &self,
        account: AccountSid,
        filter: &OptOutFilter,
        page: &Page,
    ) -> Result<Vec<OptOut>, StoreError>;
    /// How many match.
    async fn count_opt_outs(&self, account: AccountSid, filter: &OptOutFilter) -> Result<u64, StoreError>;
    /// Every opt-out of a person from the account's senders, at most 1000: one for each number, code, name or service.
    async fn opt_outs_of(&self, account: AccountSid, recipient: &E164) -> Result<Vec<OptOut>, StoreError>;
    /// Who wrote last to somebody from a shared sender, whoever asks.
    async fn contact(&self, sender: &str, recipient: &str) -> Result<Option<Contact>, StoreError>;
    /// Forgets contacts from before `before`, at most `limit`.
    async fn sweep_contacts(&self, before: Timestamp, limit: u32) -> Result<u64, StoreError>;
}
