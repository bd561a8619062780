use super::*;
use crate::testing::Random;
use crate::{G711, g711, render_digit};
use std::f64::consts::TAU;

fn heard(samples: &[i16]) -> Vec<Key> {
    let mut detector = DtmfDetector::new();
    let silence = [0; 1_600];
    samples.chunks(160).chain(silence.chunks(160)).filter_map(|frame| detector.listen(frame)).collect()
}

fn digits(samples: &[i16]) -> String {
    heard(samples).iter().map(|key| key.digit).collect()
}

/// Two sines with their own frequency error and level.
fn pair(key: char, ms: u32, low_scale: f64, high_scale: f64, low_peak: f64, high_peak: f64) -> Vec<i16> {
    let (low, high) = dtmf_frequencies(key).unwrap();
    (0..ms * 8)
        .map(|n| {
            let t = f64::from(n) / 8_000.0;
            let value = low_peak * (TAU * f64::from(low) * low_scale * t).sin()
                + high_peak * (TAU * f64::from(high) * high_scale * t).sin();
            #[expect(clippy::cast_possible_truncation, reason = "peaks are below 2^15")]
            let sample = value as i16;
            sample
        })
        .collect()
}

#[test]
fn every_key_is_heard_with_its_length_at_every_phase() {
    for key in KEYS.iter().flatten() {
        for offset in 0..51 {
            let mut samples = vec![0; offset * 7];
            samples.extend(render_digit(*key, 100, 60).unwrap());
            let keys = heard(&samples);
            assert_eq!(keys.len(), 1, "{key} at {offset}");
            assert_eq!(keys[0].digit, *key);
            assert!((85..=120).contains(&keys[0].duration_ms), "{}", keys[0].duration_ms);
        }
    }
}

#[test]
fn forty_milliseconds_on_and_off_are_enough_and_twenty_five_are_not() {
    for offset in 0..102 {
        let mut samples = vec![0; offset];
        for key in "1599#".chars() {
            samples.extend(render_digit(key, 40, 40).unwrap());
        }
        assert_eq!(digits(&samples), "1599#", "at {offset}");
        let mut short = vec![0; offset];
        for key in "1599#".chars() {
            short.extend(render_digit(key, 25, 60).unwrap());
        }
        assert_eq!(digits(&short), "", "at {offset}");
    }
}

#[test]
fn a_short_gap_inside_a_press_does_not_split_it() {
    let mut samples = render_digit('8', 60, 8).unwrap();
    samples.extend(render_digit('8', 60, 60).unwrap());
    assert_eq!(digits(&samples), "8");
}

#[test]
fn frequency_errors_level_and_twist_of_the_recommendation_are_accepted() {
    for key in KEYS.iter().flatten() {
        for scale in [0.985, 1.0, 1.015] {
            assert_eq!(
                digits(&pair(*key, 80, scale, 2.0 - scale, 4_000.0, 4_000.0)),
                key.to_string(),
                "{scale}"
            );
        }
        for (low, high) in [(4_000.0, 2_000.0), (2_000.0, 4_000.0), (14_000.0, 16_000.0), (300.0, 300.0)] {
            assert_eq!(digits(&pair(*key, 80, 1.0, 1.0, low, high)), key.to_string(), "{low} {high}");
        }
    }
}

#[test]
fn far_off_tones_single_tones_and_whispers_are_no_keys() {
    for key in KEYS.iter().flatten() {
        assert_eq!(digits(&pair(*key, 100, 1.05, 1.05, 4_000.0, 4_000.0)), "");
        assert_eq!(digits(&pair(*key, 100, 1.0, 1.0, 4_000.0, 0.0)), "");
        assert_eq!(digits(&pair(*key, 100, 1.0, 1.0, 0.0, 4_000.0)), "");
        assert_eq!(digits(&pair(*key, 100, 1.0, 1.0, 60.0, 60.0)), "");
        assert_eq!(digits(&pair(*key, 100, 1.0, 1.0, 8_000.0, 1_000.0)), "");
    }
}

#[test]
fn keys_are_heard_through_g711_and_noise() {
    let mut random = Random::new(11);
    for law in [G711::ALaw, G711::MuLaw] {
        for key in KEYS.iter().flatten() {
            let mut samples = render_digit(*key, 80, 60).unwrap();
            for sample in &mut samples {
                // Noise 15 dB below the key.
                *sample += i16::try_from(random.below(3_600)).unwrap() - 1_800;
            }
            let mut coded = vec![0; samples.len()];
            g711::encode(law, &samples, &mut coded);
            g711::decode(law, &coded, &mut samples);
            assert_eq!(digits(&samples), key.to_string(), "{law:?}");
        }
    }
}

/// First and second formants of vowels of men, women and children, in Hz (after Peterson and Barney, 1952).
const VOWELS: [(f64, f64); 10] = [
    (270.0, 2_290.0),
    (390.0, 1_990.0),
    (530.0, 1_840.0),
    (660.0, 1_720.0),
    (730.0, 1_090.0),
    (570.0, 840.0),
    (440.0, 1_020.0),
    (300.0, 870.0),
    (640.0, 1_190.0),
    (490.0, 1_350.0),
];

/// Voice-like sound: syllables of a gliding, slightly unsteady pitch with the falling spectrum of a glottis,
/// through two formants that move from vowel to vowel.
fn babble(random: &mut Random, seconds: u32) -> Vec<i16> {
    let mut samples = Vec::new();
    let mut phase = 0.0f64;
    while samples.len() < (seconds * 8_000) as usize {
        let pitch = 80.0 + f64::from(random.below(200));
        let glide = f64::from(random.below(60)) - 30.0;
        let size = 0.9 + f64::from(random.below(40)) / 100.0;
        let (from, to) = (VOWELS[random.below(10) as usize], VOWELS[random.below(10) as usize]);
        let length = 600 + random.below(2_400);
        let level = 4_000.0 + f64::from(random.below(12_000));
        let mut wobble = 0.0;
        for n in 0..length {
            let at = f64::from(n) / f64::from(length);
            wobble = 0.99 * wobble + (f64::from(random.below(200)) - 99.5) * 0.01;
            let hz = pitch + glide * at + wobble;
            phase += hz / 8_000.0;
            let formant = |a: f64, b: f64| size * (a + (b - a) * at);
            let (first, second) = (formant(from.0, to.0), formant(from.1, to.1));
            let mut value = 0.0;
            for harmonic in 1..=16u32 {
                let f = hz * f64::from(harmonic);
                let near = |formant: f64, width: f64| 1.0 / (1.0 + ((f - formant) / width).powi(2)).sqrt();
                let weight = (near(first, 45.0) + 0.5 * near(second, 55.0)) / f64::from(harmonic);
                value += weight * (TAU * phase * f64::from(harmonic)).sin();
            }
            let envelope = (TAU * at / 2.0).sin();
            #[expect(clippy::cast_possible_truncation, reason = "clamped")]
            samples.push((level * envelope * value).clamp(-32_000.0, 32_000.0) as i16);
        }
        samples.resize(samples.len() + random.below(800) as usize, 0);
    }
    samples
}

#[test]
fn half_an_hour_of_babble_presses_no_key() {
    let heard: Vec<(u64, String)> =
        (1..=30).map(|seed| (seed, digits(&babble(&mut Random::new(seed), 60)))).collect();
    let wrong: Vec<_> = heard.iter().filter(|(_, digits)| !digits.is_empty()).collect();
    assert!(wrong.is_empty(), "by seed: {wrong:?}");
}

#[test]
fn noise_and_chords_press_no_key() {
    let mut random = Random::new(3);
    let noise: Vec<i16> =
        (0..8_000 * 60).map(|_| i16::try_from(random.below(20_000)).unwrap() - 10_000).collect();
    assert_eq!(digits(&noise), "");
    for root in 0..48u32 {
        let base = 110.0 * (f64::from(root) / 12.0).exp2();
        let chord: Vec<i16> = (0..4_000u32)
            .map(|n| {
                let t = f64::from(n) / 8_000.0;
                let voice =
                    |ratio: f64| (TAU * base * ratio * t).sin() + 0.4 * (TAU * base * 2.0 * ratio * t).sin();
                #[expect(clippy::cast_possible_truncation, reason = "sum of peaks is below 2^15")]
                let sample = (4_000.0 * (voice(1.0) + voice(1.26) + voice(1.5))) as i16;
                sample
            })
            .collect();
        assert_eq!(digits(&chord), "", "root {root}");
    }
}
