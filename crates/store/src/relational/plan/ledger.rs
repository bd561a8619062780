//! The chain over the ledger.

use super::columns::*;
use super::{MOVED, Step, TAKEN};
use crate::relational::Write;
use crate::{LedgerChange, StoreError};

/// Appends the steps of a change.
pub fn plan(change: LedgerChange, steps: &mut Vec<Step>) -> Result<(), StoreError> {
    match change {
        LedgerChange::Seal(seal, postings) => {
            let number = count(seal.number);
            steps.push(Step::one(Write::SealInsert, vec![number.clone(), doc(&seal)?], TAKEN));
            for id in postings {
                steps.push(Step::one(Write::PostingSeal, vec![text(&id), number.clone()], MOVED));
            }
        }
    }
    Ok(())
}
