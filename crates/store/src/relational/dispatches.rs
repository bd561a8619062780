//! [`DispatchStore`] for every [`Database`].

use async_trait::async_trait;
use flexio_domain::*;

use super::plan::columns::{sid, time};
use super::queries::{Query, limited};
use super::{Database, rows};
use crate::{DispatchStore, StoreError};

#[async_trait]
impl<D: Database> DispatchStore for D {
    async fn dispatches(
        &self,
        account: AccountSid,
        invoice: InvoiceSid,
        limit: u32,
    ) -> Result<Vec<Dispatch>, StoreError> {
        let values = vec![sid(invoice.as_u128()), sid(account.as_u128()), limited(limit)];
        self.fetch(Query::many(D::DIALECT, "dispatches", values), rows::doc).await
    }

    async fn due_dispatches(&self, now: Timestamp, limit: u32) -> Result<Vec<Dispatch>, StoreError> {
        let values = vec![time(now), limited(limit)];
        self.fetch(Query::many(D::DIALECT, "dispatches_due", values), rows::doc).await
    }
}
