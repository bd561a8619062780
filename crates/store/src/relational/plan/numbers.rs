//! Applications, stock, rented numbers, caller ids.

use flexio_domain::*;

use super::columns::*;
use super::{MISSING, MOVED, Step, TAKEN};
use crate::StoreError;
use crate::relational::{Value, Write};

pub fn create_application(application: &Application) -> Result<Step, StoreError> {
    Ok(Step::one(Write::ApplicationInsert, application_row(application)?, TAKEN))
}

pub fn update_application(mut application: Application) -> Result<Step, StoreError> {
    application.version += 1;
    Ok(Step::one(Write::ApplicationUpdate, application_row(&application)?, MOVED))
}

/// Numbers and clients that refer to it are freed, whoever rents them.
/// The last of three steps; the others are in front of it.
pub fn delete_application(account: AccountSid, application: ApplicationSid, steps: &mut Vec<Step>) -> Step {
    let unbind_clients = super::sip::unbind_clients(application);
    let application = sid(application.as_u128());
    let key = vec![sid(account.as_u128()), application.clone()];
    steps.push(Step::one(Write::ApplicationDelete, key, MISSING));
    steps.push(Step::any(Write::ApplicationUnbind, vec![application]));
    unbind_clients
}

pub fn import(number: &StockNumber) -> Result<Step, StoreError> {
    Ok(Step::any(Write::StockImport, stock_row(number)?))
}

pub fn rent(number: &IncomingNumber, steps: &mut Vec<Step>) -> Result<(), StoreError> {
    let take = vec![
        text(number.number.as_str()),
        sid(number.sid.as_u128()),
        sid(number.account_sid.as_u128()),
        time(number.created_at),
    ];
    steps.push(Step::one(Write::StockTake, take, "the number is not in the free stock"));
    let mut row = number_row(number)?;
    row.insert(RELEASED_AT, optional_time(number.released_at));
    steps.push(Step::one(Write::NumberInsert, row, TAKEN));
    Ok(())
}

pub fn update(mut number: IncomingNumber) -> Result<Step, StoreError> {
    number.version += 1;
    Ok(Step::one(Write::NumberUpdate, number_row(&number)?, MOVED))
}

/// The step of the stock is returned, to go behind the others.
pub fn release(
    (account, number): (AccountSid, NumberSid),
    (at, free_at): (Timestamp, Timestamp),
    steps: &mut Vec<Step>,
) -> Step {
    let number = sid(number.as_u128());
    let release = vec![sid(account.as_u128()), number.clone(), time(at)];
    let stock = if free_at > at {
        Step::any(Write::StockQuarantine, vec![number, time(free_at)])
    } else {
        Step::any(Write::StockReturn, vec![number])
    };
    steps.push(Step::one(Write::NumberRelease, release, "the number is not rented by this account"));
    stock
}

pub fn create_caller_id(id: &OutgoingCallerId) -> Result<Step, StoreError> {
    Ok(Step::one(Write::CallerIdInsert, caller_id_row(id)?, TAKEN))
}

pub fn update_caller_id(mut id: OutgoingCallerId) -> Result<Step, StoreError> {
    id.version += 1;
    Ok(Step::one(Write::CallerIdUpdate, caller_id_row(&id)?, MOVED))
}

pub fn delete_caller_id(account: AccountSid, id: NumberSid) -> Step {
    Step::one(Write::CallerIdDelete, vec![sid(account.as_u128()), sid(id.as_u128())], MISSING)
}

fn application_row(application: &Application) -> Result<Vec<Value>, StoreError> {
    Ok(vec![
        sid(application.sid.as_u128()),
        sid(application.account_sid.as_u128()),
        Value::Int(application.version.into()),
        text(&application.friendly_name),
        doc(application)?,
    ])
}

fn stock_row(stock: &StockNumber) -> Result<Vec<Value>, StoreError> {
    let able = |capability: bool| Value::Int(capability.into());
    Ok(vec![
        text(stock.number.as_str()),
        text(&stock.country),
        text(stock.number_type.as_str()),
        able(stock.capabilities.voice),
        able(stock.capabilities.sms),
        able(stock.capabilities.mms),
        able(stock.capabilities.fax),
        doc(stock)?,
    ])
}

/// Column of an insert that an update has not: an update cannot release.
const RELEASED_AT: usize = 9;

fn number_row(number: &IncomingNumber) -> Result<Vec<Value>, StoreError> {
    Ok(vec![
        sid(number.sid.as_u128()),
        sid(number.account_sid.as_u128()),
        Value::Int(number.version.into()),
        text(number.number.as_str()),
        text(&number.friendly_name),
        text(number.number_type.as_str()),
        optional_sid(number.voice_application_sid.map(ApplicationSid::as_u128)),
        optional_sid(number.sms_application_sid.map(ApplicationSid::as_u128)),
        optional_sid(number.refer_application_sid.map(ApplicationSid::as_u128)),
        doc(number)?,
    ])
}

fn caller_id_row(id: &OutgoingCallerId) -> Result<Vec<Value>, StoreError> {
    Ok(vec![
        sid(id.sid.as_u128()),
        sid(id.account_sid.as_u128()),
        Value::Int(id.version.into()),
        text(id.number.as_str()),
        text(&id.friendly_name),
        doc(id)?,
    ])
}
