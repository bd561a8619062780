//! What goes into a session and what comes out: closed sets, so that a new kind does not compile until someone has
//! decided what it means.

use std::time::Duration;

use rusmpp::Command;

use crate::{
    delivery::Mo,
    frame::Frame,
    receipt::{MessageId, Receipt},
    submit::{SubmitError, SubmitRequest},
};

/// The owner's name for a submit; it comes back with the outcome.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SubmitKey(pub u64);

/// Names one delivery that waits for an [`Input::Answer`]. Worth nothing after its connection is gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct DeliveryId {
    pub(super) connection: u32,
    pub(super) sequence: u32,
}

/// What happened, from the session's point of view. Frames and losses are those of the present connection: the
/// caller drops what an earlier one still had to say.
#[derive(Debug)]
pub enum Input {
    /// Begin to connect.
    Start,
    /// The stream asked for by [`Action::Connect`] is usable.
    Connected,
    /// The stream could not be made, ended, or failed.
    Lost,
    /// A PDU arrived.
    Received(Frame),
    /// What arrived cannot be cut into PDUs any more ([`crate::FrameError`]).
    Garbled,
    /// Put a segment on the wire; give it only while [`crate::Session::capacity`] is positive.
    Submit {
        /// Comes back with the outcome.
        key: SubmitKey,
        /// The segment.
        request: SubmitRequest,
    },
    /// A delivery is dealt with.
    Answer {
        /// Which.
        delivery: DeliveryId,
        /// What to tell the SMSC.
        answer: Answer,
    },
    /// [`crate::Session::deadline`] has come.
    Timeout,
    /// Stop: no new submits, wait for open answers, unbind, close.
    Close,
}

/// What the SMSC is told about a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// It is durable here: the SMSC may forget it.
    Accept,
    /// Try again later (`ESME_RX_T_APPN`).
    RetryLater,
    /// Never again (`ESME_RX_P_APPN`).
    Reject,
}

/// What the caller must now do, in order. The session itself does nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Open a stream, then give [`Input::Connected`] or [`Input::Lost`]. At most one is open at a time.
    Connect,
    /// Write a PDU.
    Send(Box<Command>),
    /// Write out what is buffered, as far as that goes at once, and close the stream.
    Disconnect,
    /// Tell the owner.
    Event(Event),
}

/// News for the owner of the session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// Bound: traffic can flow.
    Up,
    /// The connection is gone, or could not be made.
    Down {
        /// Why.
        reason: DownReason,
        /// Until the next attempt.
        retry_in: Duration,
    },
    /// What became of a submit.
    Submitted {
        /// The owner's name for it.
        key: SubmitKey,
        /// The result.
        outcome: Outcome,
        /// The answer came after the outcome had been given as unknown; it replaces that one.
        late: bool,
    },
    /// A delivery receipt, to be answered.
    Receipt {
        /// For [`Input::Answer`].
        delivery: DeliveryId,
        /// What it says.
        receipt: Receipt,
    },
    /// A message from a subscriber, to be answered.
    Mo {
        /// For [`Input::Answer`].
        delivery: DeliveryId,
        /// The message.
        mo: Mo,
    },
    /// The session has ended as [`Input::Close`] asked; nothing follows.
    Stopped,
}

/// Result of one submit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The SMSC has taken responsibility.
    Accepted {
        /// Its name for the message, for receipts; some SMSCs give none.
        message_id: Option<MessageId>,
    },
    /// The SMSC said no, with this `command_status` (SMPP 3.4 §5.1.3), never 0.
    Refused {
        /// The status.
        command_status: u32,
    },
    /// It was written, and no answer came. The SMSC may or may not have it.
    Unknown(UnknownReason),
    /// It was never written.
    NotSent(NotSentReason),
}

/// Why an outcome is unknown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnknownReason {
    /// No `submit_sm_resp` in time.
    NoAnswer,
    /// The connection ended first.
    ConnectionLost,
}

/// Why a submit was not written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotSentReason {
    /// No bound session that can send.
    NotBound,
    /// [`crate::Session::capacity`] was 0.
    NoCapacity,
    /// The request does not fit SMPP.
    Invalid(SubmitError),
}

/// Why a connection ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DownReason {
    /// The stream was not made in time.
    ConnectTimeout,
    /// The stream could not be made, ended, or failed.
    Lost,
    /// No answer to the bind.
    BindTimeout,
    /// The bind was refused with this `command_status`.
    BindRefused(u32),
    /// Nothing arrived after an `enquire_link`.
    Silent,
    /// The SMSC unbound.
    UnboundByPeer,
    /// The stream made no sense.
    Garbled,
}
