//! The widgets of Studio.

use std::collections::BTreeMap;

use serde_json::Value;

use super::ImportError;
use super::studio::{text, transitions};
use crate::document::NodeId;
use crate::nodes::*;

type Next = BTreeMap<String, NodeId>;
/// A node, where it leads, and what a person should know of it.
type Read = (Kind, Next, Option<String>);

/// Events under the names of ports.
fn ports(state: &Value, names: &[(&str, &str)]) -> Next {
    let leads = transitions(state);
    names.iter().filter_map(|(event, port)| Some(((*port).to_owned(), leads.get(*event)?.clone()))).collect()
}

fn number(properties: &Value, name: &str) -> Option<u32> {
    text(properties, name).and_then(|text| text.trim().parse().ok())
}

fn flag(properties: &Value, name: &str) -> bool {
    properties[name].as_bool().unwrap_or(false) || properties[name] == "true"
}

fn pairs(properties: &Value, name: &str) -> Vec<(String, String)> {
    let all = properties[name].as_array().map_or(&[][..], Vec::as_slice);
    all.iter()
        .filter_map(|pair| Some((text(pair, "key")?, text(pair, "value").unwrap_or_default())))
        .collect()
}

fn prompts(properties: &Value) -> Vec<Prompt> {
    let say = text(properties, "say").map(|say| Prompt::Say {
        text: Text::One(say),
        voice: text(properties, "voice"),
        language: text(properties, "language"),
    });
    let play = text(properties, "play").map(|url| Prompt::Play { url: Text::One(url) });
    say.into_iter().chain(play).collect()
}

/// Reads a state that is not a trigger.
pub(super) fn widget(id: &str, kind: &str, state: &Value) -> Result<Read, ImportError> {
    let p = &state["properties"];
    let plain = |kind, next| Ok((kind, next, None));
    match kind {
        "split-based-on" => Ok(split(state)),
        "set-variables" => {
            let assign = pairs(p, "variables").into_iter().map(|(variable, value)| Assign {
                variable,
                value: Some(value),
                ..Assign::default()
            });
            plain(
                Kind::SetVariables(SetVariables { assign: assign.collect() }),
                ports(state, &[("next", "done")]),
            )
        }
        "send-message" => {
            let kind = SendMessage {
                to: text(p, "to"),
                from: text(p, "from"),
                body: Text::One(text(p, "body").unwrap_or_default()),
            };
            plain(Kind::SendMessage(kind), ports(state, &[("sent", "sent"), ("failed", "failed")]))
        }
        "send-and-wait-for-reply" => {
            let kind = AskByMessage {
                from: text(p, "from"),
                body: Text::One(text(p, "body").unwrap_or_default()),
                timeout_s: number(p, "timeout").unwrap_or(3_600).min(604_800),
                ..AskByMessage::default()
            };
            let events =
                [("incomingMessage", "reply"), ("timeout", "timeout"), ("deliveryFailure", "failed")];
            plain(Kind::AskByMessage(kind), ports(state, &events))
        }
        "make-http-request" => plain(Kind::Http(http(p)), http_ports(state)),
        "run-subflow" => {
            let inputs = pairs(p, "parameters").into_iter().collect();
            let kind =
                Subflow { flow: text(p, "flow_sid").unwrap_or_default(), inputs, outputs: BTreeMap::new() };
            plain(Kind::Subflow(kind), ports(state, &[("completed", "done"), ("failed", "failed")]))
        }
        _ => voice_widget(id, kind, state),
    }
}

/// Reads a widget of a call.
fn voice_widget(id: &str, kind: &str, state: &Value) -> Result<Read, ImportError> {
    let p = &state["properties"];
    let plain = |kind, next| Ok((kind, next, None));
    match kind {
        "say-play" => {
            let times = number(p, "loop").map_or(1, |times| if times == 0 { 1_000 } else { times });
            plain(Kind::Say(Say { prompts: prompts(p), times }), ports(state, &[("audioComplete", "done")]))
        }
        "gather-input-on-call" => plain(Kind::Ask(gather(p)), gather_ports(state)),
        "make-outgoing-call-v1" | "make-outgoing-call-v2" => {
            let kind = CallOut {
                to: text(p, "to"),
                from: text(p, "from"),
                timeout_s: number(p, "timeout").unwrap_or(0),
                record: flag(p, "record"),
            };
            let events =
                [("answered", "answered"), ("busy", "busy"), ("noAnswer", "no_answer"), ("failed", "failed")];
            plain(Kind::CallOut(kind), ports(state, &events))
        }
        "connect-call-to" => connect(id, state),
        "record-voicemail" => {
            let kind = Record {
                timeout_s: number(p, "timeout").unwrap_or(0),
                max_length_s: number(p, "max_length").unwrap_or(0),
                finish_on_key: text(p, "finish_on_key"),
                no_beep: p["play_beep"] == "false" || p["play_beep"] == false,
                trim: text(p, "trim").as_deref() == Some("trim-silence"),
                transcribe: flag(p, "transcribe"),
                // Who speaks after the tone leaves a message, and agrees.
                purpose: Some(RecordingPurpose::Agreed),
                ..Record::default()
            };
            let events = [("recordingComplete", "recorded"), ("noAudio", "empty"), ("hangup", "hangup")];
            plain(Kind::Record(kind), ports(state, &events))
        }
        "enqueue-call" => {
            let kind =
                Enqueue { queue: text(p, "queue_name").unwrap_or_default(), wait_url: text(p, "wait_url") };
            let events =
                [("callComplete", "bridged"), ("failedToEnqueue", "failed"), ("callFailure", "full")];
            let remark = text(p, "workflow_sid")
                .map(|_| "TaskRouter workflows are not known; the queue's name counts".to_owned());
            Ok((Kind::Enqueue(kind), ports(state, &events), remark))
        }
        "add-twiml-redirect" => {
            let kind = Redirect {
                url: text(p, "url").unwrap_or_default(),
                get: text(p, "method").as_deref() == Some("GET"),
            };
            let remark = transitions(state)
                .get("return")
                .map(|_| "the call does not come back from another application".to_owned());
            Ok((Kind::Redirect(kind), ports(state, &[("fail", "error")]), remark))
        }
        other => {
            Err(ImportError(format!("the state `{id}` is of the type `{other}`, which has no counterpart")))
        }
    }
}

fn gather(p: &Value) -> Ask {
    Ask {
        prompts: prompts(p),
        input: Input::Both,
        timeout_s: number(p, "timeout").unwrap_or(0),
        finish_on_key: text(p, "finish_on_key"),
        num_digits: number(p, "number_of_digits").and_then(|digits| u16::try_from(digits).ok()),
        hints: text(p, "hints")
            .map(|hints| hints.split(',').map(|hint| hint.trim().to_owned()).collect())
            .unwrap_or_default(),
        language: text(p, "gather_language"),
        ..Ask::default()
    }
}

/// Keys leave by `answered`, words by `speech`.
fn gather_ports(state: &Value) -> Next {
    let mut next = ports(state, &[("keypress", "answered"), ("timeout", "no_input")]);
    if let Some(speech) = transitions(state).get("speech") {
        next.entry("answered".to_owned()).or_insert_with(|| speech.clone());
        next.insert("speech".to_owned(), speech.clone());
    }
    next
}

fn compare(kind: &str) -> Compare {
    match kind {
        "not_equal_to" => Compare::NotEquals,
        "matches_any_of" => Compare::OneOf,
        "contains" => Compare::Contains,
        "does_not_contain" => Compare::NotContains,
        "starts_with" => Compare::StartsWith,
        "regex" => Compare::Matches,
        "less_than" => Compare::LessThan,
        "greater_than" => Compare::GreaterThan,
        "is_blank" => Compare::IsBlank,
        "is_not_blank" => Compare::IsNotBlank,
        _ => Compare::Equals,
    }
}

fn split(state: &Value) -> Read {
    let p = &state["properties"];
    let value = text(p, "input").unwrap_or_default();
    let (mut cases, mut next, mut remark) = (Vec::new(), Next::new(), None);
    let all = state["transitions"].as_array().map_or(&[][..], Vec::as_slice);
    for transition in all {
        let to = text(transition, "next");
        if transition["event"] == "noMatch" {
            next.extend(to.map(|to| ("default".to_owned(), to)));
            continue;
        }
        for condition in transition["conditions"].as_array().map_or(&[][..], Vec::as_slice) {
            let port = format!("match{}", cases.len() + 1);
            let argument = condition["arguments"][0].as_str().unwrap_or_default();
            if !argument.is_empty() && argument.trim() != value.trim() {
                remark = Some(format!("all cases compare `{value}`; one compared `{argument}`"));
            }
            next.extend(to.clone().map(|to| (port.clone(), to)));
            let kind = condition["type"].as_str().unwrap_or_default();
            cases.push(Case {
                port,
                compare: compare(kind),
                value: text(condition, "value").unwrap_or_default(),
            });
        }
    }
    (Kind::Switch(Switch { value, cases }), next, remark)
}

fn http(p: &Value) -> Http {
    let method = match text(p, "method").unwrap_or_default().to_uppercase().as_str() {
        "POST" => HttpMethod::Post,
        "PUT" => HttpMethod::Put,
        "PATCH" => HttpMethod::Patch,
        "DELETE" => HttpMethod::Delete,
        _ => HttpMethod::Get,
    };
    let is_form = text(p, "content_type").is_some_and(|kind| kind.contains("form"));
    Http {
        method,
        url: text(p, "url").unwrap_or_default(),
        parameters: pairs(p, "parameters").into_iter().collect(),
        form: if is_form { BodyForm::Form } else { BodyForm::Json },
        body: text(p, "body"),
        timeout_ms: number(p, "timeout").unwrap_or(10_000),
        ..Http::default()
    }
}

fn http_ports(state: &Value) -> Next {
    let mut next = ports(state, &[("success", "success"), ("failed", "failed")]);
    if let Some(failed) = next.get("failed").cloned() {
        for port in ["http_error", "timeout", "error"] {
            next.insert(port.to_owned(), failed.clone());
        }
    }
    next
}

fn connect(id: &str, state: &Value) -> Result<Read, ImportError> {
    let p = &state["properties"];
    let to = text(p, "to").unwrap_or_default();
    let leads = transitions(state);
    let noun = text(p, "noun").unwrap_or_else(|| "number".to_owned());
    let kind = match noun.as_str() {
        "number" | "number-multi" => PartyKind::Number,
        "client" => PartyKind::Client,
        "sip" => PartyKind::Sip,
        "conference" => {
            let conference = Conference { room: to, record: flag(p, "record"), ..Conference::default() };
            return Ok((
                Kind::Conference(conference),
                ports(state, &[("callCompleted", "done"), ("hangup", "hangup")]),
                None,
            ));
        }
        other => {
            return Err(ImportError(format!(
                "the state `{id}` connects to `{other}`, which has no counterpart"
            )));
        }
    };
    let address = if noun == "sip" { text(p, "sip_endpoint").unwrap_or(to) } else { to };
    let addresses: Vec<&str> =
        if noun == "number-multi" { address.split(',').collect() } else { vec![&address] };
    let parties = addresses.into_iter().map(|address| Party {
        kind,
        address: address.trim().to_owned(),
        send_digits: None,
    });
    let dial = Dial {
        to: parties.collect(),
        timeout_s: number(p, "timeout").unwrap_or(0),
        caller_id: text(p, "caller_id").filter(|caller| !caller.contains("contact.channel.address")),
        record: flag(p, "record"),
        ..Dial::default()
    };
    let mut next = ports(state, &[("hangup", "hangup")]);
    if let Some(completed) = leads.get("callCompleted") {
        for port in ["answered", "busy", "no_answer", "failed"] {
            next.insert(port.to_owned(), completed.clone());
        }
    }
    Ok((Kind::Dial(dial), next, None))
}
