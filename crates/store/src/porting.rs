//! Numbers that move between operators, and numbers that are held for whoever looks at them.

use async_trait::async_trait;
use flexio_domain::*;

use crate::{Page, StoreError};

/// A step of a transaction about numbers that move.
#[derive(Debug, Clone)]
pub enum PortingChange {
    /// Unique: sid, and the number among those that are open.
    Create(PortingRequest),
    /// Optimistic.
    Update(PortingRequest),
    /// The number is this operator's no longer: it leaves the stock, rented or not.
    DropStock(E164),
    /// The free number is for this account alone until then. `Conflict` where it is rented, or held by another account at the last
    /// instant.
    Hold(E164, AccountSid, Timestamp, Timestamp),
}

/// Keeper of numbers that move.
#[async_trait]
pub trait PortingStore {
    /// One request.
    async fn porting_request(
        &self,
        account: AccountSid,
        sid: PortingRequestSid,
    ) -> Result<Option<PortingRequest>, StoreError>;
    /// Requests. Newest first.
    async fn porting_requests(
        &self,
        account: AccountSid,
        page: &Page,
    ) -> Result<Vec<PortingRequest>, StoreError>;
    /// Those of all accounts of which something is to come. Newest first.
    async fn open_porting_requests(&self, page: &Page) -> Result<Vec<PortingRequest>, StoreError>;
    /// The last rent of a number that is in quarantine.
    async fn quarantined_number(&self, number: &E164) -> Result<Option<IncomingNumber>, StoreError>;
    /// Free numbers that are held for the account at `now`, in number order; at most 100.
    async fn held_numbers(&self, account: AccountSid, now: Timestamp)
    -> Result<Vec<StockNumber>, StoreError>;
    /// The number in the stock, rented or not.
    async fn stock_number(&self, number: &E164) -> Result<Option<StockNumber>, StoreError>;
}
