//! What is kept of a call: facts, ends and their causes, notifications, traces.

use flexio_markup::Track;
use jiff::Timestamp;

use super::{LegId, RecordingSource};
use crate::facts::LegStatus;

/// A recording began or ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordingFact {
    /// Its sid.
    pub sid: String,
    /// Sid of the leg it records.
    pub call_sid: String,
    /// Why.
    pub source: RecordingSource,
    /// What it is for, where that was said.
    pub purpose: Option<flexio_markup::RecordingPurpose>,
    /// One or two.
    pub channels: u8,
    /// Which side.
    pub track: Track,
    /// When it began.
    pub started_at: Timestamp,
    /// `None` at its beginning.
    pub outcome: Option<crate::events::RecordingOutcome>,
}

/// A transcription began or ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TranscriptionFact {
    /// Its sid.
    pub sid: String,
    /// The recorded leg.
    pub leg: LegId,
    /// Sid of the recording.
    pub recording_sid: String,
    /// Length of the recording in milliseconds.
    pub duration_ms: u64,
    /// How it ended; `None` at its beginning.
    pub outcome: Option<TranscriptionOutcome>,
}

/// How a transcription ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TranscriptionOutcome {
    /// What was understood; empty for nothing.
    Completed {
        /// The words.
        text: String,
    },
    /// There is no text; a notification says why.
    Failed,
}

/// The end of a leg.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finish {
    /// Which leg.
    pub leg: LegId,
    /// Its sid.
    pub call_sid: String,
    /// The final status.
    pub status: LegStatus,
    /// Why it ended.
    pub cause: Cause,
    /// The SIP status that ended an unanswered leg.
    pub sip_status: Option<u16>,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it was answered, by wall clock.
    pub answered_at: Option<Timestamp>,
    /// When it ended, by wall clock.
    pub ended_at: Timestamp,
    /// Milliseconds of ringing, by the monotonic clock.
    pub ring_ms: u64,
    /// Milliseconds from answer to end, by the monotonic clock; 0 when never answered.
    pub talk_ms: u64,
}

/// Why a leg ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// The party on the leg hung up (or canceled before the answer).
    PartyHungUp,
    /// The document ended or hung up.
    DocumentEnded,
    /// The document rejected the call.
    Rejected,
    /// `Status=completed`.
    Completed,
    /// `Status=canceled`.
    Canceled,
    /// The far end refused or failed.
    FarEnd,
    /// Nobody answered in time.
    NoAnswer,
    /// Another party of the same `<Dial>` was connected.
    AnsweredElsewhere,
    /// The leg it was connected to, or ringing for, ended.
    PartnerLeft,
    /// The called party did not accept the call.
    ScreenedOut,
    /// `timeLimit` or the longest duration of a call was reached.
    TimeLimit,
    /// No document could be had.
    ApplicationFailed,
    /// A loop guard or limit ended the document.
    LimitReached,
    /// The shell would not dial.
    Refused,
    /// Every way to the party carries as many calls as it may (notification 20470).
    Congested,
    /// Nothing, or nothing more, could be paid for.
    NoCredit,
    /// The node stopped.
    Shutdown,
}

impl Cause {
    /// Of a leg that the shell would not call, by the notification's code.
    pub(crate) fn of_refusal(code: u32) -> Self {
        match code {
            crate::airtime::NO_CREDIT => Self::NoCredit,
            20_470 => Self::Congested,
            _ => Self::Refused,
        }
    }

    /// Code and text of the Restcomm Reason Codes Dictionary, where one fits.
    pub fn reason(self) -> Option<(u16, &'static str)> {
        match self {
            Self::Completed => Some((1101, "Call Terminated")),
            Self::Canceled => Some((1102, "Call Canceled")),
            Self::TimeLimit => Some((1104, "Call Maximum Duration Exceeded")),
            Self::NoAnswer => Some((1105, "Call No Answer")),
            Self::Rejected => Some((2400, "Call Rejected By Application")),
            Self::ApplicationFailed => Some((2000, "RCML Download Failed")),
            Self::LimitReached => Some((2001, "RCML Parse Error")),
            Self::Congested => Some((1109, "Rate Limited")),
            Self::Refused => Some((2201, "Dial Destination Not Allowed")),
            Self::NoCredit => Some((3303, "Insufficient Credit")),
            Self::Shutdown => Some((1000, "Internal Error")),
            Self::PartyHungUp
            | Self::DocumentEnded
            | Self::FarEnd
            | Self::AnsweredElsewhere
            | Self::PartnerLeft
            | Self::ScreenedOut => None,
        }
    }
}

/// Weight of a notification; the API shows 0 and 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// Something did not work.
    Error,
    /// Something was ignored or replaced by a default.
    Warning,
}

/// A notification for the account's log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notify {
    /// Which leg's document.
    pub leg: LegId,
    /// Weight.
    pub level: Level,
    /// Notification code (Restcomm and Twilio share the series).
    pub code: u32,
    /// One sentence.
    pub text: String,
    /// The document or request concerned.
    pub url: Option<String>,
    /// Line in that document, 0 when unknown.
    pub line: u32,
}

/// A line of the call's timeline. Holds no keys, numbers or texts of the parties.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trace {
    /// Which leg.
    pub leg: LegId,
    /// What happened, a short constant such as `verb` or `digit`.
    pub what: &'static str,
    /// Its detail, such as the verb's name and line; may be empty.
    pub detail: String,
}
