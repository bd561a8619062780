//! Parameters of calls.

use flexio_app::{CallChange, CallSource, CreateCall, EndCall, NewInstructions};
use flexio_domain::{Address, CallSid, CallStatus, ErrorCode, Pii, WebhookSet};
use flexio_store::{CallFilter, Scope};

use crate::Face;
use crate::ask::Ask;
use crate::error::{Result, invalid};
use crate::numbers::dialect_of;
use crate::operation::{Param, params};
use crate::params::{Params, one_of};

pub(super) const FILTERS: &[Param] = params![
    "From": "Equal.",
    "To": "Equal.",
    "Status": "Equal.",
    "ParentCallSid": "Legs dialled by this call.",
    "StartTime": "Day or second of creation; `StartTime<` and `StartTime>` at or before and after. In the classic API: not before.",
    "EndTime": "Day or second of the end, likewise. In the classic API: created not after.",
    "SubAccounts": "`true` adds the calls of all descendants (classic API).",
    "SortBy": "`DateCreated`, `From`, `To`, `Direction`, `Status`, `Duration` or `Price`, with `:asc` or `:desc` (classic API).",
    "Reverse": "`true` for newest first (classic API).",
];

pub(super) const CREATE: &[Param] = params![
    "From": "A number of the account or a verified caller id; required.",
    "To": "E.164 number, short code, `client:` or `sip:` address; required.",
    "Url": "Document that is run after the answer.",
    "Method": "GET or POST.",
    "FallbackUrl": "Asked if `Url` fails.",
    "FallbackMethod": "GET or POST.",
    "Twiml": "The document itself, instead of `Url`.",
    "ApplicationSid": "Or an application.",
    "StatusCallback": "Told of states.",
    "StatusCallbackMethod": "GET or POST.",
    "StatusCallbackEvent": "`initiated`, `ringing`, `answered`, `completed` (default), `text` (what is typed): repeated, or in one value.",
    "Timeout": "Seconds of ringing, 1 to 600; default 60.",
    "TimeLimit": "Longest talk in seconds.",
    "SendDigits": "Digits sent after the answer; `w` waits half a second.",
    "CallReason": "What the call is about, at most 50 characters; shown to the called party (`Subject` of the INVITE).",
    "Tag": "A department or campaign whom its cost is shared out to, at most 64 characters; `Usage/Breakdown` sums by it.",
    "Record": "`true` records from the answer on.",
    "RecordingChannels": "`mono` (default) or `dual`.",
    "RecordingTrack": "`inbound`, `outbound` or `both` (default).",
    "RecordingPurpose": "What it is for, which those who are recorded are told before: `agreed` (by every party), `transaction` (its proof) or `quality` (of a call centre; kept 30 days at most).",
    "Trim": "`trim-silence` or `do-not-trim` (default).",
    "RecordingStatusCallback": "Told of states of the recording.",
    "RecordingStatusCallbackMethod": "GET or POST.",
    "RecordingStatusCallbackEvent": "`in-progress`, `completed` (default), `absent`.",
    "MachineDetection": "`Enable` tells people from machines, `DetectMessageEnd` also waits for the end of a machine's greeting; natively `DetectVoicemail=yes`.",
    "MachineDetectionTimeout": "Seconds until the verdict is `unknown`, 3 to 59; default 30.",
    "MachineDetectionSpeechThreshold": "Milliseconds of speech that make a machine, 1000 to 6000; default 2400.",
    "MachineDetectionSpeechEndThreshold": "Milliseconds of silence that end a greeting, 500 to 5000; default 1200.",
    "MachineDetectionSilenceTimeout": "Milliseconds of silence at the beginning that make `unknown`, 2000 to 10000; default 5000.",
    "AsyncAmd": "`true` runs the document at once and sends the verdict to `AsyncAmdStatusCallback`.",
    "AsyncAmdStatusCallback": "Told of the verdict.",
    "AsyncAmdStatusCallbackMethod": "GET or POST.",
    "SipAuthUsername": "Digest user for the far end; natively `Username`.",
    "SipAuthPassword": "Digest password; natively `Password`.",
];

pub(super) const MODIFY: &[Param] = params![
    "Status": "`canceled` while queued or ringing, `completed` at any time.",
    "Url": "Document that replaces the present one.",
    "Method": "GET or POST.",
    "FallbackUrl": "Asked if `Url` fails.",
    "FallbackMethod": "GET or POST.",
    "Twiml": "The document itself, instead of `Url`.",
    "StatusCallback": "Told of the end from now on.",
    "StatusCallbackMethod": "GET or POST.",
    "Mute": "`true` or `false` (classic API).",
    "MoveConnectedCallLeg": "`true` moves both bridged legs (classic API).",
    "Hold": "`true` puts the leg on hold, `false` takes it back (classic API).",
    "HoldMusic": "Audio that it hears on hold; silence without it.",
    "SendDigits": "Keys that are pressed to the party on the leg; `w` waits half a second (classic API).",
    "Prompt": "A document of `Say`, `Play` and `Pause` that the party on the leg hears over its conversation (classic API).",
];

const EVENTS: [&str; 5] = ["initiated", "ringing", "answered", "completed", "text"];

pub(super) fn filter(ask: &Ask<'_>) -> Result<CallFilter> {
    let params = &ask.params;
    let (started, ended) = match ask.face {
        Face::Twilio => (params.span("StartTime")?, params.span("EndTime")?),
        Face::Native => (params.span_between("StartTime", "EndTime")?, flexio_store::Span::default()),
    };
    let parent = params.text("ParentCallSid").map(CallSid::parse_any).transpose();
    Ok(CallFilter {
        scope: scope(ask)?,
        from: params.owned("From"),
        to: params.owned("To"),
        status: one_of("Status", params.text("Status"), CallStatus::from_wire)?,
        parent_call_sid: parent.map_err(|_| invalid("ParentCallSid", "is not a call's sid"))?,
        started,
        ended,
    })
}

/// `SubAccounts=true` of the classic API.
pub(crate) fn scope(ask: &Ask<'_>) -> Result<Scope> {
    let tree = ask.face == Face::Native && ask.params.boolean("SubAccounts")? == Some(true);
    Ok(if tree { Scope::Tree } else { Scope::Own })
}

pub(super) fn create(ask: &Ask<'_>) -> Result<CreateCall> {
    parties(&ask.params)?;
    create_from(ask, source(&ask.params)?)
}

/// Who is called and who calls: what is missing is told before all else.
fn parties<'a>(params: &'a Params<'_>) -> Result<(&'a str, &'a str)> {
    let to = params.required("To", ErrorCode::ToMissing)?;
    let from = params.text("From").or(params.text("CallerId")).ok_or(ErrorCode::FromMissing)?;
    Ok((to, from))
}

/// A call whose instructions are known already.
pub(crate) fn create_from(ask: &Ask<'_>, source: CallSource) -> Result<CreateCall> {
    let params = &ask.params;
    let (to, from) = parties(params)?;
    let status_callback = params.webhook("StatusCallback", "StatusCallbackMethod", ErrorCode::UrlInvalid)?;
    Ok(CreateCall {
        to: reachable(to).ok_or(ErrorCode::ToInvalid)?,
        from: from.parse().map_err(|_| ErrorCode::FromInvalid)?,
        source,
        status_callback_events: events(params, status_callback.is_some())?,
        status_callback,
        ring_timeout_s: params.whole("Timeout", 1..=600, ErrorCode::TimeoutInvalid)?.unwrap_or(60),
        time_limit_s: params.whole("TimeLimit", 1..=86_400, ErrorCode::InvalidParameter)?,
        send_digits: digits(params)?,
        record: params.boolean("Record")?.unwrap_or(false),
        options: super::options::call_options(ask)?,
        sip_auth: sip_auth(ask),
        dialect: dialect_of(ask.face),
        api_version: ask.face.version().to_owned(),
    })
}

fn reachable(to: &str) -> Option<Address> {
    match to.parse().ok()? {
        Address::Alphanumeric(_) | Address::Anonymous => None,
        address => Some(address),
    }
}

fn source(params: &Params<'_>) -> Result<CallSource> {
    if let Some(document) = params.text("Twiml") {
        return Ok(CallSource::Document(document.to_owned()));
    }
    if let Some(set) = instructions(params)? {
        return Ok(CallSource::Url(set));
    }
    let application = params.parsed("ApplicationSid", ErrorCode::ApplicationInvalid)?;
    Ok(CallSource::Application(application.ok_or(ErrorCode::UrlMissing)?))
}

fn instructions(params: &Params<'_>) -> Result<Option<WebhookSet>> {
    let primary = params.webhook("Url", "Method", ErrorCode::UrlMissing)?;
    let fallback = params.webhook("FallbackUrl", "FallbackMethod", ErrorCode::UrlInvalid)?;
    Ok(primary.map(|primary| WebhookSet { primary: Some(primary), fallback }))
}

fn events(params: &Params<'_>, wanted: bool) -> Result<Vec<String>> {
    let events = params.words("StatusCallbackEvent");
    if events.iter().any(|event| !EVENTS.contains(&event.as_str())) {
        return Err(invalid(
            "StatusCallbackEvent",
            "may hold initiated, ringing, answered, completed and text",
        ));
    }
    let default = if wanted && events.is_empty() { vec!["completed".to_owned()] } else { events };
    Ok(default)
}

fn digits(params: &Params<'_>) -> Result<Option<String>> {
    let digits = params.owned("SendDigits");
    let ok = |digits: &String| {
        digits.len() <= 64
            && digits.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'*' | b'#' | b'w' | b'W'))
    };
    match digits {
        Some(digits) if !ok(&digits) => Err(ErrorCode::SendDigitsInvalid.into()),
        digits => Ok(digits),
    }
}

fn sip_auth(ask: &Ask<'_>) -> Option<(String, Pii<String>)> {
    let (user, password) = match ask.face {
        Face::Native => ("Username", "Password"),
        Face::Twilio => ("SipAuthUsername", "SipAuthPassword"),
    };
    Some((ask.params.owned(user)?, Pii(ask.params.owned(password).unwrap_or_default())))
}

pub(super) fn modify(ask: &Ask<'_>) -> Result<CallChange> {
    let params = &ask.params;
    if let Some(status) = params.text("Status") {
        return match status {
            "canceled" => Ok(CallChange::End(EndCall::Cancel)),
            "completed" => Ok(CallChange::End(EndCall::Complete)),
            _ => Err(invalid("Status", "must be canceled or completed")),
        };
    }
    let document = params.owned("Twiml");
    let source = instructions(params)?.unwrap_or_default();
    if document.is_some() || source.primary.is_some() {
        return Ok(CallChange::Redirect(Box::new(NewInstructions {
            document,
            source,
            status_callback: params.webhook(
                "StatusCallback",
                "StatusCallbackMethod",
                ErrorCode::UrlInvalid,
            )?,
            both_legs: ask.face == Face::Native && params.boolean("MoveConnectedCallLeg")? == Some(true),
        })));
    }
    let change = if ask.face == Face::Native { within(params)? } else { None };
    change.ok_or_else(|| ErrorCode::NothingToModify.into())
}

/// What changes in a call whose document goes on.
fn within(params: &Params<'_>) -> Result<Option<CallChange>> {
    if let Some(mute) = params.boolean("Mute")? {
        return Ok(Some(CallChange::Mute(mute)));
    }
    if let Some(on) = params.boolean("Hold")? {
        return Ok(Some(CallChange::Hold { on, music: params.owned("HoldMusic") }));
    }
    if let Some(digits) = digits(params)? {
        return Ok(Some(CallChange::SendDigits(digits)));
    }
    Ok(params.owned("Prompt").map(CallChange::Prompt))
}
