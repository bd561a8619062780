//! Usage triggers and thresholds.

use flexio_domain::*;

use super::columns::*;
use super::{MOVED, Step, TAKEN};
use crate::relational::{Value, Write};
use crate::{StoreError, WatchChange};

const GONE: &str = "it is not there";

/// Appends the steps of a change.
pub fn plan(change: WatchChange, steps: &mut Vec<Step>) -> Result<(), StoreError> {
    use WatchChange as C;
    let of = |account: AccountSid, key: u128| vec![sid(account.as_u128()), sid(key)];
    let look = |account: AccountSid| Step::any(Write::WatchInsert, vec![sid(account.as_u128())]);
    match change {
        C::CreateTrigger(trigger) => {
            steps.push(Step::one(Write::TriggerInsert, trigger_row(&trigger)?, TAKEN));
            steps.push(look(trigger.account_sid));
        }
        C::UpdateTrigger(trigger) => {
            let next = UsageTrigger { version: trigger.version + 1, ..trigger };
            steps.push(Step::one(Write::TriggerUpdate, trigger_row(&next)?, MOVED));
        }
        C::DeleteTrigger(account, key) => {
            steps.push(Step::one(Write::TriggerDelete, of(account, key.as_u128()), GONE));
        }
        C::CreateThreshold(threshold) => {
            steps.push(Step::one(Write::ThresholdInsert, threshold_row(&threshold)?, TAKEN));
            steps.push(look(threshold.account_sid));
        }
        C::UpdateThreshold(threshold) => {
            let next = Threshold { version: threshold.version + 1, ..threshold };
            steps.push(Step::one(Write::ThresholdUpdate, threshold_row(&next)?, MOVED));
        }
        C::DeleteThreshold(account, key) => {
            steps.push(Step::one(Write::ThresholdDelete, of(account, key.as_u128()), GONE));
        }
        C::OpenCase(case) => steps.push(Step::one(Write::SpendCaseInsert, case_row(&case)?, TAKEN)),
        C::UpdateCase(case) => {
            let next = SpendCase { version: case.version + 1, ..case };
            steps.push(Step::one(Write::SpendCaseUpdate, case_row(&next)?, MOVED));
        }
        C::Look(account) => steps.push(look(account)),
        C::Move(account) => steps.push(moved(account)),
        C::Seen(account, moved) => {
            steps.push(Step::any(Write::WatchSeen, vec![sid(account.as_u128()), Value::Int(moved)]));
        }
    }
    Ok(())
}

/// Marks the account, and those above it, where anything is watched.
pub fn moved(account: AccountSid) -> Step {
    Step::any(Write::WatchMove, vec![sid(account.as_u128())])
}

fn trigger_row(trigger: &UsageTrigger) -> Result<Vec<Value>, StoreError> {
    Ok(vec![
        sid(trigger.sid.as_u128()),
        sid(trigger.account_sid.as_u128()),
        Value::Int(trigger.version.into()),
        text(&trigger.category),
        text(trigger.by.as_str()),
        text(trigger.recurring.as_str()),
        doc(trigger)?,
    ])
}

fn threshold_row(threshold: &Threshold) -> Result<Vec<Value>, StoreError> {
    let month = |month: Option<jiff::civil::Date>| optional_text(month.map(|day| day.to_string()).as_deref());
    Ok(vec![
        sid(threshold.sid.as_u128()),
        sid(threshold.account_sid.as_u128()),
        Value::Int(threshold.version.into()),
        month(threshold.blocks()),
        month(threshold.cuts()),
        doc(threshold)?,
    ])
}

/// 1, or nothing: what a small index is made of.
const fn mark(holds: bool) -> Value {
    if holds { Value::Int(1) } else { Value::Null }
}

fn case_row(case: &SpendCase) -> Result<Vec<Value>, StoreError> {
    Ok(vec![
        sid(case.sid.as_u128()),
        sid(case.account_sid.as_u128()),
        Value::Int(case.version.into()),
        text(case.rule.as_str()),
        text(&case.subject),
        text(&case.day.to_string()),
        Value::Int(case.round.into()),
        mark(case.cleared.is_none()),
        mark(case.cleared.is_none() && case.holds),
        doc(case)?,
    ])
}
