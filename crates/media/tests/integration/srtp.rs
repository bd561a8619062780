//! Encrypted media: nothing in clear leaves or is believed.

use flexio_codec::G711;
use flexio_media::{Command, Event, Session, SessionOptions};
use flexio_rtp::{HEADER_BYTES, Packet, SrtpReceiver, SrtpSender, is_rtcp};
use flexio_sdp::{Negotiated, Srtp, SrtpKey, SrtpSuite};

use crate::mix::level;
use crate::peer::*;

const OURS: [u8; 30] = [1; 30];
const THEIRS: [u8; 30] = [2; 30];

fn secured(phone: &Phone, suite: SrtpSuite) -> Negotiated {
    let srtp = Srtp { suite, send: SrtpKey(OURS), receive: SrtpKey(THEIRS) };
    Negotiated { srtp: Some(srtp), ..phone.negotiated() }
}

fn tag_bytes(suite: SrtpSuite) -> usize {
    if suite == SrtpSuite::AesCm128HmacSha1_80 { 10 } else { 4 }
}

/// Sends 20 ms of a tone under this key.
fn say(phone: &mut Phone, sender: &mut SrtpSender, to: Session, hz: f64, frame: u32) {
    let mut payload = [0; 160];
    flexio_codec::g711::encode(G711::ALaw, &sine(hz, frame), &mut payload);
    let mut first = [0; HEADER_BYTES];
    phone.header.write(&mut first);
    let mut bytes = [&first[..], &payload, &[0; 10]].concat();
    let whole = sender.protect(&mut bytes, HEADER_BYTES + 160).unwrap();
    phone.socket.send_to(&bytes[..whole], to.local_rtp).unwrap();
    phone.step();
}

/// Opens what comes within a frame; every datagram must be authentic.
fn hear(phone: &Phone, receiver: &mut SrtpReceiver, samples: &mut Vec<i16>, reports: &mut usize) {
    let mut bytes = [0; 2_048];
    phone.socket.set_read_timeout(Some(std::time::Duration::from_millis(20))).unwrap();
    while let Ok((length, _)) = phone.socket.recv_from(&mut bytes) {
        if is_rtcp(&bytes[..length]) {
            receiver.open_rtcp(&mut bytes[..length]).expect("a report in clear or under another key");
            *reports += 1;
            continue;
        }
        let opened = receiver.open(&mut bytes[..length]).expect("a packet in clear or under another key");
        let packet = Packet::parse(&bytes[..opened]).unwrap();
        let start = samples.len();
        samples.resize(start + packet.payload.len(), 0);
        flexio_codec::g711::decode(G711::ALaw, packet.payload, &mut samples[start..]);
        return;
    }
}

#[test]
fn an_encrypted_side_and_one_in_clear_hear_each_other_through_a_bridge() {
    for suite in SrtpSuite::ALL {
        let bench = Bench::new(|config| config.rtcp_interval_ms = 200);
        let (mut one, mut two) = (Phone::new(G711::ALaw), Phone::new(G711::ALaw));
        let a = bench.open(1);
        bench.send(a, Command::SetRemote(secured(&one, suite)));
        let b =
            bench.media.open(2, SessionOptions { near: Some(a.id), ..SessionOptions::default() }).unwrap();
        bench.send(b, Command::SetRemote(two.negotiated()));
        bench.send(a, Command::Bridge { peer: b.id, relay_dtmf: true });
        let mut sender = SrtpSender::new(&THEIRS, tag_bytes(suite));
        let mut receiver = SrtpReceiver::new(&OURS, tag_bytes(suite));
        let (mut samples, mut reports) = (vec![], 0);
        // From the first packet on the session knows its keys.
        hear(&one, &mut receiver, &mut samples, &mut reports);
        for frame in 0..60 {
            say(&mut one, &mut sender, a, 500.0, frame);
            two.send_audio(b.local_rtp, &sine(800.0, frame));
            hear(&one, &mut receiver, &mut samples, &mut reports);
            while two.hear_one(std::time::Duration::from_micros(10)) {}
        }
        assert!(level(&samples, 800.0) > 4_000.0 && reports > 0, "{reports} reports");
        assert!(level(&two.samples(), 500.0) > 4_000.0);
        bench.send(a, Command::Close);
        let stats = bench.wait(|event| match event {
            Event::Closed { token: 1, stats } => Some(*stats),
            _ => None,
        });
        assert!(stats.packets_received >= 50 && stats.foreign_packets == 0, "{stats:?}");
        bench.media.stop();
    }
}

#[test]
fn neither_clear_nor_wrongly_encrypted_packets_are_believed_or_learnt_from() {
    let bench = Bench::new(|_| {});
    let (mut phone, mut attacker) = (Phone::new(G711::ALaw), Phone::new(G711::ALaw));
    let session = bench.open(1);
    let suite = SrtpSuite::AesCm128HmacSha1_80;
    bench.send(session, Command::SetRemote(secured(&phone, suite)));
    // From the first packet on the session knows its keys.
    hear(&phone, &mut SrtpReceiver::new(&OURS, 10), &mut vec![], &mut 0);
    // In clear, even from the signalled address; under another key from elsewhere, as many as teach an address.
    let mut wrong = SrtpSender::new(&[9; 30], 10);
    for frame in 0..20 {
        phone.send_audio(session.local_rtp, &sine(500.0, frame));
        attacker.send_audio(session.local_rtp, &sine(500.0, frame));
        say(&mut attacker, &mut wrong, session, 500.0, frame);
    }
    let foreign = |event: &Event| matches!(event, Event::ForeignPackets { .. }).then_some(());
    bench.wait(foreign);
    assert!(!attacker.hear_one(std::time::Duration::from_millis(50)), "the attacker got a packet");
    // The true one is heard all the same, and what it said is not taken a second time.
    let mut sender = SrtpSender::new(&THEIRS, 10);
    for frame in 0..10 {
        say(&mut phone, &mut sender, session, 500.0, frame);
    }
    bench.wait(|event| matches!(event, Event::MediaStarted { token: 1, .. }).then_some(()));
    bench.send(session, Command::Close);
    let stats = bench.wait(|event| match event {
        Event::Closed { token: 1, stats } => Some(*stats),
        _ => None,
    });
    assert_eq!((stats.packets_received, stats.foreign_packets), (10, 60), "{stats:?}");
    bench.media.stop();
}
