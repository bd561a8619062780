//! Who a call or message is from or to.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Why a text is not an address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// Not `+` and 4 to 15 digits, the first not 0 (ITU-T E.164 §6).
    #[error("not an E.164 number: '+' and at most 15 digits")]
    NotE164,
    /// None of the forms of [`Address`].
    #[error("not a phone number, short code, sender name, client: or sip: address")]
    Unknown,
}

/// A telephone number: '+', then 4 to 15 digits (ITU-T E.164).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct E164(String);

impl E164 {
    /// With the leading `+`.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Without the leading `+`.
    pub fn digits(&self) -> &str {
        &self.0[1..]
    }
}

impl FromStr for E164 {
    type Err = AddressError;
    fn from_str(text: &str) -> Result<Self, AddressError> {
        let digits = text.strip_prefix('+').ok_or(AddressError::NotE164)?;
        let well_formed = (4..=15).contains(&digits.len())
            && digits.bytes().all(|b| b.is_ascii_digit())
            && !digits.starts_with('0');
        if well_formed { Ok(Self(text.to_owned())) } else { Err(AddressError::NotE164) }
    }
}

impl TryFrom<String> for E164 {
    type Error = AddressError;
    fn try_from(text: String) -> Result<Self, AddressError> {
        text.parse()
    }
}

impl From<E164> for String {
    fn from(number: E164) -> Self {
        number.0
    }
}

impl fmt::Display for E164 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Prints masked: numbers are personal data and `Debug` output ends in logs.
impl fmt::Debug for E164 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&crate::secret::masked(&self.0))
    }
}

/// One end of a call or message, in the form customers write it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Address {
    /// `+3225550123`
    Number(E164),
    /// `8640`, `112`: 3 to 6 digits without a prefix.
    ShortCode(String),
    /// Sender name of a message, 1 to 11 of `A–Z a–z 0–9` and space, with at least one letter.
    Alphanumeric(String),
    /// `client:alice`, without the scheme.
    Client(String),
    /// `sip:user@host`, kept whole.
    Sip(String),
    /// Caller withheld the number (RFC 3323).
    Anonymous,
}

impl Address {
    /// The number, where this is one.
    pub fn number(&self) -> Option<&E164> {
        match self {
            Self::Number(number) => Some(number),
            _ => None,
        }
    }

    /// Digits a telephone network dials: `+32…` or a short code.
    pub fn dialled(&self) -> Option<&str> {
        match self {
            Self::Number(number) => Some(number.as_str()),
            Self::ShortCode(code) => Some(code),
            Self::Alphanumeric(_) | Self::Client(_) | Self::Sip(_) | Self::Anonymous => None,
        }
    }
}

impl FromStr for Address {
    type Err = AddressError;
    fn from_str(text: &str) -> Result<Self, AddressError> {
        if text.starts_with('+') {
            return text.parse().map(Self::Number);
        }
        if let Some(name) = text.strip_prefix("client:") {
            let ok = !name.is_empty() && name.len() <= 120 && name.bytes().all(|b| b.is_ascii_graphic());
            return if ok { Ok(Self::Client(name.to_owned())) } else { Err(AddressError::Unknown) };
        }
        if text.starts_with("sip:") || text.starts_with("sips:") {
            // The limit of 255 is the public RCML documentation's.
            let ok = text.len() <= 255 && text.contains('@') && text.bytes().all(|b| b.is_ascii_graphic());
            return if ok { Ok(Self::Sip(text.to_owned())) } else { Err(AddressError::Unknown) };
        }
        if text.eq_ignore_ascii_case("anonymous") {
            return Ok(Self::Anonymous);
        }
        if (3..=6).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit()) {
            return Ok(Self::ShortCode(text.to_owned()));
        }
        let sender_name = (1..=11).contains(&text.len())
            && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b' ')
            && text.bytes().any(|b| b.is_ascii_alphabetic());
        if sender_name { Ok(Self::Alphanumeric(text.to_owned())) } else { Err(AddressError::Unknown) }
    }
}

impl TryFrom<String> for Address {
    type Error = AddressError;
    fn try_from(text: String) -> Result<Self, AddressError> {
        text.parse()
    }
}

impl From<Address> for String {
    fn from(address: Address) -> Self {
        address.to_string()
    }
}

impl From<E164> for Address {
    fn from(number: E164) -> Self {
        Self::Number(number)
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => f.write_str(number.as_str()),
            Self::ShortCode(text) | Self::Alphanumeric(text) | Self::Sip(text) => f.write_str(text),
            Self::Client(name) => write!(f, "client:{name}"),
            Self::Anonymous => f.write_str("anonymous"),
        }
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&crate::secret::masked(&self.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn each_form_is_told_apart() {
        let kind = |text: &str| text.parse::<Address>();
        assert!(matches!(kind("+3225550123"), Ok(Address::Number(_))));
        assert!(matches!(kind("8640"), Ok(Address::ShortCode(_))));
        assert!(matches!(kind("Acme NV"), Ok(Address::Alphanumeric(_))));
        assert!(matches!(kind("client:alice"), Ok(Address::Client(_))));
        assert!(matches!(kind("sip:bob@example.be"), Ok(Address::Sip(_))));
        assert!(matches!(kind("anonymous"), Ok(Address::Anonymous)));
        for bad in [
            "",
            "+",
            "+0123456",
            "+32abc",
            "12",
            "1234567890",
            "sip:x",
            "client:",
            "sip:a@b\r\nX: y",
            "naam met veel tekens",
        ] {
            assert!(kind(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn debug_output_hides_the_number() {
        let shown = format!("{:?}", "+32470123456".parse::<Address>().unwrap());
        assert!(!shown.contains("70123"), "{shown}");
    }

    proptest! {
        #[test]
        fn what_parses_prints_as_it_was(text in ".{0,40}") {
            if let Ok(address) = text.parse::<Address>()
                && address != Address::Anonymous {
                prop_assert_eq!(address.to_string(), text);
            }
        }
    }
}
