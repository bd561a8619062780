//! Between the words of the domain and those of the voice engine.

use flexio_app::legs::Answering;
use flexio_domain::{
    Address, Call, CallDirection, CallSid, CallStatus, Dialect, HttpMethod, RecordingOptions,
    RecordingPurpose, RecordingTrack, Timestamp, Webhook,
};
use flexio_markup::{self as markup, Endpoint, ProgressEvents, Target};
use flexio_sip::Message;
use flexio_voice::{
    ApiVersion, CallFacts, DialLeg, Direction, LegFacts, LegStatus, Originate, RecordCall, Source,
};

use crate::identity::{Vouched, custom_headers, vouched};
use crate::node::Node;

pub(crate) fn status(status: LegStatus) -> CallStatus {
    match status {
        LegStatus::Queued => CallStatus::Queued,
        LegStatus::Ringing => CallStatus::Ringing,
        LegStatus::InProgress => CallStatus::InProgress,
        LegStatus::Completed => CallStatus::Completed,
        LegStatus::Busy => CallStatus::Busy,
        LegStatus::NoAnswer => CallStatus::NoAnswer,
        LegStatus::Canceled => CallStatus::Canceled,
        LegStatus::Failed => CallStatus::Failed,
    }
}

pub(crate) fn dialect(dialect: Dialect) -> markup::Dialect {
    match dialect {
        Dialect::Auto => markup::Dialect::Auto,
        Dialect::Rcml => markup::Dialect::Rcml,
        Dialect::Twiml => markup::Dialect::Twiml,
    }
}

pub(crate) fn api_version(text: &str) -> ApiVersion {
    if text == "2012-04-24" { ApiVersion::V2012 } else { ApiVersion::V2010 }
}

pub(crate) fn target(webhook: &Webhook) -> Target {
    let method = match webhook.method {
        HttpMethod::Get => markup::Method::Get,
        HttpMethod::Post => markup::Method::Post,
    };
    Target { url: webhook.url.clone(), method }
}

fn leg_facts(call: &Call, sip_headers: Vec<(String, String)>) -> LegFacts {
    LegFacts {
        account_sid: call.account_sid.to_string(),
        call_sid: call.sid.to_string(),
        parent_call_sid: call.parent_call_sid.map(|sid| sid.to_string()),
        from: call.from.to_string(),
        to: call.to.to_string(),
        direction: match call.direction {
            CallDirection::Inbound => Direction::Inbound,
            CallDirection::OutboundApi => Direction::OutboundApi,
            CallDirection::OutboundDial => Direction::OutboundDial,
        },
        caller_name: call.caller_name.clone(),
        forwarded_from: call.forwarded_from.clone(),
        verstat: None,
        passport: None,
        sip_headers,
        sip_call_id: call.sip_call_id.clone(),
        created_at: call.created_at,
    }
}

/// A number's application is told of text too: without a list of events it could not ask for it.
fn with_text(events: ProgressEvents) -> ProgressEvents {
    ProgressEvents { text: true, ..events }
}

/// Facts of a call that came in, from a network or from a phone.
pub(crate) fn inbound(node: &Node, answering: &Answering, request: &Message, by_network: bool) -> CallFacts {
    let call = &answering.call;
    let callback = answering.status_callback.as_ref().map(|webhook| markup::StatusCallback {
        target: target(webhook),
        events: with_text(ProgressEvents::ALL),
    });
    // A phone without an application of its own: whom it dialled is called.
    let document = call.document.as_ref().and_then(|text| {
        let limits = markup::Limits::default();
        markup::parse(text.as_bytes(), markup::Kind::Voice, dialect(call.dialect), &limits).ok()
    });
    let common = common(node, call);
    let mut leg = leg_facts(call, custom_headers(request, by_network));
    if by_network {
        let Vouched { verstat, passport } = vouched(request);
        leg.verstat = verstat;
        // It names the caller, who may be withheld.
        leg.passport = passport.filter(|_| call.from != Address::Anonymous);
    }
    CallFacts {
        source: document.map_or(common.source.clone(), Source::Document),
        leg,
        status_callback: callback,
        originate: None,
        ..common
    }
}

fn common(node: &Node, call: &Call) -> CallFacts {
    let source = call.instructions.primary.as_ref().map_or_else(
        || Source::Url(Target { url: String::new(), method: markup::Method::Post }),
        |webhook| Source::Url(target(webhook)),
    );
    CallFacts {
        leg: leg_facts(call, Vec::new()),
        api_version: api_version(&call.api_version),
        dialect: dialect(call.dialect),
        phone_number_sid: call.phone_number_sid.map(|sid| sid.to_string()),
        application_sid: call.application_sid.map(|sid| sid.to_string()),
        instance_id: Some(node.config.node.clone()),
        language: node.config.calls.language.clone(),
        source,
        fallback: call.instructions.fallback.as_ref().map(target),
        status_callback: None,
        answer_on_bridge: false,
        granted_s: call.granted_s,
        credit_warning: node.config.calls.credit_warning.into(),
        originate: None,
    }
}

/// Facts of a call made over REST; an error in words when its own document does not parse.
pub(crate) fn outbound(node: &Node, call: &Call) -> Result<CallFacts, String> {
    let mut facts = common(node, call);
    let sealed = call.sealed_document.as_ref().map(|sealed| {
        open_secret(node, call, sealed).ok_or_else(|| "the document cannot be opened".to_owned())
    });
    if let Some(text) = sealed.transpose()?.as_ref().or(call.document.as_ref()) {
        let limits = markup::Limits::default();
        let document = markup::parse(text.as_bytes(), markup::Kind::Voice, dialect(call.dialect), &limits)
            .map_err(|error| error.to_string())?;
        facts.source = Source::Document(document);
    }
    facts.status_callback = call.status_callback.as_ref().map(|webhook| markup::StatusCallback {
        target: target(webhook),
        events: ProgressEvents::parse(&call.status_callback_events.join(" "))
            .unwrap_or(ProgressEvents::COMPLETED),
    });
    let record = call.record.then(|| record_call(&call.options.recording));
    facts.originate = Some(Originate {
        endpoint: endpoint(node, call),
        headers: call.options.reason.iter().map(|reason| ("Subject".to_owned(), reason.clone())).collect(),
        timeout_s: call.ring_timeout_s,
        time_limit_s: Some(call.time_limit_s),
        send_digits: call.send_digits.clone(),
        record,
        machine_detection: call.options.machine_detection.as_ref().map(machine_detection),
    });
    Ok(facts)
}

pub(crate) fn record_call(options: &RecordingOptions) -> RecordCall {
    let wants = |event: &str| options.callback_events.iter().any(|wanted| wanted == event);
    RecordCall {
        channels: options.channels,
        track: match options.track {
            RecordingTrack::Inbound => markup::Track::Inbound,
            RecordingTrack::Outbound => markup::Track::Outbound,
            RecordingTrack::Both => markup::Track::Both,
        },
        purpose: options.purpose.map(purpose),
        trim: options.trim,
        callback: options.callback.as_ref().map(|webhook| markup::RecordingCallback {
            target: target(webhook),
            in_progress: wants("in-progress"),
            completed: wants("completed") || options.callback_events.is_empty(),
            absent: wants("absent"),
        }),
    }
}

/// What a recording is for, in the word of a document.
pub(crate) fn purpose(purpose: RecordingPurpose) -> markup::RecordingPurpose {
    match purpose {
        RecordingPurpose::Agreed => markup::RecordingPurpose::Agreed,
        RecordingPurpose::Transaction => markup::RecordingPurpose::Transaction,
        RecordingPurpose::Quality => markup::RecordingPurpose::Quality,
    }
}

fn machine_detection(asked: &flexio_domain::MachineDetection) -> markup::MachineDetection {
    markup::MachineDetection {
        message_end: asked.message_end,
        timeout_s: asked.timeout_s,
        speech_threshold_ms: asked.speech_threshold_ms,
        speech_end_threshold_ms: asked.speech_end_threshold_ms,
        silence_timeout_ms: asked.silence_timeout_ms,
        callback: asked.callback.as_ref().map(target),
    }
}

fn endpoint(node: &Node, call: &Call) -> Endpoint {
    match &call.to {
        Address::Sip(uri) => {
            let login = call
                .sip_auth
                .as_ref()
                .and_then(|(user, sealed)| Some((user.clone(), open_secret(node, call, sealed)?)));
            let (username, password) = login.unzip();
            Endpoint::Sip { uri: uri.clone(), username, password }
        }
        Address::Client(name) => Endpoint::Client { name: name.clone(), parameters: Vec::new() },
        other => Endpoint::Number(other.to_string()),
    }
}

/// The record of a leg that `<Dial>` makes; `None` when an address of the machine's does not read, which it has checked.
pub(crate) fn dialled_record(first: &Call, dial: &DialLeg, now: Timestamp) -> Option<Call> {
    let sid: CallSid = dial.facts.call_sid.parse().ok()?;
    let to = match &dial.endpoint {
        Endpoint::Sip { uri, .. } => sip_address(uri)?,
        Endpoint::Client { name, .. } => Address::Client(name.clone()),
        Endpoint::Number(number) => number.parse().ok()?,
    };
    let from = dial.facts.from.parse().unwrap_or(Address::Anonymous);
    Some(flexio_app::legs::dialled(first, sid, from, to, dial.timeout_s, now))
}

fn sip_address(uri: &str) -> Option<Address> {
    let uri = uri.split('?').next()?;
    if uri.starts_with("sip:") || uri.starts_with("sips:") {
        uri.parse().ok()
    } else {
        format!("sip:{uri}").parse().ok()
    }
}

fn open_secret(node: &Node, call: &Call, sealed: &flexio_domain::Sealed) -> Option<String> {
    let bytes = node.app.vault.open(&call.sid.to_string(), sealed).ok()?;
    String::from_utf8(bytes).ok()
}
