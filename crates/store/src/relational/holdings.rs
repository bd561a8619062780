//! [`HoldingStore`] for every [`Database`].

use async_trait::async_trait;
use flexio_domain::*;

use super::plan::columns::{sid, text, time};
use super::queries::{Builder, Query, limited};
use super::store::one;
use super::{Database, rows};
use crate::{HoldingStore, StoreError};

#[async_trait]
impl<D: Database> HoldingStore for D {
    async fn holdings(
        &self,
        account: AccountSid,
        from: Timestamp,
        until: Timestamp,
        limit: u32,
    ) -> Result<Vec<Holding>, StoreError> {
        let values = vec![sid(account.as_u128()), time(until), time(from), limited(limit)];
        self.fetch(Query::many(D::DIALECT, "holdings", values), rows::holding).await
    }

    async fn held(
        &self,
        account: AccountSid,
        item: HeldItem,
        subject: Option<&str>,
        now: Timestamp,
    ) -> Result<Option<Holding>, StoreError> {
        let builder = Builder::new("held")
            .value("account", sid(account.as_u128()))
            .value("item", text(item.as_str()))
            .value("now", time(now))
            .optional("subject", subject.map(text));
        one(self, builder.build(D::DIALECT), rows::holding).await
    }

    async fn held_later(
        &self,
        account: AccountSid,
        item: HeldItem,
        subject: &str,
        now: Timestamp,
    ) -> Result<Vec<Holding>, StoreError> {
        let values = vec![sid(account.as_u128()), text(item.as_str()), text(subject), time(now)];
        self.fetch(Query::many(D::DIALECT, "held_later", values), rows::holding).await
    }

    async fn holders(
        &self,
        after: Option<AccountSid>,
        from: Timestamp,
        until: Timestamp,
        limit: u32,
    ) -> Result<Vec<AccountSid>, StoreError> {
        let after = sid(after.map_or(0, AccountSid::as_u128));
        let values = vec![after, time(until), time(from), limited(limit)];
        self.fetch(Query::many(D::DIALECT, "holders", values), rows::account_sid).await
    }

    async fn unheld_numbers(
        &self,
        after: Option<NumberSid>,
        limit: u32,
    ) -> Result<Vec<IncomingNumber>, StoreError> {
        let values = vec![sid(after.map_or(0, NumberSid::as_u128)), limited(limit)];
        self.fetch(Query::many(D::DIALECT, "unheld_numbers", values), rows::number).await
    }

    async fn unheld_flows(&self, after: Option<FlowSid>, limit: u32) -> Result<Vec<Flow>, StoreError> {
        let values = vec![sid(after.map_or(0, FlowSid::as_u128)), limited(limit)];
        self.fetch(Query::many(D::DIALECT, "unheld_flows", values), rows::doc).await
    }

    async fn closed_month(&self, month: &str) -> Result<Option<ClosedMonth>, StoreError> {
        one(self, Query::point(D::DIALECT, "closed_month", vec![text(month)]), rows::doc).await
    }

    async fn last_closed_month(&self) -> Result<Option<ClosedMonth>, StoreError> {
        one(self, Query::point(D::DIALECT, "last_closed_month", vec![]), rows::doc).await
    }
}
