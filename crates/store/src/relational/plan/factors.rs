//! Factors of end users, who has them, and challenges.

use flexio_domain::*;

use super::columns::*;
use super::{MISSING, MOVED, Step, TAKEN};
use crate::StoreError;
use crate::relational::{Value, Write};

fn entity_row(entity: &Entity) -> Result<Vec<Value>, StoreError> {
    Ok(vec![
        sid(entity.sid.as_u128()),
        sid(entity.account_sid.as_u128()),
        sid(entity.service_sid.as_u128()),
        text(&entity.identity),
        doc(entity)?,
    ])
}

pub(super) fn create_entity(entity: &Entity) -> Result<Step, StoreError> {
    Ok(Step::one(Write::EntityInsert, entity_row(entity)?, TAKEN))
}

pub(super) fn update_entity(entity: &Entity) -> Result<Step, StoreError> {
    Ok(Step::one(Write::EntityUpdate, entity_row(entity)?, MISSING))
}

pub(super) fn delete_entity(account: AccountSid, entity: EntitySid, steps: &mut Vec<Step>) -> Step {
    let key = vec![sid(account.as_u128()), sid(entity.as_u128())];
    steps.push(Step::any(Write::FactorsOfEntityDelete, key.clone()));
    steps.push(Step::any(Write::ChallengesOfEntityDelete, key.clone()));
    Step::one(Write::EntityDelete, key, MISSING)
}

fn row(factor: &Factor) -> Result<Vec<Value>, StoreError> {
    Ok(vec![
        sid(factor.sid.as_u128()),
        Value::Int(factor.version.into()),
        sid(factor.account_sid.as_u128()),
        sid(factor.service_sid.as_u128()),
        sid(factor.entity_sid.as_u128()),
        doc(factor)?,
        optional_time((factor.status == FactorStatus::Unverified).then_some(factor.created_at)),
    ])
}

pub(super) fn create(factor: &Factor) -> Result<Step, StoreError> {
    Ok(Step::one(Write::FactorInsert, row(factor)?, TAKEN))
}

pub(super) fn update(factor: Factor) -> Result<Step, StoreError> {
    let next = Factor { version: factor.version + 1, ..factor };
    Ok(Step::one(Write::FactorUpdate, row(&next)?, MOVED))
}

pub(super) fn delete(account: AccountSid, factor: FactorSid) -> Step {
    let key = vec![sid(account.as_u128()), sid(factor.as_u128())];
    Step::one(Write::FactorDelete, key, MISSING)
}

fn challenge_row(challenge: &Challenge) -> Result<Vec<Value>, StoreError> {
    Ok(vec![
        sid(challenge.sid.as_u128()),
        Value::Int(challenge.version.into()),
        sid(challenge.account_sid.as_u128()),
        sid(challenge.service_sid.as_u128()),
        sid(challenge.entity_sid.as_u128()),
        sid(challenge.factor_sid.as_u128()),
        text(challenge.status.as_str()),
        time(challenge.expires_at),
        time(challenge.created_at),
        doc(challenge)?,
    ])
}

pub(super) fn create_challenge(challenge: &Challenge) -> Result<Step, StoreError> {
    Ok(Step::one(Write::ChallengeInsert, challenge_row(challenge)?, TAKEN))
}

pub(super) fn update_challenge(challenge: Challenge) -> Result<Step, StoreError> {
    let next = Challenge { version: challenge.version + 1, ..challenge };
    Ok(Step::one(Write::ChallengeUpdate, challenge_row(&next)?, MOVED))
}
