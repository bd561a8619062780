//! One execution: what it remembers between two events, what can happen to it, and what it asks for.

use std::collections::{BTreeMap, BTreeSet};

use flexio_domain::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::document::{Channel, Flow, NodeId};

/// A revision of a flow.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct FlowRef {
    /// Its sid.
    pub sid: String,
    /// Its revision; 0 is the draft.
    pub revision: u32,
}

/// The flows an execution may need: its own and the sub-flows it can reach.
#[derive(Debug, Clone, Default)]
pub struct Library {
    /// By revision.
    pub flows: BTreeMap<FlowRef, std::sync::Arc<Flow>>,
    /// The published revision of each, for a sub-flow that begins now.
    pub published: BTreeMap<String, u32>,
}

impl Library {
    /// A flow alone.
    pub fn of(reference: FlowRef, flow: Flow) -> Self {
        let published = BTreeMap::from([(reference.sid.clone(), reference.revision)]);
        Self { flows: BTreeMap::from([(reference, std::sync::Arc::new(flow))]), published }
    }
}

/// What an execution was started by.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Start {
    /// Caller, sender, or the `from` given over the API.
    pub from: String,
    /// Called number, or the `to` given over the API.
    pub to: String,
    /// Text of the message.
    pub body: String,
    /// Sid of the call.
    pub call_sid: Option<String>,
    /// Sid of the message.
    pub message_sid: Option<String>,
    /// Data given over the API, or parameters of the request that asked.
    pub data: Value,
    /// What declared variables begin with, in place of what the document says; read as their types.
    pub variables: BTreeMap<String, String>,
}

/// A flow that waits for the end of its sub-flow.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Frame {
    /// The flow.
    pub flow: FlowRef,
    /// The node that runs the sub-flow.
    pub node: NodeId,
    /// Its variables.
    pub variables: Map<String, Value>,
    /// Results of its nodes.
    pub results: Map<String, Value>,
}

/// What an execution waits for at its node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Waiting {
    /// Nothing: it has not begun, or is over.
    #[default]
    Nothing,
    /// The call to have carried out what it was told.
    Call,
    /// Somebody who is called to answer.
    CallOut,
    /// An effect.
    Effect,
    /// An answer by message, or the time.
    Reply,
    /// The time.
    Time,
}

/// How an execution ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It came to an end.
    Completed,
    /// A fault nobody handled.
    Failed,
    /// The caller hung up.
    Hangup,
    /// Ended over the API.
    Stopped,
    /// Another application took the call.
    Replaced,
}

impl Outcome {
    /// As written.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Completed => "completed",
            Self::Failed => "failed",
            Self::Hangup => "hangup",
            Self::Stopped => "stopped",
            Self::Replaced => "replaced",
        }
    }
}

/// What an execution remembers. Serialised between two events, it goes on as if nothing had been.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct State {
    /// The flow whose node runs.
    pub flow: FlowRef,
    /// Flows around it.
    pub frames: Vec<Frame>,
    /// What started it.
    pub channel: Channel,
    /// As templates see it.
    pub trigger: Value,
    /// The other side.
    pub contact: String,
    /// Our side.
    pub platform: String,
    /// Variables of the flow whose node runs.
    pub variables: Map<String, Value>,
    /// Data it was started with.
    pub data: Value,
    /// Results of nodes.
    pub results: Map<String, Value>,
    /// Latest results on the call.
    pub call: Map<String, Value>,
    /// Latest answer by message.
    pub message: Map<String, Value>,
    /// Language it speaks now; empty is the flow's first.
    pub language: String,
    /// The node that runs.
    pub node: Option<NodeId>,
    /// What it waits for.
    pub waiting: Waiting,
    /// Until when.
    pub until: Option<Timestamp>,
    /// When the node was begun.
    pub began: Timestamp,
    /// What the node was told, as logged.
    pub inputs: Value,
    /// Tries of a question.
    pub tries: u32,
    /// Rounds of loops.
    pub loops: BTreeMap<NodeId, u32>,
    /// Counts what was said to the call, so that an answer to something older is known.
    pub turn: u32,
    /// Nodes begun.
    pub steps: u32,
    /// Chance: the same seed takes the same way.
    pub seed: u64,
    /// The call there is.
    pub call_sid: Option<String>,
    /// It lives.
    pub on_call: bool,
    /// Marks.
    pub tags: Map<String, Value>,
    /// How it ended.
    pub outcome: Option<Outcome>,
    /// Why it failed.
    pub error: Option<String>,
}

impl State {
    /// An execution that has not begun.
    pub fn new(flow: FlowRef, channel: Channel, start: Start, seed: u64, now: Timestamp) -> Self {
        let trigger = json!({
            "type": channel.as_str(),
            "from": start.from,
            "to": start.to,
            "body": start.body,
            "call_sid": start.call_sid,
            "message_sid": start.message_sid,
            "data": start.data,
            "started_at": now.to_string(),
            "call": { "From": start.from, "To": start.to, "CallSid": start.call_sid },
            "message": { "From": start.from, "To": start.to, "Body": start.body, "MessageSid": start.message_sid },
            "request": { "from": start.from, "to": start.to },
        });
        // Started over the API, `to` is the person; on a call or message that came in, `from` is.
        let (contact, platform) = match channel {
            Channel::Web | Channel::Schedule | Channel::Subflow => (start.to, start.from),
            Channel::Call | Channel::Message | Channel::Queue => (start.from, start.to),
        };
        let message = match channel {
            Channel::Message => Map::from_iter([
                ("body".to_owned(), Value::String(start.body)),
                ("from".to_owned(), Value::String(contact.clone())),
                ("sid".to_owned(), json!(start.message_sid)),
            ]),
            _ => Map::new(),
        };
        Self {
            flow,
            frames: Vec::new(),
            channel,
            trigger,
            contact,
            platform,
            variables: start
                .variables
                .into_iter()
                .map(|(name, value)| (name, Value::String(value)))
                .collect(),
            data: start.data,
            results: Map::new(),
            call: Map::new(),
            message,
            language: String::new(),
            node: None,
            waiting: Waiting::Nothing,
            until: None,
            began: now,
            inputs: Value::Null,
            tries: 0,
            loops: BTreeMap::new(),
            turn: 0,
            steps: 0,
            seed,
            on_call: channel == Channel::Call,
            call_sid: start.call_sid,
            tags: Map::new(),
            outcome: None,
            error: None,
        }
    }

    /// Whether it is over.
    pub const fn is_over(&self) -> bool {
        self.outcome.is_some()
    }
}

/// A request of an HTTP node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpRequest {
    /// `GET`, `POST`, `PUT`, `PATCH` or `DELETE`.
    pub method: &'static str,
    /// Absolute URL, query included.
    pub url: String,
    /// Headers, `Content-Type` included.
    pub headers: Vec<(String, String)>,
    /// Body.
    pub body: Option<String>,
    /// Milliseconds it may take.
    pub timeout_ms: u32,
}

/// What came of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HttpOutcome {
    /// An answer.
    Answer {
        /// HTTP status.
        status: u16,
        /// Body, at most [`crate::expression::TEXT_MAX`] bytes of it.
        body: String,
        /// Milliseconds it took.
        duration_ms: u32,
    },
    /// None in time.
    Timeout,
    /// None at all; why, without an address.
    Failed(String),
}

/// Somebody or something in the account's directory.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Entry {
    /// `client`, `number` or `caller_id`.
    pub kind: String,
    /// Friendly name.
    pub name: String,
    /// Login of a client, or a number.
    pub key: String,
    /// Where it is reached: `client:ann`, `+3225550101`.
    pub address: String,
}

/// An e-mail of a node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letter {
    /// Receivers, with commas between them.
    pub to: String,
    /// Copies.
    pub cc: String,
    /// Blind copies.
    pub bcc: String,
    /// Sender; empty for the platform's.
    pub from: String,
    /// Subject.
    pub subject: String,
    /// Text.
    pub body: String,
    /// HTML.
    pub html: bool,
    /// Recording that goes with it.
    pub recording: Option<String>,
}

/// What somebody must do before the execution goes on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// Ask a web service; [`Event::Http`] tells what came of it.
    Http(HttpRequest),
    /// Send a message; [`Event::Sent`] tells.
    Send {
        /// Receiver.
        to: String,
        /// Sender.
        from: String,
        /// Text.
        body: String,
    },
    /// Send an e-mail; [`Event::Sent`] tells.
    Email(Box<Letter>),
    /// Look somebody up; [`Event::Found`] tells.
    Find(String),
    /// Call somebody; [`Event::Placed`] tells whether it began, [`Event::Call`] or [`Event::CallEnded`] what came of it.
    CallOut {
        /// Called.
        to: String,
        /// Caller id.
        from: String,
        /// URL its document comes from.
        url: String,
        /// Seconds it may ring.
        timeout_s: u32,
        /// Record it.
        record: bool,
    },
    /// Read, write or forget in the account's store; [`Event::Stored`] tells.
    Read(String),
    /// As [`Effect::Read`].
    Write(String, String),
    /// As [`Effect::Read`].
    Forget(String),
    /// Tell the owner; [`Event::Done`] follows.
    Alert {
        /// What.
        text: String,
        /// As an error.
        error: bool,
    },
}

/// Something that happens to an execution.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// It begins.
    Start,
    /// The call has carried out what it was told at this turn, and asks what next.
    Call {
        /// The turn.
        turn: u32,
        /// As webhooks carry them.
        params: BTreeMap<String, String>,
    },
    /// The call is over, with this status.
    CallEnded(String),
    /// A web service answered, or did not.
    Http(HttpOutcome),
    /// A message was taken, with its sid, or refused.
    Sent(Result<String, String>),
    /// A call was begun, with its sid, or refused.
    Placed(Result<String, String>),
    /// Those in the directory who fit, best first.
    Found(Vec<Entry>),
    /// What the store held; `None` is nothing.
    Stored(Option<String>),
    /// It was done.
    Done,
    /// A message came from the contact.
    Reply {
        /// Text.
        body: String,
        /// Sid.
        sid: String,
    },
    /// The time is up.
    Time,
    /// Nobody knows whether what was asked for was done: the process ended. It is asked for again, but nobody is called twice.
    Again,
    /// Ended over the API.
    Stop,
}

/// What comes next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Advance {
    /// The call carries out this document and asks again at the URL it names.
    Call(String),
    /// Somebody does this.
    Effect(Effect),
    /// Nothing until [`Event::Reply`], [`Event::Call`], [`Event::CallEnded`], or the time in [`State::until`].
    Wait,
    /// It is over. A live call carries out this last document; `None` where there is no call that asks.
    Ended(Option<String>),
}

/// What is known at the time of an event.
#[derive(Debug, Clone, Copy)]
pub struct Env<'a> {
    /// Now.
    pub now: Timestamp,
    /// Values of the flow's secrets.
    pub secrets: &'a BTreeMap<String, String>,
    /// URL of this execution, without the turn.
    pub url: &'a str,
    /// Where a run of the simulator stops; nothing else does.
    pub stops: Option<&'a Stops>,
}

/// Where a run of the simulator stops, to be looked at.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Stops {
    /// Before one of these nodes of the outermost flow is begun.
    pub before: BTreeSet<NodeId>,
    /// Not before this many steps were begun.
    pub after: u32,
}

/// A finished step, for the execution's log.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StepLog {
    /// From 1.
    pub sequence: u32,
    /// The node.
    pub node: NodeId,
    /// Its kind.
    #[serde(rename = "type")]
    pub kind: String,
    /// Way out; `None` where it has none.
    pub port: Option<String>,
    /// Where that led.
    pub to: Option<NodeId>,
    /// When it began.
    pub at: Timestamp,
    /// When it was over.
    pub until: Timestamp,
    /// What it was told.
    pub inputs: Value,
    /// Its results.
    pub outputs: Value,
    /// The web request, secrets masked.
    pub exchange: Option<Value>,
    /// What went wrong.
    pub error: Option<String>,
}
