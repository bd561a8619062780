//! Bytes to [`Message`]: one pass over the lines, then a check of the headers everything else relies on.

use super::{Field, Message, Start, raw_name_addr, raw_via, values};
use crate::header::Name;
use crate::limits::{MAX_DATAGRAM, MAX_HEAD, MAX_HEADER, MAX_HEADERS, MAX_HOPS, MAX_URI};
use crate::method::Method;
use crate::scan;
use crate::uri::Uri;

/// Why bytes are not a message that may be worked on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ParseError {
    /// The start line is neither a request line nor a status line.
    #[error("bad start line")]
    StartLine,
    /// The version is not SIP/2.0.
    #[error("SIP version not supported")]
    Version,
    /// The Request-URI is malformed or carries headers.
    #[error("bad Request-URI")]
    RequestUri,
    /// The Request-URI has a scheme this endpoint does not serve.
    #[error("URI scheme not supported")]
    Scheme,
    /// A header line without colon, with a bad name, or with a stray CR.
    #[error("bad header line")]
    HeaderLine,
    /// A header that must be there is not.
    #[error("{} header missing", .0.as_str())]
    Missing(Name),
    /// A header that may occur once occurs twice.
    #[error("more than one {} header", .0.as_str())]
    Repeated(Name),
    /// The value of a header is malformed.
    #[error("bad {} header", .0.as_str())]
    Bad(Name),
    /// The method in CSeq is another than that of the request line.
    #[error("CSeq method differs")]
    CSeqMethod,
    /// Content-Length says more than there is.
    #[error("body shorter than Content-Length")]
    Truncated,
    /// Beyond one of [`crate::limits`].
    #[error("message beyond limits")]
    TooLarge,
    /// There is no end of the headers.
    #[error("headers do not end")]
    NoEnd,
}

impl ParseError {
    /// The status a server answers such a request with.
    pub fn status(self) -> u16 {
        match self {
            ParseError::Version => 505,
            ParseError::Scheme => 416,
            ParseError::TooLarge => 513,
            _ => 400,
        }
    }
}

/// A message that was refused, with what could be read of it so that it can be answered.
#[derive(Debug, Clone)]
pub struct Rejection {
    /// Why.
    pub error: ParseError,
    /// The headers that were read; only to answer with, nothing in it has been checked.
    pub partial: Option<Box<Message>>,
}

/// Numbers of header fields as they are counted while lines are read.
#[derive(Default)]
struct Counts {
    via: usize,
    route: usize,
    record_route: usize,
}

impl Message {
    /// Reads a message that fills a datagram (RFC 3261 §18.3): bytes after Content-Length are dropped, a body
    /// without Content-Length reaches to the end.
    pub fn parse(datagram: &[u8]) -> Result<Message, Rejection> {
        let refuse = |error| Rejection { error, partial: None };
        if datagram.len() > MAX_DATAGRAM {
            return Err(refuse(ParseError::TooLarge));
        }
        Message::parse_owned(datagram.to_vec())
    }

    /// Reads a message whose length has been checked.
    pub(super) fn parse_owned(text: Vec<u8>) -> Result<Message, Rejection> {
        let start = Start::Response { status: 100, reason: (0, 0) };
        let mut message = Message { start, text, fields: Vec::with_capacity(20), body: (0, 0) };
        let read = message.read_start().and_then(|(version, end)| {
            let head = message.read_headers(end)?;
            message.read_body(head)?;
            version
        });
        let checked = read.and_then(|()| message.check());
        match checked {
            Ok(()) => Ok(message),
            // Without a request line there is nobody to answer.
            Err(error) if error == ParseError::StartLine => Err(Rejection { error, partial: None }),
            Err(error) => Err(Rejection { error, partial: Some(Box::new(message)) }),
        }
    }

    /// Reads the start line: the verdict on version and URI comes later, so that headers are there to answer with.
    fn read_start(&mut self) -> Result<(Result<(), ParseError>, usize), ParseError> {
        let window = &self.text[..self.text.len().min(MAX_HEADER)];
        let newline = memchr::memchr(b'\n', window).ok_or(ParseError::StartLine)?;
        let line = window[..newline].strip_suffix(b"\r").unwrap_or(&window[..newline]);
        let bad = Err(ParseError::StartLine);
        if let Some(rest) = line.strip_prefix(b"SIP/") {
            let Some(rest) = rest.strip_prefix(b"2.0 ") else { return bad };
            let Some(status) = rest.get(..3).and_then(scan::decimal) else { return bad };
            let status = u16::try_from(status).expect("three digits");
            if !(100..700).contains(&status) || !matches!(rest.get(3), None | Some(b' ')) {
                return bad;
            }
            let end = span(line.len());
            self.start = Start::Response { status, reason: ((8 + 4).min(end), end) };
            return Ok((Ok(()), newline + 1));
        }
        let (Some(first), Some(last)) =
            (memchr::memchr(b' ', line), memchr::memrchr(b' ', line.trim_ascii_end()))
        else {
            return bad;
        };
        let Some(method) = Method::parse(&line[..first]).filter(|_| line.len() > first) else { return bad };
        let version = line.get(last + 1..).unwrap_or_default();
        if !version.get(..4).is_some_and(|v| v.eq_ignore_ascii_case(b"SIP/")) {
            return bad;
        }
        let uri_span = (span(first + 1), span(last.max(first + 1)));
        let verdict = if version.eq_ignore_ascii_case(b"SIP/2.0") {
            check_request_uri(&line[first + 1..last.max(first + 1)])
        } else if version.trim_ascii_end().len() != version.len() {
            Err(ParseError::RequestUri)
        } else {
            Err(ParseError::Version)
        };
        self.start = Start::Request { method, uri: uri_span };
        Ok((verdict, newline + 1))
    }

    /// Reads header lines from `at`; returns where the body begins.
    fn read_headers(&mut self, mut at: usize) -> Result<usize, ParseError> {
        let head_limit = self.text.len().min(MAX_HEAD);
        let mut stray = None;
        let mut counts = Counts::default();
        loop {
            let line_start = at;
            let mut line_end;
            // A line that begins with white space goes on with the header before it: the break becomes spaces.
            loop {
                let Some(len) = memchr::memchr(b'\n', &self.text[at..head_limit]) else {
                    return Err(if self.text.len() > MAX_HEAD {
                        ParseError::TooLarge
                    } else {
                        ParseError::NoEnd
                    });
                };
                line_end = at + len;
                at = line_end + 1;
                let is_empty = matches!(&self.text[line_start..line_end], b"" | b"\r");
                if is_empty {
                    return stray.map_or(Ok(at), Err);
                }
                if !self.text.get(at).copied().is_some_and(scan::is_ws) {
                    break;
                }
                self.text[line_end] = b' ';
                if self.text[line_end - 1] == b'\r' {
                    self.text[line_end - 1] = b' ';
                }
            }
            if self.text[line_end - 1] == b'\r' {
                line_end -= 1;
            }
            if line_end - line_start > MAX_HEADER || self.fields.len() == MAX_HEADERS {
                return Err(ParseError::TooLarge);
            }
            // The rest is still read after a bad line, for the Via to answer by may come later.
            match self.read_line(line_start, line_end) {
                Ok(name) => count(&mut counts, name, &self.text[line_start..line_end])?,
                Err(error) => stray = stray.or(Some(error)),
            }
        }
    }

    fn read_line(&mut self, start: usize, end: usize) -> Result<Name, ParseError> {
        let line = &self.text[start..end];
        let colon = memchr::memchr(b':', line).ok_or(ParseError::HeaderLine)?;
        let spelled = line[..colon].trim_ascii_end();
        let name = Name::parse(spelled);
        if name == Name::Other && !scan::is_token(spelled) || memchr::memchr(b'\r', line).is_some() {
            return Err(ParseError::HeaderLine);
        }
        let value = scan::trim_start(&line[colon + 1..]);
        let value_start = end - value.len();
        let value_end = value_start + scan::trim(value).len();
        if name.is_single() && self.get(name).is_some() {
            return Err(ParseError::Repeated(name));
        }
        let spelled = (span(start), span(start + spelled.len()));
        self.fields.push(Field { name, spelled, value: (span(value_start), span(value_end)) });
        Ok(name)
    }

    fn read_body(&mut self, start: usize) -> Result<(), ParseError> {
        let mut end = self.text.len();
        self.body = (span(start), span(end));
        if let Some(value) = self.get(Name::ContentLength) {
            let length = scan::decimal(value).ok_or(ParseError::Bad(Name::ContentLength))?;
            let length = usize::try_from(length).expect("at least 32 bits");
            if length > end - start {
                return Err(ParseError::Truncated);
            }
            end = start + length;
            self.body = (span(start), span(end));
        }
        Ok(())
    }

    /// Checks what the endpoint takes for granted afterwards.
    fn check(&self) -> Result<(), ParseError> {
        let need = |name| self.get(name).ok_or(ParseError::Missing(name));
        let from = need(Name::From)?;
        let to = need(Name::To)?;
        let call_id = need(Name::CallId)?;
        let cseq = need(Name::CSeq)?;
        need(Name::Via)?;
        for (name, value) in [(Name::From, from), (Name::To, to)] {
            check_address(value).ok_or(ParseError::Bad(name))?;
        }
        if call_id.is_empty() || call_id.iter().any(|&b| scan::is_ws(b)) {
            return Err(ParseError::Bad(Name::CallId));
        }
        let (_, cseq_method) = values::raw_cseq(cseq).ok_or(ParseError::Bad(Name::CSeq))?;
        if self.method().is_some_and(|m| m.as_str().as_bytes() != cseq_method) {
            return Err(ParseError::CSeqMethod);
        }
        for via in self.get_all(Name::Via).flat_map(scan::commas) {
            raw_via(via).ok_or(ParseError::Bad(Name::Via))?;
        }
        if let Some(value) = self.get(Name::MaxForwards) {
            scan::decimal(value).filter(|&n| n <= 255).ok_or(ParseError::Bad(Name::MaxForwards))?;
        }
        for name in [Name::Contact, Name::Route, Name::RecordRoute] {
            for value in self.list(name).filter(|v| name != Name::Contact || *v != b"*") {
                check_address(value).ok_or(ParseError::Bad(name))?;
            }
        }
        Ok(())
    }
}

/// Message sizes are far below 4 GiB.
fn span(position: usize) -> u32 {
    u32::try_from(position).expect("messages are at most 128 KiB")
}

/// Keeps the hop headers within bounds without a second pass.
fn count(counts: &mut Counts, name: Name, line: &[u8]) -> Result<(), ParseError> {
    let slot = match name {
        Name::Via => &mut counts.via,
        Name::Route => &mut counts.route,
        Name::RecordRoute => &mut counts.record_route,
        _ => return Ok(()),
    };
    *slot += 1 + memchr::memchr_iter(b',', line).count();
    if *slot > MAX_HOPS { Err(ParseError::TooLarge) } else { Ok(()) }
}

fn check_request_uri(text: &[u8]) -> Result<(), ParseError> {
    if text.len() > MAX_URI {
        return Err(ParseError::TooLarge);
    }
    let uri = Uri::parse(text).map_err(|_| ParseError::RequestUri)?;
    match uri.scheme() {
        crate::uri::Scheme::Other if !uri.is_emergency_service() => Err(ParseError::Scheme),
        _ if uri.has_headers() => Err(ParseError::RequestUri),
        _ => Ok(()),
    }
}

/// An address header of the right form; URIs of schemes unknown here are let through, they are not dialled.
fn check_address(value: &[u8]) -> Option<()> {
    let raw = raw_name_addr(value)?;
    Uri::parse(raw.uri).ok().map(|_| ())
}
