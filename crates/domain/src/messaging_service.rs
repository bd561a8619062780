//! Messaging services: senders under one name, of which the platform chooses one for each message.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    AccountSid, Address, AlphaSenderSid, DayHours, MessagingServiceSid, NumberSid, ShortCodeSid, Webhook,
    WebhookSet,
};

/// Senders under one name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "independent switches of a public resource")]
pub struct MessagingService {
    /// Identity.
    pub sid: MessagingServiceSid,
    /// Optimistic lock.
    pub version: u32,
    /// Owner.
    pub account_sid: AccountSid,
    /// At most 64 characters.
    pub friendly_name: String,
    /// Asked on a message to one of its senders. Without one, nobody is.
    pub inbound: WebhookSet,
    /// Told of the states of messages that name no URL themselves.
    pub status_callback: Option<Webhook>,
    /// A recipient hears from the sender that wrote first.
    pub sticky_sender: bool,
    /// Typographic characters are replaced where that brings a text into the GSM alphabet.
    pub smart_encoding: bool,
    /// Of several numbers of the recipient's country, the one that has most digits in common with the recipient's.
    pub area_code_geomatch: bool,
    /// Seconds a message may wait, 1 to 36000.
    pub validity_s: u32,
    /// Messages to a sender go to the number's own URL or application instead of the service's.
    pub use_inbound_webhook_on_number: bool,
    /// Kept and shown; there are no pictures to convert.
    pub mms_converter: bool,
    /// Kept and shown.
    pub fallback_to_long_code: bool,
    /// Kept and shown.
    pub synchronous_validation: bool,
    /// Kept and shown: `inherit`, `enable`, `disable`.
    pub scan_message_content: String,
    /// What the service is for: `marketing` makes its messages marketing, where they do not say what they are. Others are shown only.
    pub usecase: String,
    /// Hours in which its marketing messages wait, by the recipient's clock; `None` is the account's, or the operator's default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quiet_hours: Option<DayHours>,
    /// Creation.
    pub created_at: Timestamp,
    /// Last change.
    pub updated_at: Timestamp,
}

/// What a sender of a service is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SenderSid {
    /// A rented number, by its own sid.
    Number(NumberSid),
    /// A short code, by the sid it has in this account.
    ShortCode(ShortCodeSid),
    /// A name, which is a sender of this service only.
    Alpha(AlphaSenderSid),
}

impl SenderSid {
    /// As kept: kinds do not share a list.
    pub const fn kind(self) -> &'static str {
        match self {
            Self::Number(_) => "number",
            Self::ShortCode(_) => "short-code",
            Self::Alpha(_) => "alpha",
        }
    }

    /// The number behind the digits.
    pub const fn as_u128(self) -> u128 {
        match self {
            Self::Number(sid) => sid.as_u128(),
            Self::ShortCode(sid) => sid.as_u128(),
            Self::Alpha(sid) => sid.as_u128(),
        }
    }
}

impl std::fmt::Display for SenderSid {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Number(sid) => sid.fmt(f),
            Self::ShortCode(sid) => sid.fmt(f),
            Self::Alpha(sid) => sid.fmt(f),
        }
    }
}

/// A sender of a service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceSender {
    /// Identity, within the service.
    pub sid: SenderSid,
    /// The service.
    pub service_sid: MessagingServiceSid,
    /// Owner of both.
    pub account_sid: AccountSid,
    /// What recipients see.
    pub address: Address,
    /// ISO 3166 alpha-2, of a number.
    pub country: Option<String>,
    /// When it was added.
    pub created_at: Timestamp,
}
