//! Who answered a call: a person, a machine, a fax. By cadence: people say little and wait, machines talk on.
//!
//! Speech is measured from its first voice to the last before a silence that ends it. Shorter than a threshold it is a person's, longer a
//! machine's, as the public documentation of such detectors describes their parameters. Beeps and fax tones are steady sines.

use crate::{FRAME_SAMPLES, SAMPLE_RATE_HZ, VoiceActivity};

/// Length of a frame in ms.
const FRAME_MS: u32 = 20;
/// A sine of this many frames is a tone: speech does not hold a pitch for 120 ms without its harmonics.
const TONE_FRAMES: u32 = 6;
/// A beep that goes on is taken for over after this, in ms.
const BEEP_MAX_MS: u32 = 2_500;
/// Share of a frame's energy that lies in one frequency.
const PURITY: f64 = 0.85;
/// Beeps of machines lie between these, in Hz.
const TONE_HZ: std::ops::RangeInclusive<f64> = 350.0..=2_600.0;
/// Called fax machines answer with 2 100 Hz (CED, ITU-T T.30 §4.3.3.2); calling ones say 1 100 Hz (CNG, §4.3.3.3).
const CED_HZ: f64 = 2_100.0;
const CNG_HZ: f64 = 1_100.0;
/// Tolerance of both, and how long each must last: CNG sounds for 0.5 s, CED for 2.6 s and more.
const FAX_TOLERANCE_HZ: f64 = 40.0;
const CNG_MS: u32 = 360;
const CED_MS: u32 = 800;

/// Who answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Answerer {
    /// A person.
    Human,
    /// A machine, whose greeting may go on.
    MachineStart,
    /// A machine, and its beep is over.
    MachineEndBeep,
    /// A machine, and its greeting is over.
    MachineEndSilence,
    /// A machine whose greeting did not end in time.
    MachineEndOther,
    /// A fax.
    Fax,
    /// Nobody said anything, or the time was over.
    Unknown,
}

/// How to tell them apart. Times in ms.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AnswererOptions {
    /// Wait for the end of a machine's greeting, to leave a message after it.
    pub message_end: bool,
    /// A verdict is due after this.
    pub timeout_ms: u32,
    /// Speech longer than this is a machine's.
    pub speech_threshold_ms: u32,
    /// Silence that ends speech.
    pub speech_end_threshold_ms: u32,
    /// Silence from the beginning after which nobody is expected to speak.
    pub silence_timeout_ms: u32,
}

impl Default for AnswererOptions {
    fn default() -> Self {
        Self {
            message_end: false,
            timeout_ms: 30_000,
            speech_threshold_ms: 2_400,
            speech_end_threshold_ms: 1_200,
            silence_timeout_ms: 5_000,
        }
    }
}

/// Listens to who answered, frame by frame, until the verdict.
#[derive(Debug, Clone)]
pub struct AnswererDetector {
    options: AnswererOptions,
    activity: VoiceActivity,
    elapsed_ms: u32,
    /// When speech began, and when its last voice was.
    speech: Option<(u32, u32)>,
    is_machine: bool,
    tone: Tone,
}

/// A sine under way.
#[derive(Debug, Clone, Copy, Default)]
struct Tone {
    hz: f64,
    frames: u32,
}

impl AnswererDetector {
    /// Starts at the answer.
    pub fn new(options: AnswererOptions) -> Self {
        Self {
            options,
            activity: VoiceActivity::new(),
            elapsed_ms: 0,
            speech: None,
            is_machine: false,
            tone: Tone::default(),
        }
    }

    /// Takes the next 20 ms; some verdict ends it.
    pub fn frame(&mut self, samples: &[i16; FRAME_SAMPLES]) -> Option<Answerer> {
        self.elapsed_ms += FRAME_MS;
        let is_voice = self.activity.is_voice(samples);
        let before = self.tone;
        self.follow(samples, is_voice);
        if let Some(verdict) = self.by_tone(before) {
            return Some(verdict);
        }
        // A tone that is not yet long enough to be one may still be voice; one that is, is not.
        if is_voice && self.tone.frames < TONE_FRAMES {
            let began = self.speech.map_or(self.elapsed_ms - FRAME_MS, |(began, _)| began);
            self.speech = Some((began, self.elapsed_ms));
        }
        self.by_cadence().or_else(|| self.by_time())
    }

    fn follow(&mut self, samples: &[i16; FRAME_SAMPLES], is_voice: bool) {
        let found = if is_voice { sine(samples).filter(|hz| TONE_HZ.contains(hz)) } else { None };
        self.tone = match found {
            Some(hz) if self.tone.frames > 0 && (hz - self.tone.hz).abs() < self.tone.hz * 0.03 => {
                Tone { hz: self.tone.hz, frames: self.tone.frames + 1 }
            }
            Some(hz) => Tone { hz, frames: 1 },
            None => Tone::default(),
        };
    }

    /// A fax at its tone, a machine at the end of its beep.
    fn by_tone(&self, before: Tone) -> Option<Answerer> {
        let lasted_ms = self.tone.frames * FRAME_MS;
        let is_near = |hz: f64| (self.tone.hz - hz).abs() <= FAX_TOLERANCE_HZ;
        let is_first =
            self.speech.is_none_or(|(_, last)| last + lasted_ms + 200 >= self.elapsed_ms && !self.is_long());
        if is_first && ((is_near(CED_HZ) && lasted_ms >= CED_MS) || (is_near(CNG_HZ) && lasted_ms >= CNG_MS))
        {
            return Some(Answerer::Fax);
        }
        let ended = before.frames >= TONE_FRAMES && self.tone.frames == 0;
        let is_over = ended || lasted_ms >= BEEP_MAX_MS;
        let verdict =
            if self.options.message_end { Answerer::MachineEndBeep } else { Answerer::MachineStart };
        is_over.then_some(verdict)
    }

    /// Length of the speech so far.
    fn speech_ms(&self) -> u32 {
        self.speech.map_or(0, |(began, last)| last - began)
    }

    fn is_long(&self) -> bool {
        self.speech_ms() >= self.options.speech_threshold_ms
    }

    fn by_cadence(&mut self) -> Option<Answerer> {
        let (_, last) = self.speech?;
        if self.is_long() && !self.is_machine {
            self.is_machine = true;
            if !self.options.message_end {
                return Some(Answerer::MachineStart);
            }
        }
        let is_sounding = self.tone.frames >= TONE_FRAMES;
        if is_sounding || self.elapsed_ms - last < self.options.speech_end_threshold_ms {
            return None;
        }
        Some(if self.is_machine { Answerer::MachineEndSilence } else { Answerer::Human })
    }

    fn by_time(&self) -> Option<Answerer> {
        if self.elapsed_ms >= self.options.timeout_ms {
            let late = if self.is_machine { Answerer::MachineEndOther } else { Answerer::Unknown };
            return Some(late);
        }
        let is_silent = self.speech.is_none() && self.tone.frames == 0;
        (is_silent && self.elapsed_ms >= self.options.silence_timeout_ms).then_some(Answerer::Unknown)
    }
}

/// The frequency of a frame that is little but one sine.
///
/// A sine obeys x(n+1) + x(n−1) = 2 cos(ω) x(n), so its frequency is a quotient of two sums; how much of the energy
/// lies there is then asked of one Goertzel filter.
fn sine(samples: &[i16; FRAME_SAMPLES]) -> Option<f64> {
    let (mut product, mut square) = (0.0, 0.0);
    for three in samples.windows(3) {
        let [before, here, after] = [three[0], three[1], three[2]].map(f64::from);
        product += here * (before + after);
        square += here * here;
    }
    let cosine = product / (2.0 * square);
    if !(-1.0..=1.0).contains(&cosine) {
        return None;
    }
    let omega = cosine.acos();
    let (mut real, mut imaginary, mut energy) = (0.0, 0.0, 0.0);
    for (n, sample) in samples.iter().enumerate() {
        let (sample, angle) = (f64::from(*sample), omega * n as f64);
        real += sample * angle.cos();
        imaginary += sample * angle.sin();
        energy += sample * sample;
    }
    let share = 2.0 * (real * real + imaginary * imaginary) / (FRAME_SAMPLES as f64 * energy);
    (share >= PURITY).then(|| omega * f64::from(SAMPLE_RATE_HZ) / std::f64::consts::TAU)
}

#[cfg(test)]
mod tests;
