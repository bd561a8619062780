//! Making and measuring sound: 8 kHz, mono, 16 bits.

#![expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    reason = "seconds of sound at 8 kHz are far within f32"
)]

use std::path::Path;

/// Samples per second.
pub const RATE: u32 = 8_000;
/// Samples per millisecond.
const PER_MS: usize = 8;

/// A tone at −6 dBFS.
pub fn tone(hertz: f32, ms: usize) -> Vec<i16> {
    tones(&[hertz], ms)
}

/// Several tones at once; together −6 dBFS.
pub fn tones(hertz: &[f32], ms: usize) -> Vec<i16> {
    let level = 16_384.0 / hertz.len() as f32;
    (0..ms * PER_MS)
        .map(|n| {
            let at = n as f32 / RATE as f32;
            hertz.iter().map(|f| (f * at * std::f32::consts::TAU).sin() * level).sum::<f32>() as i16
        })
        .collect()
}

/// The tones of keys (ITU-T Q.23), 120 ms each with 120 ms between.
pub fn dtmf(digits: &str) -> Vec<i16> {
    const ROWS: [f32; 4] = [697.0, 770.0, 852.0, 941.0];
    const COLUMNS: [f32; 4] = [1209.0, 1336.0, 1477.0, 1633.0];
    let key = |digit: char| "123A456B789C*0#D".find(digit).expect("a key");
    digits
        .chars()
        .flat_map(|digit| {
            [tones(&[ROWS[key(digit) / 4], COLUMNS[key(digit) % 4]], 120), silence(120)].concat()
        })
        .collect()
}

/// Nothing.
pub fn silence(ms: usize) -> Vec<i16> {
    vec![0; ms * PER_MS]
}

/// Somebody speaks: noise in syllables of 150 ms, every other one soft, the same each time.
pub fn speech(ms: usize) -> Vec<i16> {
    let mut state = 7_u32;
    (0..ms * PER_MS)
        .map(|n| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let noise = ((state >> 16) % 16_000) as i16 - 8_000;
            if (n / (150 * PER_MS)).is_multiple_of(2) { noise } else { noise / 8 }
        })
        .collect()
}

/// Raw A-law (ITU-T G.711), as RTP carries it.
pub fn alaw(samples: &[i16]) -> Vec<u8> {
    samples
        .iter()
        .map(|sample| {
            let magnitude = (if *sample < 0 { !*sample } else { *sample }).unsigned_abs() >> 3;
            let segment = (16 - (magnitude >> 5).leading_zeros()).min(7);
            let step = magnitude >> segment.max(1);
            let code = (segment << 4) as u8 | (step & 15) as u8;
            code ^ if *sample < 0 { 0x55 } else { 0xD5 }
        })
        .collect()
}

/// A WAV file's bytes.
pub fn wav(samples: &[i16]) -> Vec<u8> {
    let spec = hound::WavSpec {
        channels: 1,
        sample_rate: RATE,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let mut bytes = std::io::Cursor::new(Vec::new());
    let mut writer = hound::WavWriter::new(&mut bytes, spec).expect("memory takes it");
    for sample in samples {
        writer.write_sample(*sample).expect("memory takes it");
    }
    writer.finalize().expect("memory takes it");
    bytes.into_inner()
}

/// Reads a WAV file, its first channel, at [`RATE`].
pub fn read(path: &Path) -> Vec<i16> {
    let bytes = std::fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    parse(&bytes)
}

/// Reads the bytes of a WAV file, its first channel. A multiple of [`RATE`] is brought down to it by means: good enough for tones.
pub fn parse(bytes: &[u8]) -> Vec<i16> {
    let reader = hound::WavReader::new(bytes).expect("a WAV file");
    let spec = reader.spec();
    assert_eq!((spec.sample_rate % RATE, spec.bits_per_sample), (0, 16));
    let samples: Vec<i16> = reader.into_samples().map(|sample| sample.expect("whole samples")).collect();
    let first: Vec<i16> = samples.into_iter().step_by(usize::from(spec.channels)).collect();
    let per_sample = i64::from(spec.sample_rate / RATE);
    let mean = |samples: &[i16]| samples.iter().map(|sample| i64::from(*sample)).sum::<i64>() / per_sample;
    let groups = first.chunks_exact(usize::try_from(per_sample).expect("a small number"));
    groups.map(|samples| i16::try_from(mean(samples)).expect("a mean is within what it is of")).collect()
}

/// Share of the power that lies at this frequency (Goertzel), 0 to 1.
pub fn share(samples: &[i16], hertz: f32) -> f32 {
    let step = 2.0 * (std::f32::consts::TAU * hertz / RATE as f32).cos();
    let (mut last, mut before, mut power) = (0.0_f32, 0.0_f32, 0.0_f32);
    for sample in samples {
        let value = f32::from(*sample);
        power += value * value;
        (last, before) = (value + step * last - before, last);
    }
    let at = last * last + before * before - step * last * before;
    if power == 0.0 { 0.0 } else { at * 2.0 / (samples.len() as f32 * power) }
}

/// Milliseconds, in steps of 20, in which the tone is nearly all there is to hear.
pub fn heard_ms(samples: &[i16], hertz: f32) -> usize {
    20 * samples.chunks(20 * PER_MS).filter(|frame| is_loud(frame) && share(frame, hertz) > 0.8).count()
}

/// Milliseconds, in steps of 20, in which the tone is a good part of what is heard: one voice of several.
pub fn among_ms(samples: &[i16], hertz: f32) -> usize {
    20 * samples.chunks(20 * PER_MS).filter(|frame| is_loud(frame) && share(frame, hertz) > 0.2).count()
}

/// Whether there is anything to hear.
pub fn is_loud(frame: &[i16]) -> bool {
    frame.iter().any(|sample| sample.unsigned_abs() > 1_000)
}

/// Silence in milliseconds between the last of one tone and the first of the next; `None` when one of them is missing.
pub fn gap_ms(samples: &[i16], first: f32, second: f32) -> Option<usize> {
    // Frames of 10 ms, moved by 1 ms: a tone is found to the millisecond where its frame is pure.
    let frames = samples.len().checked_sub(10 * PER_MS)? / PER_MS;
    let is = |ms: usize, hertz: f32| {
        let frame = &samples[ms * PER_MS..(ms + 10) * PER_MS];
        is_loud(frame) && share(frame, hertz) > 0.8
    };
    let start = (0..frames).find(|ms| is(*ms, second))?;
    let end = (0..start).rev().find(|ms| is(*ms, first))? + 10;
    let between = &samples[end.min(start) * PER_MS..start * PER_MS];
    Some(between.chunks(PER_MS).filter(|frame| frame.iter().all(|s| s.unsigned_abs() < 300)).count())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tone_is_told_from_others() {
        let sound = tone(440.0, 200);
        assert!(share(&sound, 440.0) > 0.99 && share(&sound, 880.0) < 0.01);
        assert_eq!(heard_ms(&[silence(100), sound, tone(700.0, 100)].concat(), 440.0), 200);
    }

    #[test]
    fn a_gap_is_measured_to_some_milliseconds() {
        for gap in [0, 20, 60, 300] {
            let sound = [tone(440.0, 500), silence(gap), tone(880.0, 500)].concat();
            let measured = gap_ms(&sound, 440.0, 880.0).unwrap();
            assert!(measured.abs_diff(gap) <= 5, "{gap}: {measured}");
        }
        assert_eq!(gap_ms(&tone(440.0, 500), 440.0, 880.0), None);
    }
}
