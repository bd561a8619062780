//! Verifications: one-time codes that prove that somebody reads a number or an address.
//!
//! No type here holds a code: what is kept is a keyed digest.

use std::collections::BTreeMap;

use std::net::IpAddr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    AccountSid, Address, CallSid, E164, EmailAddress, EmailSid, LimitBucketSid, MessageSid,
    MessagingServiceSid, Pii, SafeNumberSid, SendLimitSid, TotpDefaults, UsageLabels, VerificationAttemptSid,
    VerificationSid, VerifyServiceSid, VerifyTemplateSid, VerifyWebhookSid, Webhook,
};

/// How a code travels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum VerifyChannel {
    /// A text message.
    Sms,
    /// A call that speaks it.
    Call,
    /// An e-mail.
    Email,
}

impl VerifyChannel {
    /// As on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sms => "sms",
            Self::Call => "call",
            Self::Email => "email",
        }
    }

    /// The channel of this wire name.
    pub fn from_wire(text: &str) -> Option<Self> {
        [Self::Sms, Self::Call, Self::Email].into_iter().find(|channel| channel.as_str() == text)
    }
}

/// State of a verification. Only a pending one changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum VerificationStatus {
    /// Waits for its code.
    Pending,
    /// The right code came.
    Approved,
    /// Withdrawn, or replaced by a later one.
    Canceled,
    /// Too many wrong codes.
    MaxAttemptsReached,
    /// Nobody gave the code in time.
    Expired,
}

impl VerificationStatus {
    /// As kept, and as Twilio writes it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Approved => "approved",
            Self::Canceled => "canceled",
            Self::MaxAttemptsReached => "max_attempts_reached",
            Self::Expired => "expired",
        }
    }
}

/// What a code is for: a service of Twilio's Verify, or a name the customer of Smart 2FA chose.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum VerifyScope {
    /// A service resource.
    Service(VerifyServiceSid),
    /// A name of at most 64 characters.
    Named(String),
}

impl VerifyScope {
    /// One text for both, for look-ups.
    pub fn key(&self) -> String {
        match self {
            Self::Service(sid) => sid.to_string(),
            Self::Named(name) => format!("name:{name}"),
        }
    }
}

/// Settings that verifications of one purpose share.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "independent switches of a public resource")]
pub struct VerifyService {
    /// Identity.
    pub sid: VerifyServiceSid,
    /// Optimistic lock.
    pub version: u32,
    /// Owner.
    pub account_sid: AccountSid,
    /// Named in the text, at most 30 characters.
    pub friendly_name: String,
    /// Digits of a code, 4 to 10.
    pub code_length: u8,
    /// Look the number up with each verification.
    pub lookup_enabled: bool,
    /// Refuse text messages to landlines before they are tried.
    pub skip_sms_to_landlines: bool,
    /// A call speaks the code only after a key was pressed.
    pub dtmf_input_required: bool,
    /// Spoken instead of the friendly name.
    pub tts_name: Option<String>,
    /// Codes may be given with the request.
    pub custom_code_enabled: bool,
    /// The text warns not to share the code.
    pub do_not_share_warning_enabled: bool,
    /// Payee and amount belong to the code.
    pub psd2_enabled: bool,
    /// What new factors begin with.
    #[serde(default)]
    pub totp: TotpDefaults,
    /// The words, where a request names no others.
    #[serde(default)]
    pub default_template_sid: Option<VerifyTemplateSid>,
    /// Told what happens, at most ten.
    #[serde(default)]
    pub webhooks: Vec<VerifyWebhook>,
    /// Who sends to which country, one each.
    #[serde(default)]
    pub senders: Vec<CountrySender>,
    /// Creation.
    pub created_at: Timestamp,
    /// Last change.
    pub updated_at: Timestamp,
}

/// Told what happens in a service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VerifyWebhook {
    /// Identity.
    pub sid: VerifyWebhookSid,
    /// For people.
    pub friendly_name: String,
    /// Which events, `*` for all of them.
    pub events: Vec<String>,
    /// Where to.
    pub webhook: Webhook,
    /// Whether it is told at present.
    pub is_enabled: bool,
    /// Creation.
    pub created_at: Timestamp,
    /// Last change.
    pub updated_at: Timestamp,
}

/// Who sends a service's codes to a country.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CountrySender {
    /// ISO 3166 alpha-2 code, or `all` for those that have none of their own.
    pub country: String,
    /// Its senders.
    pub messaging_service_sid: MessagingServiceSid,
    /// Creation.
    pub created_at: Timestamp,
    /// Last change.
    pub updated_at: Timestamp,
}

/// Texts of a customer's own around a code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VerifyTemplate {
    /// Identity.
    pub sid: VerifyTemplateSid,
    /// Optimistic lock.
    pub version: u32,
    /// Owner.
    pub account_sid: AccountSid,
    /// 1 to 32 characters.
    pub friendly_name: String,
    /// Channels it is for.
    pub channels: Vec<VerifyChannel>,
    /// Texts by language: `en`, `nl`, `fr`, `de`.
    pub translations: BTreeMap<String, Translation>,
    /// The language for people whose own has no text.
    pub default_language: String,
    /// Creation.
    pub created_at: Timestamp,
    /// Last change.
    pub updated_at: Timestamp,
}

/// A text in one language.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Translation {
    /// With `{{code}}` in it once.
    pub text: String,
    /// Last change.
    pub updated_at: Timestamp,
}

/// A number that the guard's rules against fraud do not stop.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SafeNumber {
    /// Identity.
    pub sid: SafeNumberSid,
    /// Whose list it is on.
    pub account_sid: AccountSid,
    /// Which.
    pub number: E164,
    /// Creation.
    pub created_at: Timestamp,
}

/// One sending of a code of a verification.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sending {
    /// The attempt it is shown as.
    pub attempt: VerificationAttemptSid,
    /// How.
    pub channel: VerifyChannel,
    /// When.
    pub at: Timestamp,
    /// Keyed digest of the code, in hexadecimal.
    pub digest: String,
    /// The message that carries it.
    pub message_sid: Option<MessageSid>,
    /// The call that speaks it.
    pub call_sid: Option<CallSid>,
    /// The e-mail that carries it.
    #[serde(default)]
    pub email_sid: Option<EmailSid>,
}

/// A code that was asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verification {
    /// Identity.
    pub sid: VerificationSid,
    /// Optimistic lock.
    pub version: u32,
    /// Owner.
    pub account_sid: AccountSid,
    /// What for.
    pub scope: VerifyScope,
    /// Name shown for it.
    pub name: String,
    /// Who is to read the code, as an address.
    pub to: String,
    /// Sender, where the request named one.
    pub from: Option<String>,
    /// State.
    pub status: VerificationStatus,
    /// Every sending so far, at most five. The codes of all of them count until the end.
    pub sendings: Vec<Sending>,
    /// Wrong codes so far.
    pub checks: u8,
    /// Wrong codes that end it.
    pub checks_max: u8,
    /// How long it waits after a sending, in seconds.
    pub ttl_s: u32,
    /// When it no longer waits.
    pub expires_at: Timestamp,
    /// Payee of a payment that is approved (PSD2), part of what is checked.
    pub payee: Option<Pii<String>>,
    /// Amount of it.
    pub amount: Option<Pii<String>>,
    /// When the right code came.
    pub approved_at: Option<Timestamp>,
    /// The channels it still goes by where it does not come back.
    #[serde(default)]
    pub workflow: Option<Box<VerifyWorkflow>>,
    /// Creation.
    pub created_at: Timestamp,
    /// Last change.
    pub updated_at: Timestamp,
}

/// The channels a code still goes by, one after the other.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VerifyWorkflow {
    /// In their order, at least one.
    pub steps: Vec<WorkflowStep>,
    /// When the first of them is due.
    pub next_at: Timestamp,
    /// What is sent, and to whom.
    pub words: WorkflowWords,
}

/// One channel of a workflow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorkflowStep {
    /// Which.
    pub channel: VerifyChannel,
    /// Seconds until the code goes by the next one.
    pub wait_s: u32,
}

/// What the channels of a workflow have in common.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorkflowWords {
    /// Recipient of messages and calls.
    pub number: Option<E164>,
    /// Sender of them.
    pub from: Option<Address>,
    /// Recipient of e-mails.
    pub email_to: Option<EmailAddress>,
    /// Sender of them.
    pub email_from: String,
    /// Subject of them.
    pub subject: Option<String>,
    /// Text with `{code}` in it.
    pub body: Pii<String>,
    /// Language it is spoken in.
    pub language: String,
    /// Digits of the codes.
    pub code_length: u8,
    /// Times a call says one.
    pub repeat: u8,
    /// Limits by name, and the value to count by.
    pub limits: Vec<(String, String)>,
    /// Address of the end user, as the customer saw it.
    pub client: Option<IpAddr>,
    /// Told of the messages and calls.
    pub status_callback: Option<Webhook>,
    /// What the request is for, and what carries the code.
    #[serde(default)]
    pub labels: UsageLabels,
}

impl Verification {
    /// When its next channel is due, where it waits for one.
    pub fn next_step_at(&self) -> Option<Timestamp> {
        let waits = self.status == VerificationStatus::Pending;
        self.workflow.as_ref().filter(|_| waits).map(|workflow| workflow.next_at)
    }

    /// How the last code travelled.
    pub fn channel(&self) -> VerifyChannel {
        self.sendings.last().map_or(VerifyChannel::Sms, |sending| sending.channel)
    }
}

/// One sending of a code, as it is listed and counted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VerificationAttempt {
    /// Identity.
    pub sid: VerificationAttemptSid,
    /// Owner.
    pub account_sid: AccountSid,
    /// Key of the scope.
    pub scope: VerifyScope,
    /// The verification.
    pub verification_sid: VerificationSid,
    /// Who was to read it.
    pub to: String,
    /// Country of the number: ISO 3166 alpha-2 code, where it is known.
    pub country: Option<String>,
    /// How.
    pub channel: VerifyChannel,
    /// Whether the verification was approved.
    pub converted: bool,
    /// When.
    pub created_at: Timestamp,
    /// When it was converted, or made.
    pub updated_at: Timestamp,
}

/// How many codes may be sent per value of a key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SendLimit {
    /// Identity.
    pub sid: SendLimitSid,
    /// Optimistic lock.
    pub version: u32,
    /// Owner.
    pub account_sid: AccountSid,
    /// The service it is for; `None` for every Smart 2FA service of the account.
    pub service_sid: Option<VerifyServiceSid>,
    /// Unique in the service, or the account: requests name the limit by it.
    pub unique_name: String,
    /// For people.
    pub description: Option<String>,
    /// Periods; all of them must have room.
    pub buckets: Vec<LimitBucket>,
    /// Creation.
    pub created_at: Timestamp,
    /// Last change.
    pub updated_at: Timestamp,
}

/// At most `max` codes in any `interval_s` seconds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LimitBucket {
    /// Identity.
    pub sid: LimitBucketSid,
    /// Label, unique in the limit.
    pub name: String,
    /// Codes.
    pub max: u32,
    /// Seconds.
    pub interval_s: u32,
    /// Creation.
    pub created_at: Timestamp,
    /// Last change.
    pub updated_at: Timestamp,
}
