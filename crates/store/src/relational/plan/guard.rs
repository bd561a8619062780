//! Decisions and cases of the guard.

use flexio_domain::*;

use super::columns::*;
use super::{MOVED, Step, TAKEN};
use crate::StoreError;
use crate::relational::{Value, Write};

pub(super) fn decide(decision: &GuardDecision) -> Result<Step, StoreError> {
    let values = vec![
        sid(decision.sid.as_u128()),
        sid(decision.account_sid.as_u128()),
        text(&decision.scope.key()),
        text(&decision.to),
        Value::Int(decision.refused_by.is_some().into()),
        optional_text(decision.refused_by.map(GuardRule::as_str)),
        optional_sid(decision.case_sid.map(GuardCaseSid::as_u128)),
        time(decision.created_at),
        doc(decision)?,
    ];
    Ok(Step::one(Write::GuardDecisionInsert, values, TAKEN))
}

fn row(case: &GuardCase) -> Result<Vec<Value>, StoreError> {
    Ok(vec![
        sid(case.sid.as_u128()),
        Value::Int(case.version.into()),
        sid(case.account_sid.as_u128()),
        text(case.rule.as_str()),
        text(&case.subject),
        flag(case.released_at.is_none()),
        doc(case)?,
    ])
}

pub(super) fn open(case: &GuardCase) -> Result<Step, StoreError> {
    Ok(Step::one(Write::GuardCaseInsert, row(case)?, TAKEN))
}

pub(super) fn update(case: GuardCase) -> Result<Step, StoreError> {
    let next = GuardCase { version: case.version + 1, ..case };
    Ok(Step::one(Write::GuardCaseUpdate, row(&next)?, MOVED))
}
