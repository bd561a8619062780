//! What both sides of a dialog share (RFC 3261 §12): identifiers, route set, numbers, and where its requests go.

use std::net::{IpAddr, SocketAddr};

use super::tables::MAGIC;
use crate::config::{Config, Local, Symmetric};
use crate::flow::{Destination, Transport};
use crate::header::Name;
use crate::message::{Message, NameAddr, raw_name_addr};
use crate::scan;
use crate::uri::{Scheme, Uri};

/// Texts of one local socket, made once.
#[derive(Debug)]
pub(super) struct LocalText {
    pub(super) transport: Transport,
    pub(super) bound: SocketAddr,
    /// `Via: SIP/2.0/UDP host:port;branch=z9hG4bK`
    via: Vec<u8>,
    /// `host:port;transport=…>`
    contact: Vec<u8>,
}

impl LocalText {
    pub(super) fn new(local: &Local) -> LocalText {
        let rport = if local.transport == Transport::Udp { ";rport" } else { "" };
        let magic = String::from_utf8_lossy(MAGIC);
        let transport = local.transport.as_str();
        LocalText {
            transport: local.transport,
            bound: local.bound,
            via: format!("Via: SIP/2.0/{transport} {}{rport};branch={magic}", local.advertised).into_bytes(),
            contact: format!("{}{}>", local.advertised, local.transport.uri_param()).into_bytes(),
        }
    }

    pub(super) fn write_via(&self, out: &mut Vec<u8>, branch: u64) {
        out.extend_from_slice(&self.via);
        scan::push_hex(out, branch);
        out.extend_from_slice(b"\r\n");
    }

    /// `<sip:user@host:port>`; `user` is already escaped.
    pub(super) fn contact(&self, user: &str) -> Box<[u8]> {
        let mut out = Vec::with_capacity(self.contact.len() + user.len() + 6);
        out.extend_from_slice(b"<sip:");
        if !user.is_empty() {
            out.extend_from_slice(user.as_bytes());
            out.push(b'@');
        }
        out.extend_from_slice(&self.contact);
        out.into()
    }
}

/// The socket for a destination: the one it names, else the first of its transport.
pub(super) fn local_for<'a>(locals: &'a [LocalText], to: &Destination) -> Option<&'a LocalText> {
    let of_transport = || locals.iter().filter(|l| l.transport == to.transport);
    let named = to.local.and_then(|named| {
        of_transport()
            .find(|l| l.bound == named)
            .or_else(|| of_transport().find(|l| l.bound.port() == named.port()))
    });
    named.or_else(|| of_transport().next())
}

/// One dialog, from our side.
#[derive(Debug)]
pub(super) struct Dialog {
    pub(super) call_id: Box<[u8]>,
    /// Our From or To with our tag.
    pub(super) local: Box<[u8]>,
    /// Theirs, with their tag once it is known.
    pub(super) remote: Box<[u8]>,
    pub(super) local_tag: u64,
    pub(super) remote_tag: Box<[u8]>,
    pub(super) target: Uri,
    /// Route values, nearest first.
    pub(super) routes: Vec<Box<[u8]>>,
    pub(super) local_cseq: u32,
    pub(super) remote_cseq: Option<u32>,
    pub(super) contact: Box<[u8]>,
    /// The Call-ID is ours.
    pub(super) is_ours: bool,
    /// The path the dialog came by.
    pub(super) flow: Destination,
    /// Where requests go now.
    pub(super) hop: Destination,
}

impl Dialog {
    /// Whether a request that names our tag is of this dialog: so must their tag and Call-ID be (RFC 3261 §12.2.2).
    pub(super) fn has(&self, request: &Message) -> bool {
        *self.remote_tag == *super::from_tag(request).unwrap_or_default()
            && Some(&*self.call_id) == request.get(Name::CallId)
    }

    /// Takes a new remote target from the Contact of a request or 2xx (RFC 3261 §12.2).
    pub(super) fn refresh_target(&mut self, message: &Message, config: &Config) {
        let contact = message.list(Name::Contact).next().and_then(raw_name_addr);
        if let Some(target) = contact.and_then(|c| Uri::parse(c.uri).ok()) {
            self.target = target;
            self.hop = self.next_hop(config);
        }
    }

    /// Where the topmost Route, or the target, is (RFC 3261 §12.2.1.1, §8.1.2).
    pub(super) fn next_hop(&self, config: &Config) -> Destination {
        // A connection is the path back, whatever the Contact says: its peer cannot always be connected to.
        if config.symmetric == Symmetric::Always || self.flow.transport.is_reliable() {
            return self.flow;
        }
        let route = self.routes.first().and_then(|r| raw_name_addr(r)).and_then(|r| Uri::parse(r.uri).ok());
        let uri = route.as_ref().unwrap_or(&self.target);
        let Some(ip) = uri.ip().filter(|ip| !ip.is_unspecified()) else { return self.flow };
        let seen_through_nat = is_private(ip) && !is_private(self.flow.remote.ip());
        if seen_through_nat || uri.port() == Some(0) || uri.scheme() == Scheme::Tel {
            return self.flow;
        }
        let transport = match uri.param("transport") {
            Some(t) if t.eq_ignore_ascii_case("tcp") => Transport::Tcp,
            Some(t) if t.eq_ignore_ascii_case("tls") => Transport::Tls,
            _ if uri.scheme() == Scheme::Sips => Transport::Tls,
            _ => Transport::Udp,
        };
        if !config.locals.iter().any(|l| l.transport == transport) {
            return self.flow;
        }
        let port = uri.port().unwrap_or(transport.default_port());
        let local = self.flow.local.filter(|_| transport == self.flow.transport);
        Destination { transport, remote: SocketAddr::new(ip, port), local, connection: None }
    }

    /// Request-URI and Route values of a request, strict routers of RFC 2543 included (RFC 3261 §12.2.1.1).
    fn path(&self) -> (Option<Uri>, impl Iterator<Item = &[u8]>) {
        let first = self.routes.first().and_then(|r| NameAddr::parse(r).ok());
        let strict = first.filter(|r| r.uri().param("lr").is_none()).map(|r| r.uri().clone());
        let skip = usize::from(strict.is_some());
        (strict, self.routes.iter().skip(skip).map(|r| &**r))
    }

    /// Appends a request up to, and without, Content-Length.
    pub(super) fn write_request(
        &self,
        out: &mut Vec<u8>,
        local: &LocalText,
        method: &str,
        cseq: u32,
        branch: u64,
    ) {
        let (strict, routes) = self.path();
        let uri = strict.as_ref().unwrap_or(&self.target).as_str();
        for part in [method, " ", uri, " SIP/2.0\r\n"] {
            out.extend_from_slice(part.as_bytes());
        }
        local.write_via(out, branch);
        for route in routes {
            write_line(out, b"Route: ", route);
        }
        if strict.is_some() {
            write_line(out, b"Route: ", format!("<{}>", self.target).as_bytes());
        }
        out.extend_from_slice(b"Max-Forwards: 70\r\n");
        write_line(out, b"From: ", &self.local);
        write_line(out, b"To: ", &self.remote);
        write_line(out, b"Call-ID: ", &self.call_id);
        out.extend_from_slice(b"CSeq: ");
        scan::push_decimal(out, cseq);
        out.push(b' ');
        write_line(out, method.as_bytes(), b"");
        if matches!(method, "INVITE" | "UPDATE") {
            write_line(out, b"Contact: ", &self.contact);
        }
    }
}

pub(super) fn write_line(out: &mut Vec<u8>, name: &[u8], value: &[u8]) {
    out.extend_from_slice(name);
    out.extend_from_slice(value);
    out.extend_from_slice(b"\r\n");
}

/// Record-Route values as a route set.
pub(super) fn record_routes(message: &Message) -> Vec<Box<[u8]>> {
    message.list(Name::RecordRoute).map(Box::from).collect()
}

/// Addresses that mean nothing outside the network they are used in.
pub(super) fn is_private(ip: IpAddr) -> bool {
    match ip.to_canonical() {
        // 100.64.0.0/10 is what carriers put their customers behind (RFC 6598).
        IpAddr::V4(v4) => {
            v4.is_private()
                || v4.is_link_local()
                || v4.is_loopback()
                || matches!(v4.octets(), [100, 64..=127, ..])
        }
        IpAddr::V6(v6) => v6.is_loopback() || v6.is_unique_local() || v6.is_unicast_link_local(),
    }
}
