//! Changes of terms: announced by the operator for all contracts, told to each customer; and the letters that bring notices.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::{
    AccountSid, EmailSid, LetterChannel, NoticeGround, PriceNoticeSid, PromotionLabel, SidError,
    SubscriptionSid, Terms, TermsChangeSid, TermsNoticeSid,
};

/// A change of terms for all contracts in force. It goes from contract to contract in the background.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TermsChange {
    /// Identity.
    pub sid: TermsChangeSid,
    /// Optimistic lock.
    pub version: u32,
    /// The operator's account.
    pub account_sid: AccountSid,
    /// The documents as they are to be.
    pub terms: Vec<Terms>,
    /// What changes, in each language.
    pub words: PromotionLabel,
    /// First day, in the plan's zone. A customer who is told later has the time of a notice all the same.
    pub from: Date,
    /// The ground on which nobody may leave because of it.
    pub ground: Option<NoticeGround>,
    /// What the ground is, in the operator's words.
    pub ground_note: String,
    /// The last account that was looked at.
    pub after: Option<AccountSid>,
    /// Contracts looked at.
    pub seen: u64,
    /// Customers told.
    pub told: u64,
    /// Who announced it: an account, a key, or a person.
    pub by: String,
    /// When a process has to look at it; `None` once everybody was told.
    pub due_at: Option<Timestamp>,
    /// When it was announced.
    pub created_at: Timestamp,
    /// Last change.
    pub updated_at: Timestamp,
}

/// A change of terms that a customer was told of. Append-only.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TermsNotice {
    /// Identity.
    pub sid: TermsNoticeSid,
    /// The change.
    pub change_sid: TermsChangeSid,
    /// The contract.
    pub subscription_sid: SubscriptionSid,
    /// Its account.
    pub account_sid: AccountSid,
    /// The documents as they are to be.
    pub terms: Vec<Terms>,
    /// What changes, in the customer's language.
    pub words: String,
    /// When it was announced.
    pub announced_at: Timestamp,
    /// From then on they hold, also for whoever gives no answer.
    pub effective_at: Timestamp,
    /// Until when the customer who leaves keeps the old terms to the end, where no ground takes that right away.
    pub exit_until: Timestamp,
    /// The ground that was ticked, on which nobody may leave because of it.
    pub ground: Option<NoticeGround>,
    /// What the ground is, in the operator's words.
    pub ground_note: String,
}

impl TermsNotice {
    /// Whether a customer who leaves at `at` keeps the old terms to the end.
    pub fn keeps_old_terms(&self, at: Timestamp) -> bool {
        self.ground.is_none() && at < self.exit_until
    }
}

/// A notice of prices or of terms.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(untagged)]
pub enum NoticeSid {
    /// Of prices.
    Price(PriceNoticeSid),
    /// Of terms.
    Terms(TermsNoticeSid),
}

impl NoticeSid {
    /// The number behind the digits.
    pub const fn as_u128(self) -> u128 {
        match self {
            Self::Price(sid) => sid.as_u128(),
            Self::Terms(sid) => sid.as_u128(),
        }
    }
}

impl fmt::Display for NoticeSid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Price(sid) => sid.fmt(f),
            Self::Terms(sid) => sid.fmt(f),
        }
    }
}

impl FromStr for NoticeSid {
    type Err = SidError;

    fn from_str(text: &str) -> Result<Self, SidError> {
        text.parse().map(Self::Price).or_else(|_| text.parse().map(Self::Terms))
    }
}

/// One letter that brings a notice, word by word: the proof that the customer was told, with what became of its e-mail. Append-only; a
/// notice that did not arrive is written again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NoticeLetter {
    /// What it brings.
    pub notice_sid: NoticeSid,
    /// From 1, within the notice.
    pub number: u32,
    /// Whose.
    pub account_sid: AccountSid,
    /// How it went.
    pub channel: LetterChannel,
    /// Its e-mail, where there is one.
    pub email_sid: Option<EmailSid>,
    /// Why there is none.
    pub failure: Option<String>,
    /// Subject.
    pub subject: String,
    /// Text.
    pub text: String,
    /// SHA-256 over subject, line feed and text, 64 hexadecimal digits.
    pub sha256: String,
    /// When.
    pub written_at: Timestamp,
}
