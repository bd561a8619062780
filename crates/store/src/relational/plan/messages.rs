//! Messages, what carriers call them, and parts of incoming ones.

use flexio_domain::*;

use super::columns::*;
use super::{MISSING, MOVED, Step, TAKEN};
use crate::relational::{Value, Write};
use crate::{MoPart, StoreError};

pub fn create(message: &Message) -> Result<Step, StoreError> {
    Ok(Step::one(Write::MessageInsert, message_row(message)?, TAKEN))
}

pub fn update(mut message: Message) -> Result<Step, StoreError> {
    message.version += 1;
    Ok(Step::one(Write::MessageUpdate, message_row(&message)?, MOVED))
}

/// With what it carries.
pub fn delete(account: AccountSid, message: MessageSid) -> [Step; 2] {
    let key = vec![sid(account.as_u128()), sid(message.as_u128())];
    [Step::one(Write::MessageDelete, key, MISSING), super::messaging::drop_media_of(account, message)]
}

pub fn link(route: &str, carrier_id: &str, message: MessageSid, segment: u32) -> Step {
    let values = vec![text(route), text(carrier_id), sid(message.as_u128()), Value::Int(segment.into())];
    Step::any(Write::CarrierIdInsert, values)
}

pub fn keep_part(part: &MoPart) -> Result<Step, StoreError> {
    let values = vec![text(&part.key), Value::Int(part.part.into()), time(part.received_at), doc(part)?];
    Ok(Step::any(Write::MoPartInsert, values))
}

pub fn drop_parts(key: &str) -> Step {
    Step::any(Write::MoPartsDrop, vec![text(key)])
}

pub fn claim_part(key: &str, part: u8) -> Step {
    Step::one(Write::MoPartClaim, vec![text(key), Value::Int(part.into())], MISSING)
}

fn message_row(message: &Message) -> Result<Vec<Value>, StoreError> {
    let outgoing = message.direction != MessageDirection::Inbound;
    let waits = matches!(message.status, MessageStatus::Queued | MessageStatus::Scheduled);
    let due_at = (outgoing && waits).then(|| message.next_attempt_at.unwrap_or(message.created_at));
    let expires_at = (outgoing && message.status == MessageStatus::Sent).then(|| {
        let validity_us = i64::from(message.validity_s) * 1_000_000;
        message.begins_at().as_microsecond().saturating_add(validity_us)
    });
    Ok(vec![
        sid(message.sid.as_u128()),
        sid(message.account_sid.as_u128()),
        Value::Int(message.version.into()),
        Value::Text(message.from.to_string()),
        Value::Text(message.to.to_string()),
        text(message.status.as_str()),
        optional_time(due_at),
        flag(outgoing && message.status == MessageStatus::Sending),
        expires_at.map_or(Value::Null, Value::Int),
        time(message.created_at),
        optional_time(message.sent_at),
        text(&message.body.0),
        doc(message)?,
    ])
}
