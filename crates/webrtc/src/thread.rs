//! The thread: one socket for all browsers, one for each towards its media session, and the deadlines of their states.

use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TryRecvError};
use std::time::{Duration, Instant};

use flexio_sdp::WebAudio;
use mio::net::UdpSocket;
use mio::{Events, Interest, Poll, Token};
use str0m::Input;
use str0m::change::{SdpAnswer, SdpOffer};
use str0m::media::Direction;

use crate::RtcId;
use crate::session::{Over, Session, received};
use crate::text::TextReader;

/// Token of the waker, and of the socket of all browsers; sessions come after them.
pub(crate) const WAKE: Token = Token(0);
const OUTSIDE: Token = Token(1);
const FIRST: usize = 2;
/// Datagrams read from browsers before the rest gets its turn.
const MAX_READS: usize = 1_024;
/// Longest sleep.
const NAP: Duration = Duration::from_secs(1);

/// Where a description goes, or nothing where none was asked for, or what is wrong.
pub(crate) type Reply = SyncSender<Result<String, String>>;

/// What the thread is told.
pub(crate) enum Order {
    Add(Box<Session>),
    /// Theirs, to be answered.
    Reoffer {
        id: RtcId,
        offer: Box<SdpOffer>,
        audio: WebAudio,
        reply: Reply,
    },
    /// Ours, to be made.
    Offer {
        id: RtcId,
        direction: Direction,
        reply: Reply,
    },
    /// To ours.
    Answer {
        id: RtcId,
        answer: Box<SdpAnswer>,
        audio: WebAudio,
        reply: Reply,
    },
    /// Ours was refused: what was agreed on before.
    Refused {
        id: RtcId,
        direction: Direction,
    },
    /// What the browser types goes there.
    ReadText {
        id: RtcId,
        reader: TextReader,
    },
    /// To be shown to the browser.
    WriteText {
        id: RtcId,
        text: String,
    },
    Close(RtcId),
    Stop,
}

/// All that the thread owns.
pub(crate) struct Worker {
    poll: Poll,
    outside: UdpSocket,
    /// As browsers know it.
    address: SocketAddr,
    orders: Receiver<Order>,
    sessions: Vec<Option<Box<Session>>>,
    /// Which session an address belongs to. Only datagrams that a session accepted make an entry.
    addresses: HashMap<SocketAddr, usize>,
    open: Arc<AtomicUsize>,
    /// Sockets that were not read empty.
    unfinished: Vec<Token>,
}

impl Worker {
    pub fn new(
        poll: Poll,
        mut outside: UdpSocket,
        address: SocketAddr,
        orders: Receiver<Order>,
        open: Arc<AtomicUsize>,
    ) -> io::Result<Self> {
        poll.registry().register(&mut outside, OUTSIDE, Interest::READABLE)?;
        let (sessions, addresses, unfinished) = (vec![], HashMap::new(), vec![]);
        Ok(Self { poll, outside, address, orders, sessions, addresses, open, unfinished })
    }

    /// Runs until told to stop.
    pub fn run(mut self) {
        let mut ready = Events::with_capacity(1_024);
        loop {
            match self.poll.poll(&mut ready, Some(self.sleep())) {
                Ok(()) => {}
                Err(error) if error.kind() == io::ErrorKind::Interrupted => ready.clear(),
                Err(error) => {
                    tracing::error!(%error, "webrtc_thread_ended");
                    return;
                }
            }
            if !self.take_orders() {
                break;
            }
            for token in std::mem::take(&mut self.unfinished) {
                self.read(token);
            }
            for event in &ready {
                self.read(event.token());
            }
            self.tell_time();
        }
        for place in 0..self.sessions.len() {
            self.end(place);
        }
    }

    fn sleep(&self) -> Duration {
        if !self.unfinished.is_empty() {
            return Duration::ZERO;
        }
        let first = self.sessions.iter().flatten().map(|session| session.due).min();
        first.map_or(NAP, |due| due.saturating_duration_since(Instant::now()).min(NAP))
    }

    fn take_orders(&mut self) -> bool {
        loop {
            match self.orders.try_recv() {
                Ok(Order::Add(session)) => self.add(session),
                Ok(Order::Reoffer { id, offer, audio, reply }) => {
                    self.describe(id, &reply, |session| session.reoffer(*offer, &audio));
                }
                Ok(Order::Offer { id, direction, reply }) => {
                    self.describe(id, &reply, |session| session.offer(direction));
                }
                Ok(Order::Answer { id, answer, audio, reply }) => {
                    self.describe(id, &reply, |session| session.answered(*answer, &audio));
                }
                Ok(Order::Refused { id, direction }) => self.settle(id, |session| session.refused(direction)),
                Ok(Order::ReadText { id, reader }) => {
                    self.settle(id, |session| session.read_text(reader));
                }
                Ok(Order::WriteText { id, text }) => self.settle(id, |session| session.write_text(&text)),
                Ok(Order::Close(id)) => {
                    if let Some(place) = self.place_of(id) {
                        self.end(place);
                    }
                }
                Ok(Order::Stop) | Err(TryRecvError::Disconnected) => return false,
                Err(TryRecvError::Empty) => return true,
            }
        }
    }

    /// Does something with a session, and what follows from it.
    fn settle(&mut self, id: RtcId, act: impl FnOnce(&mut Session)) {
        if let Some(place) = self.place_of(id) {
            self.with(place, |session, outside| {
                act(session);
                session.settle(outside)
            });
        }
    }

    fn place_of(&self, id: RtcId) -> Option<usize> {
        self.sessions.iter().position(|session| session.as_ref().is_some_and(|session| session.id == id))
    }

    fn add(&mut self, mut session: Box<Session>) {
        let free = self.sessions.iter().position(Option::is_none);
        let place = free.unwrap_or(self.sessions.len());
        let token = Token(FIRST + place);
        if let Err(error) = self.poll.registry().register(&mut session.inside, token, Interest::READABLE) {
            // Only a lack of kernel memory does this; the call is one-way then.
            tracing::error!(%error, "webrtc_socket_not_watched");
        }
        if free.is_none() {
            self.sessions.push(None);
        }
        self.sessions[place] = Some(session);
        self.open.fetch_add(1, Ordering::Relaxed);
        self.with(place, Session::settle);
    }

    /// Changes what was agreed on with a session, and tells the one who asked, who may have given up.
    fn describe(
        &mut self,
        id: RtcId,
        reply: &Reply,
        act: impl FnOnce(&mut Session) -> Result<String, String>,
    ) {
        let mut result = Err("the session has ended".to_owned());
        if let Some(place) = self.place_of(id) {
            self.with(place, |session, outside| {
                result = act(session);
                session.settle(outside)
            });
        }
        let _ = reply.try_send(result);
    }

    /// Does something with a session, which ends when it fails or panics: others go on.
    fn with(&mut self, place: usize, act: impl FnOnce(&mut Session, &UdpSocket) -> Result<(), Over>) {
        let outside = &self.outside;
        let Some(session) = self.sessions.get_mut(place).and_then(Option::as_deref_mut) else { return };
        match catch_unwind(AssertUnwindSafe(|| act(session, outside))) {
            Ok(Ok(())) => {}
            Ok(Err(Over)) => self.end(place),
            Err(_) => {
                tracing::error!("webrtc_session_panicked");
                self.remove(place);
            }
        }
    }

    fn end(&mut self, place: usize) {
        if let Some(mut session) = self.remove(place) {
            // Its last words; a state that broke may break again.
            let _ = catch_unwind(AssertUnwindSafe(|| session.close(&self.outside)));
        }
    }

    fn remove(&mut self, place: usize) -> Option<Box<Session>> {
        let mut session = self.sessions.get_mut(place)?.take()?;
        self.addresses.retain(|_, owner| *owner != place);
        let _ = self.poll.registry().deregister(&mut session.inside);
        self.open.fetch_sub(1, Ordering::Relaxed);
        Some(session)
    }

    fn read(&mut self, token: Token) {
        match token {
            WAKE => {}
            OUTSIDE => self.read_outside(),
            Token(number) => {
                let (mut has_more, now) = (false, Instant::now());
                self.with(number - FIRST, |session, outside| {
                    has_more = session.forward(outside, now)?;
                    Ok(())
                });
                if has_more {
                    self.unfinished.push(token);
                }
            }
        }
    }

    fn read_outside(&mut self) {
        let mut bytes = [0; 2_000];
        for _ in 0..MAX_READS {
            let (length, source) = match self.outside.recv_from(&mut bytes) {
                Ok(received) => received,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return,
                // An ICMP error of something we sent.
                Err(_) => continue,
            };
            self.datagram(source, &bytes[..length]);
        }
        self.unfinished.push(OUTSIDE);
    }

    /// Finds whose datagram it is; a stranger's is dropped.
    fn datagram(&mut self, source: SocketAddr, bytes: &[u8]) {
        let Some(input) = received(Instant::now(), source, self.address, bytes) else { return };
        let accepts = |place: &usize| {
            let session = self.sessions.get(*place).and_then(Option::as_ref);
            session.is_some_and(|session| session.accepts(&input))
        };
        let known = self.addresses.get(&source).copied().filter(accepts);
        let Some(place) = known.or_else(|| (0..self.sessions.len()).find(accepts)) else { return };
        if known.is_none() {
            // One address for each session: where it came from last.
            let session = self.sessions[place].as_mut().expect("it accepts");
            if let Some(before) = session.heard_from.replace(source) {
                self.addresses.remove(&before);
            }
            self.addresses.insert(source, place);
        }
        self.with(place, |session, outside| session.input(outside, input));
    }

    fn tell_time(&mut self) {
        let now = Instant::now();
        for place in 0..self.sessions.len() {
            let is_due = self.sessions[place].as_ref().is_some_and(|session| session.due <= now);
            if is_due {
                self.with(place, |session, outside| session.input(outside, Input::Timeout(now)));
            }
        }
    }
}
