//! Direct debit.

use flexio_domain::*;

use super::columns::*;
use super::{MOVED, Step, TAKEN};
use crate::relational::{Value, Write};
use crate::{DebitChange, StoreError};

const ASKED: &str = "the invoice was asked of a bank before";

/// The step of a change.
pub fn plan(change: DebitChange) -> Result<Step, StoreError> {
    Ok(match change {
        DebitChange::Sign(mandate) => Step::one(Write::MandateInsert, mandate_row(&mandate)?, TAKEN),
        DebitChange::UpdateMandate(mut mandate) => {
            mandate.version += 1;
            Step::one(Write::MandateUpdate, mandate_row(&mandate)?, MOVED)
        }
        DebitChange::CreateFile(file) => {
            Step::one(Write::CollectionFileInsert, vec![sid(file.sid.as_u128()), doc(&*file)?], TAKEN)
        }
        DebitChange::Request(collection) => Step::one(Write::CollectionInsert, row(&collection)?, ASKED),
        DebitChange::UpdateCollection(mut collection) => {
            collection.version += 1;
            Step::one(Write::CollectionUpdate, row(&collection)?, MOVED)
        }
    })
}

fn mandate_row(mandate: &Mandate) -> Result<Vec<Value>, StoreError> {
    Ok(vec![
        sid(mandate.sid.as_u128()),
        sid(mandate.account_sid.as_u128()),
        Value::Int(mandate.version.into()),
        text(&mandate.reference),
        flag(mandate.revoked_at.is_none()),
        doc(mandate)?,
    ])
}

fn row(collection: &Collection) -> Result<Vec<Value>, StoreError> {
    Ok(vec![
        sid(collection.sid.as_u128()),
        sid(collection.account_sid.as_u128()),
        Value::Int(collection.version.into()),
        sid(collection.invoice_sid.as_u128()),
        sid(collection.file_sid.as_u128()),
        text(&collection.batch),
        text(&collection.end_to_end),
        doc(collection)?,
    ])
}
