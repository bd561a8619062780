//! Audio arithmetic of telephony: 16-bit samples, mono, 8 000 Hz unless a name says otherwise.
//!
//! **Owns** G.711 and the use of G.722 and Opus, resampling to and from 8 000 Hz, telephone tones, keys as tones both ways,
//! voice activity, who answered,
//! concealment of lost packets, mixing and gain. **Does not own** packets, files, threads, or when anything is
//! played.
//!
//! Invariants: whatever runs once per 20 ms neither allocates nor fails; every sum saturates; the same input
//! gives the same output on every machine of the same floating-point arithmetic.
//!
//! Start reading at [`g711`] and [`DtmfDetector`].

mod activity;
mod answerer;
mod coder;
mod dtmf;
pub mod g711;
mod mix;
mod plc;
mod resample;
mod ringback;
mod tone;

pub use activity::VoiceActivity;
pub use answerer::{Answerer, AnswererDetector, AnswererOptions};
pub use coder::{CoderError, Decoder, Encoder, Format, MAX_FRAME_BYTES, MAX_PACKET_SAMPLES};
pub use dtmf::{DtmfDetector, Key, dtmf_frequencies};
pub use g711::G711;
pub use mix::{Sum, apply_gain, gain_q12, mix_into};
pub use plc::Concealment;
pub use resample::{ResampleError, Resampler};
pub use ringback::ringback;
pub use tone::{Tone, render_digit};

/// Samples per second of everything here.
pub const SAMPLE_RATE_HZ: u32 = 8_000;
/// Samples of one 20 ms frame.
pub const FRAME_SAMPLES: usize = 160;

#[cfg(test)]
mod testing {
    /// A small seeded generator (xorshift64*), so that every test can be repeated from its seed.
    pub struct Random(u64);

    impl Random {
        pub fn new(seed: u64) -> Self {
            Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
        }

        /// A number below `limit`.
        pub fn below(&mut self, limit: u32) -> u32 {
            self.0 ^= self.0 >> 12;
            self.0 ^= self.0 << 25;
            self.0 ^= self.0 >> 27;
            let high = self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33;
            u32::try_from(high % u64::from(limit)).unwrap()
        }
    }
}
