//! [`ReportStore`] for every [`Database`].

use async_trait::async_trait;
use flexio_domain::*;

use super::plan::columns::{sid, text, time};
use super::queries::{Query, limited};
use super::store::number;
use super::{Database, rows};
use crate::{ReportStore, RevenueMoved, StoreError, SupplySpan, UsageCount};

#[async_trait]
impl<D: Database> ReportStore for D {
    async fn revenue_moved(
        &self,
        from: Timestamp,
        until: Timestamp,
    ) -> Result<Vec<RevenueMoved>, StoreError> {
        let values = vec![time(from), time(until)];
        self.fetch(Query::many(D::DIALECT, "report_revenue", values), rows::revenue_moved).await
    }

    async fn unbilled(&self, after: &str, limit: u32) -> Result<Vec<LedgerLeg>, StoreError> {
        let values = vec![sid(0), text(after), limited(limit)];
        self.fetch(Query::many(D::DIALECT, "report_unbilled", values), rows::balance).await
    }

    async fn receivable(&self) -> Result<Money, StoreError> {
        number(self, Query::many(D::DIALECT, "report_receivable", vec![sid(0)]), rows::sum).await
    }

    async fn usage_counts(
        &self,
        account: AccountSid,
        span: &SupplySpan,
    ) -> Result<Vec<UsageCount>, StoreError> {
        let [from_day, to_day] = [&span.from_day, &span.to_day].map(|day| text(day));
        let [from_month, to_month] = [&span.from_month, &span.to_month].map(|month| text(month));
        let values = vec![sid(account.as_u128()), from_day, to_day, from_month, to_month];
        self.fetch(Query::many(D::DIALECT, "report_usage", values), rows::usage_count).await
    }

    async fn numbers_in_service(&self, until: Timestamp) -> Result<u64, StoreError> {
        number(self, Query::many(D::DIALECT, "report_numbers", vec![time(until)]), rows::count).await
    }

    async fn every_subscription(
        &self,
        after: SubscriptionSid,
        limit: u32,
    ) -> Result<Vec<Subscription>, StoreError> {
        let values = vec![sid(after.as_u128()), limited(limit)];
        self.fetch(Query::many(D::DIALECT, "report_subscriptions", values), rows::doc).await
    }
}
