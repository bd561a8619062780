//! DTMF keys and sets of them.

use std::fmt;

/// One DTMF key: `0`–`9`, `*`, `#` or `A`–`D` (RFC 4733 events 0 to 15).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key(u8);

impl Key {
    const ALL: [char; 16] = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', '*', '#', 'A', 'B', 'C', 'D'];
    /// The star key.
    pub const STAR: Self = Self(10);
    /// The pound key.
    pub const POUND: Self = Self(11);

    /// The key printed as `c` (letters in either case).
    pub fn from_char(c: char) -> Option<Self> {
        let c = c.to_ascii_uppercase();
        let index = Self::ALL.iter().position(|k| *k == c)?;
        u8::try_from(index).ok().map(Self)
    }

    /// The key of an RFC 4733 event code, 0 to 15.
    pub fn from_event(code: u8) -> Option<Self> {
        (code < 16).then_some(Self(code))
    }

    /// What is printed on the key.
    pub fn as_char(self) -> char {
        Self::ALL[usize::from(self.0)]
    }

    /// Its RFC 4733 event code, 0 to 15.
    pub fn event(self) -> u8 {
        self.0
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.as_char())
    }
}

/// A set of DTMF keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct KeySet(u16);

impl KeySet {
    /// No key.
    pub const NONE: Self = Self(0);
    /// The twelve keys of a telephone.
    pub const ANY: Self = Self(0x0fff);
    /// Only `#`.
    pub const POUND: Self = Self(1 << 11);
    /// `*` and the digits: what may begin a `<Gather>` by default.
    pub const STAR_AND_DIGITS: Self = Self(0x07ff);

    /// Reads a run of keys such as `*#9`; `None` when a character is no telephone key.
    pub fn parse(keys: &str) -> Option<Self> {
        let mut set = Self::NONE;
        for c in keys.chars().filter(|c| !c.is_ascii_whitespace() && *c != ',') {
            let key = Key::from_char(c).filter(|k| k.0 < 12)?;
            set.0 |= 1 << key.0;
        }
        Some(set)
    }

    /// Whether `key` is in the set.
    pub fn contains(self, key: Key) -> bool {
        self.0 & (1 << key.0) != 0
    }

    /// Whether no key is in the set.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }
}

impl fmt::Display for KeySet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (0..16).filter_map(Key::from_event).filter(|k| self.contains(*k)).try_for_each(|k| write!(f, "{k}"))
    }
}
