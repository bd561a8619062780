//! Numbers: the stock that can be rented, rented numbers, applications, outgoing caller ids.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{AccountSid, ApplicationSid, E164, NumberSid, Webhook};

/// Kind of number by the national numbering plan, as the search and purchase paths name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum NumberType {
    /// Geographic.
    Local,
    /// Mobile.
    Mobile,
    /// Free for the caller.
    TollFree,
}

impl NumberType {
    /// As in the path: `Local`, `Mobile`, `TollFree`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Local => "Local",
            Self::Mobile => "Mobile",
            Self::TollFree => "TollFree",
        }
    }
}

/// What a number can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(default)]
#[expect(clippy::struct_excessive_bools, reason = "four independent abilities, named as on the wire")]
pub struct Capabilities {
    /// Calls.
    pub voice: bool,
    /// Text messages.
    pub sms: bool,
    /// Picture messages.
    pub mms: bool,
    /// Fax.
    pub fax: bool,
}

/// A number the operator holds and nobody rents: stock.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StockNumber {
    /// The number.
    pub number: E164,
    /// ISO 3166 alpha-2, such as `BE`.
    pub country: String,
    /// Kind.
    pub number_type: NumberType,
    /// What it can do.
    pub capabilities: Capabilities,
}

/// Which language the documents of a number or application are written in where the two differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Dialect {
    /// Decided by what the document uses.
    #[default]
    Auto,
    /// RCML rules and the `2012-04-24` parameters.
    Rcml,
    /// TwiML rules and the `2010-04-01` parameters.
    Twiml,
}

impl Dialect {
    /// `ApiVersion` sent to applications.
    pub const fn api_version(self) -> &'static str {
        match self {
            Self::Rcml => "2012-04-24",
            Self::Auto | Self::Twiml => "2010-04-01",
        }
    }
}

/// Where instructions are asked for, and where if that fails.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct WebhookSet {
    /// First choice.
    pub primary: Option<Webhook>,
    /// Asked once per failing fetch.
    pub fallback: Option<Webhook>,
}

/// What binds the holder of a geographic number to its zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DeclarationKind {
    /// An address in the zone, with its proof.
    Address,
    /// It is used from wherever its users are; the holder declares so.
    Nomadic,
}

impl DeclarationKind {
    /// As on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Address => "address",
            Self::Nomadic => "nomadic",
        }
    }

    /// The kind of this word.
    pub fn from_wire(text: &str) -> Option<Self> {
        [Self::Address, Self::Nomadic].into_iter().find(|kind| kind.as_str() == text)
    }
}

/// What the holder of a number declared when he took it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NumberDeclaration {
    /// Which of the two.
    pub kind: DeclarationKind,
    /// The address and where its proof is; or the declaration in words. 1 to 500 characters.
    pub text: String,
    /// When.
    pub at: Timestamp,
}

/// A number an account rents.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IncomingNumber {
    /// Identity.
    pub sid: NumberSid,
    /// Optimistic lock.
    pub version: u32,
    /// Owner.
    pub account_sid: AccountSid,
    /// The number.
    pub number: E164,
    /// ISO 3166 alpha-2.
    pub country: String,
    /// Kind.
    pub number_type: NumberType,
    /// What it can do.
    pub capabilities: Capabilities,
    /// At most 64 characters.
    pub friendly_name: String,
    /// Language of its documents.
    pub dialect: Dialect,
    /// Asked on an incoming call.
    pub voice: WebhookSet,
    /// Asked on an incoming message.
    pub sms: WebhookSet,
    /// Told of call states.
    pub status_callback: Option<Webhook>,
    /// Asked when the called phone sends REFER.
    pub refer: Option<Webhook>,
    /// Wins over `voice`.
    pub voice_application_sid: Option<ApplicationSid>,
    /// Wins over `sms`.
    pub sms_application_sid: Option<ApplicationSid>,
    /// Wins over `refer`.
    pub refer_application_sid: Option<ApplicationSid>,
    /// Look the caller's name up.
    pub voice_caller_id_lookup: bool,
    /// What calls that come to it are for, where sums are kept by tag. At most [`crate::TAG_CHARS_MAX`] characters.
    #[serde(default)]
    pub tag: Option<String>,
    /// What binds the account to the number's zone, where the operator wants to know.
    #[serde(default)]
    pub declaration: Option<NumberDeclaration>,
    /// What the operator has registered it for with the interface abroad that its calls leave by; `None` where they leave at home only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub special_use: Option<SpecialUse>,
    /// Start of the rent: recurring charges count days from here.
    pub created_at: Timestamp,
    /// Last change.
    pub updated_at: Timestamp,
    /// End of the rent; a released number stays for billing and is out of every list.
    pub released_at: Option<Timestamp>,
}

/// For what a geographic number may be shown on calls that enter the network abroad, over an interface of their own (Belgium: Royal Decree
/// of 12 May 2024 on spoofed numbers). The numbers are registered one by one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SpecialUse {
    /// Its holder calls from wherever he is.
    Nomadic,
    /// Conferences in the cloud that call their participants.
    ConferenceDialOut,
    /// Customer support.
    CustomerSupport,
    /// Direct marketing.
    DirectMarketing,
}

impl SpecialUse {
    /// All.
    pub const ALL: [Self; 4] =
        [Self::Nomadic, Self::ConferenceDialOut, Self::CustomerSupport, Self::DirectMarketing];

    /// As written: `conference-dial-out`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Nomadic => "nomadic",
            Self::ConferenceDialOut => "conference-dial-out",
            Self::CustomerSupport => "customer-support",
            Self::DirectMarketing => "direct-marketing",
        }
    }

    /// The use of this name.
    pub fn from_wire(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|used| used.as_str() == text)
    }
}

/// What an application answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ApplicationKind {
    /// Calls.
    Voice,
    /// Text messages.
    Sms,
    /// USSD sessions: kept for imports, never executed.
    Ussd,
}

/// A named pointer to documents, used by several numbers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Application {
    /// Identity.
    pub sid: ApplicationSid,
    /// Optimistic lock.
    pub version: u32,
    /// Owner; even a parent account may not see it through the classic API.
    pub account_sid: AccountSid,
    /// At most 64 characters.
    pub friendly_name: String,
    /// What it answers; Twilio applications answer both.
    pub kind: Option<ApplicationKind>,
    /// Language of its documents.
    pub dialect: Dialect,
    /// `RcmlUrl` in the classic API, `VoiceUrl` in Twilio's.
    pub voice: WebhookSet,
    /// `SmsUrl`.
    pub sms: WebhookSet,
    /// Told of call states.
    pub status_callback: Option<Webhook>,
    /// Told of message states.
    pub sms_status_callback: Option<Webhook>,
    /// Look the caller's name up.
    pub voice_caller_id_lookup: bool,
    /// Creation.
    pub created_at: Timestamp,
    /// Last change.
    pub updated_at: Timestamp,
}

/// A number of somebody else that an account has shown to hold, usable as caller id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutgoingCallerId {
    /// Identity.
    pub sid: NumberSid,
    /// Optimistic lock.
    pub version: u32,
    /// Owner.
    pub account_sid: AccountSid,
    /// At most 64 characters.
    pub friendly_name: String,
    /// The number.
    pub number: E164,
    /// When the code spoken to the number was entered; unverified ids cannot be used.
    pub verified_at: Option<Timestamp>,
    /// Creation.
    pub created_at: Timestamp,
    /// Last change.
    pub updated_at: Timestamp,
}
