//! Conferences, participants, queues, members.

use flexio_domain::*;

use super::columns::*;
use super::{MOVED, Step, TAKEN};
use crate::relational::{Value, Write};
use crate::{RoomChange, StoreError};

const FOREIGN: &str = "the row belongs to another account";

pub fn plan(change: RoomChange) -> Result<Step, StoreError> {
    use RoomChange as C;
    Ok(match change {
        C::CreateConference(conference) => {
            Step::one(Write::ConferenceInsert, conference_row(&conference)?, TAKEN)
        }
        C::UpdateConference(conference) => {
            let next = Conference { version: conference.version + 1, ..conference };
            Step::one(Write::ConferenceUpdate, conference_row(&next)?, MOVED)
        }
        C::SaveParticipant(participant) => {
            Step::one(Write::ParticipantSave, participant_row(&participant)?, FOREIGN)
        }
        C::CreateQueue(queue) => Step::one(Write::QueueInsert, queue_row(&queue)?, TAKEN),
        C::UpdateQueue(queue) => {
            let next = Queue { version: queue.version + 1, ..queue };
            Step::one(Write::QueueUpdate, queue_row(&next)?, MOVED)
        }
        C::DeleteQueue(account, queue) => {
            let key = vec![sid(account.as_u128()), sid(queue.as_u128())];
            Step::one(Write::QueueDelete, key, "the queue holds calls, or is not there")
        }
        C::SaveMember(member) => Step::one(Write::MemberSave, member_row(&member)?, FOREIGN),
        C::DropMember(account, queue, call) => {
            let key = vec![sid(account.as_u128()), sid(queue.as_u128()), sid(call.as_u128())];
            Step::any(Write::MemberDrop, key)
        }
    })
}

fn conference_row(conference: &Conference) -> Result<Vec<Value>, StoreError> {
    let over = conference.status == ConferenceStatus::Completed;
    let open_node = if over { None } else { Some(conference.node.as_deref().unwrap_or("")) };
    Ok(vec![
        sid(conference.sid.as_u128()),
        sid(conference.account_sid.as_u128()),
        Value::Int(conference.version.into()),
        text(&conference.friendly_name),
        text(conference.status.as_str()),
        optional_text(open_node),
        time(conference.created_at),
        time(conference.updated_at),
        doc(conference)?,
    ])
}

fn participant_row(participant: &Participant) -> Result<Vec<Value>, StoreError> {
    let is = |flag: bool| Value::Int(flag.into());
    Ok(vec![
        sid(participant.conference_sid.as_u128()),
        sid(participant.call_sid.as_u128()),
        sid(participant.account_sid.as_u128()),
        optional_text(participant.label.as_deref()),
        is(participant.status.is_present()),
        is(participant.muted),
        is(participant.hold),
        is(participant.coaching),
        doc(participant)?,
    ])
}

fn queue_row(queue: &Queue) -> Result<Vec<Value>, StoreError> {
    Ok(vec![
        sid(queue.sid.as_u128()),
        sid(queue.account_sid.as_u128()),
        Value::Int(queue.version.into()),
        text(&queue.friendly_name),
        doc(queue)?,
    ])
}

fn member_row(member: &QueueMember) -> Result<Vec<Value>, StoreError> {
    Ok(vec![
        sid(member.queue_sid.as_u128()),
        sid(member.call_sid.as_u128()),
        sid(member.account_sid.as_u128()),
        text(&member.node),
        Value::Int(member.priority.into()),
        time(member.enqueued_at),
        doc(member)?,
    ])
}
