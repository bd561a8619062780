use std::thread::sleep;
use std::time::{Duration, Instant};

use flexio_codec::G711;
use flexio_media::{Command, MAX_TAPS, PlayMode, PlaySource, Tap, TapOptions, TapTrack};

use crate::peer::*;

const ALL: TapOptions = TapOptions { inbound: true, outbound: true, playback: true, ring_ms: 5_000 };

/// What the tap has, by track; times must go up by 20 ms.
fn drain(tap: &mut Tap) -> [Vec<i16>; 2] {
    let mut tracks = [vec![], vec![]];
    let mut last = [None, None];
    while let Some(frame) = tap.reader.read() {
        let track = usize::from(frame.track == TapTrack::Outbound);
        if let Some(before) = last[track].replace(frame.at_ms) {
            assert_eq!((frame.at_ms - before) % 20, 0);
        }
        tracks[track].extend(frame.samples);
    }
    tracks
}

fn wait_for(mut done: impl FnMut() -> bool) {
    let end = Instant::now() + PATIENCE;
    while !done() {
        assert!(Instant::now() < end, "it did not happen");
        sleep(Duration::from_millis(5));
    }
}

#[test]
fn a_tap_copies_what_is_said_and_what_is_heard() {
    for law in [G711::ALaw, G711::MuLaw] {
        let bench = Bench::new(|_| {});
        let mut phone = Phone::new(law);
        let session = bench.call(1, &mut phone);
        let mut tap = bench.media.tap(session.id, ALL).unwrap();
        let source = PlaySource::Prompt(sine_prompt(800.0, 50));
        bench.send(session, Command::Play { play_id: 1, source, loops: 1, mode: PlayMode::Queue });
        phone.talk(session.local_rtp, 60, |frame| sine(500.0, frame));
        let [said, heard] = drain(&mut tap);
        assert!(said.len() > 6_000, "{} samples", said.len());
        assert!((frequency(&said) - 500.0).abs() < 15.0 && (frequency(&heard) - 800.0).abs() < 15.0);
        bench.send(session, Command::Close);
        wait_for(|| {
            while tap.reader.read().is_some() {}
            tap.reader.is_closed()
        });
    }
}

#[test]
fn the_outbound_track_of_a_bridged_session_is_the_other_party() {
    let bench = Bench::new(|_| {});
    let (mut one, mut two) = (Phone::new(G711::ALaw), Phone::new(G711::MuLaw));
    let (a, b) = (bench.call(1, &mut one), bench.call(2, &mut two));
    bench.send(a, Command::Bridge { peer: b.id, relay_dtmf: true });
    let mut tap = bench.media.tap(a.id, ALL).unwrap();
    for frame in 0..60 {
        one.send_audio(a.local_rtp, &sine(500.0, frame));
        two.send_audio(b.local_rtp, &sine(900.0, frame));
        one.hear_for_a_frame();
    }
    let [said, heard] = drain(&mut tap);
    assert!((frequency(&said) - 500.0).abs() < 15.0 && (frequency(&heard) - 900.0).abs() < 15.0);
}

#[test]
fn audio_is_played_through_a_tap_with_marks_and_can_be_cleared() {
    let bench = Bench::new(|_| {});
    let mut phone = Phone::new(G711::ALaw);
    let session = bench.call(1, &mut phone);
    let tap = bench.media.tap(session.id, TapOptions { inbound: false, outbound: false, ..ALL }).unwrap();
    let mut player = tap.player.unwrap();
    phone.heard.clear();
    for frame in 0..20 {
        assert!(player.play(&sine(600.0, frame)));
    }
    assert!(player.mark(1));
    let played = Instant::now();
    wait_for(|| {
        phone.hear_for_a_frame();
        player.reached() == 1
    });
    assert!(played.elapsed() >= Duration::from_millis(350), "20 frames take 400 ms: {:?}", played.elapsed());
    let voiced = phone.samples().iter().filter(|sample| sample.abs() > 1_000).count();
    assert!((frequency(&phone.samples()) - 600.0).abs() < 15.0 && voiced > 2_000);
    for frame in 0..30 {
        assert!(player.play(&sine(600.0, frame)));
    }
    player.clear();
    assert!(player.mark(2));
    let cleared = Instant::now();
    wait_for(|| player.reached() == 2);
    assert!(cleared.elapsed() < Duration::from_millis(300), "{:?}", cleared.elapsed());
}

#[test]
fn taps_are_counted_and_give_their_place_back() {
    let bench = Bench::new(|_| {});
    let mut phone = Phone::new(G711::ALaw);
    let session = bench.call(1, &mut phone);
    let mut held: Vec<Tap> = (0..MAX_TAPS).map(|_| bench.media.tap(session.id, ALL).unwrap()).collect();
    let refused = bench.media.tap(session.id, ALL).unwrap();
    wait_for(|| refused.reader.is_closed());
    held.clear();
    wait_for(|| {
        let mut tap = bench.media.tap(session.id, ALL).unwrap();
        let end = Instant::now() + Duration::from_millis(200);
        while Instant::now() < end {
            if tap.reader.read().is_some() {
                return true;
            }
            sleep(Duration::from_millis(5));
        }
        false
    });
}
