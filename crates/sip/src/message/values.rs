//! Typed header values: borrowed scans for the endpoint, owned views for applications.

use std::borrow::Cow;
use std::fmt;

use crate::header::FieldError;
use crate::method::Method;
use crate::scan;
use crate::uri::{self, Uri, UriError};

/// CSeq (RFC 3261 §20.16).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CSeq {
    /// Below 2³¹.
    pub number: u32,
    /// Method of the request.
    pub method: Method,
}

impl CSeq {
    /// Reads `number method`.
    pub fn parse(value: &[u8]) -> Option<CSeq> {
        let (number, method) = raw_cseq(value)?;
        Some(CSeq { number, method: Method::parse(method)? })
    }
}

/// Number and method name.
pub(crate) fn raw_cseq(value: &[u8]) -> Option<(u32, &[u8])> {
    let cut = value.iter().position(|&b| scan::is_ws(b))?;
    let number = scan::decimal(&value[..cut]).filter(|&n| n < 1 << 31)?;
    let method = scan::trim(&value[cut..]);
    scan::is_token(method).then_some((number, method))
}

/// Why a From, To, Contact or like value cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NameAddrError {
    /// There is no such header.
    #[error("header is missing")]
    Missing,
    /// Neither `name <uri>;params` nor `uri;params`.
    #[error("malformed address")]
    Malformed,
    /// The URI in it is not one.
    #[error(transparent)]
    Uri(#[from] UriError),
    /// Text given for building would break the header.
    #[error(transparent)]
    Field(#[from] FieldError),
}

/// The three parts of an address header, unread.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RawNameAddr<'a> {
    pub(crate) display: &'a [u8],
    pub(crate) uri: &'a [u8],
    /// Empty or beginning with `;`.
    pub(crate) params: &'a [u8],
}

impl<'a> RawNameAddr<'a> {
    pub(crate) fn tag(&self) -> Option<&'a [u8]> {
        scan::param(self.params, "tag").filter(|tag| !tag.is_empty())
    }
}

/// Splits `["name"] <uri> *(;params)` or `uri *(;params)` (RFC 3261 §20.10: a bare URI holds no `,`, `;`, `?`).
pub(crate) fn raw_name_addr(value: &[u8]) -> Option<RawNameAddr<'_>> {
    let value = scan::trim(value);
    let (display, rest) = if value.first() == Some(&b'"') {
        let (quoted, rest) = value.split_at(scan::quoted_len(value)?);
        (quoted, scan::trim_start(rest))
    } else {
        match memchr::memchr(b'<', value) {
            Some(open) => (scan::trim(&value[..open]), &value[open..]),
            None => (&value[..0], value),
        }
    };
    let raw = if let Some(inner) = rest.strip_prefix(b"<") {
        let close = memchr::memchr(b'>', inner)?;
        RawNameAddr { display, uri: &inner[..close], params: scan::trim_start(&inner[close + 1..]) }
    } else {
        if !display.is_empty() {
            return None;
        }
        let end = memchr::memchr(b';', rest).unwrap_or(rest.len());
        let uri = scan::trim(&rest[..end]);
        if memchr::memchr2(b'?', b',', uri).is_some() {
            return None;
        }
        RawNameAddr { display, uri, params: &rest[end..] }
    };
    // Bytes beyond ASCII in an unquoted name are not allowed but sent by old phones in Latin-1: they do no harm.
    let name_is_fine = display.first() == Some(&b'"')
        || display
            .split(|&b| scan::is_ws(b))
            .all(|word| word.is_empty() || word.iter().all(|&b| b >= 0x80 || scan::is_token(&[b])));
    let params_are_fine =
        raw.params.is_empty() || raw.params[0] == b';' && scan::params(raw.params).all(|p| p.is_ok());
    (name_is_fine && params_are_fine && !raw.uri.is_empty()).then_some(raw)
}

/// Header parameters `;name=value…` kept as text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Params(Box<str>);

impl Params {
    fn read(raw: &[u8]) -> Params {
        Params(String::from_utf8_lossy(raw).into())
    }

    /// The value of a parameter, quotes taken away; empty when it has none.
    pub fn get(&self, name: &str) -> Option<Cow<'_, str>> {
        scan::param(self.0.as_bytes(), name).map(text_of)
    }

    /// The parameters as written, empty or beginning with `;`.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Adds `;name=value`, or `;name` for an empty value. A value that is not a token is quoted.
    pub fn push(&mut self, name: &str, value: &str) -> Result<(), FieldError> {
        crate::header::check_field(name.as_bytes(), value.as_bytes())?;
        let mut text = Vec::from(self.0.as_bytes());
        text.push(b';');
        text.extend_from_slice(name.as_bytes());
        if scan::is_token(value.as_bytes()) {
            text.push(b'=');
            text.extend_from_slice(value.as_bytes());
        } else if !value.is_empty() {
            text.push(b'=');
            write_quoted(&mut text, value);
        }
        self.0 = String::from_utf8(text).expect("made of text").into();
        Ok(())
    }
}

fn text_of(value: &[u8]) -> Cow<'_, str> {
    if value.first() == Some(&b'"') {
        Cow::Owned(String::from_utf8_lossy(&scan::unquote(value)).into_owned())
    } else {
        String::from_utf8_lossy(value)
    }
}

fn write_quoted(out: &mut Vec<u8>, text: &str) {
    out.push(b'"');
    for byte in text.bytes() {
        if matches!(byte, b'"' | b'\\') {
            out.push(b'\\');
        }
        out.push(byte);
    }
    out.push(b'"');
}

/// An address with display name and parameters, as in From, To, Contact, Route and P-Asserted-Identity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NameAddr {
    display: Option<Box<str>>,
    uri: Uri,
    params: Params,
}

impl NameAddr {
    /// An address without name or parameters.
    pub fn new(uri: Uri) -> NameAddr {
        NameAddr { display: None, uri, params: Params::default() }
    }

    /// Adds a display name; refused if it holds CR, LF or NUL.
    pub fn with_display(mut self, name: &str) -> Result<NameAddr, NameAddrError> {
        crate::header::check_field(b"Display", name.as_bytes())?;
        self.display = (!name.is_empty()).then(|| name.into());
        Ok(self)
    }

    /// Adds a header parameter.
    pub fn with_param(mut self, name: &str, value: &str) -> Result<NameAddr, NameAddrError> {
        self.params.push(name, value)?;
        Ok(self)
    }

    /// Reads one address that fills all of `value`.
    pub fn parse(value: &[u8]) -> Result<NameAddr, NameAddrError> {
        let raw = raw_name_addr(value).ok_or(NameAddrError::Malformed)?;
        let display = text_of(raw.display);
        Ok(NameAddr {
            display: (!display.is_empty()).then(|| display.into()),
            uri: Uri::parse(raw.uri)?,
            params: Params::read(raw.params),
        })
    }

    /// Display name, quotes and escapes resolved; bytes that are not UTF-8 are U+FFFD.
    pub fn display(&self) -> Option<&str> {
        self.display.as_deref()
    }

    /// The URI.
    pub fn uri(&self) -> &Uri {
        &self.uri
    }

    /// The header parameters.
    pub fn params(&self) -> &Params {
        &self.params
    }

    /// The tag of a From or To.
    pub fn tag(&self) -> Option<Cow<'_, str>> {
        self.params.get("tag")
    }
}

impl fmt::Display for NameAddr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = Vec::new();
        write_name_addr(&mut out, self);
        f.write_str(&String::from_utf8_lossy(&out))
    }
}

pub(crate) fn write_name_addr(out: &mut Vec<u8>, address: &NameAddr) {
    if let Some(name) = &address.display {
        write_quoted(out, name);
        out.push(b' ');
    }
    out.push(b'<');
    out.extend_from_slice(address.uri.as_str().as_bytes());
    out.push(b'>');
    out.extend_from_slice(address.params.0.as_bytes());
}

/// The parts of a Via the endpoint works with (RFC 3261 §20.42).
#[derive(Debug, Clone, Copy)]
pub(crate) struct RawVia<'a> {
    pub(crate) transport: &'a [u8],
    pub(crate) host: &'a [u8],
    pub(crate) port: Option<u16>,
    pub(crate) params: &'a [u8],
}

impl<'a> RawVia<'a> {
    pub(crate) fn branch(&self) -> Option<&'a [u8]> {
        scan::param(self.params, "branch")
    }
}

/// Splits `SIP / 2.0 / transport host[:port] *(;params)`, white space allowed around each separator.
pub(crate) fn raw_via(value: &[u8]) -> Option<RawVia<'_>> {
    let slash = |text| scan::trim_start(text).strip_prefix(b"/").map(scan::trim_start);
    let rest = if let Some(rest) = value.strip_prefix(b"SIP/2.0/") {
        scan::trim_start(rest)
    } else {
        let (protocol, rest) = scan::take_token(scan::trim_start(value))?;
        let (version, rest) = scan::take_token(slash(rest)?)?;
        (protocol.eq_ignore_ascii_case(b"SIP") && version == b"2.0").then_some(())?;
        slash(rest)?
    };
    let (transport, rest) = scan::take_token(rest)?;
    let rest = scan::is_ws(*rest.first()?).then(|| scan::trim_start(rest))?;
    let (host_end, mut port, mut end) = uri::host_port(rest)?;
    // White space before the colon is allowed too, though rare.
    if let (None, Some(after)) = (port, scan::trim_start(&rest[end..]).strip_prefix(b":")) {
        let digits = scan::trim_start(after);
        let len = digits.iter().position(|b| !b.is_ascii_digit()).unwrap_or(digits.len());
        port = Some(u16::try_from(scan::decimal(&digits[..len])?).ok()?);
        end = rest.len() - digits.len() + len;
    }
    let params = scan::trim_start(&rest[end..]);
    let fine = params.is_empty() || params[0] == b';' && scan::params(params).all(|p| p.is_ok());
    fine.then_some(RawVia { transport, host: &rest[..host_end], port, params })
}

/// One Via.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Via {
    /// `UDP`, `TCP`, `TLS`, `WS` or any other token, as received.
    pub transport: Box<str>,
    /// Host of sent-by.
    pub host: Box<str>,
    /// Port of sent-by, if written.
    pub port: Option<u16>,
    /// Parameters: branch, received, rport, …
    pub params: Params,
}

impl Via {
    /// Reads one Via that fills all of `value`.
    pub fn parse(value: &[u8]) -> Option<Via> {
        let raw = raw_via(value)?;
        Some(Via {
            transport: String::from_utf8_lossy(raw.transport).into(),
            host: String::from_utf8_lossy(raw.host).into(),
            port: raw.port,
            params: Params::read(raw.params),
        })
    }
}

/// Reason (RFC 3326): why a request such as BYE or CANCEL was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason {
    /// `SIP`, `Q.850` or another token.
    pub protocol: String,
    /// Status or Q.850 cause.
    pub cause: Option<u16>,
    /// Free text.
    pub text: Option<String>,
}

impl Reason {
    /// A Q.850 cause such as 16, normal clearing.
    pub fn q850(cause: u16) -> Reason {
        Reason { protocol: "Q.850".to_owned(), cause: Some(cause), text: None }
    }

    /// Reads one value.
    pub fn parse(value: &[u8]) -> Option<Reason> {
        let (protocol, params) = scan::take_token(value)?;
        let text = scan::param(params, "text").map(|t| text_of(t).into_owned());
        let cause = scan::param(params, "cause").and_then(scan::decimal).and_then(|c| u16::try_from(c).ok());
        Some(Reason { protocol: String::from_utf8_lossy(protocol).into_owned(), cause, text })
    }

    /// Appends the value; `Err` if protocol is no token or the text breaks lines.
    pub(crate) fn write(&self, out: &mut Vec<u8>) -> Result<(), FieldError> {
        crate::header::check_field(
            self.protocol.as_bytes(),
            self.text.as_deref().unwrap_or_default().as_bytes(),
        )?;
        out.extend_from_slice(self.protocol.as_bytes());
        if let Some(cause) = self.cause {
            out.extend_from_slice(b";cause=");
            scan::push_decimal(out, u32::from(cause));
        }
        if let Some(text) = &self.text {
            out.extend_from_slice(b";text=");
            write_quoted(out, text);
        }
        Ok(())
    }
}
