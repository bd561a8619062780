//! The door for customers' programs that speak SMPP: they bind, submit as over REST, and get receipts and incoming messages back.
//!
//! One task per connection drives a [`flexio_smpp::server::ServerSession`]. A submit goes through [`App::create_message`], so senders,
//! prices and texts are judged as over REST, and the message id is the sid. Receipts and incoming messages are rows of the outbox, with a
//! URL of the scheme [`flexio_app::delivery::SMPP`] instead of a web address: they wait there for a bind that takes them.

mod config;
mod connection;
mod handing;
mod lockout;
mod submit;
mod users;

use std::{
    net::{IpAddr, SocketAddr},
    sync::{
        Arc,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    time::Duration,
};

use flexio_app::App;
use flexio_smpp::server::{Deliver, DeliverOutcome, ServerConfig};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{oneshot, watch},
};
use tokio_rustls::TlsAcceptor;

use self::{lockout::Lockout, users::Users};
use crate::{StartError, smpp_client::Stream};

pub use config::{SmppServer, SmppUser, UserError, check};

/// Deliveries that wait in one connection besides its window.
const PARCELS: usize = 64;
/// How often programs that are bound are looked at for what another node has changed.
const LOOK_EVERY: Duration = Duration::from_secs(2);
/// After an accept that failed: the process is out of descriptors, and the next would fail at once too.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Something to deliver, and where to say what became of it.
struct Parcel {
    deliver: Deliver,
    done: oneshot::Sender<DeliverOutcome>,
}

/// What the connections share.
struct Shared {
    app: Arc<App>,
    session: ServerConfig,
    unbound_max: usize,
    users: Users,
    lockout: Lockout,
    /// Connections that have not bound yet.
    unbound: AtomicUsize,
    next_bind: AtomicU64,
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shared").field("users", &self.users).finish_non_exhaustive()
    }
}

/// The running door.
#[derive(Debug, Clone)]
pub(crate) struct Door {
    shared: Arc<Shared>,
    address: Option<SocketAddr>,
    tls_address: Option<SocketAddr>,
    close: Arc<watch::Sender<bool>>,
}

impl Door {
    /// Listens, where there is an address to listen on.
    pub(crate) async fn open(
        app: Arc<App>,
        server: &SmppServer,
        users: Vec<SmppUser>,
    ) -> Result<Self, StartError> {
        let tls = match server.tls_listen {
            Some(address) => {
                Some((bind(address).await?, flexio_tls::acceptor(&server.tls_cert, &server.tls_key, &[])?))
            }
            None => None,
        };
        let plain = match server.listen {
            Some(address) => Some(bind(address).await?),
            None => None,
        };
        let session = server.session();
        let lockout = Duration::from_secs(server.lockout_s.into());
        let shared = Shared {
            app,
            users: Users::new(&users, session.window.into()),
            lockout: Lockout::new(server.bind_failures_max, lockout),
            session,
            unbound_max: server.unbound_max,
            unbound: AtomicUsize::new(0),
            next_bind: AtomicU64::new(0),
        };
        let address_of = |listener: &TcpListener| listener.local_addr().ok();
        let (close, closed) = watch::channel(false);
        let door = Self {
            shared: Arc::new(shared),
            address: plain.as_ref().and_then(address_of),
            tls_address: tls.as_ref().and_then(|(listener, _)| address_of(listener)),
            close: Arc::new(close),
        };
        if plain.is_some() || tls.is_some() {
            tokio::spawn(keep_users(Arc::clone(&door.shared), closed.clone()));
        }
        if let Some(listener) = plain {
            tokio::spawn(accept(Arc::clone(&door.shared), listener, None, closed.clone()));
        }
        if let Some((listener, acceptor)) = tls {
            tokio::spawn(accept(Arc::clone(&door.shared), listener, Some(acceptor), closed));
        }
        Ok(door)
    }

    /// Where it listens.
    pub(crate) const fn address(&self) -> Option<SocketAddr> {
        self.address
    }

    /// Where it listens for TLS.
    pub(crate) const fn tls_address(&self) -> Option<SocketAddr> {
        self.tls_address
    }

    /// Takes no new connection, and unbinds those there are once their open requests are answered.
    pub(crate) fn close(&self) {
        self.close.send_replace(true);
    }
}

async fn bind(address: SocketAddr) -> Result<TcpListener, StartError> {
    TcpListener::bind(address).await.map_err(StartError::Listen)
}

/// Programs that are bound, and what their accounts changed.
async fn keep_users(shared: Arc<Shared>, mut closed: watch::Receiver<bool>) {
    loop {
        tokio::select! {
            // Whatever other nodes changed is found by looking.
            () = shared.app.wake.smpp_users.notified() => {}
            () = tokio::time::sleep(LOOK_EVERY) => {}
            _ = closed.wait_for(|closed| *closed) => return,
        }
        shared.users.refresh(&shared.app).await;
    }
}

async fn accept(
    shared: Arc<Shared>,
    listener: TcpListener,
    tls: Option<TlsAcceptor>,
    mut closed: watch::Receiver<bool>,
) {
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = closed.wait_for(|closed| *closed) => return,
        };
        let Ok((stream, peer)) = accepted else {
            tokio::time::sleep(ACCEPT_PAUSE).await;
            continue;
        };
        let peer: IpAddr = peer.ip().to_canonical();
        let is_locked = shared.lockout.is_locked(peer, connection::now());
        // Bound ones are limited by their users, and all together by the sum of those limits.
        if is_locked || shared.unbound.fetch_add(1, Ordering::Relaxed) >= shared.unbound_max {
            if !is_locked {
                shared.unbound.fetch_sub(1, Ordering::Relaxed);
            }
            metrics::counter!("smpp_server_connections_refused_total").increment(1);
            continue;
        }
        tokio::spawn(serve(Arc::clone(&shared), stream, tls.clone(), peer, closed.clone()));
    }
}

/// A connection from its first octet to its last.
async fn serve(
    shared: Arc<Shared>,
    stream: TcpStream,
    tls: Option<TlsAcceptor>,
    peer: IpAddr,
    closed: watch::Receiver<bool>,
) {
    // Without it small answers wait for the peer's delayed acknowledgements; a socket that refuses is only slower.
    let _ = stream.set_nodelay(true);
    let stream: Box<dyn Stream> = match tls {
        None => Box::new(stream),
        Some(acceptor) => {
            match tokio::time::timeout(shared.session.bind_timeout, acceptor.accept(stream)).await {
                Ok(Ok(stream)) => Box::new(stream),
                Ok(Err(_)) | Err(_) => {
                    shared.unbound.fetch_sub(1, Ordering::Relaxed);
                    metrics::counter!("smpp_server_handshakes_failed_total").increment(1);
                    return;
                }
            }
        }
    };
    connection::Connection::new(shared, stream, peer).run(closed).await;
}
