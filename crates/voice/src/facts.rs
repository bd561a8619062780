//! What the shell knows about a call when it starts.

use flexio_markup::{Dialect, Endpoint, MachineDetection, RecordingCallback, StatusCallback, Target};
use jiff::Timestamp;
use std::time::Duration;

use crate::actions::Source;

/// Both clocks at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Now {
    /// Since an arbitrary epoch of the node, never going back: durations come from it.
    pub mono: Duration,
    /// For parameters and records only.
    pub wall: Timestamp,
}

/// Makes the sids the machine needs; the shell's is random, a test's counts.
pub trait Sids {
    /// A new call sid (`CA…`).
    fn call(&mut self) -> String;
    /// A new recording sid (`RE…`).
    fn recording(&mut self) -> String;
    /// A new transcription sid (`TR…`).
    fn transcription(&mut self) -> String;
    /// A new media stream sid (`MZ…`).
    fn stream(&mut self) -> String;
}

/// Everything the machine must know to run a call.
#[derive(Debug, Clone, PartialEq)]
pub struct CallFacts {
    /// The call's own leg.
    pub leg: LegFacts,
    /// Wire form of parameters and sequence numbers.
    pub api_version: ApiVersion,
    /// How documents are read.
    pub dialect: Dialect,
    /// Sid of the dialled (or calling) number of ours, when there is one.
    pub phone_number_sid: Option<String>,
    /// Sid of the application, when one answers.
    pub application_sid: Option<String>,
    /// Id of this node.
    pub instance_id: Option<String>,
    /// BCP 47 language of the account, for texts of our own and `<Say>` without a language.
    pub language: String,
    /// The first document.
    pub source: Source,
    /// Asked once for each fetch that fails.
    pub fallback: Option<Target>,
    /// Progress of the call's own leg: the number's, or the REST request's.
    pub status_callback: Option<StatusCallback>,
    /// The account's default for `answerOnBridge`.
    pub answer_on_bridge: bool,
    /// Talk of the first leg that is paid for, in seconds; `None` where its talk needs no credit.
    pub granted_s: Option<u32>,
    /// What is heard before a leg ends for want of credit.
    pub credit_warning: CreditWarning,
    /// How the first leg is called; `None` for an inbound call.
    pub originate: Option<Originate>,
}

/// Identity of a leg as parameters tell it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LegFacts {
    /// Owner.
    pub account_sid: String,
    /// The leg's sid.
    pub call_sid: String,
    /// Sid of the leg that dialled it.
    pub parent_call_sid: Option<String>,
    /// Originator: E.164 with `+` for a telephone number, else SIP user or `client:name`.
    pub from: String,
    /// Receiver, same form.
    pub to: String,
    /// Who called whom.
    pub direction: Direction,
    /// Calling name, when known.
    pub caller_name: Option<String>,
    /// Forwarding number (SIP `Diversion` or `History-Info`), when known.
    pub forwarded_from: Option<String>,
    /// What the network says of whether the caller may use his number, such as `TN-Validation-Passed-A`.
    pub verstat: Option<String>,
    /// The signed statement of who vouches for the caller (PASSporT, RFC 8225), as it came: nobody here has checked it.
    pub passport: Option<String>,
    /// Headers of the INVITE or of the last response whose name starts with `X-`, and `Diversion`.
    pub sip_headers: Vec<(String, String)>,
    /// `Call-ID` of the leg's dialog, when it is a SIP leg and known.
    pub sip_call_id: Option<String>,
    /// When the leg was created.
    pub created_at: Timestamp,
}

/// What those who talk hear 10 s before a leg ends for want of credit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum CreditWarning {
    /// Nothing.
    Off,
    /// A tone.
    #[default]
    Beep,
    /// A sentence.
    Announcement,
}

/// How the first leg of a REST call is made.
#[derive(Debug, Clone, PartialEq)]
pub struct Originate {
    /// Whom to call.
    pub endpoint: Endpoint,
    /// SIP headers to add.
    pub headers: Vec<(String, String)>,
    /// Seconds it may ring, 1 to 600; 60 by default.
    pub timeout_s: u32,
    /// Longest call in seconds from the answer.
    pub time_limit_s: Option<u32>,
    /// Sent after the answer, before the document.
    pub send_digits: Option<String>,
    /// Record the whole call.
    pub record: Option<RecordCall>,
    /// Answering-machine detection wanted.
    pub machine_detection: Option<MachineDetection>,
}

/// `Record=true` and its companions on a REST call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordCall {
    /// One or two channels.
    pub channels: u8,
    /// Which side.
    pub track: flexio_markup::Track,
    /// What it is for, where that was said.
    pub purpose: Option<flexio_markup::RecordingPurpose>,
    /// Remove silence at both ends.
    pub trim: bool,
    /// News of the recording.
    pub callback: Option<RecordingCallback>,
}

/// Wire form of parameters and sequence numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ApiVersion {
    /// FlexIO and Restcomm, `2012-04-24`.
    V2012,
    /// Twilio, `2010-04-01`.
    V2010,
}

impl ApiVersion {
    /// As `ApiVersion` spells it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::V2012 => "2012-04-24",
            Self::V2010 => "2010-04-01",
        }
    }
}

/// Who called whom, seen from the platform.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// A party called a number of ours.
    Inbound,
    /// Made over REST.
    OutboundApi,
    /// Made by `<Dial>`.
    OutboundDial,
}

impl Direction {
    /// As `Direction` spells it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Inbound => "inbound",
            Self::OutboundApi => "outbound-api",
            Self::OutboundDial => "outbound-dial",
        }
    }
}

/// Status of a leg. The order of the variants is the order of a call's life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum LegStatus {
    /// Accepted over REST or by `<Dial>`, not yet ringing.
    Queued,
    /// The called party is alerted.
    Ringing,
    /// Answered.
    InProgress,
    /// Ended after an answer.
    Completed,
    /// The far end was busy.
    Busy,
    /// Nobody answered.
    NoAnswer,
    /// Ended before the answer by us or the caller.
    Canceled,
    /// Could not be made.
    Failed,
}

impl LegStatus {
    /// As `CallStatus` spells it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Ringing => "ringing",
            Self::InProgress => "in-progress",
            Self::Completed => "completed",
            Self::Busy => "busy",
            Self::NoAnswer => "no-answer",
            Self::Canceled => "canceled",
            Self::Failed => "failed",
        }
    }

    /// Whether the leg is over.
    pub fn is_final(self) -> bool {
        self >= Self::Completed
    }
}

/// Limits of one call. Reaching one ends the document with a named notification.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Longest life of a call, seconds from its start. Absolute.
    pub max_call_s: u32,
    /// Verbs executed in one call.
    pub verbs: u32,
    /// Documents asked for in one call.
    pub fetches: u32,
    /// Documents asked for by `<Redirect>` or `action` without anything done by a person.
    pub fetches_without_user: u32,
    /// Documents asked for after the first leg's end.
    pub fetches_after_hangup: u32,
    /// Notifications stored for one call; more are dropped.
    pub notifications: u32,
    /// How long after the first leg's end the document may still send messages, seconds.
    pub after_hangup_s: u32,
    /// A fetch not answered by the shell after this is a failure, seconds.
    pub fetch_s: u32,
    /// A message not answered by the shell after this is a failure, seconds.
    pub answer_s: u32,
    /// Longest utterance of a `<Gather>` with the recogniser's answer, seconds.
    pub speech_s: u32,
    /// Longest wait for the text of a recording after its end, seconds.
    pub transcribe_s: u32,
    /// Media streams of one leg at one time.
    pub streams: usize,
    /// A media stream whose beginning is not told by the shell after this is a failure, seconds.
    pub stream_s: u32,
    /// A re-INVITE not answered after this is a failure, seconds (RFC 3261: 32 s).
    pub reinvite_s: u32,
    /// A transfer whose end is not told after this is over, seconds.
    pub refer_s: u32,
    /// A recording whose end the shell has not reported after this is a failure, seconds: a disk may stall for a while.
    pub recording_s: u32,
    /// Keys one `<Gather>` or `<Record>` keeps.
    pub keys: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_call_s: 14_400,
            verbs: 1_000,
            fetches: 1_000,
            fetches_without_user: 50,
            fetches_after_hangup: 10,
            notifications: 500,
            after_hangup_s: 600,
            fetch_s: 40,
            answer_s: 10,
            speech_s: 75,
            transcribe_s: 90,
            streams: 4,
            stream_s: 15,
            reinvite_s: 35,
            refer_s: 120,
            recording_s: 40,
            keys: 128,
        }
    }
}
