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

static MU_DECODE: [i16; 256] = {
    let mut table = [0; 256];
    let mut code = 0;
    while code < 256 {
        table[code] = mu_expand(code as u8);
        code += 1;
    }
    table
};
static A_DECODE: [i16; 256] = {
    let mut table = [0; 256];
    let mut code = 0;
    while code < 256 {
        table[code] = a_expand(code as u8);
        code += 1;
    }
    table
};
static MU_ENCODE: [u8; 1 << 14] = {
    let mut table = [0; 1 << 14];
    let mut index = 0;
    while index < 1 << 14 {
        table[index] = mu_compress((((index as u16) << 2) as i16) >> 2);
        index += 1;
    }
    table
};
static A_ENCODE: [u8; 1 << 12] = {
    let mut table = [0; 1 << 12];
    let mut index = 0;
    while index < 1 << 12 {
        table[index] = a_compress((((index as u16) << 4) as i16) >> 4);
        index += 1;
    }
    table
};
/// The byte of the other law for each byte: what a bridge between two laws needs.
static MU_TO_A: [u8; 256] = {
    let mut table = [0; 256];
    let mut code = 0;
    while code < 256 {
        table[code] = A_ENCODE[(MU_DECODE[code] as u16 >> 4) as usize];
        code += 1;
    }
    table
};
static A_TO_MU: [u8; 256] = {
    let mut table = [0; 256];
    let mut code = 0;
    while code < 256 {
        table[code] = MU_ENCODE[(A_DECODE[code] as u16 >> 2) as usize];
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
