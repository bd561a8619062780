//! A shell for the endpoint in sixty lines: answers every call on a UDP port, for `sipp -sn uac` and the like.
//!
//! `cargo run --release -p flexio-sip --example uas -- 127.0.0.1:5070 [seconds]`
#![allow(clippy::print_stdout, clippy::unwrap_used, reason = "a demonstration")]

use std::net::{SocketAddr, UdpSocket};
use std::time::{Duration, Instant};

use flexio_sip::*;

const SDP: &[u8] =
    b"v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 40000 RTP/AVP 0\r\n";

fn main() {
    let mut arguments = std::env::args().skip(1);
    let bound: SocketAddr = arguments.next().unwrap_or_else(|| "127.0.0.1:5070".to_owned()).parse().unwrap();
    let run_for = Duration::from_secs(arguments.next().map_or(u64::MAX, |s| s.parse().unwrap()));
    let socket = UdpSocket::bind(bound).unwrap();
    let mut seed = [0; 32];
    std::io::Read::read_exact(&mut std::fs::File::open("/dev/urandom").unwrap(), &mut seed).unwrap();
    let config = Config { locals: vec![Local::new(Transport::Udp, bound)], ..Config::default() };
    let mut end = Endpoint::new(config, seed);
    let start = Instant::now();
    let (mut calls, mut hung_up, mut others) = (0, 0, 0);
    let mut buffer = vec![0; limits::MAX_DATAGRAM];
    while start.elapsed() < run_for {
        let wait = end.poll_timeout().map_or(Duration::from_secs(1), |at| at.saturating_sub(start.elapsed()));
        // A timeout of nothing means forever to the socket.
        let wait = wait.clamp(Duration::from_millis(1), Duration::from_secs(1));
        socket.set_read_timeout(Some(wait)).unwrap();
        if let Ok((length, remote)) = socket.recv_from(&mut buffer) {
            let flow = Flow { transport: Transport::Udp, local: bound, remote, connection: None };
            end.receive_datagram(start.elapsed(), flow, Trust::Trusted, &buffer[..length]);
        }
        let now = start.elapsed();
        end.handle_timeout(now);
        while let Some(event) = end.poll_event() {
            match event {
                Event::Incoming(incoming) => {
                    calls += 1;
                    end.ring(now, incoming.leg, 180, None).unwrap();
                    end.answer(now, incoming.leg, SDP, &ExtraHeaders::new()).unwrap();
                }
                Event::Reoffer { leg, .. } => end.accept_reinvite(now, leg, SDP).unwrap(),
                Event::Ended { cause: EndCause::RemoteBye { .. }, .. } => hung_up += 1,
                Event::Ended { .. } => others += 1,
                _ => {}
            }
        }
        while let Some(transmit) = end.poll_transmit() {
            // A lost datagram is the protocol's business.
            let _ = socket.send_to(&transmit.bytes, transmit.to.remote);
        }
    }
    println!("{calls} calls, {hung_up} hung up by the caller, {others} ended otherwise; {:?}", end.stats());
    let status = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<&str> = status.split(' ').collect();
    if let (Some(user), Some(system)) = (fields.get(13), fields.get(14)) {
        println!("CPU in 10 ms ticks: user {user}, system {system}");
    }
}
