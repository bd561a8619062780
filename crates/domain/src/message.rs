//! A text message, as it is kept and shown.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    AccountSid, Address, ApplicationSid, DayHours, ErrorCode, MessageSid, MessagingServiceSid, Money,
    OptOutWord, Pii, Sealed, Webhook,
};

/// State of a message. Outbound: accepted → queued → sending → sent → delivered | undelivered, or failed.
/// Inbound: receiving → received. A later state is never followed by an earlier one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MessageStatus {
    /// Taken, sender not chosen yet.
    Accepted,
    /// Waiting for its time.
    Scheduled,
    /// Waiting for a route.
    Queued,
    /// Handed to a carrier, not yet accepted by it.
    Sending,
    /// Accepted by the carrier.
    Sent,
    /// Some segments delivered, the rest not.
    PartiallyDelivered,
    /// The handset has it.
    Delivered,
    /// The carrier gave up.
    Undelivered,
    /// Never left.
    Failed,
    /// Withdrawn before it left.
    Canceled,
    /// Parts of an incoming message are still missing.
    Receiving,
    /// Came in whole.
    Received,
}

impl MessageStatus {
    /// As on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Scheduled => "scheduled",
            Self::Queued => "queued",
            Self::Sending => "sending",
            Self::Sent => "sent",
            Self::PartiallyDelivered => "partially_delivered",
            Self::Delivered => "delivered",
            Self::Undelivered => "undelivered",
            Self::Failed => "failed",
            Self::Canceled => "canceled",
            Self::Receiving => "receiving",
            Self::Received => "received",
        }
    }

    /// All states.
    pub const ALL: [Self; 12] = [
        Self::Accepted,
        Self::Scheduled,
        Self::Queued,
        Self::Sending,
        Self::Sent,
        Self::PartiallyDelivered,
        Self::Delivered,
        Self::Undelivered,
        Self::Failed,
        Self::Canceled,
        Self::Receiving,
        Self::Received,
    ];

    /// The state of this wire name.
    pub fn from_wire(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == text)
    }

    /// Whether a change to it can be told at a status callback. What the creating request was answered with is no change.
    pub const fn has_callback(self) -> bool {
        match self {
            Self::Queued
            | Self::Sending
            | Self::Sent
            | Self::PartiallyDelivered
            | Self::Delivered
            | Self::Undelivered
            | Self::Failed
            | Self::Canceled => true,
            // The first two are only ever initial; the last two belong to incoming messages, which ask the application.
            Self::Accepted | Self::Scheduled | Self::Receiving | Self::Received => false,
        }
    }

    /// Nothing follows.
    pub const fn is_final(self) -> bool {
        match self {
            Self::Accepted
            | Self::Scheduled
            | Self::Queued
            | Self::Sending
            | Self::Sent
            | Self::PartiallyDelivered
            | Self::Receiving => false,
            Self::Delivered | Self::Undelivered | Self::Failed | Self::Canceled | Self::Received => true,
        }
    }
}

/// Direction of a message, seen from the platform.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MessageDirection {
    /// Came in (MO).
    Inbound,
    /// Created over REST.
    OutboundApi,
    /// Sent by a call's document.
    OutboundCall,
    /// Sent by an incoming message's document.
    OutboundReply,
}

impl MessageDirection {
    /// As on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Inbound => "inbound",
            Self::OutboundApi => "outbound-api",
            Self::OutboundCall => "outbound-call",
            Self::OutboundReply => "outbound-reply",
        }
    }
}

/// What a message is for: which routes take it, whether it waits in quiet hours, whether an opt-out of its recipient stops it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MessageClass {
    /// A one-time code of the platform, which the recipient asked for: it goes before all others, never waits, and is stopped only by
    /// an opt-out that answered a code.
    Otp,
    /// Anything that is not one of the others.
    #[default]
    Transactional,
    /// It wants to sell something: it waits in quiet hours.
    Marketing,
    /// It tells the recipient that an opt-out was obeyed, and is never stopped.
    OptOutAnswer,
}

impl MessageClass {
    /// All.
    pub const ALL: [Self; 4] = [Self::Otp, Self::Transactional, Self::Marketing, Self::OptOutAnswer];

    /// As on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Otp => "otp",
            Self::Transactional => "transactional",
            Self::Marketing => "marketing",
            Self::OptOutAnswer => "opt-out-answer",
        }
    }

    /// Whether it is the one that is not said.
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks so")]
    const fn is_transactional(&self) -> bool {
        matches!(self, Self::Transactional)
    }

    /// The class of this wire name.
    pub fn from_wire(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|class| class.as_str() == text)
    }
}

/// Where one segment of an outgoing message stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SegmentState {
    /// Not handed to the carrier.
    Waiting,
    /// Handed over, answer outstanding. After a crash in this state the outcome is unknown.
    Submitted,
    /// Accepted under the carrier's id.
    Accepted {
        /// The carrier's message id.
        carrier_id: String,
    },
    /// Refused by the carrier with this SMPP command status.
    Refused {
        /// SMPP 3.4 §5.1.3.
        command_status: u32,
    },
    /// The answer was lost: may or may not have been sent. Only a receipt resolves it.
    Unknown,
    /// Receipt: delivered.
    Delivered,
    /// Receipt: given up.
    Undelivered {
        /// The carrier's error code.
        error: String,
    },
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks so")]
const fn is_zero(count: &u8) -> bool {
    *count == 0
}

impl Message {
    /// From when its validity counts.
    pub fn begins_at(&self) -> Timestamp {
        self.send_at.unwrap_or(self.created_at)
    }
}

/// What the customer says of whether the recipient did what the message was for, such as typing a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessageFeedback {
    /// `None` until it is said.
    pub confirmed: Option<bool>,
    /// First said, or announced.
    pub created_at: Timestamp,
    /// Last said.
    pub updated_at: Timestamp,
}

/// A text message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// Identity.
    pub sid: MessageSid,
    /// Optimistic lock.
    pub version: u32,
    /// Owner.
    pub account_sid: AccountSid,
    /// Sender.
    pub from: Address,
    /// Recipient.
    pub to: Address,
    /// Text. Personal: never logged. Where it carries a code, stars stand for the code.
    pub body: Pii<String>,
    /// Announced when it was made, or there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub feedback: Option<MessageFeedback>,
    /// The text with its code, sealed for this message until it has left.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sealed_body: Option<Sealed>,
    /// Which way.
    pub direction: MessageDirection,
    /// What it is for.
    #[serde(default, skip_serializing_if = "MessageClass::is_transactional")]
    pub class: MessageClass,
    /// Hours in which it waits, by the recipient's clock, of a marketing message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quiet_hours: Option<DayHours>,
    /// Where it stands.
    pub status: MessageStatus,
    /// Segments it takes on the air interface.
    pub segments: u32,
    /// State of each segment of an outgoing message.
    pub segment_states: Vec<SegmentState>,
    /// Concatenation reference of its segments.
    pub concat_ref: u8,
    /// Through which API it was made: `2010-04-01` or `2012-04-24`.
    pub api_version: String,
    /// The application that handles it.
    pub application_sid: Option<ApplicationSid>,
    /// What it is for, beside application and sender.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub labels: Option<Box<crate::UsageLabels>>,
    /// The service it was sent by, or came to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub messaging_service_sid: Option<MessagingServiceSid>,
    /// When it is to be sent, where that is not at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub send_at: Option<Timestamp>,
    /// Told of states.
    pub status_callback: Option<Webhook>,
    /// States it is told of; empty where it is told of each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub told_of: Vec<MessageStatus>,
    /// Callbacks queued so far: the next one's sequence.
    pub callback_sequence: u32,
    /// Seconds it may wait for delivery, from its creation or the time it is to be sent; after that it is undelivered.
    pub validity_s: u32,
    /// Route that carries it; `None` on-net or not chosen yet.
    pub route: Option<String>,
    /// Node that handed it over.
    #[serde(default)]
    pub node: Option<String>,
    /// Tries to hand it over, for back-off.
    pub attempts: u32,
    /// When it may be tried (again), while queued.
    pub next_attempt_at: Option<Timestamp>,
    /// Why it failed.
    pub error: Option<ErrorCode>,
    /// Sum of its charges, once rated.
    pub price: Option<Money>,
    /// Its price is set aside until it is charged.
    #[serde(default)]
    pub is_granted: bool,
    /// It came in and was a word by which people opt out or in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub opt_out: Option<OptOutWord>,
    /// Shown at once and not kept by the handset (class 0, 3GPP TS 23.038 §4).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_flash: bool,
    /// Custom headers (`X-…`) of the SIP MESSAGE it goes out as, or came in as, by name. They go with the text.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sip_headers: Vec<(String, String)>,
    /// Pictures and files it was made with, or came with; those that were deleted since are counted still.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub media: u8,
    /// When the carrier accepted it, or it came in.
    pub sent_at: Option<Timestamp>,
    /// Creation.
    pub created_at: Timestamp,
    /// Last change.
    pub updated_at: Timestamp,
}
