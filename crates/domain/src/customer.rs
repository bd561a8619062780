//! Who pays: the person or company behind an account.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{AccountSid, Iban, Webhook};

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$each:meta])* $variant:ident = $wire:literal,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum $name { $($(#[$each])* #[serde(rename = $wire)] $variant,)* }

        impl $name {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// As on the wire.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $wire,)* }
            }

            /// The one of this word.
            pub fn from_wire(text: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|it| it.as_str() == text)
            }
        }
    };
}
pub(crate) use words;

words! {
    /// What a customer is to the law of consumers and of electronic communications.
    CustomerKind {
        /// A person outside trade or profession.
        Consumer = "consumer",
        /// A company of at most 9.
        Micro = "micro",
        /// A company of at most 49.
        Small = "small",
        /// A non-profit organisation of at most 49.
        NonprofitSmall = "nonprofit_small",
        /// Any other.
        Larger = "larger",
    }
}

impl CustomerKind {
    /// Whether contract summary and notices are its right (Directive (EU) 2018/1972, Articles 102 and 107).
    pub const fn is_protected(self) -> bool {
        !matches!(self, Self::Larger)
    }

    /// Whether it has to be identified before it may use the service; a company is by its enterprise number.
    pub const fn needs_identity(self) -> bool {
        matches!(self, Self::Consumer)
    }
}

words! {
    /// Language of documents.
    Language {
        /// Dutch.
        Nl = "nl",
        /// French.
        Fr = "fr",
        /// German.
        De = "de",
        /// English.
        En = "en",
    }
}

/// Not a Belgian enterprise number: ten digits that begin with 0 or 1, the last two 97 less the first eight modulo 97.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a Belgian enterprise number")]
pub struct EnterpriseNumberError;

/// Number of a company in the Crossroads Bank for Enterprises, ten digits.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct EnterpriseNumber(String);

impl EnterpriseNumber {
    /// Ten digits: `0202239951`.
    pub fn digits(&self) -> &str {
        &self.0
    }

    /// The VAT number that belongs to it: `BE0202239951`.
    pub fn vat_number(&self) -> String {
        format!("BE{}", self.0)
    }
}

impl FromStr for EnterpriseNumber {
    type Err = EnterpriseNumberError;
    /// Dots and blanks between the digits are people's: `0202.239.951`.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let digits: String = text.chars().filter(|c| !matches!(c, '.' | ' ')).collect();
        let is_number = digits.len() == 10
            && digits.bytes().all(|b| b.is_ascii_digit())
            && digits.starts_with(['0', '1']);
        if !is_number {
            return Err(EnterpriseNumberError);
        }
        let (number, check) = digits.split_at(8);
        let (number, check): (u32, u32) = (
            number.parse().map_err(|_| EnterpriseNumberError)?,
            check.parse().map_err(|_| EnterpriseNumberError)?,
        );
        if check == 97 - number % 97 { Ok(Self(digits)) } else { Err(EnterpriseNumberError) }
    }
}

impl TryFrom<String> for EnterpriseNumber {
    type Error = EnterpriseNumberError;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<EnterpriseNumber> for String {
    fn from(number: EnterpriseNumber) -> Self {
        number.0
    }
}

impl fmt::Display for EnterpriseNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for EnterpriseNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Where somebody lives or is seated.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PostalAddress {
    /// Street and number, 1 to 100 characters.
    pub street: String,
    /// 1 to 16 characters.
    pub post_code: String,
    /// 1 to 64 characters.
    pub city: String,
    /// ISO 3166 alpha-2.
    pub country: String,
}

words! {
    /// What says in which country a private customer is (Implementing Regulation (EU) 282/2011, Article 24f).
    EvidenceKind {
        /// Where his bank account is.
        Bank = "bank",
        /// The country of his payment card.
        Card = "card",
        /// The country of his telephone's SIM card.
        Sim = "sim",
        /// Where his Internet address is.
        Ip = "ip",
        /// Something else of commercial weight.
        Other = "other",
    }
}

/// A piece of evidence of where a customer is, besides his address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VatEvidence {
    /// What says so.
    pub kind: EvidenceKind,
    /// ISO 3166 alpha-2.
    pub country: String,
    /// When it was noted.
    pub noted_at: Timestamp,
}

/// What the register of value added tax said about a number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VatCheck {
    /// The number that was asked about.
    pub number: String,
    /// It is registered.
    pub is_valid: bool,
    /// Whose it is, where the register says so.
    pub name: Option<String>,
    /// The register's name of the question.
    pub reference: Option<String>,
    /// When it was asked.
    pub checked_at: Timestamp,
}

impl Customer {
    /// Whether the register was asked about this number, whatever it said.
    pub fn has_check_of(&self, number: &str) -> bool {
        self.vat_check.as_ref().is_some_and(|check| check.number == number)
    }

    /// Whether the register confirmed this number.
    pub fn has_valid(&self, number: &str) -> bool {
        self.has_check_of(number) && self.vat_check.as_ref().is_some_and(|check| check.is_valid)
    }

    /// Whether two pieces of evidence, the address and another one, agree on the country, and none says otherwise.
    pub fn place_is_proven(&self) -> bool {
        !self.vat_evidence.is_empty() && self.vat_evidence.iter().all(|it| it.country == self.address.country)
    }
}

/// Who pays for an account and those below it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Customer {
    /// The account; it has one customer.
    pub account_sid: AccountSid,
    /// Optimistic lock.
    pub version: u32,
    /// To the law.
    pub kind: CustomerKind,
    /// Of the person, or of the company as it is registered; 1 to 128 characters.
    pub legal_name: String,
    /// Such as `BV`; empty for people.
    pub legal_form: String,
    /// Seat or home.
    pub address: PostalAddress,
    /// A company's, in Belgium.
    pub enterprise_number: Option<EnterpriseNumber>,
    /// With its country: `BE0202239951`.
    pub vat_number: Option<String>,
    /// Of documents.
    pub language: Language,
    /// Where invoices go.
    pub invoice_email: String,
    /// Where notices of prices and terms go; the invoices' address if absent.
    pub notice_email: Option<String>,
    /// Peppol participant with its scheme: `0208:0202239951`.
    pub peppol: Option<String>,
    /// The customer's own reference on invoices.
    pub reference: Option<String>,
    /// The account it pays from: a payment that names no invoice is known by it.
    #[serde(default)]
    pub iban: Option<Iban>,
    /// Documents in large print.
    pub large_print: bool,
    /// Told of invoices, of payments and of where the contract stands.
    #[serde(default)]
    pub event_webhook: Option<Webhook>,
    /// What the register said about the VAT number, the last time it was asked.
    #[serde(default)]
    pub vat_check: Option<VatCheck>,
    /// Where it is, besides the address; one piece of a kind.
    #[serde(default)]
    pub vat_evidence: Vec<VatEvidence>,
    /// When the operator saw who it is.
    pub identified_at: Option<Timestamp>,
    /// When a company of up to 49 gave up summary and notices in writing.
    pub waived_at: Option<Timestamp>,
    /// Creation.
    pub created_at: Timestamp,
    /// Last change.
    pub updated_at: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_enterprise_number_is_known_by_its_check_digits() {
        let number: EnterpriseNumber = "0202.239.951".parse().unwrap();
        assert_eq!((number.digits(), number.vat_number().as_str()), ("0202239951", "BE0202239951"));
        // The first eight digits are a multiple of 97: the check is 97, not 0.
        assert!("0000009797".parse::<EnterpriseNumber>().is_ok());
        for bad in ["0202239952", "202239951", "2202239951", "02022399510", "0202239a51", ""] {
            assert_eq!(bad.parse::<EnterpriseNumber>(), Err(EnterpriseNumberError), "{bad}");
        }
    }
}
