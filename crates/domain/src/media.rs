//! Pictures and files of messages.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{AccountSid, MediaSid, MessageSid, Pii};

/// A picture or file that a message carries. Its bytes are kept apart, sealed under the account's key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessageMedia {
    /// Identity.
    pub sid: MediaSid,
    /// Owner.
    pub account_sid: AccountSid,
    /// The message it belongs to.
    pub message_sid: MessageSid,
    /// Media type, such as `image/jpeg`, as its bytes say.
    pub content_type: String,
    /// How many bytes it has.
    pub bytes: u64,
    /// Secret part of the address at which anybody who has it may see it: 16 letters and digits.
    pub link: Pii<String>,
    /// Creation.
    pub created_at: Timestamp,
    /// Last change.
    pub updated_at: Timestamp,
}
