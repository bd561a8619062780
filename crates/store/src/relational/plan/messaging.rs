//! Opt-outs and contacts.

use flexio_domain::*;

use super::columns::*;
use super::{MISSING, Step};
use crate::relational::Write;
use crate::{MessagingChange, StoreError};

pub fn plan(change: MessagingChange) -> Result<Step, StoreError> {
    Ok(match change {
        MessagingChange::OptOut(opt_out) => {
            let row = vec![
                sid(opt_out.sid.as_u128()),
                sid(opt_out.account_sid.as_u128()),
                text(opt_out.recipient.as_str()),
                text(&opt_out.sender),
                doc(&opt_out)?,
            ];
            Step::any(Write::OptOutInsert, row)
        }
        MessagingChange::EndOptOut(account, opt_out) => {
            Step::one(Write::OptOutDelete, vec![sid(account.as_u128()), sid(opt_out.as_u128())], MISSING)
        }
        MessagingChange::SaveContact(Contact { sender, recipient, account_sid, at }) => {
            let row = vec![text(&sender), text(&recipient), sid(account_sid.as_u128()), time(at)];
            Step::any(Write::ContactSave, row)
        }
    })
}
