//! After a crash: legs that were running are closed at the last second they were proven to run.

use flexio_domain::{Call, CallStatus, Reason, Recording, RecordingStatus};
use flexio_store::{Change, ChangeSet, CreditChange, StoreError};
use flexio_voice::RecordingOutcome;

use super::credit::paid_seconds;
use super::end::charge;
use crate::App;
use crate::recordings::sealed;

/// Legs closed per transaction.
const BATCH: u32 = 500;

/// What was found after a restart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Recovered {
    /// Legs closed.
    pub calls: u64,
    /// Recordings closed at what had come to the disk.
    pub recordings: u64,
    /// Conferences closed.
    pub conferences: u64,
}

/// Closes what a crash of this node left open. Runs before the node takes its first call; running it again finds nothing.
pub async fn recover(app: &App, node: &str) -> Result<Recovered, StoreError> {
    let mut recovered = Recovered::default();
    loop {
        let open = app.store.open_calls(node, BATCH).await?;
        if open.is_empty() {
            break;
        }
        let mut changes = ChangeSet::new();
        for mut call in open {
            recovered.calls += 1;
            close(app, &mut call, &mut changes).await?;
        }
        app.store.commit(changes).await?;
    }
    recovered.conferences = crate::rooms::recover(app, node).await?;
    loop {
        let open = app.store.open_recordings(node, BATCH).await?;
        if open.is_empty() {
            return Ok(recovered);
        }
        let mut changes = ChangeSet::new();
        for recording in open {
            recovered.recordings += 1;
            for change in close_recording(app, recording).await? {
                changes.push(change);
            }
        }
        app.store.commit(changes).await?;
    }
}

/// What a crash left of a recording is one, as far as it came to the disk; if nothing did it failed.
async fn close_recording(app: &App, mut recording: Recording) -> Result<Vec<Change>, StoreError> {
    let outcome = match salvage(app, &recording).await {
        Ok(Some(plain)) if plain > 0 => {
            let bytes_per_ms = 16 * u64::from(recording.channels.max(1));
            let duration_ms = plain / bytes_per_ms;
            recording.bytes = Some(plain + 44);
            RecordingOutcome::Completed { duration_ms, url: String::new(), public_url: None }
        }
        Ok(_) => RecordingOutcome::Failed { text: "the node was restarted".to_owned() },
        Err(error) => {
            tracing::error!(recording_sid = %recording.sid, %error, "recording_not_salvaged");
            RecordingOutcome::Failed { text: error }
        }
    };
    let bytes = recording.bytes;
    let Some(call) = app.store.call(recording.account_sid, recording.call_sid).await? else {
        recording.status = RecordingStatus::Failed;
        recording.key = None;
        return Ok(vec![Change::UpdateRecording(recording)]);
    };
    let now = app.clock.now();
    Ok(super::recorded(app, &call, &mut recording, &outcome, bytes, now))
}

async fn salvage(app: &App, recording: &Recording) -> Result<Option<u64>, String> {
    let key = app.audio_key(recording).await.map_err(|error| error.to_string())?;
    let (path, sid) = (app.recording_path(recording.sid), recording.sid);
    let done = tokio::task::spawn_blocking(move || sealed::salvage(&path, &key, sid)).await;
    done.map_err(|error| error.to_string())?.map_err(|error| error.to_string())
}

/// Closes a leg at what was proven of it.
pub(super) async fn close(app: &App, call: &mut Call, changes: &mut ChangeSet) -> Result<(), StoreError> {
    let talk_ms = proven_talk(app, call).await?;
    call.status = if call.answered_at.is_some() { CallStatus::Completed } else { CallStatus::Failed };
    call.ended_at = Some(match call.answered_at {
        Some(answered) => super::running::after(answered, talk_ms),
        None => call.proven_at.unwrap_or(call.updated_at),
    });
    call.talk_ms = Some(talk_ms);
    call.reason = Some(Reason { code: 1000, text: "Internal Error".to_owned() });
    call.updated_at = app.clock.now();
    call.sealed_document = None;
    let costs = charge(app, call, true);
    if let Some(callback) = completed_callback(app, call) {
        changes.push(callback);
    }
    changes.push(Change::UpdateCall(call.clone()));
    for change in costs {
        changes.push(change);
    }
    // A leg that was being called may have been granted money before its record said so.
    changes.push(CreditChange::Return(call.sid.to_string()).into());
    Ok(())
}

/// Milliseconds of talk that were proven by the monotonic clock: never what the wall clock says, which may have been set meanwhile. No longer
/// than a call may last, and than what was paid for. Only a leg that an earlier program left has no such proof.
async fn proven_talk(app: &App, call: &Call) -> Result<u64, StoreError> {
    let Some(answered) = call.answered_at else { return Ok(0) };
    let by_wall = || {
        let proven = call.proven_at.unwrap_or(call.updated_at);
        u64::try_from(proven.as_millisecond() - answered.as_millisecond()).unwrap_or(0)
    };
    let measured = call.proven_ms.unwrap_or_else(by_wall);
    let longest_s = match app.store.grant(&call.sid.to_string()).await? {
        Some(grant) => paid_seconds(app, call, grant.amount).min(app.config.call_seconds_max),
        None => app.config.call_seconds_max,
    };
    Ok(measured.min(1_000 * u64::from(longest_s)))
}

/// The application is told of the end like of any other.
fn completed_callback(app: &App, call: &Call) -> Option<Change> {
    let webhook = call.status_callback.as_ref()?;
    let wanted = call.status_callback_events.is_empty()
        || call.status_callback_events.iter().any(|e| e == "completed");
    if !wanted {
        return None;
    }
    let param = |name: &str, value: String| (name.to_owned(), value);
    let params = vec![
        param("CallSid", call.sid.to_string()),
        param("AccountSid", call.account_sid.to_string()),
        param("From", call.from.to_string()),
        param("To", call.to.to_string()),
        param("CallStatus", call.status.as_str().to_owned()),
        param("ApiVersion", call.api_version.clone()),
        param("Direction", call.direction.as_str().to_owned()),
        param("CallDuration", call.duration_s().unwrap_or(0).to_string()),
        param("CallbackSource", "call-progress-events".to_owned()),
        param("SequenceNumber", "3".to_owned()),
    ];
    // Behind every callback the call had queued itself.
    Some(super::callback(app, call, 1_000_000, &webhook.url, webhook.method.as_str(), &params))
}
