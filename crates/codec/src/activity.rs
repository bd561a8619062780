//! Whether somebody speaks.

use crate::FRAME_SAMPLES;

/// Below this level nothing counts as voice: mean square of −51 dBm0.
const FLOOR_MIN: u32 = 60 * 60;
/// Above this level everything does, so that a steady loud sound is not learnt as silence: −33 dBm0.
const FLOOR_MAX: u32 = 500 * 500;
/// Voice is at least 8 dB above the noise.
const ABOVE_NOISE: u32 = 6;

/// Tells voice from background noise by energy, frame by frame.
#[derive(Debug, Clone)]
pub struct VoiceActivity {
    /// Mean square of the background, in 1/256.
    noise_x256: u64,
}

impl Default for VoiceActivity {
    fn default() -> Self {
        Self::new()
    }
}

impl VoiceActivity {
    /// Starts out in a quiet room.
    pub fn new() -> Self {
        Self { noise_x256: u64::from(FLOOR_MIN) << 8 }
    }

    /// Whether a frame (20 ms; other lengths work too) holds voice.
    pub fn is_voice(&mut self, frame: &[i16]) -> bool {
        let energy = mean_square(frame);
        let noise = u32::try_from(self.noise_x256 >> 8).unwrap_or(FLOOR_MAX);
        let is_voice = energy > noise.saturating_mul(ABOVE_NOISE).min(FLOOR_MAX * ABOVE_NOISE);
        let sample = u64::from(energy) << 8;
        // Falls within 0.3 s, rises within seconds: talk has pauses, background has none.
        self.noise_x256 = if sample < self.noise_x256 {
            self.noise_x256 - (self.noise_x256 - sample) / 16
        } else {
            self.noise_x256 + (self.noise_x256 / 256).min(sample - self.noise_x256)
        }
        .clamp(u64::from(FLOOR_MIN) << 8, u64::from(FLOOR_MAX) << 8);
        is_voice
    }
}

fn mean_square(frame: &[i16]) -> u32 {
    // 32-bit squares in 64-bit sums: a form the compiler turns into vector instructions.
    let square = |sample: &i16| (i32::from(*sample) * i32::from(*sample)).unsigned_abs();
    let sum: u64 = frame.iter().map(|sample| u64::from(square(sample))).sum();
    let length = if frame.is_empty() { FRAME_SAMPLES as u64 } else { frame.len() as u64 };
    // At most 2³⁰: the square of the greatest sample.
    u32::try_from(sum / length).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Random;

    fn noise(random: &mut Random, peak: u32) -> [i16; FRAME_SAMPLES] {
        std::array::from_fn(|_| {
            i16::try_from(random.below(2 * peak + 1)).unwrap() - i16::try_from(peak).unwrap()
        })
    }

    #[test]
    fn silence_and_line_noise_are_no_voice_and_speech_level_is() {
        let mut random = Random::new(1);
        let mut activity = VoiceActivity::new();
        assert!(!activity.is_voice(&[0; FRAME_SAMPLES]));
        assert!(!activity.is_voice(&[8; FRAME_SAMPLES]));
        assert!((0..500).all(|_| !activity.is_voice(&noise(&mut random, 100))));
        assert!(activity.is_voice(&noise(&mut random, 2_000)));
    }

    #[test]
    fn a_noisy_street_is_learnt_and_talk_over_it_still_heard() {
        let mut random = Random::new(2);
        let mut activity = VoiceActivity::new();
        for _ in 0..1_500 {
            activity.is_voice(&noise(&mut random, 600));
        }
        assert!((0..100).all(|_| !activity.is_voice(&noise(&mut random, 600))));
        assert!(activity.is_voice(&noise(&mut random, 4_000)));
    }

    #[test]
    fn a_steady_loud_tone_never_becomes_silence() {
        let mut activity = VoiceActivity::new();
        let tone: [i16; FRAME_SAMPLES] = std::array::from_fn(|n| if n % 8 < 4 { 5_000 } else { -5_000 });
        assert!((0..3_000).all(|_| activity.is_voice(&tone)));
    }
}
