//! Conferences and who takes part in them.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{AccountSid, CallSid, ConferenceSid, Webhook};

/// Where a conference stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ConferenceStatus {
    /// Somebody waits for it to start.
    Init,
    /// It has started.
    InProgress,
    /// Everybody has left.
    Completed,
}

impl ConferenceStatus {
    /// All, in order of life.
    pub const ALL: [Self; 3] = [Self::Init, Self::InProgress, Self::Completed];

    /// As on the wire of Twilio's API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Init => "init",
            Self::InProgress => "in-progress",
            Self::Completed => "completed",
        }
    }

    /// The classic API's word: it tells a room without a moderator, in which everybody waits, from one with.
    pub const fn classic(self) -> &'static str {
        match self {
            Self::Init => "RUNNING_MODERATOR_ABSENT",
            Self::InProgress => "RUNNING_MODERATOR_PRESENT",
            Self::Completed => "COMPLETED",
        }
    }
}

/// Why a conference ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ConferenceEnd {
    /// By request.
    ConferenceEndedViaApi,
    /// Somebody with `endConferenceOnExit` hung up.
    ParticipantWithEndConferenceOnExitLeft,
    /// Somebody with `endConferenceOnExit` was put out.
    ParticipantWithEndConferenceOnExitKicked,
    /// The last one was put out.
    LastParticipantKicked,
    /// The last one hung up.
    LastParticipantLeft,
}

impl ConferenceEnd {
    /// As on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ConferenceEndedViaApi => "conference-ended-via-api",
            Self::ParticipantWithEndConferenceOnExitLeft => "participant-with-end-conference-on-exit-left",
            Self::ParticipantWithEndConferenceOnExitKicked => {
                "participant-with-end-conference-on-exit-kicked"
            }
            Self::LastParticipantKicked => "last-participant-kicked",
            Self::LastParticipantLeft => "last-participant-left",
        }
    }
}

/// One time that a room was in use. While it is not completed it is the only one of its name in its account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Conference {
    /// Identity.
    pub sid: ConferenceSid,
    /// Optimistic lock.
    pub version: u32,
    /// Owner.
    pub account_sid: AccountSid,
    /// Name of the room.
    pub friendly_name: String,
    /// Where it stands.
    pub status: ConferenceStatus,
    /// API version of the document that opened it: names and counters of its callbacks.
    pub api_version: String,
    /// Told of its events.
    pub status_callback: Option<Webhook>,
    /// Which of `start end join leave mute hold modify speaker announcement` are told.
    pub status_callback_events: Vec<String>,
    /// First time two talked, or a moderator came.
    pub started_at: Option<Timestamp>,
    /// Everybody left.
    pub ended_at: Option<Timestamp>,
    /// Why it ended.
    pub ended_by: Option<ConferenceEnd>,
    /// Whose leaving ended it.
    pub ending_call_sid: Option<CallSid>,
    /// Node that mixes it.
    pub node: Option<String>,
    /// Creation.
    pub created_at: Timestamp,
    /// Last change.
    pub updated_at: Timestamp,
}

/// Where a participant stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ParticipantStatus {
    /// Will be called.
    Queued,
    /// Is called.
    Connecting,
    /// Is alerted.
    Ringing,
    /// Takes part.
    Connected,
    /// Has left.
    Complete,
    /// Could not be reached.
    Failed,
}

impl ParticipantStatus {
    /// As on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Connecting => "connecting",
            Self::Ringing => "ringing",
            Self::Connected => "connected",
            Self::Complete => "complete",
            Self::Failed => "failed",
        }
    }

    /// Is in the conference or on the way to it.
    pub const fn is_present(self) -> bool {
        match self {
            Self::Queued | Self::Connecting | Self::Ringing | Self::Connected => true,
            Self::Complete | Self::Failed => false,
        }
    }
}

/// A leg in a conference. The node that carries the leg is the only one that writes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "independent switches, named as on the wire")]
pub struct Participant {
    /// The conference.
    pub conference_sid: ConferenceSid,
    /// The leg.
    pub call_sid: CallSid,
    /// Owner of both.
    pub account_sid: AccountSid,
    /// A name by which it can be asked for instead of its call's sid; unique among those present.
    pub label: Option<String>,
    /// Where it stands.
    pub status: ParticipantStatus,
    /// Is not heard.
    pub muted: bool,
    /// Neither hears nor is heard.
    pub hold: bool,
    /// Is heard by `call_sid_to_coach` only.
    pub coaching: bool,
    /// Whom it coaches.
    pub call_sid_to_coach: Option<CallSid>,
    /// Its coming starts the conference.
    pub start_conference_on_enter: bool,
    /// Its leaving ends the conference.
    pub end_conference_on_exit: bool,
    /// Seconds it waited in a queue before.
    pub queue_time_s: Option<u32>,
    /// First second in the conference.
    pub joined_at: Option<Timestamp>,
    /// Left.
    pub left_at: Option<Timestamp>,
    /// Creation.
    pub created_at: Timestamp,
    /// Last change.
    pub updated_at: Timestamp,
}
