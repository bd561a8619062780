//! Plans and customers.

use async_trait::async_trait;
use flexio_domain::*;

use crate::StoreError;

/// Changes of the commercial side.
#[derive(Debug, Clone)]
pub enum ContractChange {
    /// Unique: (id, version).
    PublishPlan(PublishedPlan),
    /// Unique: account.
    CreateCustomer(Customer),
    /// Optimistic.
    UpdateCustomer(Customer),
}

/// Questions about the commercial side.
#[async_trait]
pub trait ContractStore {
    /// Published plans by id and version.
    async fn plans(&self, limit: u32) -> Result<Vec<PublishedPlan>, StoreError>;
    /// Who pays for the account.
    async fn customer(&self, account: AccountSid) -> Result<Option<Customer>, StoreError>;
}
