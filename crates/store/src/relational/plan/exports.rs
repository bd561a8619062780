//! Archives of accounts.

use flexio_domain::*;

use super::columns::*;
use super::{MOVED, Step, TAKEN};
use crate::relational::{Value, Write};
use crate::{ExportChange, StoreError};

/// The step of a change.
pub fn plan(change: ExportChange) -> Result<Step, StoreError> {
    Ok(match change {
        ExportChange::Create(export) => Step::one(Write::ExportInsert, row(&export)?, TAKEN),
        ExportChange::Update(export) => {
            let next = Export { version: export.version + 1, ..export };
            Step::one(Write::ExportUpdate, row(&next)?, MOVED)
        }
    })
}

fn row(export: &Export) -> Result<Vec<Value>, StoreError> {
    Ok(vec![
        sid(export.sid.as_u128()),
        sid(export.account_sid.as_u128()),
        Value::Int(export.version.into()),
        optional_time(export.due_at),
        doc(export)?,
    ])
}
