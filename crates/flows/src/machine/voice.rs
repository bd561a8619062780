//! Voice nodes: the document a call carries out, and what its answer means.
//!
//! The document is RCML/TwiML like any application's, so that a flow can do nothing on a call that a document cannot.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::{Exit, Machine, Move};
use crate::document::Node;
use crate::nodes::*;
use crate::state::{Advance, Outcome, Waiting};

/// The end of a call.
pub(super) fn hang_up() -> String {
    "<Response><Hangup/></Response>".to_owned()
}

/// Writes a document.
#[derive(Default)]
struct Xml(String);

impl Xml {
    fn open(&mut self, name: &str, attributes: &[(&str, &str)]) {
        let _ = write!(self.0, "<{name}");
        for (attribute, value) in attributes {
            let _ = write!(self.0, " {attribute}=\"");
            self.text(value);
            self.0.push('"');
        }
        self.0.push('>');
    }

    fn close(&mut self, name: &str) {
        let _ = write!(self.0, "</{name}>");
    }

    fn whole(&mut self, name: &str, attributes: &[(&str, &str)], text: &str) {
        self.open(name, attributes);
        self.text(text);
        self.close(name);
    }

    /// Characters that XML cannot carry are left out (XML 1.0 §2.2).
    fn text(&mut self, text: &str) {
        for c in text.chars() {
            match c {
                '<' => self.0.push_str("&lt;"),
                '>' => self.0.push_str("&gt;"),
                '&' => self.0.push_str("&amp;"),
                '"' => self.0.push_str("&quot;"),
                '\t' | '\n' => self.0.push(c),
                c if c < ' ' || matches!(c, '\u{FFFE}' | '\u{FFFF}') => {}
                c => self.0.push(c),
            }
        }
    }
}

impl Machine<'_> {
    pub(super) fn begin_voice(&mut self, node: &Node) -> Move {
        if !self.state.on_call {
            let had = self.state.call_sid.is_some();
            // A caller who has hung up leaves a question as he would have while it was asked.
            return Move::Leave(if had {
                Exit::by("hangup")
            } else {
                Exit::error("this needs a call, and there is none")
            });
        }
        self.say_to_call(node)
    }

    /// Says to the call what the node has to say now.
    pub(super) fn say_to_call(&mut self, node: &Node) -> Move {
        self.state.turn += 1;
        let document = match self.instructions(node) {
            Ok(document) => document,
            Err(exit) => return Move::Leave(exit),
        };
        match &node.kind {
            Kind::Hangup(_) | Kind::Reject(_) => Move::End(Outcome::Completed, Some(document)),
            Kind::Redirect(_) => Move::End(Outcome::Replaced, Some(document)),
            _ => {
                self.state.waiting = Waiting::Call;
                Move::Stay(Advance::Call(document))
            }
        }
    }

    fn action(&self) -> String {
        format!("{}/{}", self.env.url, self.state.turn)
    }

    /// What is heard while something else is awaited.
    pub(super) fn hold_on(&self) -> String {
        let mut xml = Xml::default();
        xml.open("Response", &[]);
        xml.whole("Pause", &[("length", "1")], "");
        xml.whole("Redirect", &[], &self.action());
        xml.close("Response");
        xml.0
    }

    /// The document of a voice node, from what is remembered alone.
    pub(super) fn instructions(&mut self, node: &Node) -> Result<String, Exit> {
        let mut xml = Xml::default();
        xml.open("Response", &[]);
        let action = self.action();
        match &node.kind {
            Kind::Say(say) => {
                for _ in 0..say.times.clamp(1, 1_000) {
                    self.prompts(&mut xml, &say.prompts)?;
                }
            }
            Kind::Wait(wait) => {
                xml.whole(
                    "Pause",
                    &[("length", &wait.seconds.clamp(1, flexio_markup::Dial::TIME_LIMIT_S).to_string())],
                    "",
                );
            }
            Kind::Ask(ask) => self.ask(&mut xml, ask)?,
            Kind::Menu(menu) => self.menu(&mut xml, menu)?,
            Kind::Dial(dial) => self.dial(&mut xml, dial)?,
            Kind::Conference(conference) => self.conference(&mut xml, conference)?,
            Kind::Enqueue(enqueue) => self.enqueue(&mut xml, enqueue)?,
            Kind::TakeFromQueue(take) => {
                let queue = self.text(&take.queue)?;
                let timeout = seconds(take.timeout_s, flexio_markup::Dial::TIMEOUT_S);
                xml.open("Dial", &[("action", &action), ("timeout", &timeout)]);
                xml.whole("Queue", &[], &queue);
                xml.close("Dial");
            }
            Kind::Record(record) => self.record(&mut xml, record)?,
            Kind::Hold(hold) => {
                let music = self.optional(hold.music.as_ref())?.unwrap_or_default();
                let music: &[(&str, &str)] = if music.is_empty() { &[] } else { &[("holdMusic", &music)] };
                xml.whole("Hold", music, "");
            }
            Kind::Resume(_) => xml.whole("Resume", &[], ""),
            Kind::Transfer(transfer) => {
                let uri = self.text(&transfer.uri)?;
                xml.open("Refer", &[("action", &action)]);
                xml.whole("Sip", &[], &uri);
                xml.close("Refer");
            }
            Kind::Stream(stream) => self.stream(&mut xml, stream)?,
            Kind::Hangup(_) => xml.whole("Hangup", &[], ""),
            Kind::Reject(reject) => {
                xml.whole("Reject", &[("reason", if reject.busy { "busy" } else { "rejected" })], "");
            }
            Kind::Redirect(redirect) => {
                let url = self.text(&redirect.url)?;
                xml.whole("Redirect", &[("method", if redirect.get { "GET" } else { "POST" })], &url);
            }
            other => return Err(Exit::error(format!("`{}` says nothing to a call", other.name()))),
        }
        if !matches!(node.kind, Kind::Hangup(_) | Kind::Reject(_) | Kind::Redirect(_)) {
            // What a verb without an answer falls through to: no input, an empty recording, the end of what was said.
            xml.whole("Redirect", &[], &action);
        }
        xml.close("Response");
        Ok(xml.0)
    }

    fn prompts(&mut self, xml: &mut Xml, prompts: &[Prompt]) -> Result<(), Exit> {
        let mut heard = Vec::new();
        for prompt in prompts {
            match prompt {
                Prompt::Say { text, voice, language } => {
                    let text = self.spoken(text)?;
                    let language = language.as_deref().unwrap_or_else(|| self.language()).to_owned();
                    let mut attributes = Vec::new();
                    if !language.is_empty() {
                        attributes.push(("language", language.as_str()));
                    }
                    if let Some(voice) = voice {
                        attributes.push(("voice", voice));
                    }
                    if !text.trim().is_empty() {
                        xml.whole("Say", &attributes, &text);
                        heard.push(json!({ "say": text }));
                    }
                }
                Prompt::Play { url } => {
                    let url = self.spoken(url)?;
                    xml.whole("Play", &[], &url);
                    heard.push(json!({ "play": url }));
                }
                Prompt::Pause { seconds } => {
                    xml.whole(
                        "Pause",
                        &[("length", &seconds.clamp(&1, &flexio_markup::Dial::TIME_LIMIT_S).to_string())],
                        "",
                    );
                }
            }
        }
        if !heard.is_empty() {
            let inputs = &mut self.state.inputs;
            if !inputs.is_object() {
                *inputs = json!({});
            }
            inputs["heard"] = Value::Array(heard);
        }
        Ok(())
    }

    /// What is heard before a question that is asked again.
    fn again(&mut self, xml: &mut Xml, invalid: &[Prompt]) -> Result<(), Exit> {
        if self.state.tries > 0 { self.prompts(xml, invalid) } else { Ok(()) }
    }

    fn ask(&mut self, xml: &mut Xml, ask: &Ask) -> Result<(), Exit> {
        self.again(xml, &ask.invalid)?;
        let language = ask.language.clone().unwrap_or_else(|| self.language().to_owned());
        let (timeout, hints) = (seconds(ask.timeout_s, 5), ask.hints.join(","));
        let digits = ask.num_digits.map(|digits| digits.to_string());
        let action = self.action();
        let mut attributes =
            vec![("action", action.as_str()), ("input", input(ask.input)), ("timeout", &timeout)];
        attributes.push(("finishOnKey", ask.finish_on_key.as_deref().unwrap_or("#")));
        push(&mut attributes, "numDigits", digits.as_deref());
        push(&mut attributes, "language", Some(language.as_str()).filter(|language| !language.is_empty()));
        push(&mut attributes, "hints", Some(hints.as_str()).filter(|hints| !hints.is_empty()));
        xml.open("Gather", &attributes);
        self.prompts(xml, &ask.prompts)?;
        xml.close("Gather");
        Ok(())
    }

    fn menu(&mut self, xml: &mut Xml, menu: &Menu) -> Result<(), Exit> {
        self.again(xml, &menu.invalid)?;
        let language = menu.language.clone().unwrap_or_else(|| self.language().to_owned());
        let timeout = seconds(menu.timeout_s, 5);
        let keys: Vec<&str> = menu
            .choices
            .iter()
            .map(|choice| choice.digits.as_str())
            .filter(|keys| !keys.is_empty())
            .collect();
        let longest = keys.iter().map(|keys| keys.chars().count()).max().unwrap_or(1).to_string();
        let hints: Vec<&str> =
            menu.choices.iter().flat_map(|choice| &choice.phrases).map(String::as_str).collect();
        let hints = hints.join(",");
        let finish = if keys.iter().any(|keys| keys.contains('#')) { "" } else { "#" };
        let action = self.action();
        let mut attributes = vec![
            ("action", action.as_str()),
            ("input", input(menu.input)),
            ("timeout", timeout.as_str()),
            ("numDigits", longest.as_str()),
            ("finishOnKey", finish),
        ];
        // The pound key begins an input only where that is said.
        let pound = keys.iter().any(|keys| keys.starts_with('#'));
        push(&mut attributes, "startInputKey", pound.then_some("0123456789*#"));
        push(&mut attributes, "language", Some(language.as_str()).filter(|language| !language.is_empty()));
        push(&mut attributes, "hints", Some(hints.as_str()).filter(|hints| !hints.is_empty()));
        xml.open("Gather", &attributes);
        self.prompts(xml, &menu.prompts)?;
        xml.close("Gather");
        Ok(())
    }

    fn dial(&mut self, xml: &mut Xml, dial: &Dial) -> Result<(), Exit> {
        let caller_id = self.optional(dial.caller_id.as_ref())?;
        let (timeout, limit, action) = (
            seconds(dial.timeout_s, flexio_markup::Dial::TIMEOUT_S),
            seconds(dial.time_limit_s, flexio_markup::Dial::TIME_LIMIT_S),
            self.action(),
        );
        let mut attributes = vec![("action", action.as_str()), ("timeout", &timeout), ("timeLimit", &limit)];
        push(&mut attributes, "callerId", caller_id.as_deref());
        push(&mut attributes, "record", dial.record.then_some("record-from-answer"));
        let purpose = dial.purpose.filter(|_| dial.record);
        push(&mut attributes, "recordingPurpose", purpose.map(RecordingPurpose::as_str));
        push(&mut attributes, "sequential", dial.sequential.then_some("true"));
        xml.open("Dial", &attributes);
        let mut called = Vec::new();
        for party in &dial.to {
            let address = self.text(&party.address)?;
            let mut attributes = Vec::new();
            push(&mut attributes, "sendDigits", party.send_digits.as_deref());
            let element = match party.kind {
                PartyKind::Number => "Number",
                PartyKind::Client => "Client",
                PartyKind::Sip => "Sip",
            };
            xml.whole(element, &attributes, &address);
            called.push(Value::String(address));
        }
        xml.close("Dial");
        self.state.inputs = json!({ "to": called, "caller_id": caller_id });
        Ok(())
    }

    fn conference(&mut self, xml: &mut Xml, conference: &Conference) -> Result<(), Exit> {
        let room = self.text(&conference.room)?;
        let flag = |value: bool| if value { "true" } else { "false" };
        let most = conference.max_participants.to_string();
        let mut attributes = vec![
            ("muted", flag(conference.muted)),
            ("beep", flag(!conference.silent)),
            ("startConferenceOnEnter", flag(!conference.wait_for_start)),
            ("endConferenceOnExit", flag(conference.end_on_exit)),
        ];
        push(&mut attributes, "maxParticipants", (conference.max_participants > 0).then_some(most.as_str()));
        push(&mut attributes, "record", conference.record.then_some("record-from-start"));
        let purpose = conference.purpose.filter(|_| conference.record);
        push(&mut attributes, "recordingPurpose", purpose.map(RecordingPurpose::as_str));
        xml.open("Dial", &[("action", &self.action())]);
        xml.whole("Conference", &attributes, &room);
        xml.close("Dial");
        self.state.inputs = json!({ "room": room });
        Ok(())
    }

    fn enqueue(&mut self, xml: &mut Xml, enqueue: &Enqueue) -> Result<(), Exit> {
        let (queue, wait, action) =
            (self.text(&enqueue.queue)?, self.optional(enqueue.wait_url.as_ref())?, self.action());
        let mut attributes = vec![("action", action.as_str())];
        push(&mut attributes, "waitUrl", wait.as_deref());
        xml.whole("Enqueue", &attributes, &queue);
        self.state.inputs = json!({ "queue": queue });
        Ok(())
    }

    fn record(&mut self, xml: &mut Xml, record: &Record) -> Result<(), Exit> {
        self.prompts(xml, &record.prompts)?;
        let (timeout, most, action) =
            (seconds(record.timeout_s, 5), seconds(record.max_length_s, 3_600), self.action());
        let mut attributes = vec![
            ("action", action.as_str()),
            ("timeout", &timeout),
            ("maxLength", &most),
            ("playBeep", if record.no_beep { "false" } else { "true" }),
            ("trim", if record.trim { "trim-silence" } else { "do-not-trim" }),
        ];
        // Of a recording an empty list of keys means the default; none is written as -1.
        let keys = record.finish_on_key.as_deref().map(|keys| if keys.is_empty() { "-1" } else { keys });
        push(&mut attributes, "finishOnKey", keys);
        push(&mut attributes, "recordingPurpose", record.purpose.map(RecordingPurpose::as_str));
        push(&mut attributes, "transcribe", record.transcribe.then_some("true"));
        xml.whole("Record", &attributes, "");
        Ok(())
    }

    fn stream(&mut self, xml: &mut Xml, stream: &Stream) -> Result<(), Exit> {
        let url = self.text(&stream.url)?;
        xml.open("Connect", &[("action", &self.action())]);
        xml.open("Stream", &[("url", &url)]);
        for (name, value) in &stream.parameters {
            let value = self.text(value)?;
            xml.whole("Parameter", &[("name", name), ("value", &value)], "");
        }
        xml.close("Stream");
        xml.close("Connect");
        self.state.inputs = json!({ "url": url });
        Ok(())
    }
}

fn input(input: Input) -> &'static str {
    match input {
        Input::Keys => "dtmf",
        Input::Speech => "speech",
        Input::Both => "dtmf speech",
    }
}

fn seconds(value: u32, default: u32) -> String {
    or(value, default).to_string()
}

fn push<'a>(attributes: &mut Vec<(&'a str, &'a str)>, name: &'a str, value: Option<&'a str>) {
    if let Some(value) = value {
        attributes.push((name, value));
    }
}
