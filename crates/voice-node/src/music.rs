//! The platform's own music for those who wait: made here, so that it belongs to nobody.

use std::f64::consts::TAU;

/// Samples of one second.
const RATE: u32 = 8_000;
/// One note, in samples.
const NOTE: usize = 4_000;
/// Notes as semitones above the A of 220 Hz: four chords, broken, twice, the second time an octave wider.
const NOTES: [i32; 32] =
    [3, 7, 10, 15, 10, 7, 10, 7, 0, 3, 7, 12, 7, 3, 7, 3, -4, 0, 3, 8, 3, 0, 3, 0, -2, 2, 5, 10, 5, 2, 5, 2];
/// Loudness of the loudest note, of 32 767: 15 dB below full, as announcements are.
const PEAK: f64 = 4_500.0;

/// 16 s that may be repeated: 8 kHz, mono.
pub(crate) fn hold() -> Vec<i16> {
    let mut mixed = vec![0.0; NOTES.len() * NOTE];
    for (place, semitones) in NOTES.iter().enumerate() {
        let frequency = 220.0 * (f64::from(*semitones) / 12.0).exp2();
        // A note rings on under the next ones, and over the end into the beginning.
        for sample in 0..NOTE * 4 {
            let at = (place * NOTE + sample) % mixed.len();
            mixed[at] += note(frequency, sample);
        }
    }
    let loudest = mixed.iter().fold(1.0_f64, |most, sample| most.max(sample.abs()));
    #[expect(clippy::cast_possible_truncation, reason = "scaled to less than the range")]
    let samples = mixed.iter().map(|sample| (sample / loudest * PEAK) as i16).collect();
    samples
}

/// A plucked string: three partials that fade, the higher ones sooner.
fn note(frequency: f64, sample: usize) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "at most 16 000")]
    let time = sample as f64 / f64::from(RATE);
    let attack = (time / 0.005).min(1.0);
    let partial = |n: f64, loud: f64| loud * (-2.5 * n * time).exp() * (TAU * frequency * n * time).sin();
    attack * (partial(1.0, 1.0) + partial(2.0, 0.4) + partial(3.0, 0.15))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_music_is_sixteen_seconds_heard_throughout_and_not_too_loud() {
        let music = hold();
        assert_eq!(music.len(), 16 * RATE as usize);
        assert!(music.iter().all(|sample| sample.unsigned_abs() <= 4_500));
        for second in music.chunks(RATE as usize) {
            let loud = second.iter().map(|sample| sample.unsigned_abs()).max().unwrap();
            assert!(loud > 500, "a silent second");
        }
        let seam = i32::from(music[0]) - i32::from(music[music.len() - 1]);
        assert!(seam.abs() < 600, "a click where it begins anew: {seam}");
    }
}
