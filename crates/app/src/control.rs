//! What the use cases ask of whoever carries the calls.

use async_trait::async_trait;
use flexio_domain::{Call, CallSid, Webhook, WebhookSet};

/// How a call is ended by request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EndCall {
    /// Only while it is queued or ringing; later it has no effect.
    Cancel,
    /// In any state.
    Complete,
}

/// Instructions that replace the ones a call is executing.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct NewInstructions {
    /// Asked for the document. `primary` is `None` only if `document` is given.
    pub source: WebhookSet,
    /// The document itself; wins over `source`.
    pub document: Option<String>,
    /// Told of the end of the call from now on, instead of the one it had.
    pub status_callback: Option<Webhook>,
    /// Move the other leg of the bridge too; otherwise it is released.
    pub both_legs: bool,
}

/// A change of a live call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CallChange {
    /// Drop the present document and run this one.
    Redirect(Box<NewInstructions>),
    /// End it.
    End(EndCall),
    /// Stop or resume sending what this leg says.
    Mute(bool),
}

/// Why a live call was not changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ControlError {
    /// No node that answers carries the call. Worth a retry.
    #[error("no node that answers carries the call")]
    NotHere,
    /// The call is over.
    #[error("the call is over")]
    Over,
    /// The call lives, but this change makes no sense in its state.
    #[error("the call is not in a state for this change")]
    WrongState,
    /// This node takes no more calls now: overload or draining.
    #[error("no more calls are taken now")]
    Overloaded,
}

/// The carrier of calls: the voice node of this process, or a client of the node that holds the sockets.
#[async_trait]
pub trait CallControl: Send + Sync + std::fmt::Debug {
    /// Whether a new call would be taken now. Asked before the call is saved, so that overload is refused and not broken.
    fn accepts_calls(&self) -> bool;

    /// Starts a call that was saved as `queued`. From `Ok` on the carrier answers for its course and its end.
    async fn originate(&self, call: &Call) -> Result<(), ControlError>;

    /// Changes a live call. `Ok` means the carrier has taken the change and saved what follows from it.
    async fn modify(&self, call: CallSid, change: CallChange) -> Result<(), ControlError>;
}
