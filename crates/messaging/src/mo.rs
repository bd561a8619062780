//! Reading the octets of an incoming message.

use crate::{gsm7, national::Tables, udh};

/// One incoming short message, alphabet undone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MoPart {
    /// Its text; a character cut in two by the sender's phone is kept in `tail`/`head` of the neighbours, see
    /// [`MoPart::units`].
    pub units: TextUnits,
    /// Its place in a long message.
    pub place: Option<udh::Concat>,
}

/// Text of a part before it is joined: phones do cut escape pairs and surrogate pairs, so characters are made only
/// from the whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TextUnits {
    /// One octet per septet.
    Gsm7(Vec<u8>),
    /// UTF-16.
    Utf16(Vec<u16>),
    /// Octets that stand for the first 256 characters of Unicode.
    Latin1(Vec<u8>),
    /// Not text.
    Binary(Vec<u8>),
}

impl TextUnits {
    /// The characters. Unpaired surrogates show as U+FFFD; binary data shows as hexadecimal.
    pub fn to_text(&self) -> String {
        match self {
            Self::Gsm7(septets) => gsm7::decode(septets),
            Self::Utf16(units) => String::from_utf16_lossy(units),
            Self::Latin1(octets) => octets.iter().map(|octet| char::from(*octet)).collect(),
            Self::Binary(octets) => {
                let hex = |nibble: u8| char::from_digit(u32::from(nibble), 16).unwrap_or('0');
                octets.iter().flat_map(|octet| [hex(octet >> 4), hex(octet & 15)]).collect()
            }
        }
    }

    /// Appends `next` when it is of the same kind; gives it back otherwise.
    pub fn append(&mut self, next: Self) -> Result<(), Self> {
        match (self, next) {
            (Self::Gsm7(all), Self::Gsm7(more))
            | (Self::Latin1(all), Self::Latin1(more))
            | (Self::Binary(all), Self::Binary(more)) => all.extend(more),
            (Self::Utf16(all), Self::Utf16(more)) => all.extend(more),
            (_, next) => return Err(next),
        }
        Ok(())
    }
}

/// How one carrier writes GSM text: SMPP does not say (3.4 §5.2.19: "SMSC default alphabet").
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum DefaultAlphabet {
    /// GSM, one octet per septet.
    #[default]
    Gsm7,
    /// GSM, packed as on the air.
    Gsm7Packed,
    /// Latin-1.
    Latin1,
}

/// Reads the user data of an incoming message: `data_coding` as in SMPP 3.4 §5.2.19, a header when `has_udh` says so. A header
/// that cannot be read leaves all octets as text, so that nothing is lost.
pub fn read(payload: &[u8], data_coding: u8, has_udh: bool, default: DefaultAlphabet) -> MoPart {
    let split = if has_udh { udh::split(payload).ok() } else { None };
    let (place, text) = split.unwrap_or((None, payload));
    let header_len = payload.len() - text.len();
    let tables = if split.is_some() { udh::tables(payload) } else { Tables::default() };
    // A language changes the meaning of codes within its part only, so its characters are made here.
    let gsm = |septets: Vec<u8>| {
        if tables.is_none() {
            TextUnits::Gsm7(septets)
        } else {
            TextUnits::Utf16(tables.decode(&septets).encode_utf16().collect())
        }
    };
    let units = match alphabet(data_coding, default) {
        Wire::Gsm7 => gsm(text.to_vec()),
        Wire::Gsm7Packed => gsm(unpack(text, header_len)),
        Wire::Latin1 => TextUnits::Latin1(text.to_vec()),
        Wire::Ucs2 => TextUnits::Utf16(text.chunks(2).map(utf16_unit).collect()),
        Wire::Binary => TextUnits::Binary(text.to_vec()),
    };
    MoPart { units, place }
}

/// Whether a `data_coding` names class 0: shown at once and not kept (3GPP TS 23.038 §4, general groups with a class, and group F).
pub const fn is_flash(data_coding: u8) -> bool {
    let has_class = matches!(data_coding >> 4, 0x1 | 0x3 | 0x5 | 0x7 | 0xF);
    has_class && matches!(data_coding & 0b11, 0)
}

enum Wire {
    Gsm7,
    Gsm7Packed,
    Latin1,
    Ucs2,
    Binary,
}

/// The alphabet of a `data_coding`: SMPP's own values, then the GSM groups (3GPP TS 23.038 §4) that pass through.
fn alphabet(data_coding: u8, default: DefaultAlphabet) -> Wire {
    let gsm_default = match default {
        DefaultAlphabet::Gsm7 => Wire::Gsm7,
        DefaultAlphabet::Gsm7Packed => Wire::Gsm7Packed,
        DefaultAlphabet::Latin1 => Wire::Latin1,
    };
    match data_coding {
        // IA5 is ASCII for every character in use.
        1 | 3 => Wire::Latin1,
        // General group: bits 3 and 2 are the alphabet. Group E is message waiting in UCS-2.
        8 | 0x18..=0x1B | 0xE0..=0xEF => Wire::Ucs2,
        2 | 4 | 0x14..=0x17 => Wire::Binary,
        // Group F, message class: bit 2 is the alphabet.
        0xF0..=0xFF if data_coding & 0x04 != 0 => Wire::Binary,
        _ => gsm_default,
    }
}

/// A lone last octet is kept as a unit of its own rather than lost.
fn utf16_unit(octets: &[u8]) -> u16 {
    match octets {
        [high, low] => u16::from_be_bytes([*high, *low]),
        _ => u16::from(octets.first().copied().unwrap_or(0)),
    }
}

/// Packed text starts on a septet boundary counted from the header's start (TS 23.040 §9.2.3.24).
fn unpack(text: &[u8], header_len: usize) -> Vec<u8> {
    let fill = (7 - header_len * 8 % 7) % 7;
    let count = (text.len() * 8).saturating_sub(fill) / 7;
    gsm7::unpack(text, u32::try_from(fill).unwrap_or(0), count)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::udh::{Concat, Reference};

    #[test]
    fn a_header_names_the_language_of_its_part() {
        let turkish = [&[3, 0x24, 1, 1][..], b"Ya\x1B\x73a"].concat();
        assert_eq!(read(&turkish, 0, true, DefaultAlphabet::Gsm7).units.to_text(), "Yaşa");
        let part = [&[8, 0, 3, 9, 2, 1, 0x25, 1, 1][..], b"\x40yi"].concat();
        let read = read(&part, 0, true, DefaultAlphabet::Gsm7);
        assert_eq!((read.units.to_text().as_str(), read.place.map(|place| place.total)), ("İyi", Some(2)));
        let broken = [&[9, 0x24, 1, 1][..], b"a"].concat();
        assert!(udh::tables(&broken).is_none());
    }

    #[test]
    fn class_0_is_told_from_the_others_in_every_group_that_has_classes() {
        for flash in [0x10, 0x18, 0xF0, 0xF4, 0x50] {
            assert!(is_flash(flash), "{flash:#x}");
        }
        for other in [0, 3, 8, 0x11, 0x19, 0xF1, 0xF3, 0xE0, 0xC0] {
            assert!(!is_flash(other), "{other:#x}");
        }
    }

    fn text(payload: &[u8], data_coding: u8) -> String {
        read(payload, data_coding, false, DefaultAlphabet::Gsm7).units.to_text()
    }

    #[test]
    fn each_coding_is_read_in_its_alphabet() {
        assert_eq!(text(b"\x00 5\x1be", 0), "@ 5€");
        assert_eq!(text(b"caf\xe9", 3), "café");
        assert_eq!(text(&[0x20, 0xAC, 0xD8, 0x3D, 0xDE, 0x00], 8), "€😀");
        assert_eq!(text(&[0xDE, 0xAD], 4), "dead");
        assert_eq!(text(&[0xDE, 0xAD], 0xF5), "dead");
        assert_eq!(text(b"\x02", 0xF1), "$");
        assert_eq!(text(&[0x20, 0xAC], 0x18), "€");
    }

    #[test]
    fn a_header_is_taken_off_and_a_broken_one_is_not() {
        let data = [&[5, 0, 3, 9, 2, 1][..], b"Hi"].concat();
        let part = read(&data, 0, true, DefaultAlphabet::Gsm7);
        assert_eq!(part.place, Some(Concat { reference: Reference::Short(9), total: 2, sequence: 1 }));
        assert_eq!(part.units.to_text(), "Hi");
        assert_eq!(read(b"\x7fHi", 0, true, DefaultAlphabet::Gsm7).units.to_text(), "àHi");
    }

    #[test]
    fn packed_text_after_a_header_starts_on_its_septet_boundary() {
        let header = [5, 0, 3, 9, 2, 1];
        let data = [&header[..], &gsm7::pack(b"Hello", 1)].concat();
        assert_eq!(read(&data, 0, true, DefaultAlphabet::Gsm7Packed).units.to_text(), "Hello");
        assert_eq!(
            read(&gsm7::pack(b"Hello", 0), 0, false, DefaultAlphabet::Gsm7Packed).units.to_text(),
            "Hello"
        );
    }

    proptest! {
        #[test]
        fn no_octets_make_it_panic(payload in prop::collection::vec(any::<u8>(), 0..300), coding: u8, udh: bool) {
            for default in [DefaultAlphabet::Gsm7, DefaultAlphabet::Gsm7Packed, DefaultAlphabet::Latin1] {
                let _ = read(&payload, coding, udh, default).units.to_text();
            }
        }
    }
}
