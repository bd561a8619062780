//! Queues: waiting rooms for calls.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{AccountSid, CallSid, QueueSid};

/// A waiting room. It is made over REST or by its first use.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Queue {
    /// Identity.
    pub sid: QueueSid,
    /// Optimistic lock.
    pub version: u32,
    /// Owner.
    pub account_sid: AccountSid,
    /// Unique in the account; documents call it by this name. At most 64 characters.
    pub friendly_name: String,
    /// Calls it holds at most, 1 to 1000.
    pub max_size: u32,
    /// Creation.
    pub created_at: Timestamp,
    /// Last change.
    pub updated_at: Timestamp,
}

impl Queue {
    /// Size of a queue that was made without one.
    pub const DEFAULT_SIZE: u32 = 100;
    /// Largest size.
    pub const SIZE_MAX: u32 = 1_000;
}

/// A call that waits. The node that carries it is the only one that writes it, and drops it when it no longer waits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct QueueMember {
    /// The queue.
    pub queue_sid: QueueSid,
    /// The call.
    pub call_sid: CallSid,
    /// Owner of both.
    pub account_sid: AccountSid,
    /// Higher is served first.
    pub priority: u32,
    /// Since when it waits; of one priority the earliest is served first.
    pub enqueued_at: Timestamp,
    /// The node.
    pub node: String,
}

/// What happened in a queue on a day, or what is added to it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct QueueDay {
    /// Name of the queue.
    pub queue: String,
    /// Day in UTC, `YYYY-MM-DD`.
    pub day: String,
    /// Calls that came in.
    pub entered: u64,
    /// Calls that somebody took.
    pub served: u64,
    /// Those of them that had waited [`QueueDay::IN_TIME_S`] at most.
    pub in_time: u64,
    /// Calls that were gone before somebody took them.
    pub abandoned: u64,
    /// Seconds that those served had waited, together.
    pub waited_s: u64,
}

impl QueueDay {
    /// Seconds within which a call counts as served in time.
    pub const IN_TIME_S: u32 = 20;
}
