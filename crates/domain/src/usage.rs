//! Usage events: one per chargeable (or at least countable) fact.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{AccountSid, Money};

/// What was used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum UsageKind {
    /// A leg that went out, rated by seconds.
    #[serde(rename = "voice.out")]
    VoiceOut,
    /// A leg that came in, rated by seconds.
    #[serde(rename = "voice.in")]
    VoiceIn,
    /// Segments accepted by a carrier.
    #[serde(rename = "sms.out")]
    SmsOut,
    /// An incoming message, in segments.
    #[serde(rename = "sms.in")]
    SmsIn,
    /// Recorded seconds.
    #[serde(rename = "recording")]
    Recording,
    /// A conference's first participant.
    #[serde(rename = "conference")]
    Conference,
    /// An accepted verification request.
    #[serde(rename = "twofa")]
    TwoFa,
    /// Seconds of synthesised speech: counted, free in the reference offer.
    #[serde(rename = "tts")]
    Tts,
    /// A month of a rented number, in days.
    #[serde(rename = "recurring.number")]
    Number,
    /// A started month of the flow designer.
    #[serde(rename = "recurring.designer")]
    Designer,
}

impl UsageKind {
    /// As in plans and files.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::VoiceOut => "voice.out",
            Self::VoiceIn => "voice.in",
            Self::SmsOut => "sms.out",
            Self::SmsIn => "sms.in",
            Self::Recording => "recording",
            Self::Conference => "conference",
            Self::TwoFa => "twofa",
            Self::Tts => "tts",
            Self::Number => "recurring.number",
            Self::Designer => "recurring.designer",
        }
    }
}

/// A fact that is counted, saved in the transaction that made it a fact. Never edited: a correction is a new event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UsageEvent {
    /// Deterministic: `CA…:leg`, `SM…:accepted`, `number:+32…:2026-11:AC…:flexio-be/1`. Unique with `source`.
    pub id: String,
    /// Which part of the platform produced it, such as `voice`; stable across restarts.
    pub source: String,
    /// Whose.
    pub account_sid: AccountSid,
    /// What.
    pub kind: UsageKind,
    /// The call, message or recording it comes from; of a month, the number or `designer`.
    pub resource: String,
    /// Caller or sender, as dialled.
    pub from: String,
    /// Called number or recipient, as dialled: the destination that is rated.
    pub to: String,
    /// Deciding time: answer of a call, acceptance of a message. Chooses price version and billing month.
    pub at: Timestamp,
    /// End of the fact.
    pub ended_at: Option<Timestamp>,
    /// Length of a timed fact in milliseconds.
    pub duration_ms: Option<u64>,
    /// Count of a counted fact (segments, requests).
    pub quantity: u32,
    /// Whether the network answered or accepted: nothing is charged otherwise.
    pub accepted: bool,
    /// Numbering class at metering time (`mobile`, `geographic`, …), so later data cannot change history.
    pub class: String,
    /// Units that are charged: seconds after increments, or segments. From rating.
    pub billed: u64,
    /// Item code of the plan that rates it (`voice.out.mobile`), or `free`.
    pub item: String,
    /// Plan and version that rated it, such as `flexio-be/1`.
    pub plan: String,
    /// Version of the numbering data.
    pub numbering: String,
    /// Charge.
    pub amount: Money,
    /// Billing month in the plan's zone, `2026-11`.
    pub month: String,
    /// Calendar day in UTC, `2026-11-03`: usage records group by it.
    pub day: String,
    /// Closed by the sweeper at the last proven second.
    pub truncated: bool,
    /// When it was recorded.
    pub created_at: Timestamp,
}
