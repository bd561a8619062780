//! State of one leg.

use super::dialog::Dialog;
use super::refer::{ReferReceived, ReferSent};
use super::refresh::SessionTimer;
use super::reliable::{Early, Reliable};
use crate::digest::ClientAuth;
use crate::request::InviteRequest;
use crate::slab::Key;

/// One leg, kept until its last transaction needs it no more.
#[derive(Debug)]
pub(super) struct Leg {
    pub(super) dialog: Dialog,
    pub(super) state: State,
    /// Client transactions that will still report here.
    pub(super) pending: u32,
    pub(super) auth: Option<Box<ClientAuth>>,
    pub(super) reoffer: Reoffer,
    /// Our change of session met theirs (491) and waits to go again: its SDP, and how often that happened.
    pub(super) glare: Option<(Box<[u8]>, u8, How)>,
    /// A 2xx of ours that waits for its ACK.
    pub(super) unacked: Option<Unacked>,
    /// Reason line of the BYE to send when the ACK has come: a callee may not hang up before (RFC 3261 §15).
    pub(super) bye_after_ack: Option<Box<[u8]>>,
    /// Reliable provisional responses of an inbound leg, when the peer understands PRACK.
    pub(super) reliable: Option<Box<Reliable>>,
    /// The session timer in force, and the one that will be with our answer.
    pub(super) session: Option<SessionTimer>,
    pub(super) session_asked: Option<SessionTimer>,
    /// The peer allows UPDATE.
    pub(super) peer_updates: bool,
    /// Our description as it stands, to refresh the session of a peer without UPDATE.
    pub(super) local_sdp: Option<Box<[u8]>>,
    pub(super) refer_sent: Option<ReferSent>,
    pub(super) refer_received: Option<ReferReceived>,
    /// A REFER of the peer was accepted before.
    pub(super) was_referred: bool,
}

/// How far a leg is.
#[derive(Debug)]
pub(super) enum State {
    /// Our INVITE has no final answer yet.
    Calling(Box<Attempt>),
    /// Their INVITE has no final answer yet.
    Incoming { tx: Key, cseq: u32 },
    /// A 2xx was sent or received.
    Talking,
    /// `Ended` was told; what is left is for the wire only.
    Over,
}

/// What is needed to send our INVITE again, elsewhere.
#[derive(Debug)]
pub(super) struct Attempt {
    pub(super) request: InviteRequest,
    /// Destination in use.
    pub(super) at: usize,
    /// The transaction in use.
    pub(super) tx: Key,
    /// Forks that answer reliably.
    pub(super) early: Vec<Early>,
    /// Tags of all forks that ring: by one of them the early dialog is named.
    pub(super) ringing: Vec<Box<[u8]>>,
    /// Interval that a 422 wants, and how often one came.
    pub(super) min_se: Option<u32>,
    pub(super) timer_tries: u8,
}

/// How a change of ours travels, and for whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum How {
    Reinvite,
    Update,
    /// A re-INVITE that changes nothing: the application is not told.
    Refresh,
}

/// A change of the session under way; one at a time (RFC 3261 §14).
#[derive(Debug)]
pub(super) enum Reoffer {
    None,
    /// Our re-INVITE or UPDATE is on its way.
    Sent {
        sdp: Box<[u8]>,
        glares: u8,
        how: How,
    },
    /// Their re-INVITE or UPDATE waits for the application.
    Received {
        tx: Key,
        is_invite: bool,
        cseq: u32,
    },
}

/// A 2xx without ACK.
#[derive(Debug, Clone, Copy)]
pub(super) struct Unacked {
    pub(super) tx: Key,
    pub(super) cseq: u32,
    /// False for a re-INVITE.
    pub(super) is_first: bool,
}

impl Leg {
    pub(super) fn new(dialog: Dialog, state: State) -> Leg {
        Leg {
            dialog,
            state,
            pending: 0,
            auth: None,
            reoffer: Reoffer::None,
            glare: None,
            unacked: None,
            bye_after_ack: None,
            reliable: None,
            session: None,
            session_asked: None,
            peer_updates: false,
            local_sdp: None,
            refer_sent: None,
            refer_received: None,
            was_referred: false,
        }
    }

    pub(super) fn is_over(&self) -> bool {
        matches!(self.state, State::Over)
    }
}
