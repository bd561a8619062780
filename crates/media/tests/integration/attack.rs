//! Somebody else sends to our ports (RTP bleed, RTP injection).

use flexio_codec::G711;
use flexio_media::{Command, Event, SessionOptions};
use flexio_rtp::Header;

use crate::peer::*;

/// Sends a burst of well-formed, consecutive packets of a loud tone.
fn spray(attacker: &mut Phone, to: std::net::SocketAddr, ssrc: u32, packets: u32) {
    for frame in 0..packets {
        attacker.header = Header { ssrc, ..attacker.header };
        attacker.send_audio(to, &sine(2_000.0, frame));
    }
}

fn foreign(event: &Event) -> Option<u64> {
    match event {
        Event::ForeignPackets { packets, .. } => Some(*packets),
        _ => None,
    }
}

#[test]
fn an_attacker_before_during_and_after_learning_is_neither_heard_nor_sent_to() {
    let bench = Bench::new(|_| {});
    let (mut one, mut two) = (Phone::new(G711::ALaw), Phone::new(G711::ALaw));
    let mut attacker = Phone::new(G711::ALaw);
    let a = bench.open(1);
    // Before signalling.
    spray(&mut attacker, a.local_rtp, 1, 100);
    assert!(bench.wait(foreign) > 0);
    bench.send(a, Command::SetRemote(one.negotiated()));
    let b = bench.media.open(2, SessionOptions { near: Some(a.id), ..SessionOptions::default() }).unwrap();
    bench.send(b, Command::SetRemote(two.negotiated()));
    bench.send(a, Command::Bridge { peer: b.id, relay_dtmf: true });
    one.talk(a.local_rtp, 5, |frame| sine(500.0, frame));
    // During: the true phone has spoken. With the SSRC of the phone and with another.
    let ssrc = one.header.ssrc;
    two.heard.clear();
    for frame in 0..50 {
        spray(&mut attacker, a.local_rtp, if frame % 2 == 0 { ssrc } else { 99 }, 20);
        one.send_audio(a.local_rtp, &sine(500.0, frame));
        one.hear_for_a_frame();
        while two.hear_one(std::time::Duration::from_micros(10)) {}
    }
    let hz = frequency(&two.samples());
    assert!((485.0..515.0).contains(&hz), "the bridged side heard {hz} Hz");
    // No gap longer than 60 ms in what the bridged side heard.
    assert!(two.heard.windows(2).all(|p| p[1].0.sequence.wrapping_sub(p[0].0.sequence) <= 3));
    assert!(!attacker.hear_one(std::time::Duration::from_millis(50)), "the attacker got a packet");
    bench.send(a, Command::Close);
    let stats = bench.wait(|event| match event {
        Event::Closed { token: 1, stats } => Some(*stats),
        _ => None,
    });
    assert!(stats.foreign_packets >= 500 && stats.packets_received >= 50, "{stats:?}");
    bench.media.stop();
}

#[test]
fn a_phone_behind_nat_is_learnt_once_and_then_nobody_else() {
    let bench = Bench::new(|_| {});
    let (mut signalled, mut phone, mut attacker) =
        (Phone::new(G711::ALaw), Phone::new(G711::ALaw), Phone::new(G711::ALaw));
    let session = bench.call(1, &mut signalled);
    for frame in 0..5 {
        phone.send_audio(session.local_rtp, &sine(500.0, frame));
    }
    bench.wait(|event| matches!(event, Event::MediaStarted { token: 1, .. }).then_some(()));
    phone.hear(5);
    spray(&mut attacker, session.local_rtp, phone.header.ssrc, 200);
    phone.hear(20);
    assert!(!attacker.hear_one(std::time::Duration::from_millis(60)));
    bench.media.stop();
}

#[test]
fn in_strict_mode_and_after_the_window_nothing_is_learnt() {
    for strict in [true, false] {
        let bench = Bench::new(|config| {
            config.strict_source = strict;
            if !strict {
                config.learn_window_ms = 0;
            }
        });
        let (mut signalled, mut other) = (Phone::new(G711::ALaw), Phone::new(G711::ALaw));
        let session = bench.call(1, &mut signalled);
        spray(&mut other, session.local_rtp, 5, 50);
        bench.wait(foreign);
        signalled.hear(20);
        assert!(!other.hear_one(std::time::Duration::from_millis(30)));
        bench.media.stop();
    }
}

#[test]
fn digits_and_reports_of_an_attacker_count_for_nothing() {
    let bench = Bench::new(|_| {});
    let (mut phone, mut attacker) = (Phone::new(G711::ALaw), Phone::new(G711::ALaw));
    let session = bench.call(1, &mut phone);
    phone.talk(session.local_rtp, 3, |frame| sine(500.0, frame));
    attacker.header.ssrc = phone.header.ssrc;
    crate::digits::press(&mut attacker, session.local_rtp, '9', |_| false);
    bench.send(session, Command::Close);
    bench.wait(|event| {
        assert!(!matches!(event, Event::Dtmf { .. }));
        matches!(event, Event::Closed { .. }).then_some(())
    });
    bench.media.stop();
}
