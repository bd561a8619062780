//! The facade: messages and time in, messages and events out.

mod client;
mod dialog;
mod in_dialog;
mod ladder;
mod large;
mod leg;
mod pager;
mod ping;
mod receive;
mod refer;
mod refresh;
mod registrar;
mod registration;
mod reliable;
mod server;
mod session;
mod subscription;
mod tables;
mod uac;
mod uas;

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use crate::config::Config;
use crate::digest::Nonces;
use crate::event::{EndCause, Event, LegId, Tried};
use crate::flow::{ConnectionId, Flow, Transmit, TransmitId, Transport, Trust};
use crate::guard::{Shedder, SourceLimiter};
use crate::header::Name;
use crate::lockout::Lockout;
use crate::message::{Frame, Message, Rejection, StreamFramer, raw_name_addr};
use crate::method::Method;
use crate::random::Random;
use crate::request::{OpError, Shed};
use crate::slab::{Key, Slab};
use crate::timers::Timers;

use client::{ClientTx, Purpose};
use dialog::LocalText;
use leg::{Leg, State};
use ping::Ping;
use registration::Registration;
use server::ServerTx;
use subscription::Subscription;
use tables::{Keys, Table, TxKey};

/// Methods this endpoint serves, as in Allow.
const ALLOW: &str =
    "Allow: INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, MESSAGE, UPDATE, PRACK, REFER, SUBSCRIBE, NOTIFY\r\n";
/// Extensions it understands; an INVITE without offer leaves the first out, for a PRACK could not carry the answer.
const SUPPORTED: &str = "Supported: 100rel, timer, replaces, norefersub\r\n";
const SUPPORTED_LATE_OFFER: &str = "Supported: timer, replaces, norefersub\r\n";

/// What a deadline is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Task {
    Client(Key),
    Server(Key),
    /// The ring timeout of an outbound leg.
    Ring(Key),
    /// A re-INVITE that met another goes again.
    Glare(Key),
    /// The end of a REFER that nobody told the end of.
    Refer(Key),
    /// The session timer of a leg.
    Session(Key),
    /// The next REGISTER of a registration.
    Register(Key),
    /// The end of a subscription.
    Subscription(Key),
    /// The end of the ladder of a leg that is over.
    Ladder(Key),
}

/// Where a message came from, and how much it was.
#[derive(Debug, Clone, Copy)]
struct Source {
    flow: Flow,
    trust: Trust,
    size: usize,
}

impl Source {
    /// Most bytes an answer without state may have.
    fn budget(&self) -> usize {
        let is_bound = self.trust != Trust::Trusted && self.flow.transport == Transport::Udp;
        if is_bound { self.size + self.size / 2 } else { usize::MAX }
    }
}

/// A stream and the requests sent on it.
#[derive(Debug, Default)]
struct Connection {
    framer: StreamFramer,
    sent: Vec<Key>,
    /// Length of `sent` at which finished ones are next looked for.
    sweep_at: usize,
}

/// Sizes of the tables, for gauges and tests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Stats {
    /// Legs, those included that only wait for the wire.
    pub legs: usize,
    /// Client transactions.
    pub clients: usize,
    /// Server transactions.
    pub servers: usize,
    /// Stream connections seen.
    pub connections: usize,
    /// OPTIONS without answer.
    pub pings: usize,
    /// Watchers of dialogs.
    pub subscriptions: usize,
    /// Deadlines set, those included that will mean nothing when they come.
    pub timers: usize,
    /// Datagrams and requests dropped by the source limiter, since the start.
    pub silenced: u64,
    /// INVITEs refused by shedding, since the start.
    pub shed: u64,
}

/// A SIP user agent for many legs, without sockets, clock or threads.
///
/// Give it what arrives ([`receive_datagram`](Self::receive_datagram), [`receive_stream`](Self::receive_stream)) and the
/// time ([`handle_timeout`](Self::handle_timeout)); after each call, and after each operation, take out all of
/// [`poll_transmit`](Self::poll_transmit) and [`poll_event`](Self::poll_event), and wake it at
/// [`poll_timeout`](Self::poll_timeout). `now` is the time since an instant the shell picks; a `now` earlier than one
/// already given counts as that one.
#[derive(Debug)]
pub struct Endpoint {
    config: Config,
    locals: Vec<LocalText>,
    /// `User-Agent: …` and `Server: …` lines.
    agent_line: Vec<u8>,
    server_line: Vec<u8>,
    random: Random,
    now: Duration,
    keys: Keys,
    legs: Slab<Leg>,
    /// Legs by our tag.
    tags: Table<u64, Key>,
    clients: Slab<ClientTx>,
    /// Client transactions by the number in our branch.
    branches: Table<u64, Key>,
    servers: Slab<ServerTx>,
    server_keys: Table<TxKey, Key>,
    merged: Table<TxKey, Key>,
    pings: Slab<Ping>,
    /// Texts sent since the start; the last one's name.
    pages_sent: u64,
    registrations: Slab<Registration>,
    subscriptions: Slab<Subscription>,
    /// Subscriptions by our tag.
    watchers: Table<u64, Key>,
    connections: HashMap<ConnectionId, Connection>,
    timers: Timers<Task>,
    transmits: VecDeque<Transmit>,
    events: VecDeque<Event>,
    tried: VecDeque<Tried>,
    limiter: SourceLimiter,
    shedder: Shedder,
    ladders: ladder::Ladders,
    without_tcp: large::WithoutTcp,
    lockout: Lockout,
    nonces: Option<Nonces>,
    scratch: Vec<u8>,
    /// What stands for a request that is no longer needed.
    nothing: Arc<[u8]>,
    silenced: u64,
    shed_count: u64,
}

/// The To tag of a message.
fn to_tag(message: &Message) -> Option<&[u8]> {
    raw_name_addr(message.get(Name::To)?)?.tag()
}

/// The From tag of a message.
fn from_tag(message: &Message) -> Option<&[u8]> {
    raw_name_addr(message.get(Name::From)?)?.tag()
}

impl Endpoint {
    /// An endpoint; `seed` is 32 bytes of entropy, or a test's choice.
    pub fn new(config: Config, seed: [u8; 32]) -> Endpoint {
        let mut random = Random::new(seed);
        let (t1, t2) = (config.t1, config.t2);
        // The durations nearly all timers have: each gets a queue of its own.
        let minute = Duration::from_secs(60);
        let mut lanes =
            vec![config.patience(), t1, t1 * 2, t1 * 4, t1 * 8, config.t4, t2, config.try_next_after, minute];
        lanes.sort_unstable();
        lanes.dedup();
        let agent: String = config.user_agent.chars().filter(|c| !c.is_control()).collect();
        let line = |name| if agent.is_empty() { String::new() } else { format!("{name}: {agent}\r\n") };
        Endpoint {
            locals: config.locals.iter().map(LocalText::new).collect(),
            agent_line: line("User-Agent").into_bytes(),
            server_line: line("Server").into_bytes(),
            nonces: config.auth.as_ref().map(|auth| Nonces::new(&mut random, auth.nonce_lifetime)),
            random,
            now: Duration::ZERO,
            keys: Keys::new(),
            legs: Slab::default(),
            tags: Table::default(),
            clients: Slab::default(),
            branches: Table::default(),
            servers: Slab::default(),
            server_keys: Table::default(),
            merged: Table::default(),
            pings: Slab::default(),
            pages_sent: 0,
            registrations: Slab::default(),
            subscriptions: Slab::default(),
            watchers: Table::default(),
            connections: HashMap::new(),
            timers: Timers::new(&lanes),
            transmits: VecDeque::new(),
            events: VecDeque::new(),
            tried: VecDeque::new(),
            limiter: SourceLimiter::default(),
            shedder: Shedder::default(),
            ladders: ladder::Ladders::default(),
            without_tcp: large::WithoutTcp::default(),
            lockout: Lockout::default(),
            scratch: Vec::with_capacity(2_048),
            nothing: Arc::from([]),
            silenced: 0,
            shed_count: 0,
            config,
        }
    }

    /// Takes one UDP datagram, or one message of a WebSocket, whose `flow` names its connection.
    pub fn receive_datagram(&mut self, now: Duration, flow: Flow, trust: Trust, bytes: &[u8]) {
        self.tick(now);
        // Keep-alives of phones: nothing, line breaks, a few odd bytes. No SIP message is that short.
        if bytes.len() < 16 || bytes.iter().all(|b| matches!(b, b'\r' | b'\n' | 0 | b' ')) {
            return;
        }
        if let Some(connection) = flow.connection {
            // Requests sent on it fail over when it is closed.
            self.connections.entry(connection).or_default();
        }
        let source = Source { flow, trust, size: bytes.len() };
        match Message::parse(bytes) {
            Ok(message) => self.receive(source, message),
            Err(rejection) => self.refuse_malformed(source, &rejection),
        }
    }

    /// Takes bytes read from a stream; `flow.connection` names it and must be there (else nothing happens).
    ///
    /// When framing is lost a [`Transmit`] with `close` comes out.
    pub fn receive_stream(&mut self, now: Duration, flow: Flow, trust: Trust, bytes: &[u8]) {
        self.tick(now);
        let Some(id) = flow.connection else { return };
        self.connections.entry(id).or_default().framer.push(bytes);
        let source = Source { flow, trust, size: bytes.len() };
        while let Some(frame) = self.connections.get_mut(&id).and_then(|c| c.framer.next_frame()) {
            match frame {
                Frame::Message(message) => self.receive(source, message),
                Frame::Malformed(rejection) => self.refuse_malformed(source, &rejection),
                Frame::Lost(rejection) => {
                    self.refuse_malformed(source, &rejection);
                    self.send(flow.into(), Arc::from([]), None);
                    if let Some(last) = self.transmits.back_mut() {
                        last.close = true;
                    }
                }
                Frame::KeepAlive => self.send(flow.into(), Arc::from(*b"\r\n"), None),
            }
        }
    }

    /// True if part of a message waits for the rest on this connection: the shell closes such after 30 s.
    pub fn is_half_read(&self, connection: ConnectionId) -> bool {
        self.connections.get(&connection).is_some_and(|c| !c.framer.is_idle())
    }

    /// The connection is gone: requests on it that have no answer fail over.
    pub fn connection_closed(&mut self, now: Duration, connection: ConnectionId) {
        self.tick(now);
        let Some(gone) = self.connections.remove(&connection) else { return };
        for key in gone.sent {
            self.transmit_failed(now, TransmitId(key));
        }
    }

    /// A request could not be sent, or its connection not be opened.
    pub fn transmit_failed(&mut self, now: Duration, id: TransmitId) {
        self.tick(now);
        let unanswered =
            |tx: &ClientTx| matches!(tx.state, client::State::Calling | client::State::Proceeding);
        if self.clients.get(id.0).is_some_and(unanswered) && !self.fall_back(id.0) {
            self.client_failed(id.0, 503);
        }
    }

    /// Does what is due.
    pub fn handle_timeout(&mut self, now: Duration) {
        self.tick(now);
        while let Some(task) = self.timers.pop(self.now) {
            match task {
                Task::Client(key) => self.client_timeout(key),
                Task::Server(key) => self.server_timeout(key),
                Task::Ring(leg) => self.ring_timeout(leg),
                Task::Glare(leg) => self.reinvite_again(leg),
                Task::Refer(leg) => self.refer_timeout(leg),
                Task::Session(leg) => self.session_timeout(leg),
                Task::Register(registration) => self.register_again(registration),
                Task::Subscription(subscription) => self.subscription_timeout(subscription),
                Task::Ladder(leg) => self.finish_ladder(leg),
            }
        }
    }

    /// When to call [`handle_timeout`](Self::handle_timeout) next, if nothing else happens before.
    pub fn poll_timeout(&self) -> Option<Duration> {
        self.timers.next()
    }

    /// The next bytes to send.
    pub fn poll_transmit(&mut self) -> Option<Transmit> {
        self.transmits.pop_front()
    }

    /// The next event.
    pub fn poll_event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    /// How much new work to refuse from now on.
    pub fn set_shed(&mut self, shed: Shed) {
        self.shedder.level = shed;
    }

    /// Sizes of the tables.
    pub fn stats(&self) -> Stats {
        Stats {
            legs: self.legs.len(),
            clients: self.clients.len(),
            servers: self.servers.len(),
            connections: self.connections.len(),
            pings: self.pings.len(),
            subscriptions: self.subscriptions.len(),
            timers: self.timers.len(),
            silenced: self.silenced,
            shed: self.shed_count,
        }
    }

    fn tick(&mut self, now: Duration) {
        self.now = self.now.max(now);
    }

    /// The leg, unless it has ended for the application.
    fn live(&mut self, leg: LegId) -> Result<&mut Leg, OpError> {
        self.legs.get_mut(leg.0).filter(|leg| !leg.is_over()).ok_or(OpError::UnknownLeg)
    }

    /// Ends the leg for the application: the only place `Ended` is made, and only once, for a leg is over after it.
    fn end_leg(&mut self, key: Key, cause: EndCause) {
        let Some(leg) = self.legs.get_mut(key) else { return };
        if leg.is_over() {
            return;
        }
        leg.state = State::Over;
        self.refuse_refer(key, 487);
        self.ladder_ends(key, &cause);
        self.events.push_back(Event::Ended { leg: LegId(key), cause });
        self.free_leg(key);
    }

    /// Frees an ended leg once nothing on the wire needs it.
    fn free_leg(&mut self, key: Key) {
        let idle = |leg: &Leg| leg.is_over() && leg.pending == 0 && leg.unacked.is_none();
        if self.legs.get(key).is_some_and(idle)
            && let Some(leg) = self.legs.remove(key)
        {
            self.tags.remove(&leg.dialog.local_tag);
            self.ladder_leg_freed(key);
        }
    }

    /// A request of this leg got its final answer.
    fn settle(&mut self, key: Key) {
        if let Some(leg) = self.legs.get_mut(key) {
            leg.pending = leg.pending.saturating_sub(1);
            self.free_leg(key);
        }
    }

    /// Tells whoever sent a request other than the INVITE refusals of [`Endpoint::invite_refused`] how it ended.
    fn outcome(&mut self, tx: &ClientTx, status: u16, response: Option<Message>) {
        match tx.purpose {
            Purpose::Invite(leg) => {
                self.note_tried(tx.to, None);
                self.invite_failed(leg, status, response);
            }
            Purpose::Reinvite(leg) => self.reinvite_failed(leg, status, response.as_ref()),
            Purpose::Update(leg) => self.update_answered(tx, leg, status, response),
            Purpose::Refresh(leg) => self.refresh_answered(tx, leg, status, response.as_ref()),
            Purpose::Register(key) => self.register_answered(tx, key, status, response.as_ref()),
            Purpose::Prack(leg) => self.prack_answered(tx, leg, status, response.as_ref()),
            Purpose::Bye(leg) => self.bye_answered(tx, leg, status, response.as_ref()),
            Purpose::Info(leg) => self.info_answered(tx, leg, status, response.as_ref()),
            Purpose::Refer(leg) => self.refer_answered(tx, leg, status, response.as_ref()),
            Purpose::Notify(leg) => self.notify_answered(tx, leg, status, response.as_ref()),
            Purpose::Watch(subscription) => self.watch_answered(subscription, status),
            Purpose::Ping(ping) => self.ping_answered(tx, ping, status, response.as_ref()),
            Purpose::Page(id) => self.page_answered(id, status, response.is_some()),
            Purpose::Nobody | Purpose::Abandoned => {}
        }
    }

    /// Sends a request in a dialog; its outcome comes to `purpose`. False if no socket has the transport.
    fn send_in_dialog(
        &mut self,
        key: Key,
        purpose: fn(Key) -> Purpose,
        method: &Method,
        lines: &[u8],
        body: Option<(&str, &[u8])>,
    ) -> bool {
        let branch = self.random.next_u64();
        let Some(leg) = self.legs.get_mut(key) else { return false };
        let to = leg.dialog.hop;
        let Some(local) = dialog::local_for(&self.locals, &to) else { return false };
        leg.dialog.local_cseq += 1;
        leg.pending += 1;
        let out = &mut self.scratch;
        out.clear();
        leg.dialog.write_request(out, local, method.as_str(), leg.dialog.local_cseq, branch);
        if let Some(auth) = &mut leg.auth {
            auth.fresh();
            auth.lines(&mut self.random, method.as_str(), leg.dialog.target.as_str(), out);
        }
        if matches!(method, Method::Invite | Method::Update) {
            out.extend_from_slice(ALLOW.as_bytes());
            out.extend_from_slice(SUPPORTED.as_bytes());
            Self::timer_lines(leg, out);
        }
        out.extend_from_slice(lines);
        out.extend_from_slice(&self.agent_line);
        if let Some((content_type, _)) = body {
            dialog::write_line(out, b"Content-Type: ", content_type.as_bytes());
        }
        crate::message::write_body(out, body.map_or(b"", |b| b.1));
        let bytes = out.as_slice().into();
        self.start_client(purpose(key), branch, false, bytes, to);
        true
    }

    /// Sends a challenged request again with credentials. False if there are none that could help.
    fn answer_challenge(&mut self, tx: &ClientTx, leg: Key, response: &Message) -> bool {
        let branch = self.random.next_u64();
        let Some(l) = self.legs.get_mut(leg) else { return false };
        let Some(auth) = &mut l.auth else { return false };
        if !auth.take(response) {
            return false;
        }
        let (method, uri) = start_line(&tx.request);
        let mut lines = Vec::new();
        auth.lines(&mut self.random, method, uri, &mut lines);
        l.dialog.local_cseq += 1;
        let bytes = client::reissue(&tx.request, branch, l.dialog.local_cseq, &lines);
        let key = self.start_client(tx.purpose, branch, false, bytes, tx.to);
        if let Some(Leg { state: State::Calling(attempt), .. }) = self.legs.get_mut(leg)
            && matches!(tx.purpose, Purpose::Invite(_))
        {
            attempt.tx = key;
            attempt.early.clear();
            attempt.ringing.clear();
        }
        true
    }

    /// Answers a request of ours that nobody can route with the refusal it deserves.
    fn refuse_malformed(&mut self, source: Source, rejection: &Rejection) {
        let Some(partial) = &rejection.partial else { return };
        let answers = partial.method().is_some_and(|m| *m != Method::Ack) && partial.get(Name::Via).is_some();
        if answers && self.may_answer(source) {
            let status = match partial.method() {
                // A method not known here is the graver fault (RFC 4475 §3.1.2.18).
                Some(Method::Other(_)) if rejection.error.status() == 400 => 501,
                _ => rejection.error.status(),
            };
            self.respond_stateless(partial, source, status, b"");
        }
    }

    /// Counts one request of a source nobody vouches for; false when it has had its share.
    fn may_answer(&mut self, source: Source) -> bool {
        let is_allowed = source.trust == Trust::Trusted
            || self.limiter.allow(self.now, source.flow.remote.ip(), self.config.unknown_rate);
        self.silenced += u64::from(!is_allowed);
        is_allowed
    }
}

/// Method and Request-URI of a request this endpoint printed.
fn start_line(request: &[u8]) -> (&str, &str) {
    let line = request.split(|&b| b == b'\r').next().unwrap_or_default();
    let mut words = std::str::from_utf8(line).unwrap_or_default().split(' ');
    (words.next().unwrap_or_default(), words.next().unwrap_or_default())
}
