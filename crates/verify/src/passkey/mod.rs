//! Passkeys: what a browser's authenticator says, read and judged by Web Authentication Level 3 (W3C), §7.1 and §7.2.
//!
//! What is asked of each: made for our site ([`Site`]) and in answer to our challenge, with the person there and verified by the
//! authenticator (PIN, finger, face), so that a passkey is two factors by itself. Attestation is neither asked for nor read: who makes
//! authenticators is not our business. Challenges, their age and that each is used once are the caller's; so is the counter between uses.

mod key;
#[cfg(test)]
mod tests;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use sha2::{Digest, Sha256};

pub use key::ALGORITHMS;
use key::Key;

/// Bytes of the name of a credential, at most (§7.1 step 25).
const ID_MAX: usize = 1_023;
/// Hash of the site, flags and counter (§6.1).
const HEAD: usize = 37;
/// A name for the kind of authenticator, which is not read.
const AAGUID: usize = 16;

const PRESENT: u8 = 1;
const VERIFIED: u8 = 1 << 2;
const MAY_BE_COPIED: u8 = 1 << 3;
const IS_COPIED: u8 = 1 << 4;
const HAS_CREDENTIAL: u8 = 1 << 6;
const HAS_EXTENSIONS: u8 = 1 << 7;

/// Whom passkeys are for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Site {
    /// Host name; never an address (§5.1.3, "relying party identifier").
    pub id: String,
    /// Scheme, host and port, as browsers write them.
    pub origin: String,
}

/// Why an authenticator is not believed. None of these is told to whoever asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PasskeyError {
    /// Not what a browser makes.
    #[error("what the browser sent cannot be read")]
    Malformed,
    /// An answer to something else, or for another purpose.
    #[error("it does not answer this challenge")]
    Challenge,
    /// For another site, or from a frame within one.
    #[error("it is for another site")]
    Site,
    /// Nobody touched the authenticator, or it did not make sure who that was.
    #[error("the authenticator did not verify the person")]
    NotVerified,
    /// A key of a kind that is not known here.
    #[error("the kind of key is not supported")]
    Algorithm,
    /// Made with another key.
    #[error("the signature is wrong")]
    Signature,
    /// The authenticator has counted further than this before: there may be two of it (§6.1.1).
    #[error("the counter went back")]
    Counter,
}

/// A passkey that was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Made {
    /// The authenticator's name for it.
    pub id: Vec<u8>,
    /// Its public key as it came: a `COSE_Key` (RFC 9052 §7).
    pub key: Vec<u8>,
    /// How often it was used; stays 0 where the authenticator does not count.
    pub counter: u32,
    /// It is, or may be, on several devices of its owner.
    pub synced: bool,
}

/// What a browser says when a passkey is used.
#[derive(Debug, Clone, Copy)]
pub struct Assertion<'a> {
    /// `clientDataJSON`, byte for byte.
    pub client_data: &'a [u8],
    /// `authenticatorData`.
    pub authenticator_data: &'a [u8],
    /// Over both.
    pub signature: &'a [u8],
}

/// The challenge that an answer of a browser names, in either ceremony.
///
/// # Errors
/// [`PasskeyError::Malformed`].
pub fn challenge_of(client_data: &[u8]) -> Result<Vec<u8>, PasskeyError> {
    ClientData::read(client_data)?.challenge()
}

/// Judges a passkey that was made in answer to `challenge`.
///
/// # Errors
/// All but [`PasskeyError::Signature`] and [`PasskeyError::Counter`]: without attestation nothing is signed yet.
pub fn made(
    site: &Site,
    challenge: &[u8],
    client_data: &[u8],
    authenticator_data: &[u8],
) -> Result<Made, PasskeyError> {
    ClientData::read(client_data)?.must_answer("webauthn.create", site, challenge)?;
    let seen = Seen::read(authenticator_data)?;
    seen.must_be_of(site)?;
    let (id, key) = seen.credential.ok_or(PasskeyError::Malformed)?;
    Ok(Made { id: id.to_vec(), key: key.to_vec(), counter: seen.counter, synced: seen.is(MAY_BE_COPIED) })
}

/// Judges the use of a passkey, whose key and last counter are given, in answer to `challenge`; its new counter.
///
/// # Errors
/// All kinds.
pub fn used(
    site: &Site,
    challenge: &[u8],
    (key, counter): (&[u8], u32),
    said: Assertion<'_>,
) -> Result<u32, PasskeyError> {
    ClientData::read(said.client_data)?.must_answer("webauthn.get", site, challenge)?;
    let seen = Seen::read(said.authenticator_data)?;
    seen.must_be_of(site)?;
    let (key, rest) = Key::read(key)?;
    if !rest.is_empty() {
        return Err(PasskeyError::Malformed);
    }
    signed(&key, said)?;
    if (seen.counter, counter) != (0, 0) && seen.counter <= counter {
        return Err(PasskeyError::Counter);
    }
    Ok(seen.counter)
}

/// The signature is over the authenticator's data and the hash of the browser's (§6.3.3).
fn signed(key: &Key<'_>, said: Assertion<'_>) -> Result<(), PasskeyError> {
    let mut message = said.authenticator_data.to_vec();
    message.extend_from_slice(&Sha256::digest(said.client_data));
    if key.verifies(&message, said.signature) { Ok(()) } else { Err(PasskeyError::Signature) }
}

/// `CollectedClientData` (§5.8.1). Members that are not known are ignored, as browsers may add any.
#[derive(Deserialize)]
struct ClientData {
    r#type: String,
    challenge: String,
    origin: String,
    #[serde(rename = "crossOrigin", default)]
    is_framed: bool,
    #[serde(rename = "topOrigin")]
    around: Option<String>,
}

impl ClientData {
    fn read(bytes: &[u8]) -> Result<Self, PasskeyError> {
        serde_json::from_slice(bytes).map_err(|_| PasskeyError::Malformed)
    }

    fn challenge(&self) -> Result<Vec<u8>, PasskeyError> {
        URL_SAFE_NO_PAD.decode(&self.challenge).map_err(|_| PasskeyError::Malformed)
    }

    fn must_answer(&self, purpose: &str, site: &Site, challenge: &[u8]) -> Result<(), PasskeyError> {
        if self.r#type != purpose || self.challenge()? != challenge {
            return Err(PasskeyError::Challenge);
        }
        if self.origin != site.origin || self.is_framed || self.around.is_some() {
            return Err(PasskeyError::Site);
        }
        Ok(())
    }
}

/// Authenticator data (§6.1).
struct Seen<'a> {
    site: &'a [u8],
    flags: u8,
    counter: u32,
    /// Name and `COSE_Key` of a new one, a key that signatures can be tried with.
    credential: Option<(&'a [u8], &'a [u8])>,
}

impl<'a> Seen<'a> {
    fn read(bytes: &'a [u8]) -> Result<Self, PasskeyError> {
        let (head, rest) = split(bytes, HEAD)?;
        let flags = head[32];
        let counter = u32::from_be_bytes(head[33..].try_into().map_err(|_| PasskeyError::Malformed)?);
        let mut seen = Self { site: &head[..32], flags, counter, credential: None };
        if seen.is(IS_COPIED) && !seen.is(MAY_BE_COPIED) {
            return Err(PasskeyError::Malformed);
        }
        let rest = if seen.is(HAS_CREDENTIAL) {
            let (_, rest) = split(rest, AAGUID)?;
            let (length, rest) = split(rest, 2)?;
            let length = usize::from(u16::from_be_bytes([length[0], length[1]]));
            if length == 0 || length > ID_MAX {
                return Err(PasskeyError::Malformed);
            }
            let (id, rest) = split(rest, length)?;
            let (_, behind) = Key::read(rest)?;
            seen.credential = Some((id, &rest[..rest.len() - behind.len()]));
            behind
        } else {
            rest
        };
        // Extensions are a map of whatever was asked for, which is nothing.
        if rest.is_empty() == seen.is(HAS_EXTENSIONS) {
            return Err(PasskeyError::Malformed);
        }
        Ok(seen)
    }

    const fn is(&self, flag: u8) -> bool {
        self.flags & flag != 0
    }

    fn must_be_of(&self, site: &Site) -> Result<(), PasskeyError> {
        if self.site != Sha256::digest(site.id.as_bytes()).as_slice() {
            return Err(PasskeyError::Site);
        }
        if self.is(PRESENT) && self.is(VERIFIED) { Ok(()) } else { Err(PasskeyError::NotVerified) }
    }
}

fn split(bytes: &[u8], at: usize) -> Result<(&[u8], &[u8]), PasskeyError> {
    bytes.split_at_checked(at).ok_or(PasskeyError::Malformed)
}
