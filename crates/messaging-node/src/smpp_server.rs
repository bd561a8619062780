//! The door for customers' programs that speak SMPP: they bind, submit as over REST, and get receipts and incoming messages back.
//!
//! One task per connection drives a [`flexio_smpp::server::ServerSession`]. A submit goes through [`App::create_message`], so senders,
//! prices and texts are judged as over REST, and the message id is the sid. Receipts and incoming messages are rows of the outbox, with a
//! URL of the scheme [`flexio_app::delivery::SMPP`] instead of a web address: they wait there for a bind that takes them.

mod config;
mod connection;
mod handing;
mod submit;

use std::{
    net::{IpAddr, SocketAddr},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use flexio_app::App;
use flexio_domain::AccountSid;
use flexio_smpp::server::{Deliver, DeliverOutcome, ServerConfig};
use tokio::{
    net::TcpListener,
    sync::{mpsc, oneshot, watch},
};

pub use config::{SmppServer, SmppUser, UserError, check};

/// Deliveries that wait in one connection besides its window.
const PARCELS: usize = 64;
/// After an accept that failed: the process is out of descriptors, and the next would fail at once too.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Something to deliver, and where to say what became of it.
struct Parcel {
    deliver: Deliver,
    done: oneshot::Sender<DeliverOutcome>,
}

/// A customer's program as configured, and its binds of the moment.
struct User {
    settings: SmppUser,
    account: AccountSid,
    binds: AtomicUsize,
    /// Binds that take deliveries, at most [`SmppUser::binds_max`].
    receivers: Mutex<Vec<(u64, mpsc::Sender<Parcel>)>>,
    turn: AtomicUsize,
    /// When the next submit is due at the contracted rate.
    due: Mutex<Option<Instant>>,
}

impl User {
    fn new(settings: SmppUser, account: AccountSid) -> Self {
        let (binds, turn) = (AtomicUsize::new(0), AtomicUsize::new(0));
        Self { settings, account, binds, receivers: Mutex::new(Vec::new()), turn, due: Mutex::new(None) }
    }

    /// Takes a place for one submit; `false` beyond the rate, of which one second may be used at once.
    fn may_submit(&self, now: Instant) -> bool {
        let rate = self.settings.submits_per_s;
        if rate == 0 {
            return true;
        }
        let mut due = self.due.lock().unwrap_or_else(PoisonError::into_inner);
        let next = due.map_or(now, |due| due.max(now)) + Duration::from_secs(1) / rate;
        if next.duration_since(now) > Duration::from_secs(1) {
            return false;
        }
        *due = Some(next);
        true
    }
}

/// What the connections share.
struct Shared {
    app: Arc<App>,
    session: ServerConfig,
    unbound_max: usize,
    users: Vec<Arc<User>>,
    /// Connections that have not bound yet.
    unbound: AtomicUsize,
    next_bind: AtomicU64,
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shared").field("users", &self.users.len()).finish_non_exhaustive()
    }
}

/// The running door.
#[derive(Debug, Clone)]
pub(crate) struct Door {
    shared: Arc<Shared>,
    address: Option<SocketAddr>,
    close: Arc<watch::Sender<bool>>,
}

impl Door {
    /// Listens, where there is an address to listen on.
    pub(crate) async fn open(
        app: Arc<App>,
        server: &SmppServer,
        users: Vec<SmppUser>,
    ) -> std::io::Result<Self> {
        let listener = match server.listen {
            Some(address) => Some(TcpListener::bind(address).await?),
            None => None,
        };
        let users = users.into_iter().filter_map(|settings| {
            let account = settings.account.parse().ok()?;
            Some(Arc::new(User::new(settings, account)))
        });
        let shared = Shared {
            app,
            session: server.session(),
            unbound_max: server.unbound_max,
            users: users.collect(),
            unbound: AtomicUsize::new(0),
            next_bind: AtomicU64::new(0),
        };
        let address = listener.as_ref().and_then(|listener| listener.local_addr().ok());
        let (close, closed) = watch::channel(false);
        let door = Self { shared: Arc::new(shared), address, close: Arc::new(close) };
        if let Some(listener) = listener {
            tokio::spawn(accept(Arc::clone(&door.shared), listener, closed));
        }
        Ok(door)
    }

    /// Where it listens.
    pub(crate) const fn address(&self) -> Option<SocketAddr> {
        self.address
    }

    /// Takes no new connection, and unbinds those there are once their open requests are answered.
    pub(crate) fn close(&self) {
        self.close.send_replace(true);
    }
}

async fn accept(shared: Arc<Shared>, listener: TcpListener, mut closed: watch::Receiver<bool>) {
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = closed.wait_for(|closed| *closed) => return,
        };
        let Ok((stream, peer)) = accepted else {
            tokio::time::sleep(ACCEPT_PAUSE).await;
            continue;
        };
        // Bound ones are limited by their users, and all together by the sum of those limits.
        if shared.unbound.fetch_add(1, Ordering::Relaxed) >= shared.unbound_max {
            shared.unbound.fetch_sub(1, Ordering::Relaxed);
            metrics::counter!("smpp_server_connections_refused_total").increment(1);
            continue;
        }
        let peer: IpAddr = peer.ip().to_canonical();
        let connection = connection::Connection::new(Arc::clone(&shared), stream, peer);
        tokio::spawn(connection.run(closed.clone()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_s_worth_of_submits_may_come_at_once_and_then_the_rate_holds() {
        let settings = SmppUser { submits_per_s: 4, ..SmppUser::default() };
        let user = User::new(settings, AccountSid::from_u128(1));
        let now = tokio::time::Instant::now().into_std();
        let taken = |at: Instant| (0..10).filter(|_| user.may_submit(at)).count();
        assert_eq!(taken(now), 4);
        assert_eq!(taken(now + Duration::from_millis(250)), 1);
        assert_eq!(taken(now + Duration::from_secs(10)), 4);
        let free = User::new(SmppUser { submits_per_s: 0, ..SmppUser::default() }, AccountSid::from_u128(1));
        assert!((0..10).all(|_| free.may_submit(now)));
    }
}
