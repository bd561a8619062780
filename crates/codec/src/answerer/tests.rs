//! Accuracy on a seeded corpus of synthetic answers: voices of harmonics through two formants in syllables, words and sentences.

use std::collections::BTreeMap;
use std::f64::consts::TAU;

use super::*;
use crate::G711;
use crate::g711;
use crate::testing::Random;

/// Answers of each kind.
const EACH: u32 = 80;

struct Line {
    random: Random,
    samples: Vec<f64>,
}

impl Line {
    fn between(&mut self, low: u32, high: u32) -> u32 {
        low + self.random.below(high - low + 1)
    }

    fn silence(&mut self, ms: u32) {
        self.samples.resize(self.samples.len() + ms as usize * 8, 0.0);
    }

    fn tone(&mut self, hz: f64, ms: u32, peak: f64) {
        let length = ms * 8;
        self.samples.extend((0..length).map(|n| {
            let fade = (f64::from(n.min(length - n)) / 40.0).min(1.0);
            peak * fade * (TAU * hz * f64::from(n) / 8_000.0).sin()
        }));
    }

    /// Another tone at the same time as the last.
    fn second_tone(&mut self, ms: u32, peak: f64) {
        let from = self.samples.len() - ms as usize * 8;
        for (n, sample) in (0_u32..).zip(&mut self.samples[from..]) {
            *sample += 0.7 * peak * (f64::from(n) * 0.27 * TAU).sin();
        }
    }

    /// One syllable: harmonics of a falling pitch, shaped by two formants.
    fn syllable(&mut self, pitch: f64, ms: u32, peak: f64) {
        let first = f64::from(self.between(280, 850));
        let second = f64::from(self.between(900, 2_300));
        let length = ms * 8;
        let glide = f64::from(self.between(0, 30)) / 100.0 - 0.15;
        let mut phase = 0.0;
        for n in 0..length {
            let part = f64::from(n) / f64::from(length);
            phase += TAU * pitch * (1.0 + glide * part) / 8_000.0;
            let envelope = (part * 8.0).min(1.0).min((1.0 - part) * 5.0);
            let voice: f64 = (1..=14)
                .map(|k| {
                    let hz = pitch * f64::from(k);
                    let near = |formant: f64| 1.0 / (1.0 + ((hz - formant) / 120.0).powi(2));
                    (near(first) + 0.5 * near(second) + 0.05 / f64::from(k)) * (phase * f64::from(k)).sin()
                })
                .sum();
            self.samples.push(peak * envelope * voice * 0.6);
        }
    }

    /// Words for about this long.
    fn speech(&mut self, ms: u32, pitch: f64, peak: f64) {
        let end = self.samples.len() + ms as usize * 8;
        while self.samples.len() < end {
            for _ in 0..self.between(1, 4) {
                let (length, gap) = (self.between(110, 260), self.between(10, 60));
                let loudness = peak * f64::from(self.between(50, 100)) / 100.0;
                self.syllable(pitch, length, loudness);
                self.silence(gap);
            }
            // Now and then a pause is longer than the silence that ends speech.
            let pause = match self.random.below(60) {
                0 => self.between(900, 1_500),
                1..=12 => self.between(250, 700),
                _ => self.between(30, 160),
            };
            if self.samples.len() + (pause as usize) * 8 < end {
                self.silence(pause);
            }
        }
        self.samples.truncate(end);
    }

    /// Room noise, then the law of the line.
    fn frames(mut self, noise: f64) -> Vec<[i16; FRAME_SAMPLES]> {
        let mut line = std::mem::take(&mut self.samples);
        for sample in &mut line {
            let draw = f64::from(self.random.below(20_001)) / 10_000.0 - 1.0;
            *sample += draw * noise;
        }
        #[expect(clippy::cast_possible_truncation, reason = "clamped")]
        let pcm: Vec<i16> = line.iter().map(|sample| sample.clamp(-32_000.0, 32_000.0) as i16).collect();
        let (mut bytes, mut heard) = (vec![0; pcm.len()], vec![0; pcm.len()]);
        g711::encode(G711::ALaw, &pcm, &mut bytes);
        g711::decode(G711::ALaw, &bytes, &mut heard);
        heard.chunks_exact(FRAME_SAMPLES).map(|frame| frame.try_into().unwrap()).collect()
    }
}

/// One answer of a kind, and the ms at which what is to be waited for is over.
fn answer(kind: &str, seed: u32) -> (Vec<[i16; FRAME_SAMPLES]>, u32) {
    let mut line = Line { random: Random::new(u64::from(seed)), samples: Vec::new() };
    let pitch = f64::from(line.between(90, 240));
    let peak = f64::from(line.between(1_500, 9_000));
    let noise = f64::from(line.between(4, 60));
    let lead = line.between(150, 1_500);
    line.silence(lead);
    match kind {
        "human" => {
            // One of ten says a whole sentence first, such as a company's name and his own.
            let is_long = line.random.below(10) == 0;
            let length = if is_long { line.between(1_900, 3_200) } else { line.between(250, 1_900) };
            line.speech(length, pitch, peak);
        }
        "machine with beep" | "machine" => {
            let length = line.between(2_200, 14_000);
            line.speech(length, pitch, peak);
            if kind != "machine" {
                let (pause, hz, ms) =
                    (line.between(200, 900), line.between(400, 2_000), line.between(180, 1_000));
                line.silence(pause);
                line.tone(f64::from(hz), ms, peak);
                // One beep of eight is two tones at once, which is no sine.
                if line.random.below(8) == 0 {
                    line.second_tone(ms, peak);
                }
            }
        }
        "fax CED" => line.tone(2_100.0, 3_000, peak),
        "fax CNG" => {
            for _ in 0..2 {
                line.tone(1_100.0, 500, peak);
                line.silence(3_000);
            }
        }
        _ => {}
    }
    let end_ms = u32::try_from(line.samples.len() / 8).unwrap();
    line.silence(8_000);
    (line.frames(noise), end_ms)
}

fn judge(frames: &[[i16; FRAME_SAMPLES]], options: AnswererOptions) -> (Option<Answerer>, u32) {
    let mut detector = AnswererDetector::new(options);
    for (index, frame) in frames.iter().enumerate() {
        if let Some(verdict) = detector.frame(frame) {
            return (Some(verdict), u32::try_from(index + 1).unwrap() * 20);
        }
    }
    (None, 0)
}

/// Share of right verdicts, and the mean time to the verdict in ms (from the end of the greeting when that is waited for).
fn measure(kind: &str, message_end: bool, right: &[Answerer]) -> (f64, f64) {
    let options = AnswererOptions { message_end, ..AnswererOptions::default() };
    let (mut hits, mut waited) = (0, 0.0);
    let mut others: BTreeMap<String, u32> = BTreeMap::new();
    for seed in 0..EACH {
        let (frames, end_ms) = answer(kind, seed);
        let (verdict, at_ms) = judge(&frames, options);
        if verdict.is_some_and(|verdict| right.contains(&verdict)) {
            hits += 1;
        } else {
            *others.entry(format!("{verdict:?}")).or_default() += 1;
        }
        waited += if message_end { f64::from(at_ms) - f64::from(end_ms) } else { f64::from(at_ms) };
    }
    let (accuracy, mean) = (100.0 * f64::from(hits) / f64::from(EACH), waited / f64::from(EACH));
    println!("{kind:>18} message_end={message_end:<5} {accuracy:5.1} % after {mean:6.0} ms, else {others:?}");
    (accuracy, mean)
}

#[test]
fn people_and_machines_are_told_apart() {
    use Answerer::{Fax, Human, MachineEndBeep, MachineEndSilence, MachineStart, Unknown};
    let floor = |kind: &str, message_end: bool, right: &[Answerer], percent: f64| {
        let (accuracy, _) = measure(kind, message_end, right);
        assert!(accuracy >= percent, "{kind}: {accuracy} % of {percent}");
    };
    floor("human", false, &[Human], 90.0);
    floor("machine with beep", false, &[MachineStart], 90.0);
    floor("machine", false, &[MachineStart], 88.0);
    floor("fax CED", false, &[Fax], 99.0);
    floor("fax CNG", false, &[Fax], 99.0);
    floor("nobody", false, &[Unknown], 99.0);
    floor("human", true, &[Human], 90.0);
    floor("machine with beep", true, &[MachineEndBeep], 65.0);
    floor("machine", true, &[MachineEndSilence], 88.0);
}

#[test]
fn the_beep_is_over_when_the_verdict_comes() {
    let options = AnswererOptions { message_end: true, ..AnswererOptions::default() };
    let mut beeps = 0;
    for seed in 0..EACH / 2 {
        let (frames, end_ms) = answer("machine with beep", seed);
        if let (Some(Answerer::MachineEndBeep), at_ms) = judge(&frames, options) {
            beeps += 1;
            assert!(at_ms + 20 >= end_ms && at_ms <= end_ms + 60, "seed {seed}: {at_ms} of {end_ms} ms");
        }
    }
    assert!(beeps > EACH / 4, "{beeps}");
}

#[test]
fn the_parameters_are_obeyed() {
    let short = AnswererOptions { speech_threshold_ms: 1_000, ..AnswererOptions::default() };
    let mut line = Line { random: Random::new(5), samples: Vec::new() };
    line.silence(300);
    line.speech(1_500, 120.0, 6_000.0);
    line.silence(9_000);
    let frames = line.frames(10.0);
    assert_eq!(judge(&frames, AnswererOptions::default()).0, Some(Answerer::Human));
    assert_eq!(judge(&frames, short).0, Some(Answerer::MachineStart));
    let quiet = Line { random: Random::new(5), samples: vec![0.0; 80_000] }.frames(10.0);
    let patience = AnswererOptions { silence_timeout_ms: 2_000, ..AnswererOptions::default() };
    assert_eq!(judge(&quiet, patience), (Some(Answerer::Unknown), 2_000));
    let hasty = AnswererOptions { timeout_ms: 1_000, ..AnswererOptions::default() };
    assert_eq!(judge(&frames, hasty), (Some(Answerer::Unknown), 1_000));
    let mut line = Line { random: Random::new(5), samples: Vec::new() };
    line.speech(9_000, 120.0, 6_000.0);
    let endless = AnswererOptions { message_end: true, timeout_ms: 5_000, ..AnswererOptions::default() };
    assert_eq!(judge(&line.frames(10.0), endless), (Some(Answerer::MachineEndOther), 5_000));
}
