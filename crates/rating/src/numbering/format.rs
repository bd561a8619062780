//! Templates for writing national numbers: `0{0} {1..4} {4..6} {6..8}`.

use std::ops::Range;

/// Text with places for digits of the national significant number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Template(Vec<Part>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Text(String),
    Digits(Range<usize>),
}

impl Template {
    /// `{n}` is digit n from 0, `{a..b}` digits a to b−1; `None` where the text is not a template.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('{') {
            let (place, tail) = after.split_once('}')?;
            let digits = match place.split_once("..") {
                Some((start, end)) => start.parse().ok()?..end.parse().ok()?,
                None => place.parse().ok().and_then(|digit: usize| Some(digit..digit.checked_add(1)?))?,
            };
            parts.push(Part::Text(before.to_owned()));
            parts.push(Part::Digits(digits));
            rest = tail;
        }
        parts.push(Part::Text(rest.to_owned()));
        (!rest.contains('}')).then_some(Self(parts))
    }

    /// The number written out; `None` where it has fewer digits than the template asks for.
    pub(super) fn fill(&self, nsn: &str) -> Option<String> {
        self.0
            .iter()
            .map(|part| match part {
                Part::Text(text) => Some(text.as_str()),
                Part::Digits(range) => nsn.get(range.clone()),
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_template_writes_digits_in_groups() {
        let template = Template::parse("0{0} {1..4} {4..6}").unwrap();
        assert_eq!(template.fill("222688").as_deref(), Some("02 226 88"));
        assert_eq!(template.fill("2226"), None);
        for bad in ["{", "{}", "{x}", "{1..}", "0{0}}"] {
            assert_eq!(Template::parse(bad), None, "{bad}");
        }
    }
}
