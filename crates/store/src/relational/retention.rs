//! [`RetentionStore`] for every [`Database`].

use async_trait::async_trait;
use flexio_domain::*;

use super::plan::columns::{sid, text};
use super::queries::{Query, limited};
use super::store::one;
use super::{Database, rows};
use crate::{RetentionCount, RetentionStore, StoreError};

#[async_trait]
impl<D: Database> RetentionStore for D {
    async fn retention_mark(&self, account: AccountSid, class: &str) -> Result<Option<String>, StoreError> {
        let values = vec![sid(account.as_u128()), text(class)];
        one(self, Query::point(D::DIALECT, "retention_mark", values), rows::plain_text).await
    }

    async fn retention_counts(&self, since: &str, limit: u32) -> Result<Vec<RetentionCount>, StoreError> {
        let values = vec![text(since), limited(limit)];
        self.fetch(Query::many(D::DIALECT, "retention_counts", values), rows::retention_count).await
    }

    async fn usage_day_after(&self, account: AccountSid, day: &str) -> Result<Option<String>, StoreError> {
        let values = vec![sid(account.as_u128()), text(day)];
        one(self, Query::point(D::DIALECT, "usage_day_after", values), rows::plain_text).await
    }

    async fn usage_of_day(
        &self,
        account: AccountSid,
        day: &str,
        (source, id): (&str, &str),
        limit: u32,
    ) -> Result<Vec<UsageEvent>, StoreError> {
        let values = vec![sid(account.as_u128()), text(day), text(source), text(id), limited(limit)];
        self.fetch(Query::many(D::DIALECT, "usage_of_day", values), rows::doc).await
    }
}
