//! Requests of authorities.

use flexio_domain::*;

use super::columns::*;
use super::{MOVED, Step, TAKEN};
use crate::relational::{Value, Write};
use crate::{LawfulChange, StoreError};

/// The step of a change.
pub fn plan(change: LawfulChange) -> Result<Step, StoreError> {
    Ok(match change {
        LawfulChange::Create(request) => Step::one(Write::LawfulRequestInsert, row(&request)?, TAKEN),
        LawfulChange::Update(request) => {
            let next = LawfulRequest { version: request.version + 1, ..request };
            Step::one(Write::LawfulRequestUpdate, row(&next)?, MOVED)
        }
    })
}

fn row(request: &LawfulRequest) -> Result<Vec<Value>, StoreError> {
    let due_at = (request.state == LawfulState::Open).then_some(request.due_at);
    Ok(vec![
        sid(request.sid.as_u128()),
        sid(request.account_sid.as_u128()),
        Value::Int(request.version.into()),
        optional_time(due_at),
        optional_time(request.decided_at),
        doc(request)?,
    ])
}
