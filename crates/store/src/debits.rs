//! Direct debit: what may be written, what may be asked.

use async_trait::async_trait;
use flexio_domain::*;

use crate::{Page, StoreError};

/// Changes of direct debit.
#[derive(Debug, Clone)]
pub enum DebitChange {
    /// Unique: sid, reference, and the account where it is not revoked.
    Sign(Box<Mandate>),
    /// Optimistic.
    UpdateMandate(Box<Mandate>),
    /// Unique: sid. Its collections are in the same set.
    CreateFile(Box<CollectionFile>),
    /// Unique: sid, the invoice, and `end_to_end`: an invoice is asked for once.
    Request(Box<Collection>),
    /// Optimistic. `Conflict` also where invoice, file, batch or `end_to_end` differ.
    UpdateCollection(Box<Collection>),
}

/// Questions about direct debit.
#[async_trait]
pub trait DebitStore {
    /// One mandate of an account.
    async fn mandate(&self, account: AccountSid, sid: MandateSid) -> Result<Option<Mandate>, StoreError>;
    /// The account's mandate that is not revoked.
    async fn mandate_not_revoked(&self, account: AccountSid) -> Result<Option<Mandate>, StoreError>;
    /// Mandates of an account.
    async fn mandates(&self, account: AccountSid, page: &Page) -> Result<Vec<Mandate>, StoreError>;
    /// Collections from an account.
    async fn collections(&self, account: AccountSid, page: &Page) -> Result<Vec<Collection>, StoreError>;
    /// One collection, whoever's.
    async fn collection_anyones(&self, sid: CollectionSid) -> Result<Option<Collection>, StoreError>;
    /// The collection of an invoice.
    async fn collection_of_invoice(&self, invoice: InvoiceSid) -> Result<Option<Collection>, StoreError>;
    /// The collection that banks know by this name, whoever's.
    async fn collection_by_end_to_end(&self, end_to_end: &str) -> Result<Option<Collection>, StoreError>;
    /// Collections of a batch behind this one, by sid.
    async fn collections_of_batch(
        &self,
        batch: &str,
        after: Option<CollectionSid>,
        limit: u32,
    ) -> Result<Vec<Collection>, StoreError>;
    /// Collections of a file behind this one, by sid: in the order of the file.
    async fn collections_of_file(
        &self,
        file: CollectionFileSid,
        after: Option<CollectionSid>,
        limit: u32,
    ) -> Result<Vec<Collection>, StoreError>;
    /// One file.
    async fn collection_file(&self, sid: CollectionFileSid) -> Result<Option<CollectionFile>, StoreError>;
    /// Files of the installation.
    async fn collection_files(&self, page: &Page) -> Result<Vec<CollectionFile>, StoreError>;
}
