//! Every codec behind one pair of types: samples at 8 000 Hz on one side, payloads of RTP on the other.
//!
//! G.722 and Opus carry more than 8 000 Hz can hold. What passes through a bridge keeps it; what is mixed, recorded,
//! played or listened to is narrow-band: G.722 by its lower band alone, Opus by its own choice of rate.

use std::fmt;

use audio_codec::g722::{Bitrate, G722Decoder, G722Encoder};
use audio_codec::{Decoder as _, Encoder as _};

use crate::{FRAME_SAMPLES, G711, SAMPLE_RATE_HZ, g711};

/// Longest packet taken: 60 ms.
pub const MAX_PACKET_SAMPLES: usize = 480;
/// Room for the payload of one encoded frame.
pub const MAX_FRAME_BYTES: usize = 320;
/// Bits per second of Opus for voice of 8 000 Hz, at which it is said to be transparent (RFC 7587 §3.1.1: 8–12 kb/s).
const OPUS_BIT_RATE: i32 = 16_000;
/// Effort of the encoder, 0–10: above 5 nobody hears a difference in narrow-band voice.
const OPUS_COMPLEXITY: i32 = 4;
/// Loss the encoder is to be ready for, in percent: it then repeats itself a little in the next packet.
const OPUS_EXPECTED_LOSS: i32 = 3;

/// A codec and its variant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    /// G.711 in one of its laws.
    G711(G711),
    /// G.722 at 64 kb/s.
    G722,
    /// Opus, mono.
    Opus,
}

impl Format {
    /// Units of RTP time in one sample of 8 000 Hz.
    pub fn units_per_sample(self) -> u32 {
        match self {
            // G.722 samples at 16 000 Hz and counts at 8 000 by an old mistake (RFC 3551 §4.5.2).
            Self::G711(_) | Self::G722 => 1,
            Self::Opus => 6,
        }
    }

    /// The law, when it is one of G.711.
    pub fn law(self) -> Option<G711> {
        match self {
            Self::G711(law) => Some(law),
            Self::G722 | Self::Opus => None,
        }
    }

    /// Whether a packet of this format can be sent on in the other without being decoded.
    pub fn passes_to(self, other: Self) -> bool {
        self == other || (self.law().is_some() && other.law().is_some())
    }
}

/// Why a codec could not be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("libopus has no memory for another stream")]
pub struct CoderError;

/// Encodes one stream.
pub struct Encoder(Encoding);

enum Encoding {
    G711(G711),
    G722(Box<WideEncoder>),
    Opus(opus::Encoder),
}

impl Encoder {
    /// G.711, which has no memory.
    pub fn g711(law: G711) -> Self {
        Self(Encoding::G711(law))
    }

    /// A fresh stream. Allocates; encoding does not.
    pub fn new(format: Format) -> Result<Self, CoderError> {
        Ok(Self(match format {
            Format::G711(law) => Encoding::G711(law),
            Format::G722 => Encoding::G722(Box::new(WideEncoder::new())),
            Format::Opus => Encoding::Opus(opus_encoder().map_err(|_| CoderError)?),
        }))
    }

    /// What it encodes to.
    pub fn format(&self) -> Format {
        match &self.0 {
            Encoding::G711(law) => Format::G711(*law),
            Encoding::G722(_) => Format::G722,
            Encoding::Opus(_) => Format::Opus,
        }
    }

    /// Encodes 20 ms and returns the length; 0 when there is nothing to send.
    pub fn encode(&mut self, samples: &[i16; FRAME_SAMPLES], out: &mut [u8; MAX_FRAME_BYTES]) -> usize {
        match &mut self.0 {
            Encoding::G711(law) => {
                g711::encode(*law, samples, &mut out[..FRAME_SAMPLES]);
                FRAME_SAMPLES
            }
            Encoding::G722(encoder) => encoder.encode(samples, out),
            Encoding::Opus(encoder) => encoder.encode(samples, &mut out[..]).unwrap_or(0),
        }
    }
}

/// G.722 of samples at 8 000 Hz: doubled first. (The library's own narrow-band mode writes codes that are none.)
struct WideEncoder {
    encoder: G722Encoder,
    /// The latest samples, the newest last.
    history: [i32; 12],
}

/// One phase of the quadrature mirror filter of ITU-T G.722 §5.2.1, which the encoder takes the bands apart with: as an
/// interpolator it leaves the upper band empty.
const MIRROR_FILTER: [i32; 12] = [3, -11, 12, 32, -210, 951, 3_876, -805, 362, -156, 53, -11];

impl WideEncoder {
    fn new() -> Self {
        Self { encoder: G722Encoder::with_options(Bitrate::Mode1_64000, false, false), history: [0; 12] }
    }

    fn encode(&mut self, samples: &[i16; FRAME_SAMPLES], out: &mut [u8; MAX_FRAME_BYTES]) -> usize {
        let mut doubled = [0; 2 * FRAME_SAMPLES];
        for (pair, sample) in doubled.chunks_exact_mut(2).zip(samples) {
            self.history.copy_within(1.., 0);
            self.history[11] = i32::from(*sample);
            let taps = || self.history.iter();
            let first: i32 = taps().zip(MIRROR_FILTER.iter().rev()).map(|(sample, tap)| sample * tap).sum();
            let second: i32 = taps().zip(&MIRROR_FILTER).map(|(sample, tap)| sample * tap).sum();
            pair.copy_from_slice(&[scaled(first), scaled(second)]);
        }
        self.encoder.encode_into(&doubled, &mut out[..]).unwrap_or(0)
    }
}

/// Back from the gain of the filter, 4 096.
fn scaled(sum: i32) -> i16 {
    i16::try_from((sum >> 12).clamp(i16::MIN.into(), i16::MAX.into())).expect("clamped")
}

fn opus_encoder() -> Result<opus::Encoder, opus::Error> {
    let mut encoder = opus::Encoder::new(SAMPLE_RATE_HZ, opus::Channels::Mono, opus::Application::Voip)?;
    encoder.set_bitrate(opus::Bitrate::Bits(OPUS_BIT_RATE))?;
    encoder.set_complexity(OPUS_COMPLEXITY)?;
    encoder.set_inband_fec(true)?;
    encoder.set_packet_loss_perc(OPUS_EXPECTED_LOSS)?;
    encoder.set_signal(opus::Signal::Voice)?;
    Ok(encoder)
}

impl fmt::Debug for Encoder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Encoder").field(&self.format()).finish()
    }
}

/// Decodes one stream.
pub struct Decoder(Decoding);

enum Decoding {
    G711(G711),
    G722(Box<G722Decoder>),
    Opus(opus::Decoder),
}

impl Decoder {
    /// G.711, which has no memory.
    pub fn g711(law: G711) -> Self {
        Self(Decoding::G711(law))
    }

    /// A fresh stream. Allocates; decoding does not.
    pub fn new(format: Format) -> Result<Self, CoderError> {
        Ok(Self(match format {
            Format::G711(law) => Decoding::G711(law),
            Format::G722 => {
                Decoding::G722(Box::new(G722Decoder::with_options(Bitrate::Mode1_64000, false, true)))
            }
            Format::Opus => {
                let decoder = opus::Decoder::new(SAMPLE_RATE_HZ, opus::Channels::Mono);
                Decoding::Opus(decoder.map_err(|_| CoderError)?)
            }
        }))
    }

    /// What it decodes.
    pub fn format(&self) -> Format {
        match &self.0 {
            Decoding::G711(law) => Format::G711(*law),
            Decoding::G722(_) => Format::G722,
            Decoding::Opus(_) => Format::Opus,
        }
    }

    /// Decodes a payload and returns how many samples it held: none for what is not of this format or longer than
    /// 60 ms.
    pub fn decode(&mut self, payload: &[u8], out: &mut [i16; MAX_PACKET_SAMPLES]) -> usize {
        if payload.is_empty() {
            return 0;
        }
        match &mut self.0 {
            Decoding::G711(law) => {
                let Some(out) = out.get_mut(..payload.len()) else { return 0 };
                g711::decode(*law, payload, out);
                payload.len()
            }
            Decoding::G722(decoder) => decoder.decode_into(payload, out).unwrap_or(0),
            Decoding::Opus(decoder) => decoder.decode(payload, out, false).unwrap_or(0),
        }
    }

    /// Fills a gap of this length from what the codec itself remembers; false when it cannot.
    pub fn conceal(&mut self, out: &mut [i16]) -> bool {
        match &mut self.0 {
            Decoding::G711(_) | Decoding::G722(_) => false,
            Decoding::Opus(decoder) => decoder.decode(&[], out, false).is_ok_and(|count| count == out.len()),
        }
    }
}

impl fmt::Debug for Decoder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Decoder").field(&self.format()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const FORMATS: [Format; 4] =
        [Format::G711(G711::ALaw), Format::G711(G711::MuLaw), Format::G722, Format::Opus];

    #[expect(clippy::cast_possible_truncation, reason = "the peak is below 2^15")]
    fn sine(hz: f64, from: usize) -> [i16; FRAME_SAMPLES] {
        std::array::from_fn(|n| {
            (8_000.0 * (std::f64::consts::TAU * hz * (from + n) as f64 / 8_000.0).sin()) as i16
        })
    }

    fn crossings(samples: &[i16]) -> usize {
        samples.windows(2).filter(|pair| pair[0] < 0 && pair[1] >= 0).count()
    }

    fn peak(samples: &[i16]) -> u16 {
        samples.iter().map(|sample| sample.unsigned_abs()).max().unwrap_or(0)
    }

    /// A second of a tone through the codec; every `lost`th packet is not decoded.
    fn through(format: Format, hz: f64, lost: usize) -> Vec<i16> {
        let (mut encoder, mut decoder) = (Encoder::new(format).unwrap(), Decoder::new(format).unwrap());
        assert_eq!((encoder.format(), decoder.format()), (format, format));
        let mut heard = vec![];
        for frame in 0..50 {
            let (mut bytes, mut samples) = ([0; MAX_FRAME_BYTES], [0; MAX_PACKET_SAMPLES]);
            let length = encoder.encode(&sine(hz, frame * FRAME_SAMPLES), &mut bytes);
            let is_lost = lost > 0 && frame % lost == lost - 1;
            let count = if is_lost {
                if decoder.conceal(&mut samples[..FRAME_SAMPLES]) { FRAME_SAMPLES } else { 0 }
            } else {
                decoder.decode(&bytes[..length], &mut samples)
            };
            assert!(count == FRAME_SAMPLES || is_lost, "{format:?}: {count}");
            heard.extend_from_slice(&samples[..count]);
        }
        heard
    }

    #[test]
    fn a_tone_keeps_its_pitch_and_its_level_in_every_format() {
        for format in FORMATS {
            for hz in [300.0, 1_000.0, 2_500.0] {
                let heard = through(format, hz, 0);
                let second_half = &heard[4_000..];
                let wanted = hz / 2.0;
                let found = crossings(second_half) as f64;
                assert!((found - wanted).abs() <= 3.0, "{format:?} {hz} Hz: {found} of {wanted} waves");
                let peak = peak(second_half);
                assert!((6_000..11_000).contains(&peak), "{format:?} {hz} Hz: {peak}");
            }
        }
    }

    #[test]
    fn opus_mends_what_is_lost_by_itself() {
        let heard = through(Format::Opus, 400.0, 10);
        assert_eq!(heard.len(), 8_000);
        assert!((crossings(&heard[4_000..]) as f64 - 200.0).abs() < 8.0);
    }

    #[test]
    fn packets_pass_between_the_laws_and_to_their_own_kind_only() {
        let passing = |from: Format| FORMATS.map(|to| from.passes_to(to));
        assert_eq!(passing(Format::G711(G711::ALaw)), [true, true, false, false]);
        assert_eq!(passing(Format::G722), [false, false, true, false]);
        assert_eq!(passing(Format::Opus), [false, false, false, true]);
    }

    proptest! {
        #[test]
        fn no_bytes_make_a_decoder_fail(payloads in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..700), 1..20)) {
            for format in FORMATS {
                let mut decoder = Decoder::new(format).unwrap();
                for payload in &payloads {
                    let count = decoder.decode(payload, &mut [0; MAX_PACKET_SAMPLES]);
                    prop_assert!(count <= MAX_PACKET_SAMPLES);
                }
            }
        }
    }
}
