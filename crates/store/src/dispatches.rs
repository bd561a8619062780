//! Structured documents on their way: what may be asked. Their changes are of [`crate::LetterChange`].

use async_trait::async_trait;
use flexio_domain::*;

use crate::StoreError;

/// Questions about sendings.
#[async_trait]
pub trait DispatchStore {
    /// Sendings of an invoice or credit note, in their order.
    async fn dispatches(
        &self,
        account: AccountSid,
        invoice: InvoiceSid,
        limit: u32,
    ) -> Result<Vec<Dispatch>, StoreError>;
    /// Sendings of all accounts that are due at `now`, longest due first.
    async fn due_dispatches(&self, now: Timestamp, limit: u32) -> Result<Vec<Dispatch>, StoreError>;
}
