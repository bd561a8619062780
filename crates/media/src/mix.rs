//! A mix on one thread: what its members here say, what those of the other threads say, what they all hear.
//!
//! Time goes in frames of 20 ms that are the same on all threads. In frame *f* each member adds what it says to the
//! sum that is being built and hears the sum that is ready. At the start of the next frame the built sum is given
//! to the other threads and becomes the ready one, together with what the others gave for the frame before: a voice
//! is heard 20 ms later by members of its own thread and 40 ms later by those of another, and no thread ever waits
//! for another. A thread that is late by more than 20 ms is silent to the others meanwhile.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering, fence};

use flexio_codec::{Encoder, FRAME_SAMPLES, Format, G711, MAX_FRAME_BYTES, Sum, g711};

use crate::events::EventQueue;
use crate::order::MixOrder;
use crate::player::{Player, Track};
use crate::recorder::Recorder;
use crate::writer::{Job, Writers};
use crate::{Event, MixId, RecordEnd};

/// With more speakers than this on one thread only those who speak are mixed in; with fewer everybody is, so that a
/// small conference keeps the sound of its rooms.
const OPEN_MICROPHONES: u32 = 6;
/// Frames a lane keeps; a reader comes two frames later.
const LANE_FRAMES: usize = 4;
/// Two sums in one word.
const WORDS: usize = FRAME_SAMPLES / 2;

/// Where threads leave the sums of one mix for each other. Nobody waits: a reader that finds another frame than it
/// looks for hears nothing from that thread.
#[derive(Debug)]
pub(crate) struct Exchange {
    lanes: Box<[[Slot; LANE_FRAMES]]>,
}

/// One frame of one thread: written by that thread only, and marked before and after.
#[derive(Debug)]
struct Slot {
    /// 0 = being written, else twice the frame plus 2, plus 1 when there are sums.
    stamp: AtomicU64,
    words: [AtomicU64; WORDS],
}

impl Exchange {
    pub fn new(threads: usize) -> Self {
        let slot = || Slot { stamp: AtomicU64::new(0), words: std::array::from_fn(|_| AtomicU64::new(0)) };
        Self { lanes: (0..threads).map(|_| std::array::from_fn(|_| slot())).collect() }
    }

    fn publish(&self, thread: usize, frame: u64, sum: Option<&Sum>) {
        if self.lanes.len() == 1 {
            return;
        }
        let slot = &self.lanes[thread][place(frame)];
        let stamp = frame * 2 + 2;
        let Some(sum) = sum else {
            slot.stamp.store(stamp, Ordering::Release);
            return;
        };
        slot.stamp.store(0, Ordering::Relaxed);
        fence(Ordering::Release);
        for (word, pair) in slot.words.iter().zip(sum.values().chunks_exact(2)) {
            let value = u64::from(pair[0].cast_unsigned()) << 32 | u64::from(pair[1].cast_unsigned());
            word.store(value, Ordering::Relaxed);
        }
        slot.stamp.store(stamp + 1, Ordering::Release);
    }

    /// Adds what the other threads said in a frame; tells whether anybody did.
    fn collect(&self, thread: usize, frame: u64, into: &mut Sum) -> bool {
        let wanted = frame * 2 + 3;
        let mut has_any = false;
        for (other, lane) in self.lanes.iter().enumerate() {
            let slot = &lane[place(frame)];
            if other == thread || slot.stamp.load(Ordering::Acquire) != wanted {
                continue;
            }
            let words: [u64; WORDS] = std::array::from_fn(|at| slot.words[at].load(Ordering::Relaxed));
            fence(Ordering::Acquire);
            if slot.stamp.load(Ordering::Relaxed) != wanted {
                continue;
            }
            has_any = true;
            for (at, word) in words.into_iter().enumerate() {
                let [first, second] = halves(word);
                into.add_at(2 * at, first);
                into.add_at(2 * at + 1, second);
            }
        }
        has_any
    }
}

#[expect(clippy::cast_possible_truncation, reason = "four places")]
fn place(frame: u64) -> usize {
    (frame % LANE_FRAMES as u64) as usize
}

#[expect(clippy::cast_possible_truncation, reason = "the two halves of a word")]
fn halves(word: u64) -> [i32; 2] {
    [((word >> 32) as u32).cast_signed(), (word as u32).cast_signed()]
}

/// What only the thread does that a mix is at home on.
#[derive(Debug)]
pub(crate) struct Home {
    player: Player,
    /// Beeps: heard beside what plays.
    overlay: Player,
    recorder: Option<Box<Recorder>>,
}

impl Home {
    pub fn new() -> Self {
        Self { player: Player::for_prompts(), overlay: Player::new(4), recorder: None }
    }
}

/// A mix as one thread has it.
#[derive(Debug)]
pub(crate) struct MixPart {
    pub id: MixId,
    token: u64,
    thread: u8,
    exchange: Arc<Exchange>,
    pub home: Option<Home>,
    /// Members of this thread whose voice is wanted.
    speakers: u32,
    frame: u64,
    building: Sum,
    is_built: bool,
    ready: Sum,
    is_ready: bool,
    /// The ready frame in each law, once somebody asked for it.
    encoded: [Option<[u8; FRAME_SAMPLES]>; 2],
    /// Streams in G.722 and Opus that all share who say nothing.
    shared: [Shared; 2],
}

/// One stream of what everybody hears in a codec with memory. Its encoder is made by a disk thread when the first member
/// asks for it; until then each has its own.
#[derive(Debug)]
struct Shared {
    encoder: Option<Box<Encoder>>,
    is_asked_for: bool,
    bytes: [u8; MAX_FRAME_BYTES],
    length: usize,
    /// The frame the bytes are of.
    made_in: u64,
}

impl Shared {
    fn new() -> Self {
        Self { encoder: None, is_asked_for: false, bytes: [0; MAX_FRAME_BYTES], length: 0, made_in: 0 }
    }
}

fn shared_place(format: Format) -> Option<usize> {
    match format {
        Format::G711(_) => None,
        Format::G722 => Some(0),
        Format::Opus => Some(1),
    }
}

impl MixPart {
    pub fn new(id: MixId, token: u64, thread: u8, exchange: Arc<Exchange>, home: Option<Home>) -> Self {
        Self {
            id,
            token,
            thread,
            exchange,
            home,
            speakers: 0,
            frame: 0,
            building: Sum::new(),
            is_built: false,
            ready: Sum::new(),
            is_ready: false,
            encoded: [None; 2],
            shared: [Shared::new(), Shared::new()],
        }
    }

    // --- for members -------------------------------------------------------------------------------

    pub fn speaker_came(&mut self) {
        self.speakers += 1;
    }

    pub fn speaker_left(&mut self) {
        self.speakers = self.speakers.saturating_sub(1);
    }

    /// Whether only those who really speak are to be mixed in.
    pub fn is_crowded(&self) -> bool {
        self.speakers > OPEN_MICROPHONES
    }

    /// A member says this in the present frame.
    pub fn say(&mut self, samples: &[i16; FRAME_SAMPLES]) {
        self.building.add(samples);
        self.is_built = true;
    }

    /// What all hear who said nothing, encoded once for all of them.
    pub fn everything_encoded(&mut self, law: G711) -> &[u8; FRAME_SAMPLES] {
        let place = usize::from(law == G711::MuLaw);
        let (ready, is_ready) = (&self.ready, self.is_ready);
        self.encoded[place].get_or_insert_with(|| {
            let mut bytes = [law.silence(); FRAME_SAMPLES];
            if is_ready {
                let mut samples = [0; FRAME_SAMPLES];
                ready.whole(&mut samples);
                g711::encode(law, &samples, &mut bytes);
            }
            bytes
        })
    }

    /// The same in a codec with memory, from the stream all share; `None` while there is no encoder for it.
    pub fn everything_shared(
        &mut self,
        format: Format,
        writers: &Writers,
        out: &mut [u8; MAX_FRAME_BYTES],
    ) -> Option<usize> {
        let shared = &mut self.shared[shared_place(format)?];
        let Some(encoder) = &mut shared.encoder else {
            if !shared.is_asked_for {
                let job = Job::MixEncoder { thread: self.thread, mix: self.id, format };
                shared.is_asked_for = writers.give(job).is_ok();
            }
            return None;
        };
        if shared.made_in != self.frame {
            let mut samples = [0; FRAME_SAMPLES];
            if self.is_ready {
                self.ready.whole(&mut samples);
            }
            shared.length = encoder.encode(&samples, &mut shared.bytes);
            shared.made_in = self.frame;
        }
        out[..shared.length].copy_from_slice(&shared.bytes[..shared.length]);
        Some(shared.length)
    }

    /// What the member hears that said `own` in the frame before.
    pub fn without(&self, own: Option<&[i16; FRAME_SAMPLES]>, out: &mut [i16; FRAME_SAMPLES]) {
        match own {
            Some(own) => self.ready.without(own, out),
            None if self.is_ready => self.ready.whole(out),
            None => out.fill(0),
        }
    }

    // --- for the thread ----------------------------------------------------------------------------

    /// Opens on this thread in this frame.
    pub fn open(&mut self, frame: u64) {
        self.frame = frame;
    }

    /// A frame begins: what was built becomes what is heard.
    pub fn begin(&mut self, frame: u64, events: &mut EventQueue) {
        let missed = frame.saturating_sub(self.frame).saturating_sub(1);
        self.frame = frame;
        self.play(events);
        let before = frame.saturating_sub(1);
        self.exchange.publish(self.thread.into(), before, self.is_built.then_some(&self.building));
        std::mem::swap(&mut self.building, &mut self.ready);
        if std::mem::replace(&mut self.is_ready, self.is_built) {
            self.building.clear();
        }
        self.is_built = false;
        self.encoded = [None; 2];
        if self.exchange.collect(self.thread.into(), before.saturating_sub(1), &mut self.ready) {
            self.is_ready = true;
        }
        self.record(missed);
    }

    fn play(&mut self, events: &mut EventQueue) {
        let Some(home) = &mut self.home else { return };
        let token = self.token;
        for player in [&mut home.overlay, &mut home.player] {
            if player.is_empty() {
                continue;
            }
            let mut samples = [0; FRAME_SAMPLES];
            player.fill_samples(&mut samples, |play_id| {
                events.tell(Event::PlayDone { token, play_id, finished: true });
            });
            self.building.add(&samples);
            self.is_built = true;
        }
    }

    fn record(&mut self, missed: u64) {
        let Some(recorder) = self.home.as_mut().and_then(|home| home.recorder.as_mut()) else { return };
        recorder.missed(missed);
        let mut samples = [0; FRAME_SAMPLES];
        if self.is_ready {
            self.ready.whole(&mut samples);
        }
        let mut same = if recorder.is_dual() { samples } else { [0; FRAME_SAMPLES] };
        if let Some(end) = recorder.frame(&mut samples, &mut same) {
            self.end_record(end);
        }
    }

    fn end_record(&mut self, end: RecordEnd) {
        if let Some(recorder) = self.home.as_mut().and_then(|home| home.recorder.take()) {
            recorder.end(end);
        }
    }

    /// Obeys; only the part at home is told anything but to take an encoder, or to close, which is the thread's business.
    pub fn obey(&mut self, order: MixOrder, events: &mut EventQueue) {
        match order {
            MixOrder::Play(track) => {
                let refused = self.home.as_mut().and_then(|home| home.player.queue(track).err());
                self.stopped(refused, events);
            }
            MixOrder::StopPlay => self.stop_play(events),
            MixOrder::StartRecord(start) => {
                self.end_record(RecordEnd::Stopped);
                if let Some(home) = &mut self.home {
                    if let Some(beep) = start.beep {
                        // A fifth beep within the length of four is left out.
                        let _ = home.overlay.queue(beep);
                    }
                    home.recorder = Some(start.recorder);
                }
            }
            MixOrder::PauseRecord(silence) => {
                if let Some(recorder) = self.home.as_mut().and_then(|home| home.recorder.as_mut()) {
                    recorder.pause(silence);
                }
            }
            MixOrder::StopRecord => self.end_record(RecordEnd::Stopped),
            MixOrder::Encoder(encoder) => {
                if let Some(place) = shared_place(encoder.format()) {
                    self.shared[place].encoder = Some(encoder);
                }
            }
            MixOrder::Close => {}
        }
    }

    /// Ends what plays and what is recorded.
    pub fn wind_up(&mut self, events: &mut EventQueue) {
        self.stop_play(events);
        self.end_record(RecordEnd::Closed);
    }

    fn stop_play(&mut self, events: &mut EventQueue) {
        while let Some(track) = self.home.as_mut().and_then(|home| home.player.take()) {
            self.stopped(Some(track), events);
        }
    }

    fn stopped(&self, track: Option<Track>, events: &mut EventQueue) {
        if let Some(play_id) = track.and_then(|track| track.play_id) {
            events.tell(Event::PlayDone { token: self.token, play_id, finished: false });
        }
    }
}

/// The mixes of one thread.
#[derive(Debug)]
pub(crate) struct Mixes {
    places: Vec<Option<Box<MixPart>>>,
    open: Vec<u32>,
    frame: u64,
}

impl Mixes {
    pub fn new(capacity: usize) -> Self {
        Self { places: (0..capacity).map(|_| None).collect(), open: Vec::with_capacity(capacity), frame: 0 }
    }

    pub fn is_empty(&self) -> bool {
        self.open.is_empty()
    }

    /// The frame that runs.
    pub fn frame(&self) -> u64 {
        self.frame
    }

    pub fn find(&mut self, id: MixId) -> Option<&mut MixPart> {
        self.places.get_mut(id.index() as usize)?.as_deref_mut().filter(|part| part.id == id)
    }

    /// Takes a part over; the handle sees to it that its place is free.
    pub fn open(&mut self, mut part: Box<MixPart>, frame: u64) {
        let index = part.id.index();
        let Some(place) = self.places.get_mut(index as usize) else { return };
        part.open(frame);
        *place = Some(part);
        self.open.push(index);
    }

    /// Takes a part out, wound up, to be freed elsewhere.
    pub fn close(&mut self, id: MixId, events: &mut EventQueue) -> Option<Box<MixPart>> {
        self.find(id)?.wind_up(events);
        self.open.retain(|index| *index != id.index());
        self.places[id.index() as usize].take()
    }

    pub fn close_all(&mut self, events: &mut EventQueue) {
        for part in self.places.iter_mut().flatten() {
            part.wind_up(events);
        }
        self.open.clear();
    }

    pub fn begin(&mut self, frame: u64, events: &mut EventQueue) {
        self.frame = frame;
        for index in &self.open {
            if let Some(part) = &mut self.places[*index as usize] {
                part.begin(frame, events);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::EventSink;

    const LOUD: [i16; FRAME_SAMPLES] = [1_000; FRAME_SAMPLES];

    fn parts(threads: u8) -> (Vec<MixPart>, EventQueue) {
        let exchange = Arc::new(Exchange::new(threads.into()));
        let part = |thread| MixPart::new(MixId::new(0, 0), 1, thread, Arc::clone(&exchange), None);
        ((0..threads).map(part).collect(), EventQueue::new(EventSink::new(|_| Ok(()))))
    }

    fn heard(part: &MixPart) -> i16 {
        let mut out = [0; FRAME_SAMPLES];
        part.without(None, &mut out);
        out[0]
    }

    #[test]
    fn a_voice_is_heard_one_frame_later_here_and_two_frames_later_elsewhere() {
        let (mut parts, mut events) = parts(3);
        let mut course = vec![];
        for frame in 10..15 {
            for part in &mut parts {
                part.begin(frame, &mut events);
            }
            course.push(parts.iter().map(heard).collect::<Vec<_>>());
            if frame == 11 {
                parts[1].say(&LOUD);
            }
        }
        assert_eq!(course, [[0, 0, 0], [0, 0, 0], [0, 1_000, 0], [1_000, 0, 1_000], [0, 0, 0]]);
    }

    #[test]
    fn what_a_late_thread_gives_is_heard_neither_twice_nor_out_of_place() {
        let (mut parts, mut events) = parts(2);
        for frame in 10..30 {
            parts[0].begin(frame, &mut events);
            // The other thread stands still for some frames and then catches up.
            if !(14..20).contains(&frame) {
                parts[1].begin(frame, &mut events);
                parts[1].say(&LOUD);
            }
            assert!([0, 1_000].contains(&heard(&parts[0])), "{frame}");
        }
        assert_eq!(heard(&parts[0]), 1_000);
    }

    #[test]
    fn silence_is_encoded_once_and_voices_once_per_law() {
        let (mut parts, mut events) = parts(1);
        let part = &mut parts[0];
        part.begin(1, &mut events);
        assert_eq!(part.everything_encoded(G711::ALaw), &[0xD5; FRAME_SAMPLES]);
        part.say(&LOUD);
        part.begin(2, &mut events);
        let mut expected = [0; FRAME_SAMPLES];
        g711::encode(G711::MuLaw, &LOUD, &mut expected);
        assert_eq!(part.everything_encoded(G711::MuLaw), &expected);
        part.begin(3, &mut events);
        assert_eq!(part.everything_encoded(G711::MuLaw), &[0xFF; FRAME_SAMPLES]);
    }
}
