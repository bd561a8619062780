//! Bodies: the SDP in a message, also inside multipart (RFC 5621, RFC 2046 §5.1).

use super::Message;
use crate::header::Name;
use crate::limits::MAX_MULTIPART_DEPTH;
use crate::scan;

/// What a message carries for the offer/answer exchange.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Session<'a> {
    /// No body.
    None,
    /// An SDP.
    Sdp(&'a [u8]),
    /// A body this endpoint does not understand (415).
    Unknown,
}

impl Message {
    /// The SDP in the body: the body itself, or the first `application/sdp` part of a multipart one. A body without
    /// Content-Type is taken for SDP, as old gateways send it.
    pub fn sdp(&self) -> Option<&[u8]> {
        match self.session() {
            Session::Sdp(sdp) => Some(sdp),
            Session::None | Session::Unknown => None,
        }
    }

    pub(crate) fn session(&self) -> Session<'_> {
        let body = self.body();
        if body.is_empty() {
            return Session::None;
        }
        match self.get(Name::ContentType) {
            None => Session::Sdp(body),
            Some(content_type) => find_sdp(content_type, body, 0).map_or(Session::Unknown, Session::Sdp),
        }
    }

    /// True if Content-Type is `wanted` (compared without case and parameters).
    pub fn is_content(&self, wanted: &str) -> bool {
        self.get(Name::ContentType)
            .is_some_and(|value| media_type(value).eq_ignore_ascii_case(wanted.as_bytes()))
    }

    /// Whether its sender takes a body of this kind: Accept names the kind or its family, or there is none (RFC 3261 §20.1).
    pub(crate) fn accepts(&self, wanted: &str) -> bool {
        let family = wanted.split_once('/').map_or(wanted, |(family, _)| family);
        let mut named = self.list(Name::Accept).map(media_type).peekable();
        named.peek().is_none()
            || named.any(|kind| match kind.strip_suffix(b"/*") {
                Some(all) => all == b"*" || all.eq_ignore_ascii_case(family.as_bytes()),
                None => kind.eq_ignore_ascii_case(wanted.as_bytes()),
            })
    }
}

/// What stands before the parameters.
pub(crate) fn media_type(value: &[u8]) -> &[u8] {
    scan::trim(&value[..memchr::memchr(b';', value).unwrap_or(value.len())])
}

fn find_sdp<'a>(content_type: &[u8], body: &'a [u8], depth: usize) -> Option<&'a [u8]> {
    let kind = media_type(content_type);
    if kind.eq_ignore_ascii_case(b"application/sdp") {
        return Some(body);
    }
    let is_multipart = kind.get(..10).is_some_and(|k| k.eq_ignore_ascii_case(b"multipart/"));
    if !is_multipart || depth == MAX_MULTIPART_DEPTH {
        return None;
    }
    let boundary = scan::unquote(scan::param(&content_type[kind.len()..], "boundary")?);
    // RFC 2046 §5.1.1: 1 to 70 characters.
    if boundary.is_empty() || boundary.len() > 70 {
        return None;
    }
    parts(body, &boundary).find_map(|part| {
        let (head, content) = split_part(part)?;
        find_sdp(part_type(head)?, content, depth + 1)
    })
}

/// Parts between `--boundary` lines.
fn parts<'a>(body: &'a [u8], boundary: &[u8]) -> impl Iterator<Item = &'a [u8]> {
    let delimiter = [b"--", boundary].concat();
    let marks: Vec<usize> = memchr::memmem::find_iter(body, &delimiter)
        .filter(|&at| at == 0 || body[at - 1] == b'\n')
        .take(32)
        .collect();
    let width = delimiter.len();
    (1..marks.len()).map(move |i| {
        let part = &body[marks[i - 1] + width..marks[i]];
        let part = part.strip_suffix(b"\n").unwrap_or(part);
        part.strip_suffix(b"\r").unwrap_or(part)
    })
}

/// Headers and content of a part; the first line is the rest of the boundary line.
fn split_part(part: &[u8]) -> Option<(&[u8], &[u8])> {
    let start = memchr::memchr(b'\n', part)? + 1;
    let part = &part[start..];
    if let Some(content) = part.strip_prefix(b"\r\n") {
        return Some((b"", content));
    }
    let end = memchr::memmem::find(part, b"\r\n\r\n")?;
    Some((&part[..end], &part[end + 4..]))
}

fn part_type(head: &[u8]) -> Option<&[u8]> {
    head.split(|&b| b == b'\n').find_map(|line| {
        let colon = memchr::memchr(b':', line)?;
        let is_type = Name::parse(line[..colon].trim_ascii()) == Name::ContentType;
        is_type.then(|| line[colon + 1..].trim_ascii())
    })
}
