//! Recordings: their facts, their audio, and who may hear it.

use std::path::PathBuf;

use flexio_domain::*;
use flexio_store::{Change, Page, RecordingFilter};
use jiff::{SignedDuration, Timestamp};

use crate::App;
use crate::auth::must_be_active;
use crate::control::RecordingChange;
use crate::error::AppError;

const MEDIA: &str = "media url";

/// The audio of a recording.
#[derive(Debug, Clone)]
pub struct RecordingMedia {
    /// The file, a WAV.
    pub path: PathBuf,
    /// Whose it is and whether it needs credentials or a signature.
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
        self.live_call(account.sid, call).await?;
        let sid = self.control()?.record(call, options).await?;
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
        self.control()?.change_recording(call, recording.sid, change).await?;
        self.recording(account.sid, recording.sid).await
    }

    async fn live_call(&self, account: AccountSid, sid: CallSid) -> Result<(), AppError> {
        if self.call(account, sid).await?.status.is_final() {
            return Err(ErrorCode::CallStateInvalid.into());
        }
        Ok(())
    }

    /// Deletes a recording and its audio. One that is being written cannot be deleted.
    pub async fn delete_recording(&self, account: &Account, sid: RecordingSid) -> Result<(), AppError> {
        must_be_active(account)?;
        let recording = self.recording(account.sid, sid).await?;
        if recording.status.is_open() {
            return Err(ErrorCode::Conflict.into());
        }
        // The audio goes first: a crash in between leaves a recording without audio, never audio nobody can find to delete.
        match tokio::fs::remove_file(self.recording_path(sid)).await {
            Ok(()) => {}
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => {
                tracing::error!(recording_sid = %sid, %error, "could not delete a recording's audio");
                return Err(ErrorCode::Internal.into());
            }
        }
        Ok(self.store.commit(Change::DeleteRecording(account.sid, sid).into()).await?)
    }

    /// Where the audio of a recording lies: the name is the sid alone.
    pub fn recording_path(&self, sid: RecordingSid) -> PathBuf {
        self.config.recordings_dir.join(format!("{sid}.wav"))
    }

    /// The audio of a finished recording, whoever asks. Whether they may have it is decided by `protected`, [`App::media_signed`] and
    /// sign-in.
    pub async fn recording_media(&self, sid: RecordingSid) -> Result<RecordingMedia, AppError> {
        let recording = self.store.recording_by_sid(sid).await?;
        let recording = recording.filter(|recording| recording.status == RecordingStatus::Completed);
        let recording = recording.ok_or(ErrorCode::NotFound)?;
        let account = self.account_now(recording.account_sid).await?.ok_or(ErrorCode::NotFound)?;
        Ok(RecordingMedia {
            path: self.recording_path(sid),
            protected: account.protected_media || account.status == AccountStatus::Closed,
            account_sid: recording.account_sid,
        })
    }

    /// `Expires=…&Signature=…` for reading `path` for `seconds`, at most [`crate::AppConfig::media_url_seconds_max`].
    pub fn sign_media(&self, path: &str, seconds: u32) -> String {
        let seconds = seconds.min(self.config.media_url_seconds_max);
        let expires = self.clock.now().as_second() + i64::from(seconds);
        let signature = self.vault.sign(MEDIA, &["GET", path, &expires.to_string()]);
        format!("Expires={expires}&Signature={signature}")
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
