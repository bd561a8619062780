//! Values that must not be seen: sealed secrets, masked personal data.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A secret encrypted under the installation's master key (AES-256-GCM: nonce, then ciphertext with tag).
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sealed(pub Vec<u8>);

impl fmt::Debug for Sealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sealed(…)")
    }
}

/// Personal data that prints masked: message bodies, digits, names.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize, Default)]
#[serde(transparent)]
pub struct Pii<T>(pub T);

impl<T> fmt::Debug for Pii<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pii(…)")
    }
}

/// `+32470123456` as `…456`: enough to recognise one's own number, too little to call it.
pub fn masked(text: &str) -> String {
    let characters = text.chars().count();
    if characters <= 6 {
        return "…".to_owned();
    }
    let tail: String = text.chars().skip(characters - 3).collect();
    format!("…{tail}")
}
