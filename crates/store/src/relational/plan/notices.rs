//! Changes of terms and letters that bring notices.

use flexio_domain::*;

use super::columns::*;
use super::{MOVED, Step, TAKEN};
use crate::relational::{Value, Write};
use crate::{NoticeChange, StoreError};

/// The step of a change.
pub fn plan(change: NoticeChange) -> Result<Step, StoreError> {
    Ok(match change {
        NoticeChange::CreateTerms(change) => Step::one(Write::TermsChangeInsert, row(&change)?, TAKEN),
        NoticeChange::UpdateTerms(change) => {
            let next = TermsChange { version: change.version + 1, ..change };
            Step::one(Write::TermsChangeUpdate, row(&next)?, MOVED)
        }
        NoticeChange::AnnounceTerms(notice) => {
            let row = vec![sid(notice.sid.as_u128()), sid(notice.account_sid.as_u128()), doc(&notice)?];
            Step::one(Write::TermsNoticeInsert, row, TAKEN)
        }
        NoticeChange::Write(letter) => {
            let row = vec![
                sid(letter.notice_sid.as_u128()),
                Value::Int(letter.number.into()),
                sid(letter.account_sid.as_u128()),
                doc(&letter)?,
            ];
            Step::one(Write::NoticeLetterInsert, row, TAKEN)
        }
    })
}

fn row(change: &TermsChange) -> Result<Vec<Value>, StoreError> {
    let due = optional_time(change.due_at);
    Ok(vec![sid(change.sid.as_u128()), Value::Int(change.version.into()), due, doc(change)?])
}
