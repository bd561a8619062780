//! The life of calls, as the voice node tells it: one function for each fact that has to be kept.
//!
//! The node holds the records of the legs it carries and hands them in; these functions decide what they become and which changes go
//! with that (usage event, ledger posting, callback), and [`save`] commits them together.

mod abroad;
mod credit;
mod dial;
mod email;
mod end;
mod inbound;
mod journal;
mod message;
mod phone;
mod queues;
mod records;
mod recover;
mod refused;
mod rooms;
mod running;
mod shown;

use flexio_domain::{Call, CallStatus, Timestamp};
use flexio_store::{Change, ChangeSet, StoreError};

use crate::App;

pub use abroad::{FromAbroad, Origination, from_abroad, shown_over};
pub(crate) use credit::{costs, recorded_minute};
pub use credit::{extend, may_confer, may_record, reserve};
pub use dial::{Allowed, DialRefusal, authorise, dialled};
pub use email::{email_of_document, send_email};
pub use end::{Ended, ended, labels};
pub use inbound::{
    Answering, InboundLeg, NOT_IN_SERVICE_REASON, NOT_IN_SERVICE_STATUS, ReceiveError, receive,
    told_not_in_service,
};
pub use journal::spill;
pub use message::send_message;
pub use phone::{Phone, TokenPhone, listed_caller, may_call_from, phone, receive_from_phone, token_phone};
pub use queues::{queued, told_to_flows, unqueued};
pub use records::{
    callback, notification, recorded, recording, recording_urls, transcribed, transcription, verb_ran,
};
pub use recover::{Recovered, recover};
pub use refused::{RefusedLeg, keep_refused};
pub use rooms::{
    conference, conference_begun, conference_callback, conference_callback_set, conference_entered,
    participant, participant_never_came,
};
pub use running::{Silent, keep_swept};
pub(crate) use shown::EXTENSION_DIGITS_MAX;
pub use shown::{Shown, read_address, shown};

/// Commits what a call has to keep, and wakes whoever delivers callbacks.
pub async fn save(app: &App, changes: ChangeSet) -> Result<(), StoreError> {
    let has_callbacks = changes.changes().iter().any(|change| matches!(change, Change::QueueCallback(_)));
    let has_recordings = changes.changes().iter().any(|change| matches!(change, Change::UpdateRecording(_)));
    let committed = app.wake.handover.of(&changes);
    app.store.commit(changes).await?;
    if has_recordings {
        app.wake.recordings.notify_one();
    }
    if has_callbacks && !app.wake.handover.give(committed) {
        app.wake.callbacks.notify_one();
    }
    Ok(())
}

/// A leg enters a state that is not its last.
pub fn enter(call: &mut Call, status: CallStatus, now: Timestamp) {
    if !call.status.may_become(status) {
        return;
    }
    call.status = status;
    call.updated_at = now;
    match status {
        CallStatus::Ringing => call.ringing_at = Some(now),
        CallStatus::InProgress => {
            call.answered_at = Some(now);
            call.proven_at = Some(now);
        }
        CallStatus::Queued
        | CallStatus::Completed
        | CallStatus::Busy
        | CallStatus::Failed
        | CallStatus::NoAnswer
        | CallStatus::Canceled => {}
    }
}
