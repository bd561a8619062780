//! Server transactions (RFC 3261 §17.2, RFC 6026), and answers that need none.

use std::sync::Arc;
use std::time::Duration;

use super::dialog::write_line;
use super::tables::TxKey;
use super::{Endpoint, Source, Task};
use crate::flow::{Destination, Flow, Transport};
use crate::header::Name;
use crate::message::{Message, raw_name_addr, raw_via, write_body};
use crate::scan;
use crate::slab::Key;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    /// No final response yet.
    Pending,
    /// A final response was sent that is repeated to each repeated request, and for INVITE until ACK (timers G, H, J).
    Completed,
    /// INVITE refused and acknowledged: repeated INVITEs are swallowed (timer I).
    Confirmed,
    /// INVITE accepted: the 2xx is repeated until ACK (RFC 3261 §13.3.1.4), INVITEs are swallowed (timer L).
    Accepted,
}

/// Headers every response to one request begins with.
#[derive(Debug, Default)]
pub(super) struct Head {
    /// Via, From, Call-ID, CSeq, To; then Record-Route.
    text: Box<[u8]>,
    routes_at: usize,
}

#[derive(Debug)]
pub(super) struct ServerTx {
    key: TxKey,
    merged: Option<TxKey>,
    pub(super) leg: Option<Key>,
    pub(super) is_invite: bool,
    pub(super) state: State,
    /// Where responses go.
    pub(super) to: Destination,
    head: Head,
    response: Option<Arc<[u8]>>,
    resend: Option<(Duration, Duration)>,
    /// A reliable provisional response waits for its PRACK until then.
    pub(super) prack_until: Option<Duration>,
    /// When the state ends.
    deadline: Option<Duration>,
}

/// How long the application may take over an INVITE, and over a re-INVITE or UPDATE.
const MAX_RINGING: Duration = Duration::from_secs(300);
const MAX_REOFFER: Duration = Duration::from_secs(20);
/// A ringing INVITE repeats its provisional response so that proxies keep it (RFC 3261 §13.3.1.1).
const RING_AGAIN: Duration = Duration::from_secs(60);

/// Reason phrases of RFC 3261 §21 and its extensions.
pub(super) fn phrase(status: u16) -> &'static str {
    match status {
        100 => "Trying",
        180 => "Ringing",
        181 => "Call Is Being Forwarded",
        182 => "Queued",
        183 => "Session Progress",
        200 => "OK",
        202 => "Accepted",
        302 => "Moved Temporarily",
        400 => "Bad Request",
        401 => "Unauthorized",
        402 => "Payment Required",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        406 => "Not Acceptable",
        408 => "Request Timeout",
        410 => "Gone",
        413 => "Request Entity Too Large",
        415 => "Unsupported Media Type",
        416 => "Unsupported URI Scheme",
        420 => "Bad Extension",
        422 => "Session Interval Too Small",
        423 => "Interval Too Brief",
        480 => "Temporarily Unavailable",
        481 => "Call/Transaction Does Not Exist",
        482 => "Loop Detected",
        483 => "Too Many Hops",
        484 => "Address Incomplete",
        486 => "Busy Here",
        487 => "Request Terminated",
        488 => "Not Acceptable Here",
        489 => "Bad Event",
        491 => "Request Pending",
        500 => "Server Internal Error",
        501 => "Not Implemented",
        503 => "Service Unavailable",
        504 => "Server Time-out",
        505 => "Version Not Supported",
        513 => "Message Too Large",
        600 => "Busy Everywhere",
        603 => "Decline",
        607 => "Unwanted",
        _ if status < 200 => "Progress",
        _ if status < 300 => "OK",
        _ if status < 400 => "Redirected",
        _ => "Failed",
    }
}

/// Where responses to a request go (RFC 3261 §18.2.2, RFC 3581). `maddr` is not followed: it would let a stranger aim
/// our answers at others.
pub(super) fn response_path(request: &Message, flow: Flow) -> Destination {
    let mut to = Destination::from(flow);
    if flow.transport == Transport::Udp
        && let Some(via) = request.list(Name::Via).next().and_then(raw_via)
        && scan::param(via.params, "rport").is_none()
    {
        let port = via.port.filter(|&p| p != 0).unwrap_or(flow.transport.default_port());
        to.remote.set_port(port);
    }
    to
}

/// Appends the topmost Via with what we saw of its sender, then the others.
fn write_vias(out: &mut Vec<u8>, request: &Message, flow: Flow) {
    let mut vias = request.list(Name::Via);
    let Some(top) = vias.next() else { return };
    let ip = flow.remote.ip().to_canonical();
    out.extend_from_slice(b"Via: ");
    match raw_via(top) {
        Some(via) => {
            let wants_port = scan::param(via.params, "rport").is_some();
            let host = std::str::from_utf8(via.host).ok().and_then(crate::uri::parse_ip);
            if !wants_port && host == Some(ip) {
                out.extend_from_slice(top);
            } else {
                out.extend_from_slice(&top[..top.len() - via.params.len()]);
                for (name, value) in scan::params(via.params).filter_map(Result::ok) {
                    if name.eq_ignore_ascii_case(b"rport") || name.eq_ignore_ascii_case(b"received") {
                        continue;
                    }
                    out.push(b';');
                    out.extend_from_slice(name);
                    if let Some(value) = value {
                        out.push(b'=');
                        out.extend_from_slice(value);
                    }
                }
                out.extend_from_slice(format!(";received={ip}").as_bytes());
                if wants_port {
                    out.extend_from_slice(b";rport=");
                    scan::push_decimal(out, u32::from(flow.remote.port()));
                }
            }
        }
        None => out.extend_from_slice(top),
    }
    out.extend_from_slice(b"\r\n");
    for via in vias {
        write_line(out, b"Via: ", via);
    }
}

/// Appends what every response to `request` begins with; `tag` is put on a To without one.
fn write_head(out: &mut Vec<u8>, request: &Message, flow: Flow, tag: u64) {
    write_vias(out, request, flow);
    for (name, text) in [(Name::From, "From: "), (Name::CallId, "Call-ID: "), (Name::CSeq, "CSeq: ")] {
        if let Some(value) = request.get(name) {
            write_line(out, text.as_bytes(), value);
        }
    }
    if let Some(to) = request.get(Name::To) {
        out.extend_from_slice(b"To: ");
        out.extend_from_slice(to);
        if raw_name_addr(to).is_some_and(|to| to.tag().is_none()) {
            out.extend_from_slice(b";tag=");
            scan::push_hex(out, tag);
        }
        out.extend_from_slice(b"\r\n");
    }
}

impl ServerTx {
    pub(super) fn is_pending(&self) -> bool {
        self.state == State::Pending
    }
}

impl Head {
    pub(super) fn new(request: &Message, flow: Flow, tag: u64) -> Head {
        let mut out = Vec::with_capacity(512);
        write_head(&mut out, request, flow, tag);
        let routes_at = out.len();
        for route in request.get_all(Name::RecordRoute) {
            write_line(&mut out, b"Record-Route: ", route);
        }
        Head { text: out.into(), routes_at }
    }
}

fn write_status(out: &mut Vec<u8>, status: u16, reason: &str) {
    out.extend_from_slice(b"SIP/2.0 ");
    scan::push_decimal(out, u32::from(status));
    out.push(b' ');
    write_line(out, reason.as_bytes(), b"");
}

impl Endpoint {
    /// Makes the transaction of a request that is not a repetition.
    pub(super) fn start_server(&mut self, request: &Message, flow: Flow, key: TxKey, tag: u64) -> Key {
        let is_invite = request.method() == Some(&crate::method::Method::Invite);
        let limit = if is_invite { MAX_RINGING } else { MAX_REOFFER };
        let tx = self.servers.insert(ServerTx {
            key,
            merged: None,
            leg: None,
            is_invite,
            state: State::Pending,
            to: response_path(request, flow),
            head: Head::new(request, flow, tag),
            response: None,
            resend: None,
            prack_until: None,
            deadline: None,
        });
        self.server_keys.insert(key, tx);
        self.server_deadline(tx, limit);
        tx
    }

    /// A re-INVITE is decided sooner than a first INVITE rings out.
    pub(super) fn limit_reoffer(&mut self, tx: Key) {
        self.server_deadline(tx, MAX_REOFFER);
    }

    pub(super) fn note_merged(&mut self, tx: Key, merged: TxKey) {
        if let Some(server) = self.servers.get_mut(tx) {
            server.merged = Some(merged);
            self.merged.insert(merged, tx);
        }
    }

    fn end_server(&mut self, key: Key) {
        if let Some(tx) = self.servers.remove(key) {
            self.server_keys.remove(&tx.key);
            if let Some(merged) = tx.merged {
                self.merged.remove(&merged);
            }
        }
    }

    fn server_deadline(&mut self, key: Key, after: Duration) {
        let now = self.now;
        if let Some(tx) = self.servers.get_mut(key) {
            tx.deadline = Some(now + after);
            self.timers.set(now, after, Task::Server(key));
        }
    }

    /// Repeats the response `interval` from now, and at doubled intervals after.
    pub(super) fn repeat_after(&mut self, key: Key, interval: Duration) {
        let now = self.now;
        if let Some(tx) = self.servers.get_mut(key) {
            tx.resend = Some((now + interval, interval));
            self.timers.set(now, interval, Task::Server(key));
        }
    }

    /// Sends a response in a transaction. `lines` are header lines, `body` has its Content-Type.
    pub(super) fn respond(
        &mut self,
        key: Key,
        status: u16,
        reason: Option<&str>,
        lines: &[u8],
        body: Option<(&str, &[u8])>,
    ) {
        let Some(tx) = self.servers.get_mut(key) else { return };
        let out = &mut self.scratch;
        out.clear();
        write_status(out, status, reason.unwrap_or(phrase(status)));
        let head =
            if (101..300).contains(&status) { &tx.head.text } else { &tx.head.text[..tx.head.routes_at] };
        out.extend_from_slice(head);
        out.extend_from_slice(lines);
        if status > 100 {
            out.extend_from_slice(&self.server_line);
        }
        if let Some((content_type, _)) = body {
            write_line(out, b"Content-Type: ", content_type.as_bytes());
        }
        write_body(out, body.map_or(b"", |b| b.1));
        let bytes: Arc<[u8]> = out.as_slice().into();
        let to = tx.to;
        tx.response = Some(bytes.clone());
        self.send(to, bytes, None);
        self.after_response(key, status);
    }

    /// Moves the transaction to the state its response leads to.
    fn after_response(&mut self, key: Key, status: u16) {
        let (t1, patience) = (self.config.t1, self.config.patience());
        let Some(tx) = self.servers.get_mut(key) else { return };
        let reliable = tx.to.transport.is_reliable();
        if status < 200 {
            if status > 100 && tx.is_invite {
                self.repeat_after(key, RING_AGAIN);
            }
            return;
        }
        tx.head = Head::default();
        (tx.resend, tx.prack_until) = (None, None);
        if !tx.is_invite {
            tx.state = State::Completed;
            return if reliable { self.end_server(key) } else { self.server_deadline(key, patience) };
        }
        let accepted = status < 300;
        tx.state = if accepted { State::Accepted } else { State::Completed };
        self.server_deadline(key, patience);
        // A 2xx is repeated on streams too: a proxy behind may have lost it.
        if accepted || !reliable {
            self.repeat_after(key, t1);
        }
    }

    pub(super) fn server_timeout(&mut self, key: Key) {
        let (now, t2) = (self.now, self.config.t2);
        let Some(tx) = self.servers.get_mut(key) else { return };
        if tx.deadline.is_some_and(|at| at <= now) {
            return self.server_over(key);
        }
        if tx.prack_until.is_some_and(|until| until <= now) {
            return self.prack_never_came(key);
        }
        if let Some((at, interval)) = tx.resend
            && at <= now
        {
            let next = match tx.state {
                State::Pending if tx.prack_until.is_some() => interval * 2,
                State::Pending => interval,
                _ => (interval * 2).min(t2),
            };
            let (to, response) = (tx.to, tx.response.clone());
            if let Some(response) = response {
                self.send(to, response, None);
            }
            self.repeat_after(key, next);
        }
    }

    fn server_over(&mut self, key: Key) {
        let Some(tx) = self.servers.get(key) else { return };
        let (state, leg, waits_for_ack) = (tx.state, tx.leg, tx.resend.is_some());
        match (state, leg) {
            (State::Pending, Some(leg)) => self.application_is_late(leg, key),
            (State::Accepted, Some(leg)) if waits_for_ack => {
                self.end_server(key);
                self.ack_never_came(leg, key);
            }
            _ => self.end_server(key),
        }
    }

    /// Repeats the last response to a repeated request.
    pub(super) fn repeat_response(&mut self, key: Key) {
        let Some(tx) = self.servers.get(key) else { return };
        if matches!(tx.state, State::Pending | State::Completed)
            && let Some(response) = tx.response.clone()
        {
            let to = tx.to;
            self.send(to, response, None);
        }
    }

    /// The PRACK to a provisional response came: it is repeated for proxies only from now on.
    pub(super) fn provisional_confirmed(&mut self, key: Key) {
        if let Some(tx) = self.servers.get_mut(key) {
            (tx.prack_until, tx.resend) = (None, None);
            self.repeat_after(key, RING_AGAIN);
        }
    }

    /// The ACK to a refusal came.
    pub(super) fn refusal_confirmed(&mut self, key: Key) {
        let t4 = self.config.t4;
        let Some(tx) = self.servers.get_mut(key) else { return };
        let reliable = tx.to.transport.is_reliable();
        tx.state = State::Confirmed;
        tx.resend = None;
        tx.response = None;
        if reliable { self.end_server(key) } else { self.server_deadline(key, t4) }
    }

    /// The ACK to a 2xx came: nothing more is sent, repeated INVITEs are still swallowed.
    pub(super) fn acceptance_confirmed(&mut self, key: Key) {
        if let Some(tx) = self.servers.get_mut(key) {
            tx.resend = None;
            tx.response = None;
            tx.leg = None;
        }
    }

    /// Answers without keeping anything; the same request gets the same answer again (RFC 3261 §8.2.7).
    ///
    /// A datagram of a source nobody vouches for is answered by at most half as much again as it had, lest we be used
    /// to flood the address it pretends to come from: first optional lines are left out, then the answer.
    pub(super) fn respond_stateless(&mut self, request: &Message, source: Source, status: u16, lines: &[u8]) {
        let tag = self.stateless_tag(request);
        let budget = source.budget();
        let mut fits = false;
        for is_full in [true, false] {
            let out = &mut self.scratch;
            out.clear();
            write_status(out, status, phrase(status));
            write_head(out, request, source.flow, tag);
            // What a client cannot do without stays: challenges, and which extension or scheme was at fault.
            if is_full || matches!(status, 401 | 420) {
                out.extend_from_slice(lines);
            }
            if is_full {
                out.extend_from_slice(&self.server_line);
            }
            write_body(out, b"");
            fits = out.len() <= budget;
            if fits {
                break;
            }
        }
        if fits {
            let bytes: Arc<[u8]> = self.scratch.as_slice().into();
            self.send(response_path(request, source.flow), bytes, None);
        }
    }

    /// Answers a CANCEL with 200 and the tag of the INVITE it is for.
    pub(super) fn respond_with_tag(&mut self, request: &Message, source: Source, tag: Option<u64>) {
        let tag = tag.unwrap_or_else(|| self.stateless_tag(request));
        let out = &mut self.scratch;
        out.clear();
        write_status(out, 200, phrase(200));
        write_head(out, request, source.flow, tag);
        out.extend_from_slice(&self.server_line);
        write_body(out, b"");
        let bytes: Arc<[u8]> = out.as_slice().into();
        self.send(response_path(request, source.flow), bytes, None);
    }

    fn stateless_tag(&self, request: &Message) -> u64 {
        let key = self.keys.transaction(request, "");
        u64::try_from(key >> 64).expect("upper half")
    }
}
