//! What an [`Endpoint`](crate::Endpoint) tells the application.

use crate::bearer::Authorization;
use crate::flow::{Destination, Flow, Trust};
use crate::message::{Message, NameAddr, Reason, Replaces};
use crate::method::Method;
use crate::uri::Uri;
use std::net::SocketAddr;

/// One leg: an INVITE dialog from its first INVITE to its end. Numbers are never used twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LegId(pub(crate) u64);

/// One [`Endpoint::options`](crate::Endpoint::options).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PingId(pub(crate) u64);

/// One REGISTER that waits for `accept_register`, `reject_register` or `challenge_register`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RegisterId(pub(crate) u64);

/// One [`Endpoint::register`](crate::Endpoint::register).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RegistrationId(pub(crate) u64);

/// One MESSAGE outside dialogs that waits for `answer_page` or `challenge_page`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PageId(pub(crate) u64);

/// One [`Endpoint::page`](crate::Endpoint::page).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SentPageId(pub(crate) u64);

/// One watcher of dialogs, from its SUBSCRIBE to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SubscriptionId(pub(crate) u64);

/// Something happened. Bodies and headers are read from the message: `message.sdp()`, `message.header("X-…")`.
#[derive(Debug, Clone)]
pub enum Event {
    /// A new INVITE. 100 has been sent. Answer with `ring`, `answer`, `reject` or `challenge`.
    Incoming(Box<Incoming>),
    /// A provisional response to our INVITE, 101 to 199; 100 is not shown. Forks have different To tags.
    Progress {
        /// The leg.
        leg: LegId,
        /// 101 to 199.
        status: u16,
        /// To tag: names the fork.
        to_tag: String,
        /// The response.
        response: Message,
    },
    /// Our INVITE was answered and the 2xx acknowledged.
    Answered {
        /// The leg.
        leg: LegId,
        /// The 2xx, with the SDP answer.
        response: Message,
    },
    /// Our INVITE got a final answer other than 2xx, or none. [`Event::Ended`] follows at once.
    Failed {
        /// The leg.
        leg: LegId,
        /// Status; 408 when nobody answered, 503 when nothing could be sent (RFC 3261 §8.1.3.1).
        status: u16,
        /// Reason phrase.
        reason: String,
        /// Retry-After in seconds.
        retry_after: Option<u32>,
        /// The response; `None` when the failure was found here.
        response: Option<Message>,
    },
    /// The PRACK to our provisional response arrived with the SDP answer to the offer in it (RFC 3262 §5).
    Pracked {
        /// The leg.
        leg: LegId,
        /// The PRACK.
        prack: Message,
    },
    /// The ACK to our 2xx arrived; it has the SDP answer when the offer was in our 2xx.
    Confirmed {
        /// The leg.
        leg: LegId,
        /// The ACK.
        ack: Message,
    },
    /// The peer wants to change the session by re-INVITE or UPDATE: call `accept_reinvite` or `reject_reinvite`.
    ///
    /// Without SDP the peer asks for an offer; its answer comes with [`Event::ReofferConfirmed`].
    Reoffer {
        /// The leg.
        leg: LegId,
        /// The request.
        request: Message,
    },
    /// The ACK to our 2xx of a re-INVITE arrived.
    ReofferConfirmed {
        /// The leg.
        leg: LegId,
        /// The ACK.
        ack: Message,
    },
    /// Our re-INVITE was answered and acknowledged, or our UPDATE answered.
    ReofferAnswered {
        /// The leg.
        leg: LegId,
        /// The 2xx with the SDP answer.
        response: Message,
    },
    /// Our re-INVITE or UPDATE was refused: the session stays as it was. Glare (491) has been retried before.
    ReofferFailed {
        /// The leg.
        leg: LegId,
        /// Status of the answer.
        status: u16,
    },
    /// A key pressed, by INFO with `application/dtmf-relay` or `application/dtmf`.
    Dtmf {
        /// The leg.
        leg: LegId,
        /// `0`–`9`, `*`, `#`, `A`–`D`, or `!` for flash.
        digit: char,
        /// Length in milliseconds; 250 when the peer does not say.
        duration_ms: u32,
    },
    /// An INFO with any other body; it has been answered 200.
    Info {
        /// The leg.
        leg: LegId,
        /// The request.
        request: Message,
    },
    /// A final answer to our INFO; 408 when there was none.
    InfoAnswered {
        /// The leg.
        leg: LegId,
        /// Status.
        status: u16,
    },
    /// Somebody wants to be registered here: check what he shows, then call `accept_register` or
    /// `reject_register`. Comes only with [`Config::auth`](crate::Config).
    Register(Box<Registering>),
    /// Somebody wants to watch the dialogs of a phone: check what he shows, then call `accept_subscription` and
    /// `notify_dialogs`, or `reject_subscription`. Comes only with [`Config::auth`](crate::Config).
    Subscribe(Box<Subscribing>),
    /// Somebody has written a text: check what he shows, then call `answer_page` or `challenge_page`. Comes only with
    /// [`Config::auth`](crate::Config).
    Paged(Box<Paged>),
    /// The final answer to a text of ours.
    PageAnswered {
        /// The text.
        page: SentPageId,
        /// Status; 200 means that the phone has it. `None`: nothing came, or nothing could be sent.
        status: Option<u16>,
    },
    /// A watcher goes on watching; he has been answered, and is to be told how it stands (RFC 6665 §4.2.1.4).
    Resubscribed {
        /// The subscription.
        subscription: SubscriptionId,
    },
    /// A subscription that was accepted is over: its watcher wanted no more, did not come again, or does not answer.
    SubscriptionEnded {
        /// The subscription.
        subscription: SubscriptionId,
    },
    /// We are registered, or still are.
    Registered {
        /// The registration.
        registration: RegistrationId,
        /// For how long; it is refreshed before.
        expires_s: u32,
        /// Our address as the registrar saw it.
        seen_as: Option<SocketAddr>,
    },
    /// We are not registered, and will try again.
    RegistrationFailed {
        /// The registration.
        registration: RegistrationId,
        /// Status of the answer; `None` when there was none.
        status: Option<u16>,
        /// When it is tried again.
        retry_in_s: u32,
    },
    /// A registration is over, as was asked for.
    Unregistered {
        /// The registration.
        registration: RegistrationId,
    },
    /// The peer asks for a transfer: call `accept_refer` or `reject_refer`.
    Referred {
        /// The leg.
        leg: LegId,
        /// Whom to call, and how.
        referred: Box<Referred>,
    },
    /// The final answer to our REFER; 408 when there was none.
    ReferAnswered {
        /// The leg.
        leg: LegId,
        /// Status; 2xx means that the peer tries.
        status: u16,
        /// [`Event::ReferProgress`] will follow.
        is_watched: bool,
    },
    /// How the call that our REFER asked for goes.
    ReferProgress {
        /// The leg.
        leg: LegId,
        /// Status of that call; 408 when its end was not told.
        status: u16,
        /// Nothing more will be told.
        is_over: bool,
    },
    /// The leg is over. Exactly once per leg, and the last event of it.
    Ended {
        /// The leg.
        leg: LegId,
        /// Why.
        cause: EndCause,
    },
    /// An answer to our OPTIONS.
    Pong {
        /// The ping.
        ping: PingId,
        /// Status of the answer: any proves the peer alive, 503 apart. `None`: nothing came or nothing could be sent.
        status: Option<u16>,
    },
}

/// A new inbound leg.
#[derive(Debug, Clone)]
pub struct Incoming {
    /// The leg.
    pub leg: LegId,
    /// The INVITE; `request.request_uri()`, `request.from()`, `request.sdp()`…
    pub request: Message,
    /// The path it came by.
    pub flow: Flow,
    /// What the shell said of the source.
    pub trust: Trust,
    /// It is addressed to the Contact of this registration of ours, which only the registrar knows; it is
    /// [`Trust::Trusted`] for that.
    pub line: Option<RegistrationId>,
    /// What the caller proves himself with, to be checked before anything is told to him. A token is shown whatever the trust;
    /// who is trusted and shows none has nothing to prove.
    pub authorization: Option<Authorization>,
    /// The leg this one is to take the place of (RFC 3891): answer this one, then hang up that one.
    pub replaces: Option<LegId>,
}

/// What a REGISTER asks.
#[derive(Debug, Clone)]
pub struct Registering {
    /// Names it in the answer.
    pub id: RegisterId,
    /// Address of record: To.
    pub aor: Uri,
    /// Contacts to register, or with a lifetime of 0 to remove; without any the present ones are asked for.
    pub contacts: Vec<RegisterContact>,
    /// All contacts are to go (`Contact: *`).
    pub removes_all: bool,
    /// The path it came by: calls to a phone behind a NAT must take it.
    pub flow: Flow,
    /// What the shell said of the source.
    pub trust: Trust,
    /// What proves him who he says; not checked yet.
    pub authorization: Authorization,
    /// The request.
    pub request: Message,
}

/// What a SUBSCRIBE to dialogs asks (RFC 4235).
#[derive(Debug, Clone)]
pub struct Subscribing {
    /// Names it in the answer, and later.
    pub id: SubscriptionId,
    /// Whose dialogs: the Request-URI.
    pub resource: Uri,
    /// The path it came by.
    pub flow: Flow,
    /// What the shell said of the source.
    pub trust: Trust,
    /// What proves him who he says; not checked yet.
    pub authorization: Authorization,
    /// The request.
    pub request: Message,
}

/// A text outside dialogs (RFC 3428).
#[derive(Debug, Clone)]
pub struct Paged {
    /// Names it in the answer.
    pub id: PageId,
    /// The path it came by.
    pub flow: Flow,
    /// What the shell said of the source.
    pub trust: Trust,
    /// What proves its writer; not checked yet.
    pub authorization: Authorization,
    /// The request: whom it is for is its Request-URI.
    pub request: Message,
}

/// One contact of a REGISTER.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegisterContact {
    /// Where the phone says it is.
    pub uri: Uri,
    /// Lifetime asked for; 0 removes it.
    pub expires_s: u32,
    /// Preference in thousandths, 1000 when not given.
    pub q_milli: u16,
    /// The device, whatever its address (RFC 5626 §4.1).
    pub instance: Option<String>,
    /// Its path of several (RFC 5626 §4.2).
    pub reg_id: Option<u32>,
}

/// A transfer the peer asks for (RFC 3515).
#[derive(Debug, Clone)]
pub struct Referred {
    /// Whom to call. Its URI may have headers, such as Replaces.
    pub to: NameAddr,
    /// The call the new one is to take the place of, at the one to be called: an attended transfer.
    pub replaces: Option<Replaces>,
    /// The leg that names, when the call is one of this endpoint: join the two far ends.
    pub replaced: Option<LegId>,
    /// Who wants it (RFC 3892).
    pub by: Option<NameAddr>,
    /// The peer wants to know how it goes (RFC 4488 lets it decline).
    pub is_watched: bool,
    /// The request.
    pub request: Message,
}

/// What became of an INVITE at one of its destinations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tried {
    /// Where it was sent.
    pub destination: Destination,
    /// Status of the final answer; `None` where nothing was heard in the time there was, or nothing could be sent.
    pub status: Option<u16>,
    /// Retry-After of the answer, in seconds.
    pub retry_after: Option<u32>,
}

/// Why a leg ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EndCause {
    /// We hung up.
    LocalBye,
    /// The peer hung up.
    RemoteBye {
        /// Reason header of the BYE.
        reason: Option<Reason>,
    },
    /// We gave up before the answer.
    LocalCancel,
    /// The caller gave up before our answer.
    RemoteCancel {
        /// Reason header of the CANCEL; cause 200 means "answered elsewhere".
        reason: Option<Reason>,
    },
    /// We refused the INVITE.
    Rejected {
        /// Status sent.
        status: u16,
    },
    /// Our INVITE failed; see [`Event::Failed`].
    Failed {
        /// Status, as in the event.
        status: u16,
    },
    /// Nobody refreshed the session in time (RFC 4028 §10); BYE was sent.
    SessionExpired,
    /// No ACK to our 2xx in 64·T1; BYE was sent (RFC 3261 §13.3.1.4).
    NoAck,
    /// The peer no longer knows the dialog (481), or does not answer in it (408) (RFC 3261 §12.2.1.2).
    DialogLost {
        /// Method of the request that showed it.
        method: Method,
    },
}
