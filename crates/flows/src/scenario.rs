//! Tests of a flow: what comes in, and what must come of it.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::document::{Channel, NodeId};
use crate::state::Entry;

/// A run with everything from outside given: recorded in the simulator, or from a real execution.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Test {
    /// Unique in the flow.
    pub name: String,
    /// Whose values of variables and whose secrets it runs with; where absent, the document's own values and the secrets of test.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub environment: Option<Environment>,
    /// What starts it.
    pub channel: Channel,
    /// Caller or sender.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub from: String,
    /// Called number.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub to: String,
    /// Text of the message that starts it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub body: String,
    /// Data it is started with.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub data: Value,
    /// When it starts (RFC 3339); 2026-01-05T10:00:00Z, a Monday, where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub now: Option<String>,
    /// What the other side does, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub inputs: Vec<Step>,
    /// Answers of web services.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub http: Vec<FakeAnswer>,
    /// What the account's key-value store holds at the start.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub store: BTreeMap<String, String>,
    /// The account's directory.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub directory: Vec<Entry>,
    /// What must come of it; what is left out is not looked at.
    #[serde(default)]
    pub expect: Expect,
}

/// Where a flow runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Environment {
    /// Where it is tried.
    Test,
    /// Where everybody reaches it.
    Production,
}

/// How somebody was found when called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Reached {
    /// Picked up.
    Answered,
    /// Busy.
    Busy,
    /// Nobody.
    NoAnswer,
    /// Could not be called.
    Failed,
}

/// One thing the other side does.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Step {
    /// Only at this node; where it is another's turn, the test fails.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub node: Option<NodeId>,
    /// Keys pressed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub digits: Option<String>,
    /// Words said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub speech: Option<String>,
    /// A message sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reply: Option<String>,
    /// How a called party was found.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dial: Option<Reached>,
    /// Hangs up.
    #[serde(skip_serializing_if = "is_false")]
    pub hangup: bool,
    /// Does nothing until the time is up.
    #[serde(skip_serializing_if = "is_false")]
    pub silence: bool,
    /// Seconds this takes: of a recording, a conversation, or until the answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seconds: Option<u32>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
const fn is_false(value: &bool) -> bool {
    !*value
}

/// An answer in place of a web service's.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct FakeAnswer {
    /// Only to this node; any where absent. Each is used once, in order; the last that fits is used again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub node: Option<NodeId>,
    /// HTTP status; 0 is 200.
    pub status: u16,
    /// Body: a text, or JSON.
    #[serde(skip_serializing_if = "Value::is_null")]
    pub body: Value,
    /// No answer in time.
    #[serde(skip_serializing_if = "is_false")]
    pub timeout: bool,
    /// No answer at all.
    #[serde(skip_serializing_if = "is_false")]
    pub unreachable: bool,
}

/// What must come of a run.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Expect {
    /// How it ends: `completed`, `failed` or `hangup`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outcome: Option<String>,
    /// Nodes in the order they were run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<Vec<NodeId>>,
    /// Texts that must be heard, in this order; others may be between them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub heard: Vec<String>,
    /// Texts that must be sent, in this order; others may be between them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub sent: Vec<String>,
    /// Variables at the end.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub variables: BTreeMap<String, Value>,
}
