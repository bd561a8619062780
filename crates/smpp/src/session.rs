//! One ESME session: from the wish to be connected, through bind, traffic and failure, to the end.
//!
//! ```text
//! Idle ─Start→ Connecting ─Connected→ Binding ─bind_resp→ Bound ─Close, drained→ Unbinding → Stopped
//!                  ↑  └────────────┬─────┴────────────────┘
//!               Waiting ←──────────┘ any loss; longer each time
//! ```

use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};

use rusmpp::{
    Command, CommandStatus, Pdu,
    pdus::{BindReceiver, BindTransceiver, BindTransmitter, DataSmResp, DeliverSmResp},
    types::COctetString,
    values::{InterfaceVersion, Npi, Ton},
};

use crate::{
    backoff::{Backoff, Jitter},
    config::{BindMode, ConfigError, Edition, SessionConfig},
    submit::SubmitRequest,
    window::Window,
};

mod events;
mod inbound;
#[cfg(test)]
mod tests;

pub use events::{
    Action, Answer, DeliveryId, DownReason, Event, Input, NotSentReason, Outcome, SubmitKey, UnknownReason,
};

/// A session that stayed bound this long was healthy: the next reconnection starts from the shortest wait.
const STABLE: Duration = Duration::from_secs(10);

#[derive(Debug)]
enum State {
    Idle,
    Waiting { until: Instant },
    Connecting { until: Instant },
    Binding { sequence: u32, until: Instant },
    Bound(Link),
    Unbinding { until: Instant },
    Stopped,
}

#[derive(Debug)]
struct Link {
    since: Instant,
    last_in: Instant,
    last_out: Instant,
    /// An `enquire_link` is out: silence until then means that the link is dead.
    enquiry_until: Option<Instant>,
    /// Closing: open answers are waited for until then.
    drain_until: Option<Instant>,
}

#[derive(Debug)]
struct Unanswered {
    id: DeliveryId,
    kind: DeliveryKind,
    until: Instant,
}

#[derive(Debug, Clone, Copy)]
enum DeliveryKind {
    Deliver,
    Data,
}

/// One ESME session. See the crate's documentation for what it promises.
#[derive(Debug)]
pub struct Session {
    config: SessionConfig,
    state: State,
    closing: bool,
    jitter: Jitter,
    reconnect: Backoff,
    window: Window,
    unanswered: VecDeque<Unanswered>,
    next_sequence: u32,
    connection: u32,
}

impl Session {
    /// A session at rest; give it [`Input::Start`].
    pub fn new(config: SessionConfig) -> Result<Self, ConfigError> {
        config.check()?;
        Ok(Self {
            state: State::Idle,
            closing: false,
            jitter: Jitter::new(config.jitter_seed),
            reconnect: Backoff::new(config.reconnect.0, config.reconnect.1),
            window: Window::new(config.window, config.throttle, config.submits_per_s),
            unanswered: VecDeque::new(),
            next_sequence: 1,
            connection: 0,
            config,
        })
    }

    /// Whether traffic can flow.
    pub fn is_bound(&self) -> bool {
        matches!(self.state, State::Bound(_))
    }

    /// How many submits may be given now.
    pub fn capacity(&self, now: Instant) -> usize {
        if self.can_submit() { self.window.free(now) } else { 0 }
    }

    /// When [`Session::capacity`] can turn positive by time alone; `None` when only an input can do that.
    pub fn capacity_at(&self, now: Instant) -> Option<Instant> {
        if self.can_submit() { self.window.free_at(now) } else { None }
    }

    /// How many more deliveries may wait for an answer; the next one after that is refused with `ESME_RMSGQFUL`.
    pub fn delivery_room(&self) -> usize {
        self.config.unanswered_deliveries_max.saturating_sub(self.unanswered.len())
    }

    /// When to give [`Input::Timeout`] at the latest; earlier is harmless.
    pub fn deadline(&self) -> Option<Instant> {
        match &self.state {
            State::Idle | State::Stopped => None,
            State::Waiting { until }
            | State::Connecting { until }
            | State::Binding { until, .. }
            | State::Unbinding { until } => Some(*until),
            State::Bound(link) => {
                let traffic = [
                    self.window.next_deadline(),
                    self.unanswered.front().map(|delivery| delivery.until),
                    link.drain_until,
                ];
                let enquiry =
                    link.enquiry_until.unwrap_or_else(|| link.enquire_at(self.config.enquire_interval));
                Some(traffic.into_iter().flatten().fold(enquiry, Instant::min))
            }
        }
    }

    /// Takes one input and appends what is to be done.
    pub fn handle(&mut self, now: Instant, input: Input, out: &mut Vec<Action>) {
        match input {
            Input::Start => {
                if matches!(self.state, State::Idle) {
                    self.connect(now, out);
                }
            }
            Input::Connected => self.on_connected(now, out),
            Input::Lost => self.on_lost(now, out),
            Input::Received(frame) => self.on_frame(now, frame, out),
            Input::Garbled => {
                if self.has_stream() {
                    self.send(now, CommandStatus::EsmeRinvcmdlen, 0, Pdu::GenericNack, out);
                    self.drop_link(now, DownReason::Garbled, out);
                }
            }
            Input::Submit { key, request } => self.on_submit(now, key, &request, out),
            Input::Answer { delivery, answer } => self.on_answer(now, delivery, answer, out),
            Input::Timeout => self.on_timeout(now, out),
            Input::Close => self.on_close(now, out),
        }
        self.unbind_when_drained(now, out);
    }

    /// Whether a submit would be written now if the window had room; otherwise it is given back as not sent.
    pub fn can_submit(&self) -> bool {
        self.is_bound() && !self.closing && self.config.mode != BindMode::Receiver
    }

    fn has_stream(&self) -> bool {
        matches!(self.state, State::Binding { .. } | State::Bound(_) | State::Unbinding { .. })
    }

    fn connect(&mut self, now: Instant, out: &mut Vec<Action>) {
        // Sequence numbers belong to a session (SMPP 3.4 §2.7.1), which ends with its connection.
        self.next_sequence = 1;
        self.connection = self.connection.wrapping_add(1);
        self.state = State::Connecting { until: now + self.config.connect_timeout };
        out.push(Action::Connect);
    }

    fn on_connected(&mut self, now: Instant, out: &mut Vec<Action>) {
        if !matches!(self.state, State::Connecting { .. }) {
            return;
        }
        let sequence = self.sequence();
        self.state = State::Binding { sequence, until: now + self.config.bind_timeout };
        let bind = self.bind_pdu();
        self.send(now, CommandStatus::EsmeRok, sequence, bind, out);
    }

    fn bind_pdu(&self) -> Pdu {
        let c = &self.config;
        let system_id = text(&c.system_id);
        let password = text(c.password.expose());
        let system_type = text(&c.system_type);
        let range = text(&c.address_range);
        let version = match c.edition {
            Edition::V3_4 => InterfaceVersion::Smpp3_4,
            Edition::V5_0 => InterfaceVersion::Smpp5_0,
        };
        let (ton, npi) = (Ton::Unknown, Npi::Unknown);
        match c.mode {
            BindMode::Transceiver => {
                BindTransceiver::new(system_id, password, system_type, version, ton, npi, range).into()
            }
            BindMode::Transmitter => {
                BindTransmitter::new(system_id, password, system_type, version, ton, npi, range).into()
            }
            BindMode::Receiver => {
                BindReceiver::new(system_id, password, system_type, version, ton, npi, range).into()
            }
        }
    }

    fn on_lost(&mut self, now: Instant, out: &mut Vec<Action>) {
        if self.has_stream() || matches!(self.state, State::Connecting { .. }) {
            self.drop_link(now, DownReason::Lost, out);
        }
    }

    fn on_submit(&mut self, now: Instant, key: SubmitKey, request: &SubmitRequest, out: &mut Vec<Action>) {
        let refusal = if !self.can_submit() {
            NotSentReason::NotBound
        } else if self.window.free(now) == 0 {
            NotSentReason::NoCapacity
        } else {
            match request.to_pdu() {
                Ok(sm) => {
                    let sequence = self.sequence();
                    self.window.push(now, now + self.config.response_timeout, sequence, key);
                    self.send(now, CommandStatus::EsmeRok, sequence, Pdu::SubmitSm(sm), out);
                    return;
                }
                Err(error) => NotSentReason::Invalid(error),
            }
        };
        out.push(submitted(key, Outcome::NotSent(refusal), false));
    }

    fn on_answer(&mut self, now: Instant, id: DeliveryId, answer: Answer, out: &mut Vec<Action>) {
        // Deliveries are mostly answered in the order they came. An id of an earlier connection is not found:
        // its SMSC will deliver again.
        let Some(at) = self.unanswered.iter().position(|waiting| waiting.id == id) else { return };
        let Some(waiting) = self.unanswered.remove(at) else { return };
        let status = match answer {
            Answer::Accept => CommandStatus::EsmeRok,
            Answer::RetryLater => CommandStatus::EsmeRxTAppn,
            Answer::Reject => CommandStatus::EsmeRxPAppn,
        };
        self.send_delivery_resp(now, status, id.sequence, waiting.kind, out);
    }

    fn on_timeout(&mut self, now: Instant, out: &mut Vec<Action>) {
        match &self.state {
            State::Idle | State::Stopped => {}
            State::Waiting { until } => {
                if now >= *until {
                    self.connect(now, out);
                }
            }
            State::Connecting { until } => {
                if now >= *until {
                    self.drop_link(now, DownReason::ConnectTimeout, out);
                }
            }
            State::Binding { until, .. } => {
                if now >= *until {
                    self.drop_link(now, DownReason::BindTimeout, out);
                }
            }
            State::Unbinding { until } => {
                if now >= *until {
                    self.drop_link(now, DownReason::Silent, out);
                }
            }
            State::Bound(_) => self.on_bound_timeout(now, out),
        }
    }

    fn on_bound_timeout(&mut self, now: Instant, out: &mut Vec<Action>) {
        let mut overdue = false;
        while let Some(key) = self.window.expire(now) {
            overdue = true;
            out.push(submitted(key, Outcome::Unknown(UnknownReason::NoAnswer), false));
        }
        while self.unanswered.front().is_some_and(|waiting| waiting.until <= now) {
            let Some(waiting) = self.unanswered.pop_front() else { break };
            self.send_delivery_resp(now, CommandStatus::EsmeRxTAppn, waiting.id.sequence, waiting.kind, out);
        }
        let State::Bound(link) = &self.state else { return };
        match link.enquiry_until {
            Some(until) if now >= until => self.drop_link(now, DownReason::Silent, out),
            // A missing answer makes the whole link suspect: ask now instead of at the next interval.
            None if overdue || now >= link.enquire_at(self.config.enquire_interval) => self.enquire(now, out),
            Some(_) | None => {}
        }
    }

    fn enquire(&mut self, now: Instant, out: &mut Vec<Action>) {
        let sequence = self.sequence();
        self.send(now, CommandStatus::EsmeRok, sequence, Pdu::EnquireLink, out);
        if let State::Bound(link) = &mut self.state {
            link.enquiry_until = Some(now + self.config.enquire_timeout);
        }
    }

    fn on_close(&mut self, now: Instant, out: &mut Vec<Action>) {
        self.closing = true;
        match &mut self.state {
            State::Stopped | State::Unbinding { .. } => {}
            State::Bound(link) => {
                link.drain_until.get_or_insert(now + self.config.response_timeout);
            }
            State::Idle | State::Waiting { .. } | State::Connecting { .. } | State::Binding { .. } => {
                self.drop_link(now, DownReason::Lost, out);
            }
        }
    }

    fn unbind_when_drained(&mut self, now: Instant, out: &mut Vec<Action>) {
        let State::Bound(Link { drain_until: Some(until), .. }) = self.state else { return };
        if now < until && (self.window.in_flight() > 0 || !self.unanswered.is_empty()) {
            return;
        }
        let sequence = self.sequence();
        self.send(now, CommandStatus::EsmeRok, sequence, Pdu::Unbind, out);
        self.state = State::Unbinding { until: now + self.config.unbind_timeout };
    }

    /// Ends the connection: open outcomes become unknown, unanswered deliveries will be delivered again.
    fn drop_link(&mut self, now: Instant, reason: DownReason, out: &mut Vec<Action>) {
        for key in self.window.drain() {
            out.push(submitted(key, Outcome::Unknown(UnknownReason::ConnectionLost), false));
        }
        self.unanswered.clear();
        out.push(Action::Disconnect);
        if self.closing {
            self.state = State::Stopped;
            out.push(Action::Event(Event::Stopped));
            return;
        }
        if let State::Bound(link) = &self.state
            && now.saturating_duration_since(link.since) >= STABLE
        {
            self.reconnect.reset();
        }
        let wrong_credentials = [CommandStatus::EsmeRinvpaswd, CommandStatus::EsmeRinvsysid]
            .map(|status| DownReason::BindRefused(status.into()));
        if wrong_credentials.contains(&reason) {
            // A wrong password does not get right by asking often, and some SMSCs lock the account.
            self.reconnect.exhaust();
        }
        let retry_in = self.reconnect.next_wait(&mut self.jitter);
        self.state = State::Waiting { until: now + retry_in };
        out.push(Action::Event(Event::Down { reason, retry_in }));
    }

    /// 1 to 7FFFFFFF, then again (SMPP 3.4 §3.2).
    fn sequence(&mut self) -> u32 {
        let sequence = self.next_sequence;
        self.next_sequence = if sequence >= 0x7FFF_FFFF { 1 } else { sequence + 1 };
        sequence
    }

    fn send(&mut self, now: Instant, status: CommandStatus, sequence: u32, pdu: Pdu, out: &mut Vec<Action>) {
        if let State::Bound(link) = &mut self.state {
            link.last_out = now;
        }
        out.push(Action::Send(Box::new(Command::new(status, sequence, pdu))));
    }

    fn send_delivery_resp(
        &mut self,
        now: Instant,
        status: CommandStatus,
        sequence: u32,
        kind: DeliveryKind,
        out: &mut Vec<Action>,
    ) {
        // message_id is unused here and set to NULL (SMPP 3.4 §4.6.2).
        let pdu = match kind {
            DeliveryKind::Deliver => Pdu::DeliverSmResp(DeliverSmResp::default()),
            DeliveryKind::Data => Pdu::DataSmResp(DataSmResp::default()),
        };
        self.send(now, status, sequence, pdu, out);
    }
}

impl Link {
    /// Quiet in either direction counts: some SMSCs drop clients that only listen.
    fn enquire_at(&self, interval: Duration) -> Instant {
        self.last_in.min(self.last_out) + interval
    }
}

fn submitted(key: SubmitKey, outcome: Outcome, late: bool) -> Action {
    Action::Event(Event::Submitted { key, outcome, late })
}

fn text<const MAX: usize>(checked: &str) -> COctetString<1, MAX> {
    checked.parse().expect("SessionConfig::check has bounded every text of the bind")
}
