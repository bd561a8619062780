//! The terms, their defaults, and how far an operator may move them.

use serde::Deserialize;

/// `[retention]`: how long what is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RetentionTerms {
    /// The text of a message, in days from its making; it goes in the night after. 0: the night after it was delivered.
    pub body_days: u16,
    /// Full numbers in uses, calls and messages, in months from the invoice or the end of a dispute; then the last two digits go.
    pub numbers_months: u16,
    /// The remaining digits beyond country and class, in months from the invoice.
    pub numbers_rest_months: u16,
    /// Timelines, SIP messages, records of verbs and notifications, in months.
    pub traffic_months: u16,
    /// Who a subscriber was, in months from the end of the contract.
    pub identity_months: u16,
    /// Who did what, in months.
    pub audit_months: u16,
    /// Books and contracts, in years from the first of January after.
    pub books_years: u16,
}

impl Default for RetentionTerms {
    fn default() -> Self {
        Self {
            body_days: 0,
            numbers_months: 6,
            numbers_rest_months: 24,
            traffic_months: 4,
            identity_months: 12,
            audit_months: 24,
            books_years: 10,
        }
    }
}

/// A key, what it is, and how far it may be moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bound {
    /// Key of the configuration.
    pub key: &'static str,
    /// Its value.
    pub value: u16,
    /// Least.
    pub least: u16,
    /// Most.
    pub most: u16,
    /// Why.
    pub why: &'static str,
}

/// A term out of its bounds.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("retention.{key} is {value}; it may be {least} to {most}, because {why}")]
pub struct TermFault {
    key: &'static str,
    value: u16,
    least: u16,
    most: u16,
    why: &'static str,
}

impl RetentionTerms {
    /// Every key with its bounds.
    pub const fn bounds(&self) -> [Bound; 7] {
        const fn bound(key: &'static str, value: u16, (least, most): (u16, u16), why: &'static str) -> Bound {
            Bound { key, value, least, most, why }
        }
        [
            bound("body_days", self.body_days, (0, 30), "a text is kept for search and nothing else"),
            bound("numbers_months", self.numbers_months, (1, 12), "a bill can be contested for some months"),
            bound(
                "numbers_rest_months",
                self.numbers_rest_months,
                (12, 36),
                "statistics look back a year or two",
            ),
            bound(
                "traffic_months",
                self.traffic_months,
                (1, 12),
                "traffic data serve faults and fraud for four months, twelve in a case",
            ),
            bound(
                "identity_months",
                self.identity_months,
                (12, 36),
                "a subscriber has to be known for twelve months",
            ),
            bound("audit_months", self.audit_months, (12, 60), "security looks back two years"),
            bound("books_years", self.books_years, (10, 15), "books are kept for ten years"),
        ]
    }

    /// The first key that is out of its bounds.
    pub fn check(&self) -> Result<(), TermFault> {
        let is_out = |it: &Bound| it.value < it.least || it.value > it.most;
        if let Some(Bound { key, value, least, most, why }) = self.bounds().into_iter().find(is_out) {
            return Err(TermFault { key, value, least, most, why });
        }
        if self.numbers_rest_months < self.numbers_months {
            let why = "what is left of a number cannot go before its last two digits";
            let (value, least) = (self.numbers_rest_months, self.numbers_months);
            return Err(TermFault { key: "numbers_rest_months", value, least, most: 36, why });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_term_out_of_its_bounds_is_refused_with_what_it_may_be() {
        let terms = RetentionTerms::default();
        assert_eq!(terms.check(), Ok(()));
        let short = RetentionTerms { identity_months: 6, ..terms };
        let said = short.check().unwrap_err().to_string();
        assert_eq!(
            said,
            "retention.identity_months is 6; it may be 12 to 36, because a subscriber has to be known for twelve months"
        );
        let long = RetentionTerms { body_days: 31, ..terms };
        assert!(long.check().unwrap_err().to_string().contains("0 to 30"));
        for bound in terms.bounds() {
            assert!((bound.least..=bound.most).contains(&bound.value), "{}", bound.key);
        }
    }
}
