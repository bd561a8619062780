//! Ledger postings: append-only, double entry.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::{AccountSid, Currency, Money};

/// An account of the ledger.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum LedgerAccount {
    /// `cust:AC…:unbilled`: rated, not invoiced.
    Unbilled(AccountSid),
    /// `cust:AC…:wallet`: paid in and not used; a liability, so its balance is a credit.
    Wallet(AccountSid),
    /// `cust:AC…:receivable`: invoiced, not paid.
    Receivable(AccountSid),
    /// `onward:AC…`: what the account owes to the one above it and that one was invoiced for; a credit, against `unbilled`.
    Onward(AccountSid),
    /// `refund:AC…`: what a customer who has left is to be paid back; a liability, so its balance is a credit.
    Refund(AccountSid),
    /// `rev:voice.in`: revenue of one price item.
    Revenue(String),
    /// `cash:transfer`: money that came by one way of payment.
    Cash(String),
    /// `fee:stripe`: what a payment provider keeps for its work.
    Fee(String),
    /// `goodwill`: credit given away.
    Goodwill,
    /// `bad_debt`: what customers owe and will not pay; less where one pays after all.
    BadDebt,
    /// `tax:BE:21`: value added tax of one country and rate in per cent, owed to the state.
    Tax(String),
    /// `discount:{promotion}`: what a promotion took off invoices.
    Discount(String),
    /// `rounding`: what invoice lines in cents and the sums of exact charges differ by.
    Rounding,
}

impl LedgerAccount {
    /// Whether it says what a customer owes or has paid in.
    pub const fn is_customers(&self) -> bool {
        match self {
            Self::Unbilled(_) | Self::Wallet(_) | Self::Receivable(_) => true,
            Self::Onward(_)
            | Self::Refund(_)
            | Self::Revenue(_)
            | Self::Cash(_)
            | Self::Fee(_)
            | Self::Goodwill
            | Self::BadDebt
            | Self::Tax(_)
            | Self::Discount(_)
            | Self::Rounding => false,
        }
    }
}

impl LedgerAccount {
    /// Whose it is, whatever account a posting belongs to; `None` where it is one of the operator's.
    pub const fn holder(&self) -> Option<AccountSid> {
        match self {
            Self::Unbilled(account)
            | Self::Wallet(account)
            | Self::Receivable(account)
            | Self::Onward(account)
            | Self::Refund(account) => Some(*account),
            Self::Revenue(_)
            | Self::Cash(_)
            | Self::Fee(_)
            | Self::Goodwill
            | Self::BadDebt
            | Self::Tax(_)
            | Self::Discount(_)
            | Self::Rounding => None,
        }
    }
}

impl fmt::Display for LedgerAccount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unbilled(account) => write!(f, "cust:{account}:unbilled"),
            Self::Wallet(account) => write!(f, "cust:{account}:wallet"),
            Self::Receivable(account) => write!(f, "cust:{account}:receivable"),
            Self::Onward(account) => write!(f, "onward:{account}"),
            Self::Refund(account) => write!(f, "refund:{account}"),
            Self::Revenue(item) => write!(f, "rev:{item}"),
            Self::Cash(way) => write!(f, "cash:{way}"),
            Self::Fee(provider) => write!(f, "fee:{provider}"),
            Self::Goodwill => f.write_str("goodwill"),
            Self::BadDebt => f.write_str("bad_debt"),
            Self::Tax(rate) => write!(f, "tax:{rate}"),
            Self::Discount(promotion) => write!(f, "discount:{promotion}"),
            Self::Rounding => f.write_str("rounding"),
        }
    }
}

/// Not the name of a ledger account.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a ledger account")]
pub struct LedgerAccountError;

impl FromStr for LedgerAccount {
    type Err = LedgerAccountError;
    fn from_str(text: &str) -> Result<Self, LedgerAccountError> {
        match text.split(':').collect::<Vec<_>>()[..] {
            ["cust", account, "unbilled"] => {
                account.parse().map(Self::Unbilled).map_err(|_| LedgerAccountError)
            }
            ["cust", account, "wallet"] => account.parse().map(Self::Wallet).map_err(|_| LedgerAccountError),
            ["cust", account, "receivable"] => {
                account.parse().map(Self::Receivable).map_err(|_| LedgerAccountError)
            }
            ["onward", account] => account.parse().map(Self::Onward).map_err(|_| LedgerAccountError),
            ["refund", account] => account.parse().map(Self::Refund).map_err(|_| LedgerAccountError),
            ["tax", country, rate] if !country.is_empty() && !rate.is_empty() => {
                Ok(Self::Tax(format!("{country}:{rate}")))
            }
            ["discount", promotion] if !promotion.is_empty() => Ok(Self::Discount(promotion.to_owned())),
            ["rounding"] => Ok(Self::Rounding),
            ["cash", way] if !way.is_empty() => Ok(Self::Cash(way.to_owned())),
            ["fee", provider] if !provider.is_empty() => Ok(Self::Fee(provider.to_owned())),
            ["goodwill"] => Ok(Self::Goodwill),
            ["bad_debt"] => Ok(Self::BadDebt),
            ["rev", item] if !item.is_empty() => Ok(Self::Revenue(item.to_owned())),
            _ => Err(LedgerAccountError),
        }
    }
}

impl TryFrom<String> for LedgerAccount {
    type Error = LedgerAccountError;
    fn try_from(text: String) -> Result<Self, LedgerAccountError> {
        text.parse()
    }
}

impl From<LedgerAccount> for String {
    fn from(account: LedgerAccount) -> Self {
        account.to_string()
    }
}

/// One side of a posting. Positive is debit, negative is credit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LedgerLeg {
    /// Which ledger account.
    pub account: LedgerAccount,
    /// Debit (+) or credit (−).
    pub amount: Money,
}

/// A posting: at least two legs that sum to zero. Never edited or deleted; a fix is a reversal and a new posting.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LedgerTransaction {
    /// Deterministic: `usage:voice:CA…:leg`. Unique: posting it twice is impossible.
    pub id: String,
    /// Customer account it belongs to.
    pub account_sid: AccountSid,
    /// Event or document that caused it.
    pub reference: String,
    /// Currency of every leg.
    pub currency: Currency,
    /// Two or more; sum zero.
    pub legs: Vec<LedgerLeg>,
    /// When it was posted.
    pub posted_at: Timestamp,
}

/// How many ids [`Faults`] names; the count is complete.
pub const NAMED_FAULTS: usize = 20;

/// What is not as it must be, of one kind.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Faults {
    /// How many.
    pub count: u64,
    /// The first [`NAMED_FAULTS`] names.
    pub ids: Vec<String>,
}

impl Faults {
    /// One more.
    pub fn add(&mut self, id: &str) {
        self.count += 1;
        if self.ids.len() < NAMED_FAULTS {
            self.ids.push(id.to_owned());
        }
    }
}

/// A posting as it is kept: the bytes that were written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptPosting {
    /// Its id.
    pub id: String,
    /// [`LedgerTransaction`] as JSON.
    pub doc: String,
}

/// A leg as its row says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptLeg {
    /// Of which posting.
    pub posting_id: String,
    /// Name of the ledger account, whatever it is.
    pub ledger_account: String,
    /// Debit (+) or credit (−).
    pub amount: Money,
}

/// A link of the chain over the ledger: some postings, and the link before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LedgerSeal {
    /// From 1, without gaps.
    pub number: u64,
    /// Digest of the seal before, 64 hexadecimal digits; zeros for the first.
    pub previous: String,
    /// Over all of this seal: 64 hexadecimal digits.
    pub digest: String,
    /// In the order of the postings' ids, 16 hexadecimal digits each: the beginnings of their digests, by which an altered one is found.
    pub marks: String,
    /// How many postings.
    pub postings: u32,
    /// When it was made.
    pub sealed_at: Timestamp,
}

/// How far the oldest postings are gone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LedgerCarried {
    /// Optimistic lock, from 1.
    pub version: u32,
    /// The last seal that is gone: the chain goes on behind it.
    pub seal: LedgerSeal,
    /// The first day (UTC) of which sums of uses are kept.
    pub day: Date,
    /// How many postings are gone.
    pub postings: u64,
    /// Digest over what they came to, 64 hexadecimal digits.
    pub openings: String,
    /// When the last went.
    pub carried_at: Timestamp,
}

/// What postings that are gone came to in an account of the ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LedgerOpening {
    /// Whose the account of the ledger is.
    pub account_sid: AccountSid,
    /// Its name: `rev:sms.out`.
    pub ledger_account: String,
    /// As a leg.
    pub amount: Money,
}
