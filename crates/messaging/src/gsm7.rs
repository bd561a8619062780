//! The GSM 7 bit default alphabet with its extension table (3GPP TS 23.038 §6.2.1).

/// Announces a character of the extension table.
pub const ESCAPE: u8 = 0x1B;

/// The basic table, by code. The escape stands for itself and is no character.
const BASIC: [char; 128] = [
    '@', '£', '$', '¥', 'è', 'é', 'ù', 'ì', 'ò', 'Ç', '\n', 'Ø', 'ø', '\r', 'Å', 'å', //
    'Δ', '_', 'Φ', 'Γ', 'Λ', 'Ω', 'Π', 'Ψ', 'Σ', 'Θ', 'Ξ', '\u{1B}', 'Æ', 'æ', 'ß', 'É', //
    ' ', '!', '"', '#', '¤', '%', '&', '\'', '(', ')', '*', '+', ',', '-', '.', '/', //
    '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', ':', ';', '<', '=', '>', '?', //
    '¡', 'A', 'B', 'C', 'D', 'E', 'F', 'G', 'H', 'I', 'J', 'K', 'L', 'M', 'N', 'O', //
    'P', 'Q', 'R', 'S', 'T', 'U', 'V', 'W', 'X', 'Y', 'Z', 'Ä', 'Ö', 'Ñ', 'Ü', '§', //
    '¿', 'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'k', 'l', 'm', 'n', 'o', //
    'p', 'q', 'r', 's', 't', 'u', 'v', 'w', 'x', 'y', 'z', 'ä', 'ö', 'ñ', 'ü', 'à',
];

/// The extension table: code after the escape, and character.
const EXTENSION: [(u8, char); 10] = [
    (0x0A, '\u{0C}'),
    (0x14, '^'),
    (0x28, '{'),
    (0x29, '}'),
    (0x2F, '\\'),
    (0x3C, '['),
    (0x3D, '~'),
    (0x3E, ']'),
    (0x40, '|'),
    (0x65, '€'),
];

/// One character in septets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Septets {
    /// From the basic table.
    One(u8),
    /// From the extension table: the escape and this code.
    Escaped(u8),
}

impl Septets {
    /// 1 or 2.
    pub fn count(self) -> usize {
        match self {
            Self::One(_) => 1,
            Self::Escaped(_) => 2,
        }
    }

    /// Appends one octet per septet, as SMPP carries the alphabet.
    pub fn push_to(self, out: &mut Vec<u8>) {
        match self {
            Self::One(code) => out.push(code),
            Self::Escaped(code) => out.extend([ESCAPE, code]),
        }
    }
}

/// The septets of `c`; `None` when the alphabet does not have it.
pub fn encode_char(c: char) -> Option<Septets> {
    // Letters, digits and most punctuation sit at their ASCII code.
    if matches!(c, ' '..='#' | '%'..='?' | 'A'..='Z' | 'a'..='z') {
        return u8::try_from(c).ok().map(Septets::One);
    }
    if c == '\u{1B}' {
        return None;
    }
    if let Some(code) = BASIC.iter().position(|have| *have == c) {
        return u8::try_from(code).ok().map(Septets::One);
    }
    EXTENSION.iter().find(|(_, have)| *have == c).map(|(code, _)| Septets::Escaped(*code))
}

/// One octet per septet; `None` when a character is not in the alphabet.
pub fn encode(text: &str) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(text.len());
    for c in text.chars() {
        encode_char(c)?.push_to(&mut out);
    }
    Some(out)
}

/// Text of one octet per septet. The highest bit is ignored. An escape before a code without extension shows that
/// code's basic character, and an escape at the end or before another escape shows a blank, as TS 23.038 asks.
pub fn decode(septets: &[u8]) -> String {
    let mut out = String::with_capacity(septets.len());
    let mut escaped = false;
    for code in septets.iter().map(|octet| octet & 0x7F) {
        if escaped {
            escaped = false;
            if code == ESCAPE {
                out.push(' ');
                continue;
            }
            let extension = EXTENSION.iter().find(|(have, _)| *have == code);
            out.push(extension.map_or(BASIC[usize::from(code)], |(_, c)| *c));
        } else if code == ESCAPE {
            escaped = true;
        } else {
            out.push(BASIC[usize::from(code)]);
        }
    }
    if escaped {
        out.push(' ');
    }
    out
}

/// Packs septets into octets, the first `fill_bits` (0 to 6) left zero (3GPP TS 23.038 §6.1.2.1.1; fill bits after a
/// header: TS 23.040 §9.2.3.24).
pub fn pack(septets: &[u8], fill_bits: u32) -> Vec<u8> {
    let mut out = Vec::with_capacity((septets.len() * 7).div_ceil(8) + 1);
    let (mut acc, mut bits) = (0u32, fill_bits.min(6));
    for septet in septets {
        acc |= u32::from(septet & 0x7F) << bits;
        bits += 7;
        while bits >= 8 {
            out.push(acc.to_le_bytes()[0]);
            acc >>= 8;
            bits -= 8;
        }
    }
    if bits > 0 {
        out.push(acc.to_le_bytes()[0]);
    }
    out
}

/// The first `count` septets of packed `octets` after `fill_bits`; fewer when the octets end first.
pub fn unpack(octets: &[u8], fill_bits: u32, count: usize) -> Vec<u8> {
    let mut out = Vec::with_capacity(count.min(octets.len() * 8 / 7));
    let (mut acc, mut bits) = (0u32, 0u32);
    let mut skip = fill_bits.min(6);
    for octet in octets {
        acc |= u32::from(*octet) << bits;
        bits += 8;
        let skipped = skip.min(bits);
        acc >>= skipped;
        bits -= skipped;
        skip -= skipped;
        while bits >= 7 && out.len() < count {
            out.push(acc.to_le_bytes()[0] & 0x7F);
            acc >>= 7;
            bits -= 7;
        }
        if out.len() == count {
            break;
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_alphabet_holds_each_character_once_and_reads_back() {
        let all: Vec<char> =
            BASIC.into_iter().filter(|c| *c != '\u{1B}').chain(EXTENSION.map(|(_, c)| c)).collect();
        assert_eq!(all.len(), 137);
        for c in all {
            let septets = encode(&c.to_string()).unwrap();
            assert_eq!(decode(&septets), c.to_string(), "{c:?}");
        }
    }

    #[test]
    fn the_euro_and_brackets_cost_two_septets_and_what_is_missing_is_refused() {
        for c in "^{}\\[~]|€\u{0C}".chars() {
            assert_eq!(encode_char(c).map(Septets::count), Some(2), "{c:?}");
        }
        for c in "`ç’“…–êŒ漢😀\u{1B}\t\0".chars() {
            assert_eq!(encode_char(c), None, "{c:?}");
        }
    }

    #[test]
    fn broken_escapes_show_what_a_handset_would_show() {
        assert_eq!(decode(&[ESCAPE, b'a']), "a");
        assert_eq!(decode(&[ESCAPE, ESCAPE, b'a']), " a");
        assert_eq!(decode(&[b'a', ESCAPE]), "a ");
    }

    #[test]
    fn packing_matches_the_published_example() {
        // "hellohello", the example of 3GPP-derived texts everywhere.
        assert_eq!(pack(b"hellohello", 0), [0xE8, 0x32, 0x9B, 0xFD, 0x46, 0x97, 0xD9, 0xEC, 0x37]);
    }

    proptest! {
        #[test]
        fn packing_loses_nothing(septets in prop::collection::vec(0u8..128, 0..200), fill in 0u32..7) {
            let packed = pack(&septets, fill);
            prop_assert_eq!(unpack(&packed, fill, septets.len()), septets);
        }

        #[test]
        fn decoding_never_panics_and_encoding_reads_back(octets in prop::collection::vec(any::<u8>(), 0..300)) {
            let text = decode(&octets);
            let again = encode(&text).unwrap();
            prop_assert_eq!(decode(&again), text);
        }
    }
}
