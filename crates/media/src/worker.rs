//! A media thread: one loop over packets, orders and ticks.
//!
//! The thread wakes every 5 ms and then does, in this order: all orders, all packets that came, the sessions
//! whose turn it is. A session has one of four turns within its 20 ms, so that four times a second of work never
//! falls on one instant. Waking by the clock rather than by each packet lets one `epoll_wait` serve hundreds of
//! packets; the price is up to 5 ms of delay in a bridge. Without sessions the thread sleeps until an order.
//!
//! Late by up to 200 ms the thread catches up tick by tick; beyond that it leaves ticks out, and sessions are
//! told how many, so that RTP time and recordings stay right.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TryRecvError};
use std::time::{Duration, Instant};

use flexio_codec::FRAME_SAMPLES;
use mio::{Events, Interest, Poll, Token};

use crate::events::EventQueue;
use crate::mix::Mixes;
use crate::order::{MixOrder, Order, Passing, Relay, Relayed, ToThread};
use crate::outbound::BUFFER_BYTES;
use crate::player::Tones;
use crate::session::{Context, SessionState};
use crate::stats;
use crate::writer::{Job, Writers};
use crate::{Event, MixId, SessionId};

/// Turns within 20 ms: as many as `Worker::turns` has lists.
const TURNS: u64 = 4;
const TURN_MS: u64 = 5;
/// Turns that are caught up one by one.
const MAX_BEHIND: u64 = 40;
/// Packets read from one socket per turn: 12 800 a second. More stay in the kernel, where the excess is lost.
const MAX_READS: usize = 64;
/// Shares read when signalling comes: 1 024 packets.
const MAX_DRAINS: usize = 16;
/// Packets from other threads and orders taken per turn.
const MAX_TAKEN: usize = 4_096;
/// The token of the waker; sessions use twice their index, and the number after that for RTCP.
pub(crate) const WAKE: Token = Token(usize::MAX);

/// The way into a media thread.
#[derive(Debug, Clone)]
pub(crate) struct Door {
    pub orders: SyncSender<ToThread>,
    pub relays: SyncSender<Relayed>,
    /// The thread sleeps until woken.
    pub is_idle: Arc<AtomicBool>,
    pub waker: Arc<mio::Waker>,
}

impl Door {
    /// Wakes the thread if it sleeps without end; one that has sessions looks by itself within 5 ms.
    pub fn knock(&self) {
        if self.is_idle.load(Ordering::SeqCst) {
            // Failing means the counter of the eventfd is full, so the thread is being woken already.
            let _ = self.waker.wake();
        }
    }
}

/// All that a media thread owns.
pub(crate) struct Worker {
    pub poll: Poll,
    pub index: u8,
    pub orders: Receiver<ToThread>,
    pub relays: Receiver<Relayed>,
    pub doors: Arc<[Door]>,
    pub events: EventQueue,
    pub tones: Arc<Tones>,
    pub writers: Writers,
    pub sessions: Vec<Option<Box<SessionState>>>,
    /// Indexes of the sessions of each turn.
    pub turns: [Vec<u32>; 4],
    pub mixes: Mixes,
    pub report_every_ticks: u32,
    pub started: Instant,
    pub incoming: Box<[u8; 2_048]>,
    pub outgoing: Box<[u8; BUFFER_BYTES]>,
    /// Where what is heard is put together.
    pub samples: Box<[i16; FRAME_SAMPLES]>,
    /// Sockets that were not read empty.
    pub unfinished: Vec<Token>,
}

/// What a session needs to act, borrowed from the fields it does not live in.
macro_rules! context {
    ($worker:expr) => {{
        let elapsed = $worker.started.elapsed();
        Context {
            now_ms: millis(elapsed),
            now_samples: samples(elapsed),
            events: &mut $worker.events,
            buffer: &mut $worker.outgoing,
            tones: &$worker.tones,
            mixes: &mut $worker.mixes,
            samples: &mut $worker.samples,
            writers: &$worker.writers,
        }
    }};
}

fn millis(elapsed: Duration) -> u64 {
    u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX)
}

#[expect(clippy::cast_possible_truncation, reason = "an RTP clock wraps")]
fn samples(elapsed: Duration) -> u32 {
    (elapsed.as_micros() / 125) as u32
}

fn turn_of(elapsed: Duration) -> u64 {
    millis(elapsed) / TURN_MS
}

impl Worker {
    /// Runs until told to stop. An error is one of epoll itself.
    pub fn run(mut self) -> io::Result<()> {
        let mut ready = Events::with_capacity(1_024);
        let mut next_turn = 0;
        loop {
            let is_asleep = self.is_empty();
            let go_on = if is_asleep { self.sleep(&mut ready)? } else { true };
            if is_asleep {
                next_turn = turn_of(self.started.elapsed()) + 1;
            } else {
                self.wait_for(next_turn);
                self.poll(&mut ready, Some(Duration::ZERO))?;
            }
            // Orders before packets: signalling that was here first is to count first.
            if !go_on || self.take_orders().is_none() {
                return Ok(());
            }
            self.read_all(&ready);
            self.take_relays();
            self.events.flush();
            let now = turn_of(self.started.elapsed());
            if now.saturating_sub(next_turn) > MAX_BEHIND {
                tracing::warn!(turns = now - next_turn, "media_thread_late");
                next_turn = now - TURNS + 1;
            }
            while next_turn <= now {
                self.turn(next_turn);
                next_turn += 1;
            }
        }
    }

    fn is_empty(&self) -> bool {
        self.turns.iter().all(Vec::is_empty) && self.mixes.is_empty() && !self.events.is_waiting()
    }

    fn wait_for(&self, turn: u64) {
        let due = Duration::from_millis(turn * TURN_MS);
        std::thread::sleep(due.saturating_sub(self.started.elapsed()));
    }

    /// Sleeps until an order comes; `false` = stop. The flag is raised before the last look at the queue: an
    /// order sent after that look finds the flag and wakes us.
    fn sleep(&mut self, ready: &mut Events) -> io::Result<bool> {
        let is_idle = Arc::clone(&self.doors[usize::from(self.index)].is_idle);
        is_idle.store(true, Ordering::SeqCst);
        ready.clear();
        let taken = self.take_orders();
        if taken == Some(0) {
            self.poll(ready, Some(Duration::from_secs(1)))?;
        }
        is_idle.store(false, Ordering::SeqCst);
        Ok(taken.is_some())
    }

    fn poll(&mut self, ready: &mut Events, timeout: Option<Duration>) -> io::Result<()> {
        match self.poll.poll(ready, timeout) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {
                ready.clear();
                Ok(())
            }
            result => result,
        }
    }

    // --- packets -----------------------------------------------------------------------------------

    fn read_all(&mut self, ready: &Events) {
        for _ in 0..self.unfinished.len() {
            // Those that are again not read empty go to the end of the list.
            let token = self.unfinished.swap_remove(0);
            self.read(token);
        }
        for event in ready {
            if event.token() != WAKE {
                self.read(event.token());
            }
        }
    }

    /// Reads a socket until it is empty, or for its share.
    fn read(&mut self, token: Token) {
        let (index, is_rtcp) = (token.0 / 2, token.0 % 2 == 1);
        for _ in 0..MAX_READS {
            let Some(session) = self.sessions.get_mut(index).and_then(Option::as_mut) else { return };
            let socket = if is_rtcp { &session.rtcp } else { &session.rtp };
            let (length, from) = match socket.recv_from(&mut self.incoming[..]) {
                Ok(received) => received,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return,
                // An ICMP error of something we sent: the next read gives the next packet.
                Err(_) => continue,
            };
            let datagram = &mut self.incoming[..length];
            let mut cx = context!(self);
            if is_rtcp {
                session.report(&mut cx, from, datagram);
                continue;
            }
            let Some((to, passing, payload)) = session.datagram(&mut cx, from, datagram) else { continue };
            let from = session.id;
            if to.thread() != self.index {
                forward(&self.doors, to, from, passing, payload);
            } else if let Some(peer) = find(&mut self.sessions, to) {
                peer.relay(&mut cx, from, &passing, payload);
            }
        }
        if self.unfinished.len() < self.unfinished.capacity() {
            self.unfinished.push(token);
        }
    }

    fn take_relays(&mut self) {
        for _ in 0..MAX_TAKEN {
            let Ok(relayed) = self.relays.try_recv() else { return };
            let mut cx = context!(self);
            let Some(session) = find(&mut self.sessions, relayed.to) else { continue };
            match relayed.what {
                Relay::Packet { packet, length, payload } => {
                    session.relay(&mut cx, relayed.from, &packet, &payload[..usize::from(length)]);
                }
                Relay::Whisper { frame, samples } => session.whisper(frame, &samples),
            }
        }
    }

    // --- orders ------------------------------------------------------------------------------------

    /// Obeys what waits; tells how many, or `None` to stop.
    fn take_orders(&mut self) -> Option<usize> {
        for taken in 0..MAX_TAKEN {
            match self.orders.try_recv() {
                Ok(ToThread::Open(session)) => self.open(session),
                Ok(ToThread::Order(id, order)) => self.obey(id, order),
                Ok(ToThread::OpenMix(part)) => self.mixes.open(part, turn_of(self.started.elapsed()) / TURNS),
                Ok(ToThread::Mix(id, order)) => self.obey_mix(id, order),
                Ok(ToThread::Stop) | Err(TryRecvError::Disconnected) => {
                    self.close_all();
                    return None;
                }
                Err(TryRecvError::Empty) => return Some(taken),
            }
        }
        Some(MAX_TAKEN)
    }

    fn open(&mut self, mut session: Box<SessionState>) {
        let index = session.id.index();
        let token = index as usize * 2;
        let registry = self.poll.registry();
        let registered = registry
            .register(&mut session.rtp, Token(token), Interest::READABLE)
            .and_then(|()| registry.register(&mut session.rtcp, Token(token + 1), Interest::READABLE));
        if let Err(error) = registered {
            // Only a lack of kernel memory does this; the session lives and hears nothing.
            tracing::error!(%error, "media_socket_not_watched");
        }
        let now = self.started.elapsed();
        session.opened_ms = millis(now);
        session.report_in_ticks = self.report_every_ticks;
        let turn = (0..self.turns.len()).min_by_key(|turn| self.turns[*turn].len()).unwrap_or(0);
        // As if its last turn had just been: the first comes within 20 ms.
        let current = turn_of(now);
        session.last_turn = current.saturating_sub((current + TURNS - turn as u64) % TURNS);
        self.turns[turn].push(index);
        self.sessions[index as usize] = Some(session);
    }

    fn obey(&mut self, id: SessionId, order: Order) {
        match order {
            Order::Close => return self.close(id),
            Order::Bridge { .. } | Order::Unbridge | Order::JoinMix { .. } => self.unbridge(id),
            // What came before the signalling must not be learnt from: it is read under the old rules.
            Order::SetRemote(_) => self.drain(id),
            _ => {}
        }
        let mut cx = context!(self);
        if let Some(session) = find(&mut self.sessions, id) {
            session.obey(&mut cx, order);
        }
    }

    fn obey_mix(&mut self, id: MixId, order: MixOrder) {
        if !matches!(order, MixOrder::Close) {
            if let Some(part) = self.mixes.find(id) {
                part.obey(order, &mut self.events);
            }
            return;
        }
        let Some(part) = self.mixes.close(id, &mut self.events) else { return };
        // The writers have too much to do: rather a few microseconds here than memory never freed.
        drop(self.writers.give(Job::BuryMix(part)));
    }

    /// Reads what waits at a session's RTP socket, up to all that a socket buffer holds in small packets.
    fn drain(&mut self, id: SessionId) {
        let token = Token(id.index() as usize * 2);
        for _ in 0..MAX_DRAINS {
            self.read(token);
            let Some(at) = self.unfinished.iter().position(|unfinished| *unfinished == token) else { return };
            self.unfinished.swap_remove(at);
        }
        self.unfinished.push(token);
    }

    /// Tells the present peer of a session that the bridge is over. When the peer's thread cannot take it, the
    /// peer finds out by itself: packets of others are refused, and its silence is filled.
    fn unbridge(&mut self, id: SessionId) {
        let Some(peer) = find(&mut self.sessions, id).and_then(|session| session.bridge.take()) else {
            return;
        };
        let order = Order::Unbridged { by: id };
        if peer.peer.thread() == self.index {
            self.obey(peer.peer, order);
        } else if let Some(door) = self.doors.get(usize::from(peer.peer.thread())) {
            let _ = door.orders.try_send(ToThread::Order(peer.peer, order));
        }
    }

    fn close(&mut self, id: SessionId) {
        if find(&mut self.sessions, id).is_none() {
            return;
        }
        self.unbridge(id);
        let Some(mut session) = self.sessions[id.index() as usize].take() else { return };
        for turn in &mut self.turns {
            turn.retain(|index| *index != id.index());
        }
        let mut cx = context!(self);
        session.wind_up(&mut cx);
        session.send_report(&mut cx, true);
        let stats = stats::of(&session, cx.now_ms);
        self.events.tell(Event::Closed { token: session.token, stats });
        let _ = self.poll.registry().deregister(&mut session.rtp);
        let _ = self.poll.registry().deregister(&mut session.rtcp);
        if let Err(Job::Bury(session)) = self.writers.give(Job::Bury(session)) {
            // The writers have too much to do: rather a few microseconds here than a session never freed.
            self.writers.bury(session);
        }
    }

    fn close_all(&mut self) {
        let ids: Vec<SessionId> = self.sessions.iter().flatten().map(|session| session.id).collect();
        for id in ids {
            self.close(id);
        }
        self.mixes.close_all(&mut self.events);
        self.events.flush();
    }

    // --- time --------------------------------------------------------------------------------------

    fn turn(&mut self, number: u64) {
        let turn = usize::try_from(number % TURNS).expect("below 4");
        let frame = number / TURNS;
        if frame != self.mixes.frame() {
            self.mixes.begin(frame, &mut self.events);
        }
        for at in 0..self.turns[turn].len() {
            let index = self.turns[turn][at] as usize;
            let Some(session) = &mut self.sessions[index] else { continue };
            let missed = (number.saturating_sub(session.last_turn) / TURNS).saturating_sub(1);
            session.last_turn = number;
            let mut cx = context!(self);
            let whisper = session.tick(&mut cx, missed);
            if let Some(spent) = session.taps.spent.take()
                && let Err(Job::DropTap(spent)) = self.writers.give(Job::DropTap(spent))
            {
                session.taps.spent = Some(spent);
            }
            let from = session.id;
            session.report_in_ticks = session.report_in_ticks.saturating_sub(1);
            if session.report_in_ticks == 0 {
                session.report_in_ticks = self.report_every_ticks;
                session.send_report(&mut cx, false);
                session.raise_alarms(&mut cx);
            }
            if let Some((to, samples)) = whisper {
                self.whisper(to, from, frame, &samples);
            }
        }
    }

    /// Hands samples to one session: to be heard in the next frame, on another thread in the one after.
    fn whisper(&mut self, to: SessionId, from: SessionId, frame: u64, samples: &[i16; FRAME_SAMPLES]) {
        if to.thread() != self.index {
            hand_over(
                &self.doors,
                Relayed { to, from, what: Relay::Whisper { frame: frame + 2, samples: *samples } },
            );
        } else if let Some(session) = find(&mut self.sessions, to) {
            session.whisper(frame + 1, samples);
        }
    }
}

fn find(sessions: &mut [Option<Box<SessionState>>], id: SessionId) -> Option<&mut SessionState> {
    sessions.get_mut(id.index() as usize)?.as_deref_mut().filter(|session| session.id == id)
}

/// Hands a packet to another thread. When its queue is full the packet is lost, as on any network.
fn forward(doors: &[Door], to: SessionId, from: SessionId, packet: Passing, payload: &[u8]) {
    let mut whole = [0; 480];
    let Some(bytes) = whole.get_mut(..payload.len()) else { return };
    bytes.copy_from_slice(payload);
    let length = u16::try_from(payload.len()).expect("at most 480");
    hand_over(doors, Relayed { to, from, what: Relay::Packet { packet, length, payload: whole } });
}

fn hand_over(doors: &[Door], relayed: Relayed) {
    if let Some(door) = doors.get(usize::from(relayed.to.thread())) {
        let _ = door.relays.try_send(relayed);
    }
}
