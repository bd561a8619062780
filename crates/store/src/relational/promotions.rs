//! [`PromotionStore`] for every [`Database`].

use async_trait::async_trait;
use flexio_domain::*;

use super::plan::columns::{sid, text};
use super::queries::{Query, limited};
use super::store::one;
use super::{Database, rows};
use crate::{PromotionStore, StoreError};

#[async_trait]
impl<D: Database> PromotionStore for D {
    async fn promotions(&self, limit: u32) -> Result<Vec<PromotionState>, StoreError> {
        self.fetch(Query::many(D::DIALECT, "promotions", vec![limited(limit)]), rows::promotion).await
    }

    async fn promotion(&self, id: &str) -> Result<Option<PromotionState>, StoreError> {
        one(self, Query::point(D::DIALECT, "promotion", vec![text(id)]), rows::promotion).await
    }

    async fn promotion_of_code(&self, code: &str) -> Result<Option<PromotionState>, StoreError> {
        one(self, Query::point(D::DIALECT, "promotion_of_code", vec![text(code)]), rows::promotion).await
    }

    async fn redemptions(&self, account: AccountSid, limit: u32) -> Result<Vec<Redemption>, StoreError> {
        let values = vec![sid(account.as_u128()), limited(limit)];
        self.fetch(Query::many(D::DIALECT, "redemptions", values), rows::doc).await
    }
}
