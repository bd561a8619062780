//! [`ContractStore`] for every [`Database`].

use async_trait::async_trait;
use flexio_domain::*;

use super::plan::columns::sid;
use super::queries::{Query, limited};
use super::store::one;
use super::{Database, rows};
use crate::{ContractStore, StoreError};

#[async_trait]
impl<D: Database> ContractStore for D {
    async fn plans(&self, limit: u32) -> Result<Vec<PublishedPlan>, StoreError> {
        self.fetch(Query::many(D::DIALECT, "plans", vec![limited(limit)]), rows::doc).await
    }

    async fn customer(&self, account: AccountSid) -> Result<Option<Customer>, StoreError> {
        one(self, Query::point(D::DIALECT, "customer", vec![sid(account.as_u128())]), rows::doc).await
    }
}
