//! A document back to XML.

use std::fmt::Write as _;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use quick_xml::escape::escape;

use crate::document::Document;
use crate::keys::KeySet;
use crate::verbs::*;

/// Header values: everything a URI's header part may not hold as itself (RFC 3261 §25.1).
const HEADER: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'!').remove(b'~');

/// Writes `document` as XML, most attributes at their defaults left out. Parsing it with the same
/// dialect and kind gives the same steps but for their lines.
pub fn print(document: &Document) -> String {
    let mut out = Printer { out: String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Response>") };
    for step in &document.steps {
        out.verb(&step.verb);
    }
    out.out.push_str("</Response>\n");
    out.out
}

struct Printer {
    out: String,
}

impl Printer {
    /// Writes an element: its attributes, then what `inner` writes.
    fn element(&mut self, name: &str, attributes: &[(&str, Option<String>)], inner: impl FnOnce(&mut Self)) {
        let _ = write!(self.out, "<{name}");
        for (key, value) in attributes {
            if let Some(value) = value {
                let _ = write!(self.out, " {key}=\"{}\"", escape(value.as_str()));
            }
        }
        self.out.push('>');
        inner(self);
        let _ = write!(self.out, "</{name}>");
    }

    fn text(&mut self, text: &str) {
        self.out.push_str(&escape(text));
    }

    fn verb(&mut self, verb: &Verb) {
        match verb {
            Verb::Say(say) => self.say(say),
            Verb::Play(play) => self.play(play),
            Verb::Pause(pause) => self.pause(*pause),
            Verb::Gather(gather) => self.gather(gather),
            Verb::Record(record) => self.record(record),
            Verb::Dial(dial) => self.dial(dial),
            Verb::Enqueue(enqueue) => self.enqueue(enqueue),
            Verb::Leave => self.element("Leave", &[], |_| {}),
            Verb::Hold(hold) => {
                let mut list = target("action", "method", hold.action.as_ref());
                list.push(("holdMusic", hold.hold_music.clone()));
                self.element("Hold", &list, |_| {});
            }
            Verb::Resume(resume) => {
                self.element("Resume", &target("action", "method", resume.action.as_ref()), |_| {});
            }
            Verb::Refer(refer) => {
                let list = target("action", "method", refer.action.as_ref());
                self.element("Refer", &list, |p| p.element("Sip", &[], |p| p.text(&refer.uri)));
            }
            Verb::Message(message) => self.message(message),
            Verb::Email(email) => self.email(email),
            Verb::Redirect(redirect) => {
                let list = [("method", method(redirect.method))];
                self.element("Redirect", &list, |p| p.text(redirect.url.as_deref().unwrap_or("")));
            }
            Verb::Reject(reason) => {
                let reason = match reason {
                    RejectReason::Rejected => "rejected",
                    RejectReason::Busy => "busy",
                };
                self.element("Reject", &[("reason", Some(reason.to_owned()))], |_| {});
            }
            Verb::Hangup => self.element("Hangup", &[], |_| {}),
            Verb::Connect(connect) => {
                let list = target("action", "method", connect.action.as_ref());
                self.element("Connect", &list, |p| p.stream(&connect.stream));
            }
            Verb::Start(start) => {
                let list = target("action", "method", start.action.as_ref());
                self.element("Start", &list, |p| p.stream(&start.stream));
            }
            Verb::Stop(stop) => {
                let list = [("name", stop.name.clone())];
                self.element("Stop", &[], |p| p.element("Stream", &list, |_| {}));
            }
        }
    }

    fn say(&mut self, say: &Say) {
        let voice = match &say.voice {
            Voice::Man => None,
            Voice::Woman => Some("woman".to_owned()),
            Voice::Named(name) => Some(name.clone()),
        };
        let list = [("voice", voice), ("language", say.language.clone()), ("loop", times(say.times))];
        self.element("Say", &list, |p| match &say.ssml {
            Some(ssml) => p.out.push_str(ssml),
            None => p.text(&say.text),
        });
    }

    fn play(&mut self, play: &Play) {
        let list = [("digits", play.digits.clone()), ("loop", times(play.times))];
        self.element("Play", &list, |p| p.text(play.url.as_deref().unwrap_or("")));
    }

    fn pause(&mut self, pause: Pause) {
        self.element("Pause", &[("length", Some(pause.length_s.to_string()))], |_| {});
    }

    fn gather(&mut self, gather: &Gather) {
        let input = match (gather.input.dtmf, gather.input.speech) {
            (_, false) => None,
            (false, true) => Some("speech".to_owned()),
            (true, true) => Some("dtmf speech".to_owned()),
        };
        let post = gather.post_timeout.map(|post| match post {
            SpeechTimeout::Auto => "auto".to_owned(),
            SpeechTimeout::Seconds(seconds) => seconds.to_string(),
        });
        let mut list = vec![
            ("action", gather.action.clone()),
            ("method", method(gather.method)),
            ("input", input),
            ("timeout", Some(gather.timeout_s.to_string())),
            ("preTimeout", gather.pre_timeout_s.map(|s| s.to_string())),
            ("postTimeout", post),
            ("maxSpeechTime", gather.max_speech_s.map(|s| s.to_string())),
            ("minSpeechLength", gather.min_speech_s.map(|s| s.to_string())),
            ("finishOnKey", Some(gather.finish_on_key.to_string())),
            ("startInputKey", Some(gather.start_input_key.to_string())),
            ("numDigits", gather.num_digits.map(|n| n.to_string())),
            ("actionOnEmptyResult", flag(gather.action_on_empty_result, false)),
            ("hangupOnEmptyResult", flag(gather.hangup_on_empty_result, false)),
            ("language", gather.language.clone()),
            ("hints", Some(gather.hints.join(",")).filter(|h| !h.is_empty())),
            ("bargeIn", flag(gather.barge_in, true)),
            ("profanityFilter", flag(gather.profanity_filter, true)),
            ("speechModel", gather.speech_model.clone()),
            ("enhanced", flag(gather.enhanced, false)),
        ];
        let partial = gather.partial_result_callback.as_ref();
        list.extend(target("partialResultCallback", "partialResultCallbackMethod", partial));
        self.element("Gather", &list, |p| {
            for prompt in &gather.prompts {
                match prompt {
                    Prompt::Say(say) => p.say(say),
                    Prompt::Play(play) => p.play(play),
                    Prompt::Pause(pause) => p.pause(*pause),
                }
            }
        });
    }

    fn record(&mut self, record: &Record) {
        let keys =
            if record.finish_on_key.is_empty() { "-1".to_owned() } else { record.finish_on_key.to_string() };
        let keys = (record.finish_on_key != KeySet::ANY).then_some(keys);
        let mut list = vec![
            ("action", record.action.clone()),
            ("method", method(record.method)),
            ("timeout", Some(record.timeout_s.to_string())),
            ("finishOnKey", keys),
            ("maxLength", Some(record.max_length_s.to_string())),
            ("playBeep", flag(record.play_beep, true)),
            ("transcribe", Some(record.transcribe.to_string())),
            ("transcribeCallback", record.transcribe_callback.clone()),
            ("trim", Some(trim(record.trim))),
            ("recordingTrack", track(record.track)),
            ("recordingPurpose", record.purpose.map(|purpose| purpose.as_str().to_owned())),
        ];
        list.extend(recording_callback(record.recording_callback.as_ref()));
        self.element("Record", &list, |_| {});
    }

    fn dial(&mut self, dial: &Dial) {
        let record = match dial.record {
            RecordMode::Off => None,
            RecordMode::FromAnswer => Some("record-from-answer"),
            RecordMode::FromRinging => Some("record-from-ringing"),
            RecordMode::FromAnswerDual => Some("record-from-answer-dual"),
            RecordMode::FromRingingDual => Some("record-from-ringing-dual"),
        };
        let mut list = target("action", "method", dial.action.as_ref());
        list.extend([
            ("timeout", Some(dial.timeout_s.to_string())),
            ("timeLimit", Some(dial.time_limit_s.to_string())),
            ("callerId", dial.caller_id.clone()),
            ("record", record.map(str::to_owned)),
            ("recordingTrack", track(dial.recording_track)),
            ("recordingPurpose", dial.recording_purpose.map(|purpose| purpose.as_str().to_owned())),
            ("trim", Some(trim(dial.trim))),
            ("dialMusic", dial.dial_music.clone()),
            ("ringTone", dial.ring_tone.clone()),
            ("hangupOnStar", flag(dial.hangup_on_star, false)),
            ("answerOnBridge", dial.answer_on_bridge.map(|on| on.to_string())),
            ("sequential", flag(dial.sequential, false)),
        ]);
        list.extend(recording_callback(dial.recording_callback.as_ref()));
        list.extend(target("referUrl", "referMethod", dial.refer.as_ref()));
        self.element("Dial", &list, |p| match &dial.to {
            DialTo::Parties(parties) => parties.iter().for_each(|party| p.party(party)),
            DialTo::Conference(conference) => p.conference(conference),
            DialTo::Queue(queue) => p.queue(queue),
        });
    }

    fn party(&mut self, party: &Party) {
        let mut list = vec![("sendDigits", party.send_digits.clone())];
        if let Some(screening) = &party.screening {
            list.extend(target("url", "method", Some(&screening.target)));
            list.push(("timeout", Some(screening.timeout_s.to_string())));
        }
        if let Some(callback) = &party.status_callback {
            list.extend(target("statusCallback", "statusCallbackMethod", Some(&callback.target)));
            list.push(("statusCallbackEvent", Some(progress_events(callback.events))));
        }
        if let Some(detection) = &party.machine_detection {
            list.extend(machine_detection(detection));
        }
        list.push(("callReason", party.call_reason.clone()));
        let headers = headers(&party.headers);
        match &party.endpoint {
            Endpoint::Number(number) => {
                self.element("Number", &list, |p| p.text(&format!("{number}{headers}")));
            }
            Endpoint::Client { name, parameters } => self.element("Client", &list, |p| {
                p.element("Identity", &[], |p| p.text(&format!("{name}{headers}")));
                p.parameters(parameters);
            }),
            Endpoint::Sip { uri, username, password } => {
                list.extend([("username", username.clone()), ("password", password.clone())]);
                self.element("Sip", &list, |p| p.text(&format!("{uri}{headers}")));
            }
        }
    }

    fn parameters(&mut self, parameters: &[(String, String)]) {
        for (name, value) in parameters {
            let list = [("name", Some(name.clone())), ("value", Some(value.clone()))];
            self.element("Parameter", &list, |_| {});
        }
    }

    fn conference(&mut self, c: &Conference) {
        let beep = match c.beep {
            Beep::Both => "true",
            Beep::OnEnter => "onEnter",
            Beep::OnExit => "onExit",
            Beep::Off => "false",
        };
        let jitter_buffer = match c.jitter_buffer {
            JitterBufferSize::Off => Some("off"),
            JitterBufferSize::Small => Some("small"),
            JitterBufferSize::Medium => None,
            JitterBufferSize::Large => Some("large"),
        };
        let events = c.status_events.join(" ");
        let mut list = vec![
            ("jitterBufferSize", jitter_buffer.map(str::to_owned)),
            ("muted", flag(c.muted, false)),
            ("beep", Some(beep.to_owned())),
            ("beepUrl", c.beep_url.clone()),
            ("startConferenceOnEnter", flag(c.start_on_enter, true)),
            ("endConferenceOnExit", flag(c.end_on_exit, false)),
            ("maxParticipants", Some(c.max_participants.to_string())),
            ("record", c.record.then(|| "record-from-start".to_owned())),
            ("recordingPurpose", c.recording_purpose.map(|purpose| purpose.as_str().to_owned())),
            ("trim", Some(trim(c.trim))),
            ("coach", c.coach.clone()),
            ("participantLabel", c.participant_label.clone()),
            ("statusCallbackEvent", Some(events).filter(|e| !e.is_empty())),
        ];
        list.extend(target("waitUrl", "waitMethod", c.wait.as_ref()));
        list.extend(target("statusCallback", "statusCallbackMethod", c.status_callback.as_ref()));
        list.extend(recording_callback(c.recording_callback.as_ref()));
        self.element("Conference", &list, |p| p.text(&c.name));
    }

    fn queue(&mut self, queue: &QueueNoun) {
        let mut list = target("waitUrl", "waitUrlMethod", queue.wait.as_ref());
        list.extend(target("joinUrl", "joinUrlMethod", queue.join.as_ref()));
        list.extend(target("url", "method", queue.url.as_ref()));
        list.push(("priority", (queue.priority > 0).then(|| queue.priority.to_string())));
        list.push(("reservationSid", queue.reservation_sid.clone()));
        self.element("Queue", &list, |p| p.text(&queue.name));
    }

    fn enqueue(&mut self, enqueue: &Enqueue) {
        let mut list = target("action", "method", enqueue.action.as_ref());
        list.extend(target("waitUrl", "waitUrlMethod", enqueue.wait.as_ref()));
        list.extend(target("joinUrl", "joinUrlMethod", enqueue.join.as_ref()));
        list.push(("priority", (enqueue.priority > 0).then(|| enqueue.priority.to_string())));
        list.push(("rejoin", flag(enqueue.rejoin, false)));
        list.push(("workflowSid", enqueue.workflow_sid.clone()));
        self.element("Enqueue", &list, |p| p.text(&enqueue.name));
    }

    fn message(&mut self, message: &Message) {
        let mut list = vec![("to", message.to.clone()), ("from", message.from.clone())];
        list.extend(target("action", "method", message.action.as_ref()));
        list.extend(target("statusCallback", "statusCallbackMethod", message.status_callback.as_ref()));
        self.element("Message", &list, |p| {
            p.element("Body", &[], |p| p.text(&message.body));
            for url in &message.media {
                p.element("Media", &[], |p| p.text(url));
            }
        });
    }

    fn email(&mut self, email: &Email) {
        let joined = |list: &[String]| Some(list.join(",")).filter(|l| !l.is_empty());
        let mut list = vec![
            ("from", Some(email.from.clone())),
            ("to", Some(email.to.clone())),
            ("cc", joined(&email.cc)),
            ("bcc", joined(&email.bcc)),
            ("subject", email.subject.clone()),
            ("contentType", email.content_type.clone()),
            ("attachRecording", email.attach_recording.clone()),
        ];
        list.extend(target("action", "method", email.action.as_ref()));
        list.extend(target("statusCallback", "statusCallbackMethod", email.status_callback.as_ref()));
        self.element("Email", &list, |p| p.text(&email.body));
    }

    fn stream(&mut self, stream: &Stream) {
        let track = match stream.track {
            Track::Inbound => "inbound_track",
            Track::Outbound => "outbound_track",
            Track::Both => "both_tracks",
        };
        let mut list = vec![
            ("url", Some(stream.url.clone())),
            ("name", stream.name.clone()),
            ("track", Some(track.to_owned())),
        ];
        list.extend(target("statusCallback", "statusCallbackMethod", stream.status_callback.as_ref()));
        self.element("Stream", &list, |p| p.parameters(&stream.parameters));
    }
}

type Pairs = Vec<(&'static str, Option<String>)>;

fn target(url: &'static str, verb: &'static str, target: Option<&Target>) -> Pairs {
    vec![(url, target.map(|t| t.url.clone())), (verb, target.and_then(|t| method(t.method)))]
}

fn method(method: Method) -> Option<String> {
    (method == Method::Get).then(|| "GET".to_owned())
}

fn flag(value: bool, default: bool) -> Option<String> {
    (value != default).then(|| value.to_string())
}

fn times(times: u16) -> Option<String> {
    (times != 1).then(|| times.to_string())
}

fn trim(trim: bool) -> String {
    if trim { "trim-silence" } else { "do-not-trim" }.to_owned()
}

fn track(track: Track) -> Option<String> {
    match track {
        Track::Both => None,
        Track::Inbound => Some("inbound".to_owned()),
        Track::Outbound => Some("outbound".to_owned()),
    }
}

fn recording_callback(callback: Option<&RecordingCallback>) -> Pairs {
    let Some(callback) = callback else { return Vec::new() };
    let wanted = [
        ("in-progress", callback.in_progress),
        ("completed", callback.completed),
        ("absent", callback.absent),
    ];
    let events: Vec<_> = wanted.iter().filter(|(_, on)| *on).map(|(name, _)| *name).collect();
    let mut list = target("recordingStatusCallback", "recordingStatusCallbackMethod", Some(&callback.target));
    list.push(("recordingStatusCallbackEvent", Some(events.join(" "))));
    list
}

fn progress_events(events: ProgressEvents) -> String {
    let wanted = [
        ("initiated", events.initiated),
        ("ringing", events.ringing),
        ("answered", events.answered),
        ("completed", events.completed),
        ("text", events.text),
    ];
    wanted.iter().filter(|(_, on)| *on).map(|(name, _)| *name).collect::<Vec<_>>().join(" ")
}

fn machine_detection(detection: &MachineDetection) -> Pairs {
    let mode = if detection.message_end { "DetectMessageEnd" } else { "Enable" };
    let mut list = vec![
        ("machineDetection", Some(mode.to_owned())),
        ("machineDetectionTimeout", Some(detection.timeout_s.to_string())),
        ("machineDetectionSpeechThreshold", Some(detection.speech_threshold_ms.to_string())),
        ("machineDetectionSpeechEndThreshold", Some(detection.speech_end_threshold_ms.to_string())),
        ("machineDetectionSilenceTimeout", Some(detection.silence_timeout_ms.to_string())),
    ];
    list.extend(target("amdStatusCallback", "amdStatusCallbackMethod", detection.callback.as_ref()));
    list
}

fn headers(headers: &[(String, String)]) -> String {
    let pairs: Vec<_> = headers
        .iter()
        .map(|(name, value)| format!("{name}={}", utf8_percent_encode(value, HEADER)))
        .collect();
    if pairs.is_empty() { String::new() } else { format!("?{}", pairs.join("&")) }
}
