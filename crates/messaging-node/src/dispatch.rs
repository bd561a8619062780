//! The dispatcher: one task that takes due messages, chooses their route, hands their segments over, and keeps what comes back.
//!
//! It works in turns. A turn takes all that has happened, decides, commits once, and only then acts: segments are written after
//! they are saved as submitted, receipts are answered after they are kept. While a commit waits for the disk, what happens piles up
//! in bounded queues and makes the next turn bigger, so the busier it is, the less each message costs.

mod claim;
mod doubt;
mod look;
mod lost;
mod outcome;
mod walk;

use std::{
    collections::{BTreeMap, HashMap, hash_map::Entry},
    sync::Arc,
    time::Duration,
};

use flexio_app::{App, delivery};
use flexio_domain::{AccountSid, Message, MessageSid, Timestamp};
use flexio_messaging::{
    lifecycle::{self, Event},
    retry::RetryPolicy,
};
use flexio_smpp::{NotSentReason, Outcome, SubmitKey};
use flexio_store::StoreError;
use jiff::SignedDuration;
use tokio::{
    sync::{mpsc, watch},
    time::Instant,
};

use crate::{
    Phase,
    book::{Book, Flight, Remembered},
    carrier::{Arrival, CarrierEvent, News},
    config::Messages,
    dispatch::doubt::Doubt,
    findings, measure,
    receipts::Receipts,
    routing::Route,
    smpp_client::SmppEvent,
    work::{STORE_WAIT, STORE_WAIT_MAX, Step, Turn, Work},
};

/// After a look that found nothing that can leave, new messages alone bring the next one no sooner than this, and no sooner than
/// [`look::PART_OF_TIME`] times what it took: all routes down, or full, must not cost those who still write messages the database.
const CALM: Duration = Duration::from_millis(20);
/// Events taken in one turn.
const EVENTS_MAX: usize = 2_000;
/// Between two looks for messages whose time is up.
const SWEEP_EVERY: Duration = Duration::from_secs(60);
/// Messages looked at in one sweep.
const SWEPT_MAX: u32 = 2_000;
/// After its validity a message is given this long for a receipt that is on its way.
const GRACE: SignedDuration = SignedDuration::from_secs(60);
/// After a database that did not answer, and after a retry that others had changed.
const AGAIN: SignedDuration = SignedDuration::from_secs(1);

/// See the module.
#[derive(Debug)]
pub(crate) struct Dispatcher {
    pub(crate) app: Arc<App>,
    pub(crate) settings: Messages,
    pub(crate) routes: Vec<Route>,
    pub(crate) smpp: mpsc::Receiver<SmppEvent>,
    pub(crate) sandbox: mpsc::Receiver<CarrierEvent>,
    /// Incoming messages, to where they are kept.
    pub(crate) arrivals: mpsc::Sender<Arrival>,
    /// On-net messages whose application is to be asked.
    pub(crate) asks: mpsc::Sender<Message>,
    pub(crate) phase: watch::Receiver<Phase>,
    pub(crate) book: Book,
    pub(crate) receipts: Receipts,
    pub(crate) policy: RetryPolicy,
    /// Name of this node.
    pub(crate) node: String,
    /// Messages that have left in part and wait to go on. Those that have not are found in the database.
    pub(crate) retries: BTreeMap<(Timestamp, MessageSid), AccountSid>,
    pub(crate) state: State,
}

/// What the dispatcher knows of its own course.
#[derive(Debug)]
pub(crate) struct State {
    /// There may be due messages that can leave.
    look: bool,
    /// Messages were saved since the last look: when to look at them.
    new_at: Option<Instant>,
    /// Until then what is new is not looked at.
    calm_until: Instant,
    /// Due messages were left because a route had no room.
    is_starved: bool,
    poll_at: Instant,
    sweep_at: Instant,
    /// Submits that a closed route gave back.
    returned: Vec<SubmitKey>,
    /// The last account that had its turn when there was more than could be taken.
    turn_of: Option<AccountSid>,
    /// Whose turn it is goes before what has waited longest: the last that left was one of those.
    is_turn_first: bool,
    /// Due messages worth reading at once: about twice what could be taken of them the last time.
    reach: usize,
    walk: walk::Walk,
    /// Whom messages of the page may have lost.
    lost: lost::Lost,
    /// Messages that have left in part and found no room for the rest: they go first whenever something has happened.
    cut: Vec<(MessageSid, AccountSid)>,
    /// Claims that were not confirmed, until their message is read again; each is among the retries.
    doubts: HashMap<MessageSid, Doubt>,
}

impl State {
    pub(crate) fn new() -> Self {
        let now = Instant::now();
        Self {
            look: true,
            new_at: None,
            calm_until: now,
            is_starved: false,
            poll_at: now,
            sweep_at: now,
            returned: Vec::new(),
            turn_of: None,
            is_turn_first: false,
            reach: usize::MAX,
            walk: walk::Walk::new(now.into_std()),
            lost: lost::Lost::Anybody,
            cut: Vec::new(),
            doubts: HashMap::new(),
        }
    }
}

impl Dispatcher {
    /// Runs until told to stop.
    pub(crate) async fn run(mut self) {
        let (mut smpp, mut sandbox) = (Vec::new(), Vec::new());
        loop {
            self.wait(&mut smpp, &mut sandbox).await;
            if *self.phase.borrow() == Phase::Stop {
                return;
            }
            let mut turn = Turn::new(self.app.clock.now());
            for event in smpp.drain(..).filter_map(CarrierEvent::of_smpp).chain(sandbox.drain(..)) {
                self.take(event, &mut turn).await;
            }
            for key in std::mem::take(&mut self.state.returned) {
                let outcome = Outcome::NotSent(NotSentReason::NotBound);
                self.on_outcome(key, outcome, false, &mut turn).await;
            }
            self.give_up_parked(&mut turn).await;
            if *self.phase.borrow() == Phase::Run {
                self.go_on_with_retries(&mut turn).await;
                self.look_for_work(&mut turn).await;
            }
            self.sweep(&mut turn).await;
            self.finish(turn).await;
        }
    }

    /// Waits until there is something to do.
    async fn wait(&mut self, smpp: &mut Vec<SmppEvent>, sandbox: &mut Vec<CarrierEvent>) {
        if !self.state.returned.is_empty() {
            return;
        }
        let now = self.app.clock.now();
        let in_time = |at: Timestamp| {
            let wait = Duration::try_from(at.duration_since(now)).unwrap_or_default();
            Instant::now() + wait
        };
        let runs = *self.phase.borrow() == Phase::Run;
        let due = [
            Some(if self.state.look && runs { Instant::now() } else { self.state.poll_at }),
            self.state.new_at.filter(|_| runs),
            self.retries.keys().next().filter(|_| runs).map(|(at, _)| in_time(*at)),
            self.receipts.deadline().map(in_time),
        ];
        let wake_at = due.into_iter().flatten().min().unwrap_or(self.state.poll_at);
        let app = Arc::clone(&self.app);
        tokio::select! {
            // What has happened comes before what could be begun.
            biased;
            _ = self.phase.changed() => {}
            count = self.smpp.recv_many(smpp, EVENTS_MAX) => self.idle_if_closed(count).await,
            count = self.sandbox.recv_many(sandbox, EVENTS_MAX) => self.idle_if_closed(count).await,
            () = app.wake.messages.notified() => self.state.new_at = Some(self.state.calm_until),
            () = tokio::time::sleep_until(wake_at) => {}
        }
        self.state.look |= self.state.new_at.is_some_and(|at| Instant::now() >= at);
        if Instant::now() >= self.state.poll_at {
            self.state.look = true;
            self.state.poll_at = Instant::now() + Duration::from_secs(u64::from(self.settings.poll_s));
            self.gauges();
        }
    }

    /// The node keeps a sender of each queue, so none closes; were it otherwise, this must not spin.
    async fn idle_if_closed(&self, received: usize) {
        if received == 0 {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    fn gauges(&self) {
        for route in &self.routes {
            let name = route.settings.name.clone();
            metrics::gauge!("mt_segments_in_flight", "route" => name).set(measure(route.in_flight));
        }
        metrics::gauge!("messages_remembered").set(measure(self.book.len()));
        metrics::gauge!("messages_to_retry").set(measure(self.retries.len()));
        metrics::gauge!("receipts_parked").set(measure(self.receipts.parked()));
    }

    async fn take(&mut self, event: CarrierEvent, turn: &mut Turn) {
        let Some(at) = self.routes.iter().position(|route| *route.settings.name == *event.route) else {
            return;
        };
        match event.news {
            News::Up => {
                self.routes[at].health.set_up(true, turn.now);
                self.state.look = true;
                self.state.walk.begin_again();
            }
            // What would have left by it may have another way now.
            News::Down { reason, fault } => {
                let Route { settings, health, .. } = &self.routes[at];
                health.set_up(false, turn.now);
                health.set_finding(Some(findings::finding(&settings.peer(), reason, fault.as_deref())));
                self.state.look = true;
                self.state.walk.begin_again();
            }
            News::Submitted { key, outcome, late } => self.on_outcome(key, outcome, late, turn).await,
            News::Receipt { receipt, ack } => self.on_receipt(at, receipt, ack, turn).await,
            // Full: the carrier keeps it and tries again, because the unused answer says so.
            News::Mo { mo, ack } => {
                if self.arrivals.try_send(Arrival { route: at, mo, ack }).is_err() {
                    metrics::counter!("mo_total", "outcome" => "deferred").increment(1);
                }
            }
        }
    }

    /// The message in this turn: already there, remembered, or read.
    pub(crate) async fn open<'t>(
        &mut self,
        turn: &'t mut Turn,
        account: AccountSid,
        sid: MessageSid,
    ) -> Result<Option<&'t mut Work>, StoreError> {
        match turn.works.entry(sid) {
            Entry::Occupied(there) => Ok(Some(there.into_mut())),
            Entry::Vacant(place) => {
                let remembered = match self.book.take(sid) {
                    Some(remembered) => remembered,
                    None => match self.app.store.message(account, sid).await? {
                        Some(message) => Remembered::new(message),
                        None => return Ok(None),
                    },
                };
                Ok(Some(place.insert(Work::new(remembered))))
            }
        }
    }

    /// As [`Self::open`], for what happened once and is told by nobody again: for as long as the database takes to answer. An error is the
    /// node's end, or none that waiting mends.
    async fn open_insisting<'t>(
        &mut self,
        turn: &'t mut Turn,
        account: AccountSid,
        sid: MessageSid,
    ) -> Result<Option<&'t mut Work>, StoreError> {
        let mut wait = STORE_WAIT;
        loop {
            match self.open(turn, account, sid).await {
                Ok(_) => return Ok(turn.works.get_mut(&sid)),
                Err(error @ (StoreError::Unavailable(_) | StoreError::Full))
                    if *self.phase.borrow() != Phase::Stop =>
                {
                    tracing::warn!(%error, message_sid = %sid, "outcome_not_kept_yet");
                    tokio::time::sleep(wait).await;
                    wait = (wait * 2).min(STORE_WAIT_MAX);
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// Messages that have left in part and whose wait is over.
    async fn go_on_with_retries(&mut self, turn: &mut Turn) {
        let cut = std::mem::take(&mut self.state.cut);
        self.retries.extend(cut.into_iter().map(|(sid, account)| ((turn.now, sid), account)));
        for _ in 0..self.settings.batch {
            let Some((&(at, sid), &account)) = self.retries.iter().next() else { return };
            if at > turn.now {
                return;
            }
            self.retries.remove(&(at, sid));
            let later = turn.now.saturating_add(AGAIN).unwrap_or(turn.now);
            if turn.works.contains_key(&sid) {
                self.retries.insert((later, sid), account);
                continue;
            }
            let remembered = match self.book.take(sid) {
                Some(remembered) => Some(remembered),
                None => match self.app.store.message(account, sid).await {
                    Ok(message) => message.map(Remembered::new),
                    Err(error) => {
                        tracing::warn!(%error, "retry_not_read");
                        self.retries.insert((later, sid), account);
                        return;
                    }
                },
            };
            let Some(remembered) = remembered else {
                self.state.doubts.remove(&sid);
                continue;
            };
            let remembered = match self.mend(remembered, turn).await {
                Ok(Some(remembered)) => remembered,
                Ok(None) => continue,
                Err(error) => {
                    tracing::warn!(%error, "retry_not_read");
                    self.retries.insert((later, sid), account);
                    return;
                }
            };
            // Others may have put it back to the queue of the database, ended it, or it is under way.
            let waits = remembered.in_flight == 0 && lifecycle::next_segment(&remembered.message).is_some();
            if !waits {
                self.book.put(remembered);
            } else if let Err(blocked) = self.claim(remembered, turn).await {
                if blocked.by.is_some() {
                    self.state.cut.push((sid, account));
                } else {
                    self.retries.insert((later, sid), account);
                }
                self.book.put(blocked.remembered);
            }
        }
    }

    /// Ends messages whose time is up, and finds those that were left in the middle.
    async fn sweep(&mut self, turn: &mut Turn) {
        if Instant::now() < self.state.sweep_at {
            return;
        }
        self.state.sweep_at = Instant::now() + SWEEP_EVERY;
        let found = async {
            let before = turn.now.saturating_sub(GRACE).unwrap_or(turn.now);
            let expired = self.app.store.expired_messages(before, SWEPT_MAX).await?;
            let sending = self.app.store.sending_messages(SWEPT_MAX).await?;
            Ok::<_, StoreError>((expired, sending))
        };
        let (expired, sending) = match found.await {
            Ok(found) => found,
            Err(error) => return tracing::warn!(%error, "sweep_not_read"),
        };
        if expired.len() >= SWEPT_MAX as usize {
            self.state.sweep_at = Instant::now();
        }
        for message in expired.into_iter().chain(sending) {
            self.sweep_one(message, turn);
        }
    }

    fn sweep_one(&mut self, message: Message, turn: &mut Turn) {
        let sid = message.sid;
        if turn.works.contains_key(&sid) {
            return;
        }
        let is_over = delivery::expires_at(&message).saturating_add(GRACE).is_ok_and(|at| at <= turn.now);
        let remembered = self.book.take(sid).unwrap_or_else(|| Remembered::new(message));
        if !is_over || remembered.in_flight > 0 {
            // Put back, a message that waits to go on is planned.
            return self.put_back(remembered, turn.now);
        }
        let mut work = Work::new(remembered);
        work.event(&self.app, Event::Expired);
        if !work.message().status.is_final() {
            // Accepted everywhere and no receipt: `sent` stays the last word.
            work.step(&self.app, Step::Rest);
        }
        turn.works.insert(sid, work);
    }

    /// Commits the turn, then does what may only be done after.
    async fn finish(&mut self, mut turn: Turn) {
        let claims = turn.works.values().filter(|work| work.is_claim);
        let claimed: Vec<(MessageSid, Doubt)> =
            claims.map(|work| (work.message().sid, Doubt::of(work))).collect();
        let phase = self.phase.clone();
        turn.commit(&self.app, &move || *phase.borrow() == Phase::Stop).await;
        let later = turn.now.saturating_add(AGAIN).unwrap_or(turn.now);
        for (sid, doubt) in claimed {
            if !turn.works.contains_key(&sid) {
                // Others changed it, or the database fell: looked at once more, it is due, or none of ours, or was saved after all.
                self.state.look = true;
                self.retries.insert((later, sid), doubt.account);
                self.state.doubts.insert(sid, doubt);
            }
        }
        turn.answer();
        for (_, work) in turn.works {
            self.depart(work, turn.now).await;
        }
        for route in &self.routes {
            route.health.set_in_flight(route.in_flight);
        }
    }

    /// Hands over what was saved as submitted.
    async fn depart(&mut self, work: Work, now: Timestamp) {
        let Work { mut remembered, departure, inside, .. } = work;
        if let Some(received) = inside
            && received.status == flexio_domain::MessageStatus::Receiving
            && self.asks.try_send(received).is_err()
        {
            // It stays `receiving` in the database and is asked about after the next start, at the latest.
            tracing::warn!("asking_queue_full");
        }
        let (account, sid) = (remembered.message.account_sid, remembered.message.sid);
        if let Some(departure) = departure {
            let route = &mut self.routes[departure.route];
            for (segment, request) in departure.segments {
                let key = self.book.depart(Flight { account, sid, segment, route: departure.route });
                route.in_flight += 1;
                remembered.in_flight += 1;
                // There is room: it was asked for, and nobody else submits.
                if route.carrier.submit(key, &remembered.message, request).await.is_err() {
                    self.state.returned.push(key);
                }
            }
        }
        self.put_back(remembered, now);
    }

    /// Remembers the message, and when to go on with it.
    pub(crate) fn put_back(&mut self, remembered: Remembered, now: Timestamp) {
        let message = &remembered.message;
        let has_left = message.status > flexio_domain::MessageStatus::Queued;
        if remembered.in_flight == 0 && has_left && lifecycle::next_segment(message).is_some() {
            let at = message.next_attempt_at.unwrap_or(now);
            self.retries.insert((at, message.sid), message.account_sid);
        }
        // Before it has left, the database says when it is due.
        if has_left {
            self.book.put(remembered);
        }
    }
}
