//! Parameters of every request to an application, in their order.

use jiff::Timestamp;

use crate::actions::{LegId, RecordingFact};
use crate::branch::failure;
use crate::context::{Base, FinishedRecording};
use crate::events::{RecordingOutcome, SipFacts, StreamError, Utterance};
use crate::facts::{ApiVersion, Direction, LegStatus, Now};
use crate::progress::ProgressEvent;
use crate::queue::Place;
use crate::stream::{FinishedStream, LiveStream};

pub(crate) type Params = Vec<(String, String)>;

pub(crate) fn put(params: &mut Params, name: &str, value: impl Into<String>) {
    params.push((name.to_owned(), value.into()));
}

pub(crate) fn put_known(params: &mut Params, name: &str, value: Option<&String>) {
    if let Some(value) = value {
        put(params, name, value.clone());
    }
}

/// RFC 2822 in UTC, as callbacks write times.
pub(crate) fn rfc2822(time: Timestamp) -> String {
    time.strftime("%a, %d %b %Y %H:%M:%S +0000").to_string()
}

/// The standard set, sent with every voice request.
pub(crate) fn standard(base: &Base, leg: LegId) -> Params {
    let Some(state) = base.leg(leg) else { return Vec::new() };
    let facts = &state.facts;
    let mut p = Vec::with_capacity(20);
    put(&mut p, "CallSid", &*facts.call_sid);
    put(&mut p, "AccountSid", &*facts.account_sid);
    put(&mut p, "From", &*facts.from);
    put(&mut p, "To", &*facts.to);
    if base.facts.api_version == ApiVersion::V2010 {
        put(&mut p, "Caller", &*facts.from);
        put(&mut p, "Called", &*facts.to);
    }
    put(&mut p, "CallStatus", state.status.unwrap_or(LegStatus::Queued).as_str());
    put(&mut p, "ApiVersion", base.facts.api_version.as_str());
    put(&mut p, "Direction", facts.direction.as_str());
    match base.facts.api_version {
        // Restcomm always sends it; an unknown name is empty.
        ApiVersion::V2012 => put(&mut p, "CallerName", facts.caller_name.clone().unwrap_or_default()),
        ApiVersion::V2010 => put_known(&mut p, "CallerName", facts.caller_name.as_ref()),
    }
    put_known(&mut p, "ForwardedFrom", facts.forwarded_from.as_ref());
    put_known(&mut p, "StirVerstat", facts.verstat.as_ref());
    put_known(&mut p, "StirPassportToken", facts.passport.as_ref());
    put_known(&mut p, "ParentCallSid", facts.parent_call_sid.as_ref());
    if base.facts.api_version == ApiVersion::V2012 {
        put(&mut p, "CallTimestamp", facts.created_at.to_string());
        put_known(&mut p, "InstanceId", base.facts.instance_id.as_ref());
        if leg == LegId::FIRST && base.legs.len() > 1 {
            put_known(&mut p, "OutboundCallSid", base.legs.last().map(|l| &l.facts.call_sid));
        }
    }
    if leg == LegId::FIRST {
        put_known(&mut p, "PhoneNumberSid", base.facts.phone_number_sid.as_ref());
    }
    put_known(&mut p, "ApplicationSid", base.facts.application_sid.as_ref());
    put_answerer(&mut p, state);
    put_known(&mut p, "SipCallId", facts.sip_call_id.as_ref());
    for (name, value) in &facts.sip_headers {
        put(&mut p, &format!("SipHeader_{name}"), &**value);
    }
    p
}

/// Who answered, once that is known.
fn put_answerer(p: &mut Params, leg: &crate::progress::Leg) {
    if let Some((verdict, millis)) = leg.answered_by {
        put(p, "AnsweredBy", verdict.as_str());
        put(p, "MachineDetectionDuration", millis.to_string());
    }
}

/// The callback of answering-machine detection.
pub(crate) fn machine(base: &Base, leg: LegId) -> Params {
    let mut p = Vec::new();
    let Some(state) = base.leg(leg) else { return p };
    put(&mut p, "AccountSid", &*state.facts.account_sid);
    put(&mut p, "CallSid", &*state.facts.call_sid);
    put_answerer(&mut p, state);
    p
}

/// A call progress event.
pub(crate) fn progress(base: &Base, leg: LegId, event: ProgressEvent, running: u8, now: Now) -> Params {
    let mut p = standard(base, leg);
    let Some(state) = base.leg(leg) else { return p };
    if let Some((_, status)) = p.iter_mut().find(|(name, _)| name == "CallStatus") {
        // Twilio and the Restcomm manual: `initiated` exists in callbacks only.
        if event == ProgressEvent::Initiated {
            "initiated".clone_into(status);
        }
    }
    put(&mut p, "CallEvent", event.as_str());
    let sequence = match base.facts.api_version {
        ApiVersion::V2012 => event.index(),
        ApiVersion::V2010 => running,
    };
    if event == ProgressEvent::Completed {
        let seconds = state.talk(now.mono).as_secs();
        put(&mut p, "CallDuration", seconds.to_string());
        if base.facts.api_version == ApiVersion::V2010 {
            put(&mut p, "Duration", seconds.div_ceil(60).to_string());
        }
        if let Some(status) = state.sip_status {
            put(&mut p, "SipResponseCode", status.to_string());
        }
        let recording = base.call_recording.as_ref().filter(|_| leg == LegId::FIRST);
        if let Some(recording) = recording.filter(|_| state.facts.direction == Direction::OutboundApi) {
            put_recording(&mut p, recording);
        }
    }
    put(&mut p, "Timestamp", rfc2822(now.wall));
    put(&mut p, "CallbackSource", "call-progress-events");
    put(&mut p, "SequenceNumber", sequence.to_string());
    p
}

/// A message of a phone to its application, as Twilio tells it.
pub(crate) fn user_message(
    base: &Base,
    leg: LegId,
    sid: &str,
    content: &str,
    sequence: u32,
    now: Now,
) -> Params {
    let mut p = Vec::new();
    let Some(state) = base.leg(leg) else { return p };
    put(&mut p, "AccountSid", &*state.facts.account_sid);
    put(&mut p, "CallSid", &*state.facts.call_sid);
    put(&mut p, "Sid", sid);
    put(&mut p, "ContentType", "application/json");
    put(&mut p, "Content", content);
    put(&mut p, "SequenceNumber", sequence.to_string());
    put(&mut p, "Timestamp", rfc2822(now.wall));
    p
}

/// What somebody has typed.
pub(crate) fn typed(base: &Base, leg: LegId, text: &str, sequence: u32, now: Now) -> Params {
    let mut p = standard(base, leg);
    put(&mut p, "CallEvent", "text");
    put(&mut p, "Text", text);
    put(&mut p, "Timestamp", rfc2822(now.wall));
    put(&mut p, "CallbackSource", "real-time-text");
    put(&mut p, "SequenceNumber", sequence.to_string());
    p
}

/// Whole seconds of a recording; one that exists is at least one second long.
fn seconds(duration_ms: u64) -> u64 {
    ((duration_ms + 500) / 1000).max(1)
}

fn put_recording(p: &mut Params, recording: &FinishedRecording) {
    match &recording.outcome {
        RecordingOutcome::Completed { duration_ms, url, public_url } => {
            put(p, "RecordingUrl", &**url);
            put_known(p, "PublicRecordingUrl", public_url.as_ref());
            put(p, "RecordingSid", &*recording.sid);
            put(p, "RecordingDuration", seconds(*duration_ms).to_string());
        }
        RecordingOutcome::Absent | RecordingOutcome::Failed { .. } => {}
    }
}

/// A recording status callback.
pub(crate) fn recording(base: &Base, leg: LegId, fact: &RecordingFact) -> Params {
    recording_status(&base.leg(leg).map(|l| l.facts.account_sid.clone()).unwrap_or_default(), fact)
}

/// The same for a recording that is not of one call.
pub(crate) fn recording_status(account_sid: &str, fact: &RecordingFact) -> Params {
    let mut p = Vec::new();
    put(&mut p, "AccountSid", account_sid);
    put(&mut p, "CallSid", &*fact.call_sid);
    put(&mut p, "RecordingSid", &*fact.sid);
    let status = match &fact.outcome {
        None => "in-progress",
        Some(RecordingOutcome::Completed { .. }) => "completed",
        Some(RecordingOutcome::Absent) => "absent",
        Some(RecordingOutcome::Failed { .. }) => "failed",
    };
    put(&mut p, "RecordingStatus", status);
    match &fact.outcome {
        Some(RecordingOutcome::Completed { duration_ms, url, .. }) => {
            put(&mut p, "RecordingUrl", &**url);
            put(&mut p, "RecordingDuration", seconds(*duration_ms).to_string());
        }
        Some(RecordingOutcome::Failed { .. }) => put(&mut p, "ErrorCode", "12400"),
        Some(RecordingOutcome::Absent) | None => {}
    }
    put(&mut p, "RecordingChannels", fact.channels.to_string());
    put(&mut p, "RecordingStartTime", rfc2822(fact.started_at));
    put(&mut p, "RecordingSource", fact.source.as_str());
    let track = match fact.track {
        flexio_markup::Track::Both => "both",
        flexio_markup::Track::Inbound => "inbound",
        flexio_markup::Track::Outbound => "outbound",
    };
    put(&mut p, "RecordingTrack", track);
    p
}

/// What a finished `<Gather>` adds.
pub(crate) fn gather(keys: &str, finished_on: Option<flexio_markup::Key>) -> Params {
    let mut p = Vec::new();
    put(&mut p, "Digits", keys);
    put(&mut p, "FinishedOnKey", finished_on.map(|k| k.to_string()).unwrap_or_default());
    p
}

/// What a `<Gather>` that heard somebody adds.
pub(crate) fn speech(utterance: &Utterance) -> Params {
    let mut p = Vec::new();
    put(&mut p, "SpeechResult", &*utterance.text);
    // A recogniser that tells nothing is as sure as it can be.
    let confidence = utterance.confidence.unwrap_or(1.0).clamp(0.0, 1.0);
    put(&mut p, "Confidence", format!("{confidence:.7}"));
    put(&mut p, "Language", &*utterance.language);
    p
}

/// What a recogniser has understood so far.
pub(crate) fn partial(base: &Base, leg: LegId, stable: &str, unstable: &str, sequence: u32) -> Params {
    let mut p = standard(base, leg);
    put(&mut p, "UnstableSpeechResult", unstable);
    put(&mut p, "StableSpeechResult", stable);
    put(&mut p, "Stability", if unstable.is_empty() { "1.0" } else { "0.5" });
    put(&mut p, "SequenceNumber", sequence.to_string());
    p
}

/// A transcription callback; without a text it failed.
pub(crate) fn transcription(
    base: &Base,
    leg: LegId,
    sid: &str,
    text: Option<&str>,
    recording: &FinishedRecording,
) -> Params {
    let mut p = standard(base, leg);
    put(&mut p, "TranscriptionSid", sid);
    put(&mut p, "TranscriptionText", text.unwrap_or_default());
    put(&mut p, "TranscriptionStatus", if text.is_some() { "completed" } else { "failed" });
    if let RecordingOutcome::Completed { url, .. } = &recording.outcome {
        let url = url.strip_suffix(".wav").unwrap_or(url);
        put(&mut p, "TranscriptionUrl", format!("{url}/Transcriptions/{sid}"));
    }
    put_recording(&mut p, recording);
    p
}

/// What a finished `<Record>` adds; `digits` is `hangup` when the caller left.
pub(crate) fn record(recording: &FinishedRecording, digits: &str) -> Params {
    let mut p = Vec::new();
    put_recording(&mut p, recording);
    put(&mut p, "Digits", digits);
    p
}

/// A stream status callback (Twilio's `<Stream statusCallback>`).
pub(crate) fn stream(
    base: &Base,
    leg: LegId,
    live: &LiveStream,
    event: &str,
    error: Option<&StreamError>,
    now: Now,
) -> Params {
    let mut p = Vec::new();
    if let Some(leg) = base.leg(leg) {
        put(&mut p, "AccountSid", &*leg.facts.account_sid);
        put(&mut p, "CallSid", &*leg.facts.call_sid);
    }
    put(&mut p, "StreamSid", &*live.sid);
    put_known(&mut p, "StreamName", live.name.as_ref());
    put(&mut p, "StreamEvent", event);
    if let Some(error) = error {
        put(&mut p, "StreamError", &*error.text);
    }
    put(&mut p, "Timestamp", now.wall.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string());
    p
}

/// What a finished `<Connect>` adds.
pub(crate) fn stream_action(finished: &FinishedStream) -> Params {
    let mut p = Vec::new();
    put(&mut p, "StreamSid", &*finished.sid);
    put_known(&mut p, "StreamName", finished.name.as_ref());
    put(&mut p, "StreamEvent", if finished.error.is_some() { "stream-error" } else { "stream-stopped" });
    if let Some(error) = &finished.error {
        put(&mut p, "StreamError", &*error.text);
    }
    p
}

/// What became of an e-mail sent by a document.
pub(crate) fn email(sid: &str, status: &str) -> Params {
    vec![("EmailSid".to_owned(), sid.to_owned()), ("EmailStatus".to_owned(), status.to_owned())]
}

/// What became of a message sent by a document.
pub(crate) fn message(sid: &str, status: &str) -> Params {
    let mut p = Vec::new();
    for name in ["SmsSid", "MessageSid"] {
        put(&mut p, name, sid);
    }
    for name in ["SmsStatus", "MessageStatus"] {
        put(&mut p, name, status);
    }
    p
}

/// What became of a `<Dial>`.
pub(crate) struct DialResult<'a> {
    pub status: LegStatus,
    /// The leg that was connected, else the one whose failure counts.
    pub leg: Option<LegId>,
    pub bridged: bool,
    pub recording: Option<&'a FinishedRecording>,
    /// Of a SIP party.
    pub sip: Option<&'a SipFacts>,
    pub sip_status: Option<u16>,
}

/// What a finished `<Dial>` adds.
pub(crate) fn dial(base: &Base, result: &DialResult<'_>, now: Now) -> Params {
    let mut p = Vec::new();
    put(&mut p, "DialCallStatus", result.status.as_str());
    if let Some(leg) = result.leg.and_then(|leg| base.leg(leg)) {
        put(&mut p, "DialCallSid", &*leg.facts.call_sid);
        // A leg that was only screened was never connected to the caller.
        let talk = if result.bridged { leg.talk(now.mono).as_secs() } else { 0 };
        put(&mut p, "DialCallDuration", talk.to_string());
        put(&mut p, "DialRingDuration", leg.ring().as_secs().to_string());
    }
    put(&mut p, "DialBridged", result.bridged.to_string());
    if let Some(recording) = result.recording {
        put_recording(&mut p, recording);
    }
    if let Some(sip) = result.sip {
        put_known(&mut p, "DialSipCallId", sip.call_id.as_ref());
        if let Some(status) = result.sip_status {
            put(&mut p, "DialSipResponseCode", status.to_string());
        }
        for (name, value) in &sip.x_headers {
            put(&mut p, &format!("DialSipHeader_{name}"), &**value);
        }
    }
    p
}

/// What goes with the requests of someone who waits in a conference.
pub(crate) fn in_conference(conference_sid: &str) -> Params {
    vec![("ConferenceSid".to_owned(), conference_sid.to_owned())]
}

/// What a finished part in a conference adds: it has no dialled leg to tell of. Twilio has a word of its own for it.
pub(crate) fn conference(base: &Base) -> Params {
    let mut p = Vec::new();
    let status = match base.facts.api_version {
        ApiVersion::V2010 => "answered",
        ApiVersion::V2012 => LegStatus::Completed.as_str(),
    };
    put(&mut p, "DialCallStatus", status);
    put(&mut p, "DialBridged", "true");
    p
}

/// Where someone is in a queue.
pub(crate) struct QueuePlace<'a> {
    pub queue_sid: &'a str,
    pub name: &'a str,
    /// Of one who waits.
    pub place: Option<&'a Place>,
    pub waited_s: u64,
    /// The call that serves it, once it is matched.
    pub peer: Option<&'a str>,
}

/// What goes with the requests of someone who waits in a queue or is about to be connected.
pub(crate) fn in_queue(queue: &QueuePlace<'_>) -> Params {
    let mut p = Vec::new();
    put(&mut p, "QueueSid", queue.queue_sid);
    put(&mut p, "QueueName", queue.name);
    if let Some(place) = queue.place.filter(|_| queue.peer.is_none()) {
        put(&mut p, "QueuePosition", place.position.to_string());
    }
    put(&mut p, "QueueTime", queue.waited_s.to_string());
    if let Some(place) = queue.place.filter(|_| queue.peer.is_none()) {
        put(&mut p, "AvgQueueTime", place.average_s.to_string());
        put(&mut p, "CurrentQueueSize", place.size.to_string());
        put(&mut p, "MaxQueueSize", place.max_size.to_string());
    }
    if let Some(peer) = queue.peer {
        // Twilio's spelling.
        put(&mut p, "DequeingCallSid", peer);
    }
    p
}

/// What a finished `<Enqueue>` adds.
pub(crate) fn enqueued(
    result: &str,
    queue_sid: &str,
    waited_s: u64,
    recording: Option<&FinishedRecording>,
) -> Params {
    let mut p = Vec::new();
    put(&mut p, "QueueResult", result);
    put(&mut p, "QueueSid", queue_sid);
    put(&mut p, "QueueTime", waited_s.to_string());
    if let Some(recording) = recording {
        put_recording(&mut p, recording);
    }
    p
}

/// What a finished `<Dial>` of a queue adds; it has dialled no leg to tell of.
pub(crate) fn dialled_queue(
    status: LegStatus,
    talked_s: u64,
    recording: Option<&FinishedRecording>,
    queue_sid: &str,
) -> Params {
    let mut p = Vec::new();
    put(&mut p, "DialCallStatus", status.as_str());
    put(&mut p, "DialCallDuration", talked_s.to_string());
    put(&mut p, "DialBridged", (status == LegStatus::Completed).to_string());
    put(&mut p, "QueueSid", queue_sid);
    if let Some(recording) = recording {
        put_recording(&mut p, recording);
    }
    p
}

/// The words of `HoldStatus` and `ResumeStatus`.
pub(crate) fn hold_status(on: bool, status: u16) -> &'static str {
    match status {
        200..300 if on => "held",
        200..300 => "resumed",
        408 => "no-answer",
        _ => "failed",
    }
}

/// What a finished `<Hold>` or `<Resume>` adds.
pub(crate) fn held(on: bool, status: u16) -> Params {
    let mut p = Vec::new();
    let result = hold_status(on, status);
    let (name, code) =
        if on { ("HoldStatus", "HoldSipResponseCode") } else { ("ResumeStatus", "ResumeSipResponseCode") };
    put(&mut p, name, result);
    put(&mut p, code, status.to_string());
    p
}

/// The status of the call a transfer makes.
pub(crate) fn refer_status(status: u16) -> &'static str {
    match status {
        100..180 => "initiated",
        180..200 => LegStatus::Ringing.as_str(),
        200..300 => LegStatus::Completed.as_str(),
        _ => failure(status).0.as_str(),
    }
}

/// What a finished `<Refer>` adds: what is not known is left out.
pub(crate) fn referred(answered: Option<u16>, notified: Option<u16>) -> Params {
    let mut p = Vec::new();
    let accepted = answered.is_some_and(|status| (200..300).contains(&status));
    let notified = notified.filter(|_| accepted);
    if let Some(status) = notified {
        put(&mut p, "ReferCallStatus", refer_status(status));
    }
    if let Some(status) = answered {
        put(&mut p, "ReferSipResponseCode", status.to_string());
    }
    if let Some(status) = notified {
        put(&mut p, "NotifySipResponseCode", status.to_string());
    }
    p
}

/// What the document for a transfer learns that the called party asked for.
pub(crate) fn transfer(transferor: &str, transferee: &str, target: &str) -> Params {
    let mut p = Vec::new();
    put(&mut p, "Transferor", transferor);
    put(&mut p, "Transferee", transferee);
    put(&mut p, "ReferTarget", target);
    // Twilio's name for the same.
    put(&mut p, "ReferTransferTarget", target);
    p
}

/// What the fallback learns of the failed request.
pub(crate) fn fallback(code: u32, url: &str) -> Params {
    let mut p = Vec::new();
    put(&mut p, "ErrorCode", code.to_string());
    put(&mut p, "ErrorUrl", url);
    p
}
