//! SIP over connections: TCP, TLS (RFC 3261 §26.2) and WebSocket (RFC 7118). Accepts, connects, reads, writes; knows nothing of messages.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use flexio_sip::{ConnectionId, Transmit, TransmitId, Transport};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;

use crate::sip_sockets::source_key;
use crate::tls::Tls;
use crate::websocket;

/// Connections at one time, and of one source address.
const MAX_CONNECTIONS: usize = 1_024;
const MAX_PER_SOURCE: usize = 100;
/// Messages that may wait for a connection that reads slowly; then it is closed.
const WRITE_QUEUE: usize = 64;
/// A connection without any traffic is closed after this long; RFC 5626 keep-alives come every 2 minutes.
pub(crate) const IDLE: Duration = Duration::from_secs(600);
pub(crate) const WRITE_TIMEOUT: Duration = Duration::from_secs(30);
/// For a connection and its TLS, and for the handshakes of one that comes in.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(4);
pub(crate) const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);

pub(crate) enum StreamEvent {
    /// Some bytes of a stream, or one message of a WebSocket.
    Bytes {
        connection: ConnectionId,
        transport: Transport,
        remote: SocketAddr,
        bytes: Vec<u8>,
    },
    Closed {
        connection: ConnectionId,
    },
    ConnectFailed {
        transmit: Option<TransmitId>,
        transport: Transport,
        remote: SocketAddr,
        /// Why, in words of the system or of TLS.
        fault: String,
    },
}

struct Connection {
    transport: Transport,
    remote: SocketAddr,
    writer: mpsc::Sender<Outgoing>,
}

pub(crate) enum Outgoing {
    Bytes(Arc<[u8]>),
    Close,
}

/// One connection, from inside.
pub(crate) struct Link {
    pub connection: ConnectionId,
    pub transport: Transport,
    pub remote: SocketAddr,
    pub outgoing: mpsc::Receiver<Outgoing>,
    pub events: mpsc::Sender<StreamEvent>,
}

impl Link {
    /// False when nobody listens any more.
    pub(crate) async fn received(&self, bytes: Vec<u8>) -> bool {
        let Link { connection, transport, remote, events, .. } = self;
        let event =
            StreamEvent::Bytes { connection: *connection, transport: *transport, remote: *remote, bytes };
        events.send(event).await.is_ok()
    }

    async fn closed(self) {
        let _ = self.events.send(StreamEvent::Closed { connection: self.connection }).await;
    }
}

/// A socket that connections of one transport come in by.
#[derive(Debug)]
pub(crate) struct Door {
    pub transport: Transport,
    pub listener: TcpListener,
}

type Table = Arc<std::sync::Mutex<HashMap<ConnectionId, Connection>>>;

/// All connections of the SIP task.
pub(crate) struct Streams {
    open: Table,
    counter: Arc<AtomicU64>,
    events: mpsc::Sender<StreamEvent>,
    tls: Option<Tls>,
}

/// Where connections come in that something else has accepted.
#[derive(Clone)]
pub(crate) struct Entrance(Accepting);

impl std::fmt::Debug for Entrance {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Entrance")
    }
}

impl Entrance {
    /// Serves a WebSocket whose handshake is done; nothing happens to it where there are too many.
    pub(crate) fn take<S>(&self, socket: S, remote: SocketAddr)
    where
        S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    {
        if let Some(mut link) = self.0.link(Transport::Ws, remote) {
            tokio::spawn(async move {
                websocket::serve_open(socket, &mut link).await;
                link.closed().await;
            });
        }
    }
}

impl Streams {
    /// Starts accepting.
    pub(crate) fn start(doors: Vec<Door>, tls: Option<Tls>) -> (Self, mpsc::Receiver<StreamEvent>) {
        let (events, receiver) = mpsc::channel(1_024);
        let streams = Self { open: Arc::default(), counter: Arc::default(), events, tls };
        for door in doors {
            tokio::spawn(streams.accepting().run(door));
        }
        (streams, receiver)
    }

    fn accepting(&self) -> Accepting {
        Accepting {
            open: Arc::clone(&self.open),
            counter: Arc::clone(&self.counter),
            events: self.events.clone(),
            tls: self.tls.clone(),
        }
    }

    pub(crate) fn entrance(&self) -> Entrance {
        Entrance(self.accepting())
    }

    pub(crate) fn forget(&mut self, connection: ConnectionId) {
        self.table().remove(&connection);
    }

    fn table(&self) -> std::sync::MutexGuard<'_, HashMap<ConnectionId, Connection>> {
        self.open.lock().expect("no panic while the table is held")
    }

    /// Sends on the connection named, else on one to the same address, else on a new one. Returns the id to report as
    /// failed when nothing can be sent at once. A browser cannot be connected to: what was its connection is gone.
    pub(crate) fn send(&mut self, transmit: &Transmit) -> Option<TransmitId> {
        let to = transmit.to;
        let writer = {
            let table = self.table();
            let named = to.connection.and_then(|id| table.get(&id));
            named
                .or_else(|| table.values().find(|c| c.remote == to.remote && c.transport == to.transport))
                .map(|connection| connection.writer.clone())
        };
        if let Some(writer) = writer {
            if !transmit.bytes.is_empty()
                && writer.try_send(Outgoing::Bytes(Arc::clone(&transmit.bytes))).is_err()
            {
                return transmit.id;
            }
            if transmit.close {
                let _ = writer.try_send(Outgoing::Close);
            }
            return None;
        }
        let is_possible = matches!(to.transport, Transport::Tcp | Transport::Tls);
        if transmit.bytes.is_empty() || !is_possible || self.table().len() >= MAX_CONNECTIONS {
            return transmit.id;
        }
        self.connect(transmit);
        None
    }

    fn connect(&mut self, transmit: &Transmit) {
        let connection = ConnectionId(self.counter.fetch_add(1, Ordering::Relaxed));
        let (writer, outgoing) = mpsc::channel(WRITE_QUEUE);
        let (remote, transport) = (transmit.to.remote, transmit.to.transport);
        let _ = writer.try_send(Outgoing::Bytes(Arc::clone(&transmit.bytes)));
        self.table().insert(connection, Connection { transport, remote, writer });
        let link = Link { connection, transport, remote, outgoing, events: self.events.clone() };
        tokio::spawn(connect_and_serve(link, transmit.id, self.tls.clone()));
    }
}

/// Connects to a peer and serves the connection; what could not be sent for want of one is told.
async fn connect_and_serve(mut link: Link, transmit: Option<TransmitId>, tls: Option<Tls>) {
    let remote = link.remote;
    let connecting = async {
        let stream = TcpStream::connect(remote).await?;
        let _ = stream.set_nodelay(true);
        match (link.transport, tls) {
            (Transport::Tls, Some(tls)) => {
                tls.connect(remote, stream).await.map(|stream| Connected::Tls(Box::new(stream)))
            }
            (Transport::Tls, None) => Err(std::io::ErrorKind::Unsupported.into()),
            _ => Ok(Connected::Plain(stream)),
        }
    };
    match tokio::time::timeout(CONNECT_TIMEOUT, connecting).await {
        Ok(Ok(Connected::Plain(stream))) => serve(stream, &mut link).await,
        Ok(Ok(Connected::Tls(stream))) => serve(stream, &mut link).await,
        failed => {
            let fault = match failed {
                Ok(Err(error)) => error.to_string(),
                Ok(Ok(_)) | Err(_) => "timed out".to_owned(),
            };
            tracing::debug!(%remote, fault, "sip connection failed");
            let transport = link.transport;
            let _ = link.events.send(StreamEvent::ConnectFailed { transmit, transport, remote, fault }).await;
        }
    }
    link.closed().await;
}

enum Connected {
    Plain(TcpStream),
    Tls(Box<tokio_rustls::client::TlsStream<TcpStream>>),
}

#[derive(Clone)]
struct Accepting {
    open: Table,
    counter: Arc<AtomicU64>,
    events: mpsc::Sender<StreamEvent>,
    tls: Option<Tls>,
}

impl Accepting {
    async fn run(self, door: Door) {
        loop {
            let (stream, remote) = match door.listener.accept().await {
                Ok(accepted) => accepted,
                Err(error) => {
                    // No descriptors left: wait for some to be freed rather than spin.
                    tracing::warn!(%error, "sip accept failed");
                    tokio::time::sleep(Duration::from_millis(100)).await;
                    continue;
                }
            };
            if self.events.is_closed() {
                return;
            }
            if let Some(link) = self.link(door.transport, remote) {
                tokio::spawn(welcome(stream, link, self.tls.clone()));
            }
        }
    }

    /// A place in the table; `None` when there are too many connections.
    fn link(&self, transport: Transport, remote: SocketAddr) -> Option<Link> {
        let (writer, outgoing) = mpsc::channel(WRITE_QUEUE);
        let connection = ConnectionId(self.counter.fetch_add(1, Ordering::Relaxed));
        let mut table = self.open.lock().expect("no panic while the table is held");
        if table.len() >= MAX_CONNECTIONS || from_source(&table, remote.ip()) >= MAX_PER_SOURCE {
            return None;
        }
        table.insert(connection, Connection { transport, remote, writer });
        Some(Link { connection, transport, remote, outgoing, events: self.events.clone() })
    }
}

fn from_source(table: &HashMap<ConnectionId, Connection>, ip: IpAddr) -> usize {
    table.values().filter(|c| source_key(c.remote.ip()) == source_key(ip)).count()
}

/// Does the handshakes of a connection that came in, and serves it.
async fn welcome(stream: TcpStream, mut link: Link, tls: Option<Tls>) {
    let _ = stream.set_nodelay(true);
    match (link.transport, tls) {
        (Transport::Tcp, _) => serve(stream, &mut link).await,
        (Transport::Ws, _) => websocket::serve(stream, &mut link).await,
        (transport @ (Transport::Tls | Transport::Wss), Some(tls)) => {
            match tokio::time::timeout(HANDSHAKE_TIMEOUT, tls.accept(stream)).await {
                Ok(Ok(stream)) if transport == Transport::Tls => serve(stream, &mut link).await,
                Ok(Ok(stream)) => websocket::serve(stream, &mut link).await,
                Ok(Err(error)) => {
                    tracing::debug!(remote = %link.remote, %error, "sip tls handshake failed");
                }
                Err(_) => {}
            }
        }
        (Transport::Tls | Transport::Wss | Transport::Udp, _) => {}
    }
    link.closed().await;
}

/// Reads and writes until either side ends it.
async fn serve<S: AsyncRead + AsyncWrite + Unpin>(stream: S, link: &mut Link) {
    let (mut reader, mut writer) = tokio::io::split(stream);
    let mut buffer = vec![0_u8; 16_384];
    loop {
        tokio::select! {
            read = reader.read(&mut buffer) => match read {
                Ok(length) if length > 0 => {
                    if !link.received(buffer[..length].to_vec()).await {
                        return;
                    }
                }
                Ok(_) | Err(_) => return,
            },
            order = link.outgoing.recv() => match order {
                Some(Outgoing::Bytes(bytes)) => {
                    let writing = async {
                        writer.write_all(&bytes).await?;
                        writer.flush().await
                    };
                    if !matches!(tokio::time::timeout(WRITE_TIMEOUT, writing).await, Ok(Ok(()))) {
                        return;
                    }
                }
                Some(Outgoing::Close) | None => {
                    let _ = writer.shutdown().await;
                    return;
                }
            },
            () = tokio::time::sleep(IDLE) => return,
        }
    }
}
