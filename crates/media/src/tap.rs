//! Taps: a copy of a session's audio for another thread, and audio played from there.
//!
//! Both ways are wait-free rings made on the caller's thread. The tick pushes what was heard and what was sent, and
//! pops what is to be played; it never waits for the other end. Whoever holds the tap looks at it every 20 ms or
//! so: waking it from the tick would take a lock.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use flexio_codec::{Decoder, FRAME_SAMPLES, G711};
use flexio_rtp::Header;
use rtrb::{Consumer, Producer, RingBuffer};

use crate::listen::Listening;

/// Taps of one session at one time; one more is refused by closing it at once.
pub const MAX_TAPS: usize = 8;
/// Pieces of audio that may wait in the media thread: 640 ms. More is the holder's business.
const PIECES: usize = 32;

/// What a tap is to carry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TapOptions {
    /// What the session's own party says.
    pub inbound: bool,
    /// What the party hears: prompts, the bridged party, played audio.
    pub outbound: bool,
    /// Audio can be played to the party.
    pub playback: bool,
    /// Audio kept for a reader that does not read, in ms; 100 to 60 000. More is dropped and counted.
    pub ring_ms: u32,
}

/// Which side of the conversation a frame is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TapTrack {
    /// Said by the session's party.
    Inbound,
    /// Heard by it.
    Outbound,
}

/// 20 ms of one track at 8 000 Hz.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TapFrame {
    /// Which track.
    pub track: TapTrack,
    /// Milliseconds from the beginning of the tap to the beginning of the frame. Frames that were dropped leave a gap.
    pub at_ms: u32,
    /// The samples.
    pub samples: [i16; FRAME_SAMPLES],
}

/// The holder's end of a tap. Dropping it ends the tap.
#[derive(Debug)]
pub struct Tap {
    /// Frames, in order.
    pub reader: TapReader,
    /// The way to the party's ear, when [`TapOptions::playback`] was asked for.
    pub player: Option<TapPlayer>,
}

/// Where the frames come out.
#[derive(Debug)]
pub struct TapReader {
    frames: Consumer<TapFrame>,
    counts: Arc<Counts>,
}

/// Where audio goes in.
#[derive(Debug)]
pub struct TapPlayer {
    pieces: Producer<Piece>,
    counts: Arc<Counts>,
    generation: u32,
}

/// What both ends know.
#[derive(Debug, Default)]
struct Counts {
    dropped: AtomicU64,
    /// The last mark that was played past.
    reached: AtomicU32,
    /// Pieces of an earlier generation are not played.
    generation: AtomicU32,
}

/// Audio or a mark on its way to the party.
#[derive(Debug, Clone, Copy)]
struct Piece {
    generation: u32,
    /// Told when the piece is over; 0 = nothing to tell.
    mark: u32,
    length: usize,
    samples: [i16; FRAME_SAMPLES],
}

impl TapReader {
    /// The next frame, if there is one.
    pub fn read(&mut self) -> Option<TapFrame> {
        self.frames.pop().ok()
    }

    /// Frames lost because the ring was full.
    pub fn dropped(&self) -> u64 {
        self.counts.dropped.load(Ordering::Relaxed)
    }

    /// The session has ended, or refused the tap, and every frame was read.
    pub fn is_closed(&self) -> bool {
        self.frames.is_abandoned() && self.frames.is_empty()
    }
}

impl TapPlayer {
    /// How many more frames or marks can be taken now.
    pub fn room(&self) -> usize {
        self.pieces.slots()
    }

    /// Plays up to 20 ms after what waits; false when there is no room, or too many samples.
    pub fn play(&mut self, samples: &[i16]) -> bool {
        let mut piece = self.piece(0, samples.len());
        let Some(room) = piece.samples.get_mut(..samples.len()) else { return false };
        room.copy_from_slice(samples);
        self.pieces.push(piece).is_ok()
    }

    /// Asks to be told when all before it was played: [`TapPlayer::reached`] becomes this number, which must be above 0
    /// and above those before it.
    pub fn mark(&mut self, number: u32) -> bool {
        let piece = self.piece(number, 0);
        self.pieces.push(piece).is_ok()
    }

    /// The last mark that was reached; 0 = none yet.
    pub fn reached(&self) -> u32 {
        self.counts.reached.load(Ordering::Acquire)
    }

    /// Forgets everything that waits, within one tick. Marks that wait are not reached any more.
    pub fn clear(&mut self) {
        self.generation = self.generation.wrapping_add(1);
        self.counts.generation.store(self.generation, Ordering::Release);
    }

    fn piece(&self, mark: u32, length: usize) -> Piece {
        Piece { generation: self.generation, mark, length, samples: [0; FRAME_SAMPLES] }
    }
}

/// The media thread's end of a tap.
#[derive(Debug)]
pub(crate) struct TapEnd {
    inbound: bool,
    /// Decodes what the party hears while that comes from another session.
    heard: Option<Box<Listening>>,
    frames: Producer<TapFrame>,
    playback: Option<Playback>,
    counts: Arc<Counts>,
    at_ms: u32,
}

#[derive(Debug)]
struct Playback {
    pieces: Consumer<Piece>,
    current: Option<(Piece, usize)>,
}

/// Makes both ends.
pub(crate) fn pair(options: TapOptions) -> (Tap, Box<TapEnd>) {
    let tracks = usize::from(options.inbound) + usize::from(options.outbound);
    let frames = options.ring_ms.clamp(100, 60_000) as usize / 20 * tracks.max(1);
    let (producer, consumer) = RingBuffer::new(frames);
    let counts = Arc::new(Counts::default());
    let (player, playback) = if options.playback {
        let (pieces, out) = RingBuffer::new(PIECES);
        let player = TapPlayer { pieces, counts: Arc::clone(&counts), generation: 0 };
        (Some(player), Some(Playback { pieces: out, current: None }))
    } else {
        (None, None)
    };
    let end = TapEnd {
        inbound: options.inbound,
        heard: options.outbound.then(|| Box::new(Listening::new())),
        frames: producer,
        playback,
        counts: Arc::clone(&counts),
        at_ms: 0,
    };
    (Tap { reader: TapReader { frames: consumer, counts }, player }, Box::new(end))
}

impl TapEnd {
    fn push(&mut self, track: TapTrack, samples: &[i16; FRAME_SAMPLES]) {
        let frame = TapFrame { track, at_ms: self.at_ms, samples: *samples };
        if self.frames.push(frame).is_err() {
            self.counts.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Writes what is to be heard now; false when nothing waits.
    fn fill(&mut self, out: &mut [i16; FRAME_SAMPLES]) -> bool {
        let Some(playback) = &mut self.playback else { return false };
        let generation = self.counts.generation.load(Ordering::Acquire);
        let mut filled = 0;
        // Bounded by the ring: each turn fills samples or takes a piece.
        while filled < FRAME_SAMPLES {
            let Some((piece, from)) =
                playback.current.take().or_else(|| playback.pieces.pop().ok().map(|p| (p, 0)))
            else {
                break;
            };
            if piece.generation != generation {
                continue;
            }
            if piece.mark > 0 {
                self.counts.reached.store(piece.mark, Ordering::Release);
            }
            let count = (piece.length - from).min(FRAME_SAMPLES - filled);
            out[filled..filled + count].copy_from_slice(&piece.samples[from..from + count]);
            filled += count;
            if from + count < piece.length {
                playback.current = Some((piece, from + count));
            }
        }
        if filled > 0 {
            out[filled..].fill(0);
        }
        filled > 0
    }
}

/// The taps of one session.
#[derive(Debug, Default)]
pub(crate) struct Taps {
    ends: [Option<Box<TapEnd>>; MAX_TAPS],
    /// One whose holder is gone, to be freed by another thread.
    pub spent: Option<Box<TapEnd>>,
}

impl Taps {
    /// Takes a tap; without room it goes, and its holder finds it closed.
    pub fn add(&mut self, end: Box<TapEnd>) {
        match self.ends.iter_mut().find(|end| end.is_none()) {
            Some(place) => *place = Some(end),
            // Where even that place is taken, the memory is freed here: it is the rarest of cases.
            None => self.spent = Some(end),
        }
    }

    fn ends(&mut self) -> impl Iterator<Item = &mut Box<TapEnd>> {
        self.ends.iter_mut().flatten()
    }

    pub fn is_empty(&self) -> bool {
        self.ends.iter().all(Option::is_none)
    }

    pub fn wants_inbound(&self) -> bool {
        self.ends.iter().flatten().any(|end| end.inbound)
    }

    pub fn want_outbound(&self) -> bool {
        self.ends.iter().flatten().any(|end| end.heard.is_some())
    }

    /// A packet of the bridged party was sent to ours, in our law.
    pub fn relayed(&mut self, arrival: u32, header: &Header, payload: &[u8]) {
        for heard in self.ends().filter_map(|end| end.heard.as_mut()) {
            heard.push(arrival, header, payload);
        }
    }

    /// Fills the frame from the first tap that has something to play.
    pub fn fill(&mut self, out: &mut [i16; FRAME_SAMPLES]) -> bool {
        self.ends().any(|end| end.fill(out))
    }

    /// 20 ms have passed: what was said and what was heard. With a law that came as packets of the bridged party, which
    /// each tap decodes for itself.
    pub fn tick(
        &mut self,
        law: Option<G711>,
        said: &[i16; FRAME_SAMPLES],
        heard: &[i16; FRAME_SAMPLES],
        missed: u64,
    ) {
        for place in &mut self.ends {
            let Some(end) = place else { continue };
            let skipped = u32::try_from(missed.saturating_mul(20)).unwrap_or(u32::MAX);
            end.at_ms = end.at_ms.wrapping_add(skipped);
            if end.inbound {
                end.push(TapTrack::Inbound, said);
            }
            if let Some(bridged) = &mut end.heard {
                let mut heard = *heard;
                if let Some(law) = law {
                    bridged.pull(&mut Decoder::g711(law), &mut heard);
                }
                end.push(TapTrack::Outbound, &heard);
            }
            end.at_ms = end.at_ms.wrapping_add(20);
            if end.frames.is_abandoned() && self.spent.is_none() {
                self.spent = place.take();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: TapOptions = TapOptions { inbound: true, outbound: true, playback: true, ring_ms: 100 };

    fn tap(options: TapOptions) -> (Tap, Taps) {
        let (tap, end) = pair(options);
        let mut taps = Taps::default();
        taps.add(end);
        (tap, taps)
    }

    fn fill(taps: &mut Taps) -> Option<Vec<i16>> {
        let mut samples = [0; FRAME_SAMPLES];
        let filled = taps.fill(&mut samples);
        filled.then(|| samples.to_vec())
    }

    #[test]
    fn both_tracks_come_out_with_their_time_and_a_full_ring_costs_frames_that_are_counted() {
        let (mut tap, mut taps) = tap(ALL);
        for _ in 0..7 {
            taps.tick(None, &[100; FRAME_SAMPLES], &[0; FRAME_SAMPLES], 0);
        }
        let frames: Vec<_> = std::iter::from_fn(|| tap.reader.read()).collect();
        assert_eq!((frames.len(), tap.reader.dropped()), (10, 4));
        assert_eq!((frames[0].track, frames[0].at_ms, frames[0].samples[0]), (TapTrack::Inbound, 0, 100));
        assert_eq!((frames[9].track, frames[9].at_ms, frames[9].samples[0]), (TapTrack::Outbound, 80, 0));
        taps.tick(Some(G711::MuLaw), &[1; FRAME_SAMPLES], &[0; FRAME_SAMPLES], 3);
        assert_eq!(tap.reader.read().map(|frame| frame.at_ms), Some(200));
    }

    #[test]
    fn pieces_are_joined_without_a_gap_and_marks_are_told_after_what_lies_before_them() {
        let (tap, mut taps) = tap(ALL);
        let mut player = tap.player.unwrap();
        assert_eq!(fill(&mut taps), None);
        assert!(player.play(&[1_000; 100]) && player.play(&[-1_000; 100]) && player.mark(1));
        assert!(!player.play(&[0; 161]));
        let first = fill(&mut taps).unwrap();
        assert!(first[..100].iter().all(|sample| *sample > 900) && first[100..].iter().all(|s| *s < -900));
        assert_eq!(player.reached(), 0);
        let second = fill(&mut taps).unwrap();
        assert!(second[..40].iter().all(|sample| *sample < -900) && second[40..].iter().all(|s| *s == 0));
        assert_eq!((fill(&mut taps), player.reached()), (None, 1));
    }

    #[test]
    fn clearing_forgets_what_waits_and_nothing_that_comes_after() {
        let (tap, mut taps) = tap(ALL);
        let mut player = tap.player.unwrap();
        for _ in 0..PIECES {
            assert!(player.play(&[1_000; FRAME_SAMPLES]));
        }
        assert!((player.room(), player.mark(1)) == (0, false));
        fill(&mut taps).unwrap();
        player.clear();
        assert_eq!(fill(&mut taps), None);
        assert!(player.play(&[-1_000; FRAME_SAMPLES]) && player.mark(2));
        assert!(fill(&mut taps).unwrap().iter().all(|sample| *sample < -900));
        assert_eq!((fill(&mut taps), player.reached()), (None, 2));
    }

    #[test]
    fn a_tap_without_a_holder_or_without_room_leaves() {
        let (tap, mut taps) = tap(ALL);
        drop(tap);
        taps.tick(Some(G711::MuLaw), &[0; FRAME_SAMPLES], &[0; FRAME_SAMPLES], 0);
        assert!(taps.is_empty() && taps.spent.take().is_some());
        let held: Vec<_> = (0..=MAX_TAPS)
            .map(|_| {
                let (tap, end) = pair(ALL);
                taps.add(end);
                tap
            })
            .collect();
        drop(taps.spent.take());
        let closed = held.iter().filter(|tap| tap.reader.is_closed()).count();
        assert_eq!(closed, 1);
    }
}
