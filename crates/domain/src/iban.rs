//! Bank accounts.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// An international bank account number (ISO 13616), checked, without blanks: `BE68539007547034`.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Iban(String);

/// Not 15 to 34 letters and digits, or their remainder by 97 is not 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "is not an IBAN: two letters, two check digits and up to 30 letters and digits, such as BE68 5390 0754 7034"
)]
pub struct IbanError;

impl Iban {
    /// Without blanks, in capitals.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Country and last four characters, as a payer knows his account again: `BE…7034`.
    pub fn masked(&self) -> String {
        format!("{}…{}", &self.0[..2], &self.0[self.0.len() - 4..])
    }
}

impl FromStr for Iban {
    type Err = IbanError;

    fn from_str(text: &str) -> Result<Self, IbanError> {
        // Blanks between groups are for people.
        let kept: String =
            text.chars().filter(|c| *c != ' ').map(|c| c.to_ascii_uppercase()).take(35).collect();
        let fits = (15..=34).contains(&kept.len()) && kept.bytes().all(|b| b.is_ascii_alphanumeric());
        let bytes = kept.as_bytes();
        let begins = bytes.len() > 4
            && bytes[..2].iter().all(u8::is_ascii_uppercase)
            && bytes[2..4].iter().all(u8::is_ascii_digit);
        if !fits || !begins {
            return Err(IbanError);
        }
        let (head, tail) = kept.split_at(4);
        if modulo_97(tail.chars().chain(head.chars())) == 1 { Ok(Self(kept)) } else { Err(IbanError) }
    }
}

/// The number that digits and letters are, a letter being 10 to 35, modulo 97 (ISO 7064).
pub(crate) fn modulo_97(characters: impl Iterator<Item = char>) -> u32 {
    characters.fold(0_u32, |rest, c| match c.to_digit(36) {
        Some(value) if value < 10 => (rest * 10 + value) % 97,
        Some(value) => (rest * 100 + value) % 97,
        None => rest,
    })
}

impl TryFrom<String> for Iban {
    type Error = IbanError;

    fn try_from(text: String) -> Result<Self, IbanError> {
        text.parse()
    }
}

impl From<Iban> for String {
    fn from(iban: Iban) -> Self {
        iban.0
    }
}

impl fmt::Display for Iban {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Country and last four characters: it is personal data where it is a person's.
impl fmt::Debug for Iban {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.masked())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn check_digits_and_form_are_checked() {
        for good in
            ["BE68 5390 0754 7034", "be68539007547034", "NL91ABNA0417164300", "DE89 3704 0044 0532 0130 00"]
        {
            let read: Iban = good.parse().unwrap();
            assert_eq!(read.as_str(), good.replace(' ', "").to_uppercase());
        }
        let long = "A".repeat(100);
        for bad in [
            "",
            "BE68 5390 0754 7035",
            "6868539007547034",
            "BE68-5390-0754-7034",
            "BE68",
            "ÉE68539007547034",
            &long,
        ] {
            assert_eq!(bad.parse::<Iban>(), Err(IbanError), "{bad}");
        }
    }

    #[test]
    fn it_is_not_told_whole_in_logs() {
        let iban: Iban = "BE68539007547034".parse().unwrap();
        assert_eq!(format!("{iban:?}"), "BE…7034");
        assert_eq!(serde_json::to_string(&iban).unwrap(), "\"BE68539007547034\"");
        assert!(serde_json::from_str::<Iban>("\"BE00\"").is_err());
    }
}
