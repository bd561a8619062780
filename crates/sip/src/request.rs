//! What the application asks an [`Endpoint`](crate::Endpoint) to send.

use std::time::Duration;

use crate::digest::Secret;
use crate::flow::Destination;
use crate::header::ExtraHeaders;
use crate::message::NameAddr;
use crate::uri::Uri;

/// Name and password for digest challenges of a peer.
#[derive(Clone, PartialEq, Eq)]
pub struct Login {
    /// User name.
    pub username: String,
    /// Password, or HA1 for one realm and algorithm.
    pub secret: Secret,
}

impl std::fmt::Debug for Login {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Login").finish_non_exhaustive()
    }
}

/// A part of an INVITE's body that is no session description. Its texts must be fit for a header: no line breaks, no angle brackets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BodyPart {
    /// Media type, such as `application/pidf+xml`.
    pub content_type: String,
    /// What headers refer to it by (`cid:`, RFC 2392), without angle brackets.
    pub content_id: String,
    /// Its octets.
    pub body: Vec<u8>,
}

impl BodyPart {
    /// The body of a request that has an SDP offer and this, and the value of its Content-Type.
    pub(crate) fn beside(&self, sdp: &[u8], boundary: &str) -> (String, Vec<u8>) {
        let mut body = format!("--{boundary}\r\nContent-Type: application/sdp\r\n\r\n").into_bytes();
        body.extend_from_slice(sdp);
        let heads =
            [("Content-Type", self.content_type.clone()), ("Content-ID", format!("<{}>", self.content_id))];
        body.extend_from_slice(format!("\r\n--{boundary}\r\n").as_bytes());
        for (name, value) in heads {
            let value: String = value.chars().filter(|c| !c.is_control()).collect();
            body.extend_from_slice(format!("{name}: {value}\r\n").as_bytes());
        }
        body.extend_from_slice(b"\r\n");
        body.extend_from_slice(&self.body);
        body.extend_from_slice(format!("\r\n--{boundary}--\r\n").as_bytes());
        (format!("multipart/mixed;boundary={boundary}"), body)
    }
}

/// A new outbound leg.
#[derive(Debug, Clone)]
pub struct InviteRequest {
    /// Request-URI.
    pub uri: Uri,
    /// From; a tag is added.
    pub from: NameAddr,
    /// To; the Request-URI when `None`.
    pub to: Option<NameAddr>,
    /// Where to send, best first: the next after no answer, a transport failure or 503 (RFC 3263 §4.3). At least one.
    pub destinations: Vec<Destination>,
    /// Pre-loaded Route set (RFC 3261 §8.1.1.1), such as an outbound proxy with `;lr`.
    pub route: Vec<NameAddr>,
    /// User part of our Contact; the configured one when `None`.
    pub contact_user: Option<String>,
    /// Further headers, such as P-Asserted-Identity, Diversion, `X-…`.
    pub headers: ExtraHeaders,
    /// SDP offer.
    pub sdp: Vec<u8>,
    /// What goes beside it: then the body is `multipart/mixed` (RFC 5621 §3).
    pub part: Option<BodyPart>,
    /// Answers 401 and 407.
    pub login: Option<Login>,
    /// There are other ways to call if all destinations fail: then the last one too is given up as soon as the others
    /// ([`Config::try_next_after`](crate::Config)).
    pub has_other_ways: bool,
    /// How long to wait for a final answer before CANCEL and 408; counted over all destinations.
    pub ring_timeout: Duration,
}

impl InviteRequest {
    /// A request with only what is needed; the other fields may be set after. Ring timeout 180 s (RFC 3261 timer C).
    pub fn new(uri: Uri, from: NameAddr, destination: Destination, sdp: impl Into<Vec<u8>>) -> InviteRequest {
        InviteRequest {
            uri,
            from,
            to: None,
            destinations: vec![destination],
            route: Vec::new(),
            contact_user: None,
            headers: ExtraHeaders::new(),
            sdp: sdp.into(),
            part: None,
            login: None,
            has_other_ways: false,
            ring_timeout: Duration::from_secs(180),
        }
    }
}

/// A registration to keep up (RFC 3261 §10.2).
#[derive(Debug, Clone)]
pub struct RegisterRequest {
    /// Request-URI: the domain, without user.
    pub registrar: Uri,
    /// Address of record: From and To.
    pub aor: NameAddr,
    /// User part of our Contact.
    pub contact_user: String,
    /// Lifetime asked for, 60 s to a day.
    pub expires: Duration,
    /// Where to send, best first; at least one.
    pub destinations: Vec<Destination>,
    /// Pre-loaded Route set, such as an outbound proxy.
    pub route: Vec<NameAddr>,
    /// Answers 401 and 407.
    pub login: Option<Login>,
}

/// A contact that is registered here, as the answer to a REGISTER lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Binding {
    /// Contact.
    pub uri: Uri,
    /// Seconds left.
    pub expires_s: u32,
}

/// A transfer to ask of the peer of a leg (RFC 3515).
#[derive(Debug, Clone)]
pub struct ReferRequest {
    /// Whom it is to call; with Replaces in the URI for an attended transfer.
    pub to: NameAddr,
    /// Who wants it (RFC 3892).
    pub referred_by: Option<NameAddr>,
    /// Whether to be told how it goes (RFC 4488: without, `Refer-Sub: false`).
    pub watch: bool,
    /// Further headers.
    pub headers: ExtraHeaders,
}

impl ReferRequest {
    /// A blind transfer whose progress is told.
    pub fn new(to: NameAddr) -> ReferRequest {
        ReferRequest { to, referred_by: None, watch: true, headers: ExtraHeaders::new() }
    }
}

/// An OPTIONS outside dialogs: is the trunk alive?
#[derive(Debug, Clone)]
pub struct OptionsRequest {
    /// Request-URI and To.
    pub uri: Uri,
    /// From.
    pub from: NameAddr,
    /// Where to send; one only, for it is this address that is asked about.
    pub destination: Destination,
    /// Answers 401 and 407.
    pub login: Option<Login>,
}

/// A text to somebody's phone (RFC 3428).
#[derive(Debug, Clone)]
pub struct PageRequest {
    /// Request-URI: the contact of the phone.
    pub uri: Uri,
    /// From; a tag is added.
    pub from: NameAddr,
    /// To.
    pub to: NameAddr,
    /// Where to send; one phone only.
    pub destination: Destination,
    /// What the body is, such as `text/plain;charset=UTF-8`.
    pub content_type: String,
    /// At most 16 KiB.
    pub body: Vec<u8>,
    /// Further headers, such as `X-…`.
    pub headers: ExtraHeaders,
}

/// How much new work to refuse.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shed {
    /// New INVITEs refused, 0 (none) to 100 (all), chosen by Call-ID so that a retransmission meets the same fate.
    pub percent: u8,
    /// Retry-After of the 503, in seconds.
    pub retry_after_s: u32,
}

/// How far a dialog is (RFC 4235 §3.7.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DialogState {
    /// Our INVITE has brought nothing yet that makes a dialog.
    Trying,
    /// Their INVITE has no final answer.
    Proceeding,
    /// Our INVITE rings.
    Early,
    /// A 2xx was sent or received.
    Confirmed,
}

impl DialogState {
    /// As a document writes it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            DialogState::Trying => "trying",
            DialogState::Proceeding => "proceeding",
            DialogState::Early => "early",
            DialogState::Confirmed => "confirmed",
        }
    }
}

/// What a watcher may know of the dialog of a leg.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DialogFacts {
    /// Call-ID.
    pub call_id: String,
    /// Our tag.
    pub our_tag: String,
    /// The peer's; of several that ring the first. `None` before one is known.
    pub their_tag: Option<String>,
    /// How far it is.
    pub state: DialogState,
    /// We sent the INVITE.
    pub is_ours: bool,
    /// What we call ourselves: the URI of our From or To.
    pub our_uri: String,
    /// Where requests for this dialog reach us.
    pub our_contact: String,
}

/// Why an operation was refused. Nothing was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OpError {
    /// The leg has ended, or never was.
    #[error("no such leg")]
    UnknownLeg,
    /// The leg is in a state the operation has no meaning in.
    #[error("not possible in this state of the leg")]
    WrongState,
    /// A status outside the range the operation takes.
    #[error("status out of range")]
    BadStatus,
    /// Text that would break a header.
    #[error("text holds a line break")]
    BadText,
    /// No destination was given, or no local socket has its transport.
    #[error("nowhere to send")]
    NoDestination,
    /// [`Config::max_legs`](crate::Config) is reached.
    #[error("too many legs")]
    Full,
    /// A body beyond 16 KiB, or a request beyond 64 KiB.
    #[error("message too large")]
    TooLarge,
}
