//! A session against an SMSC that misbehaves in every way a seed can think of, in simulated time.
//!
//! `SMPP_SIM_SEED=n` repeats one seed; `SMPP_SIM_SEEDS=n` runs that many from 0.

#![expect(
    clippy::disallowed_methods,
    reason = "a simulation needs one origin of time; all else is offsets from it"
)]
#![expect(clippy::unwrap_used, reason = "a test may")]

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet, BinaryHeap},
    time::{Duration, Instant},
};

use flexio_smpp::{
    Action, Address, Answer, Command, Event, Frame, Header, Input, Outcome, Session, SessionConfig,
    SubmitKey, SubmitRequest, UnknownReason, backoff::Jitter,
};
use rusmpp::{
    CommandStatus, Pdu,
    pdus::{BindTransceiverResp, DeliverSm, SubmitSmResp},
    types::OctetString,
    values::EsmClass,
};

const OK: CommandStatus = CommandStatus::EsmeRok;

fn main_seeds() -> Vec<u64> {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    match number("SMPP_SIM_SEED") {
        Some(seed) => vec![seed],
        None => (0..number("SMPP_SIM_SEEDS").unwrap_or(300)).collect(),
    }
}

#[test]
fn whatever_the_smsc_does_each_submit_has_one_outcome_and_is_sent_at_most_once() {
    let mut total = Totals::default();
    for seed in main_seeds() {
        println!("seed {seed}");
        let mut world = World::new(seed);
        world.run();
        total.add(&world);
    }
    // A simulation that never meets the cases it is for proves nothing.
    println!("{total:?}");
    let all = [
        total.accepted,
        total.refused,
        total.unknown,
        total.late,
        total.downs,
        total.deliveries,
        total.bound_again,
    ];
    assert!(main_seeds().len() < 100 || all.iter().all(|n| *n > 0), "{total:?}");
}

#[derive(Debug, Default)]
struct Totals {
    accepted: usize,
    refused: usize,
    unknown: usize,
    late: usize,
    downs: usize,
    deliveries: usize,
    bound_again: usize,
}

impl Totals {
    fn add(&mut self, world: &World) {
        for outcome in world.outcomes.values() {
            match outcome {
                Outcome::Accepted { .. } => self.accepted += 1,
                Outcome::Refused { .. } => self.refused += 1,
                Outcome::Unknown(_) => self.unknown += 1,
                Outcome::NotSent(_) => {}
            }
        }
        self.late += world.late.len();
        self.downs += world.downs;
        self.deliveries += world.answered.len();
        self.bound_again += world.ups.saturating_sub(1);
    }
}

/// What reaches the session at some time; of a connection that is gone nothing does.
#[derive(Debug)]
enum Arrival {
    Stream(u32, StreamEvent),
    Owner(Input),
    /// The owner wants to send one more.
    Wish,
}

#[derive(Debug)]
enum StreamEvent {
    Connected,
    Lost,
    Frame(Frame),
    Garbled,
}

struct World {
    dice: Jitter,
    session: Session,
    window: usize,
    start: Instant,
    now: Duration,
    arrivals: BinaryHeap<Reverse<(Duration, u64)>>,
    bodies: BTreeMap<u64, Arrival>,
    next_ticket: u64,
    /// Faults happen; off in the last act.
    hostile: bool,
    connection: u32,
    stream_open: bool,
    next_key: u64,
    next_delivery: u32,
    received: BTreeSet<u64>,
    promised: BTreeSet<u64>,
    open: BTreeSet<u64>,
    outcomes: BTreeMap<u64, Outcome>,
    late: BTreeSet<u64>,
    answered: BTreeSet<(u32, u32)>,
    ups: usize,
    downs: usize,
    stopped: bool,
}

impl World {
    fn new(seed: u64) -> Self {
        let mut dice = Jitter::new(seed);
        let window = u16::try_from(dice.next_u64() % 20 + 1).unwrap();
        let config = SessionConfig {
            window,
            jitter_seed: seed,
            unanswered_deliveries_max: 3,
            receipts: flexio_smpp::ReceiptPolicy::default(),
            ..SessionConfig::default()
        };
        Self {
            dice,
            session: Session::new(config).unwrap(),
            window: usize::from(window),
            start: Instant::now(),
            now: Duration::ZERO,
            arrivals: BinaryHeap::new(),
            bodies: BTreeMap::new(),
            next_ticket: 0,
            hostile: true,
            connection: 0,
            stream_open: false,
            next_key: 0,
            next_delivery: 1,
            received: BTreeSet::new(),
            promised: BTreeSet::new(),
            open: BTreeSet::new(),
            outcomes: BTreeMap::new(),
            late: BTreeSet::new(),
            answered: BTreeSet::new(),
            ups: 0,
            downs: 0,
            stopped: false,
        }
    }

    /// True once in `n`, while faults are on.
    fn fault(&mut self, n: u64) -> bool {
        self.hostile && self.dice.next_u64().is_multiple_of(n)
    }

    fn ms(&mut self, low: u64, high: u64) -> Duration {
        self.dice.between(Duration::from_millis(low), Duration::from_millis(high))
    }

    fn schedule(&mut self, after: Duration, arrival: Arrival) {
        self.arrivals.push(Reverse((self.now + after, self.next_ticket)));
        self.bodies.insert(self.next_ticket, arrival);
        self.next_ticket += 1;
    }

    fn stream(&mut self, after: Duration, event: StreamEvent) {
        self.schedule(after, Arrival::Stream(self.connection, event));
    }

    fn reply(&mut self, after: Duration, status: CommandStatus, sequence: u32, pdu: impl Into<Pdu>) {
        let command = Command::new(status, sequence, pdu);
        self.stream(after, StreamEvent::Frame(Frame::Command(Box::new(command))));
    }

    fn run(&mut self) {
        self.give(Input::Start);
        for _ in 0..200 {
            let at = self.ms(0, 120_000);
            self.schedule(at, Arrival::Wish);
        }
        self.advance(Duration::from_secs(150));
        self.hostile = false;
        // Everything must heal by itself: the longest reconnection wait, connect and bind, and a round of answers.
        self.advance(Duration::from_secs(150 + 200));
        assert!(self.session.is_bound(), "bound again once the SMSC behaves");
        let before = self.outcomes.len();
        self.schedule(Duration::ZERO, Arrival::Wish);
        self.advance(Duration::from_secs(150 + 240));
        assert!(self.outcomes.len() > before, "and works again");
        self.give(Input::Close);
        self.advance(Duration::from_secs(150 + 300));
        assert!(self.stopped, "closing ends");
        self.final_checks();
    }

    fn final_checks(&self) {
        assert!(self.open.is_empty(), "without outcome: {:?}", self.open);
        assert_eq!(self.session.deadline(), None);
        for (key, outcome) in &self.outcomes {
            match outcome {
                Outcome::Accepted { .. } => assert!(self.promised.contains(key), "{key} was never promised"),
                Outcome::NotSent(_) => assert!(!self.received.contains(key), "{key} was sent after all"),
                Outcome::Refused { .. } => assert!(self.received.contains(key)),
                Outcome::Unknown(_) => {}
            }
        }
        for key in &self.late {
            assert_eq!(self.outcomes[key], Outcome::Unknown(UnknownReason::NoAnswer));
        }
    }

    /// Runs until `until`, keeping every deadline.
    fn advance(&mut self, until: Duration) {
        loop {
            let arrival = self.arrivals.peek().map(|Reverse((at, _))| *at);
            let deadline =
                self.session.deadline().map(|at| at.saturating_duration_since(self.start).max(self.now));
            let next = [arrival, deadline].into_iter().flatten().min().filter(|at| *at <= until);
            let Some(at) = next else { break };
            self.now = at;
            if arrival == Some(at) {
                let Reverse((_, ticket)) = self.arrivals.pop().unwrap();
                let body = self.bodies.remove(&ticket).unwrap();
                self.arrive(body);
            } else {
                self.give(Input::Timeout);
                let after = self.session.deadline();
                assert!(after.is_none_or(|d| d > self.start + self.now), "a deadline that was kept is over");
            }
        }
        self.now = until;
    }

    fn arrive(&mut self, arrival: Arrival) {
        match arrival {
            Arrival::Owner(input) => self.give(input),
            Arrival::Wish => self.wish(),
            Arrival::Stream(connection, event) => {
                if connection != self.connection {
                    return;
                }
                match event {
                    StreamEvent::Connected => {
                        self.stream_open = true;
                        self.give(Input::Connected);
                    }
                    StreamEvent::Lost => {
                        self.stream_open = false;
                        self.connection += 1;
                        self.give(Input::Lost);
                    }
                    StreamEvent::Frame(frame) => self.give(Input::Received(frame)),
                    StreamEvent::Garbled => self.give(Input::Garbled),
                }
            }
        }
    }

    fn wish(&mut self) {
        let now = self.start + self.now;
        let capacity = self.session.capacity(now);
        // A careless owner submits without looking.
        if capacity == 0 && !self.fault(10) {
            let later = self.ms(500, 5_000);
            self.schedule(later, Arrival::Wish);
            return;
        }
        let key = self.next_key;
        self.next_key += 1;
        self.open.insert(key);
        let request = SubmitRequest {
            from: Address::short_code("8640"),
            to: Address::international("32470000001"),
            udh: vec![],
            sar: None,
            payload: key.to_string().into_bytes(),
            data_coding: 0,
            receipt: true,
            validity: None,
        };
        self.give(Input::Submit { key: SubmitKey(key), request });
        if capacity > 0 {
            assert!(!matches!(self.outcomes.get(&key), Some(Outcome::NotSent(_))), "capacity is a promise");
        }
    }

    fn give(&mut self, input: Input) {
        assert!(!self.stopped || !matches!(input, Input::Connected), "nothing connects after the end");
        let mut out = vec![];
        self.session.handle(self.start + self.now, input, &mut out);
        for action in out {
            match action {
                Action::Connect => self.connect(),
                Action::Disconnect => {
                    self.stream_open = false;
                    self.connection += 1;
                }
                Action::Send(command) => {
                    assert!(self.stream_open, "{:?} without a stream", command.id());
                    self.smsc(&command);
                }
                Action::Event(event) => self.owner(event),
            }
        }
        let on_wire = self.open.intersection(&self.received).count();
        assert!(on_wire <= self.window, "{on_wire} open of {}", self.window);
    }

    fn connect(&mut self) {
        assert!(!self.stream_open, "one stream at a time");
        self.connection += 1;
        if self.fault(8) {
            return; // hangs
        }
        let wait = self.ms(1, 200);
        let event = if self.fault(4) { StreamEvent::Lost } else { StreamEvent::Connected };
        self.stream(wait, event);
        if self.fault(3) {
            let wait = self.ms(200, 60_000);
            self.stream(wait, StreamEvent::Lost);
        }
    }

    fn smsc(&mut self, command: &Command) {
        let sequence = command.sequence_number();
        let wait = self.ms(1, 300);
        if self.fault(200) {
            return self.stream(wait, StreamEvent::Garbled);
        }
        match command.pdu() {
            Some(Pdu::BindTransceiver(_)) => {
                if self.fault(6) {
                    return;
                }
                let status = if self.fault(6) { CommandStatus::EsmeRbindfail } else { OK };
                self.reply(wait, status, sequence, BindTransceiverResp::default());
            }
            Some(Pdu::SubmitSm(sm)) => {
                let key = std::str::from_utf8(sm.short_message()).unwrap().parse().unwrap();
                assert!(self.received.insert(key), "{key} was sent twice");
                self.answer_submit(key, sequence, wait);
            }
            Some(Pdu::EnquireLink) if self.fault(5) => {}
            Some(Pdu::EnquireLink) => self.reply(wait, OK, sequence, Pdu::EnquireLinkResp),
            Some(Pdu::Unbind) => self.reply(wait, OK, sequence, Pdu::UnbindResp),
            Some(Pdu::DeliverSmResp(_)) => {
                assert!(
                    self.answered.insert((self.connection, sequence)),
                    "delivery {sequence} answered twice"
                );
            }
            _ => {}
        }
    }

    fn answer_submit(&mut self, key: u64, sequence: u32, wait: Duration) {
        let resp = SubmitSmResp::builder().message_id(key.to_string().parse().unwrap()).build();
        if self.fault(12) {
            return;
        }
        if self.fault(12) {
            return self.reply(wait, CommandStatus::EsmeRthrottled, sequence, resp);
        }
        if self.fault(20) {
            return self.reply(wait, OK, sequence, Pdu::GenericNack);
        }
        self.promised.insert(key);
        let wait = if self.fault(10) { self.ms(25_000, 45_000) } else { wait };
        if self.fault(15) {
            let header = Header { command_id: 0x8000_0004, command_status: 0, sequence_number: sequence };
            self.stream(wait, StreamEvent::Frame(Frame::Malformed(header)));
        }
        // The receipt overtakes the answer half the time.
        let receipt_wait = self.ms(1, 600);
        self.deliver(receipt_wait, &format!("id:{key} stat:DELIVRD err:000 text:"));
        let copies = if self.fault(10) { 2 } else { 1 };
        for _ in 0..copies {
            self.reply(wait, OK, sequence, resp.clone());
        }
        if self.fault(25) {
            self.reply(wait, OK, sequence.wrapping_add(1_000), resp);
        }
        if self.fault(40) {
            self.reply(wait, OK, 1, Pdu::Unbind);
        }
    }

    fn deliver(&mut self, wait: Duration, text: &str) {
        let sm = DeliverSm::builder()
            .esm_class(EsmClass::from(4))
            .short_message(OctetString::from_vec(text.as_bytes().to_vec()).unwrap())
            .build();
        let sequence = self.next_delivery;
        self.next_delivery += 1;
        self.reply(wait, OK, sequence, sm);
    }

    fn owner(&mut self, event: Event) {
        match event {
            Event::Up => self.ups += 1,
            Event::Down { .. } => self.downs += 1,
            Event::Stopped => self.stopped = true,
            Event::Submitted { key: SubmitKey(key), outcome, late: false } => {
                assert!(self.open.remove(&key), "a second outcome for {key}: {outcome:?}");
                self.outcomes.insert(key, outcome);
            }
            Event::Submitted { key: SubmitKey(key), outcome, late: true } => {
                assert!(self.late.insert(key), "two late outcomes for {key}");
                assert!(matches!(outcome, Outcome::Accepted { .. } | Outcome::Refused { .. }));
            }
            Event::Receipt { delivery, .. } | Event::Mo { delivery, .. } => {
                if self.fault(10) {
                    return; // forgotten: the session must answer by itself
                }
                let wait = self.ms(0, 2_000);
                let answer = if self.fault(5) { Answer::RetryLater } else { Answer::Accept };
                self.schedule(wait, Arrival::Owner(Input::Answer { delivery, answer }));
                if self.fault(5) {
                    self.schedule(wait, Arrival::Owner(Input::Answer { delivery, answer }));
                }
            }
        }
    }
}
