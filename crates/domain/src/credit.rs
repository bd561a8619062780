//! Credit: what an account may still spend.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{AccountSid, Money};

/// When an account pays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CreditMode {
    /// Before: it spends what was paid in. Its limit is zero, and calls that come in are refused when nothing is left.
    Prepaid,
    /// After, up to a limit. Calls that come in are taken also when the limit is reached.
    Postpaid,
}

impl CreditMode {
    /// As on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Prepaid => "prepaid",
            Self::Postpaid => "postpaid",
        }
    }
}

/// Terms on which an account spends. An account without terms spends on those of its nearest ancestor that has some; where none has,
/// it is postpaid without a limit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Credit {
    /// Whose; also of the accounts below that have no terms of their own.
    pub account_sid: AccountSid,
    /// Optimistic lock.
    pub version: u32,
    /// Before or after.
    pub mode: CreditMode,
    /// How far it may owe; zero for a prepaid account.
    pub limit: Money,
    /// Since when.
    pub created_at: Timestamp,
    /// Last change.
    pub updated_at: Timestamp,
}

/// The terms, and where the account stands with them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreditState {
    /// The terms.
    pub terms: Credit,
    /// What is rated, less what was paid in; negative while something paid in is left. With all accounts that spend here.
    pub owed: Money,
    /// Sum of open grants.
    pub granted: Money,
}

impl CreditState {
    /// What may still be granted; negative where more was charged than granted.
    pub fn available(&self) -> Money {
        self.terms.limit - self.owed - self.granted
    }
}

/// Money set aside for something that has begun, until it is charged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grant {
    /// What for: a call's or a message's sid.
    pub id: String,
    /// The account with the terms it is granted on.
    pub payer: AccountSid,
    /// How much.
    pub amount: Money,
    /// When it was first granted.
    pub made_at: Timestamp,
}
