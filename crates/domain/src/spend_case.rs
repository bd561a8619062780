//! An account spent in a way its operator wants to look at.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::customer::words;
use crate::{AccountSid, SpendCaseSid};

words! {
    /// Which of the operator's limits was reached.
    SpendRule {
        /// What an account spends in a day while it is new.
        NewAccount = "new-account-day",
        /// What an account spends in a day.
        Day = "day",
        /// What an account spends in a day on one category of usage records.
        Category = "category-day",
        /// Several times what it spends on other days.
        Spike = "spike",
        /// Calls and messages to one number in an hour.
        Destination = "destination-hour",
    }
}

/// Somebody has looked at it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cleared {
    /// Who: an account, a key, a person.
    pub by: String,
    /// What was found, at most 200 characters.
    pub note: String,
    /// When.
    pub at: Timestamp,
}

/// A limit was reached. One account has one case of a rule, for one thing, in one UTC day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SpendCase {
    /// Identity.
    pub sid: SpendCaseSid,
    /// Optimistic lock.
    pub version: u32,
    /// Who spent.
    pub account_sid: AccountSid,
    /// Which limit.
    pub rule: SpendRule,
    /// Of what, where the rule counts several things: the category, the number.
    pub subject: String,
    /// The UTC day.
    pub day: Date,
    /// The limit: an amount in EUR, or a count.
    pub limit: String,
    /// What was seen, in the same unit.
    pub seen: String,
    /// The account was stopped for it.
    pub holds: bool,
    /// When it was opened.
    pub opened_at: Timestamp,
    /// Who looked at it; `None` while nobody has.
    pub cleared: Option<Cleared>,
}
