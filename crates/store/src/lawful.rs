//! Requests of authorities: what may be written, and what may be asked across accounts for their sake alone.

use async_trait::async_trait;
use flexio_domain::*;

use crate::{Page, StoreError};

/// A step of a transaction about requests of authorities.
#[derive(Debug, Clone)]
pub enum LawfulChange {
    /// Unique: sid.
    Create(LawfulRequest),
    /// Optimistic.
    Update(LawfulRequest),
}

/// Keeper of requests of authorities.
#[async_trait]
pub trait LawfulStore {
    /// One request.
    async fn lawful_request(
        &self,
        account: AccountSid,
        sid: LawfulRequestSid,
    ) -> Result<Option<LawfulRequest>, StoreError>;
    /// Requests. Newest first.
    async fn lawful_requests(
        &self,
        account: AccountSid,
        page: &Page,
    ) -> Result<Vec<LawfulRequest>, StoreError>;
    /// Those that were due before `now` and nobody has decided on, longest due first.
    async fn late_lawful_requests(
        &self,
        now: Timestamp,
        limit: u32,
    ) -> Result<Vec<LawfulRequest>, StoreError>;
    /// Drops requests that were decided on before, at most `limit`; how many.
    async fn sweep_lawful(&self, before: Timestamp, limit: u32) -> Result<u64, StoreError>;
    /// Whoever held a thing at this instant, of every account; at most 100.
    async fn holdings_of_subject(&self, subject: &str, at: Timestamp) -> Result<Vec<Holding>, StoreError>;
    /// Caller ids of every account under which the number may be shown now; at most 100.
    async fn caller_ids_of_number(&self, number: &E164) -> Result<Vec<OutgoingCallerId>, StoreError>;
    /// A use by a call or message, of whichever account has it.
    async fn use_of_resource(&self, resource: &str) -> Result<Option<UsageEvent>, StoreError>;
}
