//! Requests too large for a datagram (RFC 3261 §18.1.1): they go by TCP, and by UDP after all when no connection comes
//! about.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use super::Endpoint;
use super::client::State;
use super::dialog::local_for;
use crate::flow::{Destination, Transport};
use crate::slab::Key;

/// "If a request is within 200 bytes of the path MTU, or if it is larger than 1300 bytes and the path MTU is unknown."
const MAX_ON_UDP: usize = 1_300;
/// How long a peer that took no connection is not asked for one.
const REMEMBERED: Duration = Duration::from_secs(600);
/// Peers remembered at once; when they are more, all are asked again.
const MAX_REMEMBERED: usize = 1_024;

/// Peers without TCP, and until when they are believed to have none.
#[derive(Debug, Default)]
pub(super) struct WithoutTcp(HashMap<SocketAddr, Duration>);

impl WithoutTcp {
    fn has(&mut self, now: Duration, peer: SocketAddr) -> bool {
        if self.0.get(&peer).is_some_and(|&until| until <= now) {
            self.0.remove(&peer);
        }
        self.0.contains_key(&peer)
    }

    fn note(&mut self, now: Duration, peer: SocketAddr) {
        if self.0.len() >= MAX_REMEMBERED {
            self.0.clear();
        }
        self.0.insert(peer, now + REMEMBERED);
    }
}

impl Endpoint {
    /// The request as it goes by TCP, when it is too large for a datagram and may try.
    pub(super) fn over_tcp(
        &mut self,
        request: &[u8],
        branch: u64,
        to: Destination,
    ) -> Option<(Arc<[u8]>, Destination)> {
        let is_large = to.transport == Transport::Udp && request.len() > MAX_ON_UDP;
        if !is_large || self.without_tcp.has(self.now, to.remote) {
            return None;
        }
        let to = Destination { transport: Transport::Tcp, connection: None, ..to };
        let local = local_for(&self.locals, &to).filter(|l| l.transport == Transport::Tcp)?;
        // Our own requests begin with the start line and our Via.
        let via = memchr::memchr(b'\n', request)? + 1;
        let rest = via + memchr::memchr(b'\n', &request[via..])? + 1;
        let mut out = Vec::with_capacity(request.len());
        out.extend_from_slice(&request[..via]);
        local.write_via(&mut out, branch);
        out.extend_from_slice(&request[rest..]);
        Some((out.into(), Destination { local: Some(local.bound), ..to }))
    }

    /// Sends the request in a datagram after all, when TCP could not be had. False if there is nothing to send again.
    pub(super) fn fall_back(&mut self, key: Key) -> bool {
        let now = self.now;
        let Some(tx) = self.clients.get_mut(key).filter(|tx| matches!(tx.state, State::Calling)) else {
            return false;
        };
        let Some((request, to)) = tx.datagram.take() else { return false };
        self.without_tcp.note(now, to.remote);
        (tx.request, tx.to) = (request.clone(), to);
        self.send(to, request, Some(key));
        self.begin_resending(key);
        true
    }
}
