//! Questions of the operator over all accounts.

use async_trait::async_trait;
use flexio_domain::*;

use crate::{StoreError, SupplySpan};

/// What moved on one of the operator's ledger accounts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RevenueMoved {
    /// `rev:…`, `discount:…`, `goodwill` or `rounding`.
    pub account: LedgerAccount,
    /// Debit positive, credit negative: revenue is below zero.
    pub amount: Money,
    /// Legs.
    pub legs: u64,
}

/// What was used in a month, of one kind and class.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UsageCount {
    /// Month of supply in the plan's zone: `2026-11`.
    pub month: String,
    /// What.
    pub kind: UsageKind,
    /// Numbering class of the destination.
    pub class: String,
    /// Events.
    pub count: u64,
    /// Sum of billed units: seconds of calls, segments of messages.
    pub billed: u64,
    /// Sum of started minutes of timed events.
    pub minutes: u64,
}

/// Keeper of what reports are made from.
#[async_trait]
pub trait ReportStore {
    /// What moved from one instant until before another, by ledger account.
    async fn revenue_moved(&self, from: Timestamp, until: Timestamp)
    -> Result<Vec<RevenueMoved>, StoreError>;
    /// What customers have used and were not invoiced, by ledger account behind `after`, those of nothing left out.
    async fn unbilled(&self, after: &str, limit: u32) -> Result<Vec<LedgerLeg>, StoreError>;
    /// What all customers were invoiced and have not paid, as the ledger says.
    async fn receivable(&self) -> Result<Money, StoreError>;
    /// What the account and all below it used, by month, kind and class.
    async fn usage_counts(
        &self,
        account: AccountSid,
        span: &SupplySpan,
    ) -> Result<Vec<UsageCount>, StoreError>;
    /// Numbers in service in the last instant before `until`.
    async fn numbers_in_service(&self, until: Timestamp) -> Result<u64, StoreError>;
    /// Contracts of every account behind a sid, in the order of their sids.
    async fn every_subscription(
        &self,
        after: SubscriptionSid,
        limit: u32,
    ) -> Result<Vec<Subscription>, StoreError>;
}
