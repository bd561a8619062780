//! SIP, SIPS and tel URIs, and any other kept as text (RFC 3261 §19.1, RFC 3966).

use std::fmt::{self, Write};
use std::net::IpAddr;
use std::ops::Range;

use crate::limits::MAX_URI;
use crate::scan;

/// Scheme of a [`Uri`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Scheme {
    /// `sip:`
    Sip,
    /// `sips:`
    Sips,
    /// `tel:`
    Tel,
    /// Any other scheme; [`Uri::as_str`] has all of it.
    Other,
}

/// Why text is not a URI.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum UriError {
    /// Longer than 2 KiB.
    #[error("URI longer than 2048 bytes")]
    TooLong,
    /// Not of the form the scheme wants.
    #[error("malformed URI")]
    Malformed,
}

/// A checked URI in one allocation.
///
/// The parts are ranges of the text. Equality is equality of text, not the loose comparison of RFC 3261 §19.1.4.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Uri {
    text: Box<str>,
    scheme: Scheme,
    user: (u16, u16),
    host: (u16, u16),
    port: Option<u16>,
    /// Parameters, from the first `;` to before `?`.
    params: (u16, u16),
    headers: bool,
}

impl fmt::Debug for Uri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Uri({})", self.text)
    }
}

impl fmt::Display for Uri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl std::str::FromStr for Uri {
    type Err = UriError;

    fn from_str(text: &str) -> Result<Uri, UriError> {
        Uri::parse(text.as_bytes())
    }
}

/// A position in a URI; URIs are at most 2 KiB.
fn at(position: usize) -> u16 {
    u16::try_from(position).expect("URI length was checked")
}

impl Uri {
    /// Reads a URI that fills all of `text`.
    pub fn parse(text: &[u8]) -> Result<Uri, UriError> {
        if text.len() > MAX_URI {
            return Err(UriError::TooLong);
        }
        let colon = memchr::memchr(b':', text).ok_or(UriError::Malformed)?;
        let name = &text[..colon];
        if !name.first().is_some_and(u8::is_ascii_alphabetic)
            || !name.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.'))
        {
            return Err(UriError::Malformed);
        }
        if text.iter().any(|&b| b <= b' ' || b == 0x7f || matches!(b, b'<' | b'>' | b'"')) {
            return Err(UriError::Malformed);
        }
        let scheme = match name {
            n if n.eq_ignore_ascii_case(b"sip") => Scheme::Sip,
            n if n.eq_ignore_ascii_case(b"sips") => Scheme::Sips,
            n if n.eq_ignore_ascii_case(b"tel") => Scheme::Tel,
            _ => Scheme::Other,
        };
        let owned = std::str::from_utf8(text).map_err(|_| UriError::Malformed)?.into();
        let end = at(text.len());
        let mut uri = Uri {
            text: owned,
            scheme,
            user: (0, 0),
            host: (0, 0),
            port: None,
            params: (end, end),
            headers: false,
        };
        match scheme {
            Scheme::Sip | Scheme::Sips => uri.read_sip(colon + 1)?,
            Scheme::Tel => uri.read_tel(colon + 1)?,
            Scheme::Other if colon + 1 == text.len() => return Err(UriError::Malformed),
            Scheme::Other => {}
        }
        Ok(uri)
    }

    fn read_tel(&mut self, start: usize) -> Result<(), UriError> {
        let text = self.text.as_bytes();
        let end = memchr::memchr(b';', text).unwrap_or(text.len());
        let number = &text[start..end];
        let digit =
            |b: &u8| b.is_ascii_hexdigit() || matches!(b, b'+' | b'-' | b'.' | b'(' | b')' | b'*' | b'#');
        if number.is_empty() || !number.iter().all(digit) || !params_are_valid(&text[end..]) {
            return Err(UriError::Malformed);
        }
        self.user = (at(start), at(end));
        self.params = (at(end), at(text.len()));
        Ok(())
    }

    fn read_sip(&mut self, start: usize) -> Result<(), UriError> {
        let text = self.text.as_bytes();
        let mut host_start = start;
        if let Some(len) = memchr::memchr(b'@', &text[start..]) {
            if len == 0 || !scan::is_user(&text[start..start + len]) {
                return Err(UriError::Malformed);
            }
            self.user = (at(start), at(start + len));
            host_start = start + len + 1;
        }
        let (host_end, port, port_end) = host_port(&text[host_start..]).ok_or(UriError::Malformed)?;
        self.host = (at(host_start), at(host_start + host_end));
        self.port = port;
        let params = host_start + port_end;
        let query = memchr::memchr(b'?', &text[params..]).map_or(text.len(), |q| params + q);
        if !params_are_valid(&text[params..query]) {
            return Err(UriError::Malformed);
        }
        self.params = (at(params), at(query));
        if query < text.len() {
            self.headers = true;
            let pairs = text[query + 1..].split(|&b| b == b'&');
            let valid = |pair: &[u8]| {
                let cut = memchr::memchr(b'=', pair)?;
                let loose = |t: &[u8]| t.split(|&b| b == b'?').all(scan::is_uri_param);
                (cut > 0 && loose(&pair[..cut]) && loose(&pair[cut + 1..])).then_some(())
            };
            if !pairs.into_iter().all(|pair| valid(pair).is_some()) {
                return Err(UriError::Malformed);
            }
        }
        Ok(())
    }

    /// A `sip:` URI; characters of `user` that need it are escaped.
    ///
    /// `host` is a name, an IPv4 address, or an IPv6 address with or without brackets.
    pub fn sip(user: Option<&str>, host: &str, port: Option<u16>) -> Result<Uri, UriError> {
        let mut text = String::from("sip:");
        if let Some(user) = user {
            for byte in user.bytes() {
                if scan::is_user(&[byte]) && byte != b':' && byte != b'#' {
                    text.push(char::from(byte));
                } else {
                    let _ = write!(text, "%{byte:02X}");
                }
            }
            text.push('@');
        }
        if host.contains(':') && !host.starts_with('[') {
            let _ = write!(text, "[{host}]");
        } else {
            text.push_str(host);
        }
        if let Some(port) = port {
            let _ = write!(text, ":{port}");
        }
        Uri::parse(text.as_bytes())
    }

    /// The same URI with the parameter `;name=value` (or `;name`) added at the end of its parameters.
    pub fn with_param(&self, name: &str, value: Option<&str>) -> Result<Uri, UriError> {
        let (head, tail) = self.text.split_at(usize::from(self.params.1));
        let value = value.map(|v| format!("={v}")).unwrap_or_default();
        Uri::parse(format!("{head};{name}{value}{tail}").as_bytes())
    }

    fn part(&self, (start, end): (u16, u16)) -> &str {
        &self.text[Range { start: usize::from(start), end: usize::from(end) }]
    }

    /// The whole URI as received.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether it names the emergency services of wherever the caller is, or one of them (RFC 5031 §4.2): `urn:service:sos`,
    /// `urn:service:sos.fire`.
    pub fn is_emergency_service(&self) -> bool {
        const SERVICE: &str = "urn:service:sos";
        self.text.get(..SERVICE.len()).is_some_and(|text| text.eq_ignore_ascii_case(SERVICE))
            && matches!(self.text.as_bytes().get(SERVICE.len()), None | Some(b'.'))
    }

    /// The scheme.
    pub fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// User part without password, escapes as written; for `tel:` the number. `None` if there is none.
    pub fn user(&self) -> Option<&str> {
        let user = self.part(self.user);
        let user = if self.scheme == Scheme::Tel { user } else { user.split(':').next().unwrap_or(user) };
        (!user.is_empty()).then_some(user)
    }

    /// [`Uri::user`] with `%HH` escapes resolved; bytes that are not UTF-8 become U+FFFD.
    pub fn user_decoded(&self) -> Option<String> {
        let user = self.user()?.as_bytes();
        let mut out = Vec::with_capacity(user.len());
        let mut i = 0;
        while i < user.len() {
            let escaped = (user[i] == b'%')
                .then(|| user.get(i + 1..i + 3))
                .flatten()
                .and_then(|h| u8::from_str_radix(std::str::from_utf8(h).ok()?, 16).ok());
            out.push(escaped.unwrap_or(user[i]));
            i += if escaped.is_some() { 3 } else { 1 };
        }
        Some(String::from_utf8_lossy(&out).into_owned())
    }

    /// Host as written (IPv6 in brackets); empty for `tel:` and other schemes.
    pub fn host(&self) -> &str {
        self.part(self.host)
    }

    /// The host if it is an IP address.
    pub fn ip(&self) -> Option<IpAddr> {
        parse_ip(self.host())
    }

    /// The port if one is written.
    pub fn port(&self) -> Option<u16> {
        self.port
    }

    /// Value of a URI parameter, escapes as written; the empty text when it has no value.
    pub fn param(&self, name: &str) -> Option<&str> {
        self.part(self.params).split(';').skip(1).find_map(|param| {
            let (key, value) = param.split_once('=').unwrap_or((param, ""));
            key.eq_ignore_ascii_case(name).then_some(value)
        })
    }

    /// True if the URI carries `?header=value` parts, which no Request-URI may (RFC 3261 §19.1.1).
    pub fn has_headers(&self) -> bool {
        self.headers
    }
}

/// Reads an IPv4 address, or an IPv6 address with or without brackets.
pub(crate) fn parse_ip(host: &str) -> Option<IpAddr> {
    host.strip_prefix('[').and_then(|h| h.strip_suffix(']')).unwrap_or(host).parse().ok()
}

/// Reads `host[:port]`: end of the host, port, and end of both.
pub(crate) fn host_port(text: &[u8]) -> Option<(usize, Option<u16>, usize)> {
    let host_end = if text.first() == Some(&b'[') {
        let end = memchr::memchr(b']', text)? + 1;
        std::str::from_utf8(&text[1..end - 1]).ok()?.parse::<std::net::Ipv6Addr>().ok()?;
        end
    } else {
        let end = text.iter().position(|&b| !scan::is_host_name(&[b])).unwrap_or(text.len());
        (end > 0).then_some(end)?
    };
    if text.get(host_end) != Some(&b':') {
        let ends = matches!(text.get(host_end), None | Some(b';' | b'?' | b' ' | b'\t'));
        return ends.then_some((host_end, None, host_end));
    }
    let digits = &text[host_end + 1..];
    let len = digits.iter().position(|b| !b.is_ascii_digit()).unwrap_or(digits.len());
    let port = u16::try_from(scan::decimal(&digits[..len])?).ok()?;
    Some((host_end, Some(port), host_end + 1 + len))
}

fn params_are_valid(text: &[u8]) -> bool {
    if text.is_empty() {
        return true;
    }
    text[0] == b';'
        && text[1..].split(|&b| b == b';').all(|param| {
            let (name, value) = match memchr::memchr(b'=', param) {
                Some(cut) => (&param[..cut], Some(&param[cut + 1..])),
                None => (param, None),
            };
            !name.is_empty() && scan::is_uri_param(name) && value.is_none_or(scan::is_uri_param)
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Uri, UriError> {
        text.parse()
    }

    #[test]
    fn emergency_services_are_known_by_their_name() {
        for (text, is) in [
            ("urn:service:sos", true),
            ("URN:Service:SOS.fire", true),
            ("urn:service:sosl", false),
            ("urn:service:counseling", false),
            ("sip:112@a", false),
        ] {
            assert_eq!(parse(text).unwrap().is_emergency_service(), is, "{text}");
        }
    }

    #[test]
    fn parts_of_a_sip_uri_are_found() {
        let uri = parse("sips:al%69ce:secret@[2001:db8::1]:5061;transport=TCP;lr?subject=x%20y").unwrap();
        assert_eq!(uri.scheme(), Scheme::Sips);
        assert_eq!(uri.user(), Some("al%69ce"));
        assert_eq!(uri.user_decoded().unwrap(), "alice");
        assert_eq!(uri.host(), "[2001:db8::1]");
        assert_eq!(uri.ip(), Some("2001:db8::1".parse().unwrap()));
        assert_eq!(uri.port(), Some(5061));
        assert_eq!(uri.param("Transport"), Some("TCP"));
        assert_eq!(uri.param("lr"), Some(""));
        assert_eq!(uri.param("maddr"), None);
        assert!(uri.has_headers());
    }

    #[test]
    fn a_user_part_may_hold_semicolons_and_slashes() {
        let uri = parse("sip:user;par=u%40example.net@example.com").unwrap();
        assert_eq!((uri.user(), uri.host()), (Some("user;par=u%40example.net"), "example.com"));
    }

    #[test]
    fn a_telephone_number_is_the_user_of_a_tel_uri() {
        let uri = parse("tel:+32-2-555.01.02;phone-context=+32").unwrap();
        assert_eq!((uri.scheme(), uri.user()), (Scheme::Tel, Some("+32-2-555.01.02")));
        assert_eq!(uri.param("phone-context"), Some("+32"));
    }

    #[test]
    fn malformed_uris_are_refused() {
        for bad in [
            "",
            "sip",
            "sip:",
            ":x",
            "sip:@h",
            "sip:a@",
            "sip:a@h:",
            "sip:a@h:70000",
            "sip:a@h; lr",
            "sip:a b@h",
            "<sip:a@h>",
            "sip:a@b@c",
            "sip:a%4@h",
            "sip:a@h;",
            "sip:a@h;;lr",
            "sip:a@[::1",
            "sip:a@[zz]",
            "tel:",
            "tel:abcxyz",
            "sip:a@h?x",
            "sip:a@h,b",
            "1sip:x",
            "other:",
            "sip:a@h\r\nX: y",
        ] {
            assert!(parse(bad).is_err(), "{bad:?} was accepted");
        }
        assert_eq!(parse(&format!("sip:{}@h", "a".repeat(2048))), Err(UriError::TooLong));
    }

    #[test]
    fn building_escapes_what_a_user_part_may_not_hold() {
        let uri = Uri::sip(Some("a b@c:#\r\n"), "2001:db8::1", Some(5060)).unwrap();
        assert_eq!(uri.as_str(), "sip:a%20b%40c%3A%23%0D%0A@[2001:db8::1]:5060");
        assert_eq!(uri.user_decoded().unwrap(), "a b@c:#\r\n");
        assert!(Uri::sip(Some("x"), "h\r\nX: y", None).is_err());
        assert_eq!(
            uri.with_param("lr", None).unwrap().as_str(),
            "sip:a%20b%40c%3A%23%0D%0A@[2001:db8::1]:5060;lr"
        );
        assert!(uri.with_param("a\r\nb", None).is_err());
    }
}
