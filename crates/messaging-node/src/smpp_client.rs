//! One SMPP route: a task that keeps a session with an SMSC up, feeds it submits and tells what happens.
//!
//! The thinking is [`flexio_smpp::Session`]'s; here are the stream, the clock and the queues. Three flows meet in
//! one task without a lock: octets, submits from a bounded queue, and answers to deliveries.
//!
//! Back pressure: submits wait in [`SmppHandle::submit`] while the window is full; when the receiver of events falls
//! behind, the task stops reading from the SMSC (and stops its timers, for it cannot know what it does not read).
//! The receiver of events must therefore never wait for its own submits: give them to different tasks.

mod driver;
mod stream;

use std::{sync::Arc, time::Duration};

use flexio_smpp::{
    Answer, ConfigError, DeliveryId, DownReason, Mo, Outcome, Receipt, Session, SessionConfig, SubmitKey,
    SubmitRequest,
};
use tokio::sync::{mpsc, watch};

pub(crate) use stream::Stream;
pub use stream::{TlsError, TlsOptions};

/// One route to an SMSC.
#[derive(Debug, Clone)]
pub struct SmppRoute {
    /// Name of the route in events, logs and metrics: keep the set of names small.
    pub name: String,
    /// Host name or address.
    pub host: String,
    /// TCP port, often 2775, with TLS often 3550.
    pub port: u16,
    /// Speak TLS; `None` for plain TCP.
    pub tls: Option<TlsOptions>,
    /// The session.
    pub session: SessionConfig,
    /// Submits that may wait here besides those in the window, at least 1.
    pub queue: usize,
}

/// Why a route cannot be started.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The session's settings.
    #[error("the session is configured wrongly")]
    Config(#[from] ConfigError),
    /// The certificates.
    #[error("TLS cannot be set up")]
    Tls(#[from] TlsError),
}

/// Something happened on a route.
#[derive(Debug)]
pub struct SmppEvent {
    /// Which route.
    pub route: Arc<str>,
    /// What.
    pub news: SmppNews,
}

/// What happened on a route.
#[derive(Debug)]
pub enum SmppNews {
    /// Traffic can flow.
    Up,
    /// No traffic can flow. Submits are given back as not sent until the next [`SmppNews::Up`].
    Down {
        /// Why.
        reason: DownReason,
        /// Why no connection could be made, where that is it.
        fault: Option<String>,
        /// Until the next attempt.
        retry_in: Duration,
    },
    /// What became of a submit: one per submit that is not late, and perhaps a late one after an unknown one.
    Submitted {
        /// The key it was submitted with.
        key: SubmitKey,
        /// The result.
        outcome: Outcome,
        /// It replaces an outcome that was given as unknown.
        late: bool,
    },
    /// A delivery receipt.
    Receipt {
        /// What it says.
        receipt: Receipt,
        /// To be used when it is durable.
        ack: Ack,
    },
    /// A message, or one part of a long one, from a subscriber.
    Mo {
        /// The message.
        mo: Mo,
        /// To be used when it is durable.
        ack: Ack,
    },
    /// The last event of a route that was closed.
    Stopped,
}

/// The right to answer one delivery. Dropped unused it asks the SMSC to deliver again later: whatever was being done
/// with it has failed.
#[derive(Debug)]
pub struct Ack {
    delivery: DeliveryId,
    /// Not bounded here: the session leaves at most `unanswered_deliveries_max` of these alive per connection.
    answers: mpsc::UnboundedSender<(DeliveryId, Answer)>,
    used: bool,
}

impl Ack {
    /// It is durable: the SMSC may forget it.
    pub fn accept(self) {
        self.answer(Answer::Accept);
    }

    /// Try again later.
    pub fn retry_later(self) {
        self.answer(Answer::RetryLater);
    }

    /// Never again.
    pub fn reject(self) {
        self.answer(Answer::Reject);
    }

    fn answer(mut self, answer: Answer) {
        self.used = true;
        // A route that has ended has nobody to tell.
        let _ = self.answers.send((self.delivery, answer));
    }
}

impl Drop for Ack {
    fn drop(&mut self) {
        if !self.used {
            let _ = self.answers.send((self.delivery, Answer::RetryLater));
        }
    }
}

/// The route has ended; the request comes back.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the route has ended")]
pub struct RouteEnded(pub Box<SubmitRequest>);

/// Starts routes.
#[derive(Debug)]
pub struct SmppClient;

impl SmppClient {
    /// Starts `route` on the current runtime. It connects, binds, and comes back after each loss until it is closed or
    /// the receiver of `events` is gone.
    pub fn start(route: SmppRoute, events: mpsc::Sender<SmppEvent>) -> Result<SmppHandle, StartError> {
        let session = Session::new(route.session.clone())?;
        let connector = stream::Connector::new(&route)?;
        let (submits, submit_queue) = mpsc::channel(route.queue.max(1));
        let (close, close_asked) = watch::channel(false);
        let name: Arc<str> = route.name.into();
        let task =
            driver::Driver::new(session, connector, Arc::clone(&name), submit_queue, close_asked, events);
        tokio::spawn(task.run());
        Ok(SmppHandle { name, submits, close: Arc::new(close) })
    }
}

/// Speaks to a route. Cheap to clone; when the last one is gone the route closes.
#[derive(Debug, Clone)]
pub struct SmppHandle {
    name: Arc<str>,
    submits: mpsc::Sender<(SubmitKey, SubmitRequest)>,
    close: Arc<watch::Sender<bool>>,
}

impl SmppHandle {
    /// Name of the route.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Queues a segment; waits while the queue is full. The outcome comes as [`SmppNews::Submitted`] with `key`.
    pub async fn submit(&self, key: SubmitKey, request: SubmitRequest) -> Result<(), RouteEnded> {
        self.submits.send((key, request)).await.map_err(|refused| RouteEnded(Box::new(refused.0.1)))
    }

    /// How many more submits the queue takes without waiting.
    pub fn room(&self) -> usize {
        self.submits.capacity()
    }

    /// Asks the route to end: open answers are waited for, the session unbinds, [`SmppNews::Stopped`] follows.
    pub fn close(&self) {
        self.close.send_replace(true);
    }

    /// Waits until the route has ended.
    pub async fn ended(&self) {
        self.close.closed().await;
    }
}
