//! Where messages come from and go to.

use std::net::SocketAddr;
use std::sync::Arc;

/// Transport protocol of a message (RFC 3261 §18, RFC 7118 for the WebSocket ones).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Transport {
    /// Datagrams.
    Udp,
    /// Stream.
    Tcp,
    /// Stream inside TLS.
    Tls,
    /// WebSocket (RFC 7118): one message in each of its messages.
    Ws,
    /// WebSocket inside TLS.
    Wss,
}

impl Transport {
    /// The name in Via.
    pub fn as_str(self) -> &'static str {
        match self {
            Transport::Udp => "UDP",
            Transport::Tcp => "TCP",
            Transport::Tls => "TLS",
            Transport::Ws => "WS",
            Transport::Wss => "WSS",
        }
    }

    /// True if the transport delivers or reports a failure: no retransmission of requests.
    pub fn is_reliable(self) -> bool {
        self != Transport::Udp
    }

    /// Port when none is written (RFC 3261 §19.1.2, RFC 7118 §5).
    pub fn default_port(self) -> u16 {
        match self {
            Transport::Udp | Transport::Tcp => 5060,
            Transport::Tls => 5061,
            Transport::Ws => 80,
            Transport::Wss => 443,
        }
    }

    /// Value of the `transport` URI parameter; UDP is the default and TLS is said by the port and scheme.
    pub(crate) fn uri_param(self) -> &'static str {
        match self {
            Transport::Udp => "",
            Transport::Tcp => ";transport=tcp",
            Transport::Tls => ";transport=tls",
            // One value for both (RFC 7118 §4.2).
            Transport::Ws | Transport::Wss => ";transport=ws",
        }
    }
}

/// A stream connection; the shell numbers them and never reuses a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ConnectionId(pub u64);

/// The path a message came by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Flow {
    /// Transport.
    pub transport: Transport,
    /// Our address.
    pub local: SocketAddr,
    /// The peer's address as seen by the socket.
    pub remote: SocketAddr,
    /// The connection, for streams.
    pub connection: Option<ConnectionId>,
}

/// What the shell knows of the sender of a packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trust {
    /// A configured peer: no limiter, no challenge.
    Trusted,
    /// A source that may call some address without credentials: limited like anyone, but its INVITE is shown to the application,
    /// which knows whether this is such an address, and challenges it if not.
    Listed,
    /// Anyone: limited per source, challenged when [`Config::auth`](crate::Config) is set.
    Unknown,
}

/// An address to send a new request to: the result of RFC 3263, which the shell does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Destination {
    /// Transport.
    pub transport: Transport,
    /// Peer address.
    pub remote: SocketAddr,
    /// Socket to send from; `None` takes the first of the transport in [`Config::locals`](crate::Config).
    pub local: Option<SocketAddr>,
    /// Connection to reuse; `None` lets the shell reuse or open one.
    pub connection: Option<ConnectionId>,
}

impl Destination {
    /// A destination over UDP from the default socket.
    pub fn udp(remote: SocketAddr) -> Destination {
        Destination { transport: Transport::Udp, remote, local: None, connection: None }
    }

    /// A destination over TCP.
    pub fn tcp(remote: SocketAddr) -> Destination {
        Destination { transport: Transport::Tcp, remote, local: None, connection: None }
    }
}

impl From<Flow> for Destination {
    /// Back along the path a message came by.
    fn from(flow: Flow) -> Destination {
        Destination {
            transport: flow.transport,
            remote: flow.remote,
            local: Some(flow.local),
            connection: flow.connection,
        }
    }
}

/// Names the transaction that sent a request, for [`Endpoint::transmit_failed`](crate::Endpoint::transmit_failed).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TransmitId(pub(crate) u64);

/// Bytes for the shell to send.
#[derive(Clone, PartialEq, Eq)]
pub struct Transmit {
    /// Where to. For a stream without connection the shell reuses or opens one to that address; for a stream with
    /// a connection that has gone it opens one to the address (RFC 3261 §18.2.2).
    pub to: Destination,
    /// One message, or a stream keep-alive answer; shared with the transaction that may send it again.
    pub bytes: Arc<[u8]>,
    /// Close the connection once `bytes` (which may be empty) are sent: the peer lost framing.
    pub close: bool,
    /// Given for requests: report a failure to send or connect with it, and the next destination is tried at once.
    pub id: Option<TransmitId>,
}

impl std::fmt::Debug for Transmit {
    /// Without the bytes: they hold numbers and credentials.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Transmit")
            .field("to", &self.to)
            .field("bytes", &self.bytes.len())
            .field("close", &self.close)
            .finish_non_exhaustive()
    }
}
