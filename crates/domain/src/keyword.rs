//! A word by which messages to the sender that all accounts share find their account.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{AccountSid, KeywordSid, WebhookSet};

/// Letters and digits of a keyword.
const LENGTH: std::ops::RangeInclusive<usize> = 2..=20;

/// A word that is one account's in the whole installation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Keyword {
    /// Identity.
    pub sid: KeywordSid,
    /// Optimistic lock.
    pub version: u32,
    /// Who gets the messages that begin with it.
    pub account_sid: AccountSid,
    /// 2 to 20 capital letters and digits, without accents.
    pub word: String,
    /// Who is asked about these messages; nothing: whoever is asked about the account's answers to the shared sender.
    pub sms: WebhookSet,
    /// Creation.
    pub created_at: Timestamp,
    /// Last change.
    pub updated_at: Timestamp,
}

impl Keyword {
    /// `text` as a keyword is kept; `None` for what cannot be one.
    pub fn key_of(text: &str) -> Option<String> {
        let fits = LENGTH.contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric());
        fits.then(|| text.to_ascii_uppercase())
    }

    /// The word that a message begins with, as a keyword is kept.
    pub fn key_in(body: &str) -> Option<String> {
        let first = body.split_whitespace().next()?;
        Self::key_of(first.trim_matches(|c: char| c.is_ascii_punctuation()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_word_counts_in_any_case_and_without_what_stands_around_it() {
        for (body, word) in [
            ("pizza", Some("PIZZA")),
            ("  Pizza! two, please", Some("PIZZA")),
            ("\"WIN24\"", Some("WIN24")),
            ("I want pizza", None),
            ("a b", None),
            ("café au lait", None),
            ("abcdefghijklmnopqrstu", None),
            ("", None),
        ] {
            assert_eq!(Keyword::key_in(body).as_deref(), word, "{body}");
        }
    }
}
