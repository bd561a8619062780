//! The other side of the wire: one connection of a customer's program (ESME) to us as its SMSC.
//!
//! ```text
//! Unbound ─bind→ Asked ─BindAnswer(Ok)→ Bound ─Close, drained→ Unbinding → Ended
//!    └──────────────┴──── refused, silent, garbled, lost, unbind ────────────↑
//! ```
//!
//! The session knows the rules of the connection: who may send what when, how much may be open, when silence means death. Who the peer is,
//! and what becomes of a message, its owner decides, by the answers it gives.

use std::{
    collections::{HashMap, hash_map::Entry},
    time::{Duration, Instant},
};

use rusmpp::{
    Command, CommandId, CommandStatus, Pdu,
    pdus::{BindReceiverResp, BindTransceiverResp, BindTransmitterResp},
    types::COctetString,
    values::InterfaceVersion,
};

use crate::{
    config::{BindMode, Edition, Secret},
    frame::{Frame, Header},
    session::SubmitKey,
    window::Window,
};

mod deliver;
mod request;
#[cfg(test)]
mod tests;

pub use deliver::{Deliver, ReceiptOf};
pub use request::{Replacement, Reply, Request, Submit};

/// `command_status` values an owner answers with (SMPP 3.4 §5.1.3).
pub mod status {
    /// Message length is invalid.
    pub const INVALID_LENGTH: u32 = 0x01;
    /// System error.
    pub const SYSTEM_ERROR: u32 = 0x08;
    /// Invalid source address.
    pub const INVALID_SOURCE: u32 = 0x0A;
    /// Invalid destination address.
    pub const INVALID_DESTINATION: u32 = 0x0B;
    /// Message id is invalid.
    pub const INVALID_MESSAGE_ID: u32 = 0x0C;
    /// Bind failed.
    pub const BIND_FAILED: u32 = 0x0D;
    /// Invalid password.
    pub const INVALID_PASSWORD: u32 = 0x0E;
    /// Cancel failed.
    pub const CANCEL_FAILED: u32 = 0x11;
    /// Replace failed.
    pub const REPLACE_FAILED: u32 = 0x13;
    /// Message queue full.
    pub const QUEUE_FULL: u32 = 0x14;
    /// Submit failed.
    pub const SUBMIT_FAILED: u32 = 0x45;
    /// Throttled.
    pub const THROTTLED: u32 = 0x58;
    /// Invalid message validity period.
    pub const INVALID_EXPIRY: u32 = 0x62;
    /// Invalid scheduled delivery time.
    pub const INVALID_SCHEDULE: u32 = 0x61;
}

/// What an operator sets for the connections of customers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerConfig {
    /// Our name in the answers to binds, ASCII, at most 15 characters.
    pub system_id: String,
    /// From the connection to a successful bind.
    pub bind_timeout: Duration,
    /// Longest silence in either direction before an `enquire_link`.
    pub enquire_interval: Duration,
    /// Silence after an `enquire_link` that means the link is dead.
    pub enquire_timeout: Duration,
    /// Wait for a `deliver_sm_resp`; the delivery is then made again on another occasion.
    pub response_timeout: Duration,
    /// Requests without an answer of ours, and deliveries without one of theirs; each on its own.
    pub window: u16,
}

impl Default for ServerConfig {
    fn default() -> Self {
        let s = Duration::from_secs;
        Self {
            system_id: "flexio".to_owned(),
            bind_timeout: s(5),
            enquire_interval: s(30),
            enquire_timeout: s(10),
            response_timeout: s(20),
            window: 50,
        }
    }
}

/// Names one request that waits for an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct RequestId(u32);

/// What happened.
#[derive(Debug)]
pub enum ServerInput {
    /// A PDU arrived.
    Received(Frame),
    /// What arrived cannot be cut into PDUs any more.
    Garbled,
    /// The stream ended or failed.
    Lost,
    /// The owner knows the peer, or refuses it with this `command_status`.
    BindAnswer(Result<(), u32>),
    /// How loaded the owner is, in percent: peers of SMPP 5.0 hear of it with every submit that is taken from now on.
    Load(u8),
    /// The owner has dealt with a request.
    Answer(RequestId, Reply),
    /// Hand something to the peer; give it only while [`ServerSession::capacity`] is positive.
    Deliver(SubmitKey, Box<Deliver>),
    /// [`ServerSession::deadline`] has come.
    Timeout,
    /// End: no new requests, wait for open answers, unbind.
    Close,
}

/// What the caller must now do, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ServerAction {
    /// Write a PDU.
    Send(Box<Command>),
    /// Somebody wants in: give [`ServerInput::BindAnswer`].
    AskBind(Bind),
    /// A request of the peer: give [`ServerInput::Answer`].
    Ask(RequestId, Box<Request>),
    /// The peer's answer to a delivery.
    Delivered(SubmitKey, DeliverOutcome),
    /// Write out what is buffered and close; nothing follows.
    End(EndReason),
}

/// A request to bind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bind {
    /// Direction.
    pub mode: BindMode,
    /// Who.
    pub system_id: String,
    /// Proof.
    pub password: Secret,
    /// What it says it speaks.
    pub edition: Edition,
}

/// Result of a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeliverOutcome {
    /// The peer has it.
    Taken,
    /// The peer will never take it (`ESME_RX_P_APPN`, `ESME_RX_R_APPN`).
    Refused(u32),
    /// The peer could not take it now, did not answer, or is gone: again later.
    Later,
}

/// Why a connection ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EndReason {
    /// No bind in time.
    NotBound,
    /// The bind was refused.
    Refused,
    /// The stream made no sense.
    Garbled,
    /// The peer closed.
    Lost,
    /// Nothing arrived after an `enquire_link`.
    Silent,
    /// The peer unbound.
    Unbound,
    /// We were asked to.
    Closed,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Unbound,
    Asked { mode: BindMode, sequence: u32 },
    Bound { mode: BindMode },
    Unbinding,
    Ended,
}

/// One connection of an ESME. See the module's documentation.
#[derive(Debug)]
pub struct ServerSession {
    config: ServerConfig,
    state: State,
    /// When the present state has lasted too long: bind, unbind, drain.
    until: Option<Instant>,
    last_in: Instant,
    last_out: Instant,
    enquiry_until: Option<Instant>,
    /// Requests that wait for our answer, at most the window.
    open: HashMap<u32, CommandId>,
    /// As the peer named it in its bind.
    edition: Edition,
    load_percent: u8,
    deliveries: Window,
    next_sequence: u32,
}

impl ServerSession {
    /// A connection that was accepted at `now`.
    pub fn new(config: ServerConfig, now: Instant) -> Self {
        let second = Duration::from_secs(1);
        Self {
            state: State::Unbound,
            until: Some(now + config.bind_timeout),
            last_in: now,
            last_out: now,
            enquiry_until: None,
            open: HashMap::new(),
            edition: Edition::V3_4,
            load_percent: 0,
            deliveries: Window::new(config.window.max(1), (second, 8 * second), None),
            next_sequence: 1,
            config,
        }
    }

    /// How many deliveries may be given now.
    pub fn capacity(&self, now: Instant) -> usize {
        match self.state {
            State::Bound { mode } if mode != BindMode::Transmitter && self.until.is_none() => {
                self.deliveries.free(now)
            }
            _ => 0,
        }
    }

    /// When to give [`ServerInput::Timeout`] at the latest; `None` once it has ended.
    pub fn deadline(&self) -> Option<Instant> {
        match self.state {
            State::Ended => None,
            State::Bound { .. } => {
                let enquiry = self.enquiry_until.unwrap_or_else(|| self.enquire_at());
                [self.until, self.deliveries.next_deadline(), Some(enquiry)].into_iter().flatten().min()
            }
            State::Unbound | State::Asked { .. } | State::Unbinding => self.until,
        }
    }

    /// Takes one input and appends what is to be done.
    pub fn handle(&mut self, now: Instant, input: ServerInput, out: &mut Vec<ServerAction>) {
        if self.state == State::Ended {
            return;
        }
        match input {
            ServerInput::Received(frame) => self.on_frame(now, frame, out),
            ServerInput::Garbled => {
                self.send(now, CommandStatus::EsmeRinvcmdlen, 0, Pdu::GenericNack, out);
                self.end(EndReason::Garbled, out);
            }
            ServerInput::Lost => self.end(EndReason::Lost, out),
            ServerInput::BindAnswer(answer) => self.on_bind_answer(now, answer, out),
            ServerInput::Answer(RequestId(sequence), reply) => {
                if let Some(kind) = self.open.remove(&sequence) {
                    let load = (self.edition == Edition::V5_0).then_some(self.load_percent);
                    let (status, pdu) = reply.into_pdu(kind, load);
                    self.send(now, status.into(), sequence, pdu, out);
                }
            }
            ServerInput::Load(percent) => self.load_percent = percent.min(100),
            ServerInput::Deliver(key, delivery) => self.on_deliver(now, key, &delivery, out),
            ServerInput::Timeout => self.on_timeout(now, out),
            ServerInput::Close => self.on_close(now, out),
        }
        self.unbind_when_drained(now, out);
    }

    fn on_frame(&mut self, now: Instant, frame: Frame, out: &mut Vec<ServerAction>) {
        self.last_in = now;
        self.enquiry_until = None;
        let command = match frame {
            Frame::Command(command) => command,
            Frame::Malformed(header) => return self.on_malformed(now, header, out),
        };
        let (sequence, id, status) = (command.sequence_number(), command.id(), command.status());
        match (id, command.into_parts().pdu) {
            (CommandId::EnquireLink, _) => {
                self.send(now, CommandStatus::EsmeRok, sequence, Pdu::EnquireLinkResp, out);
            }
            (CommandId::Unbind, _) => {
                self.send(now, CommandStatus::EsmeRok, sequence, Pdu::UnbindResp, out);
                self.end(EndReason::Unbound, out);
            }
            (CommandId::UnbindResp, _) if self.state == State::Unbinding => self.end(EndReason::Closed, out),
            (CommandId::DeliverSmResp | CommandId::GenericNack, _) => {
                self.on_deliver_resp(now, sequence, status.into(), out);
            }
            (_, Some(pdu)) if request::is_bind(&pdu) => self.on_bind(now, sequence, &pdu, out),
            (_, Some(pdu)) => self.on_request(now, sequence, id, &pdu, out),
            (_, None) => self.refuse(now, sequence, id, CommandStatus::EsmeRinvcmdlen.into(), out),
        }
    }

    fn on_malformed(&mut self, now: Instant, header: Header, out: &mut Vec<ServerAction>) {
        let id = CommandId::from(header.command_id);
        match id {
            // Texts that are longer than SMPP allows: names and passwords that cannot be right.
            CommandId::BindReceiver | CommandId::BindTransmitter | CommandId::BindTransceiver
                if self.state == State::Unbound =>
            {
                let mode = request::mode_of(id);
                self.state = State::Asked { mode, sequence: header.sequence_number };
                self.on_bind_answer(now, Err(status::INVALID_PASSWORD), out);
            }
            // Its status is in the header, and nothing else of it is needed.
            CommandId::DeliverSmResp => {
                self.on_deliver_resp(now, header.sequence_number, header.command_status, out);
            }
            _ if header.is_response() => {}
            _ => self.refuse(now, header.sequence_number, id, CommandStatus::EsmeRinvcmdlen.into(), out),
        }
    }

    fn on_bind(&mut self, now: Instant, sequence: u32, pdu: &Pdu, out: &mut Vec<ServerAction>) {
        let Some(bind) = request::read_bind(pdu) else { return };
        if self.state != State::Unbound {
            let resp = self.bind_resp(bind.mode);
            return self.send(now, CommandStatus::EsmeRalybnd, sequence, resp, out);
        }
        self.state = State::Asked { mode: bind.mode, sequence };
        self.edition = bind.edition;
        out.push(ServerAction::AskBind(bind));
    }

    fn on_bind_answer(&mut self, now: Instant, answer: Result<(), u32>, out: &mut Vec<ServerAction>) {
        let State::Asked { mode, sequence } = self.state else { return };
        let resp = self.bind_resp(mode);
        match answer {
            Ok(()) => {
                self.send(now, CommandStatus::EsmeRok, sequence, resp, out);
                (self.state, self.until) = (State::Bound { mode }, None);
            }
            Err(status) => {
                self.send(now, status.into(), sequence, resp, out);
                self.end(EndReason::Refused, out);
            }
        }
    }

    fn bind_resp(&self, mode: BindMode) -> Pdu {
        let name: COctetString<1, 16> = self.config.system_id.parse().unwrap_or_default();
        let version = Some(match self.edition {
            Edition::V3_4 => InterfaceVersion::Smpp3_4,
            Edition::V5_0 => InterfaceVersion::Smpp5_0,
        });
        match mode {
            BindMode::Transceiver => BindTransceiverResp::new(name, version).into(),
            BindMode::Transmitter => BindTransmitterResp::new(name, version).into(),
            BindMode::Receiver => BindReceiverResp::new(name, version).into(),
        }
    }

    fn on_request(
        &mut self,
        now: Instant,
        sequence: u32,
        id: CommandId,
        pdu: &Pdu,
        out: &mut Vec<ServerAction>,
    ) {
        if u32::from(id) & 0x8000_0000 != 0 {
            // A response is never answered: two peers nacking each other would not stop.
            return;
        }
        let wrong_state = match self.state {
            State::Bound { mode } => mode == BindMode::Receiver || self.until.is_some(),
            _ => true,
        };
        let status = if wrong_state {
            CommandStatus::EsmeRinvbndsts.into()
        } else if self.open.len() >= usize::from(self.config.window.max(1)) {
            status::THROTTLED
        } else if let Entry::Vacant(place) = self.open.entry(sequence) {
            match Request::read(pdu) {
                Ok(request) => {
                    place.insert(id);
                    out.push(ServerAction::Ask(RequestId(sequence), Box::new(request)));
                    return;
                }
                Err(status) => status,
            }
        } else {
            // Two requests of one name could not be told apart in their answers.
            status::SYSTEM_ERROR
        };
        self.refuse(now, sequence, id, status, out);
    }

    fn refuse(
        &mut self,
        now: Instant,
        sequence: u32,
        id: CommandId,
        status: u32,
        out: &mut Vec<ServerAction>,
    ) {
        let (status, pdu) = Reply::Refused(status).into_pdu(id, None);
        self.send(now, status.into(), sequence, pdu, out);
    }

    fn on_deliver(&mut self, now: Instant, key: SubmitKey, delivery: &Deliver, out: &mut Vec<ServerAction>) {
        let pdu = if self.capacity(now) > 0 { delivery.to_pdu() } else { None };
        let Some(pdu) = pdu else { return out.push(ServerAction::Delivered(key, DeliverOutcome::Later)) };
        let sequence = self.sequence();
        self.deliveries.push(now, now + self.config.response_timeout, sequence, key);
        self.send(now, CommandStatus::EsmeRok, sequence, pdu.into(), out);
    }

    fn on_deliver_resp(&mut self, now: Instant, sequence: u32, status: u32, out: &mut Vec<ServerAction>) {
        let Some(pending) = self.deliveries.take(sequence).filter(|pending| !pending.late) else { return };
        let outcome = match CommandStatus::from(status) {
            CommandStatus::EsmeRok => DeliverOutcome::Taken,
            CommandStatus::EsmeRxPAppn | CommandStatus::EsmeRxRAppn => DeliverOutcome::Refused(status),
            CommandStatus::EsmeRthrottled | CommandStatus::EsmeRmsgqful | CommandStatus::EsmeRxTAppn => {
                let mut jitter = crate::backoff::Jitter::new(sequence.into());
                self.deliveries.congested(now, &mut jitter);
                DeliverOutcome::Later
            }
            _ => DeliverOutcome::Later,
        };
        if outcome != DeliverOutcome::Later {
            self.deliveries.relieved();
        }
        out.push(ServerAction::Delivered(pending.key, outcome));
    }

    fn on_timeout(&mut self, now: Instant, out: &mut Vec<ServerAction>) {
        let is_over = self.until.is_some_and(|until| now >= until);
        match self.state {
            State::Unbound | State::Asked { .. } if is_over => self.end(EndReason::NotBound, out),
            State::Unbinding if is_over => self.end(EndReason::Closed, out),
            State::Bound { .. } => {
                while let Some(key) = self.deliveries.expire(now) {
                    out.push(ServerAction::Delivered(key, DeliverOutcome::Later));
                }
                match self.enquiry_until {
                    Some(until) if now >= until => self.end(EndReason::Silent, out),
                    None if now >= self.enquire_at() => {
                        let sequence = self.sequence();
                        self.send(now, CommandStatus::EsmeRok, sequence, Pdu::EnquireLink, out);
                        self.enquiry_until = Some(now + self.config.enquire_timeout);
                    }
                    Some(_) | None => {}
                }
            }
            State::Unbound | State::Asked { .. } | State::Unbinding | State::Ended => {}
        }
    }

    fn on_close(&mut self, now: Instant, out: &mut Vec<ServerAction>) {
        match self.state {
            State::Bound { .. } => {
                self.until.get_or_insert(now + self.config.response_timeout);
            }
            State::Unbound | State::Asked { .. } => self.end(EndReason::Closed, out),
            State::Unbinding | State::Ended => {}
        }
    }

    fn unbind_when_drained(&mut self, now: Instant, out: &mut Vec<ServerAction>) {
        let (State::Bound { .. }, Some(until)) = (self.state, self.until) else { return };
        if now < until && !(self.open.is_empty() && self.deliveries.in_flight() == 0) {
            return;
        }
        let sequence = self.sequence();
        self.send(now, CommandStatus::EsmeRok, sequence, Pdu::Unbind, out);
        self.state = State::Unbinding;
        self.until = Some(now + self.config.enquire_timeout);
    }

    /// Nothing follows. Open deliveries are made again on another occasion.
    fn end(&mut self, reason: EndReason, out: &mut Vec<ServerAction>) {
        let open = self.deliveries.drain().into_iter();
        out.extend(open.map(|key| ServerAction::Delivered(key, DeliverOutcome::Later)));
        self.open.clear();
        self.state = State::Ended;
        out.push(ServerAction::End(reason));
    }

    fn enquire_at(&self) -> Instant {
        self.last_in.min(self.last_out) + self.config.enquire_interval
    }

    /// 1 to 7FFFFFFF, then again (SMPP 3.4 §3.2).
    fn sequence(&mut self) -> u32 {
        let sequence = self.next_sequence;
        self.next_sequence = if sequence >= 0x7FFF_FFFF { 1 } else { sequence + 1 };
        sequence
    }

    fn send(
        &mut self,
        now: Instant,
        status: CommandStatus,
        sequence: u32,
        pdu: Pdu,
        out: &mut Vec<ServerAction>,
    ) {
        self.last_out = now;
        out.push(ServerAction::Send(Box::new(Command::new(status, sequence, pdu))));
    }
}
