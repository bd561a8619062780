//! Incoming messages: each is kept before its carrier is answered.
//!
//! Parts of long messages are kept one by one, because a carrier with a window of one sends the second only after the first was
//! answered. After a start the parts that wait are put back, and a message of which no other part comes is given up in its time: it is
//! delivered with what came, and with error 30009.

mod parts;
mod repeats;

use std::{sync::Arc, time::Duration};

use flexio_app::{
    App,
    delivery::{self, Incoming, ReceiveError},
};
use flexio_domain::{Address, Message, MessageSid, MessageStatus, Pii, Timestamp};
use flexio_messaging::{
    mo::{self, TextUnits},
    reassembly::{Inserted, Joined},
    udh::{Concat, Reference},
};
use flexio_smpp::Mo;
use flexio_store::{Change, ChangeSet, MoPart, StoreError};
use jiff::SignedDuration;
use tokio::sync::{mpsc, watch};

pub(crate) use parts::Parts;
use parts::{Key, read_back, written};
pub(crate) use repeats::Repeats;

use crate::{
    Phase,
    carrier::{Answer, Arrival, Health},
    config::Messages,
    routing::from_wire,
};

/// Messages kept in one commit.
const BATCH_MAX: usize = 256;
/// Finished long messages whose parts are known if they come again.
const FINISHED_MAX: usize = 10_000;
/// How long such a part counts as repeated; references are used again after a while.
const FINISHED_AGE: SignedDuration = SignedDuration::from_secs(60);
/// Kept parts read at once when they are looked through.
const KEPT_READ: u32 = 1_000;
/// Kept parts looked through at most; what is beyond is reached when those have been given up.
const KEPT_MAX: usize = 50_000;
/// When a look that failed is tried again.
const LOOK_AGAIN: SignedDuration = SignedDuration::from_secs(5);

/// How messages of a route are read.
#[derive(Debug)]
pub(crate) struct Source {
    pub health: Arc<Health>,
    pub alphabet: mo::DefaultAlphabet,
    pub country_code: String,
}

/// The task that keeps incoming messages.
#[derive(Debug)]
pub(crate) struct Receiver {
    pub(crate) app: Arc<App>,
    pub(crate) settings: Messages,
    pub(crate) sources: Vec<Source>,
    pub(crate) arrivals: mpsc::Receiver<Arrival>,
    pub(crate) asks: mpsc::Sender<Message>,
    pub(crate) phase: watch::Receiver<Phase>,
    pub(crate) parts: Parts,
    pub(crate) repeats: Repeats,
}

/// What one commit keeps, and who is told.
#[derive(Default)]
struct Batch {
    changes: ChangeSet,
    answers: Vec<(Answer, Option<MessageSid>)>,
    to_ask: Vec<Message>,
    /// Messages that had to leave memory; they are taken out once what this commit keeps is kept.
    given_up: Vec<Joined>,
    /// Of messages that are compared with what comes again, by route.
    digests: Vec<(usize, u128)>,
}

/// The text of a whole message, and where its parts were kept.
struct Whole {
    incoming: Incoming,
    /// `None`: the route is not configured any more.
    route: Option<usize>,
    parts_key: Option<String>,
}

impl Receiver {
    /// Runs until told to stop.
    pub(crate) async fn run(mut self) {
        let mut arrived = Vec::new();
        loop {
            let now = self.app.clock.now();
            let patience = Duration::try_from(self.parts.deadline().duration_since(now)).unwrap_or_default();
            tokio::select! {
                count = self.arrivals.recv_many(&mut arrived, BATCH_MAX) => {
                    if count == 0 {
                        return;
                    }
                }
                () = tokio::time::sleep(patience) => {}
                _ = self.phase.changed() => {}
            }
            if *self.phase.borrow() == Phase::Stop {
                return;
            }
            self.keep(&mut arrived).await;
        }
    }

    async fn keep(&mut self, arrived: &mut Vec<Arrival>) {
        let now = self.app.clock.now();
        let mut batch = Batch::default();
        for Arrival { route, mo, ack } in arrived.drain(..) {
            match self.take(route, &mo, now, &mut batch).await {
                Ok(sid) => batch.answers.push((ack, sid)),
                // Unanswered, it comes again.
                Err(error) => tracing::warn!(%error, "incoming_message_not_kept"),
            }
        }
        self.parts.finished.retain(|_, at| now.duration_since(*at) < FINISHED_AGE);
        let mut given_up = self.commit(batch).await;
        let overdue = self.parts.joining.expire(now);
        if now >= self.parts.look_at {
            self.look_through(now, &mut given_up).await;
        }
        for joined in given_up {
            self.take_out(&joined, now, SignedDuration::ZERO).await;
        }
        for joined in overdue {
            self.take_out(&joined, now, self.parts.patience).await;
        }
    }

    /// Commits, answers, asks. Returns the messages that had to leave memory.
    async fn commit(&mut self, batch: Batch) -> Vec<Joined> {
        let Batch { changes, answers, to_ask, given_up, digests } = batch;
        if !changes.is_empty()
            && let Err(error) = delivery::save(&self.app, changes).await
        {
            // What was joined in memory has its parts in the database, from which the next look joins it again.
            tracing::warn!(%error, messages = answers.len(), "incoming_messages_not_kept");
            self.parts = Parts::new(self.settings.part_wait_s);
            return Vec::new();
        }
        self.repeats.keep(digests);
        for (answer, sid) in answers {
            answer.accept(sid);
        }
        self.ask(to_ask).await;
        given_up
    }

    async fn ask(&self, messages: Vec<Message>) {
        for message in messages {
            // Waits while as many applications are asked as may be: carriers are then answered later.
            if self.asks.send(message).await.is_err() {
                return;
            }
        }
    }

    /// Puts back what is kept and not in memory: all of it at the start, later what another node left behind.
    async fn look_through(&mut self, now: Timestamp, given_up: &mut Vec<Joined>) {
        let mut behind = (String::new(), 0);
        let mut seen = 0;
        while seen < KEPT_MAX {
            let kept = match self.app.store.waiting_mo_parts((&behind.0, behind.1), KEPT_READ).await {
                Ok(kept) => kept,
                Err(error) => {
                    tracing::warn!(%error, "kept_parts_not_read");
                    self.parts.look_at = now.saturating_add(LOOK_AGAIN).unwrap_or(Timestamp::MAX);
                    return;
                }
            };
            let Some(last) = kept.last() else { break };
            behind = (last.key.clone(), last.part);
            seen += kept.len();
            for part in &kept {
                self.parts.put_back(part, now, given_up);
            }
        }
        let next = self.parts.patience.max(LOOK_AGAIN);
        self.parts.look_at = now.saturating_add(next).unwrap_or(Timestamp::MAX);
    }

    /// Delivers a message that is not waited for any more, as far as it came. The database says what came, for other nodes keep parts
    /// too; it waits on if one of them has got a part within `patience`. Of several nodes that do this at once one succeeds.
    async fn take_out(&mut self, joined: &Joined, now: Timestamp, patience: SignedDuration) {
        let Some(key) = Key::of(joined) else { return };
        let name = key.text();
        let kept = match self.app.store.mo_parts(&name).await {
            Ok(kept) => kept,
            // They are found by the next look.
            Err(error) => return tracing::warn!(%error, "kept_parts_not_read"),
        };
        if kept.iter().any(|part| now.duration_since(part.received_at) < patience) {
            return kept.iter().for_each(|part| self.parts.put_back(part, part.received_at, &mut Vec::new()));
        }
        let (Some(joined), Some(first)) = (key.join(&kept), kept.first()) else { return };
        let route = self.sources.iter().position(|source| *source.health.name == *key.route);
        let incoming = Incoming {
            from: key.from,
            to: key.to,
            is_whole: joined.is_whole(),
            segments: u32::from(joined.parts),
            body: Pii(joined.text),
            route: Some(key.route),
            media: 0,
            sip_headers: Vec::new(),
        };
        let mut batch = Batch::default();
        batch.changes.push(Change::ClaimMoPart(name.clone(), first.part));
        let whole = Whole { incoming, route, parts_key: Some(name) };
        if let Err(error) = self.keep_whole(whole, now, &mut batch).await {
            return tracing::warn!(%error, "incomplete_message_not_kept");
        }
        match delivery::save(&self.app, batch.changes).await {
            Ok(()) => {
                self.repeats.keep(batch.digests);
                self.ask(batch.to_ask).await;
            }
            Err(StoreError::Conflict(_)) => tracing::debug!("another_node_took_the_message_out"),
            Err(error) => tracing::warn!(%error, "incomplete_message_not_kept"),
        }
    }

    /// Takes one delivery into the batch; the sid of the message it made, if it made one.
    async fn take(
        &mut self,
        at: usize,
        mo: &Mo,
        now: Timestamp,
        batch: &mut Batch,
    ) -> Result<Option<MessageSid>, StoreError> {
        let source = &self.sources[at];
        let from = from_wire(&mo.from, &source.country_code);
        let to = from_wire(&mo.to, &source.country_code);
        if !matches!(to, Address::Number(_) | Address::ShortCode(_)) {
            count("unknown_number");
            return Ok(None);
        }
        let part = mo::read(&mo.payload, mo.data_coding, mo.has_udh, source.alphabet);
        let by_tlv = mo.sar.map(|sar| Concat {
            reference: Reference::Long(sar.reference),
            total: sar.total,
            sequence: sar.sequence,
        });
        let Some(place) = part.place.or(by_tlv) else {
            let body = Pii(part.units.to_text());
            let incoming = self.incoming(at, from, to, body, 1, true);
            let whole = Whole { incoming, route: Some(at), parts_key: None };
            return self.keep_whole(whole, now, batch).await;
        };
        self.take_part(at, (&from, &to), place, part.units, now, batch).await
    }

    fn incoming(
        &self,
        at: usize,
        from: Address,
        to: Address,
        body: Pii<String>,
        segments: u32,
        is_whole: bool,
    ) -> Incoming {
        let route = Some(self.sources[at].health.name.to_string());
        Incoming { from, to, body, segments, route, media: 0, is_whole, sip_headers: Vec::new() }
    }

    async fn take_part(
        &mut self,
        at: usize,
        (from, to): (&Address, &Address),
        place: Concat,
        units: TextUnits,
        now: Timestamp,
        batch: &mut Batch,
    ) -> Result<Option<MessageSid>, StoreError> {
        let key = Key::new(&self.sources[at].health.name, from, to, place);
        let name = key.text();
        if self.parts.finished.contains_key(&name) {
            count("repeated");
            return Ok(None);
        }
        let (sender, receiver) = (key.sender(), to.to_string());
        self.read_kept_parts(&name, (&sender, &receiver), place, now, &mut batch.given_up).await?;
        batch.changes.push(Change::KeepMoPart(MoPart {
            key: name.clone(),
            part: place.sequence,
            total: place.total,
            text: Pii(written(&units)),
            received_at: now,
        }));
        let ends = (sender.as_str(), receiver.as_str());
        let inserted = self.parts.joining.insert(now, ends, place, units, &mut batch.given_up);
        match inserted {
            Inserted::Whole(joined) => {
                let segments = u32::from(joined.total);
                let incoming = self.incoming(at, from.clone(), to.clone(), Pii(joined.text), segments, true);
                self.parts.known.remove(&name);
                if self.parts.finished.len() < FINISHED_MAX {
                    self.parts.finished.insert(name.clone(), now);
                }
                let whole = Whole { incoming, route: Some(at), parts_key: Some(name) };
                self.keep_whole(whole, now, batch).await
            }
            Inserted::Waiting => Ok(None),
            Inserted::Repeated => {
                count("repeated");
                Ok(None)
            }
        }
    }

    /// Parts that were kept before a restart join those that come after it. Read once per message.
    async fn read_kept_parts(
        &mut self,
        key: &str,
        ends: (&str, &str),
        place: Concat,
        now: Timestamp,
        given_up: &mut Vec<Joined>,
    ) -> Result<(), StoreError> {
        if self.parts.known.contains_key(key) {
            return Ok(());
        }
        let patience = SignedDuration::from_secs(i64::from(self.settings.part_wait_s));
        for kept in self.app.store.mo_parts(key).await? {
            // Older ones are of another message with the same reference.
            if kept.part == place.sequence || now.duration_since(kept.received_at) >= patience {
                continue;
            }
            let Some(units) = read_back(&kept.text.0) else { continue };
            let place = Concat { sequence: kept.part, ..place };
            self.parts.joining.insert(kept.received_at, ends, place, units, given_up);
        }
        self.parts.known.retain(|_, at| now.duration_since(*at) < patience);
        self.parts.known.insert(key.to_owned(), now);
        Ok(())
    }

    async fn keep_whole(
        &mut self,
        whole: Whole,
        now: Timestamp,
        batch: &mut Batch,
    ) -> Result<Option<MessageSid>, StoreError> {
        let Whole { incoming, route, parts_key } = whole;
        let window = self.settings.repeat_window_s;
        let fresh = |route: usize| Some((route, self.sources[route].health.fresh_since(now, window)?));
        if let Some(up) = route.and_then(fresh) {
            let since = now.saturating_sub(SignedDuration::from_secs(i64::from(window))).unwrap_or(now);
            let (is_repeat, digest) = self.repeats.is_repeat(&self.app, up, &incoming, since).await?;
            if is_repeat || batch.digests.contains(&(up.0, digest)) {
                count("repeated");
                batch.changes.append(drop_parts(parts_key));
                return Ok(None);
            }
            batch.digests.push((up.0, digest));
        } else if let Some(route) = route {
            self.repeats.forget(route);
        }
        let received = delivery::receive(&self.app, incoming, &mut batch.changes).await;
        batch.changes.append(drop_parts(parts_key));
        match received {
            Ok(message) => {
                count("received");
                let sid = message.sid;
                if message.status == MessageStatus::Receiving {
                    batch.to_ask.push(message);
                }
                Ok(Some(sid))
            }
            // Answered all the same: sent again it would fare no better.
            Err(ReceiveError::UnknownNumber) => {
                count("unknown_number");
                Ok(None)
            }
            Err(ReceiveError::AccountInactive) => {
                count("account_inactive");
                Ok(None)
            }
            Err(ReceiveError::Store(error)) => Err(StoreError::Unavailable(Box::new(error))),
        }
    }
}

fn count(outcome: &'static str) {
    metrics::counter!("mo_total", "outcome" => outcome).increment(1);
}

fn drop_parts(key: Option<String>) -> ChangeSet {
    key.map(|key| Change::DropMoParts(key).into()).unwrap_or_default()
}
