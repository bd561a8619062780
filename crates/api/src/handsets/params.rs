//! Parameters of handsets.

use flexio_app::handsets::{Answering, HandsetAct};
use flexio_domain::{E164, ErrorCode};

use crate::ask::Ask;
use crate::error::{Result, invalid};
use crate::params::one_of;

/// Keys of one request, at most.
const DIGITS_MAX: usize = 32;

pub(super) fn answering(ask: &Ask<'_>) -> Result<Answering> {
    let answering = one_of("Answering", ask.params.text("Answering"), |text| match text {
        "itself" => Some(Answering::ByItself),
        "hand" => Some(Answering::ByHand),
        _ => None,
    })?;
    answering.ok_or_else(|| invalid("Answering", "is missing"))
}

pub(super) fn to(ask: &Ask<'_>) -> Result<E164> {
    let to = ask.params.parsed("To", ErrorCode::ToInvalid)?;
    to.ok_or_else(|| ErrorCode::ToMissing.into())
}

/// Exactly one of `Action`, `Digits` and `Say`.
pub(super) async fn act(ask: &Ask<'_>) -> Result<HandsetAct> {
    let action = one_of("Action", ask.params.text("Action"), |text| match text {
        "answer" => Some(HandsetAct::Answer),
        "decline" => Some(HandsetAct::Decline),
        "hang-up" => Some(HandsetAct::HangUp),
        _ => None,
    })?;
    match (action, ask.params.text("Digits"), ask.params.text("Say")) {
        (Some(act), None, None) => Ok(act),
        (None, Some(digits), None) => keys(digits),
        (None, None, Some(text)) => {
            let language = ask.params.text("Language").unwrap_or("en");
            Ok(HandsetAct::Say(ask.app().speak_for_handset(text, language).await?))
        }
        _ => Err(invalid("Action", "or one of Digits and Say must be given, and only one of them")),
    }
}

fn keys(digits: &str) -> Result<HandsetAct> {
    let are_keys = digits.bytes().all(|key| key.is_ascii_digit() || b"*#w".contains(&key));
    if !are_keys || digits.len() > DIGITS_MAX {
        return Err(ErrorCode::SendDigitsInvalid.into());
    }
    Ok(HandsetAct::Keys(digits.to_owned()))
}
