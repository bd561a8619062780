//! The outbox: delivers queued status callbacks, in order per call or message, many of them at the same time.
//!
//! The queue is the database's. A callback in progress is one that was read and not yet settled; after a crash it is sent again,
//! with the same idempotency token. Where several nodes share the database, a callback is claimed for [`CLAIM`] as it is read, and sent by
//! the claimer alone; what waits here longer than the claim can be relied on is let go, for whoever reads it next. Receivers that do not answer hold few places each, and what is queued for them behind those is
//! put off, so it does not stand before what is queued for others.

mod chains;
mod queue;
mod workers;

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use flexio_app::App;
use flexio_domain::{AccountSid, Callback, CallbackState, RequestSid};
use flexio_outbound::{CallbackOutcome, Outbound, RetryReason, Signer};
use flexio_store::{Change, ChangeSet, StoreError};
use jiff::SignedDuration;
use tokio::{
    sync::{mpsc, watch},
    time::Instant,
};

use chains::{Chains, Place};
use queue::Queue;
use workers::{Job, Workers};

use crate::{Phase, config::Messages, measure, smpp_server::Door};

/// Callbacks settled in one commit.
const SETTLED_MAX: usize = 512;
/// Callbacks claimed at once.
const READ_MAX: usize = 512;
/// Callbacks that may wait in memory before what slow receivers have there is put off.
const WAITING_MAX: usize = 4_096;
/// Callbacks that may wait in memory and were handed over by whoever committed them; more are read when it is their turn. Fewer than
/// [`WAITING_MAX`], so that there is always room to look for what others wait for.
const HANDED_MAX: usize = 3_072;
/// What is handed over need not be read, so the database is looked at when no more than this waits, and for retries at every poll.
const FEW: usize = 512;
/// Callbacks read then, beyond those that are known.
const READ_AHEAD: usize = 2_048;
/// Signers kept; above that they are read again.
const SIGNERS_MAX: usize = 10_000;
/// A change of an account's token is used after this long at the latest.
const SIGNER_AGE: Duration = Duration::from_secs(5);
/// A callback whose receiver is busy or slow is looked at again after this and up to twice as long.
const BUSY_WAIT_MS: i64 = 4_000;
/// How long a callback that was read is left to its reader by the other nodes; after a crash of the reader it waits that long.
const CLAIM: SignedDuration = SignedDuration::from_secs(30);

/// The task that delivers callbacks.
#[derive(Debug)]
pub(crate) struct Outbox {
    app: Arc<App>,
    settings: Messages,
    outbound: Outbound,
    door: Door,
    phase: watch::Receiver<Phase>,
    queue: Queue,
    /// What was handed over, where no other node delivers callbacks of this database.
    chains: Chains,
    signers: HashMap<AccountSid, (Instant, Arc<Signer>)>,
    done: mpsc::Receiver<Done>,
    report: mpsc::Sender<Done>,
    workers: Workers,
    /// Callbacks in progress, for others to see.
    busy: Arc<AtomicUsize>,
    /// Other nodes may read the same queue.
    is_shared: bool,
    look: bool,
    /// A poll is due, however much waits.
    must_look: bool,
    /// Reading again costs as much as is known already, so the more that is, the less often it is done.
    look_from: Instant,
}

/// One try is over.
#[derive(Debug)]
struct Done {
    callback: Callback,
    outcome: CallbackOutcome,
    host: Arc<str>,
    /// Who made it, and is free again.
    worker: usize,
}

impl Outbox {
    pub(crate) fn new(
        app: Arc<App>,
        settings: Messages,
        outbound: Outbound,
        door: Door,
        phase: watch::Receiver<Phase>,
        busy: Arc<AtomicUsize>,
    ) -> Self {
        let (report, done) = mpsc::channel(settings.callbacks_max.max(1));
        let is_shared = app.store.describe().shared;
        if !is_shared {
            app.wake.handover.want();
        }
        Self {
            queue: Queue::new(settings.callbacks_per_host_max),
            chains: Chains::default(),
            is_shared,
            app,
            settings,
            outbound,
            door,
            phase,
            signers: HashMap::new(),
            done,
            report,
            workers: Workers::default(),
            busy,
            look: true,
            must_look: true,
            look_from: Instant::now(),
        }
    }

    /// Runs until told to stop; while draining it goes on.
    pub(crate) async fn run(mut self) {
        let poll = Duration::from_secs(u64::from(self.settings.poll_s));
        let mut finished = Vec::new();
        let mut poll_at = Instant::now();
        loop {
            let app = Arc::clone(&self.app);
            let wake_at = if self.may_read() { self.look_from.min(poll_at) } else { poll_at };
            tokio::select! {
                biased;
                _ = self.phase.changed() => {}
                _ = self.done.recv_many(&mut finished, SETTLED_MAX) => {}
                () = app.wake.callbacks.notified() => self.look = true,
                () = app.wake.handover.came() => {}
                () = tokio::time::sleep_until(wake_at) => {}
            }
            if *self.phase.borrow() == Phase::Stop {
                return;
            }
            if Instant::now() >= poll_at {
                self.look = true;
                self.must_look = true;
                poll_at = Instant::now() + poll;
                metrics::gauge!("callbacks_in_progress").set(measure(self.queue.in_progress()));
            }
            if !finished.is_empty() {
                self.settle(std::mem::take(&mut finished)).await;
            }
            self.take_committed();
            // The places that were freed are filled from memory first.
            self.send().await;
            if Instant::now() >= self.look_from && self.may_read() {
                self.read_due().await;
                self.send().await;
                let pause_us = 20 * u64::try_from(self.queue.known()).unwrap_or(0);
                self.look_from = Instant::now() + Duration::from_micros(pause_us);
            }
            if self.queue.waiting() >= WAITING_MAX / 2 {
                self.put_slow_off().await;
            }
            self.busy.store(self.queue.known() + self.chains.held(), Ordering::Relaxed);
        }
    }

    /// Whether the database may be looked at: there is room, and what is handed over does not keep the senders busy anyway.
    fn may_read(&self) -> bool {
        let few = if self.is_shared || self.must_look { WAITING_MAX } else { FEW };
        self.look && self.queue.waiting() < few
    }

    /// Keeps the outcomes of tries; only then the next callback of the same subject is due.
    async fn settle(&mut self, finished: Vec<Done>) {
        let now = self.app.clock.now();
        let mut settled = Vec::with_capacity(finished.len());
        for Done { mut callback, outcome, host, worker } in finished {
            self.queue.done(&host, Instant::now());
            self.workers.is_free(worker);
            // Only what came of it is kept: another try reads the rest again.
            callback.params = Vec::new();
            settled.push(self.judge(callback, outcome, now));
        }
        self.commit(settled).await;
    }

    /// Queues what others have committed since the last look.
    fn take_committed(&mut self) {
        let now = Instant::now();
        for callback in self.app.wake.handover.take() {
            if self.queue.knows(callback.sid) {
                continue;
            }
            let has_room = self.queue.waiting() + self.chains.held() < HANDED_MAX;
            match self.chains.committed(callback, has_room) {
                Place::First(callback) => self.queue.add(callback, now),
                Place::Kept | Place::Later => {}
                Place::Look => self.look = true,
            }
        }
    }

    /// Keeps what came of tries, and goes on with what waited for it.
    async fn commit(&mut self, settled: Vec<Callback>) {
        let is_kept = self.keep(&settled).await;
        let now = Instant::now();
        for callback in &settled {
            self.queue.forget(callback.sid);
            if self.is_shared {
                self.look = true;
                continue;
            }
            let is_over = is_kept && callback.state != CallbackState::Pending;
            let (next, has_more) = self.chains.over(callback, is_over);
            self.look |= has_more;
            if let Some(next) = next {
                self.queue.add(next, now);
            }
        }
    }

    /// Keeps trying: lost outcomes would mean that everything is sent again. `false` where that cannot be helped.
    async fn keep(&self, settled: &[Callback]) -> bool {
        let mut wait = Duration::from_millis(50);
        loop {
            let set =
                settled.iter().cloned().map(Change::SettleCallback).fold(ChangeSet::new(), ChangeSet::with);
            match self.app.store.commit(set).await {
                Err(error @ (StoreError::Unavailable(_) | StoreError::Full))
                    if *self.phase.borrow() != Phase::Stop =>
                {
                    tracing::warn!(%error, callbacks = settled.len(), "callbacks_not_settled_yet");
                    tokio::time::sleep(wait).await;
                    wait = (wait * 2).min(Duration::from_secs(5));
                }
                // One of them was erased meanwhile.
                Err(StoreError::Conflict(_)) if settled.len() > 1 => {
                    let alone =
                        settled.iter().map(|callback| Box::pin(self.keep(std::slice::from_ref(callback))));
                    return futures_util::future::join_all(alone).await.into_iter().all(|is_kept| is_kept);
                }
                Ok(()) | Err(StoreError::Conflict(_)) => return true,
                Err(error) => {
                    tracing::error!(%error, callbacks = settled.len(), "callbacks_not_settled");
                    return false;
                }
            }
        }
    }

    /// The callback after a try.
    fn judge(
        &self,
        mut callback: Callback,
        outcome: CallbackOutcome,
        now: flexio_domain::Timestamp,
    ) -> Callback {
        let (reason, after, is_try) = match outcome {
            CallbackOutcome::Delivered { .. } => {
                count("delivered");
                callback.attempts += 1;
                callback.state = CallbackState::Delivered;
                callback.last_error = None;
                return callback;
            }
            CallbackOutcome::Gone => {
                count("gone");
                callback.attempts += 1;
                callback.state = CallbackState::Dropped;
                callback.last_error = Some("the receiver answered 410".to_owned());
                return callback;
            }
            CallbackOutcome::Retry { reason: RetryReason::Busy, after } => {
                count("busy");
                let asked = after.and_then(|after| now.saturating_add(after).ok());
                callback.next_attempt_at = asked.unwrap_or_else(|| busy_until(&callback, now));
                return callback;
            }
            CallbackOutcome::Retry { reason: RetryReason::Status(status), after } => {
                (format!("the receiver answered {status}"), after, true)
            }
            CallbackOutcome::Retry { reason: RetryReason::Failed(error), after } => {
                (error.to_string(), after, true)
            }
            // A URL that may not be reached now may be later, when its name or our settings changed.
            CallbackOutcome::Refused(error) => (error.to_string(), None, true),
        };
        callback.attempts += u32::from(is_try);
        callback.last_error = Some(reason);
        let random = random_of(callback.sid, callback.attempts);
        let retry = &self.settings.callback_retry;
        if let Some(at) = retry.next_try(callback.created_at, now, callback.attempts, after, random) {
            count("failed");
            callback.next_attempt_at = at;
        } else {
            count("dropped");
            callback.state = CallbackState::Dropped;
        }
        callback
    }

    /// Reads due callbacks that are not known yet.
    async fn read_due(&mut self) {
        let now = self.app.clock.now();
        self.look = false;
        self.must_look = false;
        // What is known and not claimed is still due, and may come first.
        let limit = if self.is_shared { READ_MAX } else { self.queue.known() + READ_AHEAD };
        let until = now.saturating_add(CLAIM).unwrap_or(now);
        let count = u32::try_from(limit).unwrap_or(u32::MAX);
        let due = match self.app.store.claim_callbacks(now, until, count).await {
            Ok(due) => due,
            Err(error) => return tracing::warn!(%error, "due_callbacks_not_read"),
        };
        self.look = due.len() >= limit;
        let now = Instant::now();
        for callback in due {
            if !self.is_shared && !self.queue.knows(callback.sid) {
                self.chains.was_read(&callback);
            }
            self.queue.add(callback, now);
        }
    }

    /// Begins as many tries as there are places.
    async fn send(&mut self) {
        let mut unsigned = Vec::new();
        while self.queue.in_progress() < self.settings.callbacks_max {
            let Some((host, callback)) = self.queue.next(Instant::now()) else { break };
            if self.is_shared && !self.is_mine(&callback) {
                self.queue.done(&host, Instant::now());
                self.queue.forget(callback.sid);
                self.look = true;
                continue;
            }
            match self.signer(callback.account_sid).await {
                Some(signer) => self.begin(callback, signer, host),
                None => {
                    self.queue.done(&host, Instant::now());
                    unsigned.push(callback);
                }
            }
        }
        if !unsigned.is_empty() {
            self.put_off(unsigned).await;
        }
    }

    /// Whether the claim lasts as long as a try may take.
    fn is_mine(&self, callback: &Callback) -> bool {
        let longest = SignedDuration::from_millis(i64::from(self.outbound.config().total_timeout_ms));
        callback.next_attempt_at.duration_since(self.app.clock.now()) >= longest.min(CLAIM / 2)
    }

    /// What waits for receivers that do not answer makes room in memory, and in the view of the database, for the others.
    async fn put_slow_off(&mut self) {
        let slow = self.queue.take_slow(Instant::now());
        if !slow.is_empty() {
            metrics::counter!("callbacks_total", "outcome" => "put_off").increment(slow.len() as u64);
            self.put_off(slow).await;
            self.look = true;
        }
    }

    async fn put_off(&mut self, mut callbacks: Vec<Callback>) {
        let now = self.app.clock.now();
        for callback in &mut callbacks {
            callback.next_attempt_at = busy_until(callback, now);
        }
        self.commit(callbacks).await;
    }

    fn begin(&mut self, callback: Callback, signer: Arc<Signer>, host: Arc<str>) {
        let hire = || (self.outbound.clone(), self.door.clone(), self.report.clone());
        self.workers.begin(Job { callback, signer, host }, hire);
    }

    /// The secrets of the account, at most [`SIGNER_AGE`] old; `None` when they cannot be had now.
    async fn signer(&mut self, account: AccountSid) -> Option<Arc<Signer>> {
        if let Some((since, signer)) = self.signers.get(&account)
            && since.elapsed() < SIGNER_AGE
        {
            return Some(Arc::clone(signer));
        }
        let signer = match signer_of(&self.app, account).await {
            Ok(signer) => Arc::new(signer?),
            Err(error) => {
                tracing::warn!(%error, "signer_not_read");
                return None;
            }
        };
        if self.signers.len() >= SIGNERS_MAX {
            self.signers.clear();
        }
        self.signers.insert(account, (Instant::now(), Arc::clone(&signer)));
        Some(signer)
    }
}

/// What signs requests for the account's calls and messages; `None` if there is no such account.
pub(crate) async fn signer_of(
    app: &App,
    account: AccountSid,
) -> Result<Option<Signer>, flexio_app::AppError> {
    let Some(account) = app.account_now(account).await? else { return Ok(None) };
    Ok(Some(Signer::new(app.auth_token(&account)?)))
}

fn count(outcome: &'static str) {
    metrics::counter!("callbacks_total", "outcome" => outcome).increment(1);
}

fn random_of(sid: RequestSid, attempts: u32) -> u64 {
    let low = u64::try_from(sid.as_u128() & u128::from(u64::MAX)).expect("64 bits");
    let mut z = low.wrapping_add(u64::from(attempts)).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z ^ (z >> 31)
}

fn busy_until(callback: &Callback, now: flexio_domain::Timestamp) -> flexio_domain::Timestamp {
    let random = i64::try_from(random_of(callback.sid, callback.attempts) % 4_000).unwrap_or(0);
    now.saturating_add(SignedDuration::from_millis(BUSY_WAIT_MS + random)).unwrap_or(now)
}
