//! [`MaskingStore`] for every [`Database`].

use async_trait::async_trait;
use flexio_domain::*;

use super::plan::columns::{sid, text};
use super::queries::{Builder, Query};
use super::store::{list, of_account, one};
use super::{Database, Value, rows};
use crate::{MaskingStore, Page, StoreError};

#[async_trait]
impl<D: Database> MaskingStore for D {
    async fn mask_record(
        &self,
        account: AccountSid,
        key: MaskingSid,
    ) -> Result<Option<MaskRecord>, StoreError> {
        one(self, of_account::<D>("mask_record", account, key.as_u128()), rows::doc).await
    }

    async fn mask_by_key(&self, key: &str) -> Result<Option<MaskRecord>, StoreError> {
        one(self, Query::point(D::DIALECT, "mask_by_key", vec![text(key)]), rows::doc).await
    }

    async fn mask_records(
        &self,
        account: AccountSid,
        kind: MaskKind,
        parent: Option<MaskingSid>,
        subject: Option<&str>,
        page: &Page,
    ) -> Result<Vec<MaskRecord>, StoreError> {
        let asked = Builder::new("mask_records")
            .value("account", sid(account.as_u128()))
            .value("kind", Value::Int(kind.number()))
            .optional("parent", parent.map(|parent| sid(parent.as_u128())))
            .optional("subject", subject.map(text));
        list(self, asked, page, rows::doc).await
    }
}
