//! E-mails.

use flexio_domain::*;

use super::columns::*;
use super::{MOVED, Step, TAKEN};
use crate::relational::{Value, Write};
use crate::{MailChange, StoreError};

/// The step of a change.
pub fn plan(change: MailChange) -> Result<Step, StoreError> {
    Ok(match change {
        MailChange::Create(email) => Step::one(Write::EmailInsert, row(&email)?, TAKEN),
        MailChange::Update(email) => {
            let next = Email { version: email.version + 1, ..email };
            Step::one(Write::EmailUpdate, row(&next)?, MOVED)
        }
    })
}

fn row(email: &Email) -> Result<Vec<Value>, StoreError> {
    Ok(vec![
        sid(email.sid.as_u128()),
        sid(email.account_sid.as_u128()),
        Value::Int(email.version.into()),
        optional_time(email.next_attempt_at),
        time(email.created_at),
        flag(email.by_operator),
        doc(email)?,
    ])
}
