use std::time::Duration;

use flexio_codec::G711;
use flexio_media::{Command, Event, OpenError, SessionOptions, Stats};
use flexio_rtp::{Rtcp, RtcpPackets};
use flexio_sdp::Direction;

use crate::peer::*;

fn closed(event: &Event) -> Option<Stats> {
    match event {
        Event::Closed { stats, .. } => Some(*stats),
        _ => None,
    }
}

#[test]
fn a_closed_session_tells_its_figures_and_says_bye() {
    let bench = Bench::new(|config| config.rtcp_interval_ms = 200);
    let mut phone = Phone::new(G711::ALaw);
    let session = bench.call(1, &mut phone);
    phone.talk(session.local_rtp, 50, |frame| sine(500.0, frame));
    (0..10).for_each(|_| phone.step());
    phone.talk(session.local_rtp, 5, |frame| sine(500.0, frame));
    bench.send(session, Command::Close);
    let stats = bench.wait(closed);
    assert_eq!((stats.packets_received, stats.packets_lost), (55, 10));
    assert!(
        stats.packets_sent >= 50 && stats.media_start_ms.is_some() && stats.jitter_ms < 20.0,
        "{stats:?}"
    );
    assert!(stats.mos.is_some_and(|mos| (1.0..4.0).contains(&mos)), "{stats:?}");
    while phone.hear_one(Duration::from_millis(50)) {}
    let has_bye = |bytes: &Vec<u8>| RtcpPackets::parse(bytes).unwrap().any(|p| matches!(p, Rtcp::Bye { .. }));
    let has_sender = |bytes: &Vec<u8>| {
        let mut packets = RtcpPackets::parse(bytes).unwrap();
        packets.any(|packet| matches!(packet, Rtcp::Report(report) if report.sender.is_some()))
    };
    assert!(phone.reports.len() >= 4 && phone.reports.iter().any(has_sender));
    assert_eq!(phone.reports.iter().filter(|bytes| has_bye(bytes)).count(), 1);
    assert!(has_bye(phone.reports.last().unwrap()));
    bench.media.stop();
}

#[test]
fn silence_on_the_wire_is_told_once_and_not_on_hold() {
    let bench = Bench::new(|config| config.rtp_timeout_ms = 200);
    let mut phone = Phone::new(G711::ALaw);
    let session = bench.call(1, &mut phone);
    let timeout = |event: &Event| matches!(event, Event::RtpTimeout { .. }).then_some(());
    bench.wait(timeout);
    let mut negotiated = phone.negotiated();
    negotiated.direction = Direction::SendOnly;
    bench.send(session, Command::SetRemote(negotiated));
    assert!(bench.events.recv_timeout(Duration::from_millis(500)).is_err());
    bench.media.stop();
}

#[test]
fn on_hold_nothing_is_sent_and_afterwards_it_goes_on() {
    let bench = Bench::new(|_| {});
    let mut phone = Phone::new(G711::ALaw);
    let session = bench.call(1, &mut phone);
    phone.hear(5);
    let mut held = phone.negotiated();
    held.direction = Direction::Inactive;
    bench.send(session, Command::SetRemote(held));
    while phone.hear_one(Duration::from_millis(100)) {}
    let before = phone.heard.len();
    assert!(!phone.hear_one(Duration::from_millis(100)));
    bench.send(session, Command::SetRemote(phone.negotiated()));
    phone.hear(before + 5);
    assert!(phone.heard[before].0.marker);
    bench.media.stop();
}

#[test]
fn places_are_limited_and_free_again_after_closing() {
    let bench = Bench::new(|config| config.max_sessions = 4);
    let sessions: Vec<_> = (0..4).map(|token| bench.open(token)).collect();
    assert!(matches!(bench.media.open(9, SessionOptions::default()), Err(OpenError::Full)));
    bench.send(sessions[0], Command::Close);
    bench.wait(closed);
    let end = std::time::Instant::now() + PATIENCE;
    while bench.media.open_sessions() > 3 {
        assert!(std::time::Instant::now() < end);
        std::thread::yield_now();
    }
    let again = bench.open(9);
    assert_ne!(again.id, sessions[0].id);
    // An order for the old name is for nobody.
    bench.send(sessions[0], Command::Close);
    bench.send(again, Command::Close);
    let token = bench.wait(|event| match event {
        Event::Closed { token, .. } => Some(*token),
        _ => None,
    });
    assert_eq!(token, 9);
    bench.media.stop();
}

#[test]
fn stopping_closes_every_session_and_refuses_new_ones() {
    let bench = Bench::new(|_| {});
    for token in 0..10 {
        bench.open(token);
    }
    let media = bench.media.clone();
    bench.media.clone().stop();
    assert_eq!(bench.events.try_iter().filter(|event| closed(event).is_some()).count(), 10);
    assert!(matches!(media.open(1, SessionOptions::default()), Err(OpenError::Stopped)));
}

#[test]
fn a_range_without_ports_is_an_error() {
    let bench = Bench::new(|config| config.ports = 40_001..=40_001);
    assert!(matches!(bench.media.open(1, SessionOptions::default()), Err(OpenError::NoPort)));
}
