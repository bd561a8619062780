//! What the dispatcher knows of a carrier: an SMPP route, the sandbox or the phones, all the same to it.

use std::{
    fmt,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicI64, AtomicUsize, Ordering},
    },
};

use async_trait::async_trait;
use flexio_app::smpp_routes::RouteFinding;
use flexio_domain::{Message, MessageSid, Timestamp};
use flexio_smpp::{DownReason, Mo, Outcome, Receipt, SubmitKey, SubmitRequest};
use tokio::sync::oneshot;

use crate::smpp_client::{Ack, RouteEnded, SmppEvent, SmppHandle, SmppNews};

/// A way to the handsets. What becomes of a submit comes as [`News::Submitted`] with its key, once, and perhaps a late one.
#[async_trait]
pub(crate) trait Carrier: Send + Sync + fmt::Debug {
    /// Submits that would be taken now without waiting.
    fn room(&self) -> usize;
    /// Queues a segment of a message.
    async fn submit(&self, key: SubmitKey, of: &Message, request: SubmitRequest) -> Result<(), RouteEnded>;
    /// Asks the route to end: open answers are waited for.
    fn close(&self);
    /// Waits until it has ended.
    async fn ended(&self);
}

#[async_trait]
impl Carrier for SmppHandle {
    fn room(&self) -> usize {
        Self::room(self)
    }

    async fn submit(&self, key: SubmitKey, _: &Message, request: SubmitRequest) -> Result<(), RouteEnded> {
        Self::submit(self, key, request).await
    }

    fn close(&self) {
        Self::close(self);
    }

    async fn ended(&self) {
        Self::ended(self).await;
    }
}

/// Something happened on a route.
#[derive(Debug)]
pub(crate) struct CarrierEvent {
    pub route: Arc<str>,
    pub news: News,
}

/// What happened.
#[derive(Debug)]
pub(crate) enum News {
    Up,
    /// `fault` is why no connection could be made, where that is it.
    Down {
        reason: DownReason,
        fault: Option<String>,
    },
    Submitted {
        key: SubmitKey,
        outcome: Outcome,
        late: bool,
    },
    Receipt {
        receipt: Receipt,
        ack: Answer,
    },
    Mo {
        mo: Mo,
        ack: Answer,
    },
}

impl CarrierEvent {
    /// `None` for the last word of a route that was closed: nothing hangs on it here.
    pub(crate) fn of_smpp(event: SmppEvent) -> Option<Self> {
        let news = match event.news {
            SmppNews::Up => News::Up,
            SmppNews::Down { reason, fault, .. } => News::Down { reason, fault },
            SmppNews::Submitted { key, outcome, late } => News::Submitted { key, outcome, late },
            SmppNews::Receipt { receipt, ack } => News::Receipt { receipt, ack: Answer::Smpp(ack) },
            SmppNews::Mo { mo, ack } => News::Mo { mo, ack: Answer::Smpp(ack) },
            SmppNews::Stopped => return None,
        };
        Some(Self { route: event.route, news })
    }
}

/// Who waits for a delivery to be durable. Dropped unused it means "try again later".
#[derive(Debug)]
pub(crate) enum Answer {
    /// An SMSC.
    Smpp(Ack),
    /// Whoever injected the message; told its sid, or `None` when nobody takes it.
    Injected(oneshot::Sender<Option<MessageSid>>),
    /// Nobody: the sandbox and the phones forget what they delivered.
    Nobody,
}

impl Answer {
    /// It is durable, or there is nothing to keep.
    pub(crate) fn accept(self, sid: Option<MessageSid>) {
        match self {
            Self::Smpp(ack) => ack.accept(),
            // Whoever injected it may have gone.
            Self::Injected(waiting) => drop(waiting.send(sid)),
            Self::Nobody => {}
        }
    }
}

/// An incoming message on its way to where it is kept.
#[derive(Debug)]
pub(crate) struct Arrival {
    /// Index of the route.
    pub route: usize,
    pub mo: Mo,
    pub ack: Answer,
}

/// What others may know of a route.
#[derive(Debug)]
pub(crate) struct Health {
    pub name: Arc<str>,
    up: AtomicBool,
    in_flight: AtomicUsize,
    /// Microseconds of the Unix epoch; `i64::MIN` before it ever came up.
    up_since: AtomicI64,
    /// When it last came up or went down, likewise.
    changed_at: AtomicI64,
    /// Why it is down.
    finding: Mutex<Option<RouteFinding>>,
}

impl Health {
    pub(crate) fn new(name: &str) -> Self {
        Self {
            name: name.into(),
            up: AtomicBool::new(false),
            in_flight: AtomicUsize::new(0),
            up_since: AtomicI64::new(i64::MIN),
            changed_at: AtomicI64::new(i64::MIN),
            finding: Mutex::default(),
        }
    }

    pub(crate) fn is_up(&self) -> bool {
        self.up.load(Ordering::Relaxed)
    }

    pub(crate) fn set_up(&self, up: bool, now: Timestamp) {
        if self.up.swap(up, Ordering::Relaxed) != up {
            self.changed_at.store(now.as_microsecond(), Ordering::Relaxed);
        }
        if up {
            self.up_since.store(now.as_microsecond(), Ordering::Relaxed);
            self.set_finding(None);
        }
    }

    /// Why it is down; nothing while it is up.
    pub(crate) fn set_finding(&self, finding: Option<RouteFinding>) {
        *self.finding.lock().unwrap_or_else(PoisonError::into_inner) = finding;
    }

    /// Why it is down.
    pub(crate) fn finding(&self) -> Option<RouteFinding> {
        self.finding.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Since when it is up or down; none before it ever came up.
    pub(crate) fn since(&self) -> Option<Timestamp> {
        Timestamp::from_microsecond(self.changed_at.load(Ordering::Relaxed)).ok()
    }

    /// When the route came up, if less than `seconds` ago: its carrier may then send again what was not answered before.
    pub(crate) fn fresh_since(&self, now: Timestamp, seconds: u32) -> Option<Timestamp> {
        let up_since = self.up_since.load(Ordering::Relaxed);
        let is_fresh = now.as_microsecond().saturating_sub(up_since) < i64::from(seconds) * 1_000_000;
        Timestamp::from_microsecond(up_since).ok().filter(|_| is_fresh)
    }

    pub(crate) fn in_flight(&self) -> usize {
        self.in_flight.load(Ordering::Relaxed)
    }

    pub(crate) fn set_in_flight(&self, segments: usize) {
        self.in_flight.store(segments, Ordering::Relaxed);
    }
}
