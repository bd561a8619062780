//! Calls played event by event.

mod airtime;
mod attributes;
mod conference;
mod dial;
mod inbound;
mod live;
mod machine;
mod outbound;
mod properties;
mod queue;
mod room;
mod speech;
mod streams;
mod transcription;
mod transfer;
mod typing;
mod verbs;
mod vocabulary;

use std::fmt::Write as _;
use std::time::Duration;

use flexio_markup::{
    Dialect, Document, Key, Kind, Limits as MarkupLimits, Method, ProgressEvents, StatusCallback, Target,
};
use flexio_voice::*;
use jiff::Timestamp;

/// Counts instead of drawing lots.
#[derive(Debug, Default)]
pub struct Counting(u32);

impl Sids for Counting {
    fn call(&mut self) -> String {
        self.0 += 1;
        format!("CA{}", self.0)
    }

    fn recording(&mut self) -> String {
        self.0 += 1;
        format!("RE{}", self.0)
    }

    fn transcription(&mut self) -> String {
        self.0 += 1;
        format!("TR{}", self.0)
    }

    fn stream(&mut self) -> String {
        self.0 += 1;
        format!("MZ{}", self.0)
    }
}

pub fn target(url: &str) -> Target {
    Target { url: url.to_owned(), method: Method::Post }
}

/// An inbound call in the Twilio wire form.
pub fn inbound() -> CallFacts {
    CallFacts {
        leg: LegFacts {
            account_sid: "AC1".into(),
            call_sid: "CA0".into(),
            parent_call_sid: None,
            from: "+32470000001".into(),
            to: "+3225550100".into(),
            direction: Direction::Inbound,
            caller_name: None,
            forwarded_from: None,
            verstat: None,
            passport: None,
            sip_headers: vec![("X-Order".into(), "7".into())],
            sip_call_id: None,
            created_at: Timestamp::UNIX_EPOCH,
        },
        api_version: ApiVersion::V2010,
        dialect: Dialect::Auto,
        phone_number_sid: Some("PN1".into()),
        application_sid: None,
        instance_id: None,
        language: "nl-BE".into(),
        source: Source::Url(target("https://app.test/voice")),
        fallback: None,
        status_callback: None,
        answer_on_bridge: false,
        granted_s: None,
        credit_warning: CreditWarning::Beep,
        originate: None,
    }
}

/// A call made over REST in the Restcomm wire form, with all progress events.
pub fn outbound() -> CallFacts {
    let mut facts = inbound();
    facts.leg.direction = Direction::OutboundApi;
    facts.leg.sip_headers.clear();
    facts.leg.from = "+3225550100".into();
    facts.leg.to = "+32470000001".into();
    facts.api_version = ApiVersion::V2012;
    facts.status_callback =
        Some(StatusCallback { target: target("https://app.test/status"), events: ProgressEvents::ALL });
    facts.originate = Some(Originate {
        endpoint: flexio_markup::Endpoint::Number("+32470000001".into()),
        headers: vec![],
        timeout_s: 60,
        time_limit_s: None,
        send_digits: None,
        record: None,
        machine_detection: None,
    });
    facts
}

pub fn document(text: &str) -> Document {
    let text = format!("<Response>{text}</Response>");
    flexio_markup::parse(text.as_bytes(), Kind::Voice, Dialect::Twiml, &MarkupLimits::default())
        .expect("it parses")
}

/// A call under test: events go in, a transcript comes out.
#[derive(Debug)]
pub struct Play {
    pub call: Call,
    sids: Counting,
    pub log: String,
    pub last: Vec<Action>,
    pub params: bool,
}

impl Play {
    pub fn new(facts: CallFacts) -> Self {
        let call = Call::new(facts, Limits::default());
        Self { call, sids: Counting::default(), log: String::new(), last: vec![], params: false }
    }

    /// One event at `ms` milliseconds.
    pub fn at(&mut self, ms: u64, event: Event) -> &mut Self {
        let wall = Timestamp::UNIX_EPOCH + Duration::from_millis(ms);
        let now = Now { mono: Duration::from_millis(ms), wall };
        let name = brief(&event);
        self.last.clear();
        self.call.handle(now, event, &mut self.sids, &mut self.last);
        let _ = writeln!(self.log, "{ms:>6} {name}");
        for action in self.last.iter().filter(|a| !matches!(a, Action::Trace(_))) {
            let _ = writeln!(self.log, "       -> {}", show(action, self.params));
        }
        self
    }

    /// Answers the fetch made last.
    pub fn answer(&mut self, ms: u64, body: &str) -> &mut Self {
        self.reply(ms, Ok(document(body)))
    }

    pub fn reply(&mut self, ms: u64, result: Result<Document, FetchError>) -> &mut Self {
        let request = self.find(|a| match a {
            Action::Fetch(fetch) => Some(fetch.request),
            _ => None,
        });
        self.at(ms, Event::Document { request, result })
    }

    /// The prompt started last is over.
    pub fn played(&mut self, ms: u64) -> &mut Self {
        let prompt = self.find(|a| match a {
            Action::Play(play) => Some(play.prompt),
            _ => None,
        });
        self.at(ms, Event::PromptDone { prompt, result: Ok(()) })
    }

    pub fn recording(&self) -> RecordingId {
        self.find(|a| match a {
            Action::StartRecording(r) => Some(r.recording),
            Action::StopRecording { recording } => Some(*recording),
            _ => None,
        })
    }

    pub fn recorded(&mut self, ms: u64, recording: RecordingId, duration_ms: u64) -> &mut Self {
        let url = "https://api.test/RE".to_owned();
        let outcome = RecordingOutcome::Completed { duration_ms, url, public_url: None };
        self.at(ms, Event::RecordingDone { recording, outcome })
    }

    pub fn keys(&mut self, ms: u64, keys: &str) -> &mut Self {
        for key in keys.chars() {
            self.at(ms, Event::Digit { leg: LegId::FIRST, key: Key::from_char(key).expect("a key") });
        }
        self
    }

    fn find<T>(&self, pick: impl Fn(&Action) -> Option<T>) -> T {
        self.last.iter().rev().find_map(pick).expect("the last event should have led to that action")
    }

    /// Drops what was logged so far.
    pub fn quiet(&mut self) -> &mut Self {
        self.log.clear();
        self
    }
}

pub fn answered(leg: u32) -> Event {
    Event::LegAnswered {
        leg: LegId(leg),
        sip: SipFacts { call_id: Some(format!("dialog{leg}")), x_headers: vec![] },
    }
}

pub fn failed(leg: u32, status: u16) -> Event {
    Event::LegFailed { leg: LegId(leg), status, sip: SipFacts::default() }
}

fn brief(event: &Event) -> String {
    match event {
        Event::Document { result: Ok(document), .. } => {
            let verbs: Vec<_> = document.steps.iter().map(|s| s.verb.name()).collect();
            format!("Document [{}]", verbs.join(" "))
        }
        Event::Document { result: Err(error), .. } => format!("Document failed: {error}"),
        Event::PromptDone { prompt, .. } => format!("PromptDone {}", prompt.0),
        Event::Digit { leg, key } => format!("Digit {key} on leg {}", leg.0),
        Event::NewDocument { .. } => "NewDocument".into(),
        Event::PickedUp { leg, .. } => format!("PickedUp {}", leg.0),
        other => format!("{other:?}"),
    }
}

fn form(params: &[(String, String)]) -> String {
    params.iter().map(|(k, v)| format!("{k}={v}")).collect::<Vec<_>>().join("&")
}

/// Parameters a verb adds to the standard set.
fn added(params: &[(String, String)]) -> String {
    const STANDARD: &[&str] = &[
        "CallSid",
        "AccountSid",
        "From",
        "To",
        "Caller",
        "Called",
        "ApiVersion",
        "Direction",
        "CallerName",
        "CallTimestamp",
        "PhoneNumberSid",
        "OutboundCallSid",
        "SipHeader_X-Order",
        "ParentCallSid",
        "SipCallId",
        "CallbackSource",
        "Timestamp",
    ];
    let added: Vec<_> = params.iter().filter(|(k, _)| !STANDARD.contains(&k.as_str())).cloned().collect();
    form(&added)
}

pub fn show(action: &Action, params: bool) -> String {
    let of = |list: &[(String, String)]| if params { form(list) } else { added(list) };
    match action {
        Action::Fetch(f) => format!("Fetch {:?} {} {}", f.purpose, f.url, of(&f.params)),
        Action::Callback(c) => format!("Callback leg {} {:?} {} {}", c.leg.0, c.kind, c.url, of(&c.params)),
        Action::Dial(d) => {
            format!("Dial leg {} {} as {} from {}", d.leg.0, d.facts.to, d.facts.call_sid, d.facts.from)
        }
        Action::Play(p) => {
            let what = match &p.source {
                PromptSource::Speech { text, language, .. } => format!("{language} {text:?}"),
                other => format!("{other:?}"),
            };
            format!("Play {} leg {} x{} {what}", p.prompt.0, p.leg.0, p.times)
        }
        Action::StartRecording(r) => format!(
            "StartRecording {} {} leg {} {:?} channels={} max={} silence={:?}",
            r.recording.0, r.sid, r.leg.0, r.source, r.channels, r.max_length_s, r.silence_timeout_s
        ),
        Action::RecordingFact(f) => format!("RecordingFact {} {:?}", f.sid, f.outcome),
        Action::TranscriptionFact(f) => {
            format!("TranscriptionFact {} of {} {:?}", f.sid, f.recording_sid, f.outcome)
        }
        Action::SendMessage(m) => {
            format!("SendMessage {} from {} to {}: {}", m.request.0, m.from, m.to, m.body)
        }
        Action::SendEmail(m) => {
            format!("SendEmail {} from {} to {}: {}", m.request.0, m.email.from, m.email.to, m.email.body)
        }
        Action::Finish(f) => format!(
            "Finish leg {} {:?} {:?} sip={:?} ring={} talk={}",
            f.leg.0, f.status, f.cause, f.sip_status, f.ring_ms, f.talk_ms
        ),
        Action::EnterQueue(enter) => format!("{enter:?}"),
        Action::JoinRoom(join) => format!("{join:?}"),
        Action::Notify(n) => format!("Notify {:?} {} {} line {}", n.level, n.code, n.text, n.line),
        other => format!("{other:?}"),
    }
}
