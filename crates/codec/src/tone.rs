//! Telephone tones and keys as audio.

use std::f64::consts::TAU;

use crate::{SAMPLE_RATE_HZ, dtmf_frequencies};

/// A tone of the telephone network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Tone {
    /// The called phone rings: 425 Hz, 1 s on, 3 s off (Belgium; ITU-T E.180 supplement 2).
    Ringback,
    /// The called line is busy: 425 Hz, 0.5 s on, 0.5 s off.
    Busy,
    /// No way through: 425 Hz, 167 ms on, 167 ms off.
    Congestion,
    /// Recording starts: 1 000 Hz without pause.
    Beep,
}

/// Samples over which a tone swells and fades, so that it does not click: 2.5 ms.
const RAMP_SAMPLES: u32 = 20;
/// Peak of one sine: −13 dBm0, the usual level of network tones (ITU-T Q.35).
pub(crate) const TONE_PEAK: f64 = 5_000.0;
/// Peak of each sine of a key; the higher one is 2 dB louder (ITU-T Q.23 practice).
const LOW_PEAK: f64 = 6_000.0;
const HIGH_PEAK: f64 = 7_550.0;

impl Tone {
    /// All tones.
    pub const ALL: [Self; 4] = [Self::Ringback, Self::Busy, Self::Congestion, Self::Beep];

    /// Frequency in Hz, then how long it sounds and how long it pauses, in ms.
    pub fn cadence(self) -> (u32, u32, u32) {
        match self {
            Self::Ringback => (425, 1_000, 3_000),
            Self::Busy => (425, 500, 500),
            Self::Congestion => (425, 167, 167),
            Self::Beep => (1_000, 1_000, 0),
        }
    }

    /// One cycle of the tone, pause included. Played again and again it is the tone.
    pub fn cycle(self) -> Vec<i16> {
        let (frequency, on_ms, off_ms) = self.cadence();
        // A tone without pause is a whole number of waves and must not fade where it is joined.
        let ramp = if off_ms == 0 { 0 } else { RAMP_SAMPLES };
        let mut samples = sines(&[(f64::from(frequency), TONE_PEAK)], on_ms, ramp);
        samples.resize(samples.len() + ms(off_ms) as usize, 0);
        samples
    }
}

/// A key as its two tones for `on_ms`, then silence for `off_ms`; `None` for what is no key.
pub fn render_digit(digit: char, on_ms: u32, off_ms: u32) -> Option<Vec<i16>> {
    let (low, high) = dtmf_frequencies(digit)?;
    let mut samples = sines(&[(low.into(), LOW_PEAK), (high.into(), HIGH_PEAK)], on_ms, RAMP_SAMPLES);
    samples.resize(samples.len() + ms(off_ms) as usize, 0);
    Some(samples)
}

pub(crate) fn ms(duration_ms: u32) -> u32 {
    duration_ms * (SAMPLE_RATE_HZ / 1_000)
}

fn sines(waves: &[(f64, f64)], duration_ms: u32, ramp: u32) -> Vec<i16> {
    shaped(waves, duration_ms, ramp, |_| 1.0)
}

/// Sines that swell and fade as tones do, their loudness moved by `gain_at`, 0 to 1, of each sample.
pub(crate) fn sines_by(waves: &[(f64, f64)], duration_ms: u32, gain_at: impl Fn(u32) -> f64) -> Vec<i16> {
    shaped(waves, duration_ms, RAMP_SAMPLES, gain_at)
}

fn shaped(waves: &[(f64, f64)], duration_ms: u32, ramp: u32, gain_at: impl Fn(u32) -> f64) -> Vec<i16> {
    let length = ms(duration_ms);
    let sample = |n: u32| {
        let edge = (n + 1).min(length - n);
        let gain = gain_at(n) * if edge < ramp { f64::from(edge) / f64::from(ramp) } else { 1.0 };
        let wave =
            |(hz, peak): &(f64, f64)| peak * (TAU * hz * f64::from(n) / f64::from(SAMPLE_RATE_HZ)).sin();
        to_sample(gain * waves.iter().map(wave).sum::<f64>())
    };
    (0..length).map(sample).collect()
}

#[expect(clippy::cast_possible_truncation, reason = "clamped to the range of a sample")]
fn to_sample(value: f64) -> i16 {
    value.round().clamp(f64::from(i16::MIN), f64::from(i16::MAX)) as i16
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Crossings of zero upward: cycles, whatever the amplitude.
    fn waves(samples: &[i16]) -> usize {
        samples.windows(2).filter(|pair| pair[0] < 0 && pair[1] >= 0).count()
    }

    #[test]
    fn belgian_ringback_is_425_hz_one_second_of_four() {
        let cycle = Tone::Ringback.cycle();
        assert_eq!(cycle.len(), 32_000);
        assert!((424..=425).contains(&waves(&cycle[..8_000])));
        assert!(cycle[8_000..].iter().all(|sample| *sample == 0));
    }

    #[test]
    fn a_beep_joins_its_own_start() {
        let cycle = Tone::Beep.cycle();
        let twice = [&cycle[..], &cycle[..]].concat();
        let step = |at: usize| (i32::from(twice[at]) - i32::from(twice[at - 1])).abs();
        assert!(step(cycle.len()) <= (1..cycle.len()).map(step).max().unwrap());
    }

    #[test]
    fn what_is_no_key_has_no_tones() {
        assert!(render_digit('x', 100, 100).is_none());
        assert_eq!(render_digit('#', 100, 50).unwrap().len(), 1_200);
    }
}
