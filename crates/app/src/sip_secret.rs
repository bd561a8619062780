//! Passwords of phones: kept as digests for one realm, sealed; never in clear, never shown.

use flexio_domain::{ErrorCode, Pii, SipSecret};
use md5::Md5;
use sha2::{Digest, Sha256};

use crate::App;
use crate::error::{AppError, refuse};
use crate::vault::{self, VaultError};

/// Longest password, in bytes.
const PASSWORD_BYTES_MAX: usize = 128;

/// What a registrar checks an answer with (RFC 7616 §3.4.2).
#[derive(Clone, PartialEq, Eq)]
pub struct SipDigests {
    /// The realm they are good for.
    pub realm: String,
    /// `MD5(user:realm:password)`, 32 lower-case hexadecimal digits.
    pub md5: String,
    /// `SHA-256(user:realm:password)`, 64 of them.
    pub sha256: String,
}

impl std::fmt::Debug for SipDigests {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SipDigests(…)")
    }
}

impl App {
    /// What is kept of `password`; it opens for `owner`, the sid it is kept under, only.
    pub(crate) fn seal_sip_password(&self, owner: &str, username: &str, password: &Pii<String>) -> SipSecret {
        let realm = self.config.sip_realm.clone();
        let text = format!("{username}:{realm}:{}", password.0);
        let digests =
            vault::hex(&Md5::digest(text.as_bytes())) + &vault::hex(&Sha256::digest(text.as_bytes()));
        SipSecret { realm, digests: self.vault.seal(owner, digests.as_bytes()) }
    }

    /// Opens what is kept of a password. `owner` is the sid of the client or credential.
    pub fn sip_digests(&self, owner: &str, secret: &SipSecret) -> Result<SipDigests, AppError> {
        let bytes = self.vault.open(owner, &secret.digests)?;
        let text = String::from_utf8(bytes).map_err(|_| VaultError::Damaged)?;
        let (md5, sha256) = text.split_at_checked(32).ok_or(VaultError::Damaged)?;
        Ok(SipDigests { realm: secret.realm.clone(), md5: md5.to_owned(), sha256: sha256.to_owned() })
    }
}

/// Refuses passwords that are guessed: at least `min` characters with a digit, upper and lower case. Phones send digests of them in
/// clear over UDP, so whoever listens may try as many as his machine can.
pub(crate) fn check_sip_password(
    password: &Pii<String>,
    min: usize,
    code: ErrorCode,
) -> Result<(), AppError> {
    let Pii(password) = password;
    if password.len() > PASSWORD_BYTES_MAX || password.chars().any(char::is_control) {
        return Err(refuse(code, "Password has more than 128 bytes, or control characters."));
    }
    let has = |test: fn(char) -> bool| password.chars().any(test);
    let strong = password.chars().count() >= min
        && has(char::is_uppercase)
        && has(char::is_lowercase)
        && has(|c| c.is_ascii_digit());
    if strong { Ok(()) } else { Err(code.into()) }
}
