//! A telephone number in whatever is kept: where it is named, and what takes its place.
//!
//! What takes its place keeps the first digits that say country and class, so that statistics and prices read as before, and has zeros for the
//! rest: nothing leads back, and everybody who was erased looks the same.

use flexio_domain::E164;
use flexio_rating::{Country, Numbering};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// Digits at the end that are always hidden.
const HIDDEN_MIN: usize = 4;

/// What takes the place of a number that is erased.
pub(crate) fn alias(numbering: &Numbering, number: &E164) -> E164 {
    let digits = number.digits();
    let with = |kept: usize| format!("+{}{}", &digits[..kept], "0".repeat(digits.len() - kept));
    let most = digits.len().saturating_sub(HIDDEN_MIN).max(1);
    let country = |digits: &str| Country::of_digits(digits).map(|country| country.iso);
    let is_like = |candidate: &str| {
        numbering.classify(candidate).id() == numbering.classify(number.as_str()).id()
            && country(&candidate[1..]) == country(digits)
    };
    let kept = (2..most).find(|kept| is_like(&with(*kept))).unwrap_or(most);
    with(kept).parse().expect("as many digits as the number has, the first ones its own")
}

/// The ways a number is written where it is kept.
#[derive(Debug)]
pub(crate) struct Forms {
    /// In all of them: what the database is searched for.
    needle: String,
    /// Digits as they stand after `+`, and in the country itself; each with what takes its place.
    international: (String, String),
    national: Option<(String, String)>,
}

impl Forms {
    pub(crate) fn new(numbering: &Numbering, number: &E164, alias: &E164) -> Self {
        let code = numbering.country_code();
        let international = (number.digits().to_owned(), alias.digits().to_owned());
        let at_home = |digits: &str| digits.strip_prefix(code).map(|rest| format!("0{rest}"));
        let national = at_home(number.digits()).zip(at_home(alias.digits()));
        let needle = number.digits().strip_prefix(code).unwrap_or(number.digits()).to_owned();
        Self { needle, international, national }
    }

    pub(crate) fn needle(&self) -> &str {
        &self.needle
    }

    /// The text with what takes the number's place; `None` where the number is not in it.
    pub(crate) fn replaced(&self, text: &str) -> Option<String> {
        if !text.contains(&self.needle) {
            return None;
        }
        let first = replace(text, &self.international, true);
        let national = self.national.as_ref();
        let second = national.and_then(|form| replace(first.as_deref().unwrap_or(text), form, false));
        second.or(first)
    }

    pub(crate) fn is_in(&self, text: &str) -> bool {
        self.replaced(text).is_some()
    }

    /// Whether a document names it: in any text, name of a field or number.
    pub(crate) fn is_in_document(&self, document: &str) -> bool {
        serde_json::from_str::<Value>(document).map_or(true, |value| self.is_in_value(&value))
    }

    fn is_in_value(&self, value: &Value) -> bool {
        match value {
            Value::String(text) => self.is_in(text),
            Value::Array(items) => items.iter().any(|item| self.is_in_value(item)),
            Value::Object(fields) => {
                fields.iter().any(|(name, value)| self.is_in(name) || self.is_in_value(value))
            }
            Value::Number(number) => self.is_in(&number.to_string()),
            Value::Null | Value::Bool(_) => false,
        }
    }

    /// The entity with what takes the number's place in every text of it.
    pub(crate) fn rewritten<T: Serialize + DeserializeOwned>(&self, entity: &T) -> serde_json::Result<T> {
        let mut value = serde_json::to_value(entity)?;
        self.rewrite(&mut value);
        serde_json::from_value(value)
    }

    fn rewrite(&self, value: &mut Value) {
        match value {
            Value::String(text) => {
                if let Some(replaced) = self.replaced(text) {
                    *text = replaced;
                }
            }
            Value::Array(items) => items.iter_mut().for_each(|item| self.rewrite(item)),
            Value::Object(fields) => fields.values_mut().for_each(|field| self.rewrite(field)),
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }
}

/// Replaces the digits where they stand by themselves; `00` before them is a way of writing `+`.
fn replace(text: &str, (digits, with): &(String, String), is_international: bool) -> Option<String> {
    let mut out = String::with_capacity(text.len());
    let (mut rest, mut found) = (text, false);
    while let Some(at) = rest.find(digits.as_str()) {
        let end = at + digits.len();
        let whole = stands_alone(&rest[..at], &out, is_international)
            && !rest[end..].starts_with(|next: char| next.is_ascii_alphanumeric());
        out.push_str(&rest[..at]);
        out.push_str(if whole { with } else { digits });
        found |= whole;
        rest = &rest[end..];
    }
    out.push_str(rest);
    found.then_some(out)
}

fn stands_alone(before: &str, earlier: &str, is_international: bool) -> bool {
    let before = if before.is_empty() { earlier } else { before };
    let before = before.strip_suffix("00").filter(|_| is_international).unwrap_or(before);
    before.ends_with("%2B") || !before.ends_with(|last: char| last.is_ascii_alphanumeric())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbering() -> Numbering {
        Numbering::parse("numbering", include_str!("../../../../data/belgian-numbering.toml")).expect("ours")
    }

    fn forms(number: &str) -> (E164, Forms) {
        let number: E164 = number.parse().unwrap();
        let alias = alias(&numbering(), &number);
        let forms = Forms::new(&numbering(), &number, &alias);
        (alias, forms)
    }

    #[test]
    fn what_takes_a_numbers_place_is_of_its_country_and_class_and_nobodys() {
        for (number, expected) in [
            ("+32470123456", "+32470000000"),
            ("+32471999888", "+32470000000"),
            ("+3225550123", "+3220000000"),
            ("+31612345678", "+31000000000"),
        ] {
            let (alias, _) = forms(number);
            let number: E164 = number.parse().unwrap();
            assert_eq!(alias.as_str().len(), expected.len(), "{alias}");
            let class = |it: &E164| numbering().classify(it.as_str()).id().to_owned();
            assert_eq!(class(&alias), class(&number), "{alias}");
            assert!(alias.as_str().ends_with("0000"), "{alias}");
        }
    }

    #[test]
    fn a_number_is_found_in_each_of_its_forms_and_not_within_other_digits() {
        let (alias, forms) = forms("+32470123456");
        let (there, away) = (alias.digits(), format!("0{}", &alias.digits()[2..]));
        for (text, expected) in [
            ("+32470123456", format!("+{there}")),
            ("call 0032470123456!", format!("call 00{there}!")),
            ("sip:32470123456@example.be", format!("sip:{there}@example.be")),
            ("Bel 0470123456 of +32470123456", format!("Bel {away} of +{there}")),
            ("x?To=%2B32470123456&y", format!("x?To=%2B{there}&y")),
            ("32470123456,32470123456", format!("{there},{there}")),
        ] {
            assert_eq!(forms.replaced(text), Some(expected), "{text}");
        }
        for text in ["SMa32470123456f", "132470123456", "+324701234567", "470123456", "9900470123456"] {
            assert_eq!(forms.replaced(text), None, "{text}");
        }
    }

    #[test]
    fn a_document_is_searched_as_it_reads_and_not_as_it_is_written() {
        let (_, forms) = forms("+32470123456");
        assert!(forms.is_in_document(r#"{"a":["x\n0470123456"]}"#));
        assert!(forms.is_in_document(r#"{"+32470123456":1}"#));
        assert!(forms.is_in_document(r#"{"a":32470123456}"#));
        assert!(!forms.is_in_document(r#"{"a":"470123456 7"}"#));
        let rewritten: Value = forms.rewritten(&serde_json::json!({ "a": ["+32470123456"] })).unwrap();
        assert!(!forms.is_in_document(&rewritten.to_string()));
    }
}
