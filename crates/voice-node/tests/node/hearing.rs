//! What a phone of the sandbox has heard, by the tones in its recording.

use std::path::Path;

/// Samples of 8 kHz, mono, of a WAV file as the recorder writes it.
pub fn samples(path: &Path) -> Vec<i16> {
    samples_of(&std::fs::read(path).unwrap())
}

/// The samples of a WAV of 8 kHz, 16 bits, one channel.
pub fn samples_of(bytes: &[u8]) -> Vec<i16> {
    let data = bytes.windows(4).position(|name| name == b"data").expect("a data chunk") + 8;
    bytes[data..].chunks_exact(2).map(|pair| i16::from_le_bytes([pair[0], pair[1]])).collect()
}

/// Milliseconds in which a tone of this frequency is heard, in blocks of 100 ms, by the algorithm of Goertzel.
pub fn heard_ms(samples: &[i16], hz: u16) -> usize {
    let block = 800;
    let coefficient = 2.0 * (std::f64::consts::TAU * f64::from(hz) / 8_000.0).cos();
    let has_tone = |samples: &&[i16]| {
        let (mut before, mut last) = (0.0, 0.0);
        for sample in *samples {
            let next = f64::from(*sample) + coefficient * last - before;
            (before, last) = (last, next);
        }
        let power = last * last + before * before - coefficient * last * before;
        // The amplitude of the tone in the block.
        2.0 * power.max(0.0).sqrt() / 800.0 > 600.0
    };
    samples.chunks_exact(block).filter(has_tone).count() * 100
}
