//! What may happen to a queue, and what it wants done.

use std::time::Duration;

use flexio_markup::{QueueSide, Target};
use jiff::Timestamp;

use crate::actions::LegId;

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum QueueEvent {
    /// A call comes to one of the sides.
    Enter(Box<EnterQueue>),
    /// A call is gone, from wherever it was.
    Leave {
        /// The call.
        call_sid: String,
    },
    /// A call that was matched may be connected: it has heard its document.
    Ready {
        /// The call.
        call_sid: String,
    },
    /// A call that waits is taken out over the API.
    Dequeue {
        /// The call; `None` is the one served next.
        call_sid: Option<String>,
        /// The document it runs now.
        target: Target,
    },
    /// The queue holds at most so many from now on; those who are in it stay.
    MaxSize(u32),
    /// The node stops.
    Shutdown,
}

/// A call that comes to a queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnterQueue {
    /// Which leg.
    pub leg: LegId,
    /// Its sid.
    pub call_sid: String,
    /// Name of the queue, unique in the account.
    pub queue: String,
    /// Waits or serves.
    pub side: QueueSide,
    /// Of those who wait the highest is served first.
    pub priority: u32,
    /// Heard by this call before it is connected; absolute URL.
    pub join: Option<Target>,
    /// Heard by the one it serves before they are connected, unless that one has a document of its own.
    pub peer_join: Option<Target>,
    /// It serves again when the one it served hangs up.
    pub rejoin: bool,
}

/// Where a call is in its queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// 1 is served next; 0 for one who serves.
    pub position: u32,
    /// Since when it waits.
    pub since: Duration,
    /// How long the last ones waited, in whole seconds.
    pub average_s: u64,
    /// So many wait.
    pub size: u32,
    /// So many may.
    pub max_size: u32,
}

/// What a queue tells a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum QueueNews {
    /// It is in.
    Entered {
        /// Sid of the queue.
        queue_sid: String,
        /// Its name.
        name: String,
        /// Where it is.
        place: Place,
    },
    /// It is not in: too many wait. Nothing follows.
    Full {
        /// Sid of the queue.
        queue_sid: String,
    },
    /// Others came or went.
    Moved {
        /// Where it is now.
        place: Place,
    },
    /// It is to be connected: it hears its document, then says that it is ready.
    Matched {
        /// The other call.
        peer: String,
        /// The document, if there is one.
        join: Option<Target>,
        /// How long the one who waited has waited, in seconds.
        waited_s: u64,
    },
    /// The other one went before they were connected, or it serves again: it is where it was.
    Back {
        /// Where it is.
        place: Place,
    },
    /// The two are connected.
    Connected,
    /// The other one left. Nothing follows.
    Parted,
    /// It was taken out over the API. Nothing follows.
    Dequeued {
        /// The document it runs now.
        target: Target,
    },
    /// The queue is no more. Nothing follows.
    Closed,
}

impl QueueNews {
    /// Whether the call is out of the queue by it.
    pub fn is_last(&self) -> bool {
        match self {
            Self::Full { .. } | Self::Parted | Self::Dequeued { .. } | Self::Closed => true,
            Self::Entered { .. }
            | Self::Moved { .. }
            | Self::Matched { .. }
            | Self::Back { .. }
            | Self::Connected => false,
        }
    }
}

/// What the shell must do, in the order given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum QueueAction {
    /// Tell a call's machine, as [`crate::Event::Queue`].
    Tell {
        /// The call.
        call_sid: String,
        /// Its leg.
        leg: LegId,
        /// What.
        news: QueueNews,
    },
    /// A call waits from now on. To be saved.
    Waits {
        /// The call.
        call_sid: String,
        /// Its priority.
        priority: u32,
        /// When it came.
        since: Timestamp,
    },
    /// A call waits no longer. To be saved.
    WaitsNoMore {
        /// The call.
        call_sid: String,
    },
    /// Connect the media of two calls.
    Connect {
        /// The one who waited.
        customer: String,
        /// The one who serves.
        agent: String,
    },
    /// Undo [`QueueAction::Connect`]; one of them may be over.
    Disconnect {
        /// The one who waited.
        customer: String,
        /// The one who serves.
        agent: String,
    },
    /// The last action: nobody is there. Free the machine.
    Done,
}
