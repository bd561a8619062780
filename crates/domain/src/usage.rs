//! Usage events: one per chargeable (or at least countable) fact.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{AccountSid, ApplicationSid, KeySid, Money};

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
    /// Seconds in a queue: counted, free in the reference offer.
    #[serde(rename = "queue")]
    Queue,
    /// Requests of programs to the API: counted, free in the reference offer.
    #[serde(rename = "api")]
    Api,
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
            Self::Queue => "queue",
            Self::Api => "api",
            Self::Number => "recurring.number",
            Self::Designer => "recurring.designer",
        }
    }
}

/// Characters of a tag.
pub const TAG_CHARS_MAX: usize = 64;

/// What sums of usage are kept by besides the item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum UsageLabel {
    /// The application that handled it.
    Application,
    /// The account's number it went through.
    Number,
    /// The API key that asked for it.
    Key,
    /// The customer's own word.
    Tag,
}

impl UsageLabel {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Application, Self::Number, Self::Key, Self::Tag];

    /// As on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Application => "application",
            Self::Number => "number",
            Self::Key => "key",
            Self::Tag => "tag",
        }
    }

    /// The one of this word.
    pub fn from_wire(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.as_str() == text)
    }
}

/// What a use is for: whoever pays shares costs out by it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct UsageLabels {
    /// The application that handled it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub application_sid: Option<ApplicationSid>,
    /// The account's number it went through: the called one of what came in, caller or sender of what went out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub number: Option<String>,
    /// The API key that asked for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key_sid: Option<KeySid>,
    /// A department, a campaign: at most [`TAG_CHARS_MAX`] characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tag: Option<String>,
}

impl UsageLabels {
    /// Whether it says nothing.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Each that is there, as text.
    pub fn each(&self) -> impl Iterator<Item = (UsageLabel, String)> {
        let of = |label, text: Option<String>| text.map(|text| (label, text));
        [
            of(UsageLabel::Application, self.application_sid.map(|sid| sid.to_string())),
            of(UsageLabel::Number, self.number.clone()),
            of(UsageLabel::Key, self.key_sid.map(|sid| sid.to_string())),
            of(UsageLabel::Tag, self.tag.clone()),
        ]
        .into_iter()
        .flatten()
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
    /// A message or call that brings a one-time code: a plan may have it in the price of the request.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub carries_code: bool,
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
    /// What it is for.
    #[serde(default, skip_serializing_if = "UsageLabels::is_empty")]
    pub labels: UsageLabels,
    /// The trunk or SMPP route that carried it, which is the operator's business alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub carrier: Option<String>,
    /// Billing month in the plan's zone, `2026-11`.
    pub month: String,
    /// Calendar day in UTC, `2026-11-03`: usage records group by it.
    pub day: String,
    /// Closed by the sweeper at the last proven second.
    pub truncated: bool,
    /// What it puts right.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub corrects: Option<Box<Corrects>>,
    /// When it was recorded.
    pub created_at: Timestamp,
}

/// What an event puts right: a use is never edited, it is taken back by one event and stands as another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Corrects {
    /// Id of the event that was wrong; of the same source.
    pub id: String,
    /// It takes that one back: its units count as less, its amount is below zero. Otherwise it stands in its place.
    pub takes_back: bool,
    /// Why.
    pub reason: String,
}

/// A use that came again with another content than the one that is on record: parked, until somebody has looked at it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ParkedEvent {
    /// As it came again.
    pub event: UsageEvent,
    /// When.
    pub at: Timestamp,
}

impl UsageEvent {
    /// Whether it takes another one back: `reversed:{id}`.
    pub fn takes_back(&self) -> bool {
        self.corrects.as_ref().is_some_and(|it| it.takes_back)
    }

    /// Units as they count in sums.
    pub fn signed(&self, units: u64) -> i64 {
        let units = i64::try_from(units).unwrap_or(i64::MAX);
        if self.takes_back() { -units } else { units }
    }

    /// Whether it is a further part, `CA…:leg:2`, of a leg whose price changed with the hour: the use was counted with the first.
    pub fn is_further_part(&self) -> bool {
        matches!(self.kind, UsageKind::VoiceIn | UsageKind::VoiceOut) && self.id.contains(":leg:")
    }
}
