//! Adding and scaling, without wrapping.

use crate::FRAME_SAMPLES;

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

/// Up to here a sum passes unchanged: −2.7 dB below full scale.
const KNEE: i32 = 24_000;
/// What is left above the knee.
const ROOM: i32 = 32_767 - KNEE;

/// One frame of many voices together: 65 536 of them at full scale still fit.
#[derive(Debug, Clone)]
pub struct Sum([i32; FRAME_SAMPLES]);

impl Default for Sum {
    fn default() -> Self {
        Self::new()
    }
}

impl Sum {
    /// Silence.
    pub const fn new() -> Self {
        Self([0; FRAME_SAMPLES])
    }

    /// Silence again.
    pub fn clear(&mut self) {
        self.0.fill(0);
    }

    /// The sums as they are.
    pub fn values(&self) -> &[i32; FRAME_SAMPLES] {
        &self.0
    }

    /// Adds one voice.
    pub fn add(&mut self, voice: &[i16; FRAME_SAMPLES]) {
        for (sum, sample) in self.0.iter_mut().zip(voice) {
            *sum += i32::from(*sample);
        }
    }

    /// Adds to one sample; for sums that come from elsewhere.
    pub fn add_at(&mut self, index: usize, value: i32) {
        self.0[index] += value;
    }

    /// The frame for those who said nothing.
    pub fn whole(&self, out: &mut [i16; FRAME_SAMPLES]) {
        limit(&self.0, out);
    }

    /// The frame for the one who said `own`, which is left out.
    pub fn without(&self, own: &[i16; FRAME_SAMPLES], out: &mut [i16; FRAME_SAMPLES]) {
        let rest: [i32; FRAME_SAMPLES] = std::array::from_fn(|index| self.0[index] - i32::from(own[index]));
        limit(&rest, out);
    }
}

/// Brings sums back to 16 bits: unchanged up to the knee, then ever flatter, so that many loud voices at once
/// are compressed and not cut off.
fn limit(sums: &[i32; FRAME_SAMPLES], out: &mut [i16; FRAME_SAMPLES]) {
    let loudest = sums.iter().fold(0, |loudest, sum| loudest.max(sum.unsigned_abs()));
    if loudest <= KNEE.unsigned_abs() {
        for (sample, sum) in out.iter_mut().zip(sums) {
            #[expect(clippy::cast_possible_truncation, reason = "at most the knee")]
            let value = *sum as i16;
            *sample = value;
        }
        return;
    }
    for (sample, sum) in out.iter_mut().zip(sums) {
        *sample = bend(*sum);
    }
}

fn bend(sum: i32) -> i16 {
    let over = i64::from(sum.unsigned_abs()) - i64::from(KNEE);
    if over <= 0 {
        return i16::try_from(sum).expect("at most the knee");
    }
    let room = i64::from(ROOM);
    let level = i64::from(KNEE) + over * room / (over + room);
    let level = i16::try_from(level).expect("below full scale");
    if sum < 0 { -level } else { level }
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

    #[test]
    fn everybody_hears_all_but_himself() {
        let (one, two, three) = ([100; FRAME_SAMPLES], [-30; FRAME_SAMPLES], [7; FRAME_SAMPLES]);
        let mut sum = Sum::new();
        for voice in [&one, &two, &three] {
            sum.add(voice);
        }
        let mut out = [0; FRAME_SAMPLES];
        sum.without(&one, &mut out);
        assert_eq!(out, [-23; FRAME_SAMPLES]);
        sum.whole(&mut out);
        assert_eq!(out, [77; FRAME_SAMPLES]);
    }

    #[test]
    fn a_thousand_loud_voices_are_compressed_in_order_and_never_wrap() {
        let mut sum = Sum::new();
        let (mut out, mut last) = ([0; FRAME_SAMPLES], 0);
        for voices in 1..=1_000 {
            sum.add(&[i16::MIN; FRAME_SAMPLES]);
            sum.whole(&mut out);
            assert!(out[0] <= last && out[0] > i16::MIN, "{voices}: {}", out[0]);
            last = out[0];
        }
        // One voice alone at the knee is not touched, and the curve has no step there.
        assert_eq!((bend(KNEE), bend(KNEE + 1), bend(-KNEE - 2)), (24_000, 24_000, -24_001));
    }
}
