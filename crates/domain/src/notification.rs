//! Debugging log entries for the customer.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{AccountSid, CallSid, HttpMethod, MessageSid, NotificationSid};

/// How bad.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    /// The document or request could not be carried out.
    Error,
    /// Something was ignored or replaced by a default.
    Warning,
}

impl Level {
    /// `Log` on the wire: 0 error, 1 warning.
    pub const fn log(self) -> u8 {
        match self {
            Self::Error => 0,
            Self::Warning => 1,
        }
    }
}

/// One entry: what went wrong while handling a call or message, told to its owner.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notification {
    /// Identity.
    pub sid: NotificationSid,
    /// Owner.
    pub account_sid: AccountSid,
    /// The call it is about.
    pub call_sid: Option<CallSid>,
    /// The message it is about.
    pub message_sid: Option<MessageSid>,
    /// How bad.
    pub level: Level,
    /// A code of the notification series (docs/notifications.md), such as 11200 or 13310.
    pub code: u32,
    /// One sentence.
    pub text: String,
    /// What was asked.
    pub request_url: Option<String>,
    /// How.
    pub request_method: Option<HttpMethod>,
    /// What was sent, form-encoded.
    pub request_variables: Option<String>,
    /// Headers that came back.
    pub response_headers: Option<String>,
    /// Body that came back, at most 4 KiB.
    pub response_body: Option<String>,
    /// API version of the call or message.
    pub api_version: String,
    /// When.
    pub created_at: Timestamp,
}
