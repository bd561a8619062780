//! The machine of one queue: who waits, who serves, and which two are brought together.
//!
//! A queue has two sides. The two dialects put a call on them by opposite verbs (in TwiML `<Enqueue>` waits and `<Dial><Queue>` serves, in
//! RCML the reverse); here there are only sides. Of those who wait the one of the highest priority is served first, of one priority the
//! one who came first; of those who serve the one who is free longest serves next.
//!
//! Two who are matched first hear their documents, if they have any; when both are ready they are connected. One who goes before that puts the
//! other back to where it was. A machine lives while anybody is on either side.
//!
//! - Nobody is on a side and in a pair at once, or in two pairs; each who leaves is told at most once.
//! - While somebody waits nobody is free to serve, and the other way round.

mod events;

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::time::Duration;

pub use events::*;

use crate::facts::Now;
use flexio_markup::{QueueSide, Target};

/// Waits that the mean counts.
const COUNTED: usize = 50;

/// What a queue is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueueFacts {
    /// Sid of the queue.
    pub queue_sid: String,
    /// Its name, unique in the account.
    pub name: String,
    /// Most that wait at a time.
    pub max_size: u32,
}

/// One queue.
#[derive(Debug)]
pub struct Queue {
    facts: QueueFacts,
    waiting: BTreeMap<Turn, Party>,
    serving: BTreeMap<u32, Party>,
    pairs: Vec<Pair>,
    /// How long the last ones waited.
    waits: Vec<Duration>,
    sequence: u32,
    used: bool,
    done: bool,
}

/// The order in which those who wait are served.
type Turn = (Reverse<u32>, u32);

#[derive(Debug)]
struct Party {
    enter: EnterQueue,
    /// Its number by coming; it keeps it when it is put back.
    sequence: u32,
    since: Duration,
    /// The same by wall clock.
    came_at: jiff::Timestamp,
}

#[derive(Debug)]
struct Pair {
    customer: Party,
    agent: Party,
    customer_ready: bool,
    agent_ready: bool,
    connected: bool,
}

impl Pair {
    fn has(&self, call_sid: &str) -> bool {
        self.customer.enter.call_sid == call_sid || self.agent.enter.call_sid == call_sid
    }
}

impl Queue {
    /// An empty queue.
    pub fn new(facts: QueueFacts) -> Self {
        Self {
            facts,
            waiting: BTreeMap::new(),
            serving: BTreeMap::new(),
            pairs: Vec::new(),
            waits: Vec::new(),
            sequence: 0,
            used: false,
            done: false,
        }
    }

    /// Takes one event and appends what must be done, in order. Late and unknown events do nothing.
    pub fn handle(&mut self, now: Now, event: QueueEvent, out: &mut Vec<QueueAction>) {
        if self.done {
            return;
        }
        match event {
            QueueEvent::Enter(enter) => self.enter(now, *enter, out),
            QueueEvent::Leave { call_sid } => self.leave(now, &call_sid, out),
            QueueEvent::Ready { call_sid } => self.ready(&call_sid, out),
            QueueEvent::Dequeue { call_sid, target } => self.dequeue(now, call_sid, &target, out),
            QueueEvent::MaxSize(size) => self.facts.max_size = size,
            QueueEvent::Shutdown => self.shut_down(out),
        }
        self.match_up(now, out);
        if self.used && self.waiting.is_empty() && self.serving.is_empty() && self.pairs.is_empty() {
            self.done = true;
            out.push(QueueAction::Done);
        }
    }

    /// Whether [`QueueAction::Done`] was emitted: another machine takes over when somebody comes.
    pub fn is_done(&self) -> bool {
        self.done
    }

    /// Identity.
    pub fn facts(&self) -> &QueueFacts {
        &self.facts
    }

    /// Whether the call waits, and is not yet being served.
    pub fn waits(&self, call_sid: &str) -> bool {
        self.waiting.values().any(|party| party.enter.call_sid == call_sid)
    }

    /// The call that is served next.
    pub fn front(&self) -> Option<&str> {
        self.waiting.values().next().map(|party| &*party.enter.call_sid)
    }

    fn knows(&self, call_sid: &str) -> bool {
        self.waits(call_sid)
            || self.serving.values().any(|party| party.enter.call_sid == call_sid)
            || self.pairs.iter().any(|pair| pair.has(call_sid))
    }

    fn enter(&mut self, now: Now, enter: EnterQueue, out: &mut Vec<QueueAction>) {
        self.used = true;
        if self.knows(&enter.call_sid) {
            return;
        }
        let full = self.waiting.len() >= usize::try_from(self.facts.max_size).unwrap_or(usize::MAX);
        let side = enter.side;
        if side == QueueSide::Waiting && full {
            let queue_sid = self.facts.queue_sid.clone();
            tell(out, &enter, QueueNews::Full { queue_sid });
            return;
        }
        self.sequence += 1;
        let party = Party { enter, sequence: self.sequence, since: now.mono, came_at: now.wall };
        if side == QueueSide::Waiting {
            let (call_sid, priority) = (party.enter.call_sid.clone(), party.enter.priority);
            out.push(QueueAction::Waits { call_sid, priority, since: now.wall });
        }
        let call_sid = party.enter.call_sid.clone();
        let leg = party.enter.leg;
        self.put(party);
        let place = self.place(&call_sid, now);
        let (queue_sid, name) = (self.facts.queue_sid.clone(), self.facts.name.clone());
        let news = QueueNews::Entered { queue_sid, name, place };
        out.push(QueueAction::Tell { call_sid: call_sid.clone(), leg, news });
        if side == QueueSide::Waiting {
            self.tell_places(now, Some(&call_sid), out);
        }
    }

    /// Onto its side, at its place.
    fn put(&mut self, party: Party) {
        match party.enter.side {
            QueueSide::Waiting => {
                self.waiting.insert((Reverse(party.enter.priority), party.sequence), party);
            }
            QueueSide::Serving => {
                self.serving.insert(party.sequence, party);
            }
        }
    }

    fn place(&self, call_sid: &str, now: Now) -> Place {
        let position = self.waiting.values().position(|party| party.enter.call_sid == call_sid);
        self.place_at(position, now)
    }

    fn place_at(&self, position: Option<usize>, now: Now) -> Place {
        let since = position.and_then(|at| self.waiting.values().nth(at)).map(|party| party.since);
        let number = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        let total: Duration = self.waits.iter().sum();
        let average_s = total.as_secs() / u64::try_from(self.waits.len().max(1)).unwrap_or(1);
        Place {
            position: position.map_or(0, |at| number(at) + 1),
            since: since.unwrap_or(now.mono),
            average_s,
            size: number(self.waiting.len()),
            max_size: self.facts.max_size,
        }
    }

    /// Tells those who wait where they are now.
    fn tell_places(&self, now: Now, but: Option<&str>, out: &mut Vec<QueueAction>) {
        let average = self.place_at(None, now);
        for (at, party) in self.waiting.values().enumerate() {
            if Some(&*party.enter.call_sid) == but {
                continue;
            }
            let position = u32::try_from(at + 1).unwrap_or(u32::MAX);
            let place = Place { position, since: party.since, ..average };
            tell(out, &party.enter, QueueNews::Moved { place });
        }
    }

    /// Brings the first of each side together.
    fn match_up(&mut self, now: Now, out: &mut Vec<QueueAction>) {
        let mut moved = false;
        while !self.waiting.is_empty() && !self.serving.is_empty() {
            let (Some((_, customer)), Some((_, agent))) =
                (self.waiting.pop_first(), self.serving.pop_first())
            else {
                break;
            };
            moved = true;
            self.waits.push(now.mono.saturating_sub(customer.since));
            if self.waits.len() > COUNTED {
                self.waits.remove(0);
            }
            let waited_s = now.mono.saturating_sub(customer.since).as_secs();
            out.push(QueueAction::WaitsNoMore { call_sid: customer.enter.call_sid.clone() });
            let (caller, server) = (customer.enter.call_sid.clone(), agent.enter.call_sid.clone());
            // The one who serves may bring a document for the one who waited.
            let whisper = customer.enter.join.clone().or_else(|| agent.enter.peer_join.clone());
            tell(out, &customer.enter, QueueNews::Matched { peer: server, join: whisper, waited_s });
            let own = agent.enter.join.clone();
            tell(out, &agent.enter, QueueNews::Matched { peer: caller, join: own, waited_s });
            self.pairs.push(Pair {
                customer,
                agent,
                customer_ready: false,
                agent_ready: false,
                connected: false,
            });
        }
        if moved {
            self.tell_places(now, None, out);
        }
    }

    fn ready(&mut self, call_sid: &str, out: &mut Vec<QueueAction>) {
        let Some(pair) = self.pairs.iter_mut().find(|pair| pair.has(call_sid) && !pair.connected) else {
            return;
        };
        if pair.customer.enter.call_sid == call_sid {
            pair.customer_ready = true;
        } else {
            pair.agent_ready = true;
        }
        if pair.customer_ready && pair.agent_ready {
            pair.connected = true;
            let (customer, agent) = (pair.customer.enter.call_sid.clone(), pair.agent.enter.call_sid.clone());
            tell(out, &pair.customer.enter, QueueNews::Connected);
            tell(out, &pair.agent.enter, QueueNews::Connected);
            out.push(QueueAction::Connect { customer, agent });
        }
    }

    fn leave(&mut self, now: Now, call_sid: &str, out: &mut Vec<QueueAction>) {
        let turn = self.waiting.iter().find(|(_, party)| party.enter.call_sid == call_sid);
        if let Some(turn) = turn.map(|(turn, _)| *turn) {
            self.waiting.remove(&turn);
            out.push(QueueAction::WaitsNoMore { call_sid: call_sid.to_owned() });
            self.tell_places(now, None, out);
            return;
        }
        let free = self.serving.iter().find(|(_, party)| party.enter.call_sid == call_sid);
        if let Some(sequence) = free.map(|(sequence, _)| *sequence) {
            self.serving.remove(&sequence);
            return;
        }
        if let Some(at) = self.pairs.iter().position(|pair| pair.has(call_sid)) {
            let pair = self.pairs.remove(at);
            self.part(now, pair, call_sid, out);
        }
    }

    /// One of a pair is gone.
    fn part(&mut self, now: Now, pair: Pair, gone: &str, out: &mut Vec<QueueAction>) {
        let Pair { customer, agent, connected, .. } = pair;
        let by_customer = customer.enter.call_sid == gone;
        if connected {
            let (caller, server) = (customer.enter.call_sid.clone(), agent.enter.call_sid.clone());
            out.push(QueueAction::Disconnect { customer: caller, agent: server });
        }
        let mut left = if by_customer { agent } else { customer };
        let again = if by_customer { !connected || left.enter.rejoin } else { !connected };
        if !again {
            tell(out, &left.enter, QueueNews::Parted);
            return;
        }
        if by_customer && connected {
            // It has served: those who are free longer come before it.
            self.sequence += 1;
            left.sequence = self.sequence;
            left.since = now.mono;
        }
        let call_sid = left.enter.call_sid.clone();
        if !by_customer {
            let (priority, since) = (left.enter.priority, left.came_at);
            out.push(QueueAction::Waits { call_sid: call_sid.clone(), priority, since });
        }
        let leg = left.enter.leg;
        self.put(left);
        let place = self.place(&call_sid, now);
        out.push(QueueAction::Tell { call_sid: call_sid.clone(), leg, news: QueueNews::Back { place } });
        if !by_customer {
            self.tell_places(now, Some(&call_sid), out);
        }
    }

    fn dequeue(&mut self, now: Now, call_sid: Option<String>, target: &Target, out: &mut Vec<QueueAction>) {
        let wanted = call_sid.or_else(|| self.front().map(str::to_owned));
        let found = self.waiting.iter().find(|(_, party)| Some(&party.enter.call_sid) == wanted.as_ref());
        let Some(turn) = found.map(|(turn, _)| *turn) else { return };
        let Some(party) = self.waiting.remove(&turn) else { return };
        out.push(QueueAction::WaitsNoMore { call_sid: party.enter.call_sid.clone() });
        tell(out, &party.enter, QueueNews::Dequeued { target: target.clone() });
        self.tell_places(now, None, out);
    }

    fn shut_down(&mut self, out: &mut Vec<QueueAction>) {
        for party in std::mem::take(&mut self.waiting).into_values() {
            out.push(QueueAction::WaitsNoMore { call_sid: party.enter.call_sid.clone() });
            tell(out, &party.enter, QueueNews::Closed);
        }
        for party in std::mem::take(&mut self.serving).into_values() {
            tell(out, &party.enter, QueueNews::Closed);
        }
        for pair in std::mem::take(&mut self.pairs) {
            if pair.connected {
                let (customer, agent) =
                    (pair.customer.enter.call_sid.clone(), pair.agent.enter.call_sid.clone());
                out.push(QueueAction::Disconnect { customer, agent });
            }
            tell(out, &pair.customer.enter, QueueNews::Closed);
            tell(out, &pair.agent.enter, QueueNews::Closed);
        }
        self.used = true;
    }
}

fn tell(out: &mut Vec<QueueAction>, to: &EnterQueue, news: QueueNews) {
    out.push(QueueAction::Tell { call_sid: to.call_sid.clone(), leg: to.leg, news });
}
