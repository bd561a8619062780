//! Number masking.

use flexio_domain::*;

use super::columns::*;
use super::{MOVED, Step, TAKEN};
use crate::relational::{Value, Write};
use crate::{MaskingChange, StoreError};

/// The step of a change.
pub fn plan(change: MaskingChange) -> Result<Step, StoreError> {
    Ok(match change {
        MaskingChange::Create(record) => Step::one(Write::MaskingInsert, row(&record)?, TAKEN),
        MaskingChange::Update(record) => {
            let next = MaskRecord { version: record.version + 1, ..record };
            Step::one(Write::MaskingUpdate, row(&next)?, MOVED)
        }
        MaskingChange::Delete(account, record) => {
            Step::any(Write::MaskingDelete, vec![sid(account.as_u128()), sid(record.as_u128())])
        }
    })
}

fn row(record: &MaskRecord) -> Result<Vec<Value>, StoreError> {
    Ok(vec![
        sid(record.sid.as_u128()),
        sid(record.account_sid.as_u128()),
        Value::Int(record.version.into()),
        Value::Int(record.kind().number()),
        sid(record.parent.as_u128()),
        optional_text(record.subject()),
        optional_text(record.key.as_deref()),
        doc(record)?,
    ])
}
