//! Writing.

use std::fmt;
use std::net::IpAddr;

use crate::{Attribute, Bandwidth, Connection, Sdp};

/// The text of a description, lines ended by CR LF. Control characters that came in through fields filled by
/// hand are left out, so that no field can become a second line.
impl fmt::Display for Sdp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let origin = &self.origin;
        write!(
            f,
            "v=0\r\no={} {} {} ",
            Line(&origin.username),
            Line(&origin.session_id),
            Line(&origin.version)
        )?;
        write!(f, "{}\r\ns={}\r\n", origin.address, Line(&self.name))?;
        connection(f, self.connection.as_ref())?;
        bandwidths(f, &self.bandwidth)?;
        if self.times.is_empty() {
            write!(f, "t=0 0\r\n")?;
        }
        for time in &self.times {
            write!(f, "t={}\r\n", Line(time))?;
        }
        attributes(f, &self.attributes)?;
        for media in &self.media {
            write!(f, "m={} {}", Line(&media.kind), media.port)?;
            if let Some(count) = media.port_count {
                write!(f, "/{count}")?;
            }
            write!(f, " {}", Line(&media.protocol))?;
            for format in &media.formats {
                write!(f, " {}", Line(format))?;
            }
            write!(f, "\r\n")?;
            connection(f, media.connection.as_ref())?;
            bandwidths(f, &media.bandwidth)?;
            attributes(f, &media.attributes)?;
        }
        Ok(())
    }
}

impl fmt::Display for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ip(IpAddr::V4(ip)) => write!(f, "IN IP4 {ip}"),
            Self::Ip(IpAddr::V6(ip)) => write!(f, "IN IP6 {ip}"),
            Self::Other(text) => write!(f, "{}", Line(text)),
        }
    }
}

/// Text that stays within its line.
struct Line<'a>(&'a str);

impl fmt::Display for Line<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rest = self.0;
        while let Some(at) = rest.find(['\r', '\n', '\0']) {
            f.write_str(&rest[..at])?;
            rest = &rest[at + 1..];
        }
        f.write_str(rest)
    }
}

fn connection(f: &mut fmt::Formatter<'_>, connection: Option<&Connection>) -> fmt::Result {
    connection.map_or(Ok(()), |connection| write!(f, "c={connection}\r\n"))
}

fn bandwidths(f: &mut fmt::Formatter<'_>, list: &[Bandwidth]) -> fmt::Result {
    list.iter().try_for_each(|bandwidth| write!(f, "b={}:{}\r\n", Line(&bandwidth.kind), bandwidth.value))
}

fn attributes(f: &mut fmt::Formatter<'_>, list: &[Attribute]) -> fmt::Result {
    list.iter().try_for_each(|attribute| match &attribute.value {
        Some(value) => write!(f, "a={}:{}\r\n", Line(&attribute.name), Line(value)),
        None => write!(f, "a={}\r\n", Line(&attribute.name)),
    })
}
