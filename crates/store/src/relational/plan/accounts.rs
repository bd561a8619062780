//! Accounts and keys.

use flexio_domain::*;

use super::columns::*;
use super::{MISSING, MOVED, Step, TAKEN};
use crate::StoreError;
use crate::relational::{Value, Write};

/// The account, and its place under each of its ancestors and itself.
pub fn create(account: &Account, steps: &mut Vec<Step>) -> Result<(), StoreError> {
    steps.push(Step::one(Write::AccountInsert, account_row(account)?, TAKEN));
    for above in account.ancestors.iter().chain([&account.sid]) {
        steps.push(Step::any(Write::TreeInsert, vec![sid(above.as_u128()), sid(account.sid.as_u128())]));
    }
    Ok(())
}

pub fn update(mut account: Account) -> Result<Step, StoreError> {
    account.version += 1;
    Ok(Step::one(Write::AccountUpdate, account_row(&account)?, MOVED))
}

pub fn create_key(key: &ApiKey) -> Result<Step, StoreError> {
    Ok(Step::one(Write::KeyInsert, key_row(key)?, TAKEN))
}

pub fn update_key(mut key: ApiKey) -> Result<Step, StoreError> {
    key.version += 1;
    Ok(Step::one(Write::KeyUpdate, key_row(&key)?, MOVED))
}

pub fn delete_key(account: AccountSid, key: KeySid) -> Step {
    Step::one(Write::KeyDelete, vec![sid(account.as_u128()), sid(key.as_u128())], MISSING)
}

fn account_row(account: &Account) -> Result<Vec<Value>, StoreError> {
    Ok(vec![
        sid(account.sid.as_u128()),
        optional_sid(account.parent_sid.map(AccountSid::as_u128)),
        Value::Int(account.version.into()),
        account.email_address.as_deref().map_or(Value::Null, email_key),
        text(&account.friendly_name),
        text(account.status.as_str()),
        doc(account)?,
    ])
}

fn key_row(key: &ApiKey) -> Result<Vec<Value>, StoreError> {
    let version = Value::Int(key.version.into());
    Ok(vec![sid(key.sid.as_u128()), sid(key.account_sid.as_u128()), version, doc(key)?])
}

pub fn create_account_key(account: AccountSid, sealed: Sealed) -> Step {
    Step::one(Write::AccountKeyInsert, vec![sid(account.as_u128()), Value::Bytes(sealed.0)], TAKEN)
}

pub fn reseal_account_key(account: AccountSid, from: Sealed, to: Sealed) -> Step {
    let values = vec![sid(account.as_u128()), Value::Bytes(from.0), Value::Bytes(to.0)];
    Step::one(Write::AccountKeyUpdate, values, MOVED)
}

pub fn destroy_account_key(account: AccountSid) -> Step {
    Step::any(Write::AccountKeyDelete, vec![sid(account.as_u128())])
}
