//! What a number is, by the numbering data of the home country and the codes of all: nobody is asked and nothing is charged.

use flexio_domain::E164;
use flexio_rating::{Class, Country, calling_code};

use crate::App;

/// Why a text is no number that can be dialled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LookupFault {
    /// Fewer digits than any number has.
    TooShort,
    /// More digits than E.164 allows.
    TooLong,
    /// Something else than digits.
    NotANumber,
    /// The home country has no such number.
    InvalidButPossible,
}

/// What is known of a number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NumberLookup {
    /// In E.164 form, as far as the text could be read.
    pub number: Option<E164>,
    /// ISO 3166 alpha-2, by what the number begins with.
    pub country: Option<String>,
    /// Country code, as ITU-T E.164 gives it.
    pub calling_code: Option<String>,
    /// As people of the country write it.
    pub national_format: Option<String>,
    /// Class of the numbering data, such as `mobile`.
    pub class: Option<String>,
    /// `None`: valid as far as can be said.
    pub fault: Option<LookupFault>,
}

impl App {
    /// Looks a number up as it was given: `+32…`, `0032…`, or nationally where `country` is the home country or absent.
    pub fn look_up(&self, text: &str, country: Option<&str>) -> NumberLookup {
        let numbering = self.rater().numbering();
        let bare: String = text.chars().filter(|c| !matches!(c, ' ' | '-' | '.' | '(' | ')' | '/')).collect();
        let is_home = country.is_none_or(|country| country.eq_ignore_ascii_case(numbering.country()));
        let digits = bare.strip_prefix('+').unwrap_or(&bare);
        let nothing = |fault| NumberLookup {
            number: None,
            country: None,
            calling_code: None,
            national_format: None,
            class: None,
            fault: Some(fault),
        };
        if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return nothing(LookupFault::NotANumber);
        }
        if digits.len() < 4 {
            return nothing(LookupFault::TooShort);
        }
        if digits.len() > 15 {
            return nothing(LookupFault::TooLong);
        }
        // Nationally written numbers of other countries cannot be told from ours.
        let written = if bare.starts_with('+') || is_home { bare.clone() } else { format!("+{digits}") };
        let number = numbering.to_e164(&written).or_else(|| format!("+{digits}").parse().ok());
        let Some(number) = number else { return nothing(LookupFault::NotANumber) };
        let class = numbering.classify(number.as_str());
        let is_national = number.digits().starts_with(numbering.country_code());
        let known = Country::of_digits(number.digits()).map(|country| country.iso);
        let code = known.and_then(|_| calling_code(number.digits()));
        NumberLookup {
            country: if is_national { Some(numbering.country()) } else { known }.map(str::to_owned),
            calling_code: if is_national { Some(numbering.country_code()) } else { code }.map(str::to_owned),
            national_format: numbering.national_format(&number),
            class: matches!(class, Class::National(_)).then(|| class.id().to_owned()),
            fault: (class == Class::Invalid).then_some(LookupFault::InvalidButPossible),
            number: Some(number),
        }
    }
}
