//! Digest authentication, both sides (RFC 3261 §22, RFC 7616, RFC 8760): MD5 and SHA-256, `qop=auth`.

mod client;
mod server;

pub(crate) use client::ClientAuth;
pub use server::Verdict;
pub(crate) use server::{NonceCheck, Nonces, write_challenge};

use md5::Md5;
use sha2::{Digest, Sha256};

use crate::scan;

/// Hash of a challenge.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Algorithm {
    /// For old phones only.
    Md5,
    /// RFC 8760.
    Sha256,
}

impl Algorithm {
    /// The name in headers.
    pub fn as_str(self) -> &'static str {
        match self {
            Algorithm::Md5 => "MD5",
            Algorithm::Sha256 => "SHA-256",
        }
    }

    fn parse(name: &[u8]) -> Option<Algorithm> {
        [Algorithm::Md5, Algorithm::Sha256]
            .into_iter()
            .find(|a| name.eq_ignore_ascii_case(a.as_str().as_bytes()))
    }

    /// Lower-case hexadecimal hash of the parts joined by colons.
    fn hash(self, parts: &[&[u8]]) -> String {
        match self {
            Algorithm::Md5 => hash_with::<Md5>(parts),
            Algorithm::Sha256 => hash_with::<Sha256>(parts),
        }
    }
}

fn hash_with<D: Digest>(parts: &[&[u8]]) -> String {
    let mut hash = D::new();
    for (i, part) in parts.iter().enumerate() {
        if i > 0 {
            hash.update(b":");
        }
        hash.update(part);
    }
    hex(&hash.finalize())
}

fn hex(bytes: &[u8]) -> String {
    let digit = |n: u8| char::from(if n < 10 { b'0' + n } else { b'a' + n - 10 });
    bytes.iter().flat_map(|&b| [digit(b >> 4), digit(b & 15)]).collect()
}

/// A password, or what is stored in its place.
#[derive(Clone, PartialEq, Eq)]
pub enum Secret {
    /// Clear password: good for any realm and algorithm.
    Password(String),
    /// `H(user:realm:password)` in lower-case hexadecimal: good for one realm and algorithm.
    Ha1 {
        /// The hash it was made with.
        algorithm: Algorithm,
        /// 32 or 64 digits.
        hex: String,
    },
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(…)")
    }
}

impl Secret {
    /// The HA1 to store for a user, so that the password itself need not be kept.
    pub fn ha1(algorithm: Algorithm, username: &str, realm: &str, password: &str) -> Secret {
        let hex = algorithm.hash(&[username.as_bytes(), realm.as_bytes(), password.as_bytes()]);
        Secret::Ha1 { algorithm, hex }
    }

    fn ha1_for(&self, algorithm: Algorithm, username: &str, realm: &str) -> Option<String> {
        match self {
            Secret::Password(password) => {
                Some(algorithm.hash(&[username.as_bytes(), realm.as_bytes(), password.as_bytes()]))
            }
            Secret::Ha1 { algorithm: made_with, hex } => (*made_with == algorithm).then(|| hex.clone()),
        }
    }
}

/// What goes into a response hash besides HA1.
struct Proof<'a> {
    algorithm: Algorithm,
    method: &'a str,
    uri: &'a str,
    nonce: &'a str,
    /// `nc` and `cnonce` as written; `None` for servers from before qop (RFC 2069).
    qop: Option<(&'a str, &'a str)>,
}

impl Proof<'_> {
    /// RFC 7616 §3.4.1.
    fn response(&self, ha1: &str) -> String {
        let ha2 = self.algorithm.hash(&[self.method.as_bytes(), self.uri.as_bytes()]);
        let (ha1, ha2, nonce) = (ha1.as_bytes(), ha2.as_bytes(), self.nonce.as_bytes());
        match self.qop {
            Some((nc, cnonce)) => {
                self.algorithm.hash(&[ha1, nonce, nc.as_bytes(), cnonce.as_bytes(), b"auth", ha2])
            }
            None => self.algorithm.hash(&[ha1, nonce, ha2]),
        }
    }
}

/// `name=value` pairs after the scheme `Digest`; `None` for another scheme or malformed pairs.
fn digest_params(value: &[u8]) -> Option<Vec<(&[u8], String)>> {
    let (scheme, rest) = scan::take_token(scan::trim(value))?;
    if !scheme.eq_ignore_ascii_case(b"Digest") || !rest.first().copied().is_some_and(scan::is_ws) {
        return None;
    }
    let pair = |item| {
        let (name, rest) = scan::take_token(item)?;
        let value = scan::trim(scan::trim_start(rest).strip_prefix(b"=")?);
        Some((name, String::from_utf8(scan::unquote(value)).ok()?))
    };
    scan::commas(rest).filter(|item| !item.is_empty()).take(32).map(pair).collect()
}

fn find<'a>(params: &'a [(&[u8], String)], name: &str) -> Option<&'a str> {
    params.iter().find(|(key, _)| key.eq_ignore_ascii_case(name.as_bytes())).map(|(_, value)| value.as_str())
}

/// Appends `name="value"`, with quotes in the value escaped.
fn push_quoted(out: &mut String, name: &str, value: &str) {
    out.push_str(name);
    out.push_str("=\"");
    for c in value.chars().filter(|c| !matches!(c, '\r' | '\n' | '\0')) {
        if matches!(c, '"' | '\\') {
            out.push('\\');
        }
        out.push(c);
    }
    out.push('"');
}

/// Credentials of a request (Authorization), read but not checked.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    username: String,
    realm: String,
    nonce: String,
    uri: String,
    response: String,
    algorithm: Algorithm,
    /// Exactly eight hexadecimal digits, as they go into the hash.
    nc: String,
    cnonce: String,
    method: String,
    /// Where they came from, for counting failures.
    pub(crate) source: Option<std::net::IpAddr>,
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Credentials").field("algorithm", &self.algorithm).finish_non_exhaustive()
    }
}

impl Credentials {
    /// Reads an Authorization value of a request with `method`. `None` if it is no digest, lacks a part, has an
    /// unknown algorithm or no `qop=auth`, or `nc` is not eight hexadecimal digits.
    pub fn parse(value: &[u8], method: &str) -> Option<Credentials> {
        let params = digest_params(value)?;
        let text = |name| find(&params, name).map(str::to_owned);
        let nc = text("nc").filter(|nc| nc.len() == 8 && nc.bytes().all(|b| b.is_ascii_hexdigit()))?;
        find(&params, "qop").filter(|qop| qop.eq_ignore_ascii_case("auth"))?;
        let algorithm = match find(&params, "algorithm") {
            Some(name) => Algorithm::parse(name.as_bytes())?,
            None => Algorithm::Md5,
        };
        Some(Credentials {
            username: text("username")?,
            realm: text("realm")?,
            nonce: text("nonce")?,
            uri: text("uri")?,
            response: text("response")?,
            algorithm,
            nc,
            cnonce: text("cnonce")?,
            method: method.to_owned(),
            source: None,
        })
    }

    /// User name claimed.
    pub fn username(&self) -> &str {
        &self.username
    }

    /// Realm claimed.
    pub fn realm(&self) -> &str {
        &self.realm
    }

    /// Hash used; the secret must be good for it.
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    pub(crate) fn uri(&self) -> &str {
        &self.uri
    }

    pub(crate) fn nonce(&self) -> &str {
        &self.nonce
    }

    fn count(&self) -> u32 {
        u32::from_str_radix(&self.nc, 16).expect("checked on reading")
    }
}

#[cfg(test)]
mod tests;
