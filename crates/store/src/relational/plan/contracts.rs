//! Plans and customers.

use flexio_domain::*;

use super::columns::*;
use super::{MOVED, Step, TAKEN};
use crate::relational::{Value, Write};
use crate::{ContractChange, StoreError};

pub fn plan(change: ContractChange) -> Result<Step, StoreError> {
    use ContractChange as C;
    Ok(match change {
        C::PublishPlan(plan) => {
            let row = vec![text(&plan.id), Value::Int(plan.version.into()), doc(&plan)?];
            Step::one(Write::PlanInsert, row, TAKEN)
        }
        C::CreateCustomer(customer) => Step::one(Write::CustomerInsert, customer_row(&customer)?, TAKEN),
        C::UpdateCustomer(mut customer) => {
            customer.version += 1;
            Step::one(Write::CustomerUpdate, customer_row(&customer)?, MOVED)
        }
    })
}

fn customer_row(customer: &Customer) -> Result<Vec<Value>, StoreError> {
    Ok(vec![sid(customer.account_sid.as_u128()), Value::Int(customer.version.into()), doc(customer)?])
}
