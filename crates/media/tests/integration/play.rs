use flexio_codec::G711;
use flexio_media::{Command, Event, PlayMode, PlaySource, Tone};

use crate::peer::*;

fn play(play_id: u64, hz: f64, frames: u32, loops: u32, mode: PlayMode) -> Command {
    Command::Play { play_id, source: PlaySource::Prompt(sine_prompt(hz, frames)), loops, mode }
}

fn play_done(event: &Event) -> Option<(u64, bool)> {
    match event {
        Event::PlayDone { play_id, finished, .. } => Some((*play_id, *finished)),
        _ => None,
    }
}

#[test]
fn a_prompt_is_heard_as_it_was_in_both_laws() {
    for law in [G711::ALaw, G711::MuLaw] {
        let bench = Bench::new(|_| {});
        let mut phone = Phone::new(law);
        let session = bench.call(1, &mut phone);
        bench.send(session, play(7, 440.0, 50, 1, PlayMode::Queue));
        phone.hear(60);
        assert_eq!(bench.wait(play_done), (7, true));
        let hz = frequency(&phone.samples());
        assert!((435.0..445.0).contains(&hz), "{hz} Hz");
        bench.media.stop();
    }
}

#[test]
fn packets_are_numbered_without_gaps_and_timed_by_20_ms() {
    let bench = Bench::new(|_| {});
    let mut phone = Phone::new(G711::ALaw);
    let session = bench.call(1, &mut phone);
    bench.send(session, play(1, 440.0, 10, 1, PlayMode::Queue));
    phone.hear(100);
    for pair in phone.heard.windows(2) {
        assert_eq!(pair[1].0.sequence, pair[0].0.sequence.wrapping_add(1));
        assert_eq!(pair[1].0.timestamp, pair[0].0.timestamp.wrapping_add(160));
        assert_eq!((pair[1].0.ssrc, pair[1].0.marker), (pair[0].0.ssrc, false));
    }
    assert!(phone.heard[0].0.marker);
    bench.media.stop();
}

#[test]
fn queued_prompts_follow_each_other_without_a_missing_sample() {
    let bench = Bench::new(|_| {});
    let mut phone = Phone::new(G711::ALaw);
    let session = bench.call(1, &mut phone);
    // 333 samples each: prompts that end in the middle of packets.
    let piece = |at: usize| flexio_media::Prompt::new(vec![i16::try_from(1_000 * (at + 1)).unwrap(); 333]);
    for at in 0..10u64 {
        let source = PlaySource::Prompt(piece(usize::try_from(at).unwrap()));
        bench.send(session, Command::Play { play_id: at, source, loops: 1, mode: PlayMode::Queue });
    }
    for at in 0..10 {
        assert_eq!(bench.wait(play_done), (at, true));
    }
    phone.hear(25);
    let samples = phone.samples();
    let start = samples.iter().position(|sample| *sample > 500).unwrap();
    for (index, sample) in samples[start..start + 3_330].iter().enumerate() {
        let expected = 1_000 * (index / 333 + 1);
        let error = (i32::from(*sample) - i32::try_from(expected).unwrap()).abs();
        assert!(error < 400, "sample {index} is {sample}, not {expected}");
    }
    bench.media.stop();
}

#[test]
fn replacing_and_stopping_end_prompts_unfinished_each_exactly_once() {
    let bench = Bench::new(|_| {});
    let mut phone = Phone::new(G711::MuLaw);
    let session = bench.call(1, &mut phone);
    bench.send(session, play(1, 440.0, 10, 0, PlayMode::Queue));
    bench.send(session, play(2, 440.0, 10, 1, PlayMode::Queue));
    phone.hear(10);
    bench.send(session, play(3, 900.0, 10, 0, PlayMode::Replace));
    assert_eq!([bench.wait(play_done), bench.wait(play_done)], [(1, false), (2, false)]);
    phone.heard.clear();
    phone.hear(50);
    assert!((880.0..920.0).contains(&frequency(&phone.samples()[1_600..])));
    bench.send(session, Command::StopPlay);
    assert_eq!(bench.wait(play_done), (3, false));
    bench.send(session, Command::Close);
    let mut later = vec![];
    bench.wait(|event| {
        later.extend(play_done(event));
        matches!(event, Event::Closed { .. }).then_some(())
    });
    assert_eq!(later, []);
    bench.media.stop();
}

#[test]
fn too_many_waiting_prompts_are_refused_by_their_event() {
    let bench = Bench::new(|_| {});
    let mut phone = Phone::new(G711::ALaw);
    let session = bench.call(1, &mut phone);
    for play_id in 0..40 {
        bench.send(session, play(play_id, 440.0, 500, 1, PlayMode::Queue));
    }
    assert_eq!(bench.wait(play_done), (flexio_media::MAX_QUEUED_PROMPTS as u64 + 1, false));
    bench.media.stop();
}

#[test]
fn ringback_sounds_while_no_prompt_plays() {
    let bench = Bench::new(|_| {});
    let mut phone = Phone::new(G711::ALaw);
    let session = bench.call(1, &mut phone);
    bench.send(session, Command::Tone(Some(Tone::Ringback)));
    phone.hear(40);
    let hz = frequency(&phone.samples());
    assert!((415.0..435.0).contains(&hz), "{hz} Hz");
    bench.send(session, play(1, 900.0, 30, 1, PlayMode::Queue));
    assert_eq!(bench.wait(play_done), (1, true));
    bench.send(session, Command::Tone(None));
    bench.send(
        session,
        Command::Play { play_id: 2, source: PlaySource::Silence(100), loops: 1, mode: PlayMode::Queue },
    );
    assert_eq!(bench.wait(play_done), (2, true));
    bench.media.stop();
}
