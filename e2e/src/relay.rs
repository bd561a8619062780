//! A bad network between phones and the media of flexio: a relay that loses, delays and reorders packets, by a seed.
//!
//! flexio says that its media is at [`Relay::ADDRESS`], where the relay listens on the same ports; what comes there is passed on to flexio
//! behind a socket of its own for each port, as a NAT would, and the other way round.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::net::UdpSocket;
use tokio::task::JoinSet;

use crate::flexio::Setup;

/// Where blocks of ports begin, one for each relay at a time: below those of other tests' media, above those of phones.
const BLOCKS: [u16; 14] = [
    19_100, 19_160, 19_220, 19_280, 19_340, 19_400, 19_460, 19_520, 19_580, 19_640, 19_700, 19_760, 19_820,
    19_880,
];
const PORTS: u16 = 60;

/// How bad it is.
#[derive(Debug, Clone, Copy)]
pub struct Weather {
    /// Of a hundred packets so many are lost.
    pub loss_percent: u32,
    /// Each packet is delayed by at least so long, in milliseconds.
    pub delay_ms: u32,
    /// And by up to so much more, which reorders what is closer together.
    pub jitter_ms: u32,
}

/// A running relay; it ends with the value.
#[derive(Debug)]
pub struct Relay {
    _tasks: JoinSet<()>,
    first: u16,
    lost: Arc<Mutex<(u64, u64)>>,
}

/// Numbers that follow from a seed (Lehmer, 2^31 - 1).
#[derive(Debug)]
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u32) -> u32 {
        self.0 = self.0 * 48_271 % 0x7FFF_FFFF;
        u32::try_from(self.0 % u64::from(limit)).expect("below a u32")
    }
}

impl Relay {
    /// Where flexio says that its media is.
    pub const ADDRESS: [u8; 4] = [127, 0, 0, 2];

    /// flexio behind the relay.
    #[must_use]
    pub fn before(&self, setup: Setup) -> Setup {
        let (first, last) = (self.first.to_string(), (self.first + PORTS - 1).to_string());
        setup
            .set("media.advertised_ip", "127.0.0.2")
            .set("media.port_min", &first)
            .set("media.port_max", &last)
    }

    /// Starts one.
    pub async fn start(seed: u64, weather: Weather) -> Self {
        let mut tasks = JoinSet::new();
        let lost = Arc::new(Mutex::new((0, 0)));
        let (first, mut outer) = block().await;
        for (port, outer) in (first..).zip(outer.drain(..)) {
            let inner = UdpSocket::bind("127.0.0.1:0").await.expect("there is one");
            inner.connect(("127.0.0.1", port)).await.expect("a local address");
            let (outer, inner) = (Arc::new(outer), Arc::new(inner));
            let phone = Arc::new(Mutex::new(None));
            let seed = seed.wrapping_mul(1_000_003).wrapping_add(u64::from(port)) % 0x7FFF_FFFE + 1;
            let link = |seed| Link { random: Random(seed), weather, counts: Arc::clone(&lost) };
            tasks.spawn(inwards(Arc::clone(&outer), Arc::clone(&inner), Arc::clone(&phone), link(seed)));
            tasks.spawn(outwards(outer, inner, phone, link(seed % 0x7FFF_FFFD + 2)));
        }
        Self { _tasks: tasks, first, lost }
    }

    /// How many packets came, and how many of them it lost.
    pub fn counts(&self) -> (u64, u64) {
        *self.lost.lock().expect("no panic while it is held")
    }
}

/// The first block that nobody else has.
async fn block() -> (u16, Vec<UdpSocket>) {
    for first in BLOCKS {
        let mut sockets = Vec::new();
        for port in first..first + PORTS {
            let Ok(socket) = UdpSocket::bind(SocketAddr::from((Relay::ADDRESS, port))).await else { break };
            sockets.push(socket);
        }
        if sockets.len() == usize::from(PORTS) {
            return (first, sockets);
        }
    }
    panic!("no block of ports is free");
}

/// One direction of one port.
struct Link {
    random: Random,
    weather: Weather,
    counts: Arc<Mutex<(u64, u64)>>,
}

impl Link {
    /// When the next packet goes on; `None` loses it.
    fn delay(&mut self) -> Option<Duration> {
        let is_lost = self.random.below(100) < self.weather.loss_percent;
        let more_ms = self.random.below(self.weather.jitter_ms + 1);
        let mut counts = self.counts.lock().expect("no panic while it is held");
        counts.0 += 1;
        counts.1 += u64::from(is_lost);
        (!is_lost).then(|| Duration::from_millis(u64::from(self.weather.delay_ms + more_ms)))
    }
}

async fn inwards(
    outer: Arc<UdpSocket>,
    inner: Arc<UdpSocket>,
    phone: Arc<Mutex<Option<SocketAddr>>>,
    mut link: Link,
) {
    let mut bytes = [0; 2_000];
    loop {
        let Ok((length, from)) = outer.recv_from(&mut bytes).await else { continue };
        *phone.lock().expect("no panic while it is held") = Some(from);
        if let Some(delay) = link.delay() {
            let (inner, packet) = (Arc::clone(&inner), bytes[..length].to_vec());
            tokio::spawn(async move {
                tokio::time::sleep(delay).await;
                let _ = inner.send(&packet).await;
            });
        }
    }
}

async fn outwards(
    outer: Arc<UdpSocket>,
    inner: Arc<UdpSocket>,
    phone: Arc<Mutex<Option<SocketAddr>>>,
    mut link: Link,
) {
    let mut bytes = [0; 2_000];
    loop {
        // A refused packet of before, where flexio has closed the port, is no end.
        let Ok(length) = inner.recv(&mut bytes).await else { continue };
        let to = *phone.lock().expect("no panic while it is held");
        if let (Some(delay), Some(to)) = (link.delay(), to) {
            let (outer, packet) = (Arc::clone(&outer), bytes[..length].to_vec());
            tokio::spawn(async move {
                tokio::time::sleep(delay).await;
                let _ = outer.send_to(&packet, to).await;
            });
        }
    }
}
