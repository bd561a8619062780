//! Keys of SRTP in the description itself (SDES, RFC 4568).
//!
//! The description must travel protected (SIP over TLS), or the keys are known to everybody on the way (§8.3).

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::{Attribute, MediaLine};

/// Bytes of master key and master salt together (RFC 3711 §8.2).
pub const SRTP_KEY_BYTES: usize = 30;
/// Lines read of one stream; a peer that offers more is read no further.
const MAX_LINES: usize = 16;

/// A crypto suite of SRTP (RFC 4568 §6.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SrtpSuite {
    /// AES in counter mode, RTP authenticated by 80 bits: the one every phone has.
    AesCm128HmacSha1_80,
    /// The same with RTP authenticated by 32 bits only; RTCP keeps 80 (§6.2.2).
    AesCm128HmacSha1_32,
}

impl SrtpSuite {
    /// Both, the stronger first.
    pub const ALL: [Self; 2] = [Self::AesCm128HmacSha1_80, Self::AesCm128HmacSha1_32];

    /// The name in `a=crypto`.
    pub fn name(self) -> &'static str {
        match self {
            Self::AesCm128HmacSha1_80 => "AES_CM_128_HMAC_SHA1_80",
            Self::AesCm128HmacSha1_32 => "AES_CM_128_HMAC_SHA1_32",
        }
    }

    fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|suite| suite.name().eq_ignore_ascii_case(name))
    }
}

/// Whether media is encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum SrtpPolicy {
    /// Never.
    #[default]
    Off,
    /// When the other side can: offered as keys beside plain RTP, taken when offered.
    Optional,
    /// Always: without keys there is no call.
    Required,
}

/// One key with its salt. Printed as nothing but its kind.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct SrtpKey(pub [u8; SRTP_KEY_BYTES]);

impl fmt::Debug for SrtpKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SrtpKey(..)")
    }
}

/// What both sides agreed on for SRTP.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Srtp {
    /// The suite, the same both ways.
    pub suite: SrtpSuite,
    /// Ours: what we send is protected by it.
    pub send: SrtpKey,
    /// Theirs: what we receive is.
    pub receive: SrtpKey,
}

/// One usable `a=crypto` line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Crypto {
    pub tag: u32,
    pub suite: SrtpSuite,
    pub key: SrtpKey,
}

impl Crypto {
    pub fn attribute(&self) -> Attribute {
        let key = STANDARD.encode(self.key.0);
        Attribute::new("crypto", format!("{} {} inline:{key}", self.tag, self.suite.name()))
    }
}

/// The lines of a stream that we could use, in their order. A line that asks for what we do not do (an MKI, several
/// keys, a session parameter that changes the protection) is left out (§6.3.7 lets us choose another).
pub(crate) fn read(line: &MediaLine) -> Vec<Crypto> {
    line.attributes("crypto").take(MAX_LINES).filter_map(read_line).collect()
}

fn read_line(value: &str) -> Option<Crypto> {
    let mut parts = value.split_ascii_whitespace();
    let tag = parts.next()?.parse().ok()?;
    let suite = SrtpSuite::from_name(parts.next()?)?;
    let parameters = parts.next()?;
    let inline = parameters.get(..7).filter(|word| word.eq_ignore_ascii_case("inline:"))?;
    let mut fields = parameters[inline.len()..].split('|');
    let key: [u8; SRTP_KEY_BYTES] = STANDARD.decode(fields.next()?).ok()?.try_into().ok()?;
    // A lifetime has no colon, an MKI has one.
    if fields.any(|field| field.contains(':')) || parameters.contains(';') {
        return None;
    }
    let is_harmless = |word: &str| word.starts_with("WSH=") || word == "KDR=0";
    parts.all(is_harmless).then_some(Crypto { tag, suite, key: SrtpKey(key) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(values: &[&str]) -> MediaLine {
        MediaLine {
            kind: "audio".into(),
            port: 1,
            port_count: None,
            protocol: "RTP/SAVP".into(),
            formats: vec!["8".into()],
            connection: None,
            bandwidth: vec![],
            attributes: values.iter().map(|value| Attribute::new("crypto", *value)).collect(),
        }
    }

    /// The key of RFC 4568 §6.1's example.
    const KEY: &str = "WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz";

    #[test]
    fn lines_are_read_with_life_time_and_harmless_parameters() {
        let read = read(&line(&[
            &format!("1 AES_CM_128_HMAC_SHA1_80 inline:{KEY}|2^20"),
            &format!("2 aes_cm_128_hmac_sha1_32 inline:{KEY} KDR=0 WSH=64"),
        ]));
        let suites: Vec<(u32, SrtpSuite)> = read.iter().map(|crypto| (crypto.tag, crypto.suite)).collect();
        assert_eq!(suites, [(1, SrtpSuite::ALL[0]), (2, SrtpSuite::ALL[1])]);
        assert_eq!(read[0].attribute().value.unwrap(), format!("1 AES_CM_128_HMAC_SHA1_80 inline:{KEY}"));
    }

    #[test]
    fn lines_we_cannot_keep_to_are_left_out() {
        for value in [
            format!("1 AES_CM_128_HMAC_SHA1_80 inline:{KEY}|2^20|1:4"),
            format!("1 AES_CM_128_HMAC_SHA1_80 inline:{KEY};inline:{KEY}"),
            format!("1 AES_CM_128_HMAC_SHA1_80 inline:{KEY} UNENCRYPTED_SRTP"),
            format!("1 AES_CM_128_HMAC_SHA1_80 inline:{KEY} UNAUTHENTICATED_SRTP"),
            format!("1 F8_128_HMAC_SHA1_80 inline:{KEY}"),
            "1 AES_CM_128_HMAC_SHA1_80 inline:c2hvcnQ=".to_owned(),
            "1 AES_CM_128_HMAC_SHA1_80 inlin".to_owned(),
            "x".to_owned(),
            String::new(),
        ] {
            assert_eq!(read(&line(&[&value])), [], "{value}");
        }
    }

    #[test]
    fn a_key_is_never_printed() {
        assert_eq!(format!("{:?}", SrtpKey([7; SRTP_KEY_BYTES])), "SrtpKey(..)");
    }
}
