//! Prints what a message and a call cost in CPU time: `cargo run --release -p flexio-sip --example sip_cost`.
#![allow(clippy::print_stdout, clippy::unwrap_used, reason = "a measuring program")]

use std::hint::black_box;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use flexio_sip::*;

const INVITE: &[u8] = b"INVITE sip:+3225550100@192.0.2.2:5060 SIP/2.0\r\n\
Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKnashds8;rport\r\n\
Via: SIP/2.0/UDP 198.51.100.4:5060;branch=z9hG4bK87asdks7;received=198.51.100.4\r\n\
Record-Route: <sip:192.0.2.1;lr>\r\n\
Max-Forwards: 69\r\n\
From: \"Alice\" <sip:+3225550199@192.0.2.1>;tag=1928301774\r\n\
To: <sip:+3225550100@192.0.2.2>\r\n\
Call-ID: a84b4c76e66710@pc33.atlanta.example.com\r\n\
CSeq: 314159 INVITE\r\n\
Contact: <sip:+3225550199@198.51.100.4:5060>\r\n\
Allow: INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, UPDATE\r\n\
P-Asserted-Identity: <sip:+3225550199@192.0.2.1>\r\n\
User-Agent: cost\r\n\
Content-Type: application/sdp\r\n\
Content-Length: 129\r\n\r\n\
v=0\r\no=- 1 1 IN IP4 198.51.100.4\r\ns=-\r\nc=IN IP4 198.51.100.4\r\nt=0 0\r\nm=audio 40000 RTP/AVP 0 8 101\r\na=rtpmap:101 telephone-event/8000\r\n";

/// Both ends of calls over a perfect wire, and how long each was busy.
struct Pair {
    ends: [Endpoint; 2],
    busy: [Duration; 2],
    now: Duration,
}

fn address(side: usize) -> SocketAddr {
    ["192.0.2.1:5060", "192.0.2.2:5060"][side].parse().unwrap()
}

impl Pair {
    fn timed<T>(&mut self, side: usize, act: impl FnOnce(&mut Endpoint, Duration) -> T) -> T {
        let start = Instant::now();
        let result = act(&mut self.ends[side], self.now);
        self.busy[side] += start.elapsed();
        result
    }

    /// Carries messages until both are silent.
    fn carry(&mut self) {
        let mut side = 0;
        let mut silent = 0;
        while silent < 2 {
            let out: Vec<Transmit> =
                self.timed(side, |end, _| std::iter::from_fn(|| end.poll_transmit()).collect());
            silent = if out.is_empty() { silent + 1 } else { 0 };
            let to = 1 - side;
            let flow = Flow {
                transport: Transport::Udp,
                local: address(to),
                remote: address(side),
                connection: None,
            };
            for transmit in &out {
                self.timed(to, |end, now| end.receive_datagram(now, flow, Trust::Trusted, &transmit.bytes));
            }
            side = to;
        }
    }

    fn event(&mut self, side: usize) -> Option<Event> {
        self.timed(side, |end, _| end.poll_event())
    }

    fn call(&mut self) {
        let body = &INVITE[INVITE.len() - 129..];
        let uri: Uri = "sip:+3225550100@192.0.2.2:5060".parse().unwrap();
        let from = NameAddr::new("sip:+3225550199@192.0.2.1".parse().unwrap());
        let request = InviteRequest::new(uri, from, Destination::udp(address(1)), body);
        self.timed(0, |end, now| end.invite(now, request)).unwrap();
        self.carry();
        let Some(Event::Incoming(incoming)) = self.event(1) else { panic!("no call") };
        let leg = incoming.leg;
        self.timed(1, |end, now| end.ring(now, leg, 180, None)).unwrap();
        self.carry();
        self.timed(1, |end, now| end.answer(now, leg, body, &ExtraHeaders::new())).unwrap();
        self.carry();
        let ours = loop {
            match self.event(0) {
                Some(Event::Answered { leg, .. }) => break leg,
                Some(_) => {}
                None => panic!("no answer"),
            }
        };
        self.timed(0, |end, now| end.bye(now, ours, None)).unwrap();
        self.carry();
        for side in 0..2 {
            while self.event(side).is_some() {}
        }
        // 4 000 calls a second: the stubs of 32 s pile up as they would in service.
        self.now += Duration::from_micros(250);
        for side in 0..2 {
            self.timed(side, Endpoint::handle_timeout);
        }
    }
}

fn main() {
    let rounds = 200_000;
    let start = Instant::now();
    for _ in 0..rounds {
        black_box(Message::parse(black_box(INVITE)).unwrap());
    }
    println!("parse of a {} byte INVITE: {:.2} us", INVITE.len(), micros(start.elapsed(), rounds));
    let start = Instant::now();
    for _ in 0..rounds {
        let m = Message::parse(black_box(INVITE)).unwrap();
        black_box((m.from().unwrap(), m.to().unwrap(), m.contact().unwrap(), m.request_uri().unwrap()));
        black_box((m.top_via().unwrap(), m.cseq().unwrap(), m.asserted_identity().next(), m.sdp()));
    }
    println!("parse + typed headers: {:.2} us", micros(start.elapsed(), rounds));

    let config =
        |side| Config { locals: vec![Local::new(Transport::Udp, address(side))], ..Config::default() };
    let ends = [Endpoint::new(config(0), [1; 32]), Endpoint::new(config(1), [2; 32])];
    let mut pair = Pair { ends, busy: [Duration::ZERO; 2], now: Duration::ZERO };
    let before = resident_kib();
    for _ in 0..rounds {
        pair.call();
    }
    println!("caller: {:.2} us per call (INVITE to 200 of BYE)", micros(pair.busy[0], rounds));
    println!("callee: {:.2} us per call", micros(pair.busy[1], rounds));
    let calls = pair.ends[1].stats().servers / 2;
    let per_call = (resident_kib() - before) * 1024 / calls;
    println!(
        "{calls} finished calls kept for 32 s, both sides: {per_call} bytes each; {:?}",
        pair.ends[1].stats()
    );
}

fn micros(time: Duration, rounds: u32) -> f64 {
    time.as_secs_f64() * 1e6 / f64::from(rounds)
}

/// Resident memory of this process, from Linux; 0 elsewhere.
fn resident_kib() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|l| l.strip_prefix("VmRSS:")).unwrap_or("0");
    line.trim().trim_end_matches(" kB").parse().unwrap_or(0)
}
