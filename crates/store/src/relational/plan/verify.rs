//! Verifications, their services, limits and attempts.

use flexio_domain::*;

use super::columns::*;
use super::{MOVED, Step, TAKEN, factors, guard, verify_texts};
use crate::relational::{Value, Write};
use crate::{StoreError, VerifyChange};

const GONE: &str = "it is not there";

/// Appends the steps of a change.
pub fn plan(change: VerifyChange, steps: &mut Vec<Step>) -> Result<(), StoreError> {
    use VerifyChange as C;
    let key = |account: AccountSid, number: u128| vec![sid(account.as_u128()), sid(number)];
    let step = match change {
        C::CreateService(service) => Step::one(Write::VerifyServiceInsert, service_row(&service)?, TAKEN),
        C::UpdateService(service) => {
            let next = VerifyService { version: service.version + 1, ..service };
            Step::one(Write::VerifyServiceUpdate, service_row(&next)?, MOVED)
        }
        C::DeleteService(account, service) => {
            for with_it in [
                Write::SendLimitsOfServiceDelete,
                Write::EntitiesOfServiceDelete,
                Write::FactorsOfServiceDelete,
                Write::ChallengesOfServiceDelete,
            ] {
                steps.push(Step::any(with_it, key(account, service.as_u128())));
            }
            Step::one(Write::VerifyServiceDelete, key(account, service.as_u128()), GONE)
        }
        C::CreateVerification(verification) => {
            Step::one(Write::VerificationInsert, verification_row(&verification)?, TAKEN)
        }
        C::UpdateVerification(verification) => {
            let next = Verification { version: verification.version + 1, ..verification };
            Step::one(Write::VerificationUpdate, verification_row(&next)?, MOVED)
        }
        C::AddAttempt(attempt) => Step::one(Write::VerificationAttemptInsert, attempt_row(&attempt)?, TAKEN),
        C::ConvertAttempts(account, verification, at) => {
            let mut values = key(account, verification.as_u128());
            values.push(time(at));
            Step::any(Write::VerificationAttemptsConvert, values)
        }
        C::CreateLimit(limit) => Step::one(Write::SendLimitInsert, limit_row(&limit)?, TAKEN),
        C::UpdateLimit(limit) => {
            let next = SendLimit { version: limit.version + 1, ..limit };
            Step::one(Write::SendLimitUpdate, limit_row(&next)?, MOVED)
        }
        C::DeleteLimit(account, limit) => {
            Step::one(Write::SendLimitDelete, key(account, limit.as_u128()), GONE)
        }
        C::CreateEntity(entity) => factors::create_entity(&entity)?,
        C::UpdateEntity(entity) => factors::update_entity(&entity)?,
        C::DeleteEntity(account, entity) => factors::delete_entity(account, entity, steps),
        C::CreateFactor(factor) => factors::create(&factor)?,
        C::UpdateFactor(factor) => factors::update(factor)?,
        C::DeleteFactor(account, factor) => factors::delete(account, factor),
        C::CreateChallenge(challenge) => factors::create_challenge(&challenge)?,
        C::UpdateChallenge(challenge) => factors::update_challenge(challenge)?,
        C::CreateTemplate(template) => verify_texts::create(&template)?,
        C::UpdateTemplate(template) => verify_texts::update(template)?,
        C::DeleteTemplate(account, template) => verify_texts::delete(account, template),
        C::AddSafeNumber(safe) => verify_texts::add_safe(&safe)?,
        C::RemoveSafeNumber(account, number) => verify_texts::remove_safe(account, &number),
        C::Decide(decision) => guard::decide(&decision)?,
        C::OpenCase(case) => guard::open(&case)?,
        C::UpdateCase(case) => guard::update(case)?,
        C::Mark { account, marks, at, attempt } => {
            steps.extend(marks.iter().map(|mark| {
                let values = vec![sid(account.as_u128()), text(mark), time(at), sid(attempt.as_u128())];
                Step::any(Write::SendMarkInsert, values)
            }));
            return Ok(());
        }
    };
    steps.push(step);
    Ok(())
}

fn service_row(service: &VerifyService) -> Result<Vec<Value>, StoreError> {
    Ok(vec![
        sid(service.sid.as_u128()),
        sid(service.account_sid.as_u128()),
        Value::Int(service.version.into()),
        doc(service)?,
    ])
}

fn verification_row(verification: &Verification) -> Result<Vec<Value>, StoreError> {
    Ok(vec![
        sid(verification.sid.as_u128()),
        sid(verification.account_sid.as_u128()),
        Value::Int(verification.version.into()),
        text(&verification.scope.key()),
        text(&verification.to),
        text(verification.status.as_str()),
        flag(verification.status == VerificationStatus::Pending),
        time(verification.created_at),
        doc(verification)?,
        optional_time(verification.next_step_at()),
    ])
}

fn attempt_row(attempt: &VerificationAttempt) -> Result<Vec<Value>, StoreError> {
    Ok(vec![
        sid(attempt.sid.as_u128()),
        sid(attempt.account_sid.as_u128()),
        sid(attempt.verification_sid.as_u128()),
        text(&attempt.scope.key()),
        text(&attempt.to),
        optional_text(attempt.country.as_deref()),
        text(attempt.channel.as_str()),
        Value::Int(attempt.converted.into()),
        time(attempt.created_at),
        time(attempt.updated_at),
        doc(attempt)?,
    ])
}

fn limit_row(limit: &SendLimit) -> Result<Vec<Value>, StoreError> {
    Ok(vec![
        sid(limit.sid.as_u128()),
        sid(limit.account_sid.as_u128()),
        Value::Int(limit.version.into()),
        limit_owner(limit.service_sid),
        text(&limit.unique_name),
        doc(limit)?,
    ])
}
