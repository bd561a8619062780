//! Pictures and files of messages, and sound files that calls play.

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

/// A sound file of an account, played by its name: `sound:welcome.wav`. Its bytes are kept apart, sealed under the account's key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sound {
    /// Owner.
    pub account_sid: AccountSid,
    /// 1 to 100 letters, digits, `.`, `_` and `-`; unique in the account.
    pub name: String,
    /// Media type, as its bytes say: `audio/wav`, `audio/mpeg` or `audio/ogg`.
    pub content_type: String,
    /// How many bytes it has.
    pub bytes: u64,
    /// When it was put there, or replaced.
    pub created_at: Timestamp,
}
