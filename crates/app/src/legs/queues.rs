//! Queues as the voice node uses them.

use flexio_domain::{CallSid, Queue, QueueMember, Timestamp};
use flexio_store::{Change, RoomChange};

/// A call waits from now on.
pub fn queued(queue: &Queue, call: CallSid, priority: u32, since: Timestamp, node: &str) -> Change {
    Change::Room(RoomChange::SaveMember(QueueMember {
        queue_sid: queue.sid,
        call_sid: call,
        account_sid: queue.account_sid,
        priority,
        enqueued_at: since,
        node: node.to_owned(),
    }))
}

/// A call waits no longer.
pub fn unqueued(queue: &Queue, call: CallSid) -> Change {
    Change::Room(RoomChange::DropMember(queue.account_sid, queue.sid, call))
}
