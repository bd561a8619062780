//! Any bytes as a datagram: no panic, what is read prints back to itself, and an endpoint survives it.
#![no_main]

use std::time::Duration;

use flexio_sip::{Config, Endpoint, Flow, Local, Message, Transport, Trust};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(message) = Message::parse(bytes) {
        let _ = (message.from(), message.to(), message.contact(), message.request_uri(), message.sdp());
        let _ = (message.contacts().count(), message.diversion().count(), message.reason(), message.retry_after());
        // Canonical names are longer than compact ones: what comes out may exceed the limits of reading.
        let printed = message.to_bytes();
        if printed.len() < 30_000 && printed.split(|&b| b == b'\n').all(|line| line.len() < 8_000) {
            let again = Message::parse(&printed).expect("what we print, we read");
            assert_eq!(message, again);
        }
    }
    let bound = "192.0.2.1:5060".parse().expect("an address");
    let remote = "192.0.2.2:5060".parse().expect("an address");
    let config = Config { locals: vec![Local::new(Transport::Udp, bound)], ..Config::default() };
    let mut endpoint = Endpoint::new(config, [1; 32]);
    let flow = Flow { transport: Transport::Udp, local: bound, remote, connection: None };
    endpoint.receive_datagram(Duration::ZERO, flow, Trust::Unknown, bytes);
    while let Some(at) = endpoint.poll_timeout() {
        endpoint.handle_timeout(at);
        while let Some(transmit) = endpoint.poll_transmit() {
            assert!(!transmit.bytes.is_empty());
        }
    }
    assert_eq!(endpoint.stats().legs + endpoint.stats().servers, 0);
});
