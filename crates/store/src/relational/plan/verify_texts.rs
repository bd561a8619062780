//! Texts around codes, and numbers that are let through.

use flexio_domain::*;

use super::columns::*;
use super::{MISSING, MOVED, Step, TAKEN};
use crate::StoreError;
use crate::relational::{Value, Write};

fn row(template: &VerifyTemplate) -> Result<Vec<Value>, StoreError> {
    Ok(vec![
        sid(template.sid.as_u128()),
        Value::Int(template.version.into()),
        sid(template.account_sid.as_u128()),
        text(&template.friendly_name),
        doc(template)?,
    ])
}

pub(super) fn create(template: &VerifyTemplate) -> Result<Step, StoreError> {
    Ok(Step::one(Write::VerifyTemplateInsert, row(template)?, TAKEN))
}

pub(super) fn update(template: VerifyTemplate) -> Result<Step, StoreError> {
    let next = VerifyTemplate { version: template.version + 1, ..template };
    Ok(Step::one(Write::VerifyTemplateUpdate, row(&next)?, MOVED))
}

pub(super) fn delete(account: AccountSid, template: VerifyTemplateSid) -> Step {
    let key = vec![sid(account.as_u128()), sid(template.as_u128())];
    Step::one(Write::VerifyTemplateDelete, key, MISSING)
}

pub(super) fn add_safe(safe: &SafeNumber) -> Result<Step, StoreError> {
    let values = vec![
        sid(safe.sid.as_u128()),
        sid(safe.account_sid.as_u128()),
        text(safe.number.as_str()),
        doc(safe)?,
    ];
    Ok(Step::one(Write::SafeNumberInsert, values, TAKEN))
}

pub(super) fn remove_safe(account: AccountSid, number: &E164) -> Step {
    Step::one(Write::SafeNumberDelete, vec![sid(account.as_u128()), text(number.as_str())], MISSING)
}
