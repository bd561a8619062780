//! Who may send to whom.

use flexio_domain::{Address, ErrorCode};

/// What kind of sender an address is; it decides the type of number on the carrier's side.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SenderKind {
    /// An E.164 number: recipients can answer.
    Number,
    /// A short code.
    ShortCode,
    /// A name: nobody can answer.
    Alphanumeric,
}

/// The kind of `from` as a sender of text messages; `SenderNotCapable` (21606) for what carries none.
pub fn check_sender(from: &Address) -> Result<SenderKind, ErrorCode> {
    match from {
        Address::Number(_) => Ok(SenderKind::Number),
        Address::ShortCode(_) => Ok(SenderKind::ShortCode),
        Address::Alphanumeric(_) => Ok(SenderKind::Alphanumeric),
        Address::Client(_) | Address::Sip(_) | Address::Anonymous => Err(ErrorCode::SenderNotCapable),
    }
}

/// Refuses recipients that are reached neither by text over a carrier nor at a phone of the platform (21614), and oneself (21266).
pub fn check_recipient(from: &Address, to: &Address) -> Result<(), ErrorCode> {
    if from == to {
        return Err(ErrorCode::ToEqualsFrom);
    }
    match to {
        Address::Number(_) | Address::ShortCode(_) | Address::Client(_) => Ok(()),
        Address::Alphanumeric(_) | Address::Sip(_) | Address::Anonymous => Err(ErrorCode::ToNotMobile),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> Address {
        text.parse().unwrap()
    }

    #[test]
    fn numbers_codes_and_names_send_and_nothing_else_does() {
        let kind = |text| check_sender(&address(text));
        assert_eq!(kind("+3225550123"), Ok(SenderKind::Number));
        assert_eq!(kind("8640"), Ok(SenderKind::ShortCode));
        assert_eq!(kind("Acme NV"), Ok(SenderKind::Alphanumeric));
        assert_eq!(kind("client:alice"), Err(ErrorCode::SenderNotCapable));
    }

    #[test]
    fn nobody_texts_themselves_or_a_name() {
        let check = |from, to| check_recipient(&address(from), &address(to));
        assert_eq!(check("8640", "+32470000001"), Ok(()));
        assert_eq!(check("8640", "client:alice"), Ok(()));
        assert_eq!(check("8640", "sip:alice@sip.example"), Err(ErrorCode::ToNotMobile));
        assert_eq!(check("+32470000001", "+32470000001"), Err(ErrorCode::ToEqualsFrom));
        assert_eq!(check("8640", "Acme"), Err(ErrorCode::ToNotMobile));
    }
}
