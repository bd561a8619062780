//! Where what costs money may go.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Entries of one list.
const ENTRIES_MAX: usize = 300;

/// Where the calls or messages of an account may go that cost money, as entries with commas between them: `BE` is a country (ISO 3166 alpha-2),
/// `BE:mobile` a numbering class of it, `*` everywhere; `none` is nowhere. What is free goes anywhere.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Reach(Vec<(String, Option<String>)>);

/// It is no such list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a list such as `BE, BE:mobile`, `*` or `none`")]
pub struct ReachError;

impl Reach {
    /// No destination is refused for where it is.
    pub fn everywhere() -> Self {
        Self(vec![("*".to_owned(), None)])
    }

    /// Whether a number of this country and numbering class is in reach.
    pub fn allows(&self, country: &str, class: &str) -> bool {
        let fits = |(of, only): &(String, Option<String>)| {
            (of == "*" || of == country) && only.as_deref().is_none_or(|only| only == class)
        };
        self.0.iter().any(fits)
    }
}

impl FromStr for Reach {
    type Err = ReachError;

    fn from_str(text: &str) -> Result<Self, ReachError> {
        if text.trim() == "none" {
            return Ok(Self(Vec::new()));
        }
        let entries: Vec<(String, Option<String>)> = text
            .split(',')
            .map(|entry| {
                let (country, class) = match entry.trim().split_once(':') {
                    Some((country, class)) => (country, Some(class)),
                    None => (entry.trim(), None),
                };
                let is_country = country.len() == 2 && country.bytes().all(|b| b.is_ascii_uppercase());
                let is_class = |class: &str| {
                    (1..=40).contains(&class.len())
                        && class.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
                };
                if (country == "*" || is_country) && class.is_none_or(is_class) {
                    Ok((country.to_owned(), class.map(str::to_owned)))
                } else {
                    Err(ReachError)
                }
            })
            .collect::<Result<_, _>>()?;
        if entries.len() <= ENTRIES_MAX { Ok(Self(entries)) } else { Err(ReachError) }
    }
}

impl fmt::Display for Reach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("none");
        }
        for (at, (country, class)) in self.0.iter().enumerate() {
            let comma = if at == 0 { "" } else { "," };
            match class {
                Some(class) => write!(f, "{comma}{country}:{class}")?,
                None => write!(f, "{comma}{country}")?,
            }
        }
        Ok(())
    }
}

impl TryFrom<String> for Reach {
    type Error = ReachError;

    fn try_from(text: String) -> Result<Self, ReachError> {
        text.parse()
    }
}

impl From<Reach> for String {
    fn from(reach: Reach) -> Self {
        reach.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_country_a_class_of_one_and_everything_are_told_apart() {
        for (list, allowed, refused) in [
            ("BE", &[("BE", "mobile"), ("BE", "premium_090")][..], &[("FR", "international")][..]),
            ("BE:mobile, FR", &[("BE", "mobile"), ("FR", "international")], &[("BE", "geographic")]),
            ("*", &[("LV", "international")], &[]),
            ("*:mobile", &[("BE", "mobile")], &[("BE", "geographic")]),
            ("none", &[], &[("BE", "mobile")]),
        ] {
            let reach: Reach = list.parse().unwrap();
            assert!(allowed.iter().all(|(country, class)| reach.allows(country, class)), "{list}");
            assert!(!refused.iter().any(|(country, class)| reach.allows(country, class)), "{list}");
            assert_eq!(reach.to_string().parse::<Reach>(), Ok(reach));
        }
        for bad in ["", "be", "BEL", "BE:", "BE:Mobile", "BE,,FR", "+32"] {
            assert_eq!(bad.parse::<Reach>(), Err(ReachError), "{bad}");
        }
    }
}
