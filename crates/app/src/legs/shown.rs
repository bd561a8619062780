//! What a leg shows as its caller, and whether the account may show that.

use flexio_domain::{Address, Call, CallDirection, E164};

use super::DialRefusal;
use crate::App;

/// Most digits of an extension: a name of digits this short is nobody's telephone number.
pub(crate) const EXTENSION_DIGITS_MAX: usize = 6;

/// What whoever reads the user part of our From takes the caller for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shown {
    /// A telephone number, however it is written: of an address, of a login, of a SIP address.
    Number(E164),
    /// Digits that are no telephone number: a short code, an extension, or what only looks like a number.
    Digits(String),
    /// A name.
    Name,
    /// He withholds himself.
    Nobody,
}

/// What this caller is taken for. `country_code` is that which national numbers are read with, without `+`.
pub fn shown(from: &Address, country_code: &str) -> Shown {
    let user = match from {
        Address::Number(number) => return Shown::Number(number.clone()),
        Address::ShortCode(code) => return Shown::Digits(code.clone()),
        Address::Alphanumeric(_) | Address::Anonymous => return Shown::Nobody,
        Address::Client(name) => unescaped(name),
        Address::Sip(uri) => {
            let rest = uri.split_once(':').map_or("", |(_, rest)| rest);
            let user = rest.split('@').next().unwrap_or_default();
            // What stands behind a colon is a password.
            unescaped(user.split(':').next().unwrap_or_default())
        }
    };
    match read_address(&user, country_code) {
        Some(Address::Number(number)) => Shown::Number(number),
        Some(Address::ShortCode(code)) => Shown::Digits(code),
        Some(Address::Anonymous) => Shown::Nobody,
        None if user.is_empty() => Shown::Nobody,
        None if user.contains(|c: char| c.is_numeric()) && !user.contains(char::is_alphabetic) => {
            Shown::Digits(user)
        }
        Some(Address::Client(_) | Address::Sip(_) | Address::Alphanumeric(_)) | None => Shown::Name,
    }
}

/// Reads a number as peers write it: `+32…`, `0032…`, `0…` (national), `32…` with enough digits, short codes, names.
pub fn read_address(user: &str, country_code: &str) -> Option<Address> {
    let user = user.split(';').next().unwrap_or(user);
    let digits: String = user.chars().filter(|c| !matches!(c, '-' | '.' | '(' | ')' | ' ')).collect();
    if digits.starts_with('+') {
        return digits.parse().ok().map(Address::Number);
    }
    if !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()) {
        let number = if let Some(rest) = digits.strip_prefix("00") {
            format!("+{rest}")
        } else if digits.len() >= 8 && digits.starts_with('0') {
            format!("+{country_code}{}", &digits[1..])
        } else if digits.len() >= 9 {
            format!("+{digits}")
        } else {
            return digits.parse().ok();
        };
        return number.parse().ok().map(Address::Number);
    }
    if user.eq_ignore_ascii_case("anonymous") {
        return Some(Address::Anonymous);
    }
    None
}

/// The user part of a SIP address without its escapes (RFC 3261 §19.1.2), as the far end reads it.
fn unescaped(user: &str) -> String {
    let mut rest = user.as_bytes();
    let mut read = Vec::with_capacity(rest.len());
    while let Some((&byte, behind)) = rest.split_first() {
        let digits = behind.get(..2).filter(|_| byte == b'%');
        let meant = digits.and_then(|digits| u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok());
        read.push(meant.unwrap_or(byte));
        rest = if meant.is_some() { &behind[2..] } else { behind };
    }
    String::from_utf8_lossy(&read).into_owned()
}

/// Where a leg goes, as far as it matters for what it may show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Towards {
    /// A telephone number, whose network takes From at its word.
    Numbers,
    /// A SIP address, perhaps of somebody who takes it at its word.
    Sip,
    /// A phone of the account.
    OwnPhone,
}

/// Refuses a leg that may not show its caller; `explicit` says that a document chose him. `Some` is the number of the account that forwards
/// the caller it shows.
pub(super) async fn must_be_shown(
    app: &App,
    leg: &Call,
    first: Option<&Call>,
    explicit: bool,
) -> Result<Option<E164>, DialRefusal> {
    let towards = match &leg.to {
        Address::Client(_) => Towards::OwnPhone,
        Address::Sip(_) => Towards::Sip,
        _ => Towards::Numbers,
    };
    let caller = shown(&leg.from, app.rater().numbering().country_code());
    let may = match &caller {
        _ if towards == Towards::OwnPhone && !explicit => true,
        Shown::Number(number) => {
            app.may_show_number(leg.account_sid, number).await.map_err(|error| away(&error))?
        }
        _ if towards == Towards::Numbers => false,
        Shown::Digits(digits) => {
            !matches!(leg.from, Address::ShortCode(_)) && digits.len() <= EXTENSION_DIGITS_MAX
        }
        Shown::Name => true,
        Shown::Nobody => matches!(leg.from, Address::Client(_) | Address::Sip(_)),
    };
    if may {
        return Ok(None);
    }
    match forwarded(app, leg, first).await? {
        // Of whom nothing is shown nothing is carried on.
        Some(call) if matches!(caller, Shown::Number(_) | Shown::Digits(_)) => Ok(call.to.number().cloned()),
        Some(_) => Ok(None),
        None => Err(DialRefusal::new(
            13_214,
            "the caller that would be shown is neither a number of the account nor a verified caller id",
        )),
    }
}

/// The call that a network brought to a number of ours and that this leg carries on, showing whom that network has shown: a forwarded call.
/// What a phone of a customer says of itself is nothing that a network has shown, nor is whom a call over REST went to.
async fn forwarded(app: &App, leg: &Call, first: Option<&Call>) -> Result<Option<Call>, DialRefusal> {
    let Some(first) = first.filter(|first| first.from == leg.from) else { return Ok(None) };
    if first.direction != CallDirection::OutboundDial {
        return Ok(Some(first.clone()).filter(is_of_network));
    }
    // A leg that was dialled and goes on by itself: what it shows was shown to it.
    let Some(parent) = first.parent_call_sid else { return Ok(None) };
    let parent = app.store.call(leg.account_sid, parent).await.map_err(|error| away(&error.into()))?;
    Ok(parent.filter(|parent| parent.from == leg.from && is_of_network(parent)))
}

fn is_of_network(call: &Call) -> bool {
    call.direction == CallDirection::Inbound && call.phone_number_sid.is_some()
}

fn away(error: &crate::AppError) -> DialRefusal {
    tracing::error!(error = error as &dyn std::error::Error, "caller_id_not_checked");
    DialRefusal::new(12_400, "the caller id could not be checked")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_caller_is_taken_for_what_his_from_says_however_it_is_written() {
        let number = || Shown::Number("+3222268888".parse().unwrap());
        for (from, expected) in [
            ("+3222268888", number()),
            ("client:+3222268888", number()),
            ("client:003222268888", number()),
            ("client:3222268888", number()),
            ("client:022268888", number()),
            ("sip:+3222268888@x", number()),
            ("sip:%2B3222268888@x", number()),
            ("sip:%2b32%32%32%3268888;x=y@x", number()),
            ("sip:+32-2-226.88.88@x", number()),
            ("sip:+3222268888:secret@x", number()),
            ("8640", Shown::Digits("8640".to_owned())),
            ("client:1001", Shown::Digits("1001".to_owned())),
            ("client:++3222268888", Shown::Digits("++3222268888".to_owned())),
            ("client:alice", Shown::Name),
            ("sip:bob2@example.com", Shown::Name),
            ("sip:anonymous@x", Shown::Nobody),
            ("anonymous", Shown::Nobody),
            ("Acme NV", Shown::Nobody),
        ] {
            let address: Address = from.parse().unwrap();
            assert_eq!(shown(&address, "32"), expected, "{from}");
        }
    }

    #[test]
    fn numbers_are_read_as_peers_write_them() {
        let read = |text| read_address(text, "32").map(|a| a.to_string());
        for same in [
            "+3225550123",
            "003225550123",
            "025550123",
            "3225550123",
            "+32-2-555.01.23",
            "+3225550123;phone-context=x",
        ] {
            assert_eq!(read(same).as_deref(), Some("+3225550123"), "{same}");
        }
        assert_eq!(read("112").as_deref(), Some("112"));
        assert_eq!(read("anonymous").as_deref(), Some("anonymous"));
        assert_eq!(read("alice"), None);
        assert_eq!(read(""), None);
    }
}
