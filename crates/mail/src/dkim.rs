//! DKIM signatures (RFC 6376; Ed25519 as in RFC 8463), relaxed in header and body.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{Ed25519KeyPair, RSA_PKCS1_SHA256, RsaKeyPair};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flexio_domain::Timestamp;
use sha2::{Digest as _, Sha256};
use tokio_rustls::rustls::pki_types::PrivateKeyDer;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;

/// Headers that are signed, where they are.
const SIGNED: [&str; 9] = [
    "from",
    "to",
    "cc",
    "subject",
    "date",
    "message-id",
    "mime-version",
    "content-type",
    "content-transfer-encoding",
];
/// Shortest RSA key verifiers should take (RFC 8301 §3.2 wants 2048 bits).
const RSA_BYTES_MIN: usize = 256;

/// Why a key cannot sign.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// No private key in PEM.
    #[error("there is no private key (PEM) in it")]
    Form,
    /// Neither RSA nor Ed25519.
    #[error("it is neither an RSA nor an Ed25519 key")]
    Kind,
    /// RSA below 2048 bits.
    #[error("an RSA key has at least 2048 bits")]
    Short,
}

#[derive(Debug)]
enum Key {
    Rsa(RsaKeyPair),
    Ed25519(Ed25519KeyPair),
}

/// Signs for one domain.
#[derive(Debug)]
pub struct Signer {
    domain: String,
    selector: String,
    key: Key,
}

impl Signer {
    /// From a private key in PEM: PKCS #8, or PKCS #1 for RSA.
    pub fn new(domain: &str, selector: &str, pem: &[u8]) -> Result<Self, KeyError> {
        let der = PrivateKeyDer::from_pem_slice(pem).map_err(|_| KeyError::Form)?;
        let key = match &der {
            PrivateKeyDer::Pkcs1(der) => {
                Key::Rsa(RsaKeyPair::from_der(der.secret_pkcs1_der()).map_err(|_| KeyError::Kind)?)
            }
            PrivateKeyDer::Pkcs8(der) => {
                let der = der.secret_pkcs8_der();
                match RsaKeyPair::from_pkcs8(der) {
                    Ok(key) => Key::Rsa(key),
                    Err(_) => {
                        let key = Ed25519KeyPair::from_pkcs8_maybe_unchecked(der);
                        Key::Ed25519(key.map_err(|_| KeyError::Kind)?)
                    }
                }
            }
            _ => return Err(KeyError::Kind),
        };
        match &key {
            Key::Rsa(rsa) if rsa.public_modulus_len() < RSA_BYTES_MIN => Err(KeyError::Short),
            _ => Ok(Self { domain: domain.to_owned(), selector: selector.to_owned(), key }),
        }
    }

    /// The domain it signs for.
    pub fn domain(&self) -> &str {
        &self.domain
    }

    /// `message` with its signature in front.
    pub fn sign(&self, message: &[u8], now: Timestamp) -> Vec<u8> {
        let text = String::from_utf8_lossy(message);
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
        let headers = unfolded(head);
        let mut signed = String::new();
        let mut names = Vec::new();
        for (name, value) in SIGNED.iter().filter_map(|name| headers.iter().find(|(have, _)| have == name)) {
            signed.push_str(&format!("{name}:{value}\r\n"));
            names.push(name.as_str());
        }
        let algorithm = match self.key {
            Key::Rsa(_) => "rsa-sha256",
            Key::Ed25519(_) => "ed25519-sha256",
        };
        let own = format!(
            "v=1; a={algorithm}; c=relaxed/relaxed; d={}; s={}; t={};\r\n h={};\r\n bh={};\r\n b=",
            self.domain,
            self.selector,
            now.as_second(),
            names.join(":"),
            STANDARD.encode(Sha256::digest(relaxed_body(body))),
        );
        // The last one, without its own value and line end (§3.7).
        signed.push_str(&format!("dkim-signature:{}", collapsed(&own)));
        let signature = STANDARD.encode(self.signature(signed.as_bytes()));
        let mut out = format!("DKIM-Signature: {own}");
        for (at, line) in signature.as_bytes().chunks(72).enumerate() {
            if at > 0 {
                out.push_str("\r\n ");
            }
            out.push_str(&String::from_utf8_lossy(line));
        }
        out.push_str("\r\n");
        let mut bytes = out.into_bytes();
        bytes.extend_from_slice(message);
        bytes
    }

    fn signature(&self, content: &[u8]) -> Vec<u8> {
        match &self.key {
            Key::Rsa(key) => {
                let mut out = vec![0; key.public_modulus_len()];
                let random = SystemRandom::new();
                key.sign(&RSA_PKCS1_SHA256, &random, content, &mut out)
                    .expect("the buffer has the length of the modulus");
                out
            }
            // Of the hash, not of the content (RFC 8463 §3).
            Key::Ed25519(key) => key.sign(&Sha256::digest(content)).as_ref().to_vec(),
        }
    }
}

/// Headers with names in lower case and relaxed values (§3.4.2), in order.
fn unfolded(head: &str) -> Vec<(String, String)> {
    let mut headers: Vec<(String, String)> = Vec::new();
    for line in head.split("\r\n") {
        if line.starts_with([' ', '\t']) {
            if let Some((_, value)) = headers.last_mut() {
                value.push_str(line);
            }
        } else if let Some((name, value)) = line.split_once(':') {
            headers.push((name.trim().to_ascii_lowercase(), value.to_owned()));
        }
    }
    headers.into_iter().map(|(name, value)| (name, collapsed(&value))).collect()
}

/// Runs of blanks, folds included, as one blank; none at the ends.
fn collapsed(value: &str) -> String {
    value.split([' ', '\t', '\r', '\n']).filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

/// The body as it is hashed (§3.4.4).
fn relaxed_body(body: &str) -> String {
    let mut out = String::with_capacity(body.len());
    let mut blank_lines = 0;
    for line in body.split("\r\n") {
        let mut relaxed = String::with_capacity(line.len());
        for c in line.trim_end_matches([' ', '\t']).chars() {
            match c {
                ' ' | '\t' if relaxed.ends_with(' ') => {}
                ' ' | '\t' => relaxed.push(' '),
                other => relaxed.push(other),
            }
        }
        if relaxed.is_empty() {
            blank_lines += 1;
            continue;
        }
        out.push_str(&"\r\n".repeat(blank_lines));
        blank_lines = 0;
        out.push_str(&relaxed);
        out.push_str("\r\n");
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn relaxed_forms_are_those_of_the_rfc() {
        // RFC 6376 §3.4.5.
        let headers = unfolded("A: X\r\nB : Y\t\r\n\tZ  ");
        assert_eq!(headers, [("a".into(), "X".into()), ("b".into(), "Y Z".into())]);
        assert_eq!(relaxed_body(" C \r\nD \t E\r\n\r\n\r\n"), " C\r\nD E\r\n");
        assert_eq!(relaxed_body(""), "");
        assert_eq!(relaxed_body("a\r\n\r\n \r\nb"), "a\r\n\r\n\r\nb\r\n");
    }

    #[test]
    fn what_is_no_key_is_told_apart() {
        assert_eq!(Signer::new("a.test", "s", b"no").unwrap_err(), KeyError::Form);
        let pem = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n";
        assert_eq!(Signer::new("a.test", "s", pem.as_bytes()).unwrap_err(), KeyError::Kind);
    }
}
