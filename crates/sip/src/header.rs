//! Header field names, and fields the application adds.

use crate::scan;

macro_rules! names {
    ($($(#[$doc:meta])* $variant:ident = $text:literal $(| $compact:literal)? ;)*) => {
        /// Name of a header field; names this crate has no use for are [`Name::Other`] and keep their text.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[allow(missing_docs, reason = "each variant is the header of that name")]
        pub enum Name {
            $($(#[$doc])* $variant,)*
            /// Any other name.
            Other,
        }

        impl Name {
            /// Canonical spelling; empty for [`Name::Other`].
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Name::$variant => $text,)*
                    Name::Other => "",
                }
            }

            /// Looks a name up, full or compact, in any case.
            pub fn parse(text: &[u8]) -> Name {
                let mut lower = [0u8; 24];
                let Some(lower) = lower.get_mut(..text.len()) else { return Name::Other };
                lower.copy_from_slice(text);
                lower.make_ascii_lowercase();
                // The length picks the few candidates: comparing all names one by one is a third of parsing.
                $(if text.len() == $text.len() && text_matches(lower, $text.as_bytes()) {
                    return Name::$variant;
                })*
                $($(if lower == $compact { return Name::$variant; })?)*
                Name::Other
            }
        }

        #[cfg(test)]
        const ALL: &[Name] = &[$(Name::$variant),*];
    };
}

/// Compares a lowered name with a canonical one.
#[inline]
fn text_matches(lower: &[u8], canonical: &[u8]) -> bool {
    lower.iter().zip(canonical).all(|(&a, &b)| a == b | 0x20 || a == b)
}

names! {
    Via = "Via" | b"v";
    From = "From" | b"f";
    To = "To" | b"t";
    CallId = "Call-ID" | b"i";
    CSeq = "CSeq";
    Contact = "Contact" | b"m";
    MaxForwards = "Max-Forwards";
    ContentLength = "Content-Length" | b"l";
    ContentType = "Content-Type" | b"c";
    Route = "Route";
    RecordRoute = "Record-Route";
    UserAgent = "User-Agent";
    Server = "Server";
    Allow = "Allow";
    Supported = "Supported" | b"k";
    Require = "Require";
    ProxyRequire = "Proxy-Require";
    Unsupported = "Unsupported";
    Accept = "Accept";
    Authorization = "Authorization";
    ProxyAuthorization = "Proxy-Authorization";
    WwwAuthenticate = "WWW-Authenticate";
    ProxyAuthenticate = "Proxy-Authenticate";
    RetryAfter = "Retry-After";
    Reason = "Reason";
    Expires = "Expires";
    MinExpires = "Min-Expires";
    Diversion = "Diversion";
    HistoryInfo = "History-Info";
    AssertedIdentity = "P-Asserted-Identity";
    PreferredIdentity = "P-Preferred-Identity";
    Privacy = "Privacy";
    Identity = "Identity" | b"y";
    ContentDisposition = "Content-Disposition";
    ContentEncoding = "Content-Encoding" | b"e";
    Subject = "Subject" | b"s";
    Warning = "Warning";
    Date = "Date";
    Event = "Event" | b"o";
    AllowEvents = "Allow-Events" | b"u";
    ReferTo = "Refer-To" | b"r";
    ReferredBy = "Referred-By" | b"b";
    Replaces = "Replaces";
    SessionExpires = "Session-Expires" | b"x";
    MinSe = "Min-SE";
    RSeq = "RSeq";
    RAck = "RAck";
    SubscriptionState = "Subscription-State";
    Path = "Path";
    ServiceRoute = "Service-Route";
}

impl Name {
    /// Names of which a message may hold one field only (RFC 3261 §7.3.1); a second one makes it malformed.
    pub(crate) fn is_single(self) -> bool {
        matches!(
            self,
            Name::From
                | Name::To
                | Name::CallId
                | Name::CSeq
                | Name::MaxForwards
                | Name::ContentLength
                | Name::ContentType
        )
    }

    /// Names the endpoint writes itself; an application field of that name would contradict it.
    pub(crate) fn is_reserved(self) -> bool {
        self.is_single()
            || matches!(
                self,
                Name::Via
                    | Name::Contact
                    | Name::Route
                    | Name::RecordRoute
                    | Name::Authorization
                    | Name::ProxyAuthorization
                    | Name::WwwAuthenticate
                    | Name::ProxyAuthenticate
            )
    }
}

/// Why a header field cannot be built.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FieldError {
    /// The name is not a token (RFC 3261 §25.1).
    #[error("header name is not a token")]
    BadName,
    /// The value holds CR, LF or NUL: it would begin another header.
    #[error("header value holds a line break")]
    BadValue,
    /// Name and value are longer than 8 KiB.
    #[error("header longer than 8192 bytes")]
    TooLong,
    /// The endpoint writes this header itself.
    #[error("header is written by the endpoint")]
    Reserved,
    /// More than 100 fields.
    #[error("more than 100 header fields")]
    TooMany,
}

/// Header fields an application adds to a request or response, each checked when it is put in.
///
/// ```
/// let mut extra = flexio_sip::ExtraHeaders::new();
/// extra.push("X-Account", "AC1").unwrap();
/// assert!(extra.push("X-Evil", "a\r\nVia: b").is_err());
/// assert!(extra.push("Via", "SIP/2.0/UDP h").is_err());
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ExtraHeaders {
    /// `Name: value CRLF` lines, as they go on the wire.
    lines: Vec<u8>,
    count: usize,
}

impl ExtraHeaders {
    /// No fields.
    pub fn new() -> ExtraHeaders {
        ExtraHeaders::default()
    }

    /// Adds a field at the end.
    pub fn push(&mut self, name: &str, value: &str) -> Result<(), FieldError> {
        check_field(name.as_bytes(), value.as_bytes())?;
        if Name::parse(name.as_bytes()).is_reserved() {
            return Err(FieldError::Reserved);
        }
        if self.count == 100 {
            return Err(FieldError::TooMany);
        }
        self.count += 1;
        for part in [name, ": ", value, "\r\n"] {
            self.lines.extend_from_slice(part.as_bytes());
        }
        Ok(())
    }

    /// [`ExtraHeaders::push`] for building in one expression.
    pub fn with(mut self, name: &str, value: &str) -> Result<ExtraHeaders, FieldError> {
        self.push(name, value)?;
        Ok(self)
    }

    /// Number of fields.
    pub fn len(&self) -> usize {
        self.count
    }

    /// True if there are none.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// The fields as wire lines.
    pub(crate) fn lines(&self) -> &[u8] {
        &self.lines
    }
}

/// Checks what may be written as `name: value`.
pub(crate) fn check_field(name: &[u8], value: &[u8]) -> Result<(), FieldError> {
    if !scan::is_token(name) {
        return Err(FieldError::BadName);
    }
    if !scan::is_safe_value(value) {
        return Err(FieldError::BadValue);
    }
    if name.len() + value.len() + 4 > crate::limits::MAX_HEADER {
        return Err(FieldError::TooLong);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_name_is_found_by_its_spelling_in_any_case() {
        for &name in ALL {
            assert_eq!(Name::parse(name.as_str().as_bytes()), name);
            assert_eq!(Name::parse(name.as_str().to_uppercase().as_bytes()), name);
        }
        assert_eq!(Name::parse(b"M"), Name::Contact);
        assert_eq!(Name::parse(b"vi@"), Name::Other);
        assert_eq!(Name::parse(b"v\x49a"), Name::Via);
        assert_eq!(Name::parse(b"X-A-Name-Longer-Than-Any-Known-One"), Name::Other);
    }
}
