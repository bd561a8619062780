//! Texts of recordings. Each is sealed under its account's key and goes when its recording's time is up.

use flexio_domain::*;
use flexio_store::{Change, Page, StoreError, TranscriptionChange, TranscriptionFilter};

use crate::App;
use crate::auth::must_be_active;
use crate::error::AppError;
use crate::vault::VaultError;

/// Transcriptions that are looked at per query of a sweep.
const SWEPT_AT_ONCE: u32 = 200;
/// Queries of one sweep; what is left is for the next.
const SWEEP_STEPS_MAX: u32 = 50;

/// A transcription and its words.
#[derive(Debug, Clone)]
pub struct Text {
    /// The record.
    pub transcription: Transcription,
    /// What was understood; `None` unless it is completed.
    pub text: Option<Pii<String>>,
}

impl App {
    /// One transcription.
    pub async fn transcription(&self, account: AccountSid, sid: TranscriptionSid) -> Result<Text, AppError> {
        let found = self.store.transcription(account, sid).await?.ok_or(ErrorCode::NotFound)?;
        self.text(found).await
    }

    /// Transcriptions.
    pub async fn transcriptions(
        &self,
        account: AccountSid,
        filter: &TranscriptionFilter,
        page: &Page,
    ) -> Result<Vec<Text>, AppError> {
        let mut texts = Vec::new();
        for transcription in self.store.transcriptions(account, filter, page).await? {
            texts.push(self.text(transcription).await?);
        }
        Ok(texts)
    }

    /// How many match.
    pub async fn count_transcriptions(
        &self,
        account: AccountSid,
        filter: &TranscriptionFilter,
    ) -> Result<u64, AppError> {
        Ok(self.store.count_transcriptions(account, filter).await?)
    }

    /// Deletes a text. One that is in progress cannot be deleted.
    pub async fn delete_transcription(
        &self,
        account: &Account,
        sid: TranscriptionSid,
    ) -> Result<(), AppError> {
        must_be_active(account)?;
        let found = self.store.transcription(account.sid, sid).await?.ok_or(ErrorCode::NotFound)?;
        if found.status == TranscriptionStatus::InProgress {
            return Err(ErrorCode::Conflict.into());
        }
        match self.store.recording(account.sid, found.recording_sid).await? {
            Some(recording) => self.recording_must_not_be_held(&recording).await?,
            None => self.must_not_be_held(account.sid, &[]).await?,
        }
        match self.store.commit(Change::from(TranscriptionChange::Delete(account.sid, sid)).into()).await {
            // Another request was quicker.
            Err(StoreError::Conflict(_)) => Err(ErrorCode::NotFound.into()),
            done => Ok(done?),
        }
    }

    /// Deletes texts whose time is up, and gives those up that nobody works on any more, as after a crash: how many there were.
    pub async fn sweep_transcriptions(&self) -> Result<u64, AppError> {
        let mut swept = 0;
        for _ in 0..SWEEP_STEPS_MAX {
            let now = self.clock.now();
            let due = self.store.due_transcriptions(now, SWEPT_AT_ONCE).await?;
            let is_last = due.len() < SWEPT_AT_ONCE as usize;
            for transcription in due {
                let change = match transcription.status {
                    TranscriptionStatus::InProgress => TranscriptionChange::Update(Transcription {
                        status: TranscriptionStatus::Failed,
                        due_at: transcription.expires_at,
                        updated_at: now,
                        ..transcription
                    }),
                    TranscriptionStatus::Completed | TranscriptionStatus::Failed => {
                        TranscriptionChange::Delete(transcription.account_sid, transcription.sid)
                    }
                };
                match self.store.commit(Change::from(change).into()).await {
                    Ok(()) => swept += 1,
                    // Somebody else did it.
                    Err(StoreError::Conflict(_)) => {}
                    Err(error) => return Err(error.into()),
                }
            }
            if is_last {
                break;
            }
        }
        Ok(swept)
    }

    async fn text(&self, transcription: Transcription) -> Result<Text, AppError> {
        let Some(sealed) = &transcription.text else { return Ok(Text { transcription, text: None }) };
        let Some(key) = self.known_account_key(transcription.account_sid).await? else {
            return Ok(Text { transcription, text: None });
        };
        let text = match key.open(&transcription.sid.to_string(), sealed) {
            Ok(bytes) => Some(Pii(String::from_utf8(bytes).map_err(|_| VaultError::Damaged)?)),
            // The account's key was destroyed, and its texts with it; the one it has now opens none of them.
            Err(VaultError::Refused) => None,
            Err(error) => return Err(error.into()),
        };
        Ok(Text { transcription, text })
    }
}
