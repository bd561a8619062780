//! Incoming messages: each is kept before its carrier is answered.
//!
//! Parts of long messages are kept one by one, because a carrier with a window of one sends the second only after the first was
//! answered. After a restart the parts of a message are found again when another of its parts comes.

use std::{collections::HashMap, sync::Arc};

use flexio_app::{
    App,
    delivery::{self, Incoming, ReceiveError},
};
use flexio_domain::{Address, E164, Message, MessageSid, MessageStatus, Pii, Timestamp};
use flexio_messaging::{
    mo::{self, TextUnits},
    reassembly::{Inserted, Joined, Limits, Reassembler},
    udh::{Concat, Reference},
};
use flexio_smpp::Mo;
use flexio_store::{Change, ChangeSet, MoPart, StoreError};
use jiff::SignedDuration;
use tokio::sync::{mpsc, watch};

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
}

/// Long messages that are being joined.
#[derive(Debug)]
pub(crate) struct Parts {
    joining: Reassembler,
    /// Keys whose kept parts were read, since this start.
    known: HashMap<String, Timestamp>,
    finished: HashMap<String, Timestamp>,
}

impl Parts {
    pub(crate) fn new(wait_s: u32) -> Self {
        let patience = SignedDuration::from_secs(i64::from(wait_s));
        Self {
            joining: Reassembler::new(Limits { patience, ..Limits::default() }),
            known: HashMap::new(),
            finished: HashMap::new(),
        }
    }
}

/// What one commit keeps, and who is told.
#[derive(Default)]
struct Batch {
    changes: ChangeSet,
    answers: Vec<(Answer, Option<MessageSid>)>,
    to_ask: Vec<Message>,
}

/// The text of a whole message, and where its parts were kept.
struct Whole {
    incoming: Incoming,
    route: usize,
    parts_key: Option<String>,
}

impl Receiver {
    /// Runs until told to stop.
    pub(crate) async fn run(mut self) {
        let mut arrived = Vec::new();
        loop {
            let now = self.app.clock.now();
            let patience = self.parts.joining.deadline().map_or(std::time::Duration::from_secs(60), |at| {
                std::time::Duration::try_from(at.duration_since(now)).unwrap_or_default()
            });
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
        for joined in self.parts.joining.expire(now) {
            if let Some(whole) = self.given_up(joined) {
                let kept = self.keep_whole(whole, now, &mut batch).await;
                kept.map_or_else(|error| tracing::warn!(%error, "incomplete_message_not_kept"), drop);
            }
        }
        self.parts.finished.retain(|_, at| now.duration_since(*at) < FINISHED_AGE);
        self.commit(batch).await;
    }

    async fn commit(&mut self, batch: Batch) {
        let Batch { changes, answers, to_ask } = batch;
        if !changes.is_empty()
            && let Err(error) = delivery::save(&self.app, changes).await
        {
            // What was joined in memory has its parts in the database, from which the repeated parts join it again.
            tracing::warn!(%error, messages = answers.len(), "incoming_messages_not_kept");
            self.parts = Parts::new(self.settings.part_wait_s);
            return;
        }
        for (answer, sid) in answers {
            answer.accept(sid);
        }
        for message in to_ask {
            // Waits while as many applications are asked as may be: carriers are then answered later.
            if self.asks.send(message).await.is_err() {
                return;
            }
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
        let Address::Number(to) = from_wire(&mo.to, &source.country_code) else {
            count("unknown_number");
            return Ok(None);
        };
        let part = mo::read(&mo.payload, mo.data_coding, mo.has_udh, source.alphabet);
        let by_tlv = mo.sar.map(|sar| Concat {
            reference: Reference::Long(sar.reference),
            total: sar.total,
            sequence: sar.sequence,
        });
        let Some(place) = part.place.or(by_tlv) else {
            let body = Pii(part.units.to_text());
            let incoming = self.incoming(at, from, to, body, 1, true);
            return self.keep_whole(Whole { incoming, route: at, parts_key: None }, now, batch).await;
        };
        self.take_part(at, (&from, &to), place, part.units, now, batch).await
    }

    fn incoming(
        &self,
        at: usize,
        from: Address,
        to: E164,
        body: Pii<String>,
        segments: u32,
        is_whole: bool,
    ) -> Incoming {
        let route = Some(self.sources[at].health.name.to_string());
        Incoming { from, to, body, segments, route, is_whole }
    }

    async fn take_part(
        &mut self,
        at: usize,
        (from, to): (&Address, &E164),
        place: Concat,
        units: TextUnits,
        now: Timestamp,
        batch: &mut Batch,
    ) -> Result<Option<MessageSid>, StoreError> {
        // The route is part of the sender's name here, so that the joined message says where it came from.
        let sender = format!("{at} {from}");
        let key = part_key(&self.sources[at].health.name, from, to, place);
        if self.parts.finished.contains_key(&key) {
            count("repeated");
            return Ok(None);
        }
        let mut given_up = Vec::new();
        self.read_kept_parts(&key, &sender, to, place, now, &mut given_up).await?;
        batch.changes.push(Change::KeepMoPart(MoPart {
            key: key.clone(),
            part: place.sequence,
            total: place.total,
            text: Pii(written(&units)),
            received_at: now,
        }));
        let ends = (sender.as_str(), to.as_str());
        let inserted = self.parts.joining.insert(now, ends, place, units, &mut given_up);
        for joined in given_up {
            if let Some(whole) = self.given_up(joined) {
                self.keep_whole(whole, now, batch).await?;
            }
        }
        match inserted {
            Inserted::Whole(joined) => {
                let segments = u32::from(joined.total);
                let incoming = self.incoming(at, from.clone(), to.clone(), Pii(joined.text), segments, true);
                self.parts.known.remove(&key);
                if self.parts.finished.len() < FINISHED_MAX {
                    self.parts.finished.insert(key.clone(), now);
                }
                self.keep_whole(Whole { incoming, route: at, parts_key: Some(key) }, now, batch).await
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
        sender: &str,
        to: &E164,
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
            self.parts.joining.insert(kept.received_at, (sender, to.as_str()), place, units, given_up);
        }
        self.parts.known.retain(|_, at| now.duration_since(*at) < patience);
        self.parts.known.insert(key.to_owned(), now);
        Ok(())
    }

    /// A long message that is not waited for any more; its text has gaps.
    fn given_up(&self, joined: Joined) -> Option<Whole> {
        let (at, from) = joined.from.split_once(' ')?;
        let at: usize = at.parse().ok()?;
        let (from, to) = (from.parse().ok()?, joined.to.parse().ok()?);
        let incoming = self.incoming(at, from, to, Pii(joined.text), u32::from(joined.parts), false);
        Some(Whole { incoming, route: at, parts_key: None })
    }

    async fn keep_whole(
        &self,
        whole: Whole,
        now: Timestamp,
        batch: &mut Batch,
    ) -> Result<Option<MessageSid>, StoreError> {
        let Whole { incoming, route, parts_key } = whole;
        let window = self.settings.repeat_window_s;
        if self.sources[route].health.is_fresh(now, window) {
            let since = now.saturating_sub(SignedDuration::from_secs(i64::from(window))).unwrap_or(now);
            if delivery::is_repeat(&self.app, &incoming, since).await? {
                count("repeated");
                batch.changes.append(drop_parts(parts_key));
                return Ok(None);
            }
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

fn part_key(route: &str, from: &Address, to: &E164, place: Concat) -> String {
    let reference = match place.reference {
        Reference::Short(reference) => u16::from(reference),
        Reference::Long(reference) => reference,
    };
    format!("{route}|{from}|{to}|{reference}|{}", place.total)
}

/// A part as it is kept: its alphabet and its units. Characters are made only from the whole, because phones cut them.
fn written(units: &TextUnits) -> String {
    let hex = |octets: &mut dyn Iterator<Item = u8>| {
        let digit = |nibble: u8| char::from_digit(u32::from(nibble), 16).expect("a nibble is below 16");
        octets.flat_map(|octet| [digit(octet >> 4), digit(octet & 15)]).collect::<String>()
    };
    match units {
        TextUnits::Gsm7(septets) => format!("g{}", hex(&mut septets.iter().copied())),
        TextUnits::Utf16(units) => format!("u{}", hex(&mut units.iter().flat_map(|unit| unit.to_be_bytes()))),
        TextUnits::Latin1(octets) => format!("l{}", hex(&mut octets.iter().copied())),
        TextUnits::Binary(octets) => format!("b{}", hex(&mut octets.iter().copied())),
    }
}

fn read_back(text: &str) -> Option<TextUnits> {
    let (kind, digits) = (text.get(..1)?, text.get(1..)?);
    let pairs = (0..digits.len()).step_by(2).map(|at| digits.get(at..at + 2));
    let octets: Vec<u8> =
        pairs.map(|pair| pair.and_then(|pair| u8::from_str_radix(pair, 16).ok())).collect::<Option<_>>()?;
    match kind {
        "g" => Some(TextUnits::Gsm7(octets)),
        "u" => Some(TextUnits::Utf16(
            octets
                .chunks(2)
                .map(|pair| pair.iter().fold(0, |unit, octet| unit << 8 | u16::from(*octet)))
                .collect(),
        )),
        "l" => Some(TextUnits::Latin1(octets)),
        "b" => Some(TextUnits::Binary(octets)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kept_part_is_read_back_as_it_came() {
        for units in [
            TextUnits::Gsm7(vec![0x1B, 0x65, 0]),
            TextUnits::Utf16(vec![0xD83D, 0x20AC]),
            TextUnits::Latin1(vec![0xE9]),
            TextUnits::Binary(vec![0, 255]),
            TextUnits::Gsm7(vec![]),
        ] {
            assert_eq!(read_back(&written(&units)), Some(units));
        }
        assert_eq!(read_back("x00"), None);
        assert_eq!(read_back("g0"), None);
        assert_eq!(read_back(""), None);
    }
}
