//! Parameters of recording and of answering-machine detection, as calls, participants and live recordings take them.

use flexio_domain::{
    CallOptions, ErrorCode, MachineDetection, RecordingOptions, RecordingPurpose, RecordingTrack,
};

use crate::ask::Ask;
use crate::error::{Result, invalid};
use crate::params::{Params, one_of};

const CALL_REASON_CHARS: usize = 50;
const EVENTS: [&str; 3] = ["in-progress", "completed", "absent"];

/// Everything beside the instructions of a call.
pub(crate) fn call_options(ask: &Ask<'_>) -> Result<Box<CallOptions>> {
    let params = &ask.params;
    let recording = recording_options(params, 1)?;
    let machine_detection = machine_detection(params)?;
    let reason = call_reason(params)?;
    let labels = ask.labels()?;
    Ok(Box::new(CallOptions { recording, machine_detection, reason, labels, carries_code: false }))
}

/// What the called party is shown: one line, as `callReason` of a document.
fn call_reason(params: &Params<'_>) -> Result<Option<String>> {
    let Some(reason) = params.text("CallReason") else { return Ok(None) };
    if reason.chars().count() > CALL_REASON_CHARS || reason.chars().any(char::is_control) {
        return Err(invalid("CallReason", "must be one line of at most 50 characters"));
    }
    Ok(Some(reason.trim().to_owned()).filter(|line| !line.is_empty()))
}

/// `channels` is what is recorded without `RecordingChannels`.
pub(crate) fn recording_options(params: &Params<'_>, channels: u8) -> Result<RecordingOptions> {
    let asked = one_of("RecordingChannels", params.text("RecordingChannels"), |text| match text {
        "mono" => Some(1),
        "dual" => Some(2),
        _ => None,
    })?;
    let trim = one_of("Trim", params.text("Trim"), |text| match text {
        "trim-silence" => Some(true),
        "do-not-trim" => Some(false),
        _ => None,
    })?;
    let callback_events = params.words("RecordingStatusCallbackEvent");
    if callback_events.iter().any(|event| !EVENTS.contains(&event.as_str())) {
        return Err(invalid("RecordingStatusCallbackEvent", "may hold in-progress, completed and absent"));
    }
    let (url, method) = ("RecordingStatusCallback", "RecordingStatusCallbackMethod");
    let track = one_of("RecordingTrack", params.text("RecordingTrack"), RecordingTrack::from_wire)?;
    Ok(RecordingOptions {
        channels: asked.unwrap_or(channels),
        track: track.unwrap_or_default(),
        purpose: one_of("RecordingPurpose", params.text("RecordingPurpose"), RecordingPurpose::from_wire)?,
        trim: trim.unwrap_or(false),
        callback: params.webhook(url, method, ErrorCode::UrlInvalid)?,
        callback_events,
    })
}

/// Bounds and defaults are those of Twilio's documentation. The classic API only knows `DetectVoicemail=yes`.
fn machine_detection(params: &Params<'_>) -> Result<Option<MachineDetection>> {
    let asked = one_of("MachineDetection", params.text("MachineDetection"), |text| match text {
        "Enable" => Some(false),
        "DetectMessageEnd" => Some(true),
        _ => None,
    })?;
    let voicemail = params.text("DetectVoicemail").is_some_and(|text| text.eq_ignore_ascii_case("yes"));
    let Some(message_end) = asked.or(voicemail.then_some(false)) else { return Ok(None) };
    let number = |name, bounds, default| {
        params.whole(name, bounds, ErrorCode::InvalidParameter).map(|given| given.unwrap_or(default))
    };
    let (url, method) = ("AsyncAmdStatusCallback", "AsyncAmdStatusCallbackMethod");
    let callback = params.webhook(url, method, ErrorCode::UrlInvalid)?;
    let is_async = params.boolean("AsyncAmd")? == Some(true);
    Ok(Some(MachineDetection {
        message_end,
        timeout_s: number("MachineDetectionTimeout", 3..=59, 30)?,
        speech_threshold_ms: number("MachineDetectionSpeechThreshold", 1_000..=6_000, 2_400)?,
        speech_end_threshold_ms: number("MachineDetectionSpeechEndThreshold", 500..=5_000, 1_200)?,
        silence_timeout_ms: number("MachineDetectionSilenceTimeout", 2_000..=10_000, 5_000)?,
        callback: callback.filter(|_| is_async),
    }))
}
