//! Recordings: their facts, their audio, how long it is kept, and who may hear it.
//!
//! [`sealed`] is the form of audio at rest; `keys.rs` has whose keys those are, `storage.rs` where it lies, `mp3.rs` its other form.

mod keys;
pub(crate) mod mp3;
pub mod sealed;
mod storage;

use std::sync::Arc;
use std::time::Duration;

use flexio_domain::*;
use flexio_store::{Change, Page, RecordingFilter, StoreError};
use jiff::{SignedDuration, Timestamp};

use crate::App;
use crate::auth::must_be_active;
use crate::control::{CallChange, RecordingChange};
use crate::error::AppError;

pub use keys::RecordingTerms;
pub use storage::Audio;

const MEDIA: &str = "media url";
/// Recordings whose time is up that are deleted per transaction.
const SWEPT_AT_ONCE: u32 = 200;
/// Transactions of one sweep; what is left is for the next.
const SWEEP_STEPS_MAX: u32 = 50;
/// When audio that could not be removed is tried again; its key is gone already.
const REMOVE_AGAIN: SignedDuration = SignedDuration::from_hours(1);
/// Longest time between two looks for recordings to bring away and to delete.
const LOOK_EVERY: Duration = Duration::from_secs(30);
/// Waits while the object store is away, doubling from the first to the last.
const AWAY: (Duration, Duration) = (Duration::from_secs(2), Duration::from_secs(60));

/// The form audio is asked for in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// 16-bit PCM at 8 000 Hz.
    Wav,
    /// MPEG layer III.
    Mp3,
}

/// Who may hear a recording.
#[derive(Debug, Clone)]
pub struct RecordingMedia {
    recording: Recording,
    /// Whether it needs credentials or a signature.
    pub protected: bool,
    /// Owner.
    pub account_sid: AccountSid,
}

impl App {
    /// One recording.
    pub async fn recording(&self, account: AccountSid, sid: RecordingSid) -> Result<Recording, AppError> {
        self.store.recording(account, sid).await?.ok_or_else(|| ErrorCode::NotFound.into())
    }

    /// Recordings.
    pub async fn recordings(
        &self,
        account: AccountSid,
        filter: &RecordingFilter,
        page: &Page,
    ) -> Result<Vec<Recording>, AppError> {
        Ok(self.store.recordings(account, filter, page).await?)
    }

    /// How many recordings match.
    pub async fn count_recordings(
        &self,
        account: AccountSid,
        filter: &RecordingFilter,
    ) -> Result<u64, AppError> {
        Ok(self.store.count_recordings(account, filter).await?)
    }

    /// Begins to record a live call.
    pub async fn start_recording(
        &self,
        account: &Account,
        call: CallSid,
        options: RecordingOptions,
    ) -> Result<Recording, AppError> {
        must_be_active(account)?;
        let live = self.live_call(account.sid, call).await?;
        let minute = crate::legs::recorded_minute(self, &live);
        self.may_begin(account.sid, minute).await?;
        let sid = RecordingSid::new();
        let change = CallChange::Record { sid, options: Box::new(options) };
        self.control()?.modify(call, change).await?;
        self.recording(account.sid, sid).await
    }

    /// Pauses, resumes or stops a recording of a live call; `None` is the one that runs.
    pub async fn change_recording(
        &self,
        account: &Account,
        call: CallSid,
        sid: Option<RecordingSid>,
        change: RecordingChange,
    ) -> Result<Recording, AppError> {
        must_be_active(account)?;
        self.call(account.sid, call).await?;
        let filter = RecordingFilter { call_sid: Some(call), ..RecordingFilter::default() };
        let recording = self.open_recording(account.sid, &filter, sid).await?;
        let change = CallChange::ChangeRecording { sid: recording.sid, change };
        self.control()?.modify(call, change).await?;
        self.recording(account.sid, recording.sid).await
    }

    async fn live_call(&self, account: AccountSid, sid: CallSid) -> Result<Call, AppError> {
        let call = self.call(account, sid).await?;
        if call.status.is_final() {
            return Err(ErrorCode::CallStateInvalid.into());
        }
        if self.is_emergency(&call.to) {
            return Err(ErrorCode::EmergencyNotRecorded.into());
        }
        Ok(call)
    }

    /// Deletes a recording: its key is destroyed with the answer, its audio as soon as it can be reached; the record stays, `deleted`. One
    /// that is being written cannot be deleted.
    pub async fn delete_recording(&self, account: &Account, sid: RecordingSid) -> Result<(), AppError> {
        must_be_active(account)?;
        let deleted = retrying!(async {
            let recording = self.recording(account.sid, sid).await?;
            self.recording_must_not_be_held(&recording).await?;
            match recording.status {
                status if status.is_open() => return Err(ErrorCode::Conflict.into()),
                RecordingStatus::Deleted => return Err(ErrorCode::NotFound.into()),
                _ => {}
            }
            Ok::<_, AppError>(self.mark_deleted(recording).await?)
        })?;
        self.finish_deletion(deleted).await?;
        Ok(())
    }

    /// A hold on a number keeps what was recorded of a call with it.
    pub(crate) async fn recording_must_not_be_held(&self, recording: &Recording) -> Result<(), AppError> {
        match self.store.call(recording.account_sid, recording.call_sid).await? {
            Some(call) => self.must_not_be_held(recording.account_sid, &[&call.from, &call.to]).await,
            None => self.must_not_be_held(recording.account_sid, &[]).await,
        }
    }

    /// The record without key. While audio is left its end stays in the past, so that the sweep finds it.
    pub(crate) async fn mark_deleted(&self, mut recording: Recording) -> Result<Recording, StoreError> {
        let now = self.clock.now();
        recording.status = RecordingStatus::Deleted;
        recording.key = None;
        recording.expires_at = Some(now);
        recording.updated_at = now;
        self.store.commit(Change::UpdateRecording(recording.clone()).into()).await?;
        recording.version += 1;
        Ok(recording)
    }

    /// Removes the audio of a deleted recording as far as this node reaches it; what is left is tried again later, here or where it lies.
    pub(crate) async fn finish_deletion(&self, mut recording: Recording) -> Result<(), StoreError> {
        let is_here = recording.node.as_ref().is_none_or(|node| *node == self.config.node);
        let is_gone = self.remove_audio(&recording).await && (is_here || recording.is_stored);
        let later = self.clock.now().saturating_add(REMOVE_AGAIN).unwrap_or(Timestamp::MAX);
        recording.expires_at = (!is_gone).then_some(later);
        match self.store.commit(Change::UpdateRecording(recording).into()).await {
            Err(StoreError::Conflict(_)) => Ok(()),
            done => done,
        }
    }

    /// Deletes recordings whose time is up, and what is left of deleted ones: how many were deleted.
    pub async fn sweep_recordings(&self) -> Result<u64, AppError> {
        let mut deleted = 0;
        for _ in 0..SWEEP_STEPS_MAX {
            let expired = self.store.expired_recordings(self.clock.now(), SWEPT_AT_ONCE).await?;
            let is_last = expired.len() < SWEPT_AT_ONCE as usize;
            for recording in expired {
                let recording = match recording.status {
                    RecordingStatus::Deleted => recording,
                    // It goes on until the call ends.
                    status if status.is_open() => continue,
                    _ => match self.mark_deleted(recording).await {
                        Ok(recording) => {
                            deleted += 1;
                            recording
                        }
                        // Somebody else did.
                        Err(StoreError::Conflict(_)) => continue,
                        Err(error) => return Err(error.into()),
                    },
                };
                self.finish_deletion(recording).await?;
            }
            if is_last {
                break;
            }
        }
        Ok(deleted)
    }

    /// Who may hear a finished recording, whoever asks. Whether they may have it is decided by `protected`, [`App::media_signed`] and
    /// sign-in.
    pub async fn recording_media(&self, sid: RecordingSid) -> Result<RecordingMedia, AppError> {
        let recording = self.store.recording_by_sid(sid).await?;
        let recording = recording.filter(|recording| {
            let is_over = recording.expires_at.is_some_and(|at| at <= self.clock.now());
            recording.status == RecordingStatus::Completed && !is_over
        });
        let recording = recording.ok_or(ErrorCode::NotFound)?;
        let account = self.account_now(recording.account_sid).await?.ok_or(ErrorCode::NotFound)?;
        Ok(RecordingMedia {
            protected: account.protected_media || account.status == AccountStatus::Closed,
            account_sid: recording.account_sid,
            recording,
        })
    }

    /// The audio itself.
    pub async fn recording_audio(&self, media: &RecordingMedia, format: Format) -> Result<Audio, AppError> {
        match format {
            Format::Wav => self.audio(&media.recording, format).await,
            Format::Mp3 => self.mp3(&media.recording).await,
        }
    }

    /// `Expires=…&Signature=…` for reading `path` for `seconds`, at most [`crate::AppConfig::media_url_seconds_max`].
    pub fn sign_media(&self, path: &str, seconds: u32) -> String {
        let seconds = seconds.min(self.config.media_url_seconds_max);
        let expires = self.clock.now().as_second() + i64::from(seconds);
        let signature = self.vault.sign(MEDIA, &["GET", path, &expires.to_string()]);
        format!("Expires={expires}&Signature={signature}")
    }

    /// As [`App::sign_media`], and not beyond the life of the recording.
    pub fn sign_recording(&self, recording: &Recording, path: &str, seconds: u32) -> String {
        let left = recording.expires_at.map(|at| at.duration_since(self.clock.now()).as_secs().max(0));
        let left = left.map_or(seconds, |left| u32::try_from(left).unwrap_or(u32::MAX));
        self.sign_media(path, seconds.min(left))
    }

    /// Whether the two query parameters open `path` now. A validity beyond the maximum is refused even if we had signed it.
    pub fn media_signed(&self, path: &str, expires: &str, signature: &str) -> bool {
        let Some(at) = expires.parse().ok().and_then(|second| Timestamp::from_second(second).ok()) else {
            return false;
        };
        let left = at.duration_since(self.clock.now());
        let most = SignedDuration::from_secs(i64::from(self.config.media_url_seconds_max));
        let in_time = left > SignedDuration::ZERO && left <= most;
        in_time && self.vault.verify(MEDIA, &["GET", path, expires], signature)
    }
}

/// Brings recordings away and deletes those whose time is up, until the process ends.
pub async fn keep_house(app: Arc<App>) {
    match app.reseal_account_keys().await {
        Ok(0) => {}
        Ok(keys) => tracing::info!(keys, "account_keys_resealed"),
        Err(error) => tracing::warn!(%error, "account_keys_not_resealed"),
    }
    let mut away = AWAY.0;
    loop {
        let wait = match app.upload_recordings(&app.config.node).await {
            Ok(_) => {
                away = AWAY.0;
                LOOK_EVERY
            }
            Err(error) => {
                tracing::warn!(%error, "recordings_wait_in_their_folder");
                let wait = away;
                away = (away * 2).min(AWAY.1);
                wait
            }
        };
        match app.sweep_recordings().await {
            Ok(0) => {}
            Ok(recordings) => tracing::info!(recordings, "recordings_deleted_when_due"),
            Err(error) => tracing::warn!(%error, "recordings_not_swept"),
        }
        match app.sweep_transcriptions().await {
            Ok(0) => {}
            Ok(transcriptions) => tracing::info!(transcriptions, "transcriptions_swept"),
            Err(error) => tracing::warn!(%error, "transcriptions_not_swept"),
        }
        // A hint that a recording ended does not shorten the wait for a store that is away.
        if wait == LOOK_EVERY {
            let _ = tokio::time::timeout(wait, app.wake.recordings.notified()).await;
        } else {
            tokio::time::sleep(wait).await;
        }
    }
}
