//! Verifications, their services, limits and attempts.

use flexio_domain::*;

use super::columns::*;
use super::{MOVED, Step, TAKEN};
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
            steps.push(Step::any(Write::SendLimitsOfServiceDelete, key(account, service.as_u128())));
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
