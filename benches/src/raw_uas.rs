//! The raw limit of a call: the same SIP exchange and nothing behind it. No application, no storage, no media, one thread.

use std::net::{Ipv4Addr, UdpSocket};
use std::time::{Duration, Instant};

use anyhow::Result;
use flexio_sip::{Config, Endpoint, Event, ExtraHeaders, Flow, Local, Transport, Trust, limits};

const SDP: &[u8] =
    b"v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 9 RTP/AVP 8 101\r\na=rtpmap:8 PCMA/8000\r\n\
a=rtpmap:101 telephone-event/8000\r\na=inactive\r\n";

/// Prints its address and answers every call until it is killed.
pub(crate) fn serve() -> Result<()> {
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?;
    let local = socket.local_addr()?;
    let mut seed = [0; 32];
    getrandom::fill(&mut seed)?;
    let config = Config { locals: vec![Local::new(Transport::Udp, local)], ..Config::default() };
    let mut endpoint = Endpoint::new(config, seed);
    let begun = Instant::now();
    let mut buffer = vec![0; limits::MAX_DATAGRAM];
    socket.set_read_timeout(Some(Duration::from_millis(20)))?;
    println!("{local}");
    loop {
        if let Ok((length, remote)) = socket.recv_from(&mut buffer) {
            let flow = Flow { transport: Transport::Udp, local, remote, connection: None };
            endpoint.receive_datagram(begun.elapsed(), flow, Trust::Trusted, &buffer[..length]);
        }
        let now = begun.elapsed();
        endpoint.handle_timeout(now);
        while let Some(event) = endpoint.poll_event() {
            if let Event::Incoming(incoming) = event {
                // The caller may have given up: then there is nobody to answer.
                let _ = endpoint.answer(now, incoming.leg, SDP, &ExtraHeaders::new());
            }
        }
        while let Some(transmit) = endpoint.poll_transmit() {
            let _ = socket.send_to(&transmit.bytes, transmit.to.remote);
        }
    }
}
