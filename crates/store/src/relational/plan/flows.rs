//! Flows, their revisions and executions.

use flexio_domain::*;

use super::columns::*;
use super::{MISSING, MOVED, Step, TAKEN};
use crate::relational::{Value, Write};
use crate::{FlowChange, KeptSound, StoreError};

pub fn plan(change: FlowChange, steps: &mut Vec<Step>) -> Result<(), StoreError> {
    use FlowChange as C;
    let step = match change {
        C::CreateFlow(flow) => Step::one(Write::FlowInsert, flow_row(&flow)?, TAKEN),
        C::UpdateFlow(flow) => {
            let next = Flow { version: flow.version + 1, ..flow };
            Step::one(Write::FlowUpdate, flow_row(&next)?, MOVED)
        }
        C::DeleteFlow(account, flow) => {
            let key = || vec![sid(account.as_u128()), sid(flow.as_u128())];
            steps.push(Step::one(Write::FlowDelete, key(), MISSING));
            steps.push(Step::any(Write::FlowRevisionsDelete, key()));
            steps.push(Step::any(Write::FlowStepsDelete, key()));
            Step::any(Write::FlowExecutionsDelete, key())
        }
        C::AddRevision(revision) => {
            let row = vec![
                sid(revision.flow_sid.as_u128()),
                Value::Int(revision.revision.into()),
                sid(revision.account_sid.as_u128()),
                doc(&revision)?,
            ];
            Step::one(Write::FlowRevisionInsert, row, TAKEN)
        }
        C::CreateExecution(execution) => Step::one(Write::ExecutionInsert, execution_row(&execution)?, TAKEN),
        C::UpdateExecution(execution) => {
            let next = FlowExecution { version: execution.version + 1, ..execution };
            Step::one(Write::ExecutionUpdate, execution_row(&next)?, MOVED)
        }
        C::DeleteExecution(account, execution) => {
            let key = || vec![sid(account.as_u128()), sid(execution.as_u128())];
            steps.push(Step::one(Write::ExecutionDelete, key(), "the execution goes on, or is not there"));
            Step::any(Write::ExecutionStepsDelete, key())
        }
        C::SweepExecutions(before, limit) => {
            let key = || vec![sid(before.as_u128()), Value::Int(limit.into())];
            steps.push(Step::any(Write::OldStepsDelete, key()));
            Step::any(Write::OldExecutionsDelete, key())
        }
        C::AddStep(step) => {
            let row = vec![
                sid(step.execution_sid.as_u128()),
                Value::Int(step.sequence.into()),
                sid(step.account_sid.as_u128()),
                doc(&step)?,
            ];
            Step::one(Write::FlowStepInsert, row, TAKEN)
        }
        C::AddMetric(account, day, name, value) => {
            let row = vec![sid(account.as_u128()), text(&day), text(&name), Value::Int(value)];
            Step::any(Write::FlowMetricAdd, row)
        }
        C::AddQueueDay(account, added) => Step::any(Write::QueueDayAdd, queue_day_row(account, &added)),
        C::AddCue(cue) => {
            let row = vec![sid(cue.sid.as_u128()), sid(cue.account_sid.as_u128()), doc(&cue)?];
            Step::one(Write::FlowCueInsert, row, TAKEN)
        }
        C::DropCue(account, cue) => {
            Step::one(Write::FlowCueDelete, vec![sid(cue.as_u128()), sid(account.as_u128())], MISSING)
        }
        C::SetValue(account, name, value) => {
            Step::any(Write::FlowValueSave, vec![sid(account.as_u128()), text(&name), text(&value)])
        }
        C::ForgetValue(account, name) => Step::any(Write::FlowValueDelete, named(account, &name)),
        C::SaveSound(kept) => Step::any(Write::SoundSave, sound_row(*kept)?),
        C::DeleteSound(account, name) => Step::one(Write::SoundDelete, named(account, &name), MISSING),
    };
    steps.push(step);
    Ok(())
}

fn queue_day_row(account: AccountSid, added: &QueueDay) -> Vec<Value> {
    let count = |count: u64| Value::Int(i64::try_from(count).unwrap_or(i64::MAX));
    let QueueDay { queue, day, entered, served, in_time, abandoned, waited_s } = added;
    let mut row = vec![sid(account.as_u128()), text(day), text(queue)];
    row.extend([*entered, *served, *in_time, *abandoned, *waited_s].map(count));
    row
}

fn flow_row(flow: &Flow) -> Result<Vec<Value>, StoreError> {
    Ok(vec![
        sid(flow.sid.as_u128()),
        sid(flow.account_sid.as_u128()),
        Value::Int(flow.version.into()),
        optional_time(flow.due_at),
        optional_text(flow.queue.as_deref()),
        doc(flow)?,
    ])
}

fn execution_row(execution: &FlowExecution) -> Result<Vec<Value>, StoreError> {
    let reply_to = execution.awaits_reply.then_some(execution.platform.as_str());
    Ok(vec![
        sid(execution.sid.as_u128()),
        sid(execution.account_sid.as_u128()),
        Value::Int(execution.version.into()),
        sid(execution.flow_sid.as_u128()),
        flag(execution.is_active),
        optional_time(execution.due_at.filter(|_| execution.is_active)),
        optional_sid(execution.call_sid.map(CallSid::as_u128)),
        optional_text(reply_to),
        text(&execution.contact),
        doc(execution)?,
    ])
}

/// The key of what an account has by name.
fn named(account: AccountSid, name: &str) -> Vec<Value> {
    vec![sid(account.as_u128()), text(name)]
}

fn sound_row(KeptSound { sound, content }: KeptSound) -> Result<Vec<Value>, StoreError> {
    let facts = doc(&sound)?;
    Ok(vec![sid(sound.account_sid.as_u128()), text(&sound.name), facts, Value::Bytes(content.0)])
}
