//! [`WatchStore`] for every [`Database`].

use async_trait::async_trait;
use flexio_domain::*;
use jiff::civil::Date;

use super::plan::columns::{sid, text};
use super::queries::{Builder, Query, limited};
use super::store::{count, list, number, of_account, one};
use super::{Database, rows};
use crate::{Page, StoreError, TriggerFilter, WatchStore};

fn triggers(account: AccountSid, filter: &TriggerFilter) -> Builder {
    Builder::new("usage_triggers")
        .value("account", sid(account.as_u128()))
        .optional("category", filter.category.as_deref().map(text))
        .optional("trigger_by", filter.by.map(|by| text(by.as_str())))
        .optional("recurring", filter.recurring.map(|recurring| text(recurring.as_str())))
}

#[async_trait]
impl<D: Database> WatchStore for D {
    async fn moved_watches(&self, limit: u32) -> Result<Vec<(AccountSid, i64)>, StoreError> {
        self.fetch(Query::many(D::DIALECT, "moved_watches", vec![limited(limit)]), rows::watch).await
    }

    async fn usage_trigger(
        &self,
        account: AccountSid,
        key: UsageTriggerSid,
    ) -> Result<Option<UsageTrigger>, StoreError> {
        one(self, of_account::<D>("usage_trigger", account, key.as_u128()), rows::doc).await
    }

    async fn usage_triggers(
        &self,
        account: AccountSid,
        filter: &TriggerFilter,
        page: &Page,
    ) -> Result<Vec<UsageTrigger>, StoreError> {
        list(self, triggers(account, filter), page, rows::doc).await
    }

    async fn count_usage_triggers(
        &self,
        account: AccountSid,
        filter: &TriggerFilter,
    ) -> Result<u64, StoreError> {
        count(self, triggers(account, filter)).await
    }

    async fn threshold(
        &self,
        account: AccountSid,
        key: ThresholdSid,
    ) -> Result<Option<Threshold>, StoreError> {
        one(self, of_account::<D>("threshold", account, key.as_u128()), rows::doc).await
    }

    async fn thresholds(&self, account: AccountSid, limit: u32) -> Result<Vec<Threshold>, StoreError> {
        let values = vec![sid(account.as_u128()), limited(limit)];
        self.fetch(Query::many(D::DIALECT, "thresholds", values), rows::doc).await
    }

    async fn blocking_thresholds(
        &self,
        account: AccountSid,
        month: Date,
        limit: u32,
    ) -> Result<Vec<Threshold>, StoreError> {
        let values = vec![sid(account.as_u128()), text(&month.to_string()), limited(limit)];
        self.fetch(Query::many(D::DIALECT, "blocking_thresholds", values), rows::doc).await
    }

    async fn spent_in_month(
        &self,
        account: AccountSid,
        month: &str,
        (from, to): (Date, Date),
    ) -> Result<Money, StoreError> {
        let (from, to) = (from.to_string(), to.to_string());
        let values = vec![sid(account.as_u128()), text(&from), text(&to), text(month)];
        number(self, Query::many(D::DIALECT, "spent_in_month", values), rows::sum).await
    }

    async fn spend_case(
        &self,
        account: AccountSid,
        key: SpendCaseSid,
    ) -> Result<Option<SpendCase>, StoreError> {
        one(self, of_account::<D>("spend_case", account, key.as_u128()), rows::doc).await
    }

    async fn spend_cases(
        &self,
        account: AccountSid,
        open: bool,
        limit: u32,
    ) -> Result<Vec<SpendCase>, StoreError> {
        let values = vec![sid(account.as_u128()), limited(limit)];
        let name = if open { "open_spend_cases" } else { "spend_cases" };
        self.fetch(Query::many(D::DIALECT, name, values), rows::doc).await
    }

    async fn spend_cases_of_day(
        &self,
        account: AccountSid,
        day: Date,
        limit: u32,
    ) -> Result<Vec<SpendCase>, StoreError> {
        let values = vec![sid(account.as_u128()), text(&day.to_string()), limited(limit)];
        self.fetch(Query::many(D::DIALECT, "spend_cases_of_day", values), rows::doc).await
    }

    async fn calls_to_cut(
        &self,
        node: &str,
        month: Date,
        after: Option<CallSid>,
        limit: u32,
    ) -> Result<Vec<Call>, StoreError> {
        let after = sid(after.map_or(0, CallSid::as_u128));
        let values = vec![text(node), after, text(&month.to_string()), limited(limit)];
        self.fetch(Query::many(D::DIALECT, "calls_to_cut", values), rows::call).await
    }
}
