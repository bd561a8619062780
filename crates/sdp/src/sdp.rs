//! A description as data.

use std::net::IpAddr;

/// A session description. Lines this crate has no use for (`i=`, `u=`, `e=`, `p=`, `r=`, `z=`, `k=`) are not kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sdp {
    /// `o=`
    pub origin: Origin,
    /// `s=`
    pub name: String,
    /// `c=` for media that have none of their own.
    pub connection: Option<Connection>,
    /// `b=`
    pub bandwidth: Vec<Bandwidth>,
    /// `t=`, each as written; where there is none it is read and printed as `0 0`, for ever.
    pub times: Vec<String>,
    /// `a=` before the first `m=`.
    pub attributes: Vec<Attribute>,
    /// The media lines, in order.
    pub media: Vec<MediaLine>,
}

/// Who made the description, and which version of it this is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// A name, or `-`.
    pub username: String,
    /// A number of any length.
    pub session_id: String,
    /// A number of any length; grows with each change.
    pub version: String,
    /// Where it was made.
    pub address: Connection,
}

/// An address of the `c=` form, such as `IN IP4 192.0.2.1`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Connection {
    /// A unicast address, or one of multicast without its TTL.
    Ip(IpAddr),
    /// A host name or another network: kept as written after `c=`, of no use for a call.
    Other(String),
}

impl Connection {
    /// The address, if it is one.
    pub fn ip(&self) -> Option<IpAddr> {
        match self {
            Self::Ip(ip) => Some(*ip),
            Self::Other(_) => None,
        }
    }
}

/// `b=`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bandwidth {
    /// Such as `AS` or `TIAS`.
    pub kind: String,
    /// The figure, in the unit of its kind.
    pub value: u64,
}

/// `a=name` or `a=name:value`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attribute {
    /// Before the colon.
    pub name: String,
    /// After the colon; may be empty.
    pub value: Option<String>,
}

impl Attribute {
    /// `a=name`
    pub fn flag(name: &str) -> Self {
        Self { name: name.to_owned(), value: None }
    }

    /// `a=name:value`
    pub fn new(name: &str, value: impl Into<String>) -> Self {
        Self { name: name.to_owned(), value: Some(value.into()) }
    }
}

/// `m=` and what belongs to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MediaLine {
    /// Such as `audio`.
    pub kind: String,
    /// 0 refuses or ends the stream.
    pub port: u16,
    /// Count of ports after a slash.
    pub port_count: Option<u16>,
    /// Such as `RTP/AVP`.
    pub protocol: String,
    /// Payload types of RTP, or anything else; at least one.
    pub formats: Vec<String>,
    /// `c=` of this medium.
    pub connection: Option<Connection>,
    /// `b=`
    pub bandwidth: Vec<Bandwidth>,
    /// `a=`
    pub attributes: Vec<Attribute>,
}

impl MediaLine {
    /// The value of the first attribute of this name (`""` for a flag).
    pub fn attribute(&self, name: &str) -> Option<&str> {
        value(&self.attributes, name)
    }

    /// The values of all attributes of this name.
    pub fn attributes<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        let named = self.attributes.iter().filter(move |attribute| attribute.name == name);
        named.map(|attribute| attribute.value.as_deref().unwrap_or(""))
    }
}

impl Sdp {
    /// The value of the first session attribute of this name (`""` for a flag).
    pub fn attribute(&self, name: &str) -> Option<&str> {
        value(&self.attributes, name)
    }
}

fn value<'a>(attributes: &'a [Attribute], name: &str) -> Option<&'a str> {
    let attribute = attributes.iter().find(|attribute| attribute.name == name)?;
    Some(attribute.value.as_deref().unwrap_or(""))
}
