//! [`ExportStore`] for every [`Database`].

use async_trait::async_trait;
use flexio_domain::*;

use super::plan::columns::{sid, time};
use super::queries::{Builder, Query, limited};
use super::store::{list, of_account, one};
use super::{Database, rows};
use crate::{ExportStore, Page, StoreError};

#[async_trait]
impl<D: Database> ExportStore for D {
    async fn export(&self, account: AccountSid, key: ExportSid) -> Result<Option<Export>, StoreError> {
        one(self, of_account::<D>("export", account, key.as_u128()), rows::doc).await
    }

    async fn exports(&self, account: AccountSid, page: &Page) -> Result<Vec<Export>, StoreError> {
        let asked = Builder::new("exports").value("account", sid(account.as_u128()));
        list(self, asked, page, rows::doc).await
    }

    async fn due_exports(&self, now: Timestamp, limit: u32) -> Result<Vec<Export>, StoreError> {
        let values = vec![time(now), limited(limit)];
        self.fetch(Query::many(D::DIALECT, "due_exports", values), rows::doc).await
    }
}
