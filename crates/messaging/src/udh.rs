//! The user data header that joins the parts of a long message (3GPP TS 23.040 §9.2.3.24).

use crate::national::{Language, Tables};

/// Information element: concatenated short messages, 8-bit reference.
const CONCAT_8: u8 = 0x00;
/// Information element: concatenated short messages, 16-bit reference.
const CONCAT_16: u8 = 0x08;

/// What names all parts of one long message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Reference {
    /// One octet: understood everywhere, comes round after 256 messages to one recipient.
    Short(u8),
    /// Two octets, at the price of one septet or so per part.
    Long(u16),
}

/// Place of a part in its message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Concat {
    /// The same in all parts.
    pub reference: Reference,
    /// Number of parts, at least 1.
    pub total: u8,
    /// This part, 1 to `total`.
    pub sequence: u8,
}

impl Concat {
    /// The header, its length octet included: 6 octets, or 7 with a long reference.
    pub fn header(self) -> Vec<u8> {
        match self.reference {
            Reference::Short(r) => vec![5, CONCAT_8, 3, r, self.total, self.sequence],
            Reference::Long(r) => {
                let [high, low] = r.to_be_bytes();
                vec![6, CONCAT_16, 4, high, low, self.total, self.sequence]
            }
        }
    }
}

/// Why octets do not start with a header.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum UdhError {
    /// The header is longer than the data, or an element longer than the header.
    #[error("user data header runs past the end")]
    Truncated,
}

/// Splits `user_data` into the place in a long message, if any, and the rest.
///
/// Other elements are skipped. A place outside its message (TS 23.040 §9.2.3.24.1: ignore the element) counts as
/// absent, and so does a "long" message of one part; of several the last counts.
pub fn split(user_data: &[u8]) -> Result<(Option<Concat>, &[u8]), UdhError> {
    let (&length, rest) = user_data.split_first().ok_or(UdhError::Truncated)?;
    let (mut elements, text) = rest.split_at_checked(usize::from(length)).ok_or(UdhError::Truncated)?;
    let mut place = None;
    while let [kind, length, tail @ ..] = elements {
        let (value, next) = tail.split_at_checked(usize::from(*length)).ok_or(UdhError::Truncated)?;
        place = match (*kind, value) {
            (CONCAT_8, [r, total, sequence]) => concat(Reference::Short(*r), *total, *sequence).or(place),
            (CONCAT_16, [high, low, total, sequence]) => {
                concat(Reference::Long(u16::from_be_bytes([*high, *low])), *total, *sequence).or(place)
            }
            _ => place,
        };
        elements = next;
    }
    Ok((place, text))
}

/// Information element: national language single shift.
const SINGLE_SHIFT: u8 = 0x24;
/// Information element: national language locking shift.
const LOCKING_SHIFT: u8 = 0x25;

/// The language tables that the header of `user_data` names (3GPP TS 23.040 §9.2.3.24.15, .16); none of a header that cannot be read.
pub fn tables(user_data: &[u8]) -> Tables {
    let mut named = Tables::default();
    let Some((&length, rest)) = user_data.split_first() else { return named };
    let mut elements = rest.get(..usize::from(length)).unwrap_or_default();
    while let [kind, length, tail @ ..] = elements {
        let Some((value, next)) = tail.split_at_checked(usize::from(*length)) else { return named };
        match (*kind, value) {
            (SINGLE_SHIFT, [number]) => named.single = Language::of(*number),
            (LOCKING_SHIFT, [number]) => named.locking = Language::of(*number),
            _ => {}
        }
        elements = next;
    }
    named
}

/// The header of a part at `place` of a long message, written by `tables`; empty where there is nothing to say.
pub fn header(place: Option<Concat>, tables: Tables) -> Vec<u8> {
    let mut header = place.map_or_else(|| vec![0], Concat::header);
    for (kind, language) in [(SINGLE_SHIFT, tables.single), (LOCKING_SHIFT, tables.locking)] {
        header.extend(language.iter().flat_map(|language| [kind, 1, language.number()]));
    }
    let elements = u8::try_from(header.len() - 1).expect("at most three elements of six octets");
    header[0] = elements;
    if elements == 0 { Vec::new() } else { header }
}

/// A valid place, or `None`.
pub fn concat(reference: Reference, total: u8, sequence: u8) -> Option<Concat> {
    (total > 1 && (1..=total).contains(&sequence)).then_some(Concat { reference, total, sequence })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn other_elements_are_skipped_and_bad_places_ignored() {
        // Application port, then the place, then text.
        let data = [11, 0x05, 4, 0x0B, 0x84, 0, 0, 0x00, 3, 7, 2, 1, b'h', b'i'];
        let (place, text) = split(&data).unwrap();
        assert_eq!(place, Some(Concat { reference: Reference::Short(7), total: 2, sequence: 1 }));
        assert_eq!(text, b"hi");
        for (total, sequence) in [(0, 1), (2, 0), (2, 3), (1, 1)] {
            assert_eq!(split(&[5, 0, 3, 7, total, sequence]).unwrap(), (None, &[][..]));
        }
    }

    #[test]
    fn a_header_past_the_end_is_an_error() {
        for data in [&[][..], &[1], &[5, 0, 3, 7, 2], &[3, 0, 9, 1], &[2, 0, 3, 1]] {
            assert_eq!(split(data), Err(UdhError::Truncated), "{data:?}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(long: bool, r: u16, total in 2u8..=255, part: u8, text: Vec<u8>) {
            let reference = if long { Reference::Long(r) } else { Reference::Short(r.to_be_bytes()[1]) };
            let place = Concat { reference, total, sequence: part % total + 1 };
            let data = [place.header(), text.clone()].concat();
            prop_assert_eq!(split(&data), Ok((Some(place), text.as_slice())));
        }

        #[test]
        fn tables_stand_in_the_header_beside_the_place(is_part: bool, single in 0_u8..5, locking in 0_u8..5, text: Vec<u8>) {
            let place = is_part.then_some(Concat { reference: Reference::Short(9), total: 3, sequence: 2 });
            let named = Tables { single: Language::of(single), locking: Language::of(locking) };
            let header = header(place, named);
            prop_assert_eq!(header.is_empty(), place.is_none() && named.is_none());
            if !header.is_empty() {
                let data = [header, text.clone()].concat();
                prop_assert_eq!(split(&data), Ok((place, text.as_slice())));
                prop_assert_eq!(tables(&data), named);
            }
        }

        #[test]
        fn no_octets_make_it_panic(data: Vec<u8>) {
            let _ = split(&data);
        }
    }
}
