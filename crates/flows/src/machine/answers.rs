//! What the answer of a call means.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{Exit, Machine, Move};
use crate::document::Node;
use crate::nodes::*;

impl Machine<'_> {
    /// The call has carried out what it was told.
    pub(super) fn call_happened(&mut self, node: &Node, params: &BTreeMap<String, String>) -> Move {
        self.remember(params);
        if params.get("CallStatus").is_some_and(|status| is_final(status)) {
            self.state.on_call = false;
        }
        let value = |name: &str| params.get(name).map_or("", String::as_str);
        let hung_up = !self.state.on_call;
        let exit = match &node.kind {
            Kind::Ask(ask) => return self.asked(node, ask, value("Digits"), value("SpeechResult")),
            Kind::Menu(menu) => return self.chosen(node, menu, value("Digits"), value("SpeechResult")),
            Kind::Dial(_) => dialled(params),
            Kind::TakeFromQueue(_) => match value("DialCallStatus") {
                "answered" | "completed" => Exit::by("done"),
                "failed" | "busy" | "canceled" => Exit::by("failed"),
                _ => Exit::by("empty"),
            },
            Kind::Enqueue(_) => queued(value("QueueResult")),
            Kind::Record(_) if value("RecordingUrl").is_empty() => Exit::by("empty"),
            Kind::Record(_) => Exit::by("recorded")
                .with("recording_url", value("RecordingUrl"))
                .with("recording_sid", value("RecordingSid"))
                .with("duration_s", value("RecordingDuration").parse::<u32>().unwrap_or(0))
                .with("RecordingUrl", value("RecordingUrl"))
                .with("RecordingSid", value("RecordingSid"))
                .with("RecordingDuration", value("RecordingDuration")),
            Kind::Transfer(_) => match value("ReferCallStatus") {
                "failed" | "busy" | "no-answer" => Exit::by("failed"),
                status => Exit::by("done").with("status", status),
            },
            _ => Exit::by("done"),
        };
        Move::Leave(if hung_up { Exit { port: "hangup".to_owned(), error: None, ..exit } } else { exit })
    }

    /// Keeps what webhooks carry under short names.
    fn remember(&mut self, params: &BTreeMap<String, String>) {
        for (name, param) in [
            ("digits", "Digits"),
            ("speech", "SpeechResult"),
            ("confidence", "Confidence"),
            ("dial_status", "DialCallStatus"),
            ("dial_sid", "DialCallSid"),
            ("dial_duration_s", "DialCallDuration"),
            ("recording_url", "RecordingUrl"),
            ("recording_sid", "RecordingSid"),
            ("recording_duration_s", "RecordingDuration"),
            ("queue_result", "QueueResult"),
            ("queue_time_s", "QueueTime"),
            ("status", "CallStatus"),
            ("answered_by", "AnsweredBy"),
        ] {
            let Some(value) = params.get(param) else { continue };
            let value = match value.parse::<i64>() {
                Ok(number) if name.ends_with("_s") => Value::from(number),
                _ => Value::String(value.clone()),
            };
            self.state.call.insert(name.to_owned(), value);
        }
    }

    fn ask_again(&mut self, node: &Node, attempts: u32, outputs: Exit) -> Move {
        self.state.tries += 1;
        let most = if attempts == 0 { 3 } else { attempts.min(10) };
        if self.state.tries >= most {
            return Move::Leave(Exit { port: "too_many_attempts".to_owned(), ..outputs });
        }
        self.say_to_call(node)
    }

    fn asked(&mut self, node: &Node, ask: &Ask, digits: &str, speech: &str) -> Move {
        let answer = if digits.is_empty() { speech } else { digits };
        let exit = answered(digits, speech);
        if answer.is_empty() {
            return Move::Leave(Exit::by(if self.state.on_call { "no_input" } else { "hangup" }));
        }
        let valid = match self.is_valid(ask, answer) {
            Ok(valid) => valid,
            Err(exit) => return Move::Leave(exit),
        };
        if !valid {
            if !self.state.on_call {
                return Move::Leave(Exit { port: "hangup".to_owned(), ..exit });
            }
            return self.ask_again(node, ask.attempts, exit);
        }
        if let Some(variable) = &ask.variable
            && let Err(error) = self.set(variable, Value::String(answer.to_owned()), None)
        {
            return Move::Leave(error);
        }
        // Somebody who wants to tell words from keys connects both.
        let spoken = digits.is_empty() && node.next.contains_key("speech");
        Move::Leave(if spoken { Exit { port: "speech".to_owned(), ..exit } } else { exit })
    }

    fn is_valid(&self, ask: &Ask, answer: &str) -> Result<bool, Exit> {
        if let Some(pattern) = &ask.pattern
            && !whole(&self.text(pattern)?)?.is_match(answer)
        {
            return Ok(false);
        }
        if ask.one_of.is_empty() {
            return Ok(true);
        }
        for allowed in &ask.one_of {
            if self.text(allowed)?.trim().eq_ignore_ascii_case(answer.trim()) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn chosen(&mut self, node: &Node, menu: &Menu, digits: &str, speech: &str) -> Move {
        let exit = answered(digits, speech);
        if digits.is_empty() && speech.is_empty() {
            return Move::Leave(Exit::by(if self.state.on_call { "no_input" } else { "hangup" }));
        }
        let fits = |choice: &&Choice| {
            let key = !digits.is_empty() && choice.digits == digits;
            key || (!speech.is_empty() && choice.phrases.iter().any(|phrase| said(phrase, speech)))
        };
        match menu.choices.iter().find(fits) {
            Some(choice) => Move::Leave(Exit { port: choice.port.clone(), ..exit }),
            None if !self.state.on_call => Move::Leave(Exit { port: "hangup".to_owned(), ..exit }),
            None => self.ask_again(node, menu.attempts, exit),
        }
    }
}

/// Statuses of a call that is over.
fn is_final(status: &str) -> bool {
    ["completed", "busy", "failed", "no-answer", "canceled"].contains(&status)
}

fn answered(digits: &str, speech: &str) -> Exit {
    Exit::by("answered")
        .with("digits", digits)
        .with("speech", speech)
        .with("Digits", digits)
        .with("SpeechResult", speech)
}

fn dialled(params: &BTreeMap<String, String>) -> Exit {
    let value = |name: &str| params.get(name).map_or("", String::as_str);
    let port = match value("DialCallStatus") {
        "completed" | "answered" => "answered",
        "busy" => "busy",
        "no-answer" => "no_answer",
        _ => "failed",
    };
    Exit::by(port)
        .with("status", value("DialCallStatus"))
        .with("duration_s", value("DialCallDuration").parse::<u32>().unwrap_or(0))
        .with("DialCallStatus", value("DialCallStatus"))
        .with("DialCallSid", value("DialCallSid"))
        .with("DialCallDuration", value("DialCallDuration"))
        .with("RecordingUrl", value("RecordingUrl"))
}

fn queued(result: &str) -> Exit {
    let port = match result {
        "bridged" | "bridging-in-process" => "bridged",
        "queue-full" => "full",
        "hangup" => "hangup",
        "error" | "system-error" => "failed",
        _ => "left",
    };
    Exit::by(port).with("result", result).with("QueueResult", result)
}

/// A pattern for the whole of a text.
pub(super) fn whole(pattern: &str) -> Result<regex::Regex, Exit> {
    pattern_of(&format!("^(?:{pattern})$"))
}

pub(super) fn pattern_of(pattern: &str) -> Result<regex::Regex, Exit> {
    let built = regex::RegexBuilder::new(pattern).size_limit(256 * 1024).dfa_size_limit(256 * 1024).build();
    built.map_err(|_| Exit::error("the regular expression cannot be used"))
}

/// Whether what was said is the phrase: the same words, or the phrase as a pattern for the whole.
fn said(phrase: &str, speech: &str) -> bool {
    let clean = |text: &str| text.trim().trim_end_matches(['.', '?', '!']).to_lowercase();
    clean(phrase) == clean(speech)
        || whole(&format!("(?i){phrase}")).is_ok_and(|pattern| pattern.is_match(&clean(speech)))
}
