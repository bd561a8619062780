//! Keys heard in the audio itself (ITU-T Q.23, Q.24).
//!
//! Every 51 samples the last 102 are measured at the eight frequencies (Goertzel). A window shows a key when
//! both tones are loud enough, near each other in level, far above the other frequencies of their group,
//! and hold nearly all the energy there is. Four such windows in a row (a tone of 32–38 ms) are a key when
//! the tones keep their level and, by the advance of their phase, their exact frequency from one window to
//! the next: voices glide, keys do not. Four windows without the key are its end.

use crate::SAMPLE_RATE_HZ;

const LOW_HZ: [u16; 4] = [697, 770, 852, 941];
const HIGH_HZ: [u16; 4] = [1_209, 1_336, 1_477, 1_633];
const KEYS: [[char; 4]; 4] =
    [['1', '2', '3', 'A'], ['4', '5', '6', 'B'], ['7', '8', '9', 'C'], ['*', '0', '#', 'D']];

const WINDOW: usize = 102;
const HOP: usize = WINDOW / 2;
/// The same number for arithmetic with fractions.
const HOP_U8: u8 = 51;
/// Windows in a row that make a key, and that end it.
const ON_WINDOWS: u32 = 4;
const OFF_WINDOWS: u32 = 4;
/// Least mean square of the window: −36 dBm0 for both tones together.
const MIN_MEAN_SQUARE: f32 = 160.0 * 160.0;
/// Either tone may be up to 8 dB louder than the other: Q.24 lists what each administration allows, and this
/// takes all of them in.
const TWIST: f32 = 6.3;
/// The strongest tone of a group is at least 8 dB above the others of the group.
const PEAK: f32 = 6.3;
/// Share of the window's energy in the two tones; a frequency off by 1.5 % still leaves 0.8.
const SHARE: f32 = 0.72;
/// Power of a tone may change by 2 dB between windows.
const STEADY: f32 = 1.6;
/// Frequencies may be off by this share: 1.5 % must be taken, 3.5 % must not (Q.24).
const OFF_FREQUENCY: f32 = 0.021;
/// Change of either frequency from one window to the next, in radians per hop: 15 Hz. Less would
/// be undercut by what the window lets through of the other tone.
const MAX_GLIDE: f32 = 0.6;

/// The two frequencies of a key in Hz, or `None` for what is no key.
pub fn dtmf_frequencies(key: char) -> Option<(u16, u16)> {
    let key = key.to_ascii_uppercase();
    KEYS.iter().zip(LOW_HZ).find_map(|(row, low)| {
        row.iter().position(|candidate| *candidate == key).map(|column| (low, HIGH_HZ[column]))
    })
}

/// A key that was pressed and released.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Key {
    /// One of `0-9 * # A-D`.
    pub digit: char,
    /// How long its tones lasted, in ms, to about 10 ms.
    pub duration_ms: u32,
}

/// Listens to one stream.
#[derive(Debug, Clone)]
pub struct DtmfDetector {
    window: [f32; WINDOW],
    /// Samples of the window that are new since the last measurement.
    fresh: usize,
    last: Option<Pair>,
    /// Errors of frequency of the last pair, in radians per hop.
    drift: Option<(f32, f32)>,
    steady_windows: u32,
    pressed: Option<char>,
    pressed_windows: u32,
    missing: u32,
}

impl Default for DtmfDetector {
    fn default() -> Self {
        Self::new()
    }
}

impl DtmfDetector {
    /// A detector that has heard nothing.
    pub fn new() -> Self {
        Self {
            window: [0.0; WINDOW],
            fresh: 0,
            last: None,
            drift: None,
            steady_windows: 0,
            pressed: None,
            pressed_windows: 0,
            missing: 0,
        }
    }

    /// True while the tones of a key sound.
    pub fn is_pressed(&self) -> bool {
        self.pressed.is_some()
    }

    /// Listens on, and tells a key that was released in these samples: at most one per 60 ms, so with frames
    /// of 20 ms none is missed; of longer slices the last.
    pub fn listen(&mut self, samples: &[i16]) -> Option<Key> {
        let mut heard = None;
        for sample in samples {
            self.window[HOP + self.fresh] = f32::from(*sample);
            self.fresh += 1;
            if self.fresh == HOP {
                let measured = measure(&self.window);
                heard = self.step(measured).or(heard);
                self.window.copy_within(HOP.., 0);
                self.fresh = 0;
            }
        }
        heard
    }

    fn step(&mut self, measured: Option<Pair>) -> Option<Key> {
        let drift = self.last.zip(measured).and_then(|(before, now)| now.continues(&before));
        let held = match (self.drift, drift) {
            (Some(before), Some(now)) => {
                (before.0 - now.0).abs() <= MAX_GLIDE && (before.1 - now.1).abs() <= MAX_GLIDE
            }
            (None, Some(_)) => true,
            (_, None) => false,
        };
        self.steady_windows = match measured {
            Some(_) if held => self.steady_windows + 1,
            Some(_) => 1,
            None => 0,
        };
        self.last = measured;
        self.drift = drift;
        let key = measured.map(|pair| KEYS[pair.row][pair.column]);
        if self.pressed.is_some() {
            self.pressed_windows += 1;
            self.missing = if key == self.pressed { 0 } else { self.missing + 1 };
            return if self.missing >= OFF_WINDOWS { self.release() } else { None };
        }
        if self.steady_windows >= ON_WINDOWS {
            self.pressed = key;
            self.pressed_windows = self.steady_windows;
            self.missing = 0;
        }
        None
    }

    fn release(&mut self) -> Option<Key> {
        let windows = self.pressed_windows.saturating_sub(self.missing);
        // n windows that overlap by half reach over n + 1 halves.
        let samples = (windows + 1) * u32::try_from(HOP).expect("51");
        self.missing = 0;
        let digit = self.pressed.take()?;
        Some(Key { digit, duration_ms: samples * 1_000 / SAMPLE_RATE_HZ })
    }
}

/// The two tones of a window.
#[derive(Debug, Clone, Copy)]
struct Pair {
    row: usize,
    column: usize,
    low: Phasor,
    high: Phasor,
}

impl Pair {
    /// The same key at the same level: the errors of both frequencies, in radians per hop.
    fn continues(&self, before: &Self) -> Option<(f32, f32)> {
        if self.row != before.row || self.column != before.column {
            return None;
        }
        let low = self.low.continues(before.low, f32::from(LOW_HZ[self.row]))?;
        let high = self.high.continues(before.high, f32::from(HIGH_HZ[self.column]))?;
        Some((low, high))
    }
}

/// Amplitude and phase of one frequency, as a complex number whose phase is that at the end of the window.
#[derive(Debug, Clone, Copy)]
struct Phasor {
    re: f32,
    im: f32,
}

impl Phasor {
    fn power(self) -> f32 {
        self.re * self.re + self.im * self.im
    }

    fn continues(self, before: Self, hz: f32) -> Option<f32> {
        let (now_power, power) = (self.power(), before.power());
        if now_power > power * STEADY || power > now_power * STEADY {
            return None;
        }
        // Phase advance over the hop, less that of the exact frequency: what is left is the error of frequency.
        let hop = radians(hz) * f32::from(HOP_U8);
        let (re, im) = (self.re * before.re + self.im * before.im, self.im * before.re - self.re * before.im);
        let angle = (im * hop.cos() - re * hop.sin()).atan2(re * hop.cos() + im * hop.sin());
        (angle.abs() <= hop * OFF_FREQUENCY).then_some(angle)
    }
}

fn measure(window: &[f32; WINDOW]) -> Option<Pair> {
    let energy: f32 = window.iter().map(|sample| sample * sample).sum();
    let length = 2.0 * f32::from(HOP_U8);
    if energy < MIN_MEAN_SQUARE * length {
        return None;
    }
    let lows = LOW_HZ.map(|hz| phasor(window, f32::from(hz)));
    let highs = HIGH_HZ.map(|hz| phasor(window, f32::from(hz)));
    let (row, column) = (strongest(&lows)?, strongest(&highs)?);
    let (low, high) = (lows[row], highs[column]);
    let balanced = low.power() <= high.power() * TWIST && high.power() <= low.power() * TWIST;
    // A sine of amplitude a has the power (a·n/2)² here and the energy n·a²/2.
    let pure = low.power() + high.power() >= SHARE * energy * length / 2.0;
    (balanced && pure).then_some(Pair { row, column, low, high })
}

/// The index of a tone that stands out from its group.
fn strongest(group: &[Phasor; 4]) -> Option<usize> {
    let powers = group.map(Phasor::power);
    let mut best = 0;
    for index in 1..4 {
        if powers[index] > powers[best] {
            best = index;
        }
    }
    let stands_out = (0..4).all(|index| index == best || powers[index] * PEAK <= powers[best]);
    stands_out.then_some(best)
}

fn radians(hz: f32) -> f32 {
    std::f32::consts::TAU * hz / 8_000.0
}

/// X(f) by Goertzel's recursion, at the exact frequency rather than the nearest bin.
fn phasor(window: &[f32; WINDOW], hz: f32) -> Phasor {
    let (sin, cos) = radians(hz).sin_cos();
    let coefficient = 2.0 * cos;
    let (mut one, mut two) = (0.0f32, 0.0f32);
    for sample in window {
        let next = sample + coefficient * one - two;
        two = one;
        one = next;
    }
    Phasor { re: one - two * cos, im: two * sin }
}

#[cfg(test)]
mod tests;
