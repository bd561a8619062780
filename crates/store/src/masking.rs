//! Number masking: what may be written, what may be asked.

use async_trait::async_trait;
use flexio_domain::*;

use crate::{Page, StoreError};

/// A step of a transaction about masked numbers.
#[derive(Debug, Clone)]
pub enum MaskingChange {
    /// Unique: sid, and its key.
    Create(MaskRecord),
    /// Optimistic; unique: its key.
    Update(MaskRecord),
    /// It goes with everything below it. Nothing happens where it is not there.
    Delete(AccountSid, MaskingSid),
}

/// Keeper of masked numbers.
#[async_trait]
pub trait MaskingStore {
    /// One record, of whatever kind.
    async fn mask_record(
        &self,
        account: AccountSid,
        sid: MaskingSid,
    ) -> Result<Option<MaskRecord>, StoreError>;
    /// The record of any account with this key.
    async fn mask_by_key(&self, key: &str) -> Result<Option<MaskRecord>, StoreError>;
    /// Records of a kind: those right below `parent`, and those about `subject`, where these are given.
    async fn mask_records(
        &self,
        account: AccountSid,
        kind: MaskKind,
        parent: Option<MaskingSid>,
        subject: Option<&str>,
        page: &Page,
    ) -> Result<Vec<MaskRecord>, StoreError>;
}
