//! Flows that are started by what happens in queues.

use flexio_domain::{AccountSid, CallSid, ExecutionSid, FlowExecution, Stage};
use flexio_flows::nodes::{Kind, QueueEvent};
use flexio_flows::{Channel, Start};
use flexio_store::{Change, ChangeSet, FlowChange};
use serde_json::json;

use super::{FlowAt, definition_of};
use crate::App;
use crate::error::AppError;

/// Flows one event of a queue starts, at most.
const STARTED_MAX: u32 = 20;

impl App {
    /// Starts the flows that wait for this event of the queue. They run after this returns; how many there are.
    pub async fn flow_queue_event(
        &self,
        account: AccountSid,
        queue: &str,
        call: CallSid,
        event: QueueEvent,
        waited_s: u32,
    ) -> Result<usize, AppError> {
        let flows = self.store.flows_of_queue(account, queue, STARTED_MAX).await?;
        if flows.is_empty() {
            return Ok(0);
        }
        let known = self.store.call(account, call).await?;
        let ends = known.map(|call| (call.from.to_string(), call.to.to_string(), call.direction.as_str()));
        let (from, to, direction) = ends.unwrap_or_default();
        // The person is the one who called, or the one we called.
        let (contact, platform) = if direction.starts_with("outbound") { (to, from) } else { (from, to) };
        let mut changes = ChangeSet::new();
        for flow in flows {
            let at = FlowAt { sid: flow.sid, stage: Stage::Production };
            let Some(answering) = self.answering(account, at, &contact).await? else { continue };
            let document = definition_of(&answering.revision.definition)?;
            let wants = document.nodes.iter().any(|node| match &node.kind {
                Kind::OnQueue(trigger) => trigger.wants(queue, event, waited_s),
                _ => false,
            });
            if !wants {
                continue;
            }
            let data = json!({ "queue": queue, "event": event.as_str(), "waited_s": waited_s, "call_sid": call.to_string() });
            let start = Start { from: contact.clone(), to: platform.clone(), data, ..Start::default() };
            let (execution, _) = self.new_execution(ExecutionSid::new(), &answering, Channel::Queue, start);
            let execution = FlowExecution { due_at: Some(execution.created_at), ..execution };
            changes.push(Change::from(FlowChange::CreateExecution(execution)));
        }
        let started = changes.changes().len();
        if started > 0 {
            self.store.commit(changes).await?;
            self.wake.flows.notify_one();
        }
        Ok(started)
    }
}
