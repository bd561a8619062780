//! Registrations of phones, and how trunks stand at each node: what may be written, what may be asked.

use async_trait::async_trait;
use flexio_domain::*;

use crate::StoreError;

/// A step of a transaction about phones that registered, and about trunks. Only the node that they are at writes them.
#[derive(Debug, Clone)]
pub enum PhoneChange {
    /// All contacts of a user at a node, in the place of those before; a user without contacts is forgotten.
    Save(SipBindings),
    /// How a trunk stands at a node, in the place of what the node said of it before.
    Report(TrunkReport),
    /// The node was running then.
    Seen {
        /// Its name.
        node: String,
        /// When.
        at: Timestamp,
    },
}

/// Questions about phones that registered, and about trunks.
#[async_trait]
pub trait PhoneStore: Send + Sync {
    /// Users with phones at the node behind this account and address, in that order.
    async fn sip_bindings(
        &self,
        node: &str,
        behind: Option<(AccountSid, &str)>,
        limit: u32,
    ) -> Result<Vec<SipBindings>, StoreError>;
    /// How trunks stand at all nodes that have said so since then, the oldest first.
    async fn trunk_reports(&self, since: Timestamp, limit: u32) -> Result<Vec<TrunkReport>, StoreError>;
    /// When the node last said that it was running; `None` if it never had phones.
    async fn registrar_seen(&self, node: &str) -> Result<Option<Timestamp>, StoreError>;
}
