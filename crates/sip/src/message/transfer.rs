//! What call transfer is written with: Refer-To, Referred-By, Replaces, and status lines in NOTIFY bodies (RFC 3515,
//! RFC 3891, RFC 3892, RFC 3420).

use super::{Message, NameAddr, NameAddrError};
use crate::header::Name;
use crate::scan;
use crate::uri::Uri;

/// Replaces (RFC 3891 §6.1): the dialog that a new INVITE is to take the place of, named as its receiver knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replaces {
    /// Call-ID.
    pub call_id: String,
    /// Tag of the receiver of the INVITE.
    pub to_tag: String,
    /// Tag of the other side.
    pub from_tag: String,
    /// Only while the dialog is early.
    pub early_only: bool,
}

impl Replaces {
    /// Reads a header value; `None` without both tags.
    pub fn parse(value: &[u8]) -> Option<Replaces> {
        let value = scan::trim(value);
        let cut = memchr::memchr(b';', value)?;
        let params = &value[cut..];
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).ok().filter(|t| !t.is_empty());
        Some(Replaces {
            call_id: text(scan::trim(&value[..cut]))?,
            to_tag: text(scan::param(params, "to-tag")?)?,
            from_tag: text(scan::param(params, "from-tag")?)?,
            early_only: scan::param(params, "early-only").is_some(),
        })
    }
}

impl std::fmt::Display for Replaces {
    /// The header value.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Replaces { call_id, to_tag, from_tag, early_only } = self;
        let early = if *early_only { ";early-only" } else { "" };
        write!(f, "{call_id};to-tag={to_tag};from-tag={from_tag}{early}")
    }
}

impl Message {
    /// Replaces; `None` if there is none, or it is malformed.
    pub fn replaces(&self) -> Option<Replaces> {
        Replaces::parse(self.get(Name::Replaces)?)
    }

    /// Refer-To of a REFER; an error if there is none.
    pub fn refer_to(&self) -> Result<NameAddr, NameAddrError> {
        self.name_addr(Name::ReferTo)
    }

    /// Referred-By (RFC 3892): who wants the transfer.
    pub fn referred_by(&self) -> Option<NameAddr> {
        NameAddr::parse(self.get(Name::ReferredBy)?).ok()
    }

    /// Status of the status line in a `message/sipfrag` body (RFC 3420), such as `SIP/2.0 200 OK`.
    pub fn sipfrag_status(&self) -> Option<u16> {
        if !self.is_content("message/sipfrag") {
            return None;
        }
        let line = self.body().split(|&b| b == b'\r' || b == b'\n').next()?;
        let rest = line.strip_prefix(b"SIP/2.0 ")?;
        let status = scan::decimal(rest.get(..3)?).and_then(|s| u16::try_from(s).ok())?;
        (100..700).contains(&status).then_some(status)
    }
}

impl Uri {
    /// Value of a `?header=value` part, escapes resolved; `None` if it is not there or not UTF-8. Names are compared
    /// without case (RFC 3261 §19.1.1).
    pub fn header(&self, name: &str) -> Option<String> {
        let (_, headers) = self.as_str().split_once('?')?;
        let (_, value) = headers
            .split('&')
            .filter_map(|pair| pair.split_once('='))
            .find(|(key, _)| key.eq_ignore_ascii_case(name))?;
        unescape(value)
    }

    /// The URI without its `?header=value` parts, as a Request-URI wants it.
    #[must_use]
    pub fn without_headers(&self) -> Uri {
        let text = self.as_str().split('?').next().unwrap_or_default();
        Uri::parse(text.as_bytes()).expect("a URI less its headers is a URI")
    }

    /// The URI with `Replaces` among its headers, as the Refer-To of an attended transfer (RFC 3891 §4).
    pub fn with_replaces(&self, replaces: &Replaces) -> Result<Uri, crate::uri::UriError> {
        let mut text = self.as_str().to_owned();
        text.push_str(if self.has_headers() { "&Replaces=" } else { "?Replaces=" });
        for byte in replaces.to_string().bytes() {
            if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~') {
                text.push(char::from(byte));
            } else {
                text.push_str(&format!("%{byte:02X}"));
            }
        }
        Uri::parse(text.as_bytes())
    }
}

fn unescape(text: &str) -> Option<String> {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        if bytes[at] == b'%' {
            let digits = std::str::from_utf8(bytes.get(at + 1..at + 3)?).ok()?;
            out.push(u8::from_str_radix(digits, 16).ok()?);
            at += 3;
        } else {
            out.push(bytes[at]);
            at += 1;
        }
    }
    String::from_utf8(out).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replaces_is_read_from_a_header_and_out_of_a_refer_to_and_written_back() {
        let replaces = Replaces::parse(b"425928@bobster.example.org;to-tag=7743;from-tag=6472").unwrap();
        assert_eq!(
            (replaces.call_id.as_str(), replaces.to_tag.as_str(), replaces.from_tag.as_str()),
            ("425928@bobster.example.org", "7743", "6472")
        );
        assert!(!replaces.early_only);
        let target: Uri = "sip:bob@h:5080;transport=tcp".parse().unwrap();
        let whole = target.with_replaces(&replaces).unwrap();
        assert_eq!(Replaces::parse(whole.header("replaces").unwrap().as_bytes()), Some(replaces));
        assert_eq!(whole.without_headers(), target);
        let written = Replaces::parse(b"a;from-tag=x;to-tag=y;early-only").unwrap();
        assert_eq!(written.to_string(), "a;to-tag=y;from-tag=x;early-only");
        for bad in [&b"a"[..], b"a;to-tag=x", b";to-tag=x;from-tag=y", b"a;to-tag=;from-tag=y", b""] {
            assert_eq!(Replaces::parse(bad), None);
        }
    }
}
