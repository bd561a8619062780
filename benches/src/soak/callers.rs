//! Callers that come and go: each has a place with a media socket of its own, calls, talks, hangs up and calls again.

use std::collections::{BTreeMap, HashMap};
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU16, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use flexio_sip::{
    Config, Destination, Endpoint, Event, Flow, InviteRequest, LegId, Local, NameAddr, Transport, Trust, Uri,
    limits,
};

use super::pacing::{PACKET, Pacing};

/// Media sockets are looked at so often: what is told of pacing is no finer.
const LOOK: Duration = Duration::from_micros(500);
/// Of reasons why calls failed.
const REASONS_TOLD: usize = 5;
/// How long the last calls may take to be over.
const LINGER: Duration = Duration::from_secs(2);

/// What to do.
#[derive(Debug, Clone)]
pub(crate) struct Load {
    /// Where to.
    pub target: SocketAddr,
    /// Number called.
    pub number: String,
    /// Calls at one time.
    pub calls: usize,
    /// How long each lasts.
    pub call: Duration,
    /// How long calls are made.
    pub length: Duration,
}

/// What came of it.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    /// Answered with 200.
    pub answered: u64,
    /// Refused, or ended by the other side: how often, by what was said.
    pub failed: BTreeMap<String, u64>,
    /// Talk, in whole seconds.
    pub call_seconds: u64,
    /// Of the packets that were received.
    pub pacing: Pacing,
    /// Of a thread that does nothing but wake up every 20 ms, on the same machine at the same time.
    pub idle: Pacing,
}

impl Outcome {
    /// Calls that failed, for whatever reason.
    pub(crate) fn failed(&self) -> u64 {
        self.failed.values().sum()
    }

    /// The most frequent reasons, in brackets; nothing where none failed.
    pub(crate) fn why(&self) -> String {
        let mut reasons: Vec<_> = self.failed.iter().collect();
        reasons.sort_by_key(|(_, often)| std::cmp::Reverse(**often));
        let told: Vec<String> =
            reasons.iter().take(REASONS_TOLD).map(|(why, often)| format!("{often} x {why}")).collect();
        if told.is_empty() { String::new() } else { format!(" ({})", told.join(", ")) }
    }
}

/// A place of a caller, shared by SIP and media.
struct Place {
    socket: UdpSocket,
    /// Where it sends its audio; 0 while it does not talk.
    port: AtomicU16,
}

/// A call of a place.
struct Talk {
    place: usize,
    since: Option<Instant>,
}

struct Callers<'a> {
    load: &'a Load,
    socket: UdpSocket,
    endpoint: Endpoint,
    local: SocketAddr,
    begun: Instant,
    places: Arc<[Place]>,
    /// When each place calls next; `None` while it does.
    next: Vec<Option<Duration>>,
    talks: HashMap<LegId, Talk>,
    offered: u64,
    outcome: Outcome,
}

/// Calls for as long as asked; `look` is called many times a second.
pub(crate) fn run(load: &Load, mut look: impl FnMut(Duration)) -> Result<Outcome> {
    let mut callers = Callers::new(load)?;
    let stop = Arc::new(AtomicBool::new(false));
    let media = talking(Arc::clone(&callers.places), Arc::clone(&stop))?;
    let idle = idle(Arc::clone(&stop))?;
    let mut buffer = vec![0; limits::MAX_DATAGRAM];
    while callers.begun.elapsed() < load.length {
        callers.turn(&mut buffer)?;
        look(callers.begun.elapsed());
    }
    for leg in callers.talks.keys().copied().collect::<Vec<_>>() {
        callers.hang_up(leg);
    }
    let until = Instant::now() + LINGER;
    callers.next.fill(None);
    while Instant::now() < until {
        callers.turn(&mut buffer)?;
    }
    stop.store(true, Ordering::Relaxed);
    let mut outcome = callers.outcome;
    let pacing = media.join().map_err(|_| anyhow::anyhow!("the media of the callers panicked"))?;
    outcome.pacing.add(&pacing);
    outcome.idle = idle.join().map_err(|_| anyhow::anyhow!("the idle thread panicked"))?;
    Ok(outcome)
}

impl<'a> Callers<'a> {
    fn new(load: &'a Load) -> Result<Self> {
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?;
        socket.set_read_timeout(Some(Duration::from_millis(1)))?;
        let local = socket.local_addr()?;
        let mut seed = [0; 32];
        getrandom::fill(&mut seed)?;
        let config = Config { locals: vec![Local::new(Transport::Udp, local)], ..Config::default() };
        let place = || -> Result<Place> {
            let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?;
            socket.set_nonblocking(true)?;
            Ok(Place { socket, port: AtomicU16::new(0) })
        };
        let places = (0..load.calls).map(|_| place()).collect::<Result<Vec<_>>>()?;
        // They begin one after another, so that they end so too.
        let gap = load.call / u32::try_from(load.calls.max(1))?;
        let next = (0..load.calls).map(|at| Some(gap * u32::try_from(at).unwrap_or(0))).collect();
        Ok(Self {
            load,
            socket,
            endpoint: Endpoint::new(config, seed),
            local,
            begun: Instant::now(),
            places: places.into(),
            next,
            talks: HashMap::new(),
            offered: 0,
            outcome: Outcome::default(),
        })
    }

    fn turn(&mut self, buffer: &mut [u8]) -> Result<()> {
        let now = self.begun.elapsed();
        for place in 0..self.places.len() {
            if self.next[place].is_some_and(|due| due <= now) {
                self.next[place] = None;
                self.call(place)?;
            }
        }
        let is_over = |talk: &Talk| talk.since.is_some_and(|since| since.elapsed() >= self.load.call);
        let over: Vec<LegId> =
            self.talks.iter().filter(|(_, talk)| is_over(talk)).map(|(leg, _)| *leg).collect();
        for leg in over {
            self.hang_up(leg);
        }
        if let Ok((length, remote)) = self.socket.recv_from(buffer) {
            let flow = Flow { transport: Transport::Udp, local: self.local, remote, connection: None };
            self.endpoint.receive_datagram(self.begun.elapsed(), flow, Trust::Trusted, &buffer[..length]);
        }
        self.endpoint.handle_timeout(self.begun.elapsed());
        while let Some(event) = self.endpoint.poll_event() {
            self.event(event)?;
        }
        self.send();
        Ok(())
    }

    fn call(&mut self, place: usize) -> Result<()> {
        let port = self.places[place].socket.local_addr()?.port();
        let uri: Uri = format!("sip:{}@{}", self.load.number, self.load.target).parse()?;
        let from = format!("sip:+32470{:06}@{}", self.offered % 1_000_000, self.local);
        let sdp = format!(
            "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio {port} RTP/AVP 8\r\na=rtpmap:8 PCMA/8000\r\n"
        );
        let to = Destination::udp(self.load.target);
        let request = InviteRequest::new(uri, NameAddr::new(from.parse()?), to, sdp.into_bytes());
        let leg = self.endpoint.invite(self.begun.elapsed(), request)?;
        self.talks.insert(leg, Talk { place, since: None });
        self.offered += 1;
        Ok(())
    }

    fn event(&mut self, event: Event) -> Result<()> {
        match event {
            Event::Answered { leg, response, .. } => {
                let sdp = response.sdp().context("an answer without a description")?;
                let port = audio_port(sdp).context("no port of audio in an answer")?;
                if let Some(talk) = self.talks.get_mut(&leg) {
                    talk.since = Some(Instant::now());
                    self.places[talk.place].port.store(port, Ordering::Relaxed);
                    self.outcome.answered += 1;
                }
            }
            Event::Failed { leg, status, reason, .. } => self.fail(leg, &format!("{status} {reason}")),
            Event::Ended { leg, cause } => self.fail(leg, &format!("{cause:?}")),
            _ => {}
        }
        Ok(())
    }

    /// Of calls that we end nothing is known here any more.
    fn fail(&mut self, leg: LegId, why: &str) {
        let Some(talk) = self.talks.remove(&leg) else { return };
        let when = talk.since.map_or_else(
            || "before the answer".to_owned(),
            |since| format!("{} s after the answer", since.elapsed().as_secs()),
        );
        *self.outcome.failed.entry(format!("{why}, {when}")).or_default() += 1;
        self.rest(&talk);
    }

    fn hang_up(&mut self, leg: LegId) {
        let Some(talk) = self.talks.remove(&leg) else { return };
        let _ = self.endpoint.bye(self.begun.elapsed(), leg, None);
        self.rest(&talk);
        self.send();
    }

    /// The place is silent, and calls again in a moment.
    fn rest(&mut self, talk: &Talk) {
        self.places[talk.place].port.store(0, Ordering::Relaxed);
        self.outcome.call_seconds += talk.since.map_or(0, |since| since.elapsed().as_secs());
        self.next[talk.place] = Some(self.begun.elapsed() + Duration::from_millis(200));
    }

    fn send(&mut self) {
        while let Some(transmit) = self.endpoint.poll_transmit() {
            // A lost datagram is the protocol's business.
            let _ = self.socket.send_to(&transmit.bytes, transmit.to.remote);
        }
    }
}

fn audio_port(sdp: &[u8]) -> Option<u16> {
    let text = std::str::from_utf8(sdp).ok()?;
    text.lines().find_map(|line| line.strip_prefix("m=audio ")?.split(' ').next()?.parse().ok())
}

/// The raw limit of pacing: what the machine itself makes of 20 ms.
fn idle(stop: Arc<AtomicBool>) -> Result<JoinHandle<Pacing>> {
    Ok(thread::Builder::new().name("idle".into()).spawn(move || {
        let mut pacing = Pacing::default();
        let (mut due, mut last) = (Instant::now(), Instant::now());
        while !stop.load(Ordering::Relaxed) {
            due = (due + PACKET).max(last);
            thread::sleep(due.saturating_duration_since(Instant::now()));
            let now = Instant::now();
            pacing.came(now - last);
            last = now;
        }
        pacing
    })?)
}

/// Sends a packet every 20 ms for each place that talks, and notes when packets come.
fn talking(places: Arc<[Place]>, stop: Arc<AtomicBool>) -> Result<JoinHandle<Pacing>> {
    Ok(thread::Builder::new().name("callers".into()).spawn(move || {
        let (mut pacing, mut last) = (Pacing::default(), vec![None; places.len()]);
        let begun = Instant::now();
        let mut frame = 0;
        while !stop.load(Ordering::Relaxed) {
            thread::sleep(LOOK);
            let due = u32::try_from(begun.elapsed().as_millis() / 20).unwrap_or(u32::MAX);
            if due > frame {
                frame = due;
                say(&places, frame);
            }
            for (place, last) in places.iter().zip(&mut last) {
                hear(place, last, &mut pacing);
            }
        }
        pacing
    })?)
}

fn say(places: &[Place], frame: u32) {
    let mut packet = [0x55_u8; 172];
    packet[..2].copy_from_slice(&[0x80, 8]);
    packet[2..4].copy_from_slice(&frame.to_be_bytes()[2..]);
    packet[4..8].copy_from_slice(&frame.wrapping_mul(160).to_be_bytes());
    // A loud wave for half of each second, so that there is somebody to be mixed and recorded.
    for (n, byte) in packet[12..].iter_mut().enumerate().filter(|_| frame % 50 < 25) {
        *byte = if n % 16 < 8 { 0xB5 } else { 0x35 };
    }
    for (number, place) in places.iter().enumerate() {
        let port = place.port.load(Ordering::Relaxed);
        if port != 0 {
            packet[8..12].copy_from_slice(&u32::try_from(number).unwrap_or(0).to_be_bytes());
            let _ = place.socket.send_to(&packet, (Ipv4Addr::LOCALHOST, port));
        }
    }
}

fn hear(place: &Place, last: &mut Option<(u16, Instant)>, pacing: &mut Pacing) {
    let mut buffer = [0; 2_048];
    while let Ok((length, from)) = place.socket.recv_from(&mut buffer) {
        // Reports of RTCP are no packets of audio.
        if length < 12 || buffer[1] & 0x7F != 8 {
            continue;
        }
        let now = Instant::now();
        if let Some((port, before)) = *last
            && port == from.port()
        {
            pacing.came(now - before);
        }
        *last = Some((from.port(), now));
    }
}
