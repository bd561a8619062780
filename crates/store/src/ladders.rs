//! What the legs of calls said over SIP, as it is kept.

use async_trait::async_trait;
use flexio_domain::*;

use crate::StoreError;

/// The ladder of one SIP leg.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptLadder {
    /// Names it.
    pub id: u128,
    /// Owner.
    pub account_sid: AccountSid,
    /// The call that is this leg.
    pub call_sid: CallSid,
    /// The call whose document runs, of which it is a leg; the same for that call's own.
    pub root_call_sid: CallSid,
    /// When it is dropped.
    pub expires_at: Timestamp,
    /// Compressed; whoever wrote it can read it.
    pub content: Vec<u8>,
}

/// Keeper of ladders. They are written with [`Change::AddLadder`](crate::Change::AddLadder), and deleted with their call.
#[async_trait]
pub trait LadderStore {
    /// Contents of the ladders of a leg, in the order they were made: one for each INVITE that was sent for it.
    async fn ladders_of_call(
        &self,
        account: AccountSid,
        call: CallSid,
        limit: u32,
    ) -> Result<Vec<Vec<u8>>, StoreError>;
    /// The same of all legs of a call.
    async fn ladders_of_root(
        &self,
        account: AccountSid,
        call: CallSid,
        limit: u32,
    ) -> Result<Vec<Vec<u8>>, StoreError>;
    /// Drops those whose time was up before `now`, at most `limit`.
    async fn sweep_ladders(&self, now: Timestamp, limit: u32) -> Result<u64, StoreError>;
}
