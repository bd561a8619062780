//! Queues as the voice node uses them.

use flexio_billing::Waited;
use flexio_domain::{CallSid, Queue, QueueMember, Timestamp, UsageLabels};
use flexio_store::{Change, RoomChange};

use crate::App;
use crate::usage::booked;

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

/// A call waits no longer. What it waited is counted, where it is known since when and what for.
pub fn unqueued(
    app: &App,
    queue: &Queue,
    call: CallSid,
    waited: Option<(Timestamp, UsageLabels)>,
) -> Vec<Change> {
    let mut changes = vec![Change::Room(RoomChange::DropMember(queue.account_sid, queue.sid, call))];
    if let Some((since, labels)) = waited {
        let (account_sid, until) = (queue.account_sid, app.clock.now());
        let charge = app.meter(account_sid).waited(&Waited { call_sid: call, account_sid, since, until });
        changes.extend(booked(charge.labelled(labels)));
    }
    changes
}
