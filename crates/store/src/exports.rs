//! Archives of accounts: what may be written, what may be asked.

use async_trait::async_trait;
use flexio_domain::*;

use crate::{Page, StoreError};

/// A step of a transaction about archives.
#[derive(Debug, Clone)]
pub enum ExportChange {
    /// Unique: sid.
    Create(Export),
    /// Optimistic.
    Update(Export),
}

/// Keeper of archives' records.
#[async_trait]
pub trait ExportStore {
    /// One archive.
    async fn export(&self, account: AccountSid, sid: ExportSid) -> Result<Option<Export>, StoreError>;
    /// Archives of an account. Newest first.
    async fn exports(&self, account: AccountSid, page: &Page) -> Result<Vec<Export>, StoreError>;
    /// Archives of all accounts that are due at `now`, longest due first.
    async fn due_exports(&self, now: Timestamp, limit: u32) -> Result<Vec<Export>, StoreError>;
}
