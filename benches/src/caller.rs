//! Callers: INVITE, ACK and BYE at a steady rate from one socket, and how long each answer took.

use std::collections::HashMap;
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::time::{Duration, Instant};

use anyhow::Result;
use flexio_sip::{
    Config, Destination, Endpoint, Event, Flow, InviteRequest, LegId, Local, NameAddr, Transport, Trust, Uri,
    limits,
};

use crate::table::{float, per_second, percentile};

/// Calls may be late by this much before they count as failed: the answer to an INVITE sent again three times.
const PATIENCE: Duration = Duration::from_secs(4);
/// How long the last BYE may take to be answered.
const LINGER: Duration = Duration::from_millis(700);
/// Calls begun before the answers get their turn.
const BATCH: usize = 32;

/// What to do.
#[derive(Debug, Clone)]
pub(crate) struct Load {
    /// Where to.
    pub target: SocketAddr,
    /// Number called.
    pub number: String,
    /// Calls per second.
    pub rate: u64,
    /// Seconds.
    pub seconds: u64,
}

/// What came of it.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    /// INVITEs begun.
    pub offered: u64,
    /// Answered with 200, acknowledged, and hung up by us.
    pub answered: u64,
    /// Answered with 503.
    pub refused: u64,
    /// The rest: other answers, or none at all.
    pub failed: u64,
    /// INVITE to 200 of each answered call, sorted.
    pub setup: Vec<Duration>,
    /// Until the last INVITE went out.
    pub elapsed: Duration,
}

impl Outcome {
    /// Less than one in a thousand went wrong, none waited for a retransmission, and the calls came at the rate asked for.
    pub(crate) fn is_sustained(&self, rate: u64) -> bool {
        let lost = self.failed + self.refused;
        let on_time = percentile(&self.setup, 990) < Duration::from_millis(500);
        self.answered > 0 && lost * 1_000 < self.offered && on_time && self.rate() > 0.98 * float(rate)
    }

    /// Answered calls per second.
    pub(crate) fn rate(&self) -> f64 {
        per_second(self.answered, self.elapsed)
    }

    /// For the table.
    pub(crate) fn show(&self) -> String {
        let ms = |per_mille| percentile(&self.setup, per_mille).as_secs_f64() * 1e3;
        let lost = self.failed + self.refused;
        format!(
            "{:.0}/s, set-up p50 {:.1} ms, p99 {:.1} ms, {lost} of {} lost",
            self.rate(),
            ms(500),
            ms(990),
            self.offered
        )
    }
}

/// Who calls.
struct Callers {
    socket: UdpSocket,
    endpoint: Endpoint,
    local: SocketAddr,
    begun: Instant,
    sdp: Vec<u8>,
    /// When each INVITE that has no answer yet was sent.
    open: HashMap<LegId, Instant>,
    outcome: Outcome,
}

/// Calls for as long as asked, then waits for what is open.
pub(crate) fn run(load: &Load) -> Result<Outcome> {
    // Media of the called side arrives here and is left unread: nothing is sent back, so that no call costs a packet more than another.
    let sink = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?;
    let mut callers = Callers::new(sink.local_addr()?.port())?;
    let total = load.rate * load.seconds;
    let mut buffer = vec![0; limits::MAX_DATAGRAM];
    loop {
        let now = callers.begun.elapsed();
        let due = u64::try_from(now.as_micros())? * load.rate / 1_000_000;
        for _ in 0..BATCH {
            if callers.outcome.offered < due.min(total) {
                callers.invite(load)?;
                callers.outcome.elapsed = callers.begun.elapsed();
            }
        }
        callers.turn(&mut buffer);
        let done = callers.outcome.offered == total && callers.open.is_empty();
        if done || now > Duration::from_secs(load.seconds) + PATIENCE {
            break;
        }
    }
    // The last BYEs may need to be sent again.
    let until = Instant::now() + LINGER;
    while Instant::now() < until {
        callers.turn(&mut buffer);
    }
    let mut outcome = callers.outcome;
    let unbegun = total - outcome.offered;
    outcome.failed += callers.open.len() as u64 + unbegun;
    outcome.setup.sort_unstable();
    Ok(outcome)
}

impl Callers {
    fn new(media_port: u16) -> Result<Self> {
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?;
        // Short, so that calls begin on time; the kernel rounds it up to its tick.
        socket.set_read_timeout(Some(Duration::from_millis(1)))?;
        let local = socket.local_addr()?;
        let mut seed = [0; 32];
        getrandom::fill(&mut seed)?;
        let config = Config { locals: vec![Local::new(Transport::Udp, local)], ..Config::default() };
        let sdp = format!(
            "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio {media_port} RTP/AVP 8 101\r\n\
             a=rtpmap:8 PCMA/8000\r\na=rtpmap:101 telephone-event/8000\r\na=sendrecv\r\n"
        );
        Ok(Self {
            socket,
            endpoint: Endpoint::new(config, seed),
            local,
            begun: Instant::now(),
            sdp: sdp.into_bytes(),
            open: HashMap::new(),
            outcome: Outcome::default(),
        })
    }

    fn invite(&mut self, load: &Load) -> Result<()> {
        let uri: Uri = format!("sip:{}@{}", load.number, load.target).parse()?;
        let from = NameAddr::new(
            format!("sip:+32470{:06}@{}", self.outcome.offered % 1_000_000, self.local).parse()?,
        );
        let request = InviteRequest::new(uri, from, Destination::udp(load.target), self.sdp.clone());
        let leg = self.endpoint.invite(self.begun.elapsed(), request)?;
        self.open.insert(leg, Instant::now());
        self.outcome.offered += 1;
        self.send();
        Ok(())
    }

    /// Waits for a datagram for one tick at most, and does what follows from it.
    fn turn(&mut self, buffer: &mut [u8]) {
        if let Ok((length, remote)) = self.socket.recv_from(buffer) {
            let flow = Flow { transport: Transport::Udp, local: self.local, remote, connection: None };
            self.endpoint.receive_datagram(self.begun.elapsed(), flow, Trust::Trusted, &buffer[..length]);
        }
        self.endpoint.handle_timeout(self.begun.elapsed());
        self.events();
    }

    fn events(&mut self) {
        while let Some(event) = self.endpoint.poll_event() {
            match event {
                Event::Answered { leg, .. } => {
                    if let Some(sent) = self.open.remove(&leg) {
                        self.outcome.setup.push(sent.elapsed());
                        self.outcome.answered += 1;
                    }
                    // The other side may have hung up in the same breath.
                    let _ = self.endpoint.bye(self.begun.elapsed(), leg, None);
                }
                Event::Failed { leg, status, .. } => {
                    self.open.remove(&leg);
                    if status == 503 { self.outcome.refused += 1 } else { self.outcome.failed += 1 }
                }
                _ => {}
            }
        }
        self.send();
    }

    fn send(&mut self) {
        while let Some(transmit) = self.endpoint.poll_transmit() {
            // A lost datagram is the protocol's business.
            let _ = self.socket.send_to(&transmit.bytes, transmit.to.remote);
        }
    }
}
