//! What the shell decides once for an [`Endpoint`](crate::Endpoint).

use std::net::SocketAddr;
use std::time::Duration;

use crate::digest::Algorithm;
use crate::flow::Transport;

/// An address the shell receives on, and how the world is to reach it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Local {
    /// Transport of the socket.
    pub transport: Transport,
    /// Address the socket is bound to; the IP may be unspecified.
    pub bound: SocketAddr,
    /// `host[:port]` written into Via and Contact: a public address or name when behind NAT.
    pub advertised: String,
}

impl Local {
    /// A socket reached by the address it is bound to.
    pub fn new(transport: Transport, bound: SocketAddr) -> Local {
        Local { transport, bound, advertised: bound.to_string() }
    }
}

/// Whether requests in a dialog follow the Contact or the path the dialog came by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Symmetric {
    /// Always the address the dialog came from: for peers known to be behind NAT.
    Always,
    /// The Contact or Route, unless it is a name, or a private address seen from a public one.
    WhenNeeded,
}

/// Digest policy for sources that are not trusted (RFC 3261 §22, RFC 8760).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuthPolicy {
    /// Realm shown to clients and part of every stored HA1.
    pub realm: String,
    /// Algorithms offered, most wanted first. MD5 only for old phones.
    pub algorithms: Vec<Algorithm>,
    /// How long a nonce is good for.
    pub nonce_lifetime: Duration,
}

/// Configuration of an [`Endpoint`](crate::Endpoint).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// Sockets; the first of a transport is used when a request names none.
    pub locals: Vec<Local>,
    /// Written as User-Agent into requests and Server into responses; empty writes neither.
    pub user_agent: String,
    /// User part of Contact when the application gives none; empty for none.
    pub contact_user: String,
    /// How requests in a dialog find their way.
    pub symmetric: Symmetric,
    /// Challenge new INVITEs of [`Trust::Unknown`](crate::Trust) sources, and serve REGISTER, which is challenged
    /// whoever sends it; `None` shows such INVITEs to the application and refuses REGISTER with 405.
    pub auth: Option<AuthPolicy>,
    /// Requests per second and source (IPv4 address, IPv6 /64) taken from [`Trust::Unknown`](crate::Trust) sources
    /// outside dialogs; what is beyond is dropped in silence.
    pub unknown_rate: u32,
    /// Most legs at once, stubs of finished ones included; a new INVITE beyond gets 503.
    pub max_legs: usize,
    /// User parts of Request-URIs whose INVITEs are neither shed nor refused for that: emergency numbers. Those to `urn:service:sos` and
    /// its services are not either.
    pub never_shed: Vec<String>,
    /// Session timer asked for (RFC 4028), 90 s to a day; `None` asks for none, and still keeps those the peer asks for.
    pub session_interval: Option<Duration>,
    /// How long a destination of an INVITE may stay silent before the next one is tried.
    pub try_next_after: Duration,
    /// Bytes that the ladders of all legs together may hold; what is beyond is counted and not kept. 0 keeps no ladders.
    pub ladder_bytes_max: usize,
    /// RFC 3261 T1: round-trip estimate.
    pub t1: Duration,
    /// RFC 3261 T2: longest retransmission interval of non-INVITE requests and of responses.
    pub t2: Duration,
    /// RFC 3261 T4: how long a message may stay in the network.
    pub t4: Duration,
}

impl Default for Config {
    /// RFC 3261 timers, no socket, no authentication, 10 requests/s from unknown sources, 200 000 legs,
    /// a session timer of half an hour, 1.8 s of silence before the next destination, no ladders.
    fn default() -> Config {
        Config {
            locals: Vec::new(),
            user_agent: "flexio".to_owned(),
            contact_user: String::new(),
            symmetric: Symmetric::WhenNeeded,
            auth: None,
            unknown_rate: 10,
            max_legs: 200_000,
            never_shed: Vec::new(),
            session_interval: Some(Duration::from_secs(1_800)),
            try_next_after: Duration::from_millis(1_800),
            ladder_bytes_max: 0,
            t1: Duration::from_millis(500),
            t2: Duration::from_secs(4),
            t4: Duration::from_secs(5),
        }
    }
}

impl Config {
    /// 64·T1: how long a transaction waits for its other side (RFC 3261 timers B, F, H, and L, M of RFC 6026).
    pub(crate) fn patience(&self) -> Duration {
        self.t1 * 64
    }
}
