//! Plans, customers, subscriptions, and the prices they pin.

use async_trait::async_trait;
use flexio_domain::*;

use crate::{NoticeChange, PriceRunChange, PromotionChange, StoreError};

/// Changes of the commercial side.
#[derive(Debug, Clone)]
pub enum ContractChange {
    /// Unique: (id, version).
    PublishPlan(PublishedPlan),
    /// Takes a plan version from sale; `Conflict` if it was before.
    RetirePlan(PlanRetirement),
    /// Unique: account.
    CreateCustomer(Customer),
    /// Optimistic.
    UpdateCustomer(Customer),
    /// Unique: sid; and an account has one that is not over.
    CreateSubscription(Subscription),
    /// Optimistic.
    UpdateSubscription(Subscription),
    /// Append-only. Unique: sid.
    KeepSummary(Summary),
    /// Append-only. Unique: (subscription, time).
    Accept(Acceptance),
    /// Append-only. Unique: sid.
    Pin(PricePin),
    /// Append-only. Unique: sid.
    Announce(PriceNotice),
    /// Promotions and who has taken them.
    Promotion(PromotionChange),
    /// Changes of prices for many.
    PriceRun(PriceRunChange),
    /// Changes of terms, and the letters that bring notices.
    Notice(NoticeChange),
}

/// Questions about the commercial side.
#[async_trait]
pub trait ContractStore {
    /// Published plans by id and version.
    async fn plans(&self, limit: u32) -> Result<Vec<PublishedPlan>, StoreError>;
    /// Ids and versions of published plans, in that order.
    async fn plan_labels(&self, limit: u32) -> Result<Vec<(String, u32)>, StoreError>;
    /// Plan versions that are sold no more, in the same order.
    async fn plan_retirements(&self, limit: u32) -> Result<Vec<PlanRetirement>, StoreError>;
    /// One published plan.
    async fn plan(&self, id: &str, version: u32) -> Result<Option<PublishedPlan>, StoreError>;
    /// Who pays for the account.
    async fn customer(&self, account: AccountSid) -> Result<Option<Customer>, StoreError>;
    /// Accounts of customers that pay from this bank account, by sid.
    async fn payers_from(&self, iban: &Iban, limit: u32) -> Result<Vec<AccountSid>, StoreError>;
    /// The account's contract that is not over; otherwise its last one.
    async fn subscription(&self, account: AccountSid) -> Result<Option<Subscription>, StoreError>;
    /// Contracts that were to end at or before `before` and are still closing, longest ago first.
    async fn ended_subscriptions(
        &self,
        before: Timestamp,
        limit: u32,
    ) -> Result<Vec<Subscription>, StoreError>;
    /// A summary as it was shown.
    async fn summary(&self, account: AccountSid, sid: SummarySid) -> Result<Option<Summary>, StoreError>;
    /// Acceptances of a contract, oldest first.
    async fn acceptances(
        &self,
        account: AccountSid,
        subscription: SubscriptionSid,
        limit: u32,
    ) -> Result<Vec<Acceptance>, StoreError>;
    /// Pins of an account, oldest first.
    async fn pins(&self, account: AccountSid, limit: u32) -> Result<Vec<PricePin>, StoreError>;
    /// Pins of all accounts behind `after`, oldest first.
    async fn all_pins(&self, after: Option<PinSid>, limit: u32) -> Result<Vec<PricePin>, StoreError>;
    /// Notices to an account, newest first.
    async fn price_notices(&self, account: AccountSid, limit: u32) -> Result<Vec<PriceNotice>, StoreError>;
    /// Each account with each account above it, or itself, that has pins: (below, above).
    async fn pinned_tree(&self, limit: u32) -> Result<Vec<(AccountSid, AccountSid)>, StoreError>;
    /// The account and those below it, behind `after`, by sid.
    async fn accounts_below(
        &self,
        account: AccountSid,
        after: Option<AccountSid>,
        limit: u32,
    ) -> Result<Vec<AccountSid>, StoreError>;
    /// Accounts behind `after` that have pins, or stand below one that has, by sid.
    async fn accounts_under_pins(
        &self,
        after: Option<AccountSid>,
        limit: u32,
    ) -> Result<Vec<AccountSid>, StoreError>;
}
