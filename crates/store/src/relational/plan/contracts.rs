//! Plans, customers, subscriptions, pins.

use flexio_domain::*;

use super::columns::*;
use super::{MOVED, Step, TAKEN, notices, price_runs, promotions};
use crate::relational::{Value, Write};
use crate::{ContractChange, StoreError};

pub fn plan(change: ContractChange, steps: &mut Vec<Step>) -> Result<(), StoreError> {
    use ContractChange as C;
    let step = match change {
        C::PublishPlan(plan) => {
            let row = vec![text(&plan.id), Value::Int(plan.version.into()), doc(&plan)?];
            Step::one(Write::PlanInsert, row, TAKEN)
        }
        C::RetirePlan(it) => {
            let row = vec![text(&it.id), Value::Int(it.version.into()), doc(&it)?];
            Step::one(Write::PlanRetire, row, TAKEN)
        }
        C::CreateCustomer(customer) => Step::one(Write::CustomerInsert, customer_row(&customer)?, TAKEN),
        C::UpdateCustomer(mut customer) => {
            customer.version += 1;
            Step::one(Write::CustomerUpdate, customer_row(&customer)?, MOVED)
        }
        C::CreateSubscription(contract) => {
            Step::one(Write::SubscriptionInsert, subscription_row(&contract)?, TAKEN)
        }
        C::UpdateSubscription(mut contract) => {
            contract.version += 1;
            Step::one(Write::SubscriptionUpdate, subscription_row(&contract)?, MOVED)
        }
        C::KeepSummary(summary) => {
            kept(Write::SummaryInsert, summary.sid.as_u128(), summary.account_sid, &summary)?
        }
        C::Pin(pin) => kept(Write::PinInsert, pin.sid.as_u128(), pin.account_sid, &pin)?,
        C::Announce(notice) => {
            kept(Write::PriceNoticeInsert, notice.sid.as_u128(), notice.account_sid, &notice)?
        }
        C::Accept(acceptance) => {
            let row = vec![
                sid(acceptance.subscription_sid.as_u128()),
                time(acceptance.accepted_at),
                sid(acceptance.account_sid.as_u128()),
                doc(&acceptance)?,
            ];
            Step::one(Write::AcceptanceInsert, row, TAKEN)
        }
        C::Promotion(change) => return promotions::plan(change, steps),
        C::PriceRun(change) => price_runs::plan(change)?,
        C::Notice(change) => notices::plan(change)?,
    };
    steps.push(step);
    Ok(())
}

/// A row that is written once.
fn kept(
    write: Write,
    key: u128,
    account: AccountSid,
    entity: &impl serde::Serialize,
) -> Result<Step, StoreError> {
    Ok(Step::one(write, vec![sid(key), sid(account.as_u128()), doc(entity)?], TAKEN))
}

fn customer_row(customer: &Customer) -> Result<Vec<Value>, StoreError> {
    let iban = customer.iban.as_ref().map_or(Value::Null, |iban| text(iban.as_str()));
    Ok(vec![sid(customer.account_sid.as_u128()), Value::Int(customer.version.into()), iban, doc(customer)?])
}

fn subscription_row(contract: &Subscription) -> Result<Vec<Value>, StoreError> {
    use SubscriptionState as S;
    let is_over = matches!(contract.state, S::Closed | S::Erased);
    let is_closing = contract.state == S::Closing;
    Ok(vec![
        sid(contract.sid.as_u128()),
        sid(contract.account_sid.as_u128()),
        Value::Int(contract.version.into()),
        optional_sid((!is_over).then(|| contract.account_sid.as_u128())),
        optional_time(contract.ends_at.filter(|_| is_closing)),
        doc(contract)?,
    ])
}
