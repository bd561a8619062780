//! A short code as an account has it: where answers to it are asked about.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{AccountSid, Address, ShortCodeSid, WebhookSet};

/// What an account does with answers to a short code. Each account has the shared one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShortCode {
    /// Identity: follows from account and code.
    pub sid: ShortCodeSid,
    /// Optimistic lock; 0 while nothing was set.
    pub version: u32,
    /// Owner.
    pub account_sid: AccountSid,
    /// The code.
    pub code: Address,
    /// At most 64 characters.
    pub friendly_name: String,
    /// Asked on a message to it from somebody this account wrote to last.
    pub sms: WebhookSet,
    /// Creation, of the account or of what was set.
    pub created_at: Timestamp,
    /// Last change.
    pub updated_at: Timestamp,
}
