//! [`PriceRunStore`] for every [`Database`].

use async_trait::async_trait;
use flexio_domain::*;

use super::plan::columns::{sid, time};
use super::queries::{Query, limited};
use super::store::one;
use super::{Database, rows};
use crate::{PriceRunStore, StoreError};

#[async_trait]
impl<D: Database> PriceRunStore for D {
    async fn price_runs(&self, limit: u32) -> Result<Vec<PriceRun>, StoreError> {
        self.fetch(Query::many(D::DIALECT, "price_runs", vec![limited(limit)]), rows::doc).await
    }

    async fn price_run(&self, key: PriceRunSid) -> Result<Option<PriceRun>, StoreError> {
        one(self, Query::point(D::DIALECT, "price_run", vec![sid(key.as_u128())]), rows::doc).await
    }

    async fn due_price_runs(&self, now: Timestamp, limit: u32) -> Result<Vec<PriceRun>, StoreError> {
        let values = vec![time(now), limited(limit)];
        self.fetch(Query::many(D::DIALECT, "due_price_runs", values), rows::doc).await
    }

    async fn price_run_customers(
        &self,
        run: PriceRunSid,
        after: Option<AccountSid>,
        limit: u32,
    ) -> Result<Vec<PriceRunCustomer>, StoreError> {
        let after = sid(after.map_or(0, AccountSid::as_u128));
        let values = vec![sid(run.as_u128()), after, limited(limit)];
        self.fetch(Query::many(D::DIALECT, "price_run_customers", values), rows::doc).await
    }

    async fn contracts_behind(
        &self,
        after: Option<AccountSid>,
        limit: u32,
    ) -> Result<Vec<Subscription>, StoreError> {
        let values = vec![sid(after.map_or(0, AccountSid::as_u128)), limited(limit)];
        self.fetch(Query::many(D::DIALECT, "contracts_behind", values), rows::doc).await
    }

    async fn count_contracts(&self) -> Result<u64, StoreError> {
        Ok(one(self, Query::many(D::DIALECT, "count_contracts", Vec::new()), rows::count).await?.unwrap_or(0))
    }
}
