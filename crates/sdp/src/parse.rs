//! Reading (RFC 8866 §5, tolerant of line ends and of the order of lines within a section).

use crate::{Attribute, Bandwidth, Connection, MAX_BYTES, MAX_MEDIA, MediaLine, Origin, Sdp};

/// Why a text is not a description.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ParseError {
    /// Longer than 16 KiB.
    #[error("description longer than 16 KiB")]
    TooLong,
    /// More than 32 media lines.
    #[error("more than 32 media lines")]
    TooManyMedia,
    /// Not UTF-8, or with a NUL.
    #[error("description is not text")]
    NotText,
    /// Does not begin with `v=0`.
    #[error("description does not begin with v=0")]
    Version,
    /// `o=` is missing.
    #[error("description has no origin")]
    NoOrigin,
    /// This line, counted from 1, is malformed.
    #[error("line {0} is malformed")]
    Line(usize),
}

/// Reads a description. Its work is linear in its length.
pub fn parse(bytes: &[u8]) -> Result<Sdp, ParseError> {
    if bytes.len() > MAX_BYTES {
        return Err(ParseError::TooLong);
    }
    let text = std::str::from_utf8(bytes).map_err(|_| ParseError::NotText)?;
    if text.contains('\0') {
        return Err(ParseError::NotText);
    }
    let mut draft = Draft::default();
    let lines = text.split('\n').map(|line| line.strip_suffix('\r').unwrap_or(line));
    for (index, line) in lines.enumerate() {
        // Empty lines are no SDP, but some peers end with one.
        if line.is_empty() {
            continue;
        }
        if index == 0 {
            if line != "v=0" {
                return Err(ParseError::Version);
            }
            continue;
        }
        draft.line(line).map_err(|fault| match fault {
            Fault::Malformed => ParseError::Line(index + 1),
            Fault::TooManyMedia => ParseError::TooManyMedia,
        })?;
    }
    if !text.starts_with("v=0") {
        return Err(ParseError::Version);
    }
    draft.finish()
}

enum Fault {
    Malformed,
    TooManyMedia,
}

#[derive(Default)]
struct Draft {
    origin: Option<Origin>,
    name: String,
    connection: Option<Connection>,
    bandwidth: Vec<Bandwidth>,
    times: Vec<String>,
    attributes: Vec<Attribute>,
    media: Vec<MediaLine>,
}

impl Draft {
    fn line(&mut self, line: &str) -> Result<(), Fault> {
        // A lone CR inside a line would become a line of its own for another reader.
        let (kind, value) = line.split_once('=').filter(|_| !line.contains('\r')).ok_or(Fault::Malformed)?;
        match kind {
            "o" if self.media.is_empty() => self.origin = Some(origin(value).ok_or(Fault::Malformed)?),
            "s" if self.media.is_empty() => value.clone_into(&mut self.name),
            "t" if self.media.is_empty() => self.times.push(value.to_owned()),
            "c" => {
                let connection = Some(connection(value).ok_or(Fault::Malformed)?);
                match self.media.last_mut() {
                    Some(media) => media.connection = connection,
                    None => self.connection = connection,
                }
            }
            "b" => {
                let bandwidth = bandwidth(value).ok_or(Fault::Malformed)?;
                self.media
                    .last_mut()
                    .map_or(&mut self.bandwidth, |media| &mut media.bandwidth)
                    .push(bandwidth);
            }
            "a" => {
                let attribute = attribute(value).ok_or(Fault::Malformed)?;
                let list = self.media.last_mut().map_or(&mut self.attributes, |media| &mut media.attributes);
                list.push(attribute);
            }
            "m" => {
                if self.media.len() == MAX_MEDIA {
                    return Err(Fault::TooManyMedia);
                }
                self.media.push(media(value).ok_or(Fault::Malformed)?);
            }
            // One letter and anything: lines of no use here, or of a later version of SDP (§5).
            _ if kind.len() == 1 && kind.is_ascii() => {}
            _ => return Err(Fault::Malformed),
        }
        Ok(())
    }

    fn finish(mut self) -> Result<Sdp, ParseError> {
        if self.times.is_empty() {
            self.times.push("0 0".to_owned());
        }
        Ok(Sdp {
            origin: self.origin.ok_or(ParseError::NoOrigin)?,
            name: self.name,
            connection: self.connection,
            bandwidth: self.bandwidth,
            times: self.times,
            attributes: self.attributes,
            media: self.media,
        })
    }
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.len() <= 40 && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn origin(value: &str) -> Option<Origin> {
    let mut parts = value.splitn(4, ' ');
    let (username, session_id, version) = (parts.next()?, parts.next()?, parts.next()?);
    let is_valid = !username.is_empty() && is_number(session_id) && is_number(version);
    let address = connection(parts.next()?)?;
    is_valid.then(|| Origin {
        username: username.to_owned(),
        session_id: session_id.to_owned(),
        version: version.to_owned(),
        address,
    })
}

fn connection(value: &str) -> Option<Connection> {
    let mut parts = value.split_ascii_whitespace();
    let (network, family, address) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() {
        return None;
    }
    // A TTL or count after a slash is of multicast only.
    let host = address.split('/').next()?;
    let ip = match (network, family) {
        ("IN", "IP4") => host.parse().ok().map(std::net::IpAddr::V4),
        ("IN", "IP6") => host.parse().ok().map(std::net::IpAddr::V6),
        _ => None,
    };
    Some(ip.map_or_else(|| Connection::Other(format!("{network} {family} {address}")), Connection::Ip))
}

fn bandwidth(value: &str) -> Option<Bandwidth> {
    let (kind, value) = value.split_once(':')?;
    let value = value.trim().parse().ok()?;
    (!kind.is_empty()).then(|| Bandwidth { kind: kind.to_owned(), value })
}

fn attribute(value: &str) -> Option<Attribute> {
    let (name, value) = match value.split_once(':') {
        Some((name, value)) => (name, Some(value.to_owned())),
        None => (value.trim_end(), None),
    };
    (!name.is_empty()).then(|| Attribute { name: name.to_owned(), value })
}

fn media(value: &str) -> Option<MediaLine> {
    let mut parts = value.split_ascii_whitespace();
    let (kind, range, protocol) = (parts.next()?, parts.next()?, parts.next()?);
    let (port, count) = match range.split_once('/') {
        Some((port, count)) => (port, Some(count.parse().ok()?)),
        None => (range, None),
    };
    let formats: Vec<String> = parts.map(str::to_owned).collect();
    let port = port.parse().ok()?;
    (!formats.is_empty()).then(|| MediaLine {
        kind: kind.to_owned(),
        port,
        port_count: count,
        protocol: protocol.to_owned(),
        formats,
        connection: None,
        bandwidth: vec![],
        attributes: vec![],
    })
}

#[cfg(test)]
mod tests;
