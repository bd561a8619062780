//! Texts of recordings: what may be written, what may be asked.

use async_trait::async_trait;
use flexio_domain::*;

use crate::{Page, Scope, Span, StoreError};

/// A step of a transaction about transcriptions.
#[derive(Debug, Clone)]
pub enum TranscriptionChange {
    /// Unique: sid.
    Create(Transcription),
    /// Optimistic.
    Update(Transcription),
    /// `Conflict` if it is not there.
    Delete(AccountSid, TranscriptionSid),
}

/// Transcriptions.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TranscriptionFilter {
    /// Own or whole tree.
    pub scope: Scope,
    /// Equal.
    pub recording_sid: Option<RecordingSid>,
    /// By creation.
    pub created: Span,
}

/// Keeper of transcriptions.
#[async_trait]
pub trait TranscriptionStore {
    /// One transcription.
    async fn transcription(
        &self,
        account: AccountSid,
        sid: TranscriptionSid,
    ) -> Result<Option<Transcription>, StoreError>;
    /// Those that match. Newest first.
    async fn transcriptions(
        &self,
        account: AccountSid,
        filter: &TranscriptionFilter,
        page: &Page,
    ) -> Result<Vec<Transcription>, StoreError>;
    /// How many match.
    async fn count_transcriptions(
        &self,
        account: AccountSid,
        filter: &TranscriptionFilter,
    ) -> Result<u64, StoreError>;
    /// Those of all accounts whose `due_at` has come, longest due first.
    async fn due_transcriptions(&self, now: Timestamp, limit: u32) -> Result<Vec<Transcription>, StoreError>;
}
