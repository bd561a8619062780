//! Texts of a customer's own, with places for what differs from one code to the next: `{{code}}`, `{{friendly_name}}`, `{{ttl}}` and
//! places that the request fills.

use std::collections::BTreeMap;

use crate::texts;

/// Characters of a text: three segments in the alphabet of SMS.
pub const TEXT_MAX: usize = 459;
/// Characters of what a request fills in.
pub const VALUE_MAX: usize = 64;
/// Characters of a place's name.
const NAME_MAX: usize = 32;

/// Why a text is no template, or cannot be filled.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TemplateError {
    /// There must be a place for the code, and only one: a text is shown with stars in it.
    #[error("a text must contain {{{{code}}}} once")]
    Code,
    /// Empty, or too long.
    #[error("a text must have 1 to {TEXT_MAX} characters")]
    Length,
    /// Braces that are no place.
    #[error("a place is written {{{{name}}}}, of at most {NAME_MAX} small letters, digits and underscores")]
    Place,
    /// The request says nothing for this place.
    #[error("nothing was given for {{{{{0}}}}}")]
    Missing(String),
    /// What was given cannot stand in a text.
    #[error("a value has 1 to {VALUE_MAX} characters, no braces and no line breaks")]
    Value,
}

/// A part of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part<'a> {
    Words(&'a str),
    Place(&'a str),
}

fn parts(text: &str) -> Result<Vec<Part<'_>>, TemplateError> {
    let (mut parts, mut rest) = (Vec::new(), text);
    while let Some((words, behind)) = rest.split_once("{{") {
        let (name, after) = behind.split_once("}}").ok_or(TemplateError::Place)?;
        let fits = (1..=NAME_MAX).contains(&name.len())
            && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
        if !fits {
            return Err(TemplateError::Place);
        }
        parts.extend([Part::Words(words), Part::Place(name)]);
        rest = after;
    }
    parts.push(Part::Words(rest));
    let is_plain = |part: &Part<'_>| !matches!(part, Part::Words(words) if words.contains(['{', '}']));
    if parts.iter().all(is_plain) { Ok(parts) } else { Err(TemplateError::Place) }
}

/// Whether a text can be a template.
pub fn check(text: &str) -> Result<(), TemplateError> {
    if !(1..=TEXT_MAX).contains(&text.chars().count()) {
        return Err(TemplateError::Length);
    }
    let codes = parts(text)?.into_iter().filter(|part| *part == Part::Place("code")).count();
    if codes == 1 { Ok(()) } else { Err(TemplateError::Code) }
}

/// The text with everything filled in but the code, whose place is now [`texts::PLACE`].
pub fn filled(
    text: &str,
    name: &str,
    ttl_minutes: u32,
    values: &BTreeMap<String, String>,
) -> Result<String, TemplateError> {
    let mut out = String::with_capacity(text.len() + 64);
    for part in parts(text)? {
        match part {
            Part::Words(words) => out.push_str(words),
            Part::Place("code") => out.push_str(texts::PLACE),
            // A name with braces in it must not make a second place.
            Part::Place("friendly_name") => out.extend(name.chars().filter(|c| !matches!(c, '{' | '}'))),
            Part::Place("ttl") => out.push_str(&ttl_minutes.to_string()),
            Part::Place(place) => {
                let value = values.get(place).ok_or_else(|| TemplateError::Missing(place.to_owned()))?;
                let fits = (1..=VALUE_MAX).contains(&value.chars().count())
                    && !value.chars().any(|c| matches!(c, '{' | '}') || c.is_control());
                if !fits {
                    return Err(TemplateError::Value);
                }
                out.push_str(value);
            }
        }
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::code::Code;
    use proptest::prelude::*;

    #[test]
    fn what_is_no_template_is_refused_with_its_reason() {
        use TemplateError as E;
        for (text, expected) in [
            ("{{code}}", Ok(())),
            ("{{friendly_name}}: {{code}}, {{ttl}} min, {{order_1}}", Ok(())),
            ("", Err(E::Length)),
            (&"x".repeat(460), Err(E::Length)),
            ("no place", Err(E::Code)),
            ("{{code}} {{code}}", Err(E::Code)),
            ("{{code}} {{Order}}", Err(E::Place)),
            ("{{code}} {{}}", Err(E::Place)),
            ("{{code}} {{open", Err(E::Place)),
            ("{{code}} {code}", Err(E::Place)),
        ] {
            assert_eq!(check(text), expected, "{text}");
        }
    }

    #[test]
    fn places_are_filled_and_none_is_made_by_what_fills_them() {
        let values = |value: &str| BTreeMap::from([("order".to_owned(), value.to_owned())]);
        let text = "{{friendly_name}}: {{code}} for {{order}}, {{ttl}} min";
        assert_eq!(filled(text, "A{code}", 10, &values("A-1")).unwrap(), "Acode: {code} for A-1, 10 min");
        assert_eq!(filled(text, "A", 10, &BTreeMap::new()), Err(TemplateError::Missing("order".to_owned())));
        for bad in ["", "{code}", "a\nb", &"x".repeat(65)] {
            assert_eq!(filled(text, "A", 10, &values(bad)), Err(TemplateError::Value), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn a_checked_text_carries_the_code_once(text in r"[a-z ]{0,20}(\{\{(code|ttl|x)\}\}[a-z ]{0,9}){0,4}", x in "[^{}\\p{Cc}]{1,64}") {
            let values = BTreeMap::from([("x".to_owned(), x)]);
            if check(&text).is_ok() {
                let open = filled(&text, "Acme", 10, &values).unwrap();
                prop_assert_eq!(open.matches(texts::PLACE).count(), 1);
                prop_assert!(texts::filled(&open, &Code::custom("314159").unwrap()).is_some());
            }
        }
    }
}
