//! [`DebitStore`] for every [`Database`].

use async_trait::async_trait;
use flexio_domain::*;

use super::plan::columns::{sid, text};
use super::queries::{Builder, Query, limited};
use super::store::{list, of_account, one};
use super::{Database, rows};
use crate::{DebitStore, Page, StoreError};

#[async_trait]
impl<D: Database> DebitStore for D {
    async fn mandate(&self, account: AccountSid, key: MandateSid) -> Result<Option<Mandate>, StoreError> {
        one(self, of_account::<D>("mandate", account, key.as_u128()), rows::doc).await
    }

    async fn mandate_not_revoked(&self, account: AccountSid) -> Result<Option<Mandate>, StoreError> {
        let query = Query::point(D::DIALECT, "mandate_open", vec![sid(account.as_u128())]);
        one(self, query, rows::doc).await
    }

    async fn mandates(&self, account: AccountSid, page: &Page) -> Result<Vec<Mandate>, StoreError> {
        list(self, Builder::new("mandates").value("account", sid(account.as_u128())), page, rows::doc).await
    }

    async fn collections(&self, account: AccountSid, page: &Page) -> Result<Vec<Collection>, StoreError> {
        list(self, Builder::new("collections").value("account", sid(account.as_u128())), page, rows::doc)
            .await
    }

    async fn collection_anyones(&self, key: CollectionSid) -> Result<Option<Collection>, StoreError> {
        let query = Query::point(D::DIALECT, "collection_anyones", vec![sid(key.as_u128())]);
        one(self, query, rows::doc).await
    }

    async fn collection_of_invoice(&self, invoice: InvoiceSid) -> Result<Option<Collection>, StoreError> {
        let query = Query::point(D::DIALECT, "collection_of_invoice", vec![sid(invoice.as_u128())]);
        one(self, query, rows::doc).await
    }

    async fn collection_by_end_to_end(&self, end_to_end: &str) -> Result<Option<Collection>, StoreError> {
        let query = Query::point(D::DIALECT, "collection_by_end_to_end", vec![text(end_to_end)]);
        one(self, query, rows::doc).await
    }

    async fn collections_of_batch(
        &self,
        batch: &str,
        after: Option<CollectionSid>,
        limit: u32,
    ) -> Result<Vec<Collection>, StoreError> {
        let values = vec![text(batch), sid(after.map_or(0, CollectionSid::as_u128)), limited(limit)];
        self.fetch(Query::many(D::DIALECT, "collections_of_batch", values), rows::doc).await
    }

    async fn collections_of_file(
        &self,
        file: CollectionFileSid,
        after: Option<CollectionSid>,
        limit: u32,
    ) -> Result<Vec<Collection>, StoreError> {
        let values = vec![sid(file.as_u128()), sid(after.map_or(0, CollectionSid::as_u128)), limited(limit)];
        self.fetch(Query::many(D::DIALECT, "collections_of_file", values), rows::doc).await
    }

    async fn collection_file(&self, key: CollectionFileSid) -> Result<Option<CollectionFile>, StoreError> {
        let query = Query::point(D::DIALECT, "collection_file", vec![sid(key.as_u128())]);
        one(self, query, rows::doc).await
    }

    async fn collection_files(&self, page: &Page) -> Result<Vec<CollectionFile>, StoreError> {
        list(self, Builder::new("collection_files").value("zero", sid(0)), page, rows::doc).await
    }
}
