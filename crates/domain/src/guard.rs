//! What the guard against artificial traffic decided, and why.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{AccountSid, GuardCaseSid, GuardDecisionSid, VerificationAttemptSid, VerifyChannel, VerifyScope};

/// Rules, in the order in which they are asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum GuardRule {
    /// Sendings to one number in 10 minutes.
    #[serde(rename = "number-10-minutes")]
    NumberOften,
    /// Sendings to one number in a day.
    #[serde(rename = "number-day")]
    NumberDaily,
    /// Sendings for one client address in an hour.
    #[serde(rename = "client-hour")]
    ClientOften,
    /// Sendings to one block of numbers in an hour.
    #[serde(rename = "block-hour")]
    BlockOften,
    /// A block of numbers where hardly any code is ever used.
    #[serde(rename = "block-unverified")]
    BlockUnused,
}

impl GuardRule {
    /// Every rule, in the order in which they are asked.
    pub const ALL: [Self; 5] =
        [Self::NumberOften, Self::NumberDaily, Self::ClientOften, Self::BlockOften, Self::BlockUnused];

    /// Constant for programs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NumberOften => "number-10-minutes",
            Self::NumberDaily => "number-day",
            Self::ClientOften => "client-hour",
            Self::BlockOften => "block-hour",
            Self::BlockUnused => "block-unverified",
        }
    }

    /// The rule of this constant.
    pub fn from_wire(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|rule| rule.as_str() == text)
    }

    /// Whether it speaks of fraud, and not of one impatient person.
    pub const fn is_fraud(self) -> bool {
        matches!(self, Self::BlockOften | Self::BlockUnused | Self::ClientOften)
    }
}

/// What a rule saw.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct GuardFigure {
    /// Which rule.
    pub rule: GuardRule,
    /// How many sendings there were.
    pub seen: u64,
    /// At how many it refuses.
    pub most: u64,
    /// How many of them were used, where the rule asks for that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub used: Option<u64>,
    /// Whether it refuses.
    pub refuses: bool,
}

/// What was decided about one request for a code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GuardDecision {
    /// Identity. That of an allowed request has the digits of its attempt.
    pub sid: GuardDecisionSid,
    /// Who asked for the code.
    pub account_sid: AccountSid,
    /// What for.
    pub scope: VerifyScope,
    /// Who was to read it.
    pub to: String,
    /// Country of the number, where it is known.
    pub country: Option<String>,
    /// How.
    pub channel: VerifyChannel,
    /// The rule that refused; `None` for an allowed request.
    pub refused_by: Option<GuardRule>,
    /// What each rule saw.
    pub figures: Vec<GuardFigure>,
    /// The recipient is on the safe list, so that rules about fraud refuse nothing.
    pub is_safe: bool,
    /// The case a refusal belongs to, where the rule speaks of fraud.
    pub case_sid: Option<GuardCaseSid>,
    /// When.
    pub created_at: Timestamp,
}

impl GuardDecision {
    /// The sending that followed, where it was allowed.
    pub fn attempt(&self) -> Option<VerificationAttemptSid> {
        self.refused_by.is_none().then(|| VerificationAttemptSid::from_u128(self.sid.as_u128()))
    }
}

/// Refusals of one rule for one reason, until somebody has looked at it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GuardCase {
    /// Identity.
    pub sid: GuardCaseSid,
    /// Optimistic lock.
    pub version: u32,
    /// Whose traffic.
    pub account_sid: AccountSid,
    /// Which rule.
    pub rule: GuardRule,
    /// What it counts by: a block of numbers, or the digest of an address.
    pub subject: String,
    /// What the rule saw when the case was opened.
    pub figure: GuardFigure,
    /// Refusals so far; counted to [`GuardCase::COUNTED_MAX`].
    pub refusals: u64,
    /// The last of them.
    pub last_at: Timestamp,
    /// When somebody let the traffic through again; what was sent before does not count any more.
    pub released_at: Option<Timestamp>,
    /// What they said.
    pub note: Option<String>,
    /// When it was opened.
    pub created_at: Timestamp,
}

impl GuardCase {
    /// Refusals of a case that are kept and counted: a flood is not to fill the disk.
    pub const COUNTED_MAX: u64 = 1_000;
}
