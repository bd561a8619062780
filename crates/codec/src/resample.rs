//! Changing the sampling rate by windowed-sinc filters.
//!
//! Own rather than a library's: the filter must grow with the ratio, because 48 → 8 kHz with the 24 taps that
//! are enough for 8 → 48 lets everything up to 8 kHz fold back into the voice band.

use std::f64::consts::PI;

/// Zero crossings of the sinc on each side; 16 keep a pass band to 0.9 of the lower Nyquist frequency.
const CROSSINGS: usize = 16;
/// Stop band of the Kaiser window: about 80 dB.
const KAISER_BETA: f64 = 8.0;
/// Rates taken, in Hz.
const RATES: std::ops::RangeInclusive<u32> = 8_000..=48_000;

/// Rates that cannot be converted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("cannot resample from {from_hz} Hz to {to_hz} Hz: rates are 8 000 to 48 000 Hz")]
pub struct ResampleError {
    /// Given source rate.
    pub from_hz: u32,
    /// Given target rate.
    pub to_hz: u32,
}

/// Converts one mono stream, in slices of any length, with exact timing: n seconds in are n seconds out.
#[derive(Debug, Clone)]
pub struct Resampler {
    /// `phases` filters of `taps` coefficients, one filter after the other.
    filter: Box<[f32]>,
    taps: usize,
    up: usize,
    down: usize,
    /// The inputs that the next output needs, as far as they are here: less than `taps` between calls.
    input: Vec<f32>,
    /// Position of the next output in units of 1/`up` input samples, from the start of `input`.
    position: usize,
    /// Outputs before the one that stands for the first input: the delay of the filter.
    delay: usize,
}

impl Resampler {
    /// A converter between two rates of 8 000–48 000 Hz. Memory is a few hundred KiB at most (44 100 → 8 000).
    pub fn new(from_hz: u32, to_hz: u32) -> Result<Self, ResampleError> {
        if !RATES.contains(&from_hz) || !RATES.contains(&to_hz) {
            return Err(ResampleError { from_hz, to_hz });
        }
        let divisor = gcd(from_hz, to_hz);
        let (up, down) = ((to_hz / divisor) as usize, (from_hz / divisor) as usize);
        let scale = f64::from(to_hz.min(from_hz)) / f64::from(from_hz);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            clippy::cast_precision_loss,
            reason = "at most 6 times 16"
        )]
        let half = (CROSSINGS as f64 / scale).ceil() as usize;
        let taps = 2 * half;
        // Output `delay` falls exactly on the first input, half·up after the start of the zeros before it.
        let first = half * up;
        let (delay, position) = (first / down, first % down);
        Ok(Self {
            filter: design(up, taps, scale),
            taps,
            up,
            down,
            input: vec![0.0; taps - 1],
            position,
            delay,
        })
    }

    /// Converts a slice and appends the result to `out`.
    pub fn process(&mut self, samples: &[i16], out: &mut Vec<i16>) {
        self.input.extend(samples.iter().map(|sample| f32::from(*sample)));
        // An output at input position p needs the inputs p .. p + taps.
        while self.position / self.up + self.taps <= self.input.len() {
            let (at, phase) = (self.position / self.up, self.position % self.up);
            let window = &self.input[at..at + self.taps];
            let filter = &self.filter[phase * self.taps..(phase + 1) * self.taps];
            let sum: f32 = window.iter().zip(filter).map(|(sample, tap)| sample * tap).sum();
            out.push(to_sample(sum));
            self.position += self.down;
        }
        let used = (self.position / self.up).min(self.input.len());
        self.input.drain(..used);
        self.position -= used * self.up;
    }

    /// Converts a whole recording: without the delay of the filter, and of exactly the right length.
    pub fn convert(from_hz: u32, to_hz: u32, samples: &[i16]) -> Result<Vec<i16>, ResampleError> {
        let mut resampler = Self::new(from_hz, to_hz)?;
        let wanted = samples.len() * resampler.up / resampler.down;
        let mut out = Vec::with_capacity(wanted + 64);
        resampler.process(samples, &mut out);
        resampler.process(&vec![0; 2 * resampler.taps], &mut out);
        out.drain(..resampler.delay.min(out.len()));
        out.resize(wanted, 0);
        Ok(out)
    }
}

/// The filter of every phase, each of unit gain. `scale` is the cut-off relative to the source's Nyquist frequency.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    reason = "small counts; taps are f32"
)]
fn design(phases: usize, taps: usize, scale: f64) -> Box<[f32]> {
    let half = taps as f64 / 2.0;
    let cutoff = 0.92 * scale;
    let mut filter = Vec::with_capacity(phases * taps);
    for phase in 0..phases {
        let offset = phase as f64 / phases as f64;
        let row: Vec<f64> = (0..taps)
            .map(|tap| {
                let x = tap as f64 - (half - 1.0) - offset;
                let inside = 1.0 - (x / half).powi(2);
                let window = if inside <= 0.0 { 0.0 } else { bessel(KAISER_BETA * inside.sqrt()) };
                sinc(cutoff * x) * window
            })
            .collect();
        let gain: f64 = row.iter().sum();
        filter.extend(row.iter().map(|tap| (tap / gain) as f32));
    }
    filter.into()
}

fn sinc(x: f64) -> f64 {
    if x.abs() < 1e-9 { 1.0 } else { (PI * x).sin() / (PI * x) }
}

/// I₀, the modified Bessel function of order zero, by its series.
fn bessel(x: f64) -> f64 {
    let (mut sum, mut term) = (1.0, 1.0);
    for n in 1..40 {
        term *= (x / (2.0 * f64::from(n))).powi(2);
        sum += term;
    }
    sum
}

fn gcd(a: u32, b: u32) -> u32 {
    if b == 0 { a } else { gcd(b, a % b) }
}

#[expect(clippy::cast_possible_truncation, reason = "clamped to the range of a sample")]
fn to_sample(value: f32) -> i16 {
    value.round().clamp(-32_768.0, 32_767.0) as i16
}

#[cfg(test)]
mod tests {
    use super::*;

    #[expect(clippy::cast_possible_truncation, reason = "peak is below 2^15")]
    fn sine(hz: f64, rate: u32, seconds: u32) -> Vec<i16> {
        (0..rate * seconds)
            .map(|n| (10_000.0 * (2.0 * PI * hz * f64::from(n) / f64::from(rate)).sin()) as i16)
            .collect()
    }

    fn rms(samples: &[i16]) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "small counts")]
        let length = samples.len() as f64;
        (samples.iter().map(|sample| f64::from(*sample).powi(2)).sum::<f64>() / length).sqrt()
    }

    #[test]
    fn voice_passes_in_time_and_level_from_every_usual_rate() {
        for rate in [8_000, 11_025, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000] {
            for hz in [300.0, 1_000.0, 3_000.0] {
                let out = Resampler::convert(rate, 8_000, &sine(hz, rate, 1)).unwrap();
                let truth = sine(hz, 8_000, 1);
                assert_eq!(out.len(), 8_000);
                let error: Vec<i16> = out[200..7_800].iter().zip(&truth[200..]).map(|(a, b)| a - b).collect();
                // Rounding of the delay to a whole output sample shows as a small phase error.
                let limit = if rate % 8_000 == 0 { 0.02 } else { 0.35 * hz / 1_000.0 + 0.02 };
                assert!(
                    rms(&error) < limit * rms(&truth),
                    "{rate} Hz, {hz} Hz: {}",
                    rms(&error) / rms(&truth)
                );
            }
        }
    }

    #[test]
    fn what_the_target_cannot_carry_is_gone_rather_than_folded() {
        for (rate, hz) in [(16_000, 4_600.0), (48_000, 5_000.0), (48_000, 7_000.0), (44_100, 12_000.0)] {
            let out = Resampler::convert(rate, 8_000, &sine(hz, rate, 1)).unwrap();
            assert!(rms(&out[200..7_800]) < 70.0, "{rate} {hz}: {}", rms(&out[200..7_800]));
        }
    }

    #[test]
    fn slices_of_any_length_give_the_same_stream() {
        let input = sine(700.0, 22_050, 1);
        let mut whole = vec![];
        Resampler::new(22_050, 8_000).unwrap().process(&input, &mut whole);
        let (mut parts, mut resampler) = (vec![], Resampler::new(22_050, 8_000).unwrap());
        for slice in input.chunks(37) {
            resampler.process(slice, &mut parts);
        }
        assert_eq!(whole, parts);
    }

    #[test]
    fn twenty_milliseconds_upward_are_always_the_same_count() {
        let mut resampler = Resampler::new(8_000, 48_000).unwrap();
        let mut out = vec![];
        for _ in 0..50 {
            let before = out.len();
            resampler.process(&[100; 160], &mut out);
            assert_eq!(out.len() - before, 960);
        }
    }

    #[test]
    fn other_rates_are_refused() {
        assert!(Resampler::new(7_999, 8_000).is_err());
        assert!(Resampler::new(8_000, 96_000).is_err());
        assert_eq!(Resampler::convert(8_000, 8_000, &[]).unwrap(), [0i16; 0]);
    }
}
