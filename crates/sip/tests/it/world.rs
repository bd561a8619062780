//! Two endpoints and the network between them, in simulated time.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::net::SocketAddr;
use std::time::Duration;

use flexio_sip::*;

/// How bad the network is.
#[derive(Debug, Clone, Copy)]
pub struct Weather {
    pub loss_percent: u32,
    pub duplicate_percent: u32,
    /// Delays are spread over this range, so that datagrams overtake each other.
    pub delay_ms: (u32, u32),
}

pub const CALM: Weather = Weather { loss_percent: 0, duplicate_percent: 0, delay_ms: (1, 1) };

/// Time of arrival, order of sending, receiver, sender's address, bytes.
type Packet = (Duration, u64, usize, SocketAddr, Vec<u8>);

pub struct World {
    pub now: Duration,
    pub ends: [Endpoint; 2],
    pub weather: Weather,
    pub random: Random,
    /// Everything sent, by start line, when `record` is set.
    pub log: Vec<(Duration, usize, String)>,
    pub record: bool,
    trace: Option<String>,
    wire: BinaryHeap<Reverse<Packet>>,
    sent: u64,
}

pub fn address(side: usize) -> SocketAddr {
    ["192.0.2.1:5060", "192.0.2.2:5060"][side].parse().unwrap()
}

pub fn config(side: usize) -> Config {
    Config { locals: vec![Local::new(Transport::Udp, address(side))], ..Config::default() }
}

pub fn uri(text: &str) -> Uri {
    text.parse().unwrap()
}

pub fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

impl World {
    pub fn new(seed: u64, weather: Weather) -> World {
        World::with(seed, weather, [config(0), config(1)])
    }

    pub fn with(seed: u64, weather: Weather, configs: [Config; 2]) -> World {
        let mut bytes = [0; 32];
        bytes[..8].copy_from_slice(&seed.to_be_bytes());
        let mut random = Random::new(bytes);
        World {
            now: Duration::ZERO,
            ends: configs.map(|config| Endpoint::new(config, random.key())),
            weather,
            random,
            log: Vec::new(),
            record: true,
            trace: std::env::var("FLEXIO_SIP_TRACE").ok(),
            wire: BinaryHeap::new(),
            sent: 0,
        }
    }

    /// Side 0 calls side 1.
    pub fn dial(&mut self, from: usize) -> LegId {
        let to = address(1 - from);
        let from_uri = uri(&format!("sip:+3220000000@{}", address(from)));
        let request = InviteRequest::new(
            uri(&format!("sip:+3225550100@{to}")),
            NameAddr::new(from_uri),
            Destination::udp(to),
            "v=0 offer",
        );
        self.ends[from].invite(self.now, request).unwrap()
    }

    /// Puts what the endpoints sent on the wire.
    fn collect(&mut self) {
        for side in 0..2 {
            while let Some(transmit) = self.ends[side].poll_transmit() {
                let line = transmit.bytes.split(|&b| b == b'\r').next().unwrap();
                if self.record {
                    self.log.push((self.now, side, String::from_utf8_lossy(line).into_owned()));
                }
                // To look into a failed simulation: the Call-ID of the call of interest.
                if self
                    .trace
                    .as_ref()
                    .is_some_and(|id| String::from_utf8_lossy(&transmit.bytes).contains(id.as_str()))
                {
                    let cseq = Message::parse(&transmit.bytes).unwrap().header("CSeq").unwrap().into_owned();
                    eprintln!("{:?} {side} {} [{cseq}]", self.now, String::from_utf8_lossy(line));
                }
                let receiver = (0..2).find(|&s| address(s) == transmit.to.remote);
                let Some(receiver) = receiver else { continue };
                let copies = 1 + u32::from(self.random.below(100) < self.weather.duplicate_percent);
                for _ in 0..copies {
                    if self.random.below(100) < self.weather.loss_percent {
                        continue;
                    }
                    let (low, high) = self.weather.delay_ms;
                    let delay = ms(u64::from(low + self.random.below(high - low + 1)));
                    self.sent += 1;
                    let bytes = transmit.bytes.to_vec();
                    self.wire.push(Reverse((self.now + delay, self.sent, receiver, address(side), bytes)));
                }
            }
        }
    }

    /// When the next thing happens.
    pub fn next(&mut self) -> Option<Duration> {
        self.collect();
        let timers = self.ends.iter().filter_map(Endpoint::poll_timeout);
        timers.chain(self.wire.peek().map(|Reverse(p)| p.0)).min()
    }

    /// Goes to `at` and lets everything due by then happen.
    pub fn step(&mut self, at: Duration) {
        self.now = self.now.max(at);
        while self.wire.peek().is_some_and(|Reverse(p)| p.0 <= self.now) {
            let Reverse((_, _, side, remote, bytes)) = self.wire.pop().unwrap();
            let flow = Flow { transport: Transport::Udp, local: address(side), remote, connection: None };
            self.ends[side].receive_datagram(self.now, flow, Trust::Trusted, &bytes);
        }
        for end in &mut self.ends {
            end.handle_timeout(self.now);
        }
        self.collect();
    }

    /// Runs for `time`; returns the events of each side.
    pub fn run(&mut self, time: Duration) -> [Vec<Event>; 2] {
        let end = self.now + time;
        while let Some(at) = self.next().filter(|&at| at <= end) {
            self.step(at);
        }
        self.now = end;
        [0, 1].map(|side| self.events(side))
    }

    pub fn events(&mut self, side: usize) -> Vec<Event> {
        std::iter::from_fn(|| self.ends[side].poll_event()).collect()
    }

    /// Runs until a leg comes in on side 1.
    pub fn incoming(&mut self) -> (LegId, Incoming) {
        let [_, theirs] = self.run(ms(50));
        for event in theirs {
            if let Event::Incoming(incoming) = event {
                return (incoming.leg, *incoming);
            }
        }
        panic!("no call came in");
    }

    /// An answered call: both legs.
    pub fn talking(&mut self) -> (LegId, LegId) {
        let ours = self.dial(0);
        let (theirs, _) = self.incoming();
        self.ends[1].answer(self.now, theirs, b"v=0 answer", &ExtraHeaders::new()).unwrap();
        let [a, b] = self.run(ms(50));
        assert!(a.iter().any(|e| matches!(e, Event::Answered { leg, .. } if *leg == ours)), "{a:?}");
        assert!(b.iter().any(|e| matches!(e, Event::Confirmed { leg, .. } if *leg == theirs)), "{b:?}");
        (ours, theirs)
    }

    /// Start lines sent by `side` since the log was last cleared.
    pub fn lines(&self, side: usize) -> Vec<&str> {
        self.log.iter().filter(|l| l.1 == side).map(|l| l.2.as_str()).collect()
    }

    /// After the last timers nothing may be left.
    pub fn assert_clean(&mut self) {
        self.run(Duration::from_secs(400));
        for end in &self.ends {
            let Stats { legs, clients, servers, pings, timers, .. } = end.stats();
            assert_eq!((legs, clients, servers, pings, timers), (0, 0, 0, 0, 0));
        }
    }
}

/// The cause each leg ended with; panics if one ended twice.
pub fn ends(events: &[Event]) -> Vec<(LegId, &EndCause)> {
    let ends: Vec<_> = events
        .iter()
        .filter_map(|e| if let Event::Ended { leg, cause } = e { Some((*leg, cause)) } else { None })
        .collect();
    let mut legs: Vec<_> = ends.iter().map(|e| e.0).collect();
    legs.sort_unstable();
    legs.dedup();
    assert_eq!(legs.len(), ends.len(), "a leg ended twice: {ends:?}");
    ends
}
