//! Recordings of calls.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{AccountSid, CallSid, Money, RecordingSid};

/// Where a recording stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RecordingStatus {
    /// Being written.
    InProgress,
    /// Written and readable.
    Completed,
    /// Nothing was recorded.
    Absent,
    /// Lost to a failure, which a notification names.
    Failed,
}

impl RecordingStatus {
    /// As on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::InProgress => "in-progress",
            Self::Completed => "completed",
            Self::Absent => "absent",
            Self::Failed => "failed",
        }
    }
}

/// What asked for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum RecordingSource {
    /// `<Record>`.
    RecordVerb,
    /// `<Dial record>`.
    DialVerb,
    /// `Record=true` of a REST call.
    OutboundAPI,
}

impl RecordingSource {
    /// As on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::RecordVerb => "RecordVerb",
            Self::DialVerb => "DialVerb",
            Self::OutboundAPI => "OutboundAPI",
        }
    }
}

/// A recording: its facts. The audio is a file named by `sid` alone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recording {
    /// Identity.
    pub sid: RecordingSid,
    /// Optimistic lock.
    pub version: u32,
    /// Owner.
    pub account_sid: AccountSid,
    /// The leg it was made on.
    pub call_sid: CallSid,
    /// What asked for it.
    pub source: RecordingSource,
    /// Where it stands.
    pub status: RecordingStatus,
    /// 1 or 2.
    pub channels: u8,
    /// Length in milliseconds, known when completed.
    pub duration_ms: Option<u64>,
    /// Bytes of the WAV file.
    pub bytes: Option<u64>,
    /// API version it was made under.
    pub api_version: String,
    /// Charge, once rated.
    pub price: Option<Money>,
    /// First sample.
    pub started_at: Timestamp,
    /// Creation.
    pub created_at: Timestamp,
    /// Last change.
    pub updated_at: Timestamp,
}
