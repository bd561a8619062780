//! SIP over TCP: accepts, connects, reads, writes; knows nothing of messages.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use flexio_sip::{ConnectionId, Transmit, TransmitId};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;

use crate::sip_shell::source_key;

/// Connections at one time, and of one source address.
const MAX_CONNECTIONS: usize = 1_024;
const MAX_PER_SOURCE: usize = 100;
/// Messages that may wait for a connection that reads slowly; then it is closed.
const WRITE_QUEUE: usize = 64;
/// A connection without any traffic is closed after this long; RFC 5626 keep-alives come every 2 minutes.
const IDLE: Duration = Duration::from_secs(600);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(4);

pub(crate) enum StreamEvent {
    Bytes { connection: ConnectionId, remote: SocketAddr, bytes: Vec<u8> },
    Closed { connection: ConnectionId },
    ConnectFailed { transmit: Option<TransmitId> },
}

struct Connection {
    remote: SocketAddr,
    writer: mpsc::Sender<Outgoing>,
}

enum Outgoing {
    Bytes(Arc<[u8]>),
    Close,
}

/// All stream connections of the SIP task.
pub(crate) struct Streams {
    open: Arc<std::sync::Mutex<HashMap<ConnectionId, Connection>>>,
    counter: Arc<AtomicU64>,
    events: mpsc::Sender<StreamEvent>,
}

impl Streams {
    /// Starts accepting.
    pub(crate) fn start(listener: TcpListener) -> (Self, mpsc::Receiver<StreamEvent>) {
        let (events, receiver) = mpsc::channel(1_024);
        let streams = Self { open: Arc::default(), counter: Arc::default(), events };
        tokio::spawn(accept(
            listener,
            Arc::clone(&streams.open),
            Arc::clone(&streams.counter),
            streams.events.clone(),
        ));
        (streams, receiver)
    }

    pub(crate) fn forget(&mut self, connection: ConnectionId) {
        self.table().remove(&connection);
    }

    fn table(&self) -> std::sync::MutexGuard<'_, HashMap<ConnectionId, Connection>> {
        self.open.lock().expect("no panic while the table is held")
    }

    /// Sends on the connection named, else on one to the same address, else on a new one. Returns the id to report as
    /// failed when nothing can be sent at once.
    pub(crate) fn send(&mut self, transmit: &Transmit) -> Option<TransmitId> {
        let writer = {
            let table = self.table();
            let named = transmit.to.connection.and_then(|id| table.get(&id));
            named
                .or_else(|| table.values().find(|c| c.remote == transmit.to.remote))
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
        if transmit.bytes.is_empty() || self.table().len() >= MAX_CONNECTIONS {
            return transmit.id;
        }
        self.connect(transmit);
        None
    }

    fn connect(&mut self, transmit: &Transmit) {
        let connection = ConnectionId(self.counter.fetch_add(1, Ordering::Relaxed));
        let (writer, outgoing) = mpsc::channel(WRITE_QUEUE);
        let remote = transmit.to.remote;
        let _ = writer.try_send(Outgoing::Bytes(Arc::clone(&transmit.bytes)));
        self.table().insert(connection, Connection { remote, writer });
        let (events, id) = (self.events.clone(), transmit.id);
        tokio::spawn(async move {
            match tokio::time::timeout(CONNECT_TIMEOUT, TcpStream::connect(remote)).await {
                Ok(Ok(stream)) => serve(stream, connection, remote, outgoing, events).await,
                Ok(Err(_)) | Err(_) => {
                    let _ = events.send(StreamEvent::ConnectFailed { transmit: id }).await;
                    let _ = events.send(StreamEvent::Closed { connection }).await;
                }
            }
        });
    }
}

type Table = Arc<std::sync::Mutex<HashMap<ConnectionId, Connection>>>;

async fn accept(
    listener: TcpListener,
    open: Table,
    counter: Arc<AtomicU64>,
    events: mpsc::Sender<StreamEvent>,
) {
    loop {
        let (stream, remote) = match listener.accept().await {
            Ok(accepted) => accepted,
            Err(error) => {
                // No descriptors left: wait for some to be freed rather than spin.
                tracing::warn!(%error, "sip accept failed");
                tokio::time::sleep(Duration::from_millis(100)).await;
                continue;
            }
        };
        if events.is_closed() {
            return;
        }
        let (writer, outgoing) = mpsc::channel(WRITE_QUEUE);
        let connection = ConnectionId(counter.fetch_add(1, Ordering::Relaxed));
        {
            let mut table = open.lock().expect("no panic while the table is held");
            if table.len() >= MAX_CONNECTIONS || from_source(&table, remote.ip()) >= MAX_PER_SOURCE {
                continue;
            }
            table.insert(connection, Connection { remote, writer });
        }
        tokio::spawn(serve(stream, connection, remote, outgoing, events.clone()));
    }
}

fn from_source(table: &HashMap<ConnectionId, Connection>, ip: IpAddr) -> usize {
    table.values().filter(|c| source_key(c.remote.ip()) == source_key(ip)).count()
}

async fn serve(
    mut stream: TcpStream,
    connection: ConnectionId,
    remote: SocketAddr,
    mut outgoing: mpsc::Receiver<Outgoing>,
    events: mpsc::Sender<StreamEvent>,
) {
    let _ = stream.set_nodelay(true);
    let (mut reader, mut writer) = stream.split();
    let mut buffer = vec![0_u8; 16_384];
    loop {
        tokio::select! {
            read = reader.read(&mut buffer) => match read {
                Ok(length) if length > 0 => {
                    let bytes = buffer[..length].to_vec();
                    if events.send(StreamEvent::Bytes { connection, remote, bytes }).await.is_err() {
                        return;
                    }
                }
                Ok(_) | Err(_) => break,
            },
            order = outgoing.recv() => match order {
                Some(Outgoing::Bytes(bytes)) => {
                    let written = tokio::time::timeout(Duration::from_secs(30), writer.write_all(&bytes)).await;
                    if !matches!(written, Ok(Ok(()))) {
                        break;
                    }
                }
                Some(Outgoing::Close) | None => break,
            },
            () = tokio::time::sleep(IDLE) => break,
        }
    }
    let _ = events.send(StreamEvent::Closed { connection }).await;
}
