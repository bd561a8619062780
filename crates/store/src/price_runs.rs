//! Changes of prices for many: what may be written, what may be asked.

use async_trait::async_trait;
use flexio_domain::*;

use crate::StoreError;

/// A step of a transaction about changes of prices for many.
#[derive(Debug, Clone)]
pub enum PriceRunChange {
    /// Unique: sid.
    Create(PriceRun),
    /// Optimistic: of several processes that go on with a run, one does.
    Update(PriceRun),
    /// One row per run and account; the newest stays.
    Save(PriceRunCustomer),
}

/// Keeper of changes of prices for many.
#[async_trait]
pub trait PriceRunStore {
    /// Runs, newest first.
    async fn price_runs(&self, limit: u32) -> Result<Vec<PriceRun>, StoreError>;
    /// One run.
    async fn price_run(&self, sid: PriceRunSid) -> Result<Option<PriceRun>, StoreError>;
    /// Runs that are due at `now`, longest due first.
    async fn due_price_runs(&self, now: Timestamp, limit: u32) -> Result<Vec<PriceRun>, StoreError>;
    /// Customers of a run behind an account, by account.
    async fn price_run_customers(
        &self,
        run: PriceRunSid,
        after: Option<AccountSid>,
        limit: u32,
    ) -> Result<Vec<PriceRunCustomer>, StoreError>;
    /// Contracts that are not over, of all accounts behind `after`, by account.
    async fn contracts_behind(
        &self,
        after: Option<AccountSid>,
        limit: u32,
    ) -> Result<Vec<Subscription>, StoreError>;
    /// How many contracts are not over.
    async fn count_contracts(&self) -> Result<u64, StoreError>;
}
