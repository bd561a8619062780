//! Who does not want messages from whom, and who wrote last.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{AccountSid, E164, MessageSid, OptOutSid};

/// What a word at a sender asks for, as `OptOutType` tells applications.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum OptOutType {
    /// No more messages.
    Stop,
    /// Messages again.
    Start,
    /// Who is this?
    Help,
}

impl OptOutType {
    /// As on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Stop => "STOP",
            Self::Start => "START",
            Self::Help => "HELP",
        }
    }
}

/// An incoming message that was such a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct OptOutWord {
    /// Which.
    pub kind: OptOutType,
    /// The platform answers it: it changed something, or nobody else would answer.
    pub is_answered: bool,
}

/// Who kept an opt-out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OptOutSource {
    /// The person wrote a word.
    Message,
    /// The account, over REST.
    Api,
}

impl OptOutSource {
    /// As on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Message => "message",
            Self::Api => "api",
        }
    }
}

/// A person who gets no messages from a sender of an account any more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OptOut {
    /// Identity.
    pub sid: OptOutSid,
    /// Whose messages.
    pub account_sid: AccountSid,
    /// From where: a number, a short code, a name, or the sid of a messaging service for all its senders.
    pub sender: String,
    /// The person; once [`OptOut::erased`] is there, only what country and class the number was of.
    pub recipient: E164,
    /// Keyed digest of a number that was erased: it is still known when somebody wants to write to it, and nothing leads back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub erased: Option<String>,
    /// One-time codes are blocked too: the word came as the answer to one, or the account said so.
    pub blocks_codes: bool,
    /// Who kept it.
    pub source: OptOutSource,
    /// The word.
    pub message_sid: Option<MessageSid>,
    /// When.
    pub created_at: Timestamp,
}

/// Who wrote last to somebody from a sender that several use, and the sender of a service that somebody knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contact {
    /// What is shared: the short number of the platform, or a messaging service by its sid.
    pub sender: String,
    /// The person.
    pub recipient: String,
    /// Who wrote.
    pub account_sid: AccountSid,
    /// The sender of the service that the recipient knows.
    pub via: Option<String>,
    /// When, up to ten minutes too early: a contact that goes on is not written each time.
    pub at: Timestamp,
}
