use flexio_codec::G711;
use flexio_media::{Command, Event, PlayMode, PlaySource, SessionOptions};

use crate::digits::press;
use crate::peer::*;

/// Both talk for a while, each in its own tone, and keep what they hear in the second half.
fn talk_both(one: &mut Phone, two: &mut Phone, to: [std::net::SocketAddr; 2], frames: u32) {
    for frame in 0..frames {
        if frame == frames / 2 {
            one.heard.clear();
            two.heard.clear();
        }
        one.send_audio(to[0], &sine(500.0, frame));
        two.send_audio(to[1], &sine(800.0, frame));
        one.hear_for_a_frame();
        while two.hear_one(std::time::Duration::from_micros(10)) {}
    }
}

fn tones(one: &Phone, two: &Phone) -> [f64; 2] {
    [frequency(&one.samples()), frequency(&two.samples())]
}

fn is_near(measured: f64, wanted: f64) -> bool {
    (measured - wanted).abs() < 15.0
}

#[test]
fn both_hear_each_other_on_one_thread_and_on_two_in_any_laws() {
    for laws in [[G711::ALaw, G711::ALaw], [G711::ALaw, G711::MuLaw], [G711::MuLaw, G711::ALaw]] {
        for same_thread in [true, false] {
            let bench = Bench::new(|_| {});
            let (mut one, mut two) = (Phone::new(laws[0]), Phone::new(laws[1]));
            let a = bench.call(1, &mut one);
            // Without a hint the second session goes to the emptier of two threads.
            let near = same_thread.then_some(a.id);
            let b = bench.media.open(2, SessionOptions { near, ..SessionOptions::default() }).unwrap();
            bench.send(b, Command::SetRemote(two.negotiated()));
            bench.send(a, Command::Bridge { peer: b.id, relay_dtmf: true });
            talk_both(&mut one, &mut two, [a.local_rtp, b.local_rtp], 60);
            let heard = tones(&one, &two);
            assert!(is_near(heard[0], 800.0) && is_near(heard[1], 500.0), "{heard:?} {laws:?} {same_thread}");
            bench.media.stop();
        }
    }
}

#[test]
fn a_bridge_keeps_numbering_through_prompt_and_end() {
    let bench = Bench::new(|_| {});
    let (mut one, mut two) = (Phone::new(G711::ALaw), Phone::new(G711::ALaw));
    let a = bench.call(1, &mut one);
    let b = bench.media.open(2, SessionOptions { near: Some(a.id), ..SessionOptions::default() }).unwrap();
    bench.send(b, Command::SetRemote(two.negotiated()));
    bench.send(a, Command::Bridge { peer: b.id, relay_dtmf: true });
    let mut all = vec![];
    for part in 0..3 {
        if part == 1 {
            let source = PlaySource::Prompt(sine_prompt(300.0, 10));
            bench.send(b, Command::Play { play_id: 1, source, loops: 1, mode: PlayMode::Queue });
        }
        if part == 2 {
            bench.send(a, Command::Unbridge);
        }
        talk_both(&mut one, &mut two, [a.local_rtp, b.local_rtp], 20);
        all.extend(two.heard.drain(..).map(|(header, _)| header));
    }
    for pair in all.windows(2) {
        let step = pair[1].sequence.wrapping_sub(pair[0].sequence);
        assert!((1..=12).contains(&step), "{pair:?}");
        assert!(pair[1].timestamp.wrapping_sub(pair[0].timestamp).cast_signed() > 0, "{pair:?}");
        assert_eq!(pair[0].ssrc, pair[1].ssrc);
    }
    bench.media.stop();
}

#[test]
fn keys_cross_the_bridge_unless_swallowed_and_are_told_in_any_case() {
    for relay_dtmf in [true, false] {
        let bench = Bench::new(|_| {});
        let (mut one, mut two) = (Phone::new(G711::ALaw), Phone::new(G711::MuLaw));
        let (a, b) = (bench.call(1, &mut one), bench.call(2, &mut two));
        bench.send(a, Command::Bridge { peer: b.id, relay_dtmf });
        talk_both(&mut one, &mut two, [a.local_rtp, b.local_rtp], 10);
        two.heard.clear();
        press(&mut one, a.local_rtp, '5', |_| false);
        bench.wait(|event| matches!(event, Event::Dtmf { token: 1, digit: '5', .. }).then_some(()));
        let events = |two: &Phone| two.heard.iter().filter(|(header, _)| header.payload_type == 101).count();
        // The digit is told at its first end packet, the fifth; those before it have been passed on by then.
        let end = std::time::Instant::now() + PATIENCE;
        while relay_dtmf && events(&two) < 5 && std::time::Instant::now() < end {
            two.hear_one(std::time::Duration::from_millis(100));
        }
        bench.send(a, Command::Close);
        bench.wait(|event| matches!(event, Event::Closed { token: 1, .. }).then_some(()));
        while two.hear_one(std::time::Duration::from_millis(10)) && two.heard.len() < 100 {}
        assert!(if relay_dtmf { (5..=7).contains(&events(&two)) } else { events(&two) == 0 });
        bench.media.stop();
    }
}

#[test]
fn a_muted_caller_is_not_heard_and_a_silent_peer_is_filled_in() {
    let bench = Bench::new(|_| {});
    let (mut one, mut two) = (Phone::new(G711::ALaw), Phone::new(G711::ALaw));
    let (a, b) = (bench.call(1, &mut one), bench.call(2, &mut two));
    bench.send(a, Command::Bridge { peer: b.id, relay_dtmf: false });
    bench.send(a, Command::Mute(true));
    one.talk(a.local_rtp, 30, |frame| sine(500.0, frame));
    two.hear(20);
    assert!(two.samples().iter().all(|sample| sample.abs() < 50));
    bench.send(a, Command::Mute(false));
    talk_both(&mut one, &mut two, [a.local_rtp, b.local_rtp], 40);
    let heard = tones(&one, &two);
    assert!(is_near(heard[1], 500.0), "{heard:?}");
    bench.media.stop();
}
