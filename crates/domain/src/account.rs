//! Accounts, their sub-accounts and API keys.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{AccountSid, Currency, DayHours, EmergencyAddress, KeySid, Reach, Sealed};

/// Whether an account may act (rest of the platform: a suspended account's calls and messages are refused).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AccountStatus {
    /// May act.
    Active,
    /// May read (Twilio dialect) but not act; reversible.
    Suspended,
    /// Final: credentials refused, numbers released.
    Closed,
}

impl AccountStatus {
    /// As on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Suspended => "suspended",
            Self::Closed => "closed",
        }
    }
}

/// Paying or trying.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum AccountType {
    /// A paying account.
    Full,
    /// A trial.
    Trial,
}

/// Owner of numbers, calls, messages and a balance. Accounts form a tree; a parent acts on its descendants.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// Identity.
    pub sid: AccountSid,
    /// Optimistic lock: an update names the version it read.
    pub version: u32,
    /// `None` for the top account of the installation.
    pub parent_sid: Option<AccountSid>,
    /// Ancestors from the top down to (not including) this account; at most 8.
    pub ancestors: Vec<AccountSid>,
    /// At most 64 characters.
    pub friendly_name: String,
    /// Unique in the installation where given.
    pub email_address: Option<String>,
    /// Paying or trial.
    pub account_type: AccountType,
    /// Role name of the classic API, such as `Administrator`.
    pub role: String,
    /// May act or not.
    pub status: AccountStatus,
    /// The auth token: readable by the platform because webhooks are signed with it.
    pub auth_token: Sealed,
    /// SHA-256 of the auth token: what sign-in compares with.
    pub auth_token_digest: [u8; 32],
    /// Currency of the account's ledger.
    pub currency: Currency,
    /// Recording media needs a signature or credentials (default) or is readable by whoever has the URL.
    pub protected_media: bool,
    /// Days a recording is kept, from its making; 0 keeps it until somebody deletes it, `None` is the operator's default.
    #[serde(default)]
    pub recording_days: Option<u16>,
    /// Days the SIP messages of calls are kept; 0 keeps none, `None` is the operator's default.
    #[serde(default)]
    pub ladder_days: Option<u16>,
    /// Days the text of a message is kept, from its making; `None` is the operator's default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message_days: Option<u16>,
    /// Segments of its messages that are due in a second; 0 is no limit, `None` is the operator's default. Set by an account above.
    #[serde(default)]
    pub messages_per_s: Option<u32>,
    /// Hours in which its marketing messages wait, by the recipient's clock; `None` is the operator's default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quiet_hours: Option<DayHours>,
    /// Where its calls may go that cost money; `None` is the operator's default, or for an account deeper down what those above it may.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub calls_to: Option<Reach>,
    /// The same of its messages.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub messages_to: Option<Reach>,
    /// Where its phones are of which nothing else is said, for emergency services.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub emergency_address: Option<EmergencyAddress>,
    /// Creation.
    pub created_at: Timestamp,
    /// Last change.
    pub updated_at: Timestamp,
}

/// An API key: signs in as its account, can be revoked on its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApiKey {
    /// Identity; the user name at sign-in.
    pub sid: KeySid,
    /// Optimistic lock.
    pub version: u32,
    /// Owner.
    pub account_sid: AccountSid,
    /// At most 64 characters.
    pub friendly_name: String,
    /// SHA-256 of the secret: what sign-in compares with.
    pub secret_digest: [u8; 32],
    /// The secret, sealed for the key: access tokens of browsers are signed with it. Shown once, at creation.
    #[serde(default)]
    pub signing_secret: Option<Sealed>,
    /// Creation.
    pub created_at: Timestamp,
    /// Last change.
    pub updated_at: Timestamp,
}
