//! SIP as values: messages, transactions, dialogs and authentication of a user agent (RFC 3261 and kin).
//!
//! **Owns** the reading and writing of messages ([`Message`], [`Uri`], [`NameAddr`]), stream framing
//! ([`StreamFramer`]), client and server transactions (RFC 3261 §17, RFC 6026), INVITE dialogs with forks, reliable
//! provisional responses (RFC 3262), re-INVITE and UPDATE (RFC 3311), session timers (RFC 4028), INFO, transfer by REFER and
//! Replaces (RFC 3515, RFC 3891), both sides of REGISTER, telling watchers of dialogs (RFC 4235, RFC 6665), texts outside dialogs (RFC 3428), digest authentication on both sides (RFC 7616, RFC 8760), and the
//! defence of all that against floods, guessed passwords and malformed input.
//!
//! **Does not own** sockets, clocks, threads or name resolution: the shell gives it bytes and the time and sends what it
//! says. It knows legs, not calls; SDP is bytes to it; accounts, numbers and money are unknown here. It is a user
//! agent, not a proxy.
//!
//! **Invariants**
//! - Every leg handed out ends with exactly one [`Event::Ended`], its last event.
//! - No state is made for a message that is malformed, shed, over a limit, or not authenticated where it must be.
//! - Whatever waits has a deadline; a finished leg leaves only what RFC 3261 wants kept for 32 s.
//! - The same seed and the same input give the same output, shedding apart.
//! - No input panics; what is refused is refused within [`limits`].
//!
//! **Start reading** at [`Endpoint`], then `endpoint/receive.rs` for how a message finds its place; `message/parse.rs`
//! for the parser.
//!
//! ```
//! use flexio_sip::{Config, Destination, Endpoint, InviteRequest, Local, NameAddr, Transport, Uri};
//! use std::time::Duration;
//!
//! let local = Local::new(Transport::Udp, "192.0.2.1:5060".parse().unwrap());
//! let mut endpoint = Endpoint::new(Config { locals: vec![local], ..Config::default() }, [7; 32]);
//! let to: Uri = "sip:+3225550100@192.0.2.9".parse().unwrap();
//! let from = NameAddr::new("sip:+3225550199@192.0.2.1".parse().unwrap());
//! let destination = Destination::udp("192.0.2.9:5060".parse().unwrap());
//! endpoint.invite(Duration::ZERO, InviteRequest::new(to, from, destination, "v=0\r\n")).unwrap();
//! let invite = endpoint.poll_transmit().unwrap();
//! assert!(invite.bytes.starts_with(b"INVITE sip:+3225550100@192.0.2.9 SIP/2.0\r\n"));
//! ```

mod bearer;
mod config;
mod digest;
mod endpoint;
mod event;
mod flow;
mod guard;
mod header;
mod ladder;
pub mod limits;
mod lockout;
mod message;
mod method;
mod random;
mod request;
mod scan;
mod slab;
mod timers;
mod uri;

pub use bearer::{Authorization, BearerToken};
pub use config::{AuthPolicy, Config, Local, Symmetric};
pub use digest::{Algorithm, Credentials, Secret, Verdict};
pub use endpoint::{Endpoint, Stats};
pub use event::{
    EndCause, Event, Incoming, LegId, PageId, Paged, PingId, Referred, RegisterContact, RegisterId,
    Registering, RegistrationId, SentPageId, Subscribing, SubscriptionId, Tried,
};
pub use flow::{ConnectionId, Destination, Flow, Transmit, TransmitId, Transport, Trust};
pub use header::{ExtraHeaders, FieldError, Name};
pub use ladder::{LADDER_BYTES_MAX, LADDER_MESSAGES_MAX, Ladder, Traced};
pub use message::{
    BuildError, CSeq, Frame, Message, NameAddr, NameAddrError, Params, ParseError, Reason, Rejection,
    Replaces, StreamFramer, Via,
};
pub use method::Method;
pub use random::Random;
pub use request::{
    Binding, BodyPart, DialogFacts, DialogState, InviteRequest, Login, OpError, OptionsRequest, PageRequest,
    ReferRequest, RegisterRequest, Shed,
};
pub use uri::{Scheme, Uri, UriError};
