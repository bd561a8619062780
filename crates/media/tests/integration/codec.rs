//! Sessions in every codec: prompts, bridges, recordings, keys, and a change of codec in the middle.

use flexio_codec::{Format, G711};
use flexio_media::{
    Command, Event, PlayMode, PlaySource, Record, RecordChannels, RecordSink, Saved, Session, SessionOptions,
};

use crate::digits::press;
use crate::mix::level;
use crate::peer::*;

const A_LAW: Format = Format::G711(G711::ALaw);

fn bridged(formats: [Format; 2], same_thread: bool) -> (Bench, [Phone; 2], [Session; 2]) {
    let bench = Bench::new(|_| {});
    let (mut one, two) = (Phone::with(formats[0]), Phone::with(formats[1]));
    let a = bench.call(1, &mut one);
    let near = same_thread.then_some(a.id);
    let b = bench.media.open(2, SessionOptions { near, ..SessionOptions::default() }).unwrap();
    bench.send(b, Command::SetRemote(two.negotiated()));
    bench.send(a, Command::Bridge { peer: b.id, relay_dtmf: true });
    (bench, [one, two], [a, b])
}

/// Both talk; what they heard in the second half is kept.
fn talk(phones: &mut [Phone; 2], sessions: [Session; 2], frames: u32) {
    for frame in 0..frames {
        if frame == frames / 2 {
            for phone in &mut *phones {
                phone.heard.clear();
            }
        }
        phones[0].send_audio(sessions[0].local_rtp, &sine(500.0, frame));
        phones[1].send_audio(sessions[1].local_rtp, &sine(800.0, frame));
        phones[0].hear_for_a_frame();
        while phones[1].hear_one(std::time::Duration::from_micros(10)) {}
    }
}

fn hear_each_other(phones: &[Phone; 2], what: &str) {
    let levels = [level(&phones[0].samples(), 800.0), level(&phones[1].samples(), 500.0)];
    assert!(levels.iter().all(|level| *level > 4_000.0), "{what}: {levels:?}");
    let own = [level(&phones[0].samples(), 500.0), level(&phones[1].samples(), 800.0)];
    assert!(own.iter().all(|level| *level < 500.0), "{what}: {own:?}");
}

#[test]
fn a_prompt_is_heard_in_every_codec_on_its_own_clock() {
    for format in [Format::G722, Format::Opus] {
        let bench = Bench::new(|_| {});
        let mut phone = Phone::with(format);
        let session = bench.call(1, &mut phone);
        let source = PlaySource::Prompt(sine_prompt(600.0, 60));
        bench.send(session, Command::Play { play_id: 1, source, loops: 1, mode: PlayMode::Queue });
        bench.wait(|event| matches!(event, Event::PlayDone { finished: true, .. }).then_some(()));
        while phone.hear_one(std::time::Duration::from_millis(1)) {}
        assert!(level(&phone.samples(), 600.0) > 3_000.0, "{format:?}");
        let units = 160 * format.units_per_sample();
        let mut steps =
            phone.heard.windows(2).map(|pair| pair[1].0.timestamp.wrapping_sub(pair[0].0.timestamp));
        assert!(steps.all(|step| step % units == 0 && step > 0), "{format:?}");
        bench.media.stop();
    }
}

#[test]
fn our_packets_are_as_long_as_the_other_side_asks_for() {
    for (format, ptime_ms, bytes) in
        [(A_LAW, 10, 80), (A_LAW, 30, 240), (Format::G722, 60, 480), (A_LAW, 20, 160)]
    {
        let bench = Bench::new(|_| {});
        let mut phone = Phone::with(format);
        let session = bench.open(1);
        let negotiated = flexio_sdp::Negotiated { ptime_ms, ..phone.negotiated() };
        bench.send(session, Command::SetRemote(negotiated));
        let source = PlaySource::Prompt(sine_prompt(600.0, 60));
        bench.send(session, Command::Play { play_id: 1, source, loops: 1, mode: PlayMode::Queue });
        bench.wait(|event| matches!(event, Event::PlayDone { finished: true, .. }).then_some(()));
        while phone.hear_one(std::time::Duration::from_millis(1)) {}
        assert!(phone.heard.len() > 10 && phone.heard.iter().all(|(_, payload)| payload.len() == bytes));
        let step = u32::try_from(bytes).unwrap();
        for pair in phone.heard.windows(2) {
            assert_eq!(pair[1].0.timestamp.wrapping_sub(pair[0].0.timestamp), step, "{format:?} {ptime_ms}");
            assert_eq!(pair[1].0.sequence.wrapping_sub(pair[0].0.sequence), 1);
        }
        assert!(level(&phone.samples(), 600.0) > 3_000.0, "{format:?} {ptime_ms}");
        bench.media.stop();
    }
}

#[test]
fn a_bridge_passes_packets_of_one_codec_on_untouched() {
    for format in [Format::G722, Format::Opus] {
        let (bench, mut phones, sessions) = bridged([format, format], true);
        talk(&mut phones, sessions, 60);
        hear_each_other(&phones, "passed on");
        let sent: Vec<u8> = (0..90).collect();
        phones[1].heard.clear();
        let header = phones[0].header;
        phones[0].send_raw(sessions[0].local_rtp, &header, &sent);
        let found = (0..50).any(|_| {
            phones[1].hear_one(std::time::Duration::from_millis(100));
            phones[1].heard.iter().any(|(_, payload)| *payload == sent)
        });
        assert!(found, "{format:?}");
        bench.media.stop();
    }
}

#[test]
fn a_bridge_transcodes_between_codecs_on_one_thread_and_on_two() {
    for formats in [[A_LAW, Format::Opus], [Format::G722, A_LAW], [Format::Opus, Format::G722]] {
        for same_thread in [true, false] {
            let (bench, mut phones, sessions) = bridged(formats, same_thread);
            talk(&mut phones, sessions, 100);
            hear_each_other(&phones, &format!("{formats:?}"));
            bench.media.stop();
        }
    }
}

#[test]
fn keys_cross_a_transcoding_bridge_once() {
    let (bench, mut phones, sessions) = bridged([A_LAW, Format::Opus], true);
    talk(&mut phones, sessions, 30);
    let [one, two] = &mut phones;
    press(one, sessions[0].local_rtp, '5', |_| false);
    bench.wait(|event| matches!(event, Event::Dtmf { token: 1, digit: '5', .. }).then_some(()));
    let events = |two: &Phone| -> Vec<u16> {
        let of_five =
            two.heard.iter().filter(|(header, payload)| header.payload_type == 101 && payload[0] == 5);
        of_five.map(|(_, payload)| u16::from_be_bytes([payload[2], payload[3]])).collect()
    };
    let end = std::time::Instant::now() + PATIENCE;
    while events(two).len() < 7 && std::time::Instant::now() < end {
        two.hear_one(std::time::Duration::from_millis(100));
    }
    // On the clock of Opus, as negotiated: 100 ms are 4 800 units.
    assert_eq!(events(two), [960, 1_920, 2_880, 3_840, 4_800, 4_800, 4_800]);
    press(two, sessions[1].local_rtp, '8', |_| false);
    bench.wait(|event| matches!(event, Event::Dtmf { token: 2, digit: '8', .. }).then_some(()));
    bench.media.stop();
}

#[test]
fn both_sides_of_a_bridge_are_recorded_whatever_their_codecs() {
    let dir = std::env::temp_dir().join(format!("flexio-codec-{}", std::process::id()));
    std::fs::create_dir_all(&dir).unwrap();
    for formats in [[Format::Opus, Format::Opus], [A_LAW, Format::Opus], [Format::Opus, A_LAW]] {
        let (bench, mut phones, sessions) = bridged(formats, true);
        talk(&mut phones, sessions, 10);
        bench.send(
            sessions[0],
            Command::StartRecord(Record {
                record_id: 1,
                sink: RecordSink::Wav { dir: dir.clone() },
                max_ms: 0,
                silence_ms: 0,
                stop_keys: String::new(),
                beep: false,
                trim: false,
                channels: RecordChannels::Dual,
            }),
        );
        talk(&mut phones, sessions, 80);
        bench.send(sessions[0], Command::StopRecord);
        let path = bench.wait(|event| match event {
            Event::RecordDone { saved: Ok(Saved::File { path, .. }), .. } => Some(path.clone()),
            _ => None,
        });
        let bytes = std::fs::read(path).unwrap();
        let channel = |at: usize| -> Vec<i16> {
            let pairs = bytes[44..].chunks_exact(4);
            pairs.map(|pair| i16::from_le_bytes([pair[at], pair[at + 1]])).skip(4_000).collect()
        };
        let levels = [level(&channel(0), 500.0), level(&channel(2), 800.0)];
        assert!(levels.iter().all(|level| *level > 4_000.0), "{formats:?}: {levels:?}");
        bench.media.stop();
    }
    std::fs::remove_dir_all(dir).unwrap();
}

#[test]
fn a_codec_is_changed_in_the_middle_of_a_bridge() {
    let (bench, mut phones, sessions) = bridged([A_LAW, A_LAW], true);
    talk(&mut phones, sessions, 40);
    hear_each_other(&phones, "before");
    // The same socket with another codec, as by a re-INVITE.
    let mut changed = Phone::with(Format::Opus);
    changed.header.ssrc = phones[1].header.ssrc;
    changed.header.sequence = phones[1].header.sequence;
    changed.socket = phones[1].socket.try_clone().unwrap();
    phones[1] = changed;
    bench.send(sessions[1], Command::SetRemote(phones[1].negotiated()));
    talk(&mut phones, sessions, 100);
    hear_each_other(&phones, "after");
    bench.media.stop();
}
