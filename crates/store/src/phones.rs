//! Registrations of phones: what may be written, what may be asked.

use async_trait::async_trait;
use flexio_domain::*;

use crate::StoreError;

/// A step of a transaction about phones that registered. Only the node that they registered at writes them.
#[derive(Debug, Clone)]
pub enum PhoneChange {
    /// All contacts of a user at a node, in the place of those before; a user without contacts is forgotten.
    Save(SipBindings),
    /// The node was running then.
    Seen {
        /// Its name.
        node: String,
        /// When.
        at: Timestamp,
    },
}

/// Questions about phones that registered.
#[async_trait]
pub trait PhoneStore: Send + Sync {
    /// Users with phones at the node behind this account and address, in that order.
    async fn sip_bindings(
        &self,
        node: &str,
        behind: Option<(AccountSid, &str)>,
        limit: u32,
    ) -> Result<Vec<SipBindings>, StoreError>;
    /// When the node last said that it was running; `None` if it never had phones.
    async fn registrar_seen(&self, node: &str) -> Result<Option<Timestamp>, StoreError>;
}
