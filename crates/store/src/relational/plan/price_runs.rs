//! Changes of prices for many.

use flexio_domain::*;

use super::columns::*;
use super::{MOVED, Step, TAKEN};
use crate::relational::{Value, Write};
use crate::{PriceRunChange, StoreError};

/// The step of a change.
pub fn plan(change: PriceRunChange) -> Result<Step, StoreError> {
    Ok(match change {
        PriceRunChange::Create(run) => Step::one(Write::PriceRunInsert, row(&run)?, TAKEN),
        PriceRunChange::Update(run) => {
            let next = PriceRun { version: run.version + 1, ..run };
            Step::one(Write::PriceRunUpdate, row(&next)?, MOVED)
        }
        PriceRunChange::Save(customer) => {
            let row =
                vec![sid(customer.run_sid.as_u128()), sid(customer.account_sid.as_u128()), doc(&customer)?];
            Step::any(Write::PriceRunCustomerSave, row)
        }
    })
}

fn row(run: &PriceRun) -> Result<Vec<Value>, StoreError> {
    Ok(vec![sid(run.sid.as_u128()), Value::Int(run.version.into()), optional_time(run.due_at), doc(run)?])
}
