//! [`TranscriptionStore`] for every [`Database`].

use async_trait::async_trait;
use flexio_domain::*;

use super::plan::columns::{sid, time};
use super::queries::{Builder, Query, limited};
use super::store::{count, list, of_account, one};
use super::{Database, rows};
use crate::{Page, StoreError, TranscriptionFilter, TranscriptionStore};

fn transcriptions(account: AccountSid, filter: &TranscriptionFilter) -> Builder {
    Builder::new("transcriptions")
        .scope(account, filter.scope)
        .optional("recording", filter.recording_sid.map(|recording| sid(recording.as_u128())))
        .span("created_from", "created_until", filter.created)
}

#[async_trait]
impl<D: Database> TranscriptionStore for D {
    async fn transcription(
        &self,
        account: AccountSid,
        key: TranscriptionSid,
    ) -> Result<Option<Transcription>, StoreError> {
        one(self, of_account::<D>("transcription", account, key.as_u128()), rows::doc).await
    }

    async fn transcriptions(
        &self,
        account: AccountSid,
        filter: &TranscriptionFilter,
        page: &Page,
    ) -> Result<Vec<Transcription>, StoreError> {
        list(self, transcriptions(account, filter), page, rows::doc).await
    }

    async fn count_transcriptions(
        &self,
        account: AccountSid,
        filter: &TranscriptionFilter,
    ) -> Result<u64, StoreError> {
        count(self, transcriptions(account, filter)).await
    }

    async fn due_transcriptions(&self, now: Timestamp, limit: u32) -> Result<Vec<Transcription>, StoreError> {
        let values = vec![time(now), limited(limit)];
        self.fetch(Query::many(D::DIALECT, "due_transcriptions", values), rows::doc).await
    }
}
