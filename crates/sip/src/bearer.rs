//! Bearer tokens in place of digest credentials (RFC 8898 §2.3, written as RFC 6750 §2.1 writes them).

use crate::digest::Credentials;
use crate::scan;

/// Longest token, in bytes.
const TOKEN_MAX: usize = 4_096;

/// A token as it was sent; only its form has been looked at.
#[derive(Clone, PartialEq, Eq)]
pub struct BearerToken(String);

impl std::fmt::Debug for BearerToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("BearerToken(…)")
    }
}

impl BearerToken {
    /// Reads an Authorization value; `None` if it is of another scheme, or its token is empty, longer than 4096 bytes, or has
    /// characters that are in no token.
    pub fn parse(value: &[u8]) -> Option<BearerToken> {
        let (scheme, rest) = scan::take_token(scan::trim(value))?;
        if !scheme.eq_ignore_ascii_case(b"Bearer") || !rest.first().copied().is_some_and(scan::is_ws) {
            return None;
        }
        let token = scan::trim(rest);
        let is_good = |b: &u8| b.is_ascii_alphanumeric() || b"-._~+/=".contains(b);
        let well_formed = (1..=TOKEN_MAX).contains(&token.len()) && token.iter().all(is_good);
        let text = String::from_utf8(token.to_vec()).ok()?;
        well_formed.then_some(BearerToken(text))
    }

    /// The token.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What a sender shows to prove who it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Authorization {
    /// Digest credentials with a nonce of ours that is good; check with [`Endpoint::verify`](crate::Endpoint::verify).
    Digest(Credentials),
    /// A token, that came by a connection: a datagram has no sender who could be asked to wait. The application checks it.
    Bearer(BearerToken),
}

impl Authorization {
    /// The digest credentials.
    pub fn digest(&self) -> Option<&Credentials> {
        match self {
            Authorization::Digest(credentials) => Some(credentials),
            Authorization::Bearer(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_one_word_of_the_scheme_bearer() {
        for (value, wanted) in [
            ("Bearer abc.DEF-1_2.x~y+z/==", Some("abc.DEF-1_2.x~y+z/==")),
            ("  bearer   t ", Some("t")),
            ("Bearer", None),
            ("Bearer ", None),
            ("Bearer a b", None),
            ("Bearer a\"b", None),
            ("Digest username=\"a\"", None),
            ("Bearerx", None),
        ] {
            let read = BearerToken::parse(value.as_bytes());
            assert_eq!(read.as_ref().map(BearerToken::as_str), wanted, "{value}");
        }
        assert!(BearerToken::parse(format!("Bearer {}", "a".repeat(4_097)).as_bytes()).is_none());
    }
}
