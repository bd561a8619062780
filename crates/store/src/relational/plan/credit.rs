//! Credit and grants.

use flexio_domain::*;

use super::columns::*;
use super::{MOVED, Step, TAKEN};
use crate::relational::{Value, Write};
use crate::{CREDIT_SHORT, CreditChange, StoreError};

pub fn plan(change: CreditChange, steps: &mut Vec<Step>) -> Result<(), StoreError> {
    match change {
        CreditChange::Create(terms) => {
            steps.push(Step::one(Write::CreditInsert, terms_row(&terms)?, TAKEN));
            steps.push(Step::any(Write::CreditSettle, vec![sid(terms.account_sid.as_u128())]));
        }
        CreditChange::Update(mut terms) => {
            terms.version += 1;
            steps.push(Step::one(Write::CreditUpdate, terms_row(&terms)?, MOVED));
        }
        CreditChange::Grant(Grant { id, payer, amount, made_at }) => {
            steps.push(take(Write::CreditGrant, payer, amount));
            let row = vec![text(&id), sid(payer.as_u128()), Value::Int(amount.micros()), time(made_at)];
            steps.push(Step::one(Write::GrantInsert, row, TAKEN));
        }
        CreditChange::Extend(Grant { id, payer, amount, .. }) => {
            steps.push(take(Write::CreditGrant, payer, amount));
            let values = vec![text(&id), sid(payer.as_u128()), Value::Int(amount.micros())];
            steps.push(Step::one(Write::GrantExtend, values, MOVED));
        }
        CreditChange::Return(id) => {
            steps.push(Step::any(Write::CreditReturn, vec![text(&id)]));
            steps.push(Step::any(Write::GrantDelete, vec![text(&id)]));
        }
        CreditChange::Require { payer, amount } => steps.push(take(Write::CreditRequire, payer, amount)),
    }
    Ok(())
}

fn take(write: Write, payer: AccountSid, amount: Money) -> Step {
    Step::one(write, vec![sid(payer.as_u128()), Value::Int(amount.micros())], CREDIT_SHORT)
}

/// What a posting does to the terms its customers spend on; nothing where it does not touch what they owe.
pub fn spend(posting: &LedgerTransaction) -> Vec<Step> {
    let mut owed: Vec<(AccountSid, i64)> = Vec::new();
    for leg in posting.legs.iter().filter(|leg| leg.account.is_customers()) {
        let holder = leg.account.holder().unwrap_or(posting.account_sid);
        let amount = leg.amount.micros();
        match owed.iter_mut().find(|(known, _)| *known == holder) {
            Some((_, sum)) => *sum = sum.saturating_add(amount),
            None => owed.push((holder, amount)),
        }
    }
    owed.retain(|(_, amount)| *amount != 0);
    let step = |(holder, amount): (AccountSid, i64)| {
        Step::any(Write::CreditSpend, vec![sid(holder.as_u128()), Value::Int(amount)])
    };
    owed.into_iter().map(step).collect()
}

fn terms_row(terms: &Credit) -> Result<Vec<Value>, StoreError> {
    Ok(vec![
        sid(terms.account_sid.as_u128()),
        Value::Int(terms.version.into()),
        Value::Int(terms.limit.micros()),
        doc(terms)?,
    ])
}
