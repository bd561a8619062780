//! Texts of recordings.

use flexio_domain::*;

use super::columns::*;
use super::{MISSING, MOVED, Step, TAKEN};
use crate::relational::{Value, Write};
use crate::{StoreError, TranscriptionChange};

/// The step of a change.
pub fn plan(change: TranscriptionChange) -> Result<Step, StoreError> {
    Ok(match change {
        TranscriptionChange::Create(made) => Step::one(Write::TranscriptionInsert, row(&made)?, TAKEN),
        TranscriptionChange::Update(changed) => {
            let next = Transcription { version: changed.version + 1, ..changed };
            Step::one(Write::TranscriptionUpdate, row(&next)?, MOVED)
        }
        TranscriptionChange::Delete(account, gone) => {
            let values = vec![sid(account.as_u128()), sid(gone.as_u128())];
            Step::one(Write::TranscriptionDelete, values, MISSING)
        }
    })
}

fn row(transcription: &Transcription) -> Result<Vec<Value>, StoreError> {
    Ok(vec![
        sid(transcription.sid.as_u128()),
        sid(transcription.account_sid.as_u128()),
        Value::Int(transcription.version.into()),
        sid(transcription.recording_sid.as_u128()),
        optional_time(transcription.due_at),
        time(transcription.created_at),
        doc(transcription)?,
    ])
}
