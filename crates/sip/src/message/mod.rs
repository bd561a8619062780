//! The message: one allocation of text, ranges into it, typed views on demand.

mod body;
mod build;
mod parse;
mod print;
mod stream;
mod transfer;
mod values;

#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::ops::Range;

pub(crate) use body::{Session, media_type};
pub use build::BuildError;
pub use parse::{ParseError, Rejection};
pub(crate) use print::write_body;
pub use stream::{Frame, StreamFramer};
pub use transfer::Replaces;
pub use values::{CSeq, NameAddr, NameAddrError, Params, Reason, Via};
pub(crate) use values::{raw_name_addr, raw_via, write_name_addr};

use crate::header::Name;
use crate::method::Method;
use crate::scan;
use crate::uri::{Uri, UriError};

/// Range of the text of a [`Message`].
type Span = (u32, u32);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Field {
    name: Name,
    /// The name as received.
    spelled: Span,
    value: Span,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Start {
    Request { method: Method, uri: Span },
    Response { status: u16, reason: Span },
}

/// A SIP request or response (RFC 3261 §7).
///
/// Header values are bytes: what is not UTF-8 is kept and shown lossily. Folded lines are joined. Parsing guarantees the
/// limits of [`crate::limits`] and the form of Via, From, To, Call-ID, CSeq, Max-Forwards, Contact and the Request-URI.
#[derive(Clone)]
pub struct Message {
    start: Start,
    /// What the spans point into; for a parsed message the datagram itself.
    text: Vec<u8>,
    fields: Vec<Field>,
    body: Span,
}

impl std::fmt::Debug for Message {
    /// Start line and names only: values hold numbers, credentials and keys.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut f = f.debug_struct("Message");
        match &self.start {
            Start::Request { method, .. } => f.field("method", &method.as_str()),
            Start::Response { status, .. } => f.field("status", status),
        };
        f.field("headers", &self.fields.len()).field("body_bytes", &self.body().len()).finish_non_exhaustive()
    }
}

impl PartialEq for Message {
    /// Same start line, same fields in the same order, same body. Content-Length is left out: printing writes it.
    fn eq(&self, other: &Message) -> bool {
        self.method() == other.method()
            && self.request_uri_bytes() == other.request_uri_bytes()
            && self.status() == other.status()
            && self.reason_phrase() == other.reason_phrase()
            && self.body() == other.body()
            && self.printed_fields().eq(other.printed_fields())
    }
}

impl Message {
    fn span(&self, (start, end): Span) -> &[u8] {
        &self.text[Range { start: start as usize, end: end as usize }]
    }

    fn printed_fields(&self) -> impl Iterator<Item = (Name, Vec<u8>, &[u8])> {
        self.fields.iter().filter(|f| f.name != Name::ContentLength).map(|f| {
            let spelled = if f.name == Name::Other { self.span(f.spelled) } else { b"" };
            (f.name, spelled.to_ascii_lowercase(), self.span(f.value))
        })
    }

    /// The message as it came; its folded lines are joined.
    pub(crate) fn wire(&self) -> &[u8] {
        &self.text
    }

    /// The method of a request; `None` for a response.
    pub fn method(&self) -> Option<&Method> {
        match &self.start {
            Start::Request { method, .. } => Some(method),
            Start::Response { .. } => None,
        }
    }

    /// The status of a response, 100 to 699; `None` for a request.
    pub fn status(&self) -> Option<u16> {
        match &self.start {
            Start::Request { .. } => None,
            Start::Response { status, .. } => Some(*status),
        }
    }

    /// Reason phrase of a response; empty for a request.
    pub fn reason_phrase(&self) -> Cow<'_, str> {
        match self.start {
            Start::Request { .. } => Cow::Borrowed(""),
            Start::Response { reason, .. } => String::from_utf8_lossy(self.span(reason)),
        }
    }

    /// The Request-URI as received; `None` for a response.
    pub fn request_uri_bytes(&self) -> Option<&[u8]> {
        match self.start {
            Start::Request { uri, .. } => Some(self.span(uri)),
            Start::Response { .. } => None,
        }
    }

    /// The Request-URI; an error for a response.
    pub fn request_uri(&self) -> Result<Uri, UriError> {
        Uri::parse(self.request_uri_bytes().ok_or(UriError::Malformed)?)
    }

    /// First value of a header as bytes.
    pub fn get(&self, name: Name) -> Option<&[u8]> {
        self.fields.iter().find(|f| f.name == name).map(|f| self.span(f.value))
    }

    /// All fields of one header, in order; a comma list is one item.
    pub fn get_all(&self, name: Name) -> impl Iterator<Item = &[u8]> {
        self.fields.iter().filter(move |f| f.name == name).map(|f| self.span(f.value))
    }

    /// All elements of a comma-list header over all its fields, in order.
    pub fn list(&self, name: Name) -> impl Iterator<Item = &[u8]> {
        self.get_all(name).flat_map(scan::commas).filter(|item| !item.is_empty())
    }

    /// First value of a header given by text, such as `X-Account`; compact forms are found by their full name.
    pub fn header(&self, name: &str) -> Option<Cow<'_, str>> {
        let known = Name::parse(name.as_bytes());
        let found = self.fields.iter().find(|f| match known {
            Name::Other => {
                f.name == Name::Other && self.span(f.spelled).eq_ignore_ascii_case(name.as_bytes())
            }
            known => f.name == known,
        })?;
        Some(String::from_utf8_lossy(self.span(found.value)))
    }

    /// All fields in order: name as canonical spelling (as received for unknown ones) and value.
    pub fn headers(&self) -> impl Iterator<Item = (Cow<'_, str>, Cow<'_, str>)> {
        self.fields.iter().map(|f| {
            let name = match f.name {
                Name::Other => String::from_utf8_lossy(self.span(f.spelled)),
                known => Cow::Borrowed(known.as_str()),
            };
            (name, String::from_utf8_lossy(self.span(f.value)))
        })
    }

    /// The body as received; empty if there is none.
    pub fn body(&self) -> &[u8] {
        self.span(self.body)
    }

    /// Call-ID.
    pub fn call_id(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(self.get(Name::CallId).unwrap_or_default())
    }

    /// From.
    pub fn from(&self) -> Result<NameAddr, NameAddrError> {
        self.name_addr(Name::From)
    }

    /// To.
    pub fn to(&self) -> Result<NameAddr, NameAddrError> {
        self.name_addr(Name::To)
    }

    /// The first Contact; an error if there is none or it is `*`.
    pub fn contact(&self) -> Result<NameAddr, NameAddrError> {
        NameAddr::parse(self.list(Name::Contact).next().ok_or(NameAddrError::Missing)?)
    }

    /// All Contacts, such as the targets of a 3xx.
    pub fn contacts(&self) -> impl Iterator<Item = NameAddr> {
        self.list(Name::Contact).filter_map(|item| NameAddr::parse(item).ok())
    }

    /// P-Asserted-Identity values (RFC 3325): at most one sip and one tel; malformed ones are left out.
    pub fn asserted_identity(&self) -> impl Iterator<Item = NameAddr> {
        self.list(Name::AssertedIdentity).filter_map(|item| NameAddr::parse(item).ok())
    }

    /// Diversion values, latest first (RFC 5806); malformed ones are left out.
    pub fn diversion(&self) -> impl Iterator<Item = NameAddr> {
        self.list(Name::Diversion).filter_map(|item| NameAddr::parse(item).ok())
    }

    /// History-Info values, earliest first (RFC 7044); malformed ones are left out.
    pub fn history_info(&self) -> impl Iterator<Item = NameAddr> {
        self.list(Name::HistoryInfo).filter_map(|item| NameAddr::parse(item).ok())
    }

    /// First Reason value (RFC 3326).
    pub fn reason(&self) -> Option<Reason> {
        self.list(Name::Reason).find_map(Reason::parse)
    }

    /// Retry-After in seconds; values beyond `u32` become `u32::MAX` (RFC 3261 §20.33).
    pub fn retry_after(&self) -> Option<u32> {
        let value = self.get(Name::RetryAfter)?;
        let digits = &value[..value.iter().position(|b| !b.is_ascii_digit()).unwrap_or(value.len())];
        (!digits.is_empty()).then(|| scan::decimal(digits).unwrap_or(u32::MAX))
    }

    /// CSeq.
    pub fn cseq(&self) -> Option<CSeq> {
        CSeq::parse(self.get(Name::CSeq)?)
    }

    /// The topmost Via.
    pub fn top_via(&self) -> Option<Via> {
        Via::parse(self.list(Name::Via).next()?)
    }

    fn name_addr(&self, name: Name) -> Result<NameAddr, NameAddrError> {
        NameAddr::parse(self.get(name).ok_or(NameAddrError::Missing)?)
    }
}
