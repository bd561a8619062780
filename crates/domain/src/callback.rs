//! Requests to customers' servers, and the outbox rows that carry them.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{AccountSid, RequestSid};

/// Method of a webhook; nothing else is ever sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum HttpMethod {
    /// Parameters in the query.
    Get,
    /// Parameters as a form.
    #[default]
    Post,
}

impl HttpMethod {
    /// As on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
        }
    }
}

/// A customer's URL and how it is asked.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Webhook {
    /// Absolute http or https URL, at most 2048 bytes, kept byte for byte: signatures cover it.
    pub url: String,
    /// GET or POST.
    #[serde(default)]
    pub method: HttpMethod,
}

/// Where a queued callback stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CallbackState {
    /// To be sent at `next_attempt_at`.
    Pending,
    /// The receiver answered 2xx.
    Delivered,
    /// Given up: 24 h passed, or the receiver answered 410. Kept 7 days for replay.
    Dropped,
}

/// One outgoing status callback: saved with the state change it tells of, delivered at least once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Callback {
    /// Event id, the same on each try (`I-Twilio-Idempotency-Token`, `webhook-id`).
    pub sid: RequestSid,
    /// Whose token signs it.
    pub account_sid: AccountSid,
    /// The call or message it is about: callbacks of one subject are sent in order, one at a time.
    pub subject: String,
    /// Order within the subject.
    pub sequence: u32,
    /// Where to.
    pub webhook: Webhook,
    /// In the order they are sent.
    pub params: Vec<(String, String)>,
    /// Where it stands.
    pub state: CallbackState,
    /// Tries so far.
    pub attempts: u32,
    /// When to try (again).
    pub next_attempt_at: Timestamp,
    /// Why the last try failed, in words fit for the customer.
    pub last_error: Option<String>,
    /// When the fact happened.
    pub created_at: Timestamp,
}
