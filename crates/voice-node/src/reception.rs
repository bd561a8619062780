//! Who is asked about what comes in from the network, and told what the network does.

use std::net::SocketAddr;

use flexio_sip::{self as sip, ConnectionId, RegistrationId, Transport, Trust};

use crate::input::CallSender;

/// Who asks and what the node decides about new work.
pub(crate) trait Reception: Send + Sync + 'static {
    /// What is known of the sender of a packet.
    fn trust(&self, source: SocketAddr) -> Trust;
    /// A new call, and who is told about it from now on. Must not block: it spawns.
    fn incoming(&self, incoming: sip::Incoming) -> CallSender;
    /// A phone wants to be registered. Must not block: it spawns. Whoever has no registrar is never asked.
    fn register(&self, _asked: sip::Registering) {}
    /// Somebody wants to watch a phone. Must not block: it spawns.
    fn subscribe(&self, _asked: sip::Subscribing) {}
    /// A phone has written a text. Must not block: it spawns.
    fn paged(&self, _asked: sip::Paged) {}
    /// How the registration of a trunk stands.
    fn registration(&self, _trunk: &str, _id: RegistrationId, _state: Registration) {}
    /// What became of an INVITE at an address.
    fn tried(&self, _tried: sip::Tried) {}
    /// A connection could not be made, and why.
    fn connect_failed(&self, _transport: Transport, _remote: SocketAddr, _fault: &str) {}
    /// A connection is gone.
    fn closed(&self, _connection: ConnectionId) {}
}

/// How the registration of a trunk stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Registration {
    /// Nothing was heard yet.
    Trying,
    /// For that many seconds, and refreshed before.
    Registered {
        /// Seconds granted.
        expires_s: u32,
        /// Our address as the registrar saw it.
        seen_as: Option<SocketAddr>,
    },
    /// Refused, or not answered (`None`); tried again.
    Failed {
        /// Status of the answer.
        status: Option<u16>,
    },
    /// Taken back.
    Over,
}
