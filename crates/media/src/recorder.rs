//! The media thread's side of a recording: decides when it ends, and hands samples to a writer thread.

use std::sync::{Arc, OnceLock};

use flexio_codec::{FRAME_SAMPLES, VoiceActivity, mix_into};
use rtrb::Producer;

use crate::listen::Listening;
use crate::{RecordChannels, RecordEnd};

/// Silence owed to the ring that is paid back per tick at most, in samples: bounds the work of a tick.
const REPAY_SAMPLES: usize = 3_200;

/// What the writer needs to know when the samples end.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ending {
    pub end: RecordEnd,
    pub empty: bool,
    /// Samples (of all channels) lost because the ring was full.
    pub lost: u64,
    /// Of those, samples that the writer must still make up for with silence.
    pub owed: u64,
}

/// What a recording is asked to do; the sink is elsewhere.
#[derive(Debug)]
pub(crate) struct Plan {
    pub channels: RecordChannels,
    /// 0 = no limit.
    pub max_ms: u32,
    /// 0 = never.
    pub silence_ms: u32,
    pub stop_keys: String,
}

/// A running recording.
#[derive(Debug)]
pub(crate) struct Recorder {
    plan: Plan,
    ring: Producer<i16>,
    ending: Arc<OnceLock<Ending>>,
    /// Decodes what the caller hears while that comes from another session in one of the laws of G.711.
    pub heard: Option<Box<Listening>>,
    activity: VoiceActivity,
    /// `Some(record_silence)` while paused.
    pause: Option<bool>,
    frames: u64,
    silent_frames: u64,
    has_voice: bool,
    lost: u64,
    owed: u64,
}

impl Recorder {
    pub fn new(plan: Plan, ring: Producer<i16>, ending: Arc<OnceLock<Ending>>) -> Self {
        let heard = (plan.channels != RecordChannels::Caller).then(|| Box::new(Listening::new()));
        Self {
            plan,
            ring,
            ending,
            heard,
            activity: VoiceActivity::new(),
            pause: None,
            frames: 0,
            silent_frames: 0,
            has_voice: false,
            lost: 0,
            owed: 0,
        }
    }

    pub fn pause(&mut self, silence: Option<bool>) {
        self.pause = silence;
    }

    /// Whether it has a channel for each side.
    pub fn is_dual(&self) -> bool {
        self.plan.channels == RecordChannels::Dual
    }

    /// Whether this digit ends the recording.
    pub fn stops_at(&self, digit: char) -> bool {
        self.plan.stop_keys.contains(digit)
    }

    /// 20 ms of what the caller said and heard; tells when the recording has to end.
    pub fn frame(
        &mut self,
        said: &mut [i16; FRAME_SAMPLES],
        heard: &mut [i16; FRAME_SAMPLES],
    ) -> Option<RecordEnd> {
        match self.pause {
            Some(false) => return None,
            Some(true) => {
                said.fill(0);
                heard.fill(0);
            }
            None => self.listen(said),
        }
        self.frames += 1;
        match self.plan.channels {
            RecordChannels::Caller => self.write(said),
            RecordChannels::Heard => self.write(heard),
            RecordChannels::Mixed => {
                mix_into(said, heard);
                self.write(said);
            }
            RecordChannels::Dual => {
                let mut both = [0; 2 * FRAME_SAMPLES];
                for (index, pair) in both.chunks_exact_mut(2).enumerate() {
                    pair.copy_from_slice(&[said[index], heard[index]]);
                }
                self.write(&both);
            }
        }
        let reached = |limit_ms: u32, frames: u64| limit_ms > 0 && frames * 20 >= u64::from(limit_ms);
        if reached(self.plan.max_ms, self.frames) {
            return Some(RecordEnd::Max);
        }
        reached(self.plan.silence_ms, self.silent_frames).then_some(RecordEnd::Silence)
    }

    /// The thread could not run for this many ticks: silence keeps the length right.
    pub fn missed(&mut self, ticks: u64) {
        if self.pause != Some(false) {
            self.frames += ticks;
            let samples = ticks * FRAME_SAMPLES as u64 * u64::from(self.plan.channels.count());
            self.lost += samples;
            self.owed += samples;
        }
    }

    fn listen(&mut self, said: &[i16]) {
        if self.activity.is_voice(said) {
            self.has_voice = true;
            self.silent_frames = 0;
        } else {
            self.silent_frames += 1;
        }
    }

    /// Hands samples over. When the ring is full they are lost, counted, and become silence as soon as there
    /// is room, so that what follows stays in its place.
    fn write(&mut self, samples: &[i16]) {
        if self.owed > 0 {
            let count = self.ring.slots().min(REPAY_SAMPLES);
            let count = count.min(usize::try_from(self.owed).unwrap_or(REPAY_SAMPLES));
            if let Ok(chunk) = self.ring.write_chunk(count) {
                chunk.commit_all();
                self.owed -= count as u64;
            }
        }
        if self.owed > 0 || self.ring.push_entire_slice(samples).is_err() {
            self.lost += samples.len() as u64;
            self.owed += samples.len() as u64;
        }
    }

    /// Ends the recording: the writer finds the ending once it has drained the ring.
    pub fn end(self, end: RecordEnd) {
        let ending = Ending { end, empty: !self.has_voice, lost: self.lost, owed: self.owed };
        // It is set here only, and `self` is gone afterwards.
        let _ = self.ending.set(ending);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rtrb::{Consumer, RingBuffer};

    fn recorder(plan: Plan, ring: usize) -> (Recorder, Consumer<i16>, Arc<OnceLock<Ending>>) {
        let (producer, consumer) = RingBuffer::new(ring);
        let ending = Arc::new(OnceLock::new());
        (Recorder::new(plan, producer, Arc::clone(&ending)), consumer, ending)
    }

    fn plan() -> Plan {
        let channels = RecordChannels::Caller;
        Plan { channels, max_ms: 0, silence_ms: 0, stop_keys: "#".into() }
    }

    const VOICE: [i16; FRAME_SAMPLES] = [3_000; FRAME_SAMPLES];

    fn drain(consumer: &mut Consumer<i16>) -> Vec<i16> {
        std::iter::from_fn(|| consumer.pop().ok()).collect()
    }

    #[test]
    fn a_full_ring_costs_its_overflow_only_and_keeps_everything_in_place() {
        let (mut recorder, mut consumer, ending) = recorder(plan(), 5 * FRAME_SAMPLES);
        let frame = |recorder: &mut Recorder| {
            assert_eq!(recorder.frame(&mut VOICE.clone(), &mut [0; FRAME_SAMPLES]), None);
        };
        (0..8).for_each(|_| frame(&mut recorder));
        let before = drain(&mut consumer);
        assert_eq!((before.len(), before.iter().all(|sample| *sample == 3_000)), (800, true));
        frame(&mut recorder);
        let after = drain(&mut consumer);
        assert_eq!(after.len(), 4 * FRAME_SAMPLES);
        assert!(after[..480].iter().all(|sample| *sample == 0) && after[480..].iter().all(|s| *s == 3_000));
        recorder.end(RecordEnd::Stopped);
        let ending = ending.get().unwrap();
        assert_eq!((ending.lost, ending.owed, ending.empty), (480, 0, false));
    }

    #[test]
    fn silence_and_length_end_it_and_silence_counts_anew_after_voice() {
        let (mut recorder, _consumer, _) = recorder(Plan { silence_ms: 100, max_ms: 400, ..plan() }, 100_000);
        let quiet =
            |recorder: &mut Recorder| recorder.frame(&mut [0; FRAME_SAMPLES], &mut [0; FRAME_SAMPLES]);
        for _ in 0..4 {
            assert_eq!(quiet(&mut recorder), None);
        }
        assert_eq!(recorder.frame(&mut VOICE.clone(), &mut [0; FRAME_SAMPLES]), None);
        for _ in 0..4 {
            assert_eq!(quiet(&mut recorder), None);
        }
        assert_eq!(quiet(&mut recorder), Some(RecordEnd::Silence));
        for _ in 0..9 {
            recorder.frame(&mut VOICE.clone(), &mut [0; FRAME_SAMPLES]);
        }
        assert_eq!(recorder.frame(&mut VOICE.clone(), &mut [0; FRAME_SAMPLES]), Some(RecordEnd::Max));
    }

    #[test]
    fn a_pause_is_left_out_or_silent_as_asked() {
        let (mut recorder, mut consumer, _) = recorder(plan(), 100_000);
        recorder.pause(Some(false));
        recorder.frame(&mut VOICE.clone(), &mut [0; FRAME_SAMPLES]);
        recorder.pause(Some(true));
        recorder.frame(&mut VOICE.clone(), &mut [0; FRAME_SAMPLES]);
        recorder.pause(None);
        recorder.frame(&mut VOICE.clone(), &mut [0; FRAME_SAMPLES]);
        let samples = drain(&mut consumer);
        assert_eq!((samples.len(), samples[0], samples[319]), (320, 0, 3_000));
    }

    #[test]
    fn two_channels_alternate_and_mixing_adds() {
        for (channels, expected) in [
            (RecordChannels::Dual, vec![3_000, 50, 3_000, 50]),
            (RecordChannels::Mixed, vec![3_050, 3_050]),
            (RecordChannels::Heard, vec![50, 50]),
        ] {
            let (mut recorder, mut consumer, _) = recorder(Plan { channels, ..plan() }, 100_000);
            recorder.frame(&mut VOICE.clone(), &mut [50; FRAME_SAMPLES]);
            assert_eq!(drain(&mut consumer)[..expected.len()], expected);
        }
    }
}
