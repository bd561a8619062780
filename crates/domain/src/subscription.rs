//! The contract of an account: what was offered, accepted, pinned and announced.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::customer::words;
use crate::{
    AccountSid, InvoiceSid, Language, Money, PinSid, PriceNoticeSid, Promotion, SubscriptionSid, SummarySid,
};

words! {
    /// Where a contract stands.
    SubscriptionState {
        /// Nothing was offered.
        Draft = "draft",
        /// A summary was issued and may be accepted.
        Offered = "offered",
        /// It was not accepted in time.
        Expired = "expired",
        /// Accepted; the customer has still to be identified.
        Ordered = "ordered",
        /// Ordered before the summary could be shown: waits for the customer's word.
        NotInForce = "not_in_force",
        /// In force.
        Active = "active",
        /// The customer's own cap was reached.
        Capped = "capped",
        /// Nothing is left to spend.
        Limited = "limited",
        /// Stopped by the operator.
        Suspended = "suspended",
        /// Cancelled; late events are waited for.
        Closing = "closing",
        /// Over.
        Closed = "closed",
        /// Over, and personal data is gone.
        Erased = "erased",
    }
}

impl SubscriptionState {
    /// Whether the customer has a contract that is neither left nor over, stopped or not.
    pub const fn is_in_force(self) -> bool {
        matches!(self, Self::Active | Self::Capped | Self::Limited | Self::Suspended)
    }
}

words! {
    /// Why a contract is stopped.
    SuspensionReason {
        /// An invoice was not paid, after a warning.
        NonPayment = "non_payment",
        /// Its use looks like fraud. Needs no warning.
        FraudHold = "fraud_hold",
        /// Who the customer is, is not known any more.
        IdentityLapse = "identity_lapse",
    }
}

/// A contract is stopped: what costs money and goes out is refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Suspension {
    /// Why.
    pub reason: SuspensionReason,
    /// The invoice that was not paid.
    pub invoice_sid: Option<InvoiceSid>,
    /// What the operator noted, at most 200 characters.
    pub note: String,
    /// Who did it: an account, a key, a person, or `dunning`.
    pub by: String,
    /// When.
    pub at: Timestamp,
}

/// The right of a consumer who ordered at a distance to go back on the contract (Directive 2011/83/EU, Articles 9 to 16).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Withdrawal {
    /// First instant at which it is over.
    pub until: Timestamp,
    /// When the consumer asked expressly that service begins before; until then nothing that costs money is served.
    pub begun_at: Option<Timestamp>,
    /// When it was used.
    pub used_at: Option<Timestamp>,
}

/// A summary as it was shown: frozen, numbered by its sid. Append-only.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summary {
    /// Identity.
    pub sid: SummarySid,
    /// The contract it is of.
    pub subscription_sid: SubscriptionSid,
    /// Its account.
    pub account_sid: AccountSid,
    /// SHA-256 of `text`, 64 hexadecimal digits.
    pub sha256: String,
    /// Media type of `text`.
    pub media_type: String,
    /// The document.
    pub text: String,
    /// The same as PDF, in base64; empty where it was issued as text alone.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub pdf: String,
    /// When.
    pub issued_at: Timestamp,
}

/// What may be accepted: a summary, and until when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Offer {
    /// The summary.
    pub summary_sid: SummarySid,
    /// Its SHA-256.
    pub summary_sha256: String,
    /// Plan and version it is of.
    pub plan: String,
    /// SHA-256 of that plan's file.
    pub plan_sha256: String,
    /// Language of the summary.
    pub language: Language,
    /// When it was issued.
    pub issued_at: Timestamp,
    /// It may be accepted before this.
    pub valid_until: Timestamp,
    /// Promotions that stand in the summary and are taken with the order.
    #[serde(default)]
    pub promotions: Vec<Promotion>,
}

/// The contract of an account. An account has one that is not over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subscription {
    /// Identity.
    pub sid: SubscriptionSid,
    /// Optimistic lock.
    pub version: u32,
    /// Whose; also of the accounts below that have none.
    pub account_sid: AccountSid,
    /// Where it stands.
    pub state: SubscriptionState,
    /// The last offer.
    pub offer: Offer,
    /// Acceptance.
    pub ordered_at: Option<Timestamp>,
    /// Prices are pinned from here.
    pub activated_at: Option<Timestamp>,
    /// Cancellation takes effect here.
    pub ends_at: Option<Timestamp>,
    /// When it was over.
    pub closed_at: Option<Timestamp>,
    /// Why it is stopped, while it is.
    #[serde(default)]
    pub suspension: Option<Suspension>,
    /// A consumer's right to go back on it.
    #[serde(default)]
    pub withdrawal: Option<Withdrawal>,
    /// Creation.
    pub created_at: Timestamp,
    /// Last change.
    pub updated_at: Timestamp,
}

impl Subscription {
    /// Whether a consumer still may go back on it, and has not asked that service begins before: nothing may cost him anything.
    pub fn waits_to_begin(&self, now: Timestamp) -> bool {
        self.withdrawal.as_ref().is_some_and(|right| right.begun_at.is_none() && now < right.until)
    }

    /// Whether a consumer has gone back on it.
    pub fn is_withdrawn(&self) -> bool {
        self.withdrawal.as_ref().is_some_and(|right| right.used_at.is_some())
    }
}

/// Terms that were accepted with an order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Terms {
    /// `general`, `special`, `privacy`.
    pub id: String,
    /// Such as `2026-01`.
    pub version: String,
    /// SHA-256 of the document, 64 hexadecimal digits.
    pub sha256: String,
    /// Where the frozen copy is.
    pub url: String,
    /// They say what a consumer who pays late owes besides: the fixed sum and interest of the Code of Economic Law, Article XIX.4.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub late_charges: bool,
}

impl Default for Terms {
    fn default() -> Self {
        Self {
            id: "general".to_owned(),
            version: "2026-01".to_owned(),
            sha256: String::new(),
            url: String::new(),
            late_charges: false,
        }
    }
}

/// The proof of an order. Append-only.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Acceptance {
    /// The contract.
    pub subscription_sid: SubscriptionSid,
    /// Whose.
    pub account_sid: AccountSid,
    /// Who accepted: an account, a key, or a person.
    pub user: String,
    /// Plan and version.
    pub plan: String,
    /// SHA-256 of the plan's file.
    pub plan_sha256: String,
    /// The summary that was shown.
    pub summary_sid: SummarySid,
    /// Its SHA-256.
    pub summary_sha256: String,
    /// Its language.
    pub language: Language,
    /// Documents accepted with it.
    pub terms: Vec<Terms>,
    /// When the summary was shown.
    pub shown_at: Timestamp,
    /// When.
    pub accepted_at: Timestamp,
    /// `console` or `api`.
    pub channel: String,
    /// Address the order came from.
    pub ip: String,
    /// Program it came from, at most 256 characters.
    pub user_agent: String,
    /// What each item cost by which price version: `sms.out` to `flexio-be/1`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub pins: BTreeMap<String, String>,
    /// `summary` where a small company gave its protection up; `early_start` where a consumer asked that service begins within the time
    /// to withdraw, and knows that its use is then to be paid.
    pub waivers: Vec<String>,
    /// The sentence the customer agreed to, word by word.
    pub statement: String,
    /// HMAC-SHA-256 of all above under the installation's key, in hexadecimal digits.
    pub signature: String,
}

words! {
    /// Why a price is what it is.
    PinReason {
        /// The order.
        Order = "order",
        /// A notice whose date has come.
        Notice = "notice",
        /// A promotion that was taken.
        Promotion = "promotion",
        /// The customer left because of a notice: the price before it.
        ExitRight = "exit_right",
    }
}

/// From when on which plan version prices an item for a subscription. Append-only; the last one before an event holds. One with an end is
/// a promotion's: while it lasts it holds where it is cheaper.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PricePin {
    /// Identity.
    pub sid: PinSid,
    /// The contract.
    pub subscription_sid: SubscriptionSid,
    /// Its account.
    pub account_sid: AccountSid,
    /// Item code, or every item.
    pub item: Option<String>,
    /// First instant.
    pub valid_from: Timestamp,
    /// First instant after; a promotion's.
    #[serde(default)]
    pub valid_until: Option<Timestamp>,
    /// Plan and version, or what a promotion made of it: `flexio-be/1+spring@0.30`.
    pub plan: String,
    /// Why.
    pub reason: PinReason,
    /// The notice it came with.
    pub notice_sid: Option<PriceNoticeSid>,
    /// When it was made.
    pub created_at: Timestamp,
}

words! {
    /// Why a change of prices gives no right to leave because of it (Directive (EU) 2018/1972, Article 105(4)).
    NoticeGround {
        /// It is exclusively to the customer's advantage.
        Advantage = "advantage",
        /// It is purely administrative and harms nobody.
        Administrative = "administrative",
        /// It is imposed directly by law.
        Law = "law",
    }
}

/// An item whose price changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PriceChange {
    /// Item code.
    pub item: String,
    /// Before.
    pub old: Money,
    /// After.
    pub new: Money,
}

/// A change of prices that was announced to a customer. Append-only.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PriceNotice {
    /// Identity.
    pub sid: PriceNoticeSid,
    /// The contract.
    pub subscription_sid: SubscriptionSid,
    /// Its account.
    pub account_sid: AccountSid,
    /// Plan and version that prices from then on.
    pub plan: String,
    /// What changes.
    pub changes: Vec<PriceChange>,
    /// Exclusively to the customer's advantage.
    pub is_advantage: bool,
    /// When it was announced.
    pub announced_at: Timestamp,
    /// When it takes effect.
    pub effective_at: Timestamp,
    /// Until when the customer who leaves keeps the old prices to the end, where no ground takes that right away.
    pub exit_until: Timestamp,
    /// The ground that was ticked, on which nobody may leave because of it.
    #[serde(default)]
    pub ground: Option<NoticeGround>,
    /// What the ground is, in the operator's words: which law.
    #[serde(default)]
    pub ground_note: String,
}

impl PriceNotice {
    /// Whether a customer who leaves at `at` keeps the old prices to the end.
    pub fn keeps_old_prices(&self, at: Timestamp) -> bool {
        self.ground.is_none() && !self.is_advantage && at < self.exit_until
    }
}
