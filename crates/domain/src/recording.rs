//! Recordings of calls.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{AccountSid, CallSid, ConferenceSid, Money, RecordingSid, Sealed, Webhook};

/// Where a recording stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RecordingStatus {
    /// Being written.
    InProgress,
    /// Stopped for a while.
    Paused,
    /// Stopped; what was recorded is put away.
    Processing,
    /// Written and readable.
    Completed,
    /// Nothing was recorded.
    Absent,
    /// Lost to a failure, which a notification names.
    Failed,
    /// Its audio and its key are gone, by request or because its time was up; the record stays.
    Deleted,
}

impl RecordingStatus {
    /// As on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::InProgress => "in-progress",
            Self::Paused => "paused",
            Self::Processing => "processing",
            Self::Completed => "completed",
            Self::Absent => "absent",
            Self::Failed => "failed",
            Self::Deleted => "deleted",
        }
    }

    /// Not yet decided: after a crash there is nobody who goes on writing it.
    pub const fn is_open(self) -> bool {
        match self {
            Self::InProgress | Self::Paused | Self::Processing => true,
            Self::Completed | Self::Absent | Self::Failed | Self::Deleted => false,
        }
    }
}

/// Which side of a leg is recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RecordingTrack {
    /// What the party says.
    Inbound,
    /// What the party hears.
    Outbound,
    /// Both.
    #[default]
    Both,
}

impl RecordingTrack {
    /// As on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Inbound => "inbound",
            Self::Outbound => "outbound",
            Self::Both => "both",
        }
    }

    /// The track of this wire name.
    pub fn from_wire(text: &str) -> Option<Self> {
        [Self::Inbound, Self::Outbound, Self::Both].into_iter().find(|track| track.as_str() == text)
    }
}

/// What a recording is for. Those who are recorded are told before, with how long it is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum RecordingPurpose {
    /// Every party has agreed to be recorded.
    Agreed,
    /// Proof of a business transaction.
    Transaction,
    /// The quality of a call centre's work; kept a month at most.
    Quality,
}

impl RecordingPurpose {
    /// As on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Agreed => "agreed",
            Self::Transaction => "transaction",
            Self::Quality => "quality",
        }
    }

    /// The purpose of this word.
    pub fn from_wire(text: &str) -> Option<Self> {
        [Self::Agreed, Self::Transaction, Self::Quality].into_iter().find(|it| it.as_str() == text)
    }

    /// Days it may be kept at most, where the purpose bounds that: a month.
    pub const fn days_max(self) -> Option<u16> {
        match self {
            Self::Agreed | Self::Transaction => None,
            Self::Quality => Some(30),
        }
    }
}

/// How a recording asked for over REST is made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct RecordingOptions {
    /// 1, or 2 with one side on each.
    pub channels: u8,
    /// Which side.
    pub track: RecordingTrack,
    /// What it is for, where that was said.
    pub purpose: Option<RecordingPurpose>,
    /// Remove silence at both ends.
    pub trim: bool,
    /// Told of its states.
    pub callback: Option<Webhook>,
    /// Which of `in-progress completed absent` are told; empty is `completed`.
    pub callback_events: Vec<String>,
}

impl Default for RecordingOptions {
    fn default() -> Self {
        Self {
            channels: 1,
            track: RecordingTrack::Both,
            purpose: None,
            trim: false,
            callback: None,
            callback_events: Vec::new(),
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
    /// `<Conference record>`.
    Conference,
    /// Begun on a live call over REST.
    StartCallRecordingAPI,
    /// Begun on a live conference over REST.
    StartConferenceRecordingAPI,
}

impl RecordingSource {
    /// As on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::RecordVerb => "RecordVerb",
            Self::DialVerb => "DialVerb",
            Self::OutboundAPI => "OutboundAPI",
            Self::Conference => "Conference",
            Self::StartCallRecordingAPI => "StartCallRecordingAPI",
            Self::StartConferenceRecordingAPI => "StartConferenceRecordingAPI",
        }
    }
}

/// A recording: its facts. The audio is a sealed file or object named by `sid`.
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
    /// The conference it is of; `call_sid` is then the leg that opened it.
    #[serde(default)]
    pub conference_sid: Option<ConferenceSid>,
    /// What asked for it.
    pub source: RecordingSource,
    /// Where it stands.
    pub status: RecordingStatus,
    /// 1 or 2.
    pub channels: u8,
    /// Which side.
    #[serde(default)]
    pub track: RecordingTrack,
    /// What it is for, where that was said.
    #[serde(default)]
    pub purpose: Option<RecordingPurpose>,
    /// Node that records, and keeps the audio until it is in the object store.
    #[serde(default)]
    pub node: Option<String>,
    /// The audio is in the object store.
    #[serde(default)]
    pub is_stored: bool,
    /// Key of the audio, sealed under the account's. Gone when the audio is: what is left of it anywhere cannot be read.
    #[serde(default)]
    pub key: Option<Sealed>,
    /// When the audio is deleted; `None` keeps it until somebody deletes it.
    #[serde(default)]
    pub expires_at: Option<Timestamp>,
    /// Length in milliseconds, known when completed.
    pub duration_ms: Option<u64>,
    /// Bytes as a WAV file.
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
