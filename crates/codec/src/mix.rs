//! Adding and scaling, without wrapping.

/// Adds `other` to `into`, sample by sample, as far as both reach; sums beyond 16 bits are clipped.
pub fn mix_into(into: &mut [i16], other: &[i16]) {
    for (sum, sample) in into.iter_mut().zip(other) {
        *sum = sum.saturating_add(*sample);
    }
}

/// A gain in dB (−60 to +24, clamped) as a factor of 1/4 096.
pub fn gain_q12(gain_db: f32) -> i32 {
    let factor = 10f32.powf(gain_db.clamp(-60.0, 24.0) / 20.0) * 4_096.0;
    #[expect(clippy::cast_possible_truncation, reason = "clamped to below 2^16")]
    let rounded = factor.round() as i32;
    rounded
}

/// Scales in place; what exceeds 16 bits is clipped.
pub fn apply_gain(samples: &mut [i16], gain_q12: i32) {
    for sample in samples {
        let scaled = (i64::from(*sample) * i64::from(gain_q12) + 2_048) >> 12;
        *sample = i16::try_from(scaled.clamp(i64::from(i16::MIN), i64::from(i16::MAX))).expect("clamped");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_are_clipped_and_never_wrap() {
        let mut sum = [30_000, -30_000, 5, 7];
        mix_into(&mut sum, &[10_000, -10_000, -6]);
        assert_eq!(sum, [32_767, -32_768, -1, 7]);
    }

    #[test]
    fn six_decibel_double_and_extremes_clip() {
        let mut samples = [1_000, -1_000, 30_000, -32_768];
        apply_gain(&mut samples, gain_q12(6.0206));
        assert_eq!(samples, [2_000, -2_000, 32_767, -32_768]);
        let mut same = [123, -456];
        apply_gain(&mut same, gain_q12(0.0));
        assert_eq!(same, [123, -456]);
        apply_gain(&mut samples, i32::MAX);
        apply_gain(&mut samples, i32::MIN);
    }
}
