//! [`CreditStore`] for every [`Database`].

use async_trait::async_trait;
use flexio_domain::*;

use super::plan::columns::{sid, text, time};
use super::queries::{Query, limited};
use super::store::{number, one};
use super::{Database, rows};
use crate::{CreditStore, StoreError};

#[async_trait]
impl<D: Database> CreditStore for D {
    async fn credit(&self, account: AccountSid) -> Result<Option<CreditState>, StoreError> {
        one(self, Query::point(D::DIALECT, "credit", vec![sid(account.as_u128())]), rows::credit).await
    }

    async fn credit_for(&self, account: AccountSid) -> Result<Option<CreditState>, StoreError> {
        one(self, Query::point(D::DIALECT, "credit_for", vec![sid(account.as_u128())]), rows::credit).await
    }

    async fn credit_faults(&self) -> Result<u64, StoreError> {
        number(self, Query::many(D::DIALECT, "credit_faults", vec![]), rows::count).await
    }

    async fn grant(&self, id: &str) -> Result<Option<Grant>, StoreError> {
        one(self, Query::point(D::DIALECT, "grant", vec![text(id)]), rows::grant).await
    }

    async fn old_call_grants(&self, before: Timestamp, limit: u32) -> Result<Vec<String>, StoreError> {
        let values = vec![time(before), limited(limit)];
        self.fetch(Query::many(D::DIALECT, "old_call_grants", values), rows::plain_text).await
    }
}
