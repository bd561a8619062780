//! What an account holds for a time and pays by the month: rented numbers, the flow designer.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{AccountSid, HoldingSid, Money};

/// What is paid by the month.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum HeldItem {
    /// A rented number; the subject is the number.
    #[serde(rename = "number.fixed")]
    Number,
    /// A flow that is published; the subject is its sid. Any number of them is the designer once.
    #[serde(rename = "designer")]
    Designer,
}

impl HeldItem {
    /// Service code of plans.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Number => "number.fixed",
            Self::Designer => "designer",
        }
    }
}

/// The price per month that was in force when the thing was taken, and stays.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MonthlyTerms {
    /// Plan and version, `flexio-be/1`.
    pub plan: String,
    /// Item of that plan, or `free`.
    pub item: String,
    /// For a whole month.
    pub price: Money,
    /// A part of a month costs its days; otherwise a started month is a month.
    pub by_day: bool,
}

/// A time during which something is held at one price. Written in the transaction that makes it so.
///
/// Ends are shortened, never moved on: a holding that was ended before it began (`until` at or before `from`) never was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holding {
    /// Identity. The first holding of a number or flow has the digits of its sid.
    pub sid: HoldingSid,
    /// Who holds it.
    pub account_sid: AccountSid,
    /// What kind of thing.
    pub item: HeldItem,
    /// Which one: `+3225880000`, `FW…`.
    pub subject: String,
    /// Its price.
    pub terms: MonthlyTerms,
    /// First instant.
    pub from: Timestamp,
    /// First instant after; `None` while it is held.
    pub until: Option<Timestamp>,
}

/// The recurring charges of a month are made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClosedMonth {
    /// `2026-11`.
    pub month: String,
    /// Accounts that held something.
    pub accounts: u64,
    /// Charges made for it, free ones included.
    pub charges: u64,
    /// Their sum.
    pub amount: Money,
    /// When it was first closed.
    pub closed_at: Timestamp,
}
