//! The nodes: what each is told, and the ports by which it can be left.

/// Declares the properties of a kind of node.
macro_rules! properties {
    ($(#[$doc:meta])* $name:ident { $($(#[$field_meta:meta])* $field:ident : $kind:ty),* $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
        #[serde(default, deny_unknown_fields)]
        pub struct $name { $($(#[$field_meta])* pub $field: $kind),* }
    };
}

mod data;
mod logic;
mod voice;

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::document::Channel;

pub use data::*;
pub use logic::*;
pub use voice::*;

/// A number of a node; `default` where the document leaves it out, which is 0.
pub(crate) const fn or(value: u32, default: u32) -> u32 {
    if value == 0 { default } else { value }
}

/// A text that people hear or read: one for all languages, or one for each.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Text {
    /// The same whatever the language.
    One(String),
    /// By language code.
    Many(BTreeMap<String, String>),
}

impl Default for Text {
    fn default() -> Self {
        Self::One(String::new())
    }
}

impl Text {
    /// The text in `language`, else in the default language, else any.
    pub fn in_language<'a>(&'a self, language: &str, default: &str) -> &'a str {
        match self {
            Self::One(text) => text,
            Self::Many(texts) => {
                let found =
                    texts.get(language).or_else(|| texts.get(default)).or_else(|| texts.values().next());
                found.map_or("", String::as_str)
            }
        }
    }

    /// All texts there are.
    pub fn all(&self) -> Vec<&str> {
        match self {
            Self::One(text) => vec![text],
            Self::Many(texts) => texts.values().map(String::as_str).collect(),
        }
    }
}

/// What a caller hears, in order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Prompt {
    /// Speak a text.
    Say {
        /// Template.
        text: Text,
        /// `man`, `woman`, or a voice by its engine's name.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        voice: Option<String>,
        /// Language code; without it the language the flow speaks at that moment.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        language: Option<String>,
    },
    /// Play a sound file.
    Play {
        /// Template of an absolute URL.
        url: Text,
    },
    /// Silence.
    Pause {
        /// Seconds, from 1.
        seconds: u32,
    },
}

/// What a question listens for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Input {
    /// Keys.
    #[default]
    Keys,
    /// Speech.
    Speech,
    /// Both.
    Both,
}

/// Declares the kinds of nodes: name in documents, variant, properties.
macro_rules! kinds {
    ($($(#[$doc:meta])* $variant:ident($properties:ty) = $name:literal),* $(,)?) => {
        /// What a node does.
        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
        #[serde(tag = "type", content = "properties")]
        pub enum Kind { $($(#[$doc])* #[serde(rename = $name)] $variant($properties)),* }

        impl Kind {
            /// `type` in documents.
            pub const fn name(&self) -> &'static str {
                match self { $(Self::$variant(_) => $name),* }
            }

            /// A node of each kind with every property at its default, for palettes and tests.
            pub fn every() -> Vec<Self> {
                vec![$(Self::$variant(<$properties>::default())),*]
            }
        }
    };
}

kinds! {
    /// Trigger: a call comes in.
    OnCall(Nothing) = "on_call",
    /// Trigger: a message comes in.
    OnMessage(Nothing) = "on_message",
    /// Trigger: started over the API or at its web address.
    OnWeb(WebTrigger) = "on_web",
    /// Trigger: started by the clock.
    OnSchedule(ScheduleTrigger) = "on_schedule",
    /// Trigger: something happens in a queue.
    OnQueue(QueueTrigger) = "on_queue",
    /// Trigger: another flow uses this one as a step.
    OnSubflow(SubflowTrigger) = "on_subflow",
    /// Voice: speak or play.
    Say(Say) = "say",
    /// Voice: ask for keys or speech.
    Ask(Ask) = "ask",
    /// Voice: offer choices.
    Menu(Menu) = "menu",
    /// Voice: connect somebody.
    Dial(Dial) = "dial",
    /// Voice: join a conference.
    Conference(Conference) = "conference",
    /// Voice: wait in a queue.
    Enqueue(Enqueue) = "enqueue",
    /// Voice: take the longest waiting call.
    TakeFromQueue(TakeFromQueue) = "take_from_queue",
    /// Voice: record the caller.
    Record(Record) = "record",
    /// Voice: put the other party on hold.
    Hold(Hold) = "hold",
    /// Voice: take the other party off hold.
    Resume(Nothing) = "resume",
    /// Voice: transfer by SIP REFER.
    Transfer(Transfer) = "transfer",
    /// Voice: hand the audio to a WebSocket.
    Stream(Stream) = "stream",
    /// Voice: end the call.
    Hangup(Nothing) = "hangup",
    /// Voice: refuse the call.
    Reject(Reject) = "reject",
    /// Voice: hand the call to another application.
    Redirect(Redirect) = "redirect",
    /// Wait.
    Wait(Wait) = "wait",
    /// Messaging: send a message.
    SendMessage(SendMessage) = "send_message",
    /// Messaging: send a message and wait for the answer.
    AskByMessage(AskByMessage) = "ask_by_message",
    /// Messaging: send an e-mail.
    Email(Email) = "email",
    /// Voice: call somebody and go on in that call.
    CallOut(CallOut) = "call_out",
    /// Logic: yes or no.
    Condition(Condition) = "condition",
    /// Logic: one of many.
    Switch(Switch) = "switch",
    /// Logic: set variables.
    SetVariables(SetVariables) = "set_variables",
    /// Logic: take a part of a text.
    Capture(Capture) = "capture",
    /// Logic: go round a number of times.
    Loop(Loop) = "loop",
    /// Logic: count.
    Counter(Counter) = "counter",
    /// Logic: open or closed.
    BusinessHours(BusinessHours) = "business_hours",
    /// Logic: speak another language from now on.
    Language(Language) = "language",
    /// Logic: split by chance.
    Split(Split) = "split",
    /// Logic: run another flow.
    Subflow(Subflow) = "subflow",
    /// Logic: go on elsewhere.
    Goto(Goto) = "goto",
    /// Logic: the end.
    End(End) = "end",
    /// Data: ask a web service.
    Http(Http) = "http",
    /// Data: the account's key-value store.
    Store(Store) = "store",
    /// Data: look somebody up in the account's directory.
    Directory(Directory) = "directory",
    /// Data: run a small program.
    Script(Script) = "script",
    /// Data: make a value out of others.
    Transform(Transform) = "transform",
    /// Ops: write a log line.
    Log(Log) = "log",
    /// Ops: mark the execution.
    Tag(Tag) = "tag",
    /// Ops: count something.
    Metric(Metric) = "metric",
    /// Ops: tell the owner.
    Alert(Alert) = "alert",
}

/// A way out of a node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Port {
    /// Its name.
    pub name: String,
    /// It tells of a fault: where it leads nowhere, the flow's `on_error` takes over.
    pub fault: bool,
}

impl Kind {
    /// The channel this node begins, if it is a trigger.
    pub const fn trigger(&self) -> Option<Channel> {
        match self {
            Self::OnCall(_) => Some(Channel::Call),
            Self::OnMessage(_) => Some(Channel::Message),
            Self::OnWeb(_) => Some(Channel::Web),
            Self::OnSchedule(_) => Some(Channel::Schedule),
            Self::OnSubflow(_) => Some(Channel::Subflow),
            Self::OnQueue(_) => Some(Channel::Queue),
            _ => None,
        }
    }

    /// Whether it works on a call only.
    pub const fn needs_call(&self) -> bool {
        matches!(
            self,
            Self::Say(_)
                | Self::Ask(_)
                | Self::Menu(_)
                | Self::Dial(_)
                | Self::Conference(_)
                | Self::Enqueue(_)
                | Self::TakeFromQueue(_)
                | Self::Record(_)
                | Self::Hold(_)
                | Self::Resume(_)
                | Self::Transfer(_)
                | Self::Stream(_)
                | Self::Hangup(_)
                | Self::Reject(_)
                | Self::Redirect(_)
        )
    }

    /// Every way out, in the order they are drawn.
    pub fn ports(&self) -> Vec<Port> {
        let port = |name: &str| Port { name: name.to_owned(), fault: false };
        let fault = |name: &str| Port { name: name.to_owned(), fault: true };
        let named = |names: &[&str], faults: &[&str]| {
            names
                .iter()
                .map(|name| port(name))
                .chain(faults.iter().map(|name| fault(name)))
                .collect::<Vec<_>>()
        };
        match self {
            Self::OnCall(_)
            | Self::OnMessage(_)
            | Self::OnWeb(_)
            | Self::OnSchedule(_)
            | Self::OnQueue(_)
            | Self::OnSubflow(_) => named(&["start"], &[]),
            Self::Say(_)
            | Self::Hold(_)
            | Self::Resume(_)
            | Self::Conference(_)
            | Self::Stream(_)
            | Self::Wait(_) => named(&["done", "hangup"], &["error"]),
            Self::Ask(_) => {
                named(&["answered", "speech", "no_input", "hangup"], &["too_many_attempts", "error"])
            }
            Self::Menu(menu) => {
                let mut ports: Vec<Port> = menu.choices.iter().map(|choice| port(&choice.port)).collect();
                ports.extend(named(&["no_input", "hangup"], &["too_many_attempts", "error"]));
                ports
            }
            Self::Dial(_) => named(&["answered", "busy", "no_answer", "hangup"], &["failed", "error"]),
            Self::Enqueue(_) => named(&["bridged", "left", "hangup"], &["full", "failed", "error"]),
            Self::TakeFromQueue(_) => named(&["done", "empty", "hangup"], &["failed", "error"]),
            Self::Record(_) => named(&["recorded", "empty", "hangup"], &["error"]),
            Self::Hangup(_) | Self::Reject(_) | Self::Goto(_) | Self::End(_) => Vec::new(),
            Self::Redirect(_) => named(&[], &["error"]),
            Self::SendMessage(_) | Self::Email(_) => named(&["sent"], &["failed", "error"]),
            Self::Directory(_) => named(&["found", "several", "missing"], &["error"]),
            Self::AskByMessage(_) => named(&["reply", "timeout"], &["failed", "error"]),
            Self::CallOut(_) => named(&["answered", "busy", "no_answer"], &["failed", "error"]),
            Self::Condition(_) => named(&["true", "false"], &["error"]),
            Self::Switch(switch) => {
                let mut ports: Vec<Port> = switch.cases.iter().map(|case| port(&case.port)).collect();
                ports.extend(named(&["default"], &["error"]));
                ports
            }
            Self::Capture(_) => named(&["done", "no_match"], &["error"]),
            Self::Loop(_) => named(&["again", "done"], &[]),
            Self::Counter(_) => named(&["done", "reached"], &["error"]),
            Self::BusinessHours(_) => named(&["open", "closed", "holiday"], &["error"]),
            Self::Split(split) => split.branches.iter().map(|branch| port(&branch.port)).collect(),
            Self::Subflow(_) | Self::Transfer(_) => named(&["done", "hangup"], &["failed", "error"]),
            Self::Http(_) => named(&["success"], &["http_error", "timeout", "failed", "error"]),
            Self::Store(_) => named(&["done", "missing"], &["error"]),
            Self::SetVariables(_)
            | Self::Language(_)
            | Self::Transform(_)
            | Self::Script(_)
            | Self::Metric(_)
            | Self::Log(_)
            | Self::Tag(_)
            | Self::Alert(_) => named(&["done"], &["error"]),
        }
    }
}
