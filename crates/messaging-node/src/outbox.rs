//! The outbox: delivers queued status callbacks, in order per call or message, many of them at the same time.
//!
//! The queue is the database's. A callback in progress is one that was read and not yet settled; after a crash it is sent again,
//! with the same idempotency token. Receivers that do not answer hold few places each, and what is queued for them behind those is
//! put off, so it does not stand before what is queued for others.

use std::{
    collections::{HashMap, HashSet},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use flexio_app::App;
use flexio_domain::{AccountSid, Callback, CallbackState, RequestSid};
use flexio_outbound::{CallbackOutcome, CallbackRequest, Outbound, Payload, RetryReason, Signer, WireForm};
use flexio_store::{Change, ChangeSet, StoreError};
use jiff::SignedDuration;
use tokio::{
    sync::{mpsc, watch},
    time::Instant,
};

use crate::{Phase, config::Messages, measure};

/// Callbacks settled in one commit.
const SETTLED_MAX: usize = 512;
/// Callbacks read at once beyond those in progress.
const READ_MAX: usize = 512;
/// Signers kept; above that they are read again.
const SIGNERS_MAX: usize = 10_000;
/// A change of an account's token is used after this long at the latest.
const SIGNER_AGE: Duration = Duration::from_secs(5);
/// A callback whose receiver is busy is looked at again after this and up to twice as long.
const BUSY_WAIT_MS: i64 = 2_000;

/// The task that delivers callbacks.
#[derive(Debug)]
pub(crate) struct Outbox {
    app: Arc<App>,
    settings: Messages,
    outbound: Outbound,
    phase: watch::Receiver<Phase>,
    in_progress: HashSet<RequestSid>,
    per_host: HashMap<String, usize>,
    signers: HashMap<AccountSid, (Instant, Arc<Signer>)>,
    done: mpsc::Receiver<Done>,
    report: mpsc::Sender<Done>,
    /// Callbacks in progress, for others to see.
    busy: Arc<AtomicUsize>,
    look: bool,
    /// Reading again costs as much as there is in progress, so the more that is, the less often it is done.
    look_from: Instant,
}

/// One try is over.
#[derive(Debug)]
struct Done {
    callback: Callback,
    outcome: CallbackOutcome,
    host: String,
}

impl Outbox {
    pub(crate) fn new(
        app: Arc<App>,
        settings: Messages,
        outbound: Outbound,
        phase: watch::Receiver<Phase>,
        busy: Arc<AtomicUsize>,
    ) -> Self {
        let (report, done) = mpsc::channel(settings.callbacks_max.max(1));
        Self {
            app,
            settings,
            outbound,
            phase,
            in_progress: HashSet::new(),
            per_host: HashMap::new(),
            signers: HashMap::new(),
            done,
            report,
            busy,
            look: true,
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
            let has_room = self.in_progress.len() < self.settings.callbacks_max;
            let wake_at = if self.look && has_room { self.look_from.min(poll_at) } else { poll_at };
            tokio::select! {
                biased;
                _ = self.phase.changed() => {}
                _ = self.done.recv_many(&mut finished, SETTLED_MAX) => {}
                () = app.wake.callbacks.notified() => self.look = true,
                () = tokio::time::sleep_until(wake_at) => {}
            }
            if *self.phase.borrow() == Phase::Stop {
                return;
            }
            if Instant::now() >= poll_at {
                self.look = true;
                poll_at = Instant::now() + poll;
                metrics::gauge!("callbacks_in_progress").set(measure(self.in_progress.len()));
            }
            if !finished.is_empty() {
                self.settle(std::mem::take(&mut finished)).await;
            }
            let may_look = self.look && Instant::now() >= self.look_from;
            if may_look && self.in_progress.len() < self.settings.callbacks_max {
                self.send_due().await;
                let pause_us = 40 * u64::try_from(self.in_progress.len()).unwrap_or(0);
                self.look_from = Instant::now() + Duration::from_micros(pause_us);
            }
            self.busy.store(self.in_progress.len(), Ordering::Relaxed);
        }
    }

    /// Keeps the outcomes of tries; only then the next callback of the same subject is due.
    async fn settle(&mut self, finished: Vec<Done>) {
        let now = self.app.clock.now();
        let mut settled = Vec::with_capacity(finished.len());
        for Done { callback, outcome, host } in finished {
            if let Some(count) = self.per_host.get_mut(&host) {
                *count -= 1;
                if *count == 0 {
                    self.per_host.remove(&host);
                }
            }
            settled.push(self.judge(callback, outcome, now));
        }
        let sids: Vec<RequestSid> = settled.iter().map(|callback| callback.sid).collect();
        self.commit(settled).await;
        for sid in sids {
            self.in_progress.remove(&sid);
        }
        self.look = true;
    }

    /// Keeps trying: lost outcomes would mean that everything is sent again.
    async fn commit(&self, settled: Vec<Callback>) {
        let mut wait = Duration::from_millis(50);
        loop {
            let mut set = ChangeSet::new();
            for callback in &settled {
                set.push(Change::SettleCallback(callback.clone()));
            }
            match self.app.store.commit(set).await {
                Ok(()) => return,
                Err(error @ (StoreError::Unavailable(_) | StoreError::Full))
                    if *self.phase.borrow() != Phase::Stop =>
                {
                    tracing::warn!(%error, callbacks = settled.len(), "callbacks_not_settled_yet");
                    tokio::time::sleep(wait).await;
                    wait = (wait * 2).min(Duration::from_secs(5));
                }
                Err(error) => {
                    tracing::error!(%error, callbacks = settled.len(), "callbacks_not_settled");
                    return;
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
            CallbackOutcome::Retry { reason: RetryReason::Busy, .. } => {
                count("busy");
                callback.next_attempt_at = busy_until(&callback, now);
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

    /// Reads due callbacks and begins as many as there is room for.
    async fn send_due(&mut self) {
        let now = self.app.clock.now();
        self.look = false;
        // Those in progress are still due and come first.
        let limit = self.in_progress.len() + READ_MAX;
        let due = match self.app.store.due_callbacks(now, u32::try_from(limit).unwrap_or(u32::MAX)).await {
            Ok(due) => due,
            Err(error) => return tracing::warn!(%error, "due_callbacks_not_read"),
        };
        let is_full = due.len() >= limit;
        let mut put_off = Vec::new();
        let mut begun = 0;
        for mut callback in due {
            if self.in_progress.contains(&callback.sid) {
                continue;
            }
            if self.in_progress.len() >= self.settings.callbacks_max {
                self.look = true;
                break;
            }
            let host = host_of(&callback.webhook.url);
            if self.per_host.get(&host).copied().unwrap_or(0) >= self.settings.callbacks_per_host_max {
                callback.next_attempt_at = busy_until(&callback, now);
                put_off.push(callback);
                continue;
            }
            let Some(signer) = self.signer(callback.account_sid).await else {
                callback.next_attempt_at = busy_until(&callback, now);
                put_off.push(callback);
                continue;
            };
            self.begin(callback, signer, host);
            begun += 1;
        }
        // Putting off costs a write, so it is done only when it makes others visible.
        if is_full && !put_off.is_empty() {
            metrics::counter!("callbacks_total", "outcome" => "put_off").increment(put_off.len() as u64);
            self.commit(put_off).await;
            self.look = true;
        } else if is_full && begun > 0 {
            self.look = true;
        }
    }

    fn begin(&mut self, callback: Callback, signer: Arc<Signer>, host: String) {
        self.in_progress.insert(callback.sid);
        *self.per_host.entry(host.clone()).or_default() += 1;
        let (outbound, report) = (self.outbound.clone(), self.report.clone());
        tokio::spawn(async move {
            let sid = callback.sid.to_string();
            let request = CallbackRequest {
                event_id: &sid,
                idempotency_token: &sid,
                url: &callback.webhook.url,
                method: callback.webhook.method,
                payload: Payload::Form(&callback.params),
                signer: &signer,
                wire: wire_of(&callback.params),
                timeout: None,
            };
            let outcome = outbound.post_callback(request).await;
            // The outbox has gone: after the next start the callback is sent again.
            let _ = report.send(Done { callback, outcome, host }).await;
        });
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

/// The dialect of the receiver is the one the resource was made in.
fn wire_of(params: &[(String, String)]) -> WireForm {
    let classic = params.iter().any(|(name, value)| name == "ApiVersion" && value == "2012-04-24");
    if classic { WireForm::Rcml } else { WireForm::Twiml }
}

/// Host and port as written: what shares a receiver, near enough.
fn host_of(url: &str) -> String {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    authority.rsplit('@').next().unwrap_or_default().to_ascii_lowercase()
}

fn random_of(sid: RequestSid, attempts: u32) -> u64 {
    let low = u64::try_from(sid.as_u128() & u128::from(u64::MAX)).expect("64 bits");
    let mut z = low.wrapping_add(u64::from(attempts)).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z ^ (z >> 31)
}

fn busy_until(callback: &Callback, now: flexio_domain::Timestamp) -> flexio_domain::Timestamp {
    let random = i64::try_from(random_of(callback.sid, callback.attempts) % 2_000).unwrap_or(0);
    now.saturating_add(SignedDuration::from_millis(BUSY_WAIT_MS + random)).unwrap_or(now)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_receiver_is_the_host_and_its_port() {
        assert_eq!(host_of("https://u:p@A.test:8443/x?y#z"), "a.test:8443");
        assert_eq!(host_of("http://a.test?x"), "a.test");
        assert_eq!(host_of(""), "");
    }

    #[test]
    fn the_dialect_of_a_callback_is_in_its_parameters() {
        let params = |version: &str| vec![("ApiVersion".to_owned(), version.to_owned())];
        assert_eq!(wire_of(&params("2012-04-24")), WireForm::Rcml);
        assert_eq!(wire_of(&params("2010-04-01")), WireForm::Twiml);
        assert_eq!(wire_of(&[]), WireForm::Twiml);
    }
}
