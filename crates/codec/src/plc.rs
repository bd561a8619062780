//! Concealment of lost packets by repeating the last pitch periods, after ITU-T G.711 Appendix I.
//!
//! Differences from the appendix: audio is not delayed by 3.75 ms (the joint at the start of a loss is smooth
//! anyway because the repeated waveform continues in phase), and the pitch is searched on every second sample.

/// Pitch between 66 and 200 Hz, in samples.
const PITCH_MIN: usize = 40;
const PITCH_MAX: usize = 120;
/// Samples that are compared to find the pitch.
const COMPARED: usize = 160;
/// Three longest periods and the quarter that is blended.
const HISTORY: usize = 3 * PITCH_MAX + PITCH_MAX / 4;
/// A loss is repeated unchanged for 10 ms and then fades over 50 ms.
const HOLD_SAMPLES: usize = 80;
const FADE_SAMPLES: usize = 400;
/// Synthesis runs on and is blended into what comes after a loss: 5 ms.
const BLEND_SAMPLES: usize = 40;

/// Conceals the gaps of one stream.
#[derive(Debug, Clone)]
pub struct Concealment {
    history: [f32; HISTORY],
    /// The waveform that is repeated: one to three pitch periods from the end of `history`.
    pitch: usize,
    periods: usize,
    at: usize,
    lost: usize,
}

impl Default for Concealment {
    fn default() -> Self {
        Self::new()
    }
}

impl Concealment {
    /// Has heard nothing; a loss now gives silence.
    pub fn new() -> Self {
        Self { history: [0.0; HISTORY], pitch: PITCH_MIN, periods: 1, at: 0, lost: 0 }
    }

    /// Takes received audio; the first after a loss is changed in its first 5 ms so that it joins smoothly.
    pub fn received(&mut self, frame: &mut [i16]) {
        if self.lost > 0 {
            let blend = BLEND_SAMPLES.min(frame.len());
            for (index, sample) in frame[..blend].iter_mut().enumerate() {
                let weight = ratio(index + 1, blend + 1);
                *sample = to_sample(self.synthesize() * (1.0 - weight) + f32::from(*sample) * weight);
            }
            self.lost = 0;
        }
        self.remember(frame);
    }

    /// Makes audio for a gap of this length.
    pub fn conceal(&mut self, frame: &mut [i16]) {
        if self.lost == 0 {
            self.pitch = self.find_pitch();
            self.periods = 1;
            self.at = 0;
        }
        for sample in frame {
            *sample = to_sample(self.synthesize());
        }
    }

    fn remember(&mut self, frame: &[i16]) {
        let tail = &frame[frame.len().saturating_sub(HISTORY)..];
        self.history.copy_within(tail.len().., 0);
        for (slot, sample) in self.history[HISTORY - tail.len()..].iter_mut().zip(tail) {
            *slot = f32::from(*sample);
        }
    }

    fn synthesize(&mut self) -> f32 {
        // A voice repeated without change buzzes: one more period each 10 ms, up to three.
        let wanted = (self.lost / HOLD_SAMPLES + 1).min(3);
        if self.at >= self.pitch * self.periods {
            self.at = 0;
            self.periods = wanted;
        }
        let value = self.waveform(self.at);
        self.at += 1;
        let faded = self.lost.saturating_sub(HOLD_SAMPLES);
        self.lost += 1;
        if faded >= FADE_SAMPLES { 0.0 } else { value * (1.0 - ratio(faded, FADE_SAMPLES)) }
    }

    /// Sample `at` of the repeated waveform. Its last quarter period is blended with what came before its
    /// first sample, so that the end joins the beginning.
    fn waveform(&self, at: usize) -> f32 {
        let length = self.pitch * self.periods;
        let start = HISTORY - length;
        let quarter = self.pitch / 4;
        let plain = self.history[start + at];
        let into_end = (at + quarter).saturating_sub(length);
        if into_end == 0 {
            return plain;
        }
        let weight = ratio(into_end, quarter + 1);
        let before = self.history[start + at - length.min(start + at)];
        plain * (1.0 - weight) + before * weight
    }

    /// The lag whose audio is most like the latest, by normalised correlation.
    fn find_pitch(&self) -> usize {
        let latest = &self.history[HISTORY - COMPARED..];
        let mut best = (PITCH_MAX, f32::MIN);
        for lag in PITCH_MIN..=PITCH_MAX {
            let earlier = &self.history[HISTORY - COMPARED - lag..HISTORY - lag];
            let (mut product, mut energy) = (0.0, 1.0);
            for (a, b) in latest.iter().zip(earlier).step_by(2) {
                product += a * b;
                energy += b * b;
            }
            let score = product / energy.sqrt();
            if score > best.1 {
                best = (lag, score);
            }
        }
        best.0
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts of samples are small")]
fn ratio(part: usize, whole: usize) -> f32 {
    part as f32 / whole as f32
}

#[expect(clippy::cast_possible_truncation, reason = "clamped to the range of a sample")]
fn to_sample(value: f32) -> i16 {
    value.round().clamp(-32_768.0, 32_767.0) as i16
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Random;

    fn sine(hz: f32, from: usize) -> [i16; 160] {
        std::array::from_fn(|n| {
            to_sample(8_000.0 * (std::f32::consts::TAU * hz * ratio(from + n, 8_000)).sin())
        })
    }

    /// Loses 5 % of a tone and returns the ratio of signal to error in dB.
    fn quality(hz: f32, conceal: bool) -> f32 {
        let mut random = Random::new(4);
        let mut plc = Concealment::new();
        let (mut signal, mut error) = (1.0, 1.0);
        for index in 0..1_000 {
            let truth = sine(hz, index * 160);
            let mut frame = truth;
            if index > 5 && random.below(20) == 0 {
                frame = [0; 160];
                if conceal {
                    plc.conceal(&mut frame);
                }
            } else {
                plc.received(&mut frame);
            }
            for (a, b) in truth.iter().zip(frame) {
                signal += f32::from(*a).powi(2);
                error += (f32::from(*a) - f32::from(b)).powi(2);
            }
        }
        10.0 * (signal / error).log10()
    }

    #[test]
    fn a_tone_is_repaired_far_better_than_by_silence() {
        for hz in [100.0, 160.0, 200.0, 400.0, 800.0] {
            let (with, without) = (quality(hz, true), quality(hz, false));
            assert!(with > without + 5.0, "{hz} Hz: {with} dB against {without} dB");
        }
    }

    #[test]
    fn a_long_loss_fades_to_silence() {
        let mut plc = Concealment::new();
        for index in 0..10 {
            plc.received(&mut sine(200.0, index * 160));
        }
        let mut peaks = vec![];
        for _ in 0..5 {
            let mut frame = [0; 160];
            plc.conceal(&mut frame);
            peaks.push(frame.iter().map(|sample| sample.unsigned_abs()).max().unwrap());
        }
        assert!(peaks[0] > 7_000 && peaks.windows(2).all(|pair| pair[1] <= pair[0]), "{peaks:?}");
        assert_eq!(peaks[3..], [0, 0]);
    }

    #[test]
    fn a_loss_before_any_audio_is_silence_and_extremes_do_not_overflow() {
        let mut plc = Concealment::new();
        let mut frame = [1; 160];
        plc.conceal(&mut frame);
        assert_eq!(frame, [0; 160]);
        for _ in 0..10 {
            plc.received(&mut [i16::MIN; 160]);
            plc.conceal(&mut frame);
            plc.received(&mut [i16::MAX; 480]);
        }
    }
}
