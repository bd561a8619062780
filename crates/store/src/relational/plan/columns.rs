//! Values of single columns.

use flexio_domain::*;
use serde::Serialize;

use crate::StoreError;
use crate::relational::{Value, unreadable};

/// NUL cannot be kept in a text column by PostgreSQL. It stands as U+FFFD in columns, which serve searches, and unharmed in `doc`.
pub(in crate::relational) fn text(content: &str) -> Value {
    if content.contains('\0') {
        return Value::Text(content.replace('\0', "\u{fffd}"));
    }
    Value::Text(content.to_owned())
}

pub(in crate::relational) fn optional_text(content: Option<&str>) -> Value {
    content.map_or(Value::Null, text)
}

pub(in crate::relational) fn sid(number: u128) -> Value {
    Value::Sid(number.to_be_bytes())
}

pub(in crate::relational) fn optional_sid(number: Option<u128>) -> Value {
    number.map_or(Value::Null, sid)
}

pub(in crate::relational) fn time(at: Timestamp) -> Value {
    Value::Int(at.as_microsecond())
}

pub(in crate::relational) fn optional_time(at: Option<Timestamp>) -> Value {
    at.map_or(Value::Null, time)
}

pub(in crate::relational) fn optional_int(number: Option<i64>) -> Value {
    number.map_or(Value::Null, Value::Int)
}

/// 1 or NULL: partial indexes hold the rows that have it.
pub(in crate::relational) fn flag(set: bool) -> Value {
    if set { Value::Int(1) } else { Value::Null }
}

/// Counts beyond i64 do not occur; they would stand at its end rather than wrap.
pub(in crate::relational) fn count(number: u64) -> Value {
    Value::Int(i64::try_from(number).unwrap_or(i64::MAX))
}

pub(in crate::relational) fn doc(entity: &impl Serialize) -> Result<Value, StoreError> {
    // One allocation for most entities; it grows for the rest.
    let mut bytes = Vec::with_capacity(1024);
    serde_json::to_writer(&mut bytes, entity).map_err(unreadable)?;
    String::from_utf8(bytes).map(Value::Text).map_err(unreadable)
}

/// E-mail addresses are compared without regard to case.
pub(in crate::relational) fn email_key(address: &str) -> Value {
    text(&address.to_lowercase())
}

/// What can be in one messaging service only: a number or short code of an account.
pub(in crate::relational) fn exclusive(account: AccountSid, address: &Address) -> Value {
    Value::Text(format!("{account}|{address}"))
}

/// The service that limits belong to, or all zeros for those of the account itself.
pub(in crate::relational) fn limit_owner(service: Option<VerifyServiceSid>) -> Value {
    sid(service.map_or(0, VerifyServiceSid::as_u128))
}
