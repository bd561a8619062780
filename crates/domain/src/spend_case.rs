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
        /// What an account spends in a calendar month (UTC).
        Month = "month",
        /// Several times what it spends on other days.
        Spike = "spike",
        /// Several times in an hour what it spends in other hours.
        SpikeHour = "spike-hour",
        /// What one call costs; the subject is its sid.
        Call = "call",
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
    /// How many times the limit it was then: more opens another case.
    #[serde(default)]
    pub up_to: u32,
}

/// A limit was reached. One account has one open case of a rule, for one thing, in one UTC day.
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
    /// The UTC day; of a month, its first.
    pub day: Date,
    /// How many times the limit it was, rounded down.
    #[serde(default = "first_round")]
    pub round: u32,
    /// The limit: an amount in EUR, or a count.
    pub limit: String,
    /// What was seen, in the same unit.
    pub seen: String,
    /// The account was stopped for it.
    pub holds: bool,
    /// Accounts whose status this case has set to suspended, and gives back; a contract that it has stopped says so itself. `None` in cases of
    /// before.
    #[serde(default)]
    pub suspended: Option<Vec<AccountSid>>,
    /// When it was opened.
    pub opened_at: Timestamp,
    /// Who looked at it; `None` while nobody has.
    pub cleared: Option<Cleared>,
}

const fn first_round() -> u32 {
    1
}
