//! What accounts hold and pay by the month.

use async_trait::async_trait;
use flexio_domain::*;

use crate::{MaskingChange, PortingChange, StoreError};

/// Changes of what is held.
#[derive(Debug, Clone)]
pub enum HoldingChange {
    /// Unique: sid; and an account holds a thing once: (account, item, subject) without an end.
    Begin(Holding),
    /// The account holds the thing no longer; what was to begin later never does. Nothing happens where it is not held.
    End(AccountSid, HeldItem, String, Timestamp),
    /// The account holds nothing any more.
    EndAll(AccountSid, Timestamp),
    /// Numbers whose quarantine is over by then return to the free stock.
    FreeNumbers(Timestamp),
    /// A number moves between operators, or is held.
    Porting(PortingChange),
    /// A number stands for others.
    Masking(MaskingChange),
    /// The month is closed; nothing happens where it is already.
    CloseMonth(ClosedMonth),
}

/// Questions about what is held.
#[async_trait]
pub trait HoldingStore {
    /// What the account held at any instant of `[from, until)`, by item, subject and beginning; at most `limit`.
    async fn holdings(
        &self,
        account: AccountSid,
        from: Timestamp,
        until: Timestamp,
        limit: u32,
    ) -> Result<Vec<Holding>, StoreError>;
    /// What the account holds of this item at `now`, of the subject if one is named.
    async fn held(
        &self,
        account: AccountSid,
        item: HeldItem,
        subject: Option<&str>,
        now: Timestamp,
    ) -> Result<Option<Holding>, StoreError>;
    /// The holdings of a thing that are not over at `now`, the present one first; at most 100.
    async fn held_later(
        &self,
        account: AccountSid,
        item: HeldItem,
        subject: &str,
        now: Timestamp,
    ) -> Result<Vec<Holding>, StoreError>;
    /// Accounts behind `after` that held something at any instant of `[from, until)`, in the order of their sids.
    async fn holders(
        &self,
        after: Option<AccountSid>,
        from: Timestamp,
        until: Timestamp,
        limit: u32,
    ) -> Result<Vec<AccountSid>, StoreError>;
    /// Numbers behind `after`, rented or released, that left no holding: rented before there were any.
    async fn unheld_numbers(
        &self,
        after: Option<NumberSid>,
        limit: u32,
    ) -> Result<Vec<IncomingNumber>, StoreError>;
    /// Flows behind `after` that were published and left no holding.
    async fn unheld_flows(&self, after: Option<FlowSid>, limit: u32) -> Result<Vec<Flow>, StoreError>;
    /// The month, if it is closed.
    async fn closed_month(&self, month: &str) -> Result<Option<ClosedMonth>, StoreError>;
    /// The latest month that is closed.
    async fn last_closed_month(&self) -> Result<Option<ClosedMonth>, StoreError>;
}
