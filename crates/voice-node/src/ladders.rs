//! From the SIP task to storage: what each leg said over the wire, once it is over.
//!
//! Off the path of calls: the SIP task collects (bounded by `calls.ladder_memory_mb`), a task of its own masks, packs and saves, 16 legs at a
//! time. At most [`WAITING`] legs wait for it; what comes then, or while storage is away for more than a few seconds, is counted and lost:
//! it tells of calls, and calls do not wait for it.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use flexio_app::App;
use flexio_domain::{AccountSid, CallSid, SipLadder, SipMessage, Timestamp};
use flexio_sip as sip;
use jiff::SignedDuration;
use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;

/// Legs that may wait to be saved.
const WAITING: usize = 1_024;
/// Legs saved in one transaction.
const BATCH: usize = 16;
/// Ladders of one call that are shown while it runs.
const RUNNING_MAX: usize = 100;
/// Tries of a transaction, a second apart.
const TRIES: u32 = 5;

/// Whose leg it is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct LadderOf {
    pub account: AccountSid,
    /// The call that is this leg.
    pub call: CallSid,
    /// The call whose document runs.
    pub root: CallSid,
}

/// For the keeper.
pub(crate) enum Note {
    Ladder(LadderOf, sip::Ladder),
    /// Told when everything before is saved or given up.
    Flush(oneshot::Sender<()>),
}

/// The SIP task's side. Legs nobody has named, such as calls that were refused at the door, are not kept.
#[derive(Debug, Default)]
pub(crate) struct Ladders {
    names: HashMap<sip::LegId, LadderOf>,
    /// `None` keeps nothing.
    keeper: Option<mpsc::Sender<Note>>,
}

impl Ladders {
    pub(crate) fn new(keeper: mpsc::Sender<Note>) -> Self {
        Self { names: HashMap::new(), keeper: Some(keeper) }
    }

    /// Says whose leg it is; without effect when its ladder has been told already.
    pub(crate) fn name(&mut self, endpoint: &sip::Endpoint, leg: sip::LegId, of: LadderOf) {
        if endpoint.has_ladder(leg) {
            self.names.insert(leg, of);
        }
    }

    /// Takes what the endpoint has finished.
    pub(crate) fn collect(&mut self, endpoint: &mut sip::Endpoint) {
        while let Some(ladder) = endpoint.poll_ladder() {
            let named = self.names.remove(&ladder.leg);
            if let (Some(of), Some(keeper)) = (named, &self.keeper)
                && keeper.try_send(Note::Ladder(of, ladder)).is_err()
            {
                lost(1);
            }
        }
    }

    /// Those of a call that still run: of all its legs, or of the leg itself if another call made it.
    pub(crate) fn running(&self, endpoint: &sip::Endpoint, call: CallSid) -> Vec<(LadderOf, sip::Ladder)> {
        let named = self.names.iter().filter(|(_, of)| of.root == call || of.call == call);
        named.filter_map(|(leg, of)| Some((*of, endpoint.ladder_so_far(*leg)?))).take(RUNNING_MAX).collect()
    }

    /// Ends all of them now; `done` hears when they are saved.
    pub(crate) fn finish(&mut self, endpoint: &mut sip::Endpoint, done: oneshot::Sender<()>) {
        endpoint.finish_ladders();
        self.collect(endpoint);
        if let Some(keeper) = &self.keeper {
            // A keeper that is too far behind to be asked is not waited for: dropping `done` says so.
            let _ = keeper.try_send(Note::Flush(done));
        }
    }
}

fn lost(count: usize) {
    metrics::counter!("voice_ladders_lost_total").increment(u64::try_from(count).unwrap_or(u64::MAX));
}

/// Starts the keeper. `epoch` is what the SIP task counts time from.
pub(crate) fn start(app: Arc<App>, epoch: Instant) -> mpsc::Sender<Note> {
    let (keeper, inbox) = mpsc::channel(WAITING);
    tokio::spawn(keep(app, epoch, inbox));
    keeper
}

async fn keep(app: Arc<App>, epoch: Instant, mut inbox: mpsc::Receiver<Note>) {
    let mut notes = Vec::with_capacity(BATCH);
    while inbox.recv_many(&mut notes, BATCH).await > 0 {
        let zero = zero(app.clock.now(), epoch);
        let mut ladders = Vec::with_capacity(notes.len());
        let mut waiting = Vec::new();
        for note in notes.drain(..) {
            match note {
                Note::Ladder(of, ladder) => ladders.push(shown(zero, of, &ladder)),
                Note::Flush(done) => waiting.push(done),
            }
        }
        save(&app, &ladders).await;
        for done in waiting {
            let _ = done.send(());
        }
    }
}

async fn save(app: &App, ladders: &[SipLadder]) {
    for attempt in 1..=TRIES {
        match app.keep_ladders(ladders).await {
            Ok(_) => return,
            Err(error) if attempt == TRIES => {
                tracing::warn!(error = &error as &dyn std::error::Error, "ladders_not_saved");
            }
            Err(_) => tokio::time::sleep(Duration::from_secs(1)).await,
        }
    }
    lost(ladders.len());
}

/// The wall time at `epoch`.
pub(crate) fn zero(now: Timestamp, epoch: Instant) -> Timestamp {
    let run = SignedDuration::try_from(epoch.elapsed()).unwrap_or(SignedDuration::ZERO);
    now.saturating_sub(run).unwrap_or(now)
}

pub(crate) fn shown(zero: Timestamp, of: LadderOf, ladder: &sip::Ladder) -> SipLadder {
    let message = |traced: &sip::Traced| SipMessage {
        at: SignedDuration::try_from(traced.at).map_or(zero, |at| zero.saturating_add(at).unwrap_or(zero)),
        is_sent: traced.is_sent,
        transport: traced.transport.as_str().to_owned(),
        local: traced.local.map(|local| local.to_string()),
        remote: traced.remote.to_string(),
        text: traced.text(),
    };
    SipLadder {
        account_sid: of.account,
        call_sid: of.call,
        root_call_sid: of.root,
        messages: ladder.messages.iter().map(message).collect(),
        before_gap: ladder.before_gap,
        dropped: ladder.dropped,
    }
}
