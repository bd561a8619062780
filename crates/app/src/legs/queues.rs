//! Queues as the voice node uses them.

use flexio_billing::Waited;
use flexio_domain::{CallSid, FlowCue, Queue, QueueMember, RequestSid, Timestamp, UsageLabels};
use flexio_flows::nodes::QueueEvent;
use flexio_store::{Change, FlowChange, RoomChange};

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

/// What happened to a call in a queue, for the flows that wait for it. `since`: when it came into the queue, where that is known.
pub fn told_to_flows(
    queue: &Queue,
    call: CallSid,
    event: QueueEvent,
    since: Option<Timestamp>,
    at: Timestamp,
) -> Change {
    let waited_s = since.map_or(0, |since| at.duration_since(since).as_secs());
    FlowChange::AddCue(FlowCue {
        sid: RequestSid::new(),
        account_sid: queue.account_sid,
        queue: queue.friendly_name.clone(),
        call_sid: call,
        event: event.as_str().to_owned(),
        waited_s: u32::try_from(waited_s).unwrap_or(0),
        at,
    })
    .into()
}
