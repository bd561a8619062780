//! One leg of a call, as it is kept and shown.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    AccountSid, Address, ApplicationSid, CallSid, Dialect, Money, NumberSid, RecordingOptions, UsageLabels,
    Webhook, WebhookSet,
};

/// State of a leg. The order is the order of life; a later state is never followed by an earlier one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CallStatus {
    /// Accepted, not yet sent to the network.
    Queued,
    /// The far end is alerted.
    Ringing,
    /// Answered.
    InProgress,
    /// Answered and over.
    Completed,
    /// 486 or 600.
    Busy,
    /// Any other refusal, or an internal failure.
    Failed,
    /// 408, 480, or nobody answered in time.
    NoAnswer,
    /// Ended by the caller or the API before an answer.
    Canceled,
}

impl CallStatus {
    /// As on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Ringing => "ringing",
            Self::InProgress => "in-progress",
            Self::Completed => "completed",
            Self::Busy => "busy",
            Self::Failed => "failed",
            Self::NoAnswer => "no-answer",
            Self::Canceled => "canceled",
        }
    }

    /// All states, in order of life.
    pub const ALL: [Self; 8] = [
        Self::Queued,
        Self::Ringing,
        Self::InProgress,
        Self::Completed,
        Self::Busy,
        Self::Failed,
        Self::NoAnswer,
        Self::Canceled,
    ];

    /// The state of this wire name.
    pub fn from_wire(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == text)
    }

    /// Nothing follows.
    pub const fn is_final(self) -> bool {
        match self {
            Self::Queued | Self::Ringing | Self::InProgress => false,
            Self::Completed | Self::Busy | Self::Failed | Self::NoAnswer | Self::Canceled => true,
        }
    }

    /// Whether a leg in this state may enter `next`.
    pub fn may_become(self, next: Self) -> bool {
        !self.is_final() && self < next
    }
}

/// Direction of a leg, seen from the platform.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CallDirection {
    /// Came in.
    Inbound,
    /// Created over REST.
    OutboundApi,
    /// Created by `<Dial>`.
    OutboundDial,
}

impl CallDirection {
    /// As on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Inbound => "inbound",
            Self::OutboundApi => "outbound-api",
            Self::OutboundDial => "outbound-dial",
        }
    }
}

/// Why a call failed or was cut: a code of the reason dictionary (docs/reason-codes.md).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reason {
    /// 0–999 are codes of the network protocol itself: a SIP 486 is reason 486.
    pub code: u16,
    /// Short text.
    pub text: String,
}

/// Answering-machine detection on a leg that is called.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MachineDetection {
    /// Wait for the end of the machine's greeting (`DetectMessageEnd`), not only for a verdict.
    pub message_end: bool,
    /// Seconds until the verdict is `unknown`.
    pub timeout_s: u32,
    /// Speech longer than this is a machine.
    pub speech_threshold_ms: u32,
    /// Silence after speech that ends a greeting.
    pub speech_end_threshold_ms: u32,
    /// Initial silence after which the verdict is `unknown`.
    pub silence_timeout_ms: u32,
    /// Where the verdict goes while the document runs (`AsyncAmd`); without it the document waits for the verdict.
    pub callback: Option<Webhook>,
}

/// What a REST call asked for beside its instructions.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct CallOptions {
    /// How it is recorded, where it is.
    pub recording: RecordingOptions,
    /// Detection wanted.
    pub machine_detection: Option<MachineDetection>,
    /// What the called party is shown beside the caller, at most 50 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// What it is for. Legs that are dialled from it are for the same.
    #[serde(skip_serializing_if = "UsageLabels::is_empty")]
    pub labels: UsageLabels,
    /// It brings a one-time code.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub carries_code: bool,
}

/// One leg of a call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Call {
    /// Identity.
    pub sid: CallSid,
    /// Optimistic lock.
    pub version: u32,
    /// Owner.
    pub account_sid: AccountSid,
    /// The leg whose document dialled this one.
    pub parent_call_sid: Option<CallSid>,
    /// Caller.
    pub from: Address,
    /// Called.
    pub to: Address,
    /// The rented number that was called.
    pub phone_number_sid: Option<NumberSid>,
    /// The application that answers.
    pub application_sid: Option<ApplicationSid>,
    /// Which way.
    pub direction: CallDirection,
    /// Where it stands.
    pub status: CallStatus,
    /// Language of its documents.
    pub dialect: Dialect,
    /// Created through `/2010-04-01`: callbacks use that API's version and sequence numbers.
    pub api_version: String,
    /// Asked for instructions (a REST call's `Url`, an incoming call's number).
    pub instructions: WebhookSet,
    /// Instructions given in the request itself (`Twiml`).
    pub document: Option<String>,
    /// The same, sealed for this call: a document that speaks a code. Nothing of what it says is kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sealed_document: Option<crate::Sealed>,
    /// Told of states.
    pub status_callback: Option<Webhook>,
    /// Which of `initiated ringing answered completed` are told.
    pub status_callback_events: Vec<String>,
    /// Seconds the far end may ring.
    pub ring_timeout_s: u32,
    /// Longest talk, in seconds.
    pub time_limit_s: u32,
    /// Digits sent after the answer, `w` is half a second.
    pub send_digits: Option<String>,
    /// Record from the answer on.
    pub record: bool,
    /// Details of a call made over REST.
    #[serde(default)]
    pub options: Box<CallOptions>,
    /// First alerting.
    pub ringing_at: Option<Timestamp>,
    /// Answer; what is charged starts here.
    pub answered_at: Option<Timestamp>,
    /// End.
    pub ended_at: Option<Timestamp>,
    /// Talk in milliseconds by the monotonic clock, known when over.
    pub talk_ms: Option<u64>,
    /// Last second proven to be in progress; a restart closes the leg there.
    pub proven_at: Option<Timestamp>,
    /// Milliseconds of talk that were proven then, by the monotonic clock of its node. Kept beside the record, which does not say it.
    #[serde(skip)]
    pub proven_ms: Option<u64>,
    /// Seconds of talk that were paid for when it started; `None` where its talk needs no credit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub granted_s: Option<u32>,
    /// Sum of this leg's charges, once rated.
    pub price: Option<Money>,
    /// Diversion (RFC 5806) seen on the INVITE.
    pub forwarded_from: Option<String>,
    /// Calling name, when known.
    pub caller_name: Option<String>,
    /// `human`, `machine…` where detection ran.
    pub answered_by: Option<String>,
    /// Why it failed or was cut.
    pub reason: Option<Reason>,
    /// Call-ID of the SIP dialog.
    pub sip_call_id: Option<String>,
    /// Final SIP status of the leg.
    pub sip_response_code: Option<u16>,
    /// Trunk that carried it; `None` on-net.
    pub trunk: Option<String>,
    /// Digest credentials for the far end (REST `Username`/`Password`), sealed.
    pub sip_auth: Option<(String, crate::Sealed)>,
    /// Node that holds the leg's sockets.
    pub node: Option<String>,
    /// Creation.
    pub created_at: Timestamp,
    /// Last change.
    pub updated_at: Timestamp,
}

impl Call {
    /// Whole seconds of talk, rounded up, at least 1 if answered: what is shown and charged.
    pub fn duration_s(&self) -> Option<u64> {
        let ms = self.talk_ms?;
        Some(if self.answered_at.is_some() { ms.div_ceil(1000).max(1) } else { 0 })
    }

    /// Whole seconds of ringing.
    pub fn ring_duration_s(&self) -> Option<i64> {
        let until = self.answered_at.or(self.ended_at)?;
        Some((until.as_second() - self.ringing_at?.as_second()).max(0))
    }
}

#[cfg(test)]
mod tests {
    use super::CallStatus;

    #[test]
    fn a_leg_never_goes_back_and_ends_once() {
        for from in CallStatus::ALL {
            for to in CallStatus::ALL {
                if from.may_become(to) {
                    assert!(!from.is_final() && !to.may_become(from), "{from:?} -> {to:?}");
                }
            }
            assert_eq!(CallStatus::from_wire(from.as_str()), Some(from));
        }
        assert!(CallStatus::Queued.may_become(CallStatus::InProgress));
    }
}
