//! Callbacks and idempotency keys.

use flexio_domain::*;

use super::columns::*;
use super::{MISSING, Step, TAKEN};
use crate::relational::rows::CallbackOutcome;
use crate::relational::{Value, Write};
use crate::{IdempotencyRecord, StoreError};

pub fn queue(callback: &Callback) -> Result<Step, StoreError> {
    Ok(Step::one(Write::CallbackInsert, callback_row(callback)?, TAKEN))
}

pub fn settle(callback: &Callback) -> Result<Step, StoreError> {
    let values = vec![
        sid(callback.sid.as_u128()),
        flag(callback.state == CallbackState::Pending),
        time(callback.next_attempt_at),
        CallbackOutcome::of(callback).written()?,
    ];
    Ok(Step::one(Write::CallbackSettle, values, MISSING))
}

pub fn keep(record: IdempotencyRecord) -> Step {
    Step::one(Write::IdempotencyInsert, idempotency_row(record), crate::IDEMPOTENCY_KEY_TAKEN)
}

fn callback_row(callback: &Callback) -> Result<Vec<Value>, StoreError> {
    Ok(vec![
        sid(callback.sid.as_u128()),
        sid(callback.account_sid.as_u128()),
        text(&callback.subject),
        Value::Int(callback.sequence.into()),
        flag(callback.state == CallbackState::Pending),
        time(callback.next_attempt_at),
        time(callback.created_at),
        doc(callback)?,
    ])
}

fn idempotency_row(record: IdempotencyRecord) -> Vec<Value> {
    vec![
        sid(record.account_sid.as_u128()),
        text(&record.key),
        Value::Bytes(record.request_digest.to_vec()),
        Value::Int(record.status.into()),
        Value::Bytes(record.body),
        text(&record.content_type),
        text(&record.resource),
        time(record.created_at),
    ]
}
