//! Secrets: sealing under the master key, tokens, digests, signatures.

use std::fmt;

use aes_gcm::aead::{Aead, KeyInit, Payload};
use aes_gcm::{Aes256Gcm, Nonce};
use flexio_domain::Sealed;
use hmac::{Hmac, Mac};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

const NONCE_LEN: usize = 12;
const TAG_LEN: usize = 16;
/// Keys a vault may hold: the current one, and older ones whose secrets are not resealed yet.
const KEYS_MAX: usize = 16;

/// Why a secret could not be read. The text says nothing about the secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum VaultError {
    /// Shorter than an id, a nonce and a tag.
    #[error("the sealed value is damaged")]
    Damaged,
    /// Sealed under a key that is not in the key file.
    #[error("sealed under master key {0}, which is not in the key file")]
    UnknownKey(u8),
    /// Sealed for another owner, altered, or under another key of the same id.
    #[error("the sealed value does not belong here")]
    Refused,
    /// The key file is not lines of `<id>:<64 hexadecimal digits>`, the current key first.
    #[error("the master key file is malformed in line {0}")]
    KeyFile(usize),
}

/// One master key and its id, which is the first byte of whatever it sealed.
#[derive(Clone)]
pub struct MasterKey {
    id: u8,
    key: [u8; 32],
}

impl fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MasterKey({})", self.id)
    }
}

impl MasterKey {
    /// A new random key of this id.
    pub fn generate(id: u8) -> Self {
        Self { id, key: random() }
    }

    /// A key from its bytes.
    pub const fn from_bytes(id: u8, key: [u8; 32]) -> Self {
        Self { id, key }
    }

    /// The line of the key file that [`Vault::from_key_file`] reads.
    pub fn to_line(&self) -> String {
        format!("{}:{}\n", self.id, hex(&self.key))
    }
}

/// Seals and opens secrets, makes tokens, signs. Holds the master keys for the life of the process.
pub struct Vault {
    current: u8,
    ciphers: Vec<(u8, Aes256Gcm)>,
    /// HMAC key derived from the current master key: rotation revokes what it signed.
    signing: [u8; 32],
}

impl fmt::Debug for Vault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Vault").field("current", &self.current).finish_non_exhaustive()
    }
}

impl Vault {
    /// Seals under `current`; also opens what `older` keys sealed.
    pub fn new(current: &MasterKey, older: &[MasterKey]) -> Self {
        let cipher = |key: &MasterKey| {
            (key.id, Aes256Gcm::new_from_slice(&key.key).expect("a master key has the 32 bytes of AES-256"))
        };
        let ciphers = std::iter::once(current).chain(older).take(KEYS_MAX).map(cipher).collect();
        let signing = hmac_sha256(&current.key, &[b"flexio signing key 1"]);
        Self { current: current.id, ciphers, signing }
    }

    /// Reads the text of a key file: one `<id>:<64 hexadecimal digits>` per line, the current key first. To rotate, put a new line
    /// in front; signed URLs end at once, sealed secrets stay readable.
    pub fn from_key_file(text: &str) -> Result<Self, VaultError> {
        let mut keys = Vec::new();
        for (index, line) in text.lines().filter(|line| !line.trim().is_empty()).take(KEYS_MAX).enumerate() {
            let bad = VaultError::KeyFile(index + 1);
            let (id, digits) = line.trim().split_once(':').ok_or(bad)?;
            let key = unhex(digits).ok_or(bad)?;
            keys.push(MasterKey { id: id.parse().map_err(|_| bad)?, key });
        }
        let (current, older) = keys.split_first().ok_or(VaultError::KeyFile(1))?;
        Ok(Self::new(current, older))
    }

    /// Encrypts `plaintext` for `owner` (a sid): opened for another owner it is refused, so rows cannot be swapped.
    pub fn seal(&self, owner: &str, plaintext: &[u8]) -> Sealed {
        let nonce: [u8; NONCE_LEN] = random();
        let cipher = &self.ciphers.first().expect("`new` puts the current key first").1;
        let payload = Payload { msg: plaintext, aad: owner.as_bytes() };
        let sealed =
            cipher.encrypt(&Nonce::from(nonce), payload).expect("secrets are far below the 64 GiB of GCM");
        let mut out = Vec::with_capacity(1 + NONCE_LEN + sealed.len());
        out.push(self.current);
        out.extend_from_slice(&nonce);
        out.extend_from_slice(&sealed);
        Sealed(out)
    }

    /// Decrypts what [`Vault::seal`] made for the same owner.
    pub fn open(&self, owner: &str, sealed: &Sealed) -> Result<Vec<u8>, VaultError> {
        let bytes = &sealed.0;
        if bytes.len() < 1 + NONCE_LEN + TAG_LEN {
            return Err(VaultError::Damaged);
        }
        let (id, rest) = (bytes[0], &bytes[1..]);
        let (nonce, ciphertext) = rest.split_at(NONCE_LEN);
        let nonce: [u8; NONCE_LEN] = nonce.try_into().expect("split at the length of a nonce");
        let cipher = self.ciphers.iter().find(|(have, _)| *have == id).ok_or(VaultError::UnknownKey(id))?;
        let payload = Payload { msg: ciphertext, aad: owner.as_bytes() };
        cipher.1.decrypt(&Nonce::from(nonce), payload).map_err(|_| VaultError::Refused)
    }

    /// Whether `sealed` should be sealed again under the current key.
    pub fn is_stale(&self, sealed: &Sealed) -> bool {
        sealed.0.first() != Some(&self.current)
    }

    /// HMAC-SHA-256 of `parts` under a key derived from the current master key, in hexadecimal. `purpose` keeps signatures for one
    /// use from being valid for another; parts are length-prefixed, so they cannot be shifted into each other.
    pub fn sign(&self, purpose: &str, parts: &[&str]) -> String {
        hex(&self.mac(purpose, parts))
    }

    /// Compares a signature of [`Vault::sign`] in constant time.
    pub fn verify(&self, purpose: &str, parts: &[&str], signature: &str) -> bool {
        unhex::<32>(signature).is_some_and(|given| self.mac(purpose, parts).ct_eq(&given).into())
    }

    pub(crate) fn mac(&self, purpose: &str, parts: &[&str]) -> [u8; 32] {
        let lengths: Vec<[u8; 8]> = parts.iter().map(|part| (part.len() as u64).to_be_bytes()).collect();
        let mut all: Vec<&[u8]> = vec![purpose.as_bytes(), &[0]];
        for (length, part) in lengths.iter().zip(parts) {
            all.push(length);
            all.push(part.as_bytes());
        }
        hmac_sha256(&self.signing, &all)
    }
}

fn hmac_sha256(key: &[u8], parts: &[&[u8]]) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of any length");
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

/// A new auth token: 32 hexadecimal digits, 128 random bits.
pub fn new_auth_token() -> String {
    hex(&random::<16>())
}

/// A new API key secret: 44 letters and digits, more than 256 random bits.
pub fn new_key_secret() -> String {
    new_password(44)
}

/// So many random letters and digits.
pub(crate) fn new_password(chars: usize) -> String {
    const LETTERS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let mut secret = String::with_capacity(chars);
    while secret.len() < chars {
        // Bytes from 248 up are dropped: 62 divides 248, so each letter is equally likely.
        let fresh = random::<32>().into_iter().filter(|byte| *byte < 248);
        let letters = fresh.map(|byte| char::from(LETTERS[usize::from(byte % 62)]));
        secret.extend(letters.take(chars - secret.len()));
    }
    secret
}

/// SHA-256: what is kept of tokens and key secrets, which are random and need no slow hash.
pub fn digest(secret: &str) -> [u8; 32] {
    Sha256::digest(secret.as_bytes()).into()
}

/// SHA-256 over several parts, each with its length.
pub fn digest_parts(parts: &[&[u8]]) -> [u8; 32] {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update((part.len() as u64).to_be_bytes());
        hasher.update(part);
    }
    hasher.finalize().into()
}

/// Whether two digests are equal, in a time that does not depend on where they differ.
pub fn same(a: &[u8; 32], b: &[u8; 32]) -> bool {
    a.ct_eq(b).into()
}

/// Random bytes of the operating system.
pub(crate) fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).expect("the operating system gives random numbers from boot on");
    bytes
}

/// Lower-case hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    use fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut out, byte| {
        write!(out, "{byte:02x}").expect("writing to a String cannot fail");
        out
    })
}

fn unhex<const N: usize>(digits: &str) -> Option<[u8; N]> {
    let mut out = [0; N];
    if digits.len() != N * 2 || !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
        return None;
    }
    for (byte, pair) in out.iter_mut().zip(digits.as_bytes().chunks(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn vault() -> Vault {
        Vault::new(&MasterKey::from_bytes(1, [7; 32]), &[])
    }

    #[test]
    fn a_sealed_secret_opens_for_its_owner_only() {
        let sealed = vault().seal("AC1", b"token");
        assert_eq!(vault().open("AC1", &sealed), Ok(b"token".to_vec()));
        assert_eq!(vault().open("AC2", &sealed), Err(VaultError::Refused));
        assert!(!format!("{sealed:?} {:?}", vault()).contains("token"));
    }

    #[test]
    fn after_a_rotation_old_secrets_open_and_new_ones_use_the_new_key() {
        let old = MasterKey::generate(1);
        let sealed = Vault::new(&old, &[]).seal("AC1", b"token");
        let file = MasterKey::generate(2).to_line() + &old.to_line();
        let rotated = Vault::from_key_file(&file).unwrap();
        assert_eq!(rotated.open("AC1", &sealed), Ok(b"token".to_vec()));
        assert!(rotated.is_stale(&sealed));
        assert!(!rotated.is_stale(&rotated.seal("AC1", b"token")));
        let without_old = Vault::new(&MasterKey::generate(2), &[]);
        assert_eq!(without_old.open("AC1", &sealed), Err(VaultError::UnknownKey(1)));
    }

    #[test]
    fn a_rotation_ends_signatures() {
        let old = MasterKey::generate(1);
        let signature = Vault::new(&old, &[]).sign("media", &["GET", "/x"]);
        assert!(Vault::new(&old, &[]).verify("media", &["GET", "/x"], &signature));
        assert!(!Vault::new(&MasterKey::generate(2), &[old]).verify("media", &["GET", "/x"], &signature));
    }

    #[test]
    fn a_signature_binds_purpose_and_every_part() {
        let signature = vault().sign("media", &["GET", "/a", "1"]);
        assert!(vault().verify("media", &["GET", "/a", "1"], &signature));
        for (purpose, parts) in
            [("other", ["GET", "/a", "1"]), ("media", ["GET", "/", "a1"]), ("media", ["PUT", "/a", "1"])]
        {
            assert!(!vault().verify(purpose, &parts, &signature));
        }
        assert!(!vault().verify("media", &["GET", "/a", "1"], "é"));
    }

    #[test]
    fn a_malformed_key_file_names_its_line() {
        for (text, line) in [("", 1), ("1", 1), ("1:ab", 1), ("x:00", 1)] {
            assert_eq!(Vault::from_key_file(text).unwrap_err(), VaultError::KeyFile(line), "{text:?}");
        }
        let second = MasterKey::generate(1).to_line() + "2:zz\n";
        assert_eq!(Vault::from_key_file(&second).unwrap_err(), VaultError::KeyFile(2));
    }

    #[test]
    fn tokens_have_their_shapes_and_differ() {
        let (token, secret) = (new_auth_token(), new_key_secret());
        assert!(token.len() == 32 && token.bytes().all(|b| b.is_ascii_hexdigit()));
        assert!(secret.len() == 44 && secret.bytes().all(|b| b.is_ascii_alphanumeric()));
        assert_ne!(token, new_auth_token());
        assert_ne!(secret, new_key_secret());
    }

    proptest! {
        #[test]
        fn any_alteration_is_refused(at in 0_usize..40, flip in 1_u8..=255) {
            let mut sealed = vault().seal("AC1", b"twelve bytes");
            let at = at % sealed.0.len();
            sealed.0[at] ^= flip;
            prop_assert!(vault().open("AC1", &sealed).is_err());
        }
    }
}
