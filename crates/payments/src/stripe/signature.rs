//! The header `Stripe-Signature` of an event: `t=1492774577,v1=5257a8…,v1=…,v0=…`.
//!
//! A `v1` is HMAC-SHA256, under the endpoint's secret, over the time, a dot and the body as it came
//! (<https://docs.stripe.com/webhooks#verify-manually>). While a secret is rolled there are several.

use flexio_domain::Timestamp;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use subtle::ConstantTimeEq;

use crate::EventError;

/// How far the time of a signature may be from ours, in seconds.
const TOLERANCE_S: i64 = 300;
/// Signatures that are compared; there are two while a secret is rolled.
const SIGNATURES_MAX: usize = 16;

/// Whether the body comes from whoever knows the secret, and lately.
pub fn verify(secret: &str, header: &str, payload: &[u8], now: Timestamp) -> Result<(), EventError> {
    let parts = || header.split(',').filter_map(|part| part.trim().split_once('='));
    let stamp =
        parts().find(|(name, _)| *name == "t").map(|(_, value)| value).ok_or(EventError::Signature)?;
    let at: i64 = stamp.parse().map_err(|_| EventError::Signature)?;
    if secret.is_empty() {
        return Err(EventError::Signature);
    }
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("HMAC takes a key of any length");
    mac.update(stamp.as_bytes());
    mac.update(b".");
    mac.update(payload);
    let ours: [u8; 32] = mac.finalize().into_bytes().into();
    let given = parts().filter(|(name, _)| *name == "v1").take(SIGNATURES_MAX);
    let is_signed = given.filter_map(|(_, value)| decoded(value)).any(|theirs| ours.ct_eq(&theirs).into());
    if !is_signed {
        return Err(EventError::Signature);
    }
    // Only now: whoever does not know the secret learns nothing of our clock.
    let apart = now.as_second().checked_sub(at).map(i64::abs);
    if apart.is_some_and(|apart| apart <= TOLERANCE_S) { Ok(()) } else { Err(EventError::Old) }
}

fn decoded(text: &str) -> Option<[u8; 32]> {
    let bytes = text.as_bytes();
    if bytes.len() != 64 {
        return None;
    }
    let mut out = [0; 32];
    for (byte, pair) in out.iter_mut().zip(bytes.chunks_exact(2)) {
        let digit = |c: u8| char::from(c).to_digit(16);
        *byte = u8::try_from(digit(pair[0])? * 16 + digit(pair[1])?).ok()?;
    }
    Some(out)
}
