//! What follows an invoice.

use flexio_domain::*;
use serde::Serialize;

use super::columns::*;
use super::{MOVED, Step, TAKEN};
use crate::relational::{Value, Write};
use crate::{LetterChange, StoreError};

/// The step of a change.
pub fn plan(change: LetterChange) -> Result<Step, StoreError> {
    use LetterChange as L;
    Ok(match change {
        L::Write(letter) => {
            let row = vec![
                sid(letter.invoice_sid.as_u128()),
                Value::Int(letter.number.into()),
                sid(letter.account_sid.as_u128()),
                doc(&letter)?,
            ];
            Step::one(Write::LetterInsert, row, TAKEN)
        }
        L::Send(dispatch) => Step::one(Write::DispatchInsert, dispatch_row(&dispatch)?, TAKEN),
        L::UpdateSending(mut dispatch) => {
            dispatch.version += 1;
            Step::one(Write::DispatchUpdate, dispatch_row(&dispatch)?, MOVED)
        }
        L::OpenDispute(dispute) => Step::one(Write::DisputeInsert, dispute_row(&dispute)?, TAKEN),
        L::UpdateDispute(mut dispute) => {
            dispute.version += 1;
            Step::one(Write::DisputeUpdate, dispute_row(&dispute)?, MOVED)
        }
        L::AskCredit(request) => Step::one(Write::CreditRequestInsert, request_row(&request)?, TAKEN),
        L::UpdateCredit(mut request) => {
            request.version += 1;
            Step::one(Write::CreditRequestUpdate, request_row(&request)?, MOVED)
        }
        L::OwePayout(payout) => Step::one(Write::PayoutInsert, payout_row(&payout)?, TAKEN),
        L::UpdatePayout(mut payout) => {
            payout.version += 1;
            Step::one(Write::PayoutUpdate, payout_row(&payout)?, MOVED)
        }
    })
}

/// Sid, account, what it is of, version, document.
fn row(
    key: u128,
    account: AccountSid,
    of: u128,
    version: u32,
    entity: &impl Serialize,
) -> Result<Vec<Value>, StoreError> {
    Ok(vec![sid(key), sid(account.as_u128()), sid(of), Value::Int(version.into()), doc(entity)?])
}

fn dispatch_row(it: &Dispatch) -> Result<Vec<Value>, StoreError> {
    Ok(vec![
        sid(it.invoice_sid.as_u128()),
        Value::Int(it.number.into()),
        sid(it.account_sid.as_u128()),
        Value::Int(it.version.into()),
        optional_time(it.due_at),
        doc(it)?,
    ])
}

fn dispute_row(it: &Dispute) -> Result<Vec<Value>, StoreError> {
    row(it.sid.as_u128(), it.account_sid, it.invoice_sid.as_u128(), it.version, it)
}

fn request_row(it: &CreditRequest) -> Result<Vec<Value>, StoreError> {
    row(it.sid.as_u128(), it.account_sid, it.invoice_sid.as_u128(), it.version, it)
}

fn payout_row(it: &Payout) -> Result<Vec<Value>, StoreError> {
    row(it.sid.as_u128(), it.account_sid, it.subscription_sid.as_u128(), it.version, it)
}
