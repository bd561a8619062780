//! Credit and grants: what may be spent.

use async_trait::async_trait;
use flexio_domain::*;

use crate::StoreError;

/// What a [`StoreError::Conflict`] says when less is left than was asked for.
pub const CREDIT_SHORT: &str = "there is not so much credit left";

/// Changes of credit.
#[derive(Debug, Clone)]
pub enum CreditChange {
    /// New terms; what the account and those below owe moves to them from the terms above. Unique: account.
    Create(Credit),
    /// Optimistic. A limit below what is owed only stops what is new.
    Update(Credit),
    /// Sets money aside. Unique: id. `Conflict` with [`CREDIT_SHORT`] where less is left.
    Grant(Grant),
    /// Sets more aside for what runs; `amount` is what is added. `Conflict` with [`CREDIT_SHORT`] where less is left.
    Extend(Grant),
    /// Gives back what was set aside under this id; nothing happens where nothing was. In the transaction of the charge.
    Return(String),
    /// `Conflict` with [`CREDIT_SHORT`] where less is left: stands before a charge that is made at once.
    Require {
        /// The account with the terms.
        payer: AccountSid,
        /// What has to be left.
        amount: Money,
    },
}

/// Questions about credit.
#[async_trait]
pub trait CreditStore {
    /// The account's own terms.
    async fn credit(&self, account: AccountSid) -> Result<Option<CreditState>, StoreError>;
    /// The terms the account spends on: its own or its nearest ancestor's. `None` is no limit.
    async fn credit_for(&self, account: AccountSid) -> Result<Option<CreditState>, StoreError>;
    /// What is set aside under this id.
    async fn grant(&self, id: &str) -> Result<Option<Grant>, StoreError>;
    /// Terms whose sums differ from what they are the sums of: none, or somebody has to look.
    async fn credit_faults(&self) -> Result<u64, StoreError>;
    /// Calls with a grant that was made before `before`, oldest first: those of calls that cannot run any more are faults.
    async fn old_call_grants(&self, before: Timestamp, limit: u32) -> Result<Vec<String>, StoreError>;
}
