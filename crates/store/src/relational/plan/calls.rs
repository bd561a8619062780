//! Calls, their timelines, recordings, notifications.

use flexio_domain::*;

use super::columns::*;
use super::{MOVED, Step, TAKEN};
use crate::relational::rows::TimelineLine;
use crate::relational::{Value, Write};
use crate::{KeptLadder, StoreError, TimelineEntry};

pub fn create(call: &Call) -> Result<Step, StoreError> {
    let mut row = call_row(call)?;
    row.push(if call.direction == CallDirection::Inbound { Value::Null } else { Value::Int(1) });
    Ok(Step::one(Write::CallInsert, row, TAKEN))
}

pub fn update(mut call: Call) -> Result<Step, StoreError> {
    call.version += 1;
    Ok(Step::one(Write::CallUpdate, call_row(&call)?, MOVED))
}

pub fn delete(account: AccountSid, call: CallSid) -> [Step; 3] {
    let key = vec![sid(account.as_u128()), sid(call.as_u128())];
    [
        Step::one(Write::CallDelete, key, "the call is not over, or is not there"),
        Step::any(Write::TimelineDelete, vec![sid(call.as_u128())]),
        Step::any(Write::LaddersDelete, vec![sid(call.as_u128())]),
    ]
}

pub fn prove(calls: Vec<(CallSid, u64)>, at: Timestamp) -> impl Iterator<Item = Result<Step, StoreError>> {
    calls.into_iter().map(move |(call, talk_ms)| {
        let talk_ms = Value::Int(i64::try_from(talk_ms).unwrap_or(i64::MAX));
        Ok(Step::any(Write::CallProve, vec![sid(call.as_u128()), time(at), talk_ms]))
    })
}

/// One row for all entries: they come some at a time, and a row each would cost more than what it says.
pub fn add_timeline(entries: &[TimelineEntry]) -> Result<Step, StoreError> {
    Ok(Step::one(Write::TimelineInsert, timeline_row(entries)?, TAKEN))
}

pub fn add_ladder(ladder: KeptLadder) -> Step {
    let KeptLadder { id, account_sid, call_sid, root_call_sid, expires_at, content } = ladder;
    let row = vec![
        sid(id),
        sid(account_sid.as_u128()),
        sid(call_sid.as_u128()),
        sid(root_call_sid.as_u128()),
        time(expires_at),
        Value::Bytes(content),
    ];
    Step::one(Write::LadderInsert, row, TAKEN)
}

pub fn create_recording(recording: &Recording) -> Result<Step, StoreError> {
    Ok(Step::one(Write::RecordingInsert, recording_row(recording)?, TAKEN))
}

pub fn update_recording(mut recording: Recording) -> Result<Step, StoreError> {
    recording.version += 1;
    Ok(Step::one(Write::RecordingUpdate, recording_row(&recording)?, MOVED))
}

pub fn add_notification(notification: &Notification) -> Result<Step, StoreError> {
    Ok(Step::one(Write::NotificationInsert, notification_row(notification)?, TAKEN))
}

pub fn add_verb_record(record: &VerbRecord) -> Result<Step, StoreError> {
    let row = vec![
        sid(record.id.0),
        sid(record.account_sid.as_u128()),
        text(record.kind.as_str()),
        sid(record.call_sid.as_u128()),
        text(&record.status),
        time(record.created_at),
        doc(record)?,
    ];
    Ok(Step::one(Write::VerbRecordInsert, row, TAKEN))
}

fn call_row(call: &Call) -> Result<Vec<Value>, StoreError> {
    let open_node = if call.status.is_final() { None } else { Some(call.node.as_deref().unwrap_or("")) };
    Ok(vec![
        sid(call.sid.as_u128()),
        sid(call.account_sid.as_u128()),
        Value::Int(call.version.into()),
        optional_sid(call.parent_call_sid.map(CallSid::as_u128)),
        Value::Text(call.from.to_string()),
        Value::Text(call.to.to_string()),
        text(call.status.as_str()),
        optional_text(open_node),
        time(call.created_at),
        optional_time(call.ended_at),
        optional_time(call.proven_at),
        doc(call)?,
    ])
}

fn timeline_row(entries: &[TimelineEntry]) -> Result<Vec<Value>, StoreError> {
    let Some(first) = entries.first() else {
        return Err(StoreError::Broken("no entries to add to a timeline".into()));
    };
    if entries.iter().any(|entry| entry.call_sid != first.call_sid) {
        return Err(StoreError::Broken("timeline entries of several calls in one change".into()));
    }
    let sequence = Value::Int(first.sequence.into());
    let lines: Vec<TimelineLine<'_>> = entries.iter().map(TimelineLine::of).collect();
    Ok(vec![sid(first.call_sid.as_u128()), sequence, sid(first.account_sid.as_u128()), doc(&lines)?])
}

fn recording_row(recording: &Recording) -> Result<Vec<Value>, StoreError> {
    use RecordingStatus as S;
    let node = recording.node.as_deref().unwrap_or("");
    let is_open = recording.status.is_open();
    let is_spooled = recording.status == S::Completed && !recording.is_stored;
    Ok(vec![
        sid(recording.sid.as_u128()),
        sid(recording.account_sid.as_u128()),
        Value::Int(recording.version.into()),
        sid(recording.call_sid.as_u128()),
        optional_sid(recording.conference_sid.map(ConferenceSid::as_u128)),
        optional_text(is_open.then_some(node)),
        optional_text(is_spooled.then_some(node)),
        optional_time(recording.expires_at),
        flag(recording.status == S::Deleted),
        time(recording.created_at),
        doc(recording)?,
    ])
}

fn notification_row(notification: &Notification) -> Result<Vec<Value>, StoreError> {
    Ok(vec![
        sid(notification.sid.as_u128()),
        sid(notification.account_sid.as_u128()),
        optional_sid(notification.call_sid.map(CallSid::as_u128)),
        Value::Int(notification.level.log().into()),
        Value::Int(notification.code.into()),
        optional_text(notification.request_url.as_deref()),
        time(notification.created_at),
        text(&notification.text),
        doc(notification)?,
    ])
}
