//! Delivery receipts: whose they are, and what they say.
//!
//! A receipt is found by the carrier's id. One that overtakes the answer to its submit is parked, unanswered, until that answer
//! comes. One whose submit was never answered has an id nobody knows; it is matched by sender and recipient, if only one message with
//! an unknown outcome fits. What is left is answered and counted: it is about a message of somebody else, or one that was deleted.

use std::collections::{HashMap, VecDeque, hash_map::Entry};

use flexio_domain::{AccountSid, Address, Message, MessageSid, Timestamp};
use flexio_messaging::{
    errors::{self, Reason, ReceiptState as State},
    lifecycle::Event,
    parking::Parking,
};
use flexio_smpp::{Receipt, ReceiptState};
use jiff::SignedDuration;

use crate::{
    book::Remembered,
    carrier::Answer,
    dispatch::Dispatcher,
    routing::Route,
    work::{Step, Turn, Work},
};

/// Receipts that may be parked.
const PARKED_MAX: usize = 10_000;
/// Segments with an unknown outcome that receipts are matched with; the oldest leaves when there are more.
const UNKNOWN_MAX: usize = 10_000;
/// `network_error_code` of GSM (SMPP 3.4 §5.3.2.31).
const GSM: u8 = 3;

/// What a receipt says, and who waits for it to be kept.
#[derive(Debug)]
pub(crate) struct News {
    state: State,
    reason: Reason,
    error: String,
    /// When that was, as the carrier wrote it.
    done_date: Option<String>,
    /// The carrier and its id.
    key: (usize, String),
    /// Recipient and sender of the message it is about, in digits or letters.
    ends: (String, String),
    pub ack: Answer,
}

impl News {
    /// `None` for a receipt that names no message.
    fn new(receipt: Receipt, route: &Route, ack: Answer) -> Result<Self, Answer> {
        let Some(id) = receipt.message_id else { return Err(ack) };
        let key = (route.space, id.as_str().to_owned());
        let state = match receipt.state {
            _ if receipt.intermediate => State::Pending,
            ReceiptState::Enroute | ReceiptState::Accepted | ReceiptState::Unknown => State::Pending,
            ReceiptState::Delivered => State::Delivered,
            ReceiptState::Expired => State::Expired,
            ReceiptState::Deleted => State::Deleted,
            ReceiptState::Undeliverable => State::Undeliverable,
            ReceiptState::Rejected => State::Rejected,
        };
        let error = receipt.error.unwrap_or_default();
        let reason = match receipt.network_error {
            Some((GSM, code)) => Reason::Gsm(code),
            _ if route.settings.receipt_err_is_gsm => error.parse().map_or(Reason::Opaque, Reason::Gsm),
            _ => Reason::Opaque,
        };
        let done_date = receipt.done_date;
        Ok(Self { state, reason, error, done_date, key, ends: (bare(&receipt.from), bare(&receipt.to)), ack })
    }

    /// The event for the segment it is about. Without news it says again that the carrier has it.
    pub(crate) fn event(&self, segment: usize) -> Event {
        match errors::of_receipt(self.state, self.reason) {
            Some(code) => Event::SegmentUndelivered { segment, error: self.error.clone(), code },
            None if self.state == State::Delivered => Event::SegmentDelivered { segment },
            None => Event::Accepted { segment, carrier_id: String::new() },
        }
    }

    /// What it does to the message.
    pub(crate) fn step(&self, segment: usize) -> Step {
        Step::Receipt(self.event(segment), self.done_date.clone())
    }
}

/// Digits without the marks of an international number, or a name.
fn bare(text: &str) -> String {
    let text = text.trim_start_matches('+');
    text.strip_prefix("00").unwrap_or(text).to_owned()
}

fn bare_address(address: &Address) -> String {
    bare(&address.to_string())
}

/// A segment whose answer was lost.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Unknown {
    message: MessageSid,
    account: AccountSid,
    segment: usize,
    sender: String,
}

/// Receipts that wait, and segments that wait for any.
#[derive(Debug)]
pub(crate) struct Receipts {
    parking: Parking<(usize, String), News>,
    unknown: HashMap<(usize, String), Vec<Unknown>>,
    unknown_order: VecDeque<(usize, String)>,
}

impl Receipts {
    /// `wait`: how long one may be parked.
    pub(crate) fn new(wait: SignedDuration) -> Self {
        Self {
            parking: Parking::new(PARKED_MAX, wait),
            unknown: HashMap::new(),
            unknown_order: VecDeque::new(),
        }
    }

    pub(crate) fn deadline(&self) -> Option<Timestamp> {
        self.parking.deadline()
    }

    pub(crate) fn parked(&self) -> usize {
        self.parking.len()
    }

    /// The parked receipts of an id that has become known.
    pub(crate) fn take(&mut self, space: usize, id: &str) -> Vec<News> {
        if self.parking.is_empty() { Vec::new() } else { self.parking.take(&(space, id.to_owned())) }
    }

    /// The answer to this segment was lost: a receipt may name it by an id we were never told.
    pub(crate) fn expect_unknown(&mut self, space: usize, message: &Message, segment: usize) {
        let key = (space, bare_address(&message.to));
        let unknown = Unknown {
            message: message.sid,
            account: message.account_sid,
            segment,
            sender: bare_address(&message.from),
        };
        let all = self.unknown.entry(key.clone()).or_default();
        if all.contains(&unknown) {
            return;
        }
        all.push(unknown);
        self.unknown_order.push_back(key);
        while self.unknown_order.len() > UNKNOWN_MAX
            && let Some(oldest) = self.unknown_order.pop_front()
        {
            if let Some(all) = self.unknown.get_mut(&oldest) {
                if !all.is_empty() {
                    all.remove(0);
                }
                if all.is_empty() {
                    self.unknown.remove(&oldest);
                }
            }
        }
    }

    /// The outcome of this segment is known now.
    pub(crate) fn resolved(&mut self, space: usize, message: &Message, segment: usize) {
        if self.unknown.is_empty() {
            return;
        }
        let key = (space, bare_address(&message.to));
        let Some(all) = self.unknown.get_mut(&key) else { return };
        all.retain(|one| one.message != message.sid || one.segment != segment);
        if all.is_empty() {
            self.unknown.remove(&key);
        }
        if self.unknown.is_empty() {
            self.unknown_order.clear();
        }
    }

    /// The segment an unknown id can only be about: the first open one of the only message between these ends.
    fn only_candidate(&self, space: usize, ends: &(String, String)) -> Option<Unknown> {
        let all = self.unknown.get(&(space, ends.0.clone()))?;
        let mut fitting = all.iter().filter(|one| one.sender == ends.1);
        let first = fitting.next()?;
        fitting.all(|one| one.message == first.message).then(|| first.clone())
    }
}

impl Dispatcher {
    /// One receipt from a carrier.
    pub(crate) async fn on_receipt(&mut self, at: usize, receipt: Receipt, ack: Answer, turn: &mut Turn) {
        let route = &self.routes[at];
        let news = match News::new(receipt, route, ack) {
            Ok(news) => news,
            Err(ack) => return nobodys(ack),
        };
        if let Some((sid, segment)) = self.book.find(&news.key) {
            // Remembered, so it is either in this turn already or taken from memory.
            if let Some(remembered) = self.book.take(sid) {
                turn.works.insert(sid, Work::new(remembered));
            }
            if turn.works.contains_key(&sid) {
                return self.keep(sid, segment, news, turn);
            }
        }
        match self.app.store.message_by_carrier_id(&route.id_space, &news.key.1).await {
            Ok(Some((message, segment))) => {
                let sid = message.sid;
                if let Entry::Vacant(place) = turn.works.entry(sid) {
                    let remembered = self.book.take(sid).unwrap_or_else(|| Remembered::new(message));
                    place.insert(Work::new(remembered));
                }
                self.keep(sid, segment as usize, news, turn);
            }
            Ok(None) if self.awaits_answers(news.key.0) => {
                if let Some(evicted) = self.receipts.parking.park(turn.now, news.key.clone(), news) {
                    nobodys(evicted.ack);
                }
            }
            Ok(None) => self.match_unknown(news, turn).await,
            // Not answered, it comes again.
            Err(error) => tracing::warn!(%error, "receipt_not_looked_up"),
        }
    }

    /// Whether an answer that is under way may name an unknown id.
    fn awaits_answers(&self, space: usize) -> bool {
        self.routes.iter().any(|route| route.space == space && route.in_flight > 0)
    }

    /// Receipts that waited too long for the answer to their submit.
    pub(crate) async fn give_up_parked(&mut self, turn: &mut Turn) {
        for news in self.receipts.parking.expire(turn.now) {
            self.match_unknown(news, turn).await;
        }
    }

    async fn match_unknown(&mut self, news: News, turn: &mut Turn) {
        let (space, carrier_id) = news.key.clone();
        let Some(found) = self.receipts.only_candidate(space, &news.ends) else { return nobodys(news.ack) };
        let (sid, segment) = (found.message, found.segment);
        match self.open(turn, found.account, sid).await {
            Ok(Some(_)) => {}
            Ok(None) => return nobodys(news.ack),
            Err(error) => return tracing::warn!(%error, "receipt_not_looked_up"),
        }
        let Some(work) = turn.works.get_mut(&sid) else { return };
        self.receipts.resolved(space, work.message(), segment);
        if let Some(route) = self.routes.iter().find(|route| route.space == space) {
            // So that the same receipt again, or a later one, finds it.
            let id_space = route.id_space.to_string();
            work.step(&self.app, Step::Link { id_space, carrier_id, segment });
        }
        metrics::counter!("receipts_total", "outcome" => "resolved_unknown").increment(1);
        self.keep(sid, segment, news, turn);
    }

    fn keep(&mut self, sid: MessageSid, segment: usize, news: News, turn: &mut Turn) {
        let Some(work) = turn.works.get_mut(&sid) else { return };
        let outcome = match news.state {
            State::Pending => "pending",
            State::Delivered => "delivered",
            State::Expired | State::Deleted | State::Undeliverable | State::Rejected => "undelivered",
        };
        metrics::counter!("receipts_total", "outcome" => outcome).increment(1);
        work.step(&self.app, news.step(segment));
        turn.acks.push((sid, news.ack));
    }
}

/// A receipt about nothing we know: answered, so that it does not come again.
fn nobodys(ack: Answer) {
    metrics::counter!("receipts_total", "outcome" => "nobodys").increment(1);
    ack.accept(None);
}

#[cfg(test)]
mod tests;
