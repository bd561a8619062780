//! Usage triggers and thresholds: what may be written, what may be asked.

use async_trait::async_trait;
use flexio_domain::*;
use jiff::civil::Date;

use crate::{Page, StoreError};

/// Changes of what is watched.
#[derive(Debug, Clone)]
pub enum WatchChange {
    /// Unique: sid. The account is looked at soon.
    CreateTrigger(UsageTrigger),
    /// Optimistic; category, period and what is compared stay.
    UpdateTrigger(UsageTrigger),
    /// `Conflict` if it is not there.
    DeleteTrigger(AccountSid, UsageTriggerSid),
    /// Unique: sid. The account is looked at soon.
    CreateThreshold(Threshold),
    /// Optimistic.
    UpdateThreshold(Threshold),
    /// `Conflict` if it is not there.
    DeleteThreshold(AccountSid, ThresholdSid),
    /// Unique: account, rule, subject, day, round.
    OpenCase(SpendCase),
    /// Optimistic.
    UpdateCase(SpendCase),
    /// The account is looked at soon: something other than its usage has changed.
    Look(AccountSid),
    /// What the account uses has moved although nothing is booked: it, and those above it that watch, are looked at soon.
    Move(AccountSid),
    /// Usage up to this count was looked at.
    Seen(AccountSid, i64),
}

/// Which triggers are meant; all of them by default.
#[derive(Debug, Clone, Default)]
pub struct TriggerFilter {
    /// Of this category.
    pub category: Option<String>,
    /// Comparing this.
    pub by: Option<TriggerBy>,
    /// Over this time.
    pub recurring: Option<Recurring>,
}

/// Questions about what is watched.
#[async_trait]
pub trait WatchStore {
    /// Accounts with triggers or thresholds whose usage has moved since it was looked at, with the count to be told when it was.
    async fn moved_watches(&self, limit: u32) -> Result<Vec<(AccountSid, i64)>, StoreError>;
    /// One trigger.
    async fn usage_trigger(
        &self,
        account: AccountSid,
        sid: UsageTriggerSid,
    ) -> Result<Option<UsageTrigger>, StoreError>;
    /// Triggers.
    async fn usage_triggers(
        &self,
        account: AccountSid,
        filter: &TriggerFilter,
        page: &Page,
    ) -> Result<Vec<UsageTrigger>, StoreError>;
    /// How many match.
    async fn count_usage_triggers(
        &self,
        account: AccountSid,
        filter: &TriggerFilter,
    ) -> Result<u64, StoreError>;
    /// One threshold.
    async fn threshold(
        &self,
        account: AccountSid,
        sid: ThresholdSid,
    ) -> Result<Option<Threshold>, StoreError>;
    /// Thresholds, oldest first.
    async fn thresholds(&self, account: AccountSid, limit: u32) -> Result<Vec<Threshold>, StoreError>;
    /// Thresholds, of the account and of those above it, that stop what goes out in the month that begins at `month`.
    async fn blocking_thresholds(
        &self,
        account: AccountSid,
        month: Date,
        limit: u32,
    ) -> Result<Vec<Threshold>, StoreError>;
    /// What the account and those below it have been charged for a billing month such as `2026-11`, by uses of days from `days.0` to `days.1`.
    async fn spent_in_month(
        &self,
        account: AccountSid,
        month: &str,
        days: (Date, Date),
    ) -> Result<Money, StoreError>;
    /// One case of an account.
    async fn spend_case(
        &self,
        account: AccountSid,
        sid: SpendCaseSid,
    ) -> Result<Option<SpendCase>, StoreError>;
    /// Cases of the account and those below it, newest first; of `open` ones only those nobody has looked at.
    async fn spend_cases(
        &self,
        account: AccountSid,
        open: bool,
        limit: u32,
    ) -> Result<Vec<SpendCase>, StoreError>;
    /// Cases of an account that say they are of this day.
    async fn spend_cases_of_day(
        &self,
        account: AccountSid,
        day: Date,
        limit: u32,
    ) -> Result<Vec<SpendCase>, StoreError>;
    /// Running calls of this node that went out, whose account, or one above it, has a threshold that ends them in that month, or an open
    /// case that stopped it; in the order of their sids, behind `after`.
    async fn calls_to_cut(
        &self,
        node: &str,
        month: Date,
        after: Option<CallSid>,
        limit: u32,
    ) -> Result<Vec<Call>, StoreError>;
}
