//! Codes: digits that were drawn, or given with the request.

use std::fmt;

/// Digits of a code.
pub const LENGTHS: std::ops::RangeInclusive<u8> = 4..=10;
/// Digits of a code when nobody says otherwise.
pub const DEFAULT_LENGTH: u8 = 6;

/// A code on its way to somebody. It is not shown by `Debug`, and there is no way to store it.
#[derive(Clone, PartialEq, Eq)]
pub struct Code(String);

/// Why a text is no code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a code has 4 to 10 digits")]
pub struct CodeError;

impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Code(…)")
    }
}

impl Code {
    /// A code of `length` digits from random bytes, each digit as likely as any other. `None` when the bytes ran out: with 64 of them for
    /// ten digits that happens once in 10³⁰ times.
    pub fn draw(length: u8, random: &[u8]) -> Option<Self> {
        // 250 is the largest multiple of ten in a byte: what is above would favour the small digits.
        let digits: String = random
            .iter()
            .filter(|byte| **byte < 250)
            .map(|byte| char::from(b'0' + byte % 10))
            .take(length.into())
            .collect();
        (digits.len() == usize::from(length) && LENGTHS.contains(&length)).then_some(Self(digits))
    }

    /// A code of the customer's own.
    pub fn custom(text: &str) -> Result<Self, CodeError> {
        let is_code = LENGTHS.contains(&u8::try_from(text.len()).unwrap_or(0))
            && text.bytes().all(|b| b.is_ascii_digit());
        is_code.then(|| Self(text.to_owned())).ok_or(CodeError)
    }

    /// What a person typed, without the blanks and hyphens people put between digits; `None` if it cannot be a code.
    pub fn typed(text: &str) -> Option<Self> {
        let digits: String = text.chars().filter(|c| !matches!(c, ' ' | '-' | '\u{a0}')).take(11).collect();
        Self::custom(&digits).ok()
    }

    /// The digits, for the one text that carries them.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn every_digit_is_as_likely() {
        let mut counts = [0_u32; 10];
        for byte in 0..=u8::MAX {
            if let Some(code) = Code::draw(4, &[byte; 4]) {
                counts[usize::from(code.reveal().as_bytes()[0] - b'0')] += 1;
            }
        }
        assert_eq!(counts, [25; 10]);
    }

    #[test]
    fn bytes_that_run_out_make_no_shorter_code() {
        assert_eq!(Code::draw(6, &[255; 64]), None);
        assert_eq!(Code::draw(6, &[1; 5]), None);
        assert_eq!(Code::draw(3, &[1; 64]), None);
        assert_eq!(Code::draw(11, &[1; 64]), None);
    }

    #[test]
    fn what_people_type_is_read_and_what_is_no_code_is_not() {
        for typed in ["123456", "123 456", "123-456", " 123456 "] {
            assert_eq!(
                Code::typed(typed).map(|code| code.reveal().to_owned()).as_deref(),
                Some("123456"),
                "{typed}"
            );
        }
        for typed in ["", "12", "12345678901", "12345a", "１２３４５６", "-----"] {
            assert_eq!(Code::typed(typed), None, "{typed}");
        }
    }

    #[test]
    fn a_code_is_not_shown_by_accident() {
        assert_eq!(format!("{:?}", Code::custom("123456").unwrap()), "Code(…)");
    }

    proptest! {
        #[test]
        fn drawn_codes_have_their_length(length in LENGTHS, random in proptest::collection::vec(any::<u8>(), 64..65)) {
            if let Some(code) = Code::draw(length, &random) {
                prop_assert_eq!(code.reveal().len(), usize::from(length));
                prop_assert!(Code::custom(code.reveal()).is_ok());
            }
        }
    }
}
