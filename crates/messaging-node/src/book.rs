//! What the dispatcher remembers of messages under way. All of it can be lost: the database has the truth, and this saves reading it.

use std::collections::{HashMap, VecDeque};

use flexio_domain::{AccountSid, Message, MessageSid};
use flexio_smpp::SubmitKey;

/// Submits with an unknown outcome whose late answer is still awaited.
const LATE_MAX: usize = 10_000;

/// A segment that was handed to a carrier.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Flight {
    pub account: AccountSid,
    pub sid: MessageSid,
    /// Counted from 0.
    pub segment: usize,
    /// Index of the route.
    pub route: usize,
}

/// A message with the version the database has.
#[derive(Debug)]
pub(crate) struct Remembered {
    pub message: Message,
    /// Segments whose outcome is open.
    pub in_flight: usize,
    /// Throttled answers so far: they make waits longer and are no tries.
    pub throttles: u32,
    /// Carrier ids that lead here.
    pub ids: Vec<(usize, String)>,
    /// It stands in the order of forgetting, once.
    has_ticket: bool,
}

impl Remembered {
    pub(crate) const fn new(message: Message) -> Self {
        Self { message, in_flight: 0, throttles: 0, ids: Vec::new(), has_ticket: false }
    }
}

/// Messages, segments in flight and carriers' ids. Bounded: what is in flight by the queues of the routes, the rest by `max`.
#[derive(Debug)]
pub(crate) struct Book {
    max: usize,
    next_key: u64,
    flights: HashMap<u64, Flight>,
    late: HashMap<u64, Flight>,
    late_order: VecDeque<u64>,
    messages: HashMap<MessageSid, Remembered>,
    order: VecDeque<MessageSid>,
    by_id: HashMap<(usize, String), (MessageSid, usize)>,
}

impl Book {
    pub(crate) fn new(max: usize) -> Self {
        Self {
            max: max.max(1),
            next_key: 0,
            flights: HashMap::new(),
            late: HashMap::new(),
            late_order: VecDeque::new(),
            messages: HashMap::new(),
            order: VecDeque::new(),
            by_id: HashMap::new(),
        }
    }

    /// Opens a flight.
    pub(crate) fn depart(&mut self, flight: Flight) -> SubmitKey {
        self.next_key += 1;
        self.flights.insert(self.next_key, flight);
        SubmitKey(self.next_key)
    }

    /// Ends a flight.
    pub(crate) fn arrive(&mut self, key: SubmitKey) -> Option<Flight> {
        self.flights.remove(&key.0)
    }

    /// Whether a segment of the message is in flight. Looks through all that fly: for seldom questions.
    pub(crate) fn flies(&self, sid: MessageSid) -> bool {
        self.flights.values().any(|flight| flight.sid == sid)
    }

    /// Keeps a flight whose answer was lost, for a late one; the oldest leaves when there are too many.
    pub(crate) fn keep_late(&mut self, key: SubmitKey, flight: Flight) {
        self.late.insert(key.0, flight);
        self.late_order.push_back(key.0);
        while self.late_order.len() > LATE_MAX {
            if let Some(oldest) = self.late_order.pop_front() {
                self.late.remove(&oldest);
            }
        }
    }

    /// The flight a late answer speaks of.
    pub(crate) fn take_late(&mut self, key: SubmitKey) -> Option<Flight> {
        self.late.remove(&key.0)
    }

    /// Messages remembered.
    pub(crate) fn len(&self) -> usize {
        self.messages.len()
    }

    /// Whether the message is remembered.
    pub(crate) fn knows(&self, sid: MessageSid) -> bool {
        self.messages.contains_key(&sid)
    }

    /// Takes the message out, to be changed and put back.
    pub(crate) fn take(&mut self, sid: MessageSid) -> Option<Remembered> {
        self.messages.remove(&sid)
    }

    /// Puts it back, or forgets it when nothing more is expected of it.
    pub(crate) fn put(&mut self, remembered: Remembered) {
        let sid = remembered.message.sid;
        if remembered.message.status.is_final() && remembered.in_flight == 0 {
            self.forget_ids(&remembered);
            self.forget_tickets();
            return;
        }
        if !remembered.has_ticket {
            self.order.push_back(sid);
        }
        self.messages.insert(sid, Remembered { has_ticket: true, ..remembered });
        self.make_room();
    }

    /// The carrier knows this segment under `id` in `space`.
    pub(crate) fn name(&mut self, remembered: &mut Remembered, space: usize, id: String, segment: usize) {
        remembered.ids.push((space, id.clone()));
        self.by_id.insert((space, id), (remembered.message.sid, segment));
    }

    /// The segment of this id.
    pub(crate) fn find(&self, key: &(usize, String)) -> Option<(MessageSid, usize)> {
        self.by_id.get(key).copied()
    }

    fn forget_ids(&mut self, gone: &Remembered) {
        for id in &gone.ids {
            self.by_id.remove(id);
        }
    }

    /// Tickets of messages that are gone stay in `order` until they are its front, or outnumber the rest.
    fn forget_tickets(&mut self) {
        if self.order.len() > 2 * self.messages.len() + 1_000 {
            let messages = &self.messages;
            self.order.retain(|sid| messages.contains_key(sid));
        }
    }

    /// Forgets the oldest messages that only wait for receipts; those are then found in the database. Each call drops at most as
    /// many as it looks at, so a burst that is in flight is never searched through.
    fn make_room(&mut self) {
        for _ in 0..4 {
            if self.messages.len() <= self.max {
                return;
            }
            let Some(sid) = self.order.pop_front() else { return };
            match self.messages.get(&sid) {
                Some(old) if old.in_flight > 0 => self.order.push_back(sid),
                Some(_) => {
                    if let Some(old) = self.messages.remove(&sid) {
                        self.forget_ids(&old);
                    }
                }
                None => {}
            }
        }
    }
}

#[cfg(test)]
mod tests;
