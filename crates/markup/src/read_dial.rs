//! `<Dial>`, its nouns, queues and streams.

use percent_encoding::percent_decode_str;

use crate::attributes::Attributes;
use crate::document::Dialect;
use crate::element::Element;
use crate::read::{digits, parameters};
use crate::verbs::*;
use crate::warning::Code;

pub(crate) fn dial(mut a: Attributes<'_>) -> Option<Dial> {
    let records = [
        ("true", RecordMode::FromAnswer),
        ("false", RecordMode::Off),
        ("do-not-record", RecordMode::Off),
        ("record-from-answer", RecordMode::FromAnswer),
        ("record-from-ringing", RecordMode::FromRinging),
        ("record-from-answer-dual", RecordMode::FromAnswerDual),
        ("record-from-ringing-dual", RecordMode::FromRingingDual),
    ];
    let answer_on_bridge = a.element.attribute("answerOnBridge").is_some();
    let to = nouns(&mut a);
    let dial = Dial {
        to: to?,
        action: a.target("action", "method", Code::DialMethod),
        timeout_s: a.number("timeout", 1..=600, Code::DialTimeout).unwrap_or(Dial::TIMEOUT_S),
        time_limit_s: a.number("timeLimit", 1..=14_400, Code::DialTimeLimit).unwrap_or(Dial::TIME_LIMIT_S),
        caller_id: a.text("callerId"),
        record: a.word("record", &records, RecordMode::Off, Code::Schema),
        recording_track: a.track(),
        recording_purpose: a.purpose(),
        trim: a.trim(false),
        recording_callback: a.recording_callback(),
        dial_music: a.url("dialMusic"),
        ring_tone: ring_tone(&mut a),
        hangup_on_star: a.flag("hangupOnStar", false, Code::Schema),
        answer_on_bridge: Some(a.flag("answerOnBridge", false, Code::Schema)).filter(|_| answer_on_bridge),
        sequential: a.flag("sequential", false, Code::Schema),
        refer: a.target("referUrl", "referMethod", Code::Schema),
    };
    a.finish();
    Some(dial)
}

fn ring_tone(a: &mut Attributes<'_>) -> Option<String> {
    let country = a.text("ringTone")?.to_ascii_lowercase();
    let known = country != "automatic";
    let letters = country.len() <= 6 && country.chars().all(|c| c.is_ascii_alphabetic() || c == '-');
    if !letters && known {
        a.warn(Code::Schema, "`ringTone` is no country code; the platform's tone is used");
    }
    (letters && known).then_some(country)
}

fn nouns(a: &mut Attributes<'_>) -> Option<DialTo> {
    let element = a.element;
    let mut parties = Vec::new();
    let mut room = None;
    if let Some(endpoint) = plain_text(&element.line()) {
        parties.push(endpoint.at(element.at.0));
    }
    for child in element.elements() {
        let noun = Attributes::new(child, a.context);
        match child.name.as_str() {
            "Number" | "Client" | "Sip" | "Uri" => {
                let party = party(noun);
                if parties.len() >= Dial::MAX_PARTIES {
                    a.warn(Code::DialNoun, "more than ten parties in one `<Dial>`; the rest is ignored");
                    break;
                }
                parties.extend(party);
            }
            "Conference" => room = conference(noun).map(|c| DialTo::Conference(Box::new(c))),
            "Queue" => room = queue(noun).map(|q| DialTo::Queue(Box::new(q))),
            other => {
                a.context.warn(
                    child,
                    Code::Schema,
                    format!("`<{other}>` in `<Dial>` is not supported; skipped"),
                );
            }
        }
    }
    if room.is_some() && !parties.is_empty() {
        a.warn(
            Code::DialNoun,
            "`<Conference>` and `<Queue>` must be alone in `<Dial>`; the others are ignored",
        );
    }
    let to = room.or_else(|| (!parties.is_empty()).then_some(DialTo::Parties(parties)));
    if to.is_none() {
        a.warn(Code::DialNoun, "`<Dial>` has nobody to call and was skipped");
    }
    to
}

/// An address with the headers written behind its `?`.
struct Address {
    endpoint: Endpoint,
    headers: Vec<(String, String)>,
}

impl Address {
    fn at(self, line: u32) -> Party {
        Party { headers: self.headers, ..Party::plain(self.endpoint, line) }
    }
}

/// Text directly in `<Dial>`: a SIP URI has an `@`, a client says so, the rest are numbers.
fn plain_text(text: &str) -> Option<Address> {
    match text {
        "" => None,
        sip if sip.contains('@') => sip_address(sip, None, None),
        client if client.starts_with("client:") => client_address(&client["client:".len()..], Vec::new()),
        number => number_address(number),
    }
    .map(|(address, _)| address)
}

fn party(mut a: Attributes<'_>) -> Option<Party> {
    let element = a.element;
    let text = element.line();
    let address = match element.name.as_str() {
        "Number" => number_address(&text),
        "Client" => client(element, &text),
        _ => {
            if element.name == "Uri" {
                a.warn(Code::Schema, "`<Uri>` is deprecated; write `<Sip>`");
            }
            let (username, password) = (a.text("username"), a.text("password"));
            sip_address(&text, username, password)
        }
    };
    let Some((address, renamed)) = address else {
        a.warn(Code::DialNoun, format!("`<{}>` has no usable address and was skipped", element.name));
        return None;
    };
    if renamed {
        a.warn(Code::Schema, "headers that do not start with `X-` are sent with that prefix");
    }
    let screening_timeout = a.number("timeout", 1..=600, Code::DialTimeout).unwrap_or(60);
    let party = Party {
        send_digits: digits(&mut a, "sendDigits", Code::Schema),
        screening: a
            .target("url", "method", Code::DialMethod)
            .map(|target| Screening { target, timeout_s: screening_timeout }),
        status_callback: a.status_callback(),
        machine_detection: machine_detection(&mut a),
        call_reason: call_reason(&mut a),
        ..address.at(element.at.0)
    };
    for child in element.elements().filter(|c| c.name == "Video") {
        a.context.warn(child, Code::Video, "`<Video>` is not supported and was ignored");
    }
    a.ignore(&["name", "byoc"]);
    a.finish();
    Some(party)
}

/// Longest reason of a call, in characters.
const CALL_REASON_CHARS: usize = 50;

fn call_reason(a: &mut Attributes<'_>) -> Option<String> {
    let text = a.text("callReason")?;
    let line: String = text.chars().filter(|character| !character.is_control()).collect();
    if line.chars().count() > CALL_REASON_CHARS {
        a.warn(Code::Schema, "`callReason` is longer than 50 characters and was cut");
    }
    let cut: String = line.trim().chars().take(CALL_REASON_CHARS).collect();
    Some(cut.trim_end().to_owned()).filter(|cut| !cut.is_empty())
}

/// The address, and whether a header had to be renamed; `None` when nothing is left to call.
type ReadAddress = Option<(Address, bool)>;

fn number_address(text: &str) -> ReadAddress {
    let (number, headers) = text.split_once('?').unwrap_or((text, ""));
    let number = number.trim();
    let (headers, renamed) = read_headers(headers);
    let sound = (1..=100).contains(&number.len());
    sound.then(|| (Address { endpoint: Endpoint::Number(number.to_owned()), headers }, renamed))
}

fn client(element: &Element, text: &str) -> ReadAddress {
    let identity = element.elements().find(|e| e.name == "Identity").map(Element::line);
    let name = identity.filter(|i| !i.is_empty()).unwrap_or_else(|| text.to_owned());
    client_address(&name, parameters(element))
}

fn client_address(text: &str, parameters: Vec<(String, String)>) -> ReadAddress {
    let (name, headers) = text.split_once('?').unwrap_or((text, ""));
    let name = name.trim();
    let (headers, renamed) = read_headers(headers);
    let sound = (1..=255).contains(&name.len());
    sound.then(|| {
        (Address { endpoint: Endpoint::Client { name: name.to_owned(), parameters }, headers }, renamed)
    })
}

/// URIs below 255 characters, headers below 1024 (Twilio's and Restcomm's limits).
fn sip_address(text: &str, username: Option<String>, password: Option<String>) -> ReadAddress {
    let (uri, headers) = text.split_once('?').unwrap_or((text, ""));
    let uri = uri.trim();
    let scheme = uri.split_once(':').map(|(scheme, _)| scheme.to_ascii_lowercase());
    let uri = match scheme.as_deref() {
        Some("sip" | "sips") => uri.to_owned(),
        _ => format!("sip:{uri}"),
    };
    let (headers, renamed) = read_headers(headers);
    // Measured decoded: how a value happens to be escaped must not decide.
    let length: usize = headers.iter().map(|(name, value)| name.len() + value.len() + 2).sum();
    let plain = !uri.contains([' ', '<', '>', '"']);
    let sound = plain && (6..255).contains(&uri.len()) && length < 1024;
    sound.then_some((Address { endpoint: Endpoint::Sip { uri, username, password }, headers }, renamed))
}

/// `A=1&B=2`, percent-encoded, at most 50. Only `X-` headers and RFC 7433's `User-to-User` keep their
/// name: a document must not set `From`, `Contact` or `Route` (RFC 3261 §19.1.5).
fn read_headers(text: &str) -> (Vec<(String, String)>, bool) {
    let mut renamed = false;
    let mut headers = Vec::new();
    for pair in text.split('&').filter(|pair| !pair.is_empty()).take(50) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let token = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        let name: String =
            percent_decode_str(name).decode_utf8_lossy().chars().filter(|c| token(*c)).collect();
        let value = percent_decode_str(value).decode_utf8_lossy();
        let value: String = value.chars().filter(|c| !c.is_control()).collect();
        if name.is_empty() {
            continue;
        }
        let own = name.get(..2).is_some_and(|p| p.eq_ignore_ascii_case("x-"));
        if own || name.eq_ignore_ascii_case("User-to-User") {
            headers.push((name, value));
        } else {
            renamed = true;
            headers.push((format!("X-{name}"), value));
        }
    }
    (headers, renamed)
}

fn machine_detection(a: &mut Attributes<'_>) -> Option<MachineDetection> {
    let words = [("Enable", Some(false)), ("DetectMessageEnd", Some(true)), ("false", None)];
    let message_end = a.word("machineDetection", &words, None, Code::Schema);
    let detection = MachineDetection {
        message_end: message_end.unwrap_or(false),
        timeout_s: a.number("machineDetectionTimeout", 3..=59, Code::Schema).unwrap_or(30),
        speech_threshold_ms: a
            .number("machineDetectionSpeechThreshold", 1000..=6000, Code::Schema)
            .unwrap_or(2400),
        speech_end_threshold_ms: a
            .number("machineDetectionSpeechEndThreshold", 500..=5000, Code::Schema)
            .unwrap_or(1200),
        silence_timeout_ms: a
            .number("machineDetectionSilenceTimeout", 2000..=10_000, Code::Schema)
            .unwrap_or(5000),
        callback: a.target("amdStatusCallback", "amdStatusCallbackMethod", Code::Schema),
    };
    message_end.map(|_| detection)
}

fn conference(mut a: Attributes<'_>) -> Option<Conference> {
    let name = a.element.line();
    let beeps =
        [("true", Beep::Both), ("false", Beep::Off), ("onEnter", Beep::OnEnter), ("onExit", Beep::OnExit)];
    let records = [("record-from-start", true), ("true", true), ("do-not-record", false), ("false", false)];
    let trim_default = a.context.dialect == Dialect::Twiml;
    let wait_method = a.method("waitMethod", Code::ConferenceWaitMethod);
    let most = a.number("maxParticipants", 1..=1_000, Code::ConferenceWait).unwrap_or(40);
    let sizes = [
        ("off", JitterBufferSize::Off),
        ("small", JitterBufferSize::Small),
        ("medium", JitterBufferSize::Medium),
        ("large", JitterBufferSize::Large),
    ];
    let conference = Conference {
        muted: a.flag("muted", false, Code::ConferenceWait),
        beep: a.word("beep", &beeps, Beep::Both, Code::ConferenceWait),
        beep_url: a.url("beepUrl"),
        start_on_enter: a.flag("startConferenceOnEnter", true, Code::ConferenceWait),
        end_on_exit: a.flag("endConferenceOnExit", false, Code::ConferenceWait),
        // An empty waitUrl is a wish for silence, not a mistake.
        wait: a.raw("waitUrl").map(|url| Target { url: url.to_owned(), method: wait_method }),
        max_participants: u16::try_from(most).unwrap_or(40),
        record: a.word("record", &records, false, Code::Schema),
        recording_purpose: a.purpose(),
        trim: a.trim(trim_default),
        coach: a.text("coach"),
        participant_label: a.text("participantLabel"),
        jitter_buffer: a.word("jitterBufferSize", &sizes, JitterBufferSize::Medium, Code::Schema),
        status_callback: a.target("statusCallback", "statusCallbackMethod", Code::Schema),
        status_events: status_events(&mut a),
        recording_callback: conference_recording_callback(&mut a),
        name,
    };
    for child in a.element.elements() {
        a.context.warn(
            child,
            Code::Video,
            "elements inside `<Conference>` are not supported and were ignored",
        );
    }
    a.ignore(&["region"]);
    if conference.name.is_empty() {
        a.warn(Code::DialNoun, "`<Conference>` has no name and was skipped");
    }
    a.finish();
    (!conference.name.is_empty()).then_some(conference)
}

/// `recordingStatusCallback`, or its older name `eventCallbackUrl`: a POST when the recording is there.
fn conference_recording_callback(a: &mut Attributes<'_>) -> Option<RecordingCallback> {
    let older = a.url("eventCallbackUrl").map(|url| RecordingCallback {
        target: Target { url, method: Method::Post },
        in_progress: false,
        completed: true,
        absent: false,
    });
    a.recording_callback().or(older)
}

fn status_events(a: &mut Attributes<'_>) -> Vec<String> {
    let written = a.text("statusCallbackEvent").unwrap_or_default();
    written.split([' ', ',']).filter(|w| !w.is_empty()).take(20).map(str::to_owned).collect()
}

fn queue(mut a: Attributes<'_>) -> Option<QueueNoun> {
    let name = a.element.line();
    let rcml = a.context.dialect == Dialect::Rcml;
    let queue = QueueNoun {
        side: if rcml { QueueSide::Waiting } else { QueueSide::Serving },
        priority: a.number("priority", 0..=1_000, Code::Schema).unwrap_or(0),
        wait: a.target("waitUrl", "waitUrlMethod", Code::Schema),
        join: a.target("joinUrl", "joinUrlMethod", Code::Schema),
        url: a.target("url", "method", Code::Schema),
        reservation_sid: a.text("reservationSid"),
        name,
    };
    if queue.name.is_empty() {
        a.warn(Code::DialNoun, "`<Queue>` has no name and was skipped");
    }
    a.ignore(&["postWorkActivitySid"]);
    a.finish();
    (!queue.name.is_empty()).then_some(queue)
}

pub(crate) fn enqueue(mut a: Attributes<'_>) -> Enqueue {
    let rcml = a.context.dialect == Dialect::Rcml;
    let enqueue = Enqueue {
        name: a.element.line(),
        side: if rcml { QueueSide::Serving } else { QueueSide::Waiting },
        priority: a.number("priority", 0..=1_000, Code::Schema).unwrap_or(0),
        action: a.target("action", "method", Code::Schema),
        wait: a.target("waitUrl", "waitUrlMethod", Code::Schema),
        join: a.target("joinUrl", "joinUrlMethod", Code::Schema),
        rejoin: a.flag("rejoin", false, Code::Schema),
        workflow_sid: a.text("workflowSid"),
    };
    for child in a.element.elements() {
        a.context.warn(child, Code::Schema, format!("`<{}>` in `<Enqueue>` is ignored", child.name));
    }
    a.finish();
    enqueue
}

pub(crate) fn refer(mut a: Attributes<'_>) -> Option<Refer> {
    let sip = a.element.elements().find(|e| e.name == "Sip");
    let uri = sip.map(Element::line).filter(|uri| {
        let scheme = uri.split(':').next().unwrap_or("").to_ascii_lowercase();
        matches!(scheme.as_str(), "sip" | "sips") && uri.len() < 255 && !uri.contains([' ', '<', '>', '"'])
    });
    let action = a.target("action", "method", Code::Schema);
    if uri.is_none() {
        a.warn(Code::DialNoun, "`<Refer>` has no usable `<Sip>` and was skipped");
    }
    a.finish();
    Some(Refer { action, uri: uri? })
}

pub(crate) fn connect(mut a: Attributes<'_>) -> Option<Connect> {
    let action = a.target("action", "method", Code::Schema);
    let stream = stream(&mut a)?;
    a.finish();
    Some(Connect { action, stream })
}

pub(crate) fn start(mut a: Attributes<'_>) -> Option<Start> {
    let action = a.target("action", "method", Code::Schema);
    let stream = stream(&mut a)?;
    a.finish();
    Some(Start { action, stream })
}

pub(crate) fn stop(mut a: Attributes<'_>) -> Option<StopStream> {
    let Some(child) = a.element.elements().find(|e| e.name == "Stream") else {
        a.warn(Code::Schema, "`<Stop>` without `<Stream>` is not supported and was skipped");
        return None;
    };
    let mut inner = Attributes::new(child, a.context);
    let name = inner.text("name");
    inner.finish();
    a.finish();
    Some(StopStream { name })
}

/// The `<Stream>` child of `<Connect>` and `<Start>`; other services are skipped with a warning.
fn stream(a: &mut Attributes<'_>) -> Option<Stream> {
    for other in a.element.elements().filter(|e| e.name != "Stream") {
        let (outer, name) = (&a.element.name, &other.name);
        a.context.warn(other, Code::Schema, format!("`<{name}>` in `<{outer}>` is not supported; skipped"));
    }
    let child = a.element.elements().find(|e| e.name == "Stream")?;
    let mut inner = Attributes::new(child, a.context);
    let tracks = [
        ("inbound_track", Track::Inbound),
        ("outbound_track", Track::Outbound),
        ("both_tracks", Track::Both),
    ];
    let url = inner.url("url").unwrap_or_default();
    let stream = Stream {
        name: inner.text("name"),
        track: inner.word("track", &tracks, Track::Inbound, Code::Schema),
        status_callback: inner.target("statusCallback", "statusCallbackMethod", Code::Schema),
        parameters: parameters(child),
        url,
    };
    if stream.url.is_empty() {
        inner.warn(Code::Schema, "`<Stream>` has no `url` and was skipped");
    }
    inner.finish();
    (!stream.url.is_empty()).then_some(stream)
}
