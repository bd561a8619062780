//! Callbacks, notifications and recordings of a call.

use flexio_billing::Recorded;
use flexio_domain::{
    AccountSid, Call, Callback, CallbackState, HttpMethod, Level, Notification, NotificationSid, Recording,
    RecordingPurpose, RecordingSid, RecordingSource, RecordingStatus, RecordingTrack, RequestSid, Timestamp,
    Transcription, TranscriptionStatus, VerbKind, VerbRecord, VerbRecordId, Webhook,
};
use flexio_markup::Track;
use flexio_store::{Change, TranscriptionChange};
use flexio_voice as voice;
use jiff::SignedDuration;

use crate::App;
use crate::recordings::RecordingTerms;
use crate::recordings::sealed::AudioKey;

/// Queues a callback about a call; `sequence` orders it among the callbacks of the call.
pub fn callback(
    app: &App,
    call: &Call,
    sequence: u32,
    url: &str,
    method: &str,
    params: &[(String, String)],
) -> Change {
    callback_about(app, call.account_sid, call.sid.to_string(), sequence, url, method, params)
}

/// The same about something else that has a sid.
pub(super) fn callback_about(
    app: &App,
    account_sid: AccountSid,
    subject: String,
    sequence: u32,
    url: &str,
    method: &str,
    params: &[(String, String)],
) -> Change {
    let now = app.clock.now();
    let method = if method == "GET" { HttpMethod::Get } else { HttpMethod::Post };
    Change::QueueCallback(Callback {
        sid: RequestSid::new(),
        account_sid,
        subject,
        sequence,
        webhook: Webhook { url: url.to_owned(), method },
        params: params.to_vec(),
        state: CallbackState::Pending,
        attempts: 0,
        next_attempt_at: now,
        last_error: None,
        created_at: now,
    })
}

/// Keeps a notification for the account's log.
pub fn notification(call: &Call, notify: &voice::Notify, now: Timestamp) -> Change {
    let text =
        if notify.line > 0 { format!("{} (line {})", notify.text, notify.line) } else { notify.text.clone() };
    Change::AddNotification(Notification {
        sid: NotificationSid::new(),
        account_sid: call.account_sid,
        call_sid: Some(call.sid),
        message_sid: None,
        level: match notify.level {
            voice::Level::Error => Level::Error,
            voice::Level::Warning => Level::Warning,
        },
        code: notify.code,
        text,
        request_url: notify.url.clone(),
        request_method: None,
        request_variables: None,
        response_headers: None,
        response_body: None,
        api_version: call.api_version.clone(),
        created_at: now,
    })
}

/// A recording begins on `node`, under terms of its account; the key its audio is sealed with.
pub fn recording(
    call: &Call,
    sid: RecordingSid,
    fact: &voice::RecordingFact,
    (terms, node): (&RecordingTerms, &str),
    now: Timestamp,
) -> (Recording, AudioKey) {
    let (key, sealed) = terms.new_key(sid);
    let purpose = fact.purpose.map(purpose_of);
    let recording = Recording {
        sid,
        version: 1,
        account_sid: call.account_sid,
        call_sid: fact.call_sid.parse().unwrap_or(call.sid),
        conference_sid: None,
        source: match fact.source {
            voice::RecordingSource::RecordVerb => RecordingSource::RecordVerb,
            voice::RecordingSource::DialVerb => RecordingSource::DialVerb,
            voice::RecordingSource::OutboundApi => RecordingSource::OutboundAPI,
            voice::RecordingSource::CallApi => RecordingSource::StartCallRecordingAPI,
            voice::RecordingSource::Conference => RecordingSource::Conference,
            voice::RecordingSource::ConferenceApi => RecordingSource::StartConferenceRecordingAPI,
        },
        status: RecordingStatus::InProgress,
        channels: fact.channels,
        track: match (fact.source, fact.track) {
            (voice::RecordingSource::RecordVerb, _) | (_, Track::Inbound) => RecordingTrack::Inbound,
            (_, Track::Outbound) => RecordingTrack::Outbound,
            (_, Track::Both) => RecordingTrack::Both,
        },
        purpose,
        node: Some(node.to_owned()),
        is_stored: false,
        key: Some(sealed),
        expires_at: terms.expires_at(now, purpose),
        duration_ms: None,
        bytes: None,
        api_version: call.api_version.clone(),
        price: None,
        started_at: fact.started_at,
        created_at: now,
        updated_at: now,
    };
    (recording, key)
}

fn purpose_of(purpose: flexio_markup::RecordingPurpose) -> RecordingPurpose {
    match purpose {
        flexio_markup::RecordingPurpose::Agreed => RecordingPurpose::Agreed,
        flexio_markup::RecordingPurpose::Transaction => RecordingPurpose::Transaction,
        flexio_markup::RecordingPurpose::Quality => RecordingPurpose::Quality,
    }
}

/// A recording of `call` ended: its record, and what it costs.
pub fn recorded(
    app: &App,
    call: &Call,
    recording: &mut Recording,
    outcome: &voice::RecordingOutcome,
    bytes: Option<u64>,
    now: Timestamp,
) -> Vec<Change> {
    recording.updated_at = now;
    let mut changes = Vec::new();
    match outcome {
        voice::RecordingOutcome::Completed { duration_ms, .. } => {
            recording.status = RecordingStatus::Completed;
            recording.duration_ms = Some(*duration_ms);
            recording.bytes = bytes;
            let (from, to) = (call.from.to_string(), call.to.to_string());
            let charge = app.meter(recording.account_sid).recorded(&Recorded {
                recording_sid: recording.sid,
                account_sid: recording.account_sid,
                from: &from,
                to: &to,
                started_at: recording.started_at,
                ended_at: now,
                duration_ms: *duration_ms,
            });
            let charge = charge.labelled(super::end::labels(call));
            recording.price = Some(charge.event.amount);
            changes.extend(crate::usage::booked(charge));
        }
        voice::RecordingOutcome::Absent => recording.status = RecordingStatus::Absent,
        voice::RecordingOutcome::Failed { .. } => recording.status = RecordingStatus::Failed,
    }
    if recording.status != RecordingStatus::Completed {
        recording.key = None;
        recording.expires_at = None;
    }
    changes.insert(0, Change::UpdateRecording(recording.clone()));
    changes
}

/// The longest a recogniser works on a text after the recording ended. One that is still in progress then was lost, with its node.
const TRANSCRIBED_WITHIN: SignedDuration = SignedDuration::from_mins(10);

/// The text of a recording of `call`, which was made for `purpose`, is awaited.
pub fn transcription(
    call: &Call,
    fact: &voice::TranscriptionFact,
    (terms, purpose): (&RecordingTerms, Option<RecordingPurpose>),
    now: Timestamp,
) -> Option<Transcription> {
    Some(Transcription {
        sid: fact.sid.parse().ok()?,
        version: 1,
        account_sid: call.account_sid,
        call_sid: call.sid,
        recording_sid: fact.recording_sid.parse().ok()?,
        status: TranscriptionStatus::InProgress,
        duration_ms: fact.duration_ms,
        text: None,
        due_at: Some(now.saturating_add(TRANSCRIBED_WITHIN).unwrap_or(Timestamp::MAX)),
        expires_at: terms.expires_at(now, purpose),
        api_version: call.api_version.clone(),
        created_at: now,
        updated_at: now,
    })
}

/// It is known, or will not come.
pub fn transcribed(
    awaited: Transcription,
    outcome: &voice::TranscriptionOutcome,
    terms: &RecordingTerms,
    now: Timestamp,
) -> Change {
    let (status, text) = match outcome {
        voice::TranscriptionOutcome::Completed { text } => {
            (TranscriptionStatus::Completed, Some(terms.seal_text(awaited.sid, text)))
        }
        voice::TranscriptionOutcome::Failed => (TranscriptionStatus::Failed, None),
    };
    let known = Transcription { status, text, due_at: awaited.expires_at, updated_at: now, ..awaited };
    TranscriptionChange::Update(known).into()
}

/// `RecordingUrl`, which needs credentials, and in the classic API `PublicRecordingUrl`, which is signed and valid for an hour at most.
pub fn recording_urls(
    app: &App,
    account: AccountSid,
    sid: RecordingSid,
    api_version: &str,
) -> (String, Option<String>) {
    let base = &app.config.public_base_url;
    if api_version == "2010-04-01" {
        return (format!("{base}/2010-04-01/Accounts/{account}/Recordings/{sid}"), None);
    }
    let path = format!("/restcomm/2012-04-24/Accounts/{account}/Recordings/{sid}.wav");
    let public = format!("{base}{path}?{}", app.sign_media(&path, app.config.media_url_seconds_max));
    (format!("{base}{path}"), Some(public))
}

/// A verb that ran, for look-up.
pub fn verb_ran(call: &Call, ran: &voice::VerbRan) -> Change {
    let kind = match ran.verb {
        voice::RanVerb::GatherDtmf => VerbKind::GatherDtmf,
        voice::RanVerb::Hold => VerbKind::Hold,
        voice::RanVerb::Resume => VerbKind::Resume,
        voice::RanVerb::Refer => VerbKind::Refer,
    };
    let seconds = ran.duration_ms.div_ceil(1_000);
    Change::AddVerbRecord(VerbRecord {
        id: VerbRecordId::new(),
        kind,
        account_sid: call.account_sid,
        call_sid: call.sid,
        status: ran.status.to_owned(),
        reason: ran.reason.clone(),
        duration_s: Some(u32::try_from(seconds).unwrap_or(u32::MAX)),
        facts: ran.facts.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect(),
        created_at: ran.started_at,
    })
}
