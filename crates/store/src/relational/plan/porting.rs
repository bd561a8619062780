//! Numbers that move between operators.

use flexio_domain::*;

use super::columns::*;
use super::{MOVED, Step, TAKEN};
use crate::relational::{Value, Write};
use crate::{PortingChange, StoreError};

/// The step of a change.
pub fn plan(change: PortingChange) -> Result<Step, StoreError> {
    Ok(match change {
        PortingChange::Create(request) => Step::one(Write::PortingInsert, row(&request)?, TAKEN),
        PortingChange::Update(request) => {
            let next = PortingRequest { version: request.version + 1, ..request };
            Step::one(Write::PortingUpdate, row(&next)?, MOVED)
        }
        PortingChange::DropStock(number) => Step::any(Write::StockDrop, vec![text(number.as_str())]),
        PortingChange::Hold(number, account, until, now) => {
            let values = vec![text(number.as_str()), sid(account.as_u128()), time(until), time(now)];
            Step::one(Write::StockHold, values, "the number is not free, or held by another account")
        }
    })
}

fn row(request: &PortingRequest) -> Result<Vec<Value>, StoreError> {
    Ok(vec![
        sid(request.sid.as_u128()),
        sid(request.account_sid.as_u128()),
        Value::Int(request.version.into()),
        text(request.number.as_str()),
        Value::Int(request.state.is_open().into()),
        doc(request)?,
    ])
}
