//! Texts of recordings.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{AccountSid, CallSid, RecordingSid, Sealed, TranscriptionSid};

/// Where a transcription stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TranscriptionStatus {
    /// A recogniser has the recording.
    InProgress,
    /// There is a text, which is empty where nothing was understood.
    Completed,
    /// There will be none.
    Failed,
}

impl TranscriptionStatus {
    /// As on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::InProgress => "in-progress",
            Self::Completed => "completed",
            Self::Failed => "failed",
        }
    }
}

/// The text of a recording.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Transcription {
    /// Identity.
    pub sid: TranscriptionSid,
    /// Optimistic lock.
    pub version: u32,
    /// Owner.
    pub account_sid: AccountSid,
    /// The leg that was recorded.
    pub call_sid: CallSid,
    /// What it is the text of.
    pub recording_sid: RecordingSid,
    /// Where it stands.
    pub status: TranscriptionStatus,
    /// Length of the recording in milliseconds.
    pub duration_ms: u64,
    /// The text, sealed under the account's key.
    pub text: Option<Sealed>,
    /// While it is in progress: when it has failed if nobody says otherwise. Then: when it is deleted, which is when its recording is;
    /// `None` keeps it until somebody deletes it.
    pub due_at: Option<Timestamp>,
    /// When it is to be deleted, known from the beginning.
    pub expires_at: Option<Timestamp>,
    /// API version it was made under.
    pub api_version: String,
    /// Creation.
    pub created_at: Timestamp,
    /// Last change.
    pub updated_at: Timestamp,
}
