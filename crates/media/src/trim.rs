//! Leaving out the silence at both ends of a recording.

use flexio_codec::{FRAME_SAMPLES, VoiceActivity};

/// Silence kept before the first and after the last voice: 200 ms.
const KEPT_FRAMES: usize = 10;
/// Silence held back while it might be the end: 30 s. A longer one is taken for a pause and written.
const HELD_FRAMES: usize = 1_500;

/// Passes samples on from the first voice to the last.
#[derive(Debug)]
pub(crate) struct Trimmer {
    channels: usize,
    activity: VoiceActivity,
    has_voice: bool,
    /// Samples of a frame that is not complete.
    partial: Vec<i16>,
    /// Silent frames that wait for a voice.
    held: Vec<i16>,
    out: Vec<i16>,
}

impl Trimmer {
    pub fn new(channels: u16) -> Self {
        Self {
            channels: channels.into(),
            activity: VoiceActivity::new(),
            has_voice: false,
            partial: Vec::new(),
            held: Vec::new(),
            out: Vec::new(),
        }
    }

    /// Takes samples and returns those that are certain to belong to the recording.
    pub fn take(&mut self, samples: &[i16]) -> &[i16] {
        self.out.clear();
        self.partial.extend_from_slice(samples);
        let length = FRAME_SAMPLES * self.channels;
        let whole = self.partial.len() / length * length;
        let frames = std::mem::take(&mut self.partial);
        for frame in frames[..whole].chunks_exact(length) {
            self.frame(frame);
        }
        self.partial.extend_from_slice(&frames[whole..]);
        &self.out
    }

    fn frame(&mut self, frame: &[i16]) {
        self.held.extend_from_slice(frame);
        let length = frame.len();
        if self.activity.is_voice(frame) {
            self.has_voice = true;
            self.out.append(&mut self.held);
        } else if !self.has_voice {
            let surplus = self.held.len().saturating_sub(KEPT_FRAMES * length);
            self.held.drain(..surplus);
        } else if self.held.len() > HELD_FRAMES * length {
            self.out.append(&mut self.held);
        }
    }

    /// The end: what is still kept of the last silence. Without any voice nothing is.
    pub fn finish(&mut self) -> &[i16] {
        if !self.has_voice {
            return &[];
        }
        self.held.append(&mut self.partial);
        self.held.truncate(KEPT_FRAMES * FRAME_SAMPLES * self.channels);
        &self.held
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trimmed(parts: &[(i16, usize)], channels: u16, slice: usize) -> Vec<i16> {
        let samples: Vec<i16> = parts
            .iter()
            .flat_map(|(level, frames)| vec![*level; frames * 160 * usize::from(channels)])
            .collect();
        let mut trimmer = Trimmer::new(channels);
        let mut out = vec![];
        for slice in samples.chunks(slice) {
            out.extend_from_slice(trimmer.take(slice));
        }
        out.extend_from_slice(trimmer.finish());
        out
    }

    #[test]
    fn silence_at_both_ends_is_cut_to_200_ms_and_pauses_stay() {
        for channels in [1, 2] {
            for slice in [77, 160, 100_000] {
                let out = trimmed(&[(0, 100), (5_000, 20), (0, 50), (5_000, 20), (0, 300)], channels, slice);
                assert_eq!(out.len(), (10 + 20 + 50 + 20 + 10) * 160 * usize::from(channels));
            }
        }
    }

    #[test]
    fn nothing_but_silence_is_nothing() {
        assert!(trimmed(&[(0, 500)], 1, 1_000).is_empty());
    }
}
