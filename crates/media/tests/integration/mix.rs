//! Many sessions in one mix.

use std::time::{Duration, Instant};

use flexio_codec::{Format, G711};
use flexio_media::{
    Command, Depth, Event, MixCommand, MixId, MixMember, PlayMode, PlaySource, Record, RecordChannels,
    RecordSink, Saved, SendError, Session,
};

use crate::digits::press;
use crate::peer::*;

/// Phones in a room: phone `n` talks with a tone of its own.
struct Room {
    bench: Bench,
    mix: MixId,
    phones: Vec<Phone>,
    sessions: Vec<Session>,
    due: Option<Instant>,
}

/// The token of the mix.
const MIX: u64 = 1_000;

impl Room {
    /// Sessions go to two threads in turns.
    fn new(laws: &[G711], threads: usize) -> Self {
        let formats: Vec<Format> = laws.iter().map(|law| Format::G711(*law)).collect();
        Self::with(&formats, threads)
    }

    fn with(formats: &[Format], threads: usize) -> Self {
        let bench = Bench::new(|config| config.threads = threads);
        let mix = bench.media.open_mix(MIX).unwrap();
        let mut room = Self { bench, mix, phones: vec![], sessions: vec![], due: None };
        for format in formats {
            room.phones.push(Phone::with(*format));
            let token = room.phones.len() as u64 - 1;
            let session = room.bench.call(token, room.phones.last_mut().unwrap());
            room.sessions.push(session);
            room.join(room.sessions.len() - 1, MixMember::default());
        }
        room
    }

    fn join(&self, who: usize, member: MixMember) {
        self.bench.send(self.sessions[who], Command::JoinMix { mix: self.mix, member });
    }

    fn set(&self, who: usize, member: MixMember) {
        self.bench.send(self.sessions[who], Command::SetMember(member));
    }

    fn order(&self, command: MixCommand) {
        self.bench.media.send_mix(self.mix, command).unwrap();
    }

    /// Those named talk for this many frames; what was heard in the second half is kept.
    fn talk(&mut self, talkers: &[usize], frames: u32) {
        for frame in 0..frames {
            if frame == frames / 2 {
                for phone in &mut self.phones {
                    phone.heard.clear();
                }
            }
            for talker in talkers {
                let to = self.sessions[*talker].local_rtp;
                self.phones[*talker].send_audio(to, &sine(tone(*talker), frame));
            }
            let due = self.due.unwrap_or_else(Instant::now) + Duration::from_millis(20);
            self.due = Some(due);
            std::thread::sleep(due.saturating_duration_since(Instant::now()));
            for phone in &mut self.phones {
                // A timeout of a socket is longer than it says; there is no time for one per phone.
                phone.socket.set_nonblocking(true).unwrap();
                while phone.hear_one(Duration::ZERO) {}
                phone.socket.set_nonblocking(false).unwrap();
            }
        }
    }

    /// Whose tones this phone heard.
    fn heard(&self, who: usize) -> Vec<usize> {
        let samples = self.phones[who].samples();
        (0..self.phones.len()).filter(|other| level(&samples, tone(*other)) > 1_000.0).collect()
    }
}

fn tone(who: usize) -> f64 {
    f64::from(u32::try_from(who).unwrap()).mul_add(200.0, 400.0)
}

/// Amplitude of a frequency in these samples (Goertzel).
pub fn level(samples: &[i16], hz: f64) -> f64 {
    assert!(samples.len() > 800, "only {} samples were heard", samples.len());
    let step = std::f64::consts::TAU * hz / 8_000.0;
    let (mut one, mut two) = (0.0, 0.0);
    for sample in samples {
        (one, two) = (2.0f64.mul_add(step.cos() * one, f64::from(*sample)) - two, one);
    }
    #[expect(clippy::cast_precision_loss, reason = "a count of samples")]
    let length = samples.len() as f64;
    2.0 * (one * one + two * two - 2.0 * step.cos() * one * two).max(0.0).sqrt() / length
}

#[test]
fn everybody_hears_all_others_and_nobody_himself_on_one_thread_and_on_two() {
    for threads in [1, 2] {
        let mut room = Room::new(&[G711::ALaw, G711::MuLaw, G711::ALaw, G711::MuLaw], threads);
        room.talk(&[0, 1, 2], 80);
        assert_eq!(room.heard(0), [1, 2], "{threads}");
        assert_eq!(room.heard(1), [0, 2], "{threads}");
        assert_eq!(room.heard(2), [0, 1], "{threads}");
        assert_eq!(room.heard(3), [0, 1, 2], "{threads}");
        // Every frame of a steady tone came through: no gap where threads meet.
        let samples = room.phones[3].samples();
        assert!(samples.chunks(160).all(|frame| frame.iter().any(|sample| *sample > 3_000)));
        room.bench.media.stop();
    }
}

#[test]
fn members_of_all_codecs_hear_each_other() {
    let mut room = Room::with(&[Format::Opus, Format::G722, Format::G711(G711::ALaw), Format::Opus], 2);
    room.talk(&[0, 1, 2], 100);
    assert_eq!([room.heard(0), room.heard(1)], [vec![1, 2], vec![0, 2]]);
    assert_eq!([room.heard(2), room.heard(3)], [vec![0, 1], vec![0, 1, 2]]);
    room.bench.media.stop();
}

#[test]
fn members_are_muted_put_on_hold_and_coached_while_it_runs() {
    for threads in [1, 2] {
        let mut room = Room::new(&[G711::ALaw; 3], threads);
        let plain = MixMember::default();
        room.set(0, MixMember { speaks: false, ..plain });
        room.set(2, MixMember { hears: false, ..plain });
        room.talk(&[0, 1, 2], 80);
        assert_eq!([room.heard(0), room.heard(1), room.heard(2)], [vec![1, 2], vec![2], vec![]]);
        // 0 coaches 1: 2 does not hear it, and it hears both.
        room.set(0, MixMember { coach: Some(room.sessions[1].id), ..plain });
        room.set(2, plain);
        room.talk(&[0, 1, 2], 80);
        assert_eq!([room.heard(0), room.heard(1), room.heard(2)], [vec![1, 2], vec![0, 2], vec![1]]);
        room.bench.send(room.sessions[1], Command::LeaveMix);
        room.talk(&[0, 1, 2], 80);
        assert_eq!([room.heard(0), room.heard(1), room.heard(2)], [vec![2], vec![], vec![]]);
        room.bench.media.stop();
    }
}

#[test]
fn one_on_hold_hears_music_of_its_own_and_its_keys_still_count() {
    let mut room = Room::new(&[G711::ALaw; 3], 2);
    room.set(2, MixMember { hears: false, ..MixMember::default() });
    let source = PlaySource::Prompt(sine_prompt(1_500.0, 100));
    room.bench.send(room.sessions[2], Command::Play { play_id: 5, source, loops: 0, mode: PlayMode::Queue });
    room.talk(&[0, 2], 80);
    assert_eq!([room.heard(0), room.heard(1), room.heard(2)], [vec![2], vec![0, 2], vec![]]);
    assert!(level(&room.phones[2].samples(), 1_500.0) > 1_000.0);
    press(&mut room.phones[2], room.sessions[2].local_rtp, '7', |_| false);
    room.bench.wait(|event| matches!(event, Event::Dtmf { token: 2, digit: '7', .. }).then_some(()));
    room.bench.media.stop();
}

#[test]
fn an_announcement_is_heard_by_all_and_told_to_be_over() {
    let mut room = Room::new(&[G711::ALaw, G711::MuLaw, G711::ALaw], 2);
    let play = |play_id, loops| {
        let source = PlaySource::Prompt(sine_prompt(2_000.0, 40));
        MixCommand::Play { play_id, source, loops }
    };
    room.order(play(1, 0));
    room.order(play(2, 1));
    room.talk(&[0], 80);
    for phone in &room.phones {
        assert!(level(&phone.samples(), 2_000.0) > 1_000.0);
    }
    assert_eq!([room.heard(0), room.heard(1)], [vec![], vec![0]]);
    room.order(MixCommand::StopPlay);
    let done = |event: &Event| match event {
        Event::PlayDone { token: MIX, play_id, finished } => Some((*play_id, *finished)),
        _ => None,
    };
    assert_eq!([room.bench.wait(done), room.bench.wait(done)], [(1, false), (2, false)]);
    room.order(play(3, 1));
    assert_eq!(room.bench.wait(done), (3, true));
    room.bench.media.stop();
}

#[test]
fn a_recording_of_the_mix_has_all_voices_and_its_end_is_told_with_the_token_of_the_mix() {
    let dir = tempfile();
    let mut room = Room::new(&[G711::ALaw; 3], 2);
    let channels = RecordChannels::Mixed;
    let sink = RecordSink::Wav { dir: dir.clone() };
    let stop_keys = String::new();
    room.order(MixCommand::StartRecord(Record {
        record_id: 9,
        sink,
        max_ms: 0,
        silence_ms: 0,
        stop_keys,
        beep: true,
        trim: false,
        channels,
    }));
    room.talk(&[0, 1, 2], 100);
    room.order(MixCommand::Close);
    let (path, duration_ms) = room.bench.wait(|event| match event {
        Event::RecordDone {
            token: MIX,
            record_id: 9,
            saved: Ok(Saved::File { path, .. }),
            duration_ms,
            ..
        } => Some((path.clone(), *duration_ms)),
        _ => None,
    });
    assert!((1_900..2_600).contains(&duration_ms), "{duration_ms}");
    let bytes = std::fs::read(path).unwrap();
    let samples: Vec<i16> =
        bytes[44..].chunks_exact(2).map(|pair| i16::from_le_bytes([pair[0], pair[1]])).collect();
    let voices = &samples[4_000..14_000];
    assert!((0..3).all(|who| level(voices, tone(who)) > 3_000.0));
    assert!(level(&samples[..3_000], 1_000.0) > 500.0, "no beep");
    std::fs::remove_dir_all(dir).unwrap();
    room.bench.media.stop();
}

#[test]
fn in_a_crowd_only_talk_is_mixed_in_and_talk_is_told_when_asked_for() {
    let mut room = Room::new(&[G711::ALaw; 9], 1);
    room.set(0, MixMember { talk_events: true, ..MixMember::default() });
    room.talk(&[0, 4], 80);
    assert_eq!([room.heard(0), room.heard(4), room.heard(8)], [vec![4], vec![0], vec![0, 4]]);
    let talking = |event: &Event| match event {
        Event::Talking { token, talking } => Some((*token, *talking)),
        _ => None,
    };
    assert_eq!(room.bench.wait(talking), (0, true));
    room.talk(&[4], 60);
    assert_eq!(room.bench.wait(talking), (0, false));
    // Those who say nothing all get the same bytes.
    let payloads = |room: &Room, who: usize| -> Vec<Vec<u8>> {
        room.phones[who].heard.iter().map(|(_, payload)| payload.clone()).collect()
    };
    let (one, two) = (payloads(&room, 7), payloads(&room, 8));
    let shared = one.iter().filter(|payload| two.contains(payload)).count();
    assert!(shared + 3 >= one.len(), "{shared} of {}", one.len());
    room.bench.media.stop();
}

#[test]
fn mixes_are_limited_end_for_their_members_and_leave_nothing() {
    let mut room = Room::new(&[G711::ALaw; 2], 2);
    room.talk(&[0], 40);
    assert_eq!(room.heard(1), [0]);
    assert_eq!(room.bench.media.open_mixes(), 1);
    room.order(MixCommand::Close);
    assert_eq!(room.bench.media.open_mixes(), 0);
    let refused = room.bench.media.send_mix(room.mix, MixCommand::StopPlay);
    assert_eq!(refused, Err(SendError::NoMix));
    let join = Command::JoinMix { mix: room.mix, member: MixMember::default() };
    assert_eq!(room.bench.media.send(room.sessions[0].id, join), Err(SendError::NoMix));
    // Its place is used again, under another name, and nobody of before is in it.
    let again = room.bench.media.open_mix(MIX).unwrap();
    assert_ne!(again, room.mix);
    room.mix = again;
    room.talk(&[0], 40);
    assert_eq!(room.heard(1), Vec::<usize>::new());
    room.join(0, MixMember::default());
    room.join(1, MixMember::default());
    room.talk(&[0], 40);
    assert_eq!(room.heard(1), [0]);
    // A bridge ends a membership, a membership a bridge.
    let peer = room.sessions[1].id;
    room.bench.send(room.sessions[0], Command::Bridge { peer, relay_dtmf: false });
    room.talk(&[0], 40);
    assert_eq!([room.heard(1), room.heard(0)], [vec![0], vec![]]);
    room.join(0, MixMember::default());
    room.talk(&[0], 40);
    assert_eq!(room.heard(1), Vec::<usize>::new());
    let full = Bench::new(|config| config.max_mixes = 1);
    full.media.open_mix(1).unwrap();
    assert!(full.media.open_mix(2).is_err());
    full.media.stop();
    room.bench.media.stop();
}

fn tempfile() -> std::path::PathBuf {
    let dir = std::env::temp_dir().join(format!("flexio-mix-{}", std::process::id()));
    std::fs::create_dir_all(&dir).unwrap();
    dir
}

#[test]
fn a_member_that_is_kept_back_for_longer_is_heard_later_and_loses_less_of_what_comes_in_bursts() {
    // Each fifth packet stalls the rest for 100 ms.
    let heard = |depth| {
        let mut room = Room::new(&[G711::ALaw, G711::ALaw], 1);
        room.set(0, MixMember { depth, ..MixMember::default() });
        let to = room.sessions[0].local_rtp;
        let mut packets = vec![];
        for burst in 0..30_u32 {
            for frame in 0..5 {
                packets.push(room.phones[0].packet(&sine(tone(0), burst * 5 + frame)));
            }
            let hears = Instant::now() + Duration::from_millis(100);
            while let Some(left) = hears.checked_duration_since(Instant::now()) {
                room.phones[1].hear_one(left.max(Duration::from_millis(1)));
            }
            for (header, payload) in packets.drain(..) {
                room.phones[0].send_raw(to, &header, &payload);
            }
        }
        let samples = room.phones[1].samples();
        // Whatever was made up for what is lost fades.
        samples.chunks(160).skip(50).filter(|frame| frame.iter().all(|s| s.abs() < 7_000)).count()
    };
    let shallow = heard(Depth { least_ms: 0, most_ms: 40 });
    let deep = heard(Depth { least_ms: 60, most_ms: 400 });
    assert!(shallow > 20 && deep * 3 < shallow, "{shallow} and {deep} frames are missing");
}
