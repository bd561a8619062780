//! Long messages that are being joined: in memory, and as they are kept.

use std::collections::HashMap;

use flexio_domain::{Address, Timestamp};
use flexio_messaging::{
    mo::TextUnits,
    reassembly::{Inserted, Joined, Limits, Reassembler},
    udh::{Concat, Reference},
};
use flexio_store::MoPart;
use jiff::SignedDuration;

/// Long messages that are being joined.
#[derive(Debug)]
pub(crate) struct Parts {
    pub(super) joining: Reassembler,
    pub(super) patience: SignedDuration,
    /// Keys whose kept parts were read, since this start.
    pub(super) known: HashMap<String, Timestamp>,
    pub(super) finished: HashMap<String, Timestamp>,
    /// When the kept parts are looked through: at the start, and again after each span of patience, for those of a node that is gone.
    pub(super) look_at: Timestamp,
}

impl Parts {
    pub(crate) fn new(wait_s: u32) -> Self {
        let patience = SignedDuration::from_secs(i64::from(wait_s));
        Self {
            joining: Reassembler::new(Limits { patience, ..Limits::default() }),
            patience,
            known: HashMap::new(),
            finished: HashMap::new(),
            look_at: Timestamp::MIN,
        }
    }

    /// When there is something to do.
    pub(super) fn deadline(&self) -> Timestamp {
        self.joining.deadline().map_or(self.look_at, |at| at.min(self.look_at))
    }

    /// Puts back a part that was kept. It waits from `now` on: while the platform was down, no other part could come.
    pub(super) fn put_back(&mut self, part: &MoPart, now: Timestamp, given_up: &mut Vec<Joined>) {
        let (Some(key), Some(units)) = (Key::read(&part.key), read_back(&part.text.0)) else {
            tracing::error!("kept_part_not_read");
            return;
        };
        let (sender, receiver) = (key.sender(), key.to.to_string());
        let ends = (sender.as_str(), receiver.as_str());
        // A part that is there already is repeated, and stays as it is.
        if let Inserted::Whole(joined) = self.joining.insert(now, ends, key.place(part.part), units, given_up)
        {
            given_up.push(joined);
        }
    }
}

/// What the parts of one message have in common; its text names them in the database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Key {
    pub route: String,
    pub from: Address,
    pub to: Address,
    reference: Reference,
    total: u8,
}

impl Key {
    pub(super) fn new(route: &str, from: &Address, to: &Address, place: Concat) -> Self {
        let (reference, total) = (place.reference, place.total);
        Self { route: route.to_owned(), from: from.clone(), to: to.clone(), reference, total }
    }

    /// The route is part of the sender's name when parts are joined, so that the message says where it came from.
    pub(super) fn sender(&self) -> String {
        format!("{}|{}", self.route, self.from)
    }

    pub(super) fn of(joined: &Joined) -> Option<Self> {
        let (route, from) = joined.from.rsplit_once('|')?;
        let (from, to) = (from.parse().ok()?, joined.to.parse().ok()?);
        Some(Self { route: route.to_owned(), from, to, reference: joined.reference, total: joined.total })
    }

    pub(super) fn place(&self, sequence: u8) -> Concat {
        Concat { reference: self.reference, total: self.total, sequence }
    }

    pub(super) fn text(&self) -> String {
        let reference = match self.reference {
            Reference::Short(reference) => format!("s{reference}"),
            Reference::Long(reference) => format!("l{reference}"),
        };
        format!("{}|{}|{}|{reference}|{}", self.route, self.from, self.to, self.total)
    }

    fn read(text: &str) -> Option<Self> {
        // From the end: only the name of a route may hold the separator.
        let mut fields = text.rsplitn(5, '|');
        let total = fields.next()?.parse().ok()?;
        let reference = fields.next()?;
        let (kind, number) = (reference.get(..1)?, reference.get(1..)?);
        let reference = match kind {
            "s" => Reference::Short(number.parse().ok()?),
            "l" => Reference::Long(number.parse().ok()?),
            _ => return None,
        };
        let to = fields.next()?.parse().ok()?;
        let from = fields.next()?.parse().ok()?;
        Some(Self { route: fields.next()?.to_owned(), from, to, reference, total })
    }

    /// The message made of the parts that are kept; `None` if there is none that can be read.
    pub(super) fn join(&self, kept: &[MoPart]) -> Option<Joined> {
        let mut table = Reassembler::new(Limits::default());
        let (sender, receiver, none) = (self.sender(), self.to.to_string(), &mut Vec::new());
        for part in kept {
            let Some(units) = read_back(&part.text.0) else { continue };
            let ends = (sender.as_str(), receiver.as_str());
            let inserted = table.insert(part.received_at, ends, self.place(part.part), units, none);
            if let Inserted::Whole(joined) = inserted {
                return Some(joined);
            }
        }
        table.expire(Timestamp::MAX).pop()
    }
}

/// A part as it is kept: its alphabet and its units. Characters are made only from the whole, because phones cut them.
pub(super) fn written(units: &TextUnits) -> String {
    let hex = |octets: &mut dyn Iterator<Item = u8>| {
        let digit = |nibble: u8| char::from_digit(u32::from(nibble), 16).expect("a nibble is below 16");
        octets.flat_map(|octet| [digit(octet >> 4), digit(octet & 15)]).collect::<String>()
    };
    match units {
        TextUnits::Gsm7(septets) => format!("g{}", hex(&mut septets.iter().copied())),
        TextUnits::Utf16(units) => format!("u{}", hex(&mut units.iter().flat_map(|unit| unit.to_be_bytes()))),
        TextUnits::Latin1(octets) => format!("l{}", hex(&mut octets.iter().copied())),
        TextUnits::Binary(octets) => format!("b{}", hex(&mut octets.iter().copied())),
    }
}

pub(super) fn read_back(text: &str) -> Option<TextUnits> {
    let (kind, digits) = (text.get(..1)?, text.get(1..)?);
    let pairs = (0..digits.len()).step_by(2).map(|at| digits.get(at..at + 2));
    let octets: Vec<u8> =
        pairs.map(|pair| pair.and_then(|pair| u8::from_str_radix(pair, 16).ok())).collect::<Option<_>>()?;
    match kind {
        "g" => Some(TextUnits::Gsm7(octets)),
        "u" => Some(TextUnits::Utf16(
            octets
                .chunks(2)
                .map(|pair| pair.iter().fold(0, |unit, octet| unit << 8 | u16::from(*octet)))
                .collect(),
        )),
        "l" => Some(TextUnits::Latin1(octets)),
        "b" => Some(TextUnits::Binary(octets)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_a_message_in_parts_says_all_that_they_share() {
        for route in ["a", "a|b", ""] {
            for from in ["+32470000777", "Shop 24", "8640"] {
                for reference in [Reference::Short(9), Reference::Long(9), Reference::Long(65_535)] {
                    let place = Concat { reference, total: 3, sequence: 2 };
                    let key = Key::new(route, &from.parse().unwrap(), &"+3225880100".parse().unwrap(), place);
                    assert_eq!(Key::read(&key.text()).as_ref(), Some(&key));
                }
            }
        }
        for broken in ["", "a|b", "a|+32470000777|+3225880100|9|3", "a|+32470000777|+3225880100|s9|300"] {
            assert_eq!(Key::read(broken), None, "{broken}");
        }
    }

    #[test]
    fn a_kept_part_is_read_back_as_it_came() {
        for units in [
            TextUnits::Gsm7(vec![0x1B, 0x65, 0]),
            TextUnits::Utf16(vec![0xD83D, 0x20AC]),
            TextUnits::Latin1(vec![0xE9]),
            TextUnits::Binary(vec![0, 255]),
            TextUnits::Gsm7(vec![]),
        ] {
            assert_eq!(read_back(&written(&units)), Some(units));
        }
        assert_eq!(read_back("x00"), None);
        assert_eq!(read_back("g0"), None);
        assert_eq!(read_back(""), None);
    }
}
