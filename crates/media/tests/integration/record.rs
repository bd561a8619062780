use std::io;
use std::path::Path;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};

use flexio_codec::G711;
use flexio_media::{Command, Event, Record, RecordChannels, RecordEnd, RecordSink, Saved, SinkWriter};

use crate::digits::press;
use crate::peer::*;

fn folder(name: &str) -> std::path::PathBuf {
    let dir = std::env::temp_dir().join(format!("flexio-media-{name}-{}", std::process::id()));
    std::fs::create_dir_all(&dir).unwrap();
    dir
}

fn record(sink: RecordSink) -> Record {
    Record {
        record_id: 5,
        sink,
        max_ms: 0,
        silence_ms: 0,
        stop_keys: String::new(),
        beep: false,
        trim: false,
        channels: RecordChannels::Caller,
    }
}

struct Done {
    end: RecordEnd,
    duration_ms: u32,
    saved: Result<Saved, String>,
    empty: bool,
    lost_ms: u32,
}

fn done(event: &Event) -> Option<Done> {
    match event.clone() {
        Event::RecordDone { token: 1, record_id: 5, end, duration_ms, saved, empty, lost_ms } => {
            Some(Done { end, duration_ms, saved, empty, lost_ms })
        }
        _ => None,
    }
}

/// Samples of a WAV file, checked to be what its header says.
fn read_wav(path: &Path, channels: u16) -> Vec<i16> {
    let bytes = std::fs::read(path).unwrap();
    let word = |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap());
    assert_eq!((&bytes[..4], &bytes[8..16]), (&b"RIFF"[..], &b"WAVEfmt "[..]));
    assert_eq!(u16::from_le_bytes([bytes[22], bytes[23]]), channels);
    assert_eq!((word(24), word(4) as usize, word(40) as usize), (8_000, bytes.len() - 8, bytes.len() - 44));
    bytes[44..].chunks(2).map(|pair| i16::from_le_bytes([pair[0], pair[1]])).collect()
}

fn path(saved: &Result<Saved, String>) -> std::path::PathBuf {
    match saved {
        Ok(Saved::File { path, .. }) => path.clone(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_recording_has_the_length_and_sound_of_the_talk() {
    let bench = Bench::new(|_| {});
    let dir = folder("length");
    let mut phone = Phone::new(G711::ALaw);
    let session = bench.call(1, &mut phone);
    phone.talk(session.local_rtp, 5, |frame| sine(500.0, frame));
    bench.send(
        session,
        Command::StartRecord(Record { max_ms: 2_000, ..record(RecordSink::Wav { dir: dir.clone() }) }),
    );
    phone.talk(session.local_rtp, 120, |frame| sine(500.0, frame));
    let done = bench.wait(done);
    assert_eq!((done.end, done.duration_ms, done.empty, done.lost_ms), (RecordEnd::Max, 2_000, false, 0));
    let samples = read_wav(&path(&done.saved), 1);
    assert_eq!(samples.len(), 16_000);
    let hz = frequency(&samples[1_600..]);
    assert!((490.0..510.0).contains(&hz), "{hz} Hz");
    bench.media.stop();
    std::fs::remove_dir_all(dir).unwrap();
}

/// Two sounds a quarter of a minute apart. A buffer that grew or shrank on the way, or a lost packet that left no gap, would move them.
#[test]
fn what_is_said_over_a_bad_link_keeps_its_place() {
    let bench = Bench::new(|_| {});
    let dir = folder("place");
    let mut phone = Phone::new(G711::ALaw);
    let session = bench.call(1, &mut phone);
    phone.talk(session.local_rtp, 5, |_| [0; 160]);
    bench.send(session, Command::StartRecord(record(RecordSink::Wav { dir: dir.clone() })));
    let (first, second) = (50, 800);
    let said = |frame: u32| {
        let sounds = (first..first + 10).contains(&frame) || (second..second + 10).contains(&frame);
        if sounds { sine(500.0, frame) } else { [0; 160] }
    };
    phone.talk_over_a_bad_link(session.local_rtp, 850, 7, said);
    bench.send(session, Command::StopRecord);
    let samples = read_wav(&path(&bench.wait(done).saved), 1);
    let loud: Vec<usize> = (0..samples.len()).filter(|at| samples[*at].unsigned_abs() > 2_000).collect();
    let begins = loud.iter().zip(loud.iter().skip(1)).find(|(at, next)| *next - *at > 80_000);
    let (last_of_first, first_of_second) = begins.expect("there are two sounds");
    // From the end of the one to the beginning of the other; a frame at each edge may have been lost.
    let apart_ms = (first_of_second - last_of_first) / 8;
    let sent_ms = (second - first - 10) as usize * 20;
    assert!(apart_ms.abs_diff(sent_ms) <= 20, "{apart_ms} ms apart, sent {sent_ms} ms apart");
    bench.media.stop();
    std::fs::remove_dir_all(dir).unwrap();
}

#[test]
fn a_stop_key_ends_it_after_the_beep_and_trimming_leaves_the_talk() {
    let bench = Bench::new(|_| {});
    let dir = folder("key");
    let mut phone = Phone::new(G711::MuLaw);
    let session = bench.call(1, &mut phone);
    let wanted = Record {
        stop_keys: "#".into(),
        beep: true,
        trim: true,
        ..record(RecordSink::Wav { dir: dir.clone() })
    };
    bench.send(session, Command::StartRecord(wanted));
    let silence = |_| [0; 160];
    phone.talk(session.local_rtp, 60, silence);
    phone.talk(session.local_rtp, 50, |frame| sine(500.0, frame));
    phone.talk(session.local_rtp, 40, silence);
    press(&mut phone, session.local_rtp, '1', |_| false);
    press(&mut phone, session.local_rtp, '#', |_| false);
    let done = bench.wait(done);
    assert_eq!((done.end, done.empty), (RecordEnd::Key('#'), false));
    // One second of talk with 200 ms of silence on each side.
    assert!((1_340..=1_480).contains(&done.duration_ms), "{} ms", done.duration_ms);
    let beep = frequency(&phone.samples()[..30 * 160]);
    assert!((960.0..1_040.0).contains(&beep), "{beep} Hz");
    bench.media.stop();
    std::fs::remove_dir_all(dir).unwrap();
}

#[test]
fn silence_ends_it_and_nobody_spoke() {
    let bench = Bench::new(|_| {});
    let dir = folder("silence");
    let mut phone = Phone::new(G711::ALaw);
    let session = bench.call(1, &mut phone);
    let wanted = Record { silence_ms: 500, trim: true, ..record(RecordSink::Wav { dir: dir.clone() }) };
    bench.send(session, Command::StartRecord(wanted));
    phone.talk(session.local_rtp, 30, |_| [0; 160]);
    let done = bench.wait(done);
    assert_eq!((done.end, done.duration_ms, done.empty), (RecordEnd::Silence, 0, true));
    bench.media.stop();
    std::fs::remove_dir_all(dir).unwrap();
}

#[test]
fn both_sides_of_a_bridge_are_recorded_apart() {
    let bench = Bench::new(|_| {});
    let dir = folder("dual");
    let (mut one, mut two) = (Phone::new(G711::ALaw), Phone::new(G711::MuLaw));
    let (a, b) = (bench.call(1, &mut one), bench.call(2, &mut two));
    bench.send(a, Command::Bridge { peer: b.id, relay_dtmf: true });
    let wanted = Record { channels: RecordChannels::Dual, ..record(RecordSink::Wav { dir: dir.clone() }) };
    bench.send(a, Command::StartRecord(wanted));
    for frame in 0..100 {
        one.send_audio(a.local_rtp, &sine(500.0, frame));
        two.send_audio(b.local_rtp, &sine(800.0, frame));
        one.hear_for_a_frame();
    }
    bench.send(a, Command::Close);
    let done = bench.wait(done);
    assert_eq!(done.end, RecordEnd::Closed);
    let samples = read_wav(&path(&done.saved), 2);
    let side = |at: usize| samples[1_600..].iter().skip(at).step_by(2).copied().collect::<Vec<_>>();
    let heard = [frequency(&side(0)), frequency(&side(1))];
    assert!((485.0..515.0).contains(&heard[0]) && (785.0..815.0).contains(&heard[1]), "{heard:?}");
    bench.media.stop();
    std::fs::remove_dir_all(dir).unwrap();
}

/// A disk that hangs in its first write until told to go on.
struct Stalling {
    begun: Sender<()>,
    go_on: Receiver<()>,
    samples: Sender<Vec<i16>>,
    stalled: bool,
}

impl SinkWriter for Stalling {
    fn write(&mut self, samples: &[i16]) -> io::Result<()> {
        if !self.stalled {
            self.stalled = true;
            self.begun.send(()).unwrap();
            self.go_on.recv().map_err(io::Error::other)?;
        }
        self.samples.send(samples.to_vec()).map_err(io::Error::other)
    }

    fn finish(&mut self, _empty: bool) -> io::Result<Saved> {
        Ok(Saved::Custom)
    }
}

/// Records while the disk hangs for this many frames; returns the event, the samples and how long it was recorded by the clock.
fn with_a_hanging_disk(ring_ms: Option<u32>, frames: u32) -> (Done, Vec<i16>, Duration) {
    let bench = Bench::new(|config| config.record_ring_ms = ring_ms.unwrap_or(config.record_ring_ms));
    let mut phone = Phone::new(G711::ALaw);
    let session = bench.call(1, &mut phone);
    phone.talk(session.local_rtp, 5, |_| [4_000; 160]);
    let ((begun, has_begun), (go, go_on), (samples, written)) = (channel(), channel(), channel());
    let sink = RecordSink::Custom(Box::new(Stalling { begun, go_on, samples, stalled: false }));
    let since = Instant::now();
    bench.send(session, Command::StartRecord(record(sink)));
    let talk = |phone: &mut Phone, frames| phone.talk(session.local_rtp, frames, |_| [4_000; 160]);
    while has_begun.try_recv().is_err() {
        talk(&mut phone, 1);
    }
    talk(&mut phone, frames);
    go.send(()).unwrap();
    talk(&mut phone, 50);
    let recorded = since.elapsed();
    bench.send(session, Command::StopRecord);
    let done = bench.wait(done);
    bench.media.stop();
    (done, written.iter().flatten().collect(), recorded)
}

#[test]
fn a_disk_that_hangs_for_less_than_the_ring_costs_nothing() {
    let (done, samples, _) = with_a_hanging_disk(Some(1_000), 40);
    assert_eq!((done.lost_ms, done.duration_ms as usize), (0, samples.len() / 8));
    let silent = samples[800..].iter().filter(|sample| sample.abs() < 1_000).count();
    assert!(silent < 800, "{silent} samples of silence");
}

#[test]
fn a_disk_that_hangs_for_ten_seconds_costs_nothing_as_configured() {
    let (done, samples, recorded) = with_a_hanging_disk(None, 500);
    assert_eq!((done.lost_ms, done.duration_ms as usize), (0, samples.len() / 8));
    let silent = samples[800..].iter().filter(|sample| sample.abs() < 1_000).count();
    assert!(silent < 800, "{silent} samples of silence");
    let off = i64::from(done.duration_ms) - i64::try_from(recorded.as_millis()).unwrap();
    assert!(off.abs() <= 20, "the recording is {off} ms off its length");
}

#[test]
fn a_disk_that_hangs_for_longer_costs_the_overflow_and_the_length_stays() {
    let (done, samples, _) = with_a_hanging_disk(Some(1_000), 90);
    assert!((500..=1_500).contains(&done.lost_ms), "{} ms lost", done.lost_ms);
    assert!((2_700..=3_300).contains(&done.duration_ms), "{} ms", done.duration_ms);
    assert_eq!(done.duration_ms as usize, samples.len() / 8);
}

#[test]
fn a_folder_that_is_not_there_is_an_error_in_the_event() {
    let bench = Bench::new(|_| {});
    let mut phone = Phone::new(G711::ALaw);
    let session = bench.call(1, &mut phone);
    bench.send(session, Command::StartRecord(record(RecordSink::Wav { dir: "/nonexistent/flexio".into() })));
    bench.send(session, Command::StopRecord);
    assert!(bench.wait(done).saved.is_err());
    bench.media.stop();
}
