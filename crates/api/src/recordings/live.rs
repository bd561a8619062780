//! Recordings of live calls and of conferences: begun, paused, resumed, stopped.

use flexio_app::{RecordConference, RecordingChange};
use flexio_domain::{ErrorCode, Recording, RecordingOptions, RecordingSid};

use super::{delete, fetch, list, sample, view};
use crate::answer::Answer;
use crate::ask::Ask;
use crate::calls::call_sid;
use crate::calls::options::recording_options;
use crate::error::{Result, invalid};
use crate::operation::{BOTH, Operation, Param, Shows, TWILIO, params, row};

const CALL: &str = "Accounts/{AccountSid}/Calls/{CallSid}/Recordings";
const CALL_ONE: &str = "Accounts/{AccountSid}/Calls/{CallSid}/Recordings/{RecordingSid}";
const CONFERENCE: &str = "Accounts/{AccountSid}/Conferences/{ConferenceSid}/Recordings";
const CONFERENCE_ONE: &str = "Accounts/{AccountSid}/Conferences/{ConferenceSid}/Recordings/{RecordingSid}";
const SHOWN: Shows = Shows::One(sample);
/// In the place of a sid: the recording that runs.
const CURRENT: &str = "Twilio.CURRENT";

const BEGIN: &[Param] = params![
    "RecordingChannels": "`mono` (default) or `dual`.",
    "RecordingTrack": "`inbound`, `outbound` or `both` (default).",
    "RecordingPurpose": "What it is for, which those who are recorded are told before: `agreed` (by every party), `transaction` (its proof) or `quality` (of a call centre; kept 30 days at most).",
    "Trim": "`trim-silence` or `do-not-trim` (default).",
    "RecordingStatusCallback": "Told of states of the recording.",
    "RecordingStatusCallbackMethod": "GET or POST.",
    "RecordingStatusCallbackEvent": "`in-progress`, `completed` (default), `absent`.",
];

const BEGIN_CONFERENCE: &[Param] = params![
    "RecordingPurpose": "What it is for, as for a call.",
    "Trim": "`trim-silence` or `do-not-trim` (default).",
    "RecordingStatusCallback": "Told of states of the recording.",
    "RecordingStatusCallbackMethod": "GET or POST.",
    "RecordingStatusCallbackEvent": "`in-progress`, `completed` (default), `absent`.",
];

const CHANGE: &[Param] = params![
    "Status": "`paused`, `in-progress` (again) or `stopped`; required.",
    "PauseBehavior": "`silence` (default) records silence while paused, `skip` leaves the time out.",
];

const FILTERS: &[Param] = params![
    "DateCreated": "Day or second; `DateCreated<` and `DateCreated>` at or before and after.",
];

pub(crate) const OPERATIONS: &[Operation] = &[
    // No creation in the sense of `Idempotency-Key`: the node makes the recording, beside this request.
    row!("call_recordings.begin", Update, BOTH, CALL, "Begins to record a live call.", BEGIN, SHOWN, begin),
    row!(
        "call_recordings.update",
        Update,
        BOTH,
        CALL_ONE,
        "Pauses, resumes or stops a recording of a live call; `Twilio.CURRENT` is the one that runs.",
        CHANGE,
        SHOWN,
        change
    ),
    row!(
        "conference_recordings.list",
        Read,
        TWILIO,
        CONFERENCE,
        "Recordings of one conference.",
        FILTERS,
        Shows::Many(sample),
        list
    ),
    row!(
        "conference_recordings.begin",
        Update,
        TWILIO,
        CONFERENCE,
        "Begins to record a conference (not in Twilio's API).",
        BEGIN_CONFERENCE,
        SHOWN,
        begin_conference
    ),
    row!(
        "conference_recordings.fetch",
        Read,
        TWILIO,
        CONFERENCE_ONE,
        "One recording of one conference.",
        &[],
        SHOWN,
        fetch
    ),
    row!(
        "conference_recordings.update",
        Update,
        TWILIO,
        CONFERENCE_ONE,
        "Pauses, resumes or stops the recording of a running conference; `Twilio.CURRENT` is the one that runs.",
        CHANGE,
        SHOWN,
        change_conference
    ),
    row!(
        "conference_recordings.delete",
        Delete,
        TWILIO,
        CONFERENCE_ONE,
        "Deletes a recording of a conference and its audio.",
        &[],
        Shows::Nothing,
        delete
    ),
];

async fn begin(ask: &Ask<'_>) -> Result<Answer> {
    let options = recording_options(&ask.params, 1)?;
    let recording = ask.app().start_recording(&ask.account, call_sid(ask)?, options).await?;
    Ok(shown(ask, &recording))
}

async fn change(ask: &Ask<'_>) -> Result<Answer> {
    let (call, sid, change) = (call_sid(ask)?, which(ask)?, asked(ask)?);
    let recording = ask.app().change_recording(&ask.account, call, sid, change).await?;
    Ok(shown(ask, &recording))
}

async fn begin_conference(ask: &Ask<'_>) -> Result<Answer> {
    let RecordingOptions { purpose, trim, callback, callback_events, .. } =
        recording_options(&ask.params, 1)?;
    let record = RecordConference { purpose, trim, callback, callback_events };
    let conference = ask.sid("ConferenceSid")?;
    let recording = ask.app().start_conference_recording(&ask.account, conference, record).await?;
    Ok(shown(ask, &recording))
}

async fn change_conference(ask: &Ask<'_>) -> Result<Answer> {
    let (conference, sid, change) = (ask.sid("ConferenceSid")?, which(ask)?, asked(ask)?);
    let changed = ask.app().change_conference_recording(&ask.account, conference, sid, change).await?;
    Ok(shown(ask, &changed))
}

fn shown(ask: &Ask<'_>, recording: &Recording) -> Answer {
    ask.one("Recording", |w| view(w, ask, recording))
}

/// `None` is the recording that runs.
fn which(ask: &Ask<'_>) -> Result<Option<RecordingSid>> {
    match ask.name("RecordingSid") {
        CURRENT => Ok(None),
        sid => match sid.parse() {
            Ok(sid) => Ok(Some(sid)),
            Err(_) => Err(ErrorCode::NotFound.into()),
        },
    }
}

fn asked(ask: &Ask<'_>) -> Result<RecordingChange> {
    let silence = match ask.params.text("PauseBehavior") {
        None | Some("silence") => true,
        Some("skip") => false,
        Some(_) => return Err(invalid("PauseBehavior", "must be silence or skip")),
    };
    match ask.params.text("Status") {
        Some("paused") => Ok(RecordingChange::Pause { silence }),
        Some("in-progress") => Ok(RecordingChange::Resume),
        Some("stopped") => Ok(RecordingChange::Stop),
        _ => Err(invalid("Status", "must be paused, in-progress or stopped")),
    }
}
