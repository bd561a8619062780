//! Promotions: what an operator gives for a time, and who has taken it.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::{AccountSid, CustomerKind, Language, Money, RedemptionSid, SubscriptionSid};

/// What a promotion gives. They apply in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PromotionKind {
    /// Another price for the items; never a higher one.
    PriceOverride(Money),
    /// Units of the items that cost nothing, together, on each invoice.
    FreeUnits(u64),
    /// Millionths off the lines of the items, each rounded to cents on its own.
    PercentOff(u32),
    /// Off each document, before tax.
    AmountOff(Money),
    /// A credit, such as a welcome credit: off the documents after all else until it is used up, never paid out.
    Credit(Money),
}

impl PromotionKind {
    /// As on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::PriceOverride(_) => "price_override",
            Self::FreeUnits(_) => "free_units",
            Self::PercentOff(_) => "percent",
            Self::AmountOff(_) => "amount_off_document",
            Self::Credit(_) => "credit",
        }
    }
}

/// A promotion's name as printed, in each language of documents.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PromotionLabel {
    /// Dutch.
    pub nl: String,
    /// French.
    pub fr: String,
    /// German.
    pub de: String,
    /// English.
    pub en: String,
}

impl PromotionLabel {
    /// In a language.
    pub fn in_language(&self, language: Language) -> &str {
        match language {
            Language::Nl => &self.nl,
            Language::Fr => &self.fr,
            Language::De => &self.de,
            Language::En => &self.en,
        }
    }
}

/// Who may take a promotion.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Eligibility {
    /// Whoever orders.
    pub new: bool,
    /// Whoever has a contract in force.
    pub existing: bool,
    /// Kinds of customers; all of them if empty.
    pub kinds: Vec<CustomerKind>,
    /// A segment: these accounts; all of them if empty.
    pub accounts: Vec<AccountSid>,
}

/// A promotion as the operator made it. What it gives never changes; it may end to be taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Promotion {
    /// Identity: `welcome-2026`.
    pub id: String,
    /// Optimistic lock.
    pub version: u32,
    /// The operator's account.
    pub account_sid: AccountSid,
    /// What has to be said to take it, in capitals; by its id where it has none.
    pub code: Option<String>,
    /// As printed.
    pub label: PromotionLabel,
    /// What it gives.
    pub kind: PromotionKind,
    /// Price items it is for; empty: all.
    pub items: Vec<String>,
    /// First day on which it may be taken.
    pub starts: Date,
    /// Last day on which it may be taken; and the last it holds where `duration_months` does not say.
    pub ends: Option<Date>,
    /// Calendar months it holds once taken; the month of taking is the first.
    pub duration_months: Option<u32>,
    /// Who may take it.
    pub eligibility: Eligibility,
    /// A subscription has one promotion of a group at a time.
    pub stack_group: Option<String>,
    /// Subscriptions that may take it, in all.
    pub cap: Option<u32>,
    /// What it may give, in all.
    pub budget: Option<Money>,
    /// The operator ended it.
    pub ended_at: Option<Timestamp>,
    /// Creation.
    pub created_at: Timestamp,
}

impl Promotion {
    /// The last day it holds if it is taken on a day; `None` where that day is past all days.
    pub fn holds_until(&self, taken: Date) -> Option<Date> {
        let Some(months) = self.duration_months else { return self.ends };
        let first = taken.first_of_month();
        first.checked_add(jiff::Span::new().months(months)).ok()?.yesterday().ok()
    }

    /// The most that is set aside of its budget when it is taken and holds from one day to another: what it gives is owed from then on. Of
    /// the kinds that depend on use nothing is known yet.
    pub fn reserved(&self, from: Date, until: Date) -> Money {
        let months = i64::from(until.year() - from.year()) * 12 + i64::from(until.month() - from.month()) + 1;
        match self.kind {
            PromotionKind::Credit(amount) => amount,
            PromotionKind::AmountOff(amount) => {
                amount.checked_mul(months.max(1)).unwrap_or(Money::from_micros(i64::MAX))
            }
            PromotionKind::PriceOverride(_) | PromotionKind::FreeUnits(_) | PromotionKind::PercentOff(_) => {
                Money::ZERO
            }
        }
    }

    /// As a customer has it: whoever else may take it, and how often, is the operator's.
    #[must_use]
    pub fn for_customer(mut self) -> Self {
        self.eligibility.accounts.clear();
        (self.cap, self.budget) = (None, None);
        self
    }

    /// Whether it may be taken on a day.
    pub fn is_open_on(&self, day: Date) -> bool {
        self.ended_at.is_none() && self.starts <= day && self.ends.is_none_or(|ends| day <= ends)
    }
}

/// A promotion and how far it was used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PromotionState {
    /// As it was made.
    pub promotion: Promotion,
    /// Subscriptions that took it.
    pub taken: u64,
    /// Of the budget: set aside or given.
    pub spent: Money,
}

/// A promotion that a subscription has taken, pinned as it was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Redemption {
    /// Identity.
    pub sid: RedemptionSid,
    /// Optimistic lock.
    pub version: u32,
    /// The contract.
    pub subscription_sid: SubscriptionSid,
    /// Its account.
    pub account_sid: AccountSid,
    /// As it was when it was taken.
    pub promotion: Promotion,
    /// When.
    pub taken_at: Timestamp,
    /// First day it holds.
    pub from: Date,
    /// Last day it holds.
    pub until: Date,
    /// Set aside of the budget.
    pub reserved: Money,
    /// What invoices have given by it.
    pub given: Money,
    /// Who took it: an account, a key, or a person.
    pub by: String,
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn promotion(kind: PromotionKind, ends: Option<Date>, duration_months: Option<u32>) -> Promotion {
        let label = || "a".to_owned();
        Promotion {
            id: "a".to_owned(),
            version: 1,
            account_sid: AccountSid::from_u128(1),
            code: None,
            label: PromotionLabel { nl: label(), fr: label(), de: label(), en: label() },
            kind,
            items: Vec::new(),
            starts: date(2026, 11, 1),
            ends,
            duration_months,
            eligibility: Eligibility { new: true, existing: true, kinds: Vec::new(), accounts: Vec::new() },
            stack_group: None,
            cap: None,
            budget: None,
            ended_at: None,
            created_at: Timestamp::UNIX_EPOCH,
        }
    }

    #[test]
    fn the_month_of_taking_is_the_first_of_its_months() {
        let three = promotion(PromotionKind::FreeUnits(1), Some(date(2026, 12, 31)), Some(3));
        assert_eq!(three.holds_until(date(2026, 11, 30)), Some(date(2027, 1, 31)));
        assert_eq!(three.holds_until(date(2026, 12, 31)), Some(date(2027, 2, 28)), "taken on its last day");
        let dated = promotion(PromotionKind::FreeUnits(1), Some(date(2026, 12, 31)), None);
        assert_eq!(dated.holds_until(date(2026, 11, 30)), Some(date(2026, 12, 31)));
        assert!(dated.is_open_on(date(2026, 12, 31)) && !dated.is_open_on(date(2027, 1, 1)));
        assert!(!dated.is_open_on(date(2026, 10, 31)));
        let ended = Promotion { ended_at: Some(Timestamp::UNIX_EPOCH), ..dated };
        assert!(!ended.is_open_on(date(2026, 12, 1)));
    }

    #[test]
    fn what_is_owed_for_sure_is_set_aside() {
        let five = Money::from_micros(5_000_000);
        let reserved = |kind| promotion(kind, None, Some(3)).reserved(date(2026, 11, 30), date(2027, 1, 31));
        assert_eq!(reserved(PromotionKind::Credit(five)), five);
        assert_eq!(reserved(PromotionKind::AmountOff(five)), Money::from_micros(15_000_000));
        assert_eq!(reserved(PromotionKind::PercentOff(100_000)), Money::ZERO);
    }
}
