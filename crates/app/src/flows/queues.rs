//! Flows that are started by what happens in queues, and what happens there by day.
//!
//! What happened is kept in the transaction it happened in, and goes with the executions it began: a crash in between repeats the telling,
//! and nothing is told twice.

use flexio_domain::{AccountSid, ExecutionSid, FlowCue, FlowExecution, QueueDay, Stage};
use flexio_flows::nodes::{Kind, QueueEvent};
use flexio_flows::{Channel, Start};
use flexio_store::{Change, ChangeSet, FlowChange, StoreError};
use serde_json::json;

use super::{FlowAt, definition_of};
use crate::App;
use crate::error::AppError;

/// Flows one event of a queue starts, at most.
const STARTED_MAX: u32 = 20;
/// Events told in one go.
const TOLD: u32 = 100;

impl App {
    /// Tells flows what happened in queues, oldest first, as far as nobody has yet.
    pub(super) async fn tell_flows(&self) -> Result<(), AppError> {
        for cue in self.store.flow_cues(TOLD).await? {
            match self.tell_cue(&cue).await {
                // Another process was quicker.
                Ok(_) | Err(AppError::Store(StoreError::Conflict(_))) => {}
                Err(AppError::Store(error)) => return Err(error.into()),
                Err(error) => {
                    tracing::error!(account_sid = %cue.account_sid, %error, "flows_not_told_of_a_queue");
                    // The next try would end the same way, in front of all others.
                    let drop = FlowChange::DropCue(cue.account_sid, cue.sid);
                    self.store.commit(Change::from(drop).into()).await?;
                }
            }
        }
        Ok(())
    }

    /// Starts the flows that wait for this, counts it for the queue's day, and forgets it, all or nothing. They run after this returns; how many there are.
    /// A conflict where it was told before.
    pub async fn tell_cue(&self, cue: &FlowCue) -> Result<usize, AppError> {
        let mut changes = ChangeSet::from(Change::from(FlowChange::DropCue(cue.account_sid, cue.sid)));
        changes.push(FlowChange::AddQueueDay(cue.account_sid, day_of(cue)).into());
        for execution in self.begun_by(cue).await? {
            changes.push(FlowChange::CreateExecution(execution).into());
        }
        let started = changes.changes().len() - 2;
        self.store.commit(changes).await?;
        if started > 0 {
            self.wake.flows.notify_one();
        }
        Ok(started)
    }

    /// What happened in the queues of the account on these days (`YYYY-MM-DD`, both included), newest first; at most a thousand rows.
    pub async fn queue_days(
        &self,
        account: AccountSid,
        days: (&str, &str),
    ) -> Result<Vec<QueueDay>, AppError> {
        Ok(self.store.queue_days(account, days).await?)
    }

    async fn begun_by(&self, cue: &FlowCue) -> Result<Vec<FlowExecution>, AppError> {
        let FlowCue { account_sid: account, queue, call_sid: call, waited_s, .. } = cue;
        let Some(event) = QueueEvent::named(&cue.event) else { return Ok(Vec::new()) };
        let flows = self.store.flows_of_queue(*account, queue, STARTED_MAX).await?;
        if flows.is_empty() {
            return Ok(Vec::new());
        }
        let known = self.store.call(*account, *call).await?;
        let ends = known.map(|call| (call.from.to_string(), call.to.to_string(), call.direction.as_str()));
        let (from, to, direction) = ends.unwrap_or_default();
        // The person is the one who called, or the one we called.
        let (contact, platform) = if direction.starts_with("outbound") { (to, from) } else { (from, to) };
        let mut begun = Vec::new();
        for flow in flows {
            let at = FlowAt { sid: flow.sid, stage: Stage::Production };
            let Some(answering) = self.answering(*account, at, &contact).await? else { continue };
            let document = definition_of(&answering.revision.definition)?;
            let wants = document.nodes.iter().any(|node| match &node.kind {
                Kind::OnQueue(trigger) => trigger.wants(queue, event, *waited_s),
                _ => false,
            });
            if !wants {
                continue;
            }
            let data = json!({ "queue": queue, "event": event.as_str(), "waited_s": waited_s, "call_sid": call.to_string() });
            let start = Start { from: contact.clone(), to: platform.clone(), data, ..Start::default() };
            let (execution, _) = self.new_execution(ExecutionSid::new(), &answering, Channel::Queue, start);
            begun.push(FlowExecution { due_at: Some(execution.created_at), ..execution });
        }
        Ok(begun)
    }
}

/// What an event adds to the day of its queue.
fn day_of(cue: &FlowCue) -> QueueDay {
    let day = cue.at.to_zoned_datetime(jiff::tz::TimeZone::UTC).date().to_string();
    let none = QueueDay { queue: cue.queue.clone(), day, ..QueueDay::default() };
    match QueueEvent::named(&cue.event) {
        Some(QueueEvent::Entered) => QueueDay { entered: 1, ..none },
        Some(QueueEvent::Served) => QueueDay {
            served: 1,
            in_time: u64::from(cue.waited_s <= QueueDay::IN_TIME_S),
            waited_s: cue.waited_s.into(),
            ..none
        },
        Some(QueueEvent::Abandoned) => QueueDay { abandoned: 1, ..none },
        None => none,
    }
}
