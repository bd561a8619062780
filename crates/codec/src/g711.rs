//! G.711: 8-bit logarithmic audio (ITU-T G.711), bit-exact with the reference of ITU-T G.191.
//!
//! The tables are indexed by what the law can tell apart (14 bits for µ-law, 12 for A-law), so that both
//! encoders together take 20 KiB of cache instead of 128 KiB; a look-up per sample beats arithmetic
//! with a leading-zero count.

/// Which of the two laws.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum G711 {
    /// A-law, RTP payload type 8 (PCMA): Europe and international links.
    ALaw,
    /// µ-law, RTP payload type 0 (PCMU): North America and Japan.
    MuLaw,
}

impl G711 {
    /// The byte that decodes to (nearly) nothing.
    pub fn silence(self) -> u8 {
        match self {
            Self::ALaw => 0xD5,
            Self::MuLaw => 0xFF,
        }
    }

    /// The other law.
    #[must_use]
    pub fn other(self) -> Self {
        match self {
            Self::ALaw => Self::MuLaw,
            Self::MuLaw => Self::ALaw,
        }
    }
}

/// G.191 `ulaw_compress`: magnitudes by one's complement, so that −1 and 0 are neighbours.
const fn mu_compress(sample14: i16) -> u8 {
    let negative = sample14 < 0;
    let magnitude = if negative { !sample14 } else { sample14 } + 33;
    let magnitude = if magnitude > 0x1FFF { 0x1FFF } else { magnitude };
    let mut segment = 1;
    let mut rest = magnitude >> 6;
    while rest != 0 {
        segment += 1;
        rest >>= 1;
    }
    let high = 8 - segment;
    let low = 0x0F - ((magnitude >> segment) & 0x0F);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "four bits and three")]
    let code = ((high << 4) | low) as u8;
    if negative { code } else { code | 0x80 }
}

/// G.191 `ulaw_expand`.
const fn mu_expand(code: u8) -> i16 {
    let inverted = !code;
    let exponent = (inverted >> 4) & 0x07;
    let mantissa = (inverted & 0x0F) as i16;
    let step = 4i16 << (exponent + 1);
    let magnitude = (0x80i16 << exponent) + step * mantissa + step / 2 - 4 * 33;
    if code & 0x80 == 0 { -magnitude } else { magnitude }
}

/// G.191 `alaw_compress` on the 12 bits it keeps.
const fn a_compress(sample12: i16) -> u8 {
    let negative = sample12 < 0;
    let mut value = if negative { !sample12 } else { sample12 };
    if value > 15 {
        let mut exponent = 1;
        while value > 16 + 15 {
            value >>= 1;
            exponent += 1;
        }
        value = value - 16 + (exponent << 4);
    }
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "below 128")]
    let code = value as u8;
    (if negative { code } else { code | 0x80 }) ^ 0x55
}

/// G.191 `alaw_expand`.
const fn a_expand(code: u8) -> i16 {
    let plain = code ^ 0x55;
    let exponent = ((plain & 0x7F) >> 4) as i16;
    let mut mantissa = (plain & 0x0F) as i16;
    if exponent > 0 {
        mantissa += 16;
    }
    mantissa = (mantissa << 4) + 8;
    if exponent > 1 {
        mantissa <<= exponent - 1;
    }
    if plain & 0x80 == 0 { -mantissa } else { mantissa }
}

#[expect(clippy::cast_possible_truncation, reason = "an index below 256")]
static MU_DECODE: [i16; 256] = {
    let mut table = [0; 256];
    let mut code = 0;
    while code < 256 {
        table[code] = mu_expand(code as u8);
        code += 1;
    }
    table
};
#[expect(clippy::cast_possible_truncation, reason = "an index below 256")]
static A_DECODE: [i16; 256] = {
    let mut table = [0; 256];
    let mut code = 0;
    while code < 256 {
        table[code] = a_expand(code as u8);
        code += 1;
    }
    table
};
#[expect(clippy::cast_possible_truncation, reason = "an index below 2^14")]
static MU_ENCODE: [u8; 1 << 14] = {
    let mut table = [0; 1 << 14];
    let mut index = 0;
    while index < 1 << 14 {
        table[index] = mu_compress(((index as u16) << 2).cast_signed() >> 2);
        index += 1;
    }
    table
};
#[expect(clippy::cast_possible_truncation, reason = "an index below 2^12")]
static A_ENCODE: [u8; 1 << 12] = {
    let mut table = [0; 1 << 12];
    let mut index = 0;
    while index < 1 << 12 {
        table[index] = a_compress(((index as u16) << 4).cast_signed() >> 4);
        index += 1;
    }
    table
};
/// The byte of the other law for each byte: what a bridge between two laws needs.
static MU_TO_A: [u8; 256] = {
    let mut table = [0; 256];
    let mut code = 0;
    while code < 256 {
        table[code] = A_ENCODE[(MU_DECODE[code].cast_unsigned() >> 4) as usize];
        code += 1;
    }
    table
};
static A_TO_MU: [u8; 256] = {
    let mut table = [0; 256];
    let mut code = 0;
    while code < 256 {
        table[code] = MU_ENCODE[(A_DECODE[code].cast_unsigned() >> 2) as usize];
        code += 1;
    }
    table
};

/// One byte as a 16-bit sample.
pub fn decode_one(law: G711, code: u8) -> i16 {
    match law {
        G711::ALaw => A_DECODE[code as usize],
        G711::MuLaw => MU_DECODE[code as usize],
    }
}

/// Encodes as many samples as both slices hold.
pub fn encode(law: G711, samples: &[i16], out: &mut [u8]) {
    match law {
        G711::ALaw => {
            for (byte, sample) in out.iter_mut().zip(samples) {
                *byte = A_ENCODE[(sample.cast_unsigned() >> 4) as usize];
            }
        }
        G711::MuLaw => {
            for (byte, sample) in out.iter_mut().zip(samples) {
                *byte = MU_ENCODE[(sample.cast_unsigned() >> 2) as usize];
            }
        }
    }
}

/// Decodes as many bytes as both slices hold.
pub fn decode(law: G711, codes: &[u8], out: &mut [i16]) {
    let table = match law {
        G711::ALaw => &A_DECODE,
        G711::MuLaw => &MU_DECODE,
    };
    for (sample, code) in out.iter_mut().zip(codes) {
        *sample = table[*code as usize];
    }
}

/// Turns bytes of `law` into bytes of the other law, in place.
pub fn transcode(law: G711, codes: &mut [u8]) {
    let table = match law {
        G711::ALaw => &A_TO_MU,
        G711::MuLaw => &MU_TO_A,
    };
    for code in codes {
        *code = table[*code as usize];
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LAWS: [G711; 2] = [G711::ALaw, G711::MuLaw];

    fn encode_one(law: G711, sample: i16) -> u8 {
        let mut out = [0];
        encode(law, &[sample], &mut out);
        out[0]
    }

    #[test]
    fn codes_are_those_of_the_recommendation() {
        // ITU-T G.711 tables 1a and 2a: extremes and the values next to zero.
        assert_eq!([-32_768, -1, 0, 32_767].map(|s| encode_one(G711::ALaw, s)), [0x2A, 0x55, 0xD5, 0xAA]);
        assert_eq!([-32_768, -1, 0, 32_767].map(|s| encode_one(G711::MuLaw, s)), [0x00, 0x7F, 0xFF, 0x80]);
        assert_eq!([0x2A, 0x55, 0xD5, 0xAA].map(|c| decode_one(G711::ALaw, c)), [-32_256, -8, 8, 32_256]);
        assert_eq!([0x00, 0x7F, 0xFF, 0x80].map(|c| decode_one(G711::MuLaw, c)), [-32_124, 0, 0, 32_124]);
    }

    #[test]
    fn every_code_survives_decoding_and_encoding() {
        for law in LAWS {
            for code in 0..=255 {
                let again = encode_one(law, decode_one(law, code));
                // µ-law has two zeros; the negative one comes back as the positive one.
                assert!(
                    again == code || (law == G711::MuLaw && code == 0x7F && again == 0xFF),
                    "{law:?} {code:#x}"
                );
            }
        }
    }

    #[test]
    fn the_error_is_at_most_half_a_step_and_order_is_kept() {
        for law in LAWS {
            let mut last = i16::MIN;
            for sample in i16::MIN..=i16::MAX {
                let heard = decode_one(law, encode_one(law, sample));
                assert!(heard >= last, "{law:?} {sample}");
                last = heard;
                let error = (i32::from(heard) - i32::from(sample)).abs();
                let magnitude = i32::from(sample).abs();
                assert!(
                    error <= 16.max(magnitude / 32 + 8).max(magnitude - 32_124),
                    "{law:?} {sample} {error}"
                );
            }
        }
    }

    #[test]
    fn transcoding_equals_decoding_and_encoding() {
        for law in LAWS {
            for code in 0..=255 {
                let mut one = [code];
                transcode(law, &mut one);
                assert_eq!(one[0], encode_one(law.other(), decode_one(law, code)));
            }
        }
    }

    #[test]
    fn silence_is_silent() {
        for law in LAWS {
            assert!(decode_one(law, law.silence()).abs() <= 8);
        }
    }
}
