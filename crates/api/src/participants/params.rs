//! Parameters of participants.

use flexio_app::{CallSource, ConferenceRef, JoinConference, ParticipantChange, Participation};
use flexio_domain::{CallSid, ErrorCode, RecordingPurpose, Webhook, WebhookSet};

use crate::Face;
use crate::ask::Ask;
use crate::calls::create_from;
use crate::error::{Result, invalid};
use crate::operation::{Param, params};
use crate::params::{Params, one_of};

pub(super) const FILTERS: &[Param] =
    params!["Muted": "Equal (Twilio's API).", "Hold": "Equal.", "Coaching": "Equal."];

pub(super) const CREATE: &[Param] = params![
    "From": "A number of the account or a verified caller id; required.",
    "To": "E.164 number, short code, `client:` or `sip:` address; required.",
    "Label": "A name by which the participant can be asked for, at most 128 characters, not of the form of a call's sid.",
    "Muted": "`true` joins muted.",
    "Beep": "`true` (default), `false`, `onEnter` or `onExit`.",
    "StartConferenceOnEnter": "`true` (default) starts the conference on joining.",
    "EndConferenceOnExit": "`true` ends the conference on leaving.",
    "WaitUrl": "What is heard before the start; empty for silence.",
    "WaitMethod": "GET or POST.",
    "MaxParticipants": "1 to 1000.",
    "JitterBufferSize": "`off`, `small`, `medium` (default) or `large`: how long what the participant says may be kept back.",
    "Coaching": "`true` with `CallSidToCoach`.",
    "CallSidToCoach": "The participant that alone hears this one.",
    "ConferenceRecord": "`true` or `record-from-start`.",
    "ConferenceRecordingPurpose": "What the conference's recording is for: `agreed`, `transaction` or `quality` (kept 30 days at most).",
    "ConferenceTrim": "`trim-silence` or `do-not-trim`.",
    "ConferenceStatusCallback": "Told of events of the conference.",
    "ConferenceStatusCallbackMethod": "GET or POST.",
    "ConferenceStatusCallbackEvent": "`start end join leave mute hold modify speaker announcement`.",
    "ConferenceRecordingStatusCallback": "Told of states of the conference's recording.",
    "ConferenceRecordingStatusCallbackMethod": "GET or POST.",
    "ConferenceRecordingStatusCallbackEvent": "`in-progress`, `completed` (default), `absent`.",
    "CallReason": "What the call is about, as for calls.",
    "StatusCallback": "Told of states of the call.",
    "StatusCallbackMethod": "GET or POST.",
    "StatusCallbackEvent": "`initiated`, `ringing`, `answered`, `completed` (default).",
    "Timeout": "Seconds of ringing, 1 to 600; default 60.",
    "TimeLimit": "Longest talk in seconds.",
    "Record": "`true` records the participant's call; with the other parameters of recordings as for calls.",
    "MachineDetection": "As for calls, with its thresholds.",
    "SipAuthUsername": "Digest user for the far end.",
    "SipAuthPassword": "Digest password.",
];

pub(super) const UPDATE: &[Param] = params![
    "Muted": "`true` or `false`; in the classic API `Mute`.",
    "Hold": "`true` or `false`.",
    "HoldUrl": "What is heard on hold.",
    "HoldMethod": "GET or POST.",
    "AnnounceUrl": "Document or audio that is played to this participant.",
    "AnnounceMethod": "GET or POST.",
    "WaitUrl": "What is heard before the start; empty for silence.",
    "WaitMethod": "GET or POST.",
    "BeepOnExit": "`true` or `false`.",
    "EndConferenceOnExit": "`true` or `false`.",
    "Coaching": "`false` ends it; `true` with `CallSidToCoach`.",
    "CallSidToCoach": "The participant that alone hears this one.",
];

const EVENTS: [&str; 9] =
    ["start", "end", "join", "leave", "mute", "hold", "modify", "speaker", "announcement"];
const LABEL_CHARS_MAX: usize = 128;

pub(super) fn create(ask: &Ask<'_>) -> Result<JoinConference> {
    // The document comes from the use case; until then there is none.
    let call = create_from(ask, CallSource::Url(WebhookSet::default()))?;
    let name = ask.name("ConferenceSid");
    let conference = match name.parse() {
        Ok(sid) => ConferenceRef::Sid(sid),
        Err(_) => ConferenceRef::Name(name.to_owned()),
    };
    Ok(JoinConference { conference, call, participation: participation(&ask.params)? })
}

fn participation(params: &Params<'_>) -> Result<Participation> {
    let beep = one_of("Beep", params.text("Beep"), |text| {
        ["true", "false", "onEnter", "onExit"].contains(&text).then(|| text.to_owned())
    })?;
    let record = one_of("ConferenceRecord", params.text("ConferenceRecord"), |text| match text {
        "true" | "record-from-start" => Some(true),
        "false" | "do-not-record" => Some(false),
        _ => None,
    })?;
    let purpose = params.text("ConferenceRecordingPurpose");
    let purpose = one_of("ConferenceRecordingPurpose", purpose, RecordingPurpose::from_wire)?;
    let trim = one_of("ConferenceTrim", params.text("ConferenceTrim"), |text| match text {
        "trim-silence" => Some(true),
        "do-not-trim" => Some(false),
        _ => None,
    })?;
    let jitter_buffer = one_of("JitterBufferSize", params.text("JitterBufferSize"), |text| {
        ["off", "small", "medium", "large"].contains(&text).then(|| text.to_owned())
    })?;
    let status_events = params.words("ConferenceStatusCallbackEvent");
    if status_events.iter().any(|event| !EVENTS.contains(&event.as_str())) {
        return Err(invalid("ConferenceStatusCallbackEvent", "names an event that does not exist"));
    }
    let webhook = |name: &str| params.webhook(name, &format!("{name}Method"), ErrorCode::UrlInvalid);
    Ok(Participation {
        muted: params.boolean("Muted")?.unwrap_or(false),
        beep,
        start_on_enter: params.boolean("StartConferenceOnEnter")?.unwrap_or(true),
        end_on_exit: params.boolean("EndConferenceOnExit")?.unwrap_or(false),
        wait: wait(params)?.flatten(),
        max_participants: params.whole("MaxParticipants", 1..=1_000, ErrorCode::InvalidParameter)?,
        coach: coach(params)?.flatten(),
        label: label(params)?,
        jitter_buffer,
        record: record.unwrap_or(false),
        purpose,
        trim: trim.unwrap_or(false),
        status_callback: webhook("ConferenceStatusCallback")?,
        status_events,
        recording_callback: webhook("ConferenceRecordingStatusCallback")?,
        recording_events: params.words("ConferenceRecordingStatusCallbackEvent"),
    })
}

fn label(params: &Params<'_>) -> Result<Option<String>> {
    let Some(label) = params.owned("Label") else { return Ok(None) };
    let ok = label.chars().count() <= LABEL_CHARS_MAX
        && !label.chars().any(char::is_control)
        && !label.contains('/')
        && CallSid::parse_any(&label).is_err();
    if ok {
        Ok(Some(label))
    } else {
        Err(invalid("Label", "is too long, or cannot be told from a call's sid"))
    }
}

/// `Some(None)` ends coaching.
#[expect(clippy::option_option, reason = "not given, cleared, and set are three things")]
fn coach(params: &Params<'_>) -> Result<Option<Option<CallSid>>> {
    let whom = params.text("CallSidToCoach").map(CallSid::parse_any).transpose();
    let whom = whom.map_err(|_| invalid("CallSidToCoach", "is not a call's sid"))?;
    match (params.boolean("Coaching")?, whom) {
        (Some(false), _) => Ok(Some(None)),
        (Some(true), None) => Err(invalid("CallSidToCoach", "is missing")),
        (_, Some(whom)) => Ok(Some(Some(whom))),
        (None, None) => Ok(None),
    }
}

/// `Some(None)` is silence.
#[expect(clippy::option_option, reason = "not given, cleared, and set are three things")]
fn wait(params: &Params<'_>) -> Result<Option<Option<Webhook>>> {
    match params.get("WaitUrl") {
        None => Ok(None),
        Some("") => Ok(Some(None)),
        Some(_) => Ok(Some(params.webhook("WaitUrl", "WaitMethod", ErrorCode::UrlInvalid)?)),
    }
}

/// What is asked of a participant, in a fixed order.
pub(super) fn changes(ask: &Ask<'_>) -> Result<Vec<ParticipantChange>> {
    let params = &ask.params;
    if ask.face == Face::Native {
        let mute = params.boolean("Mute")?.ok_or_else(|| invalid("Mute", "is missing"))?;
        return Ok(vec![ParticipantChange::Mute(mute)]);
    }
    let hold_music = params.webhook("HoldUrl", "HoldMethod", ErrorCode::UrlInvalid)?;
    let hold = match params.boolean("Hold")? {
        Some(on) => Some(ParticipantChange::Hold { on, wait: hold_music.filter(|_| on) }),
        // Other music for somebody who is on hold.
        None => hold_music.map(|music| ParticipantChange::Hold { on: true, wait: Some(music) }),
    };
    let announce = params.webhook("AnnounceUrl", "AnnounceMethod", ErrorCode::UrlInvalid)?;
    let asked = [
        params.boolean("Muted")?.map(ParticipantChange::Mute),
        hold,
        coach(params)?.map(ParticipantChange::Coach),
        wait(params)?.map(ParticipantChange::Wait),
        params.boolean("BeepOnExit")?.map(ParticipantChange::BeepOnExit),
        params.boolean("EndConferenceOnExit")?.map(ParticipantChange::EndOnExit),
        announce.map(ParticipantChange::Announce),
    ];
    Ok(asked.into_iter().flatten().collect())
}
