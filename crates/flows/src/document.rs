//! The flow document: what a designer draws, a file holds and a revision freezes.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::nodes::Kind;
use crate::scenario::Test;

/// Name of a node within its flow: letters, digits, `_`, `-`, `.` and blanks, at most 64 characters.
pub type NodeId = String;

/// Nodes of one flow, at most.
pub const NODES_MAX: usize = 2_000;
/// Bytes of a document as JSON, at most.
pub const DOCUMENT_BYTES_MAX: usize = 1024 * 1024;

/// A flow: nodes, and ports that lead from one to the next. Its JSON Schema is `schema/flow.schema.json`.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Flow {
    /// Form of the document; 1.
    #[serde(default = "form")]
    pub form: u32,
    /// Shown in lists; at most 64 characters.
    pub name: String,
    /// What it is for.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// Languages it speaks (BCP 47, such as `nl-BE`); the first is the default.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub languages: Vec<String>,
    /// Variables and what they begin with.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub variables: BTreeMap<String, Variable>,
    /// Names of secrets; their values are kept apart, sealed, and never in the document.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub secrets: Vec<String>,
    /// Node that takes over where a port that tells of a fault leads nowhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on_error: Option<NodeId>,
    /// The nodes.
    pub nodes: Vec<Node>,
    /// Frames around nodes, for people.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<Group>,
    /// Notes on the canvas, for people.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<Note>,
    /// Recorded runs that must still go the same way before a revision is published.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tests: Vec<Test>,
}

const fn form() -> u32 {
    1
}

/// A variable of a flow.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Variable {
    /// Its type; what is put into it becomes that, or the node fails.
    #[serde(rename = "type", default)]
    pub kind: Type,
    /// What it begins with; without it the empty value of its type.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub value: Value,
    /// For people.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
}

/// Type of a variable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Type {
    /// Text.
    #[default]
    String,
    /// A number.
    Number,
    /// True or false.
    Boolean,
    /// A list of values.
    List,
    /// Names and values.
    Object,
}

impl Type {
    /// What a variable of this type holds before anything is put into it.
    pub fn empty(self) -> Value {
        match self {
            Self::String => Value::String(String::new()),
            Self::Number => Value::from(0),
            Self::Boolean => Value::Bool(false),
            Self::List => Value::Array(Vec::new()),
            Self::Object => Value::Object(serde_json::Map::new()),
        }
    }

    /// `value` as this type: texts are read as numbers, booleans or JSON, everything can be written as a text. `None` where that fails.
    pub fn convert(self, value: Value) -> Option<Value> {
        match (self, value) {
            (Self::String, Value::Null) => Some(Value::String(String::new())),
            (Self::String, Value::String(text)) => Some(Value::String(text)),
            (Self::String, value) => Some(Value::String(value.to_string())),
            (Self::Number, value @ Value::Number(_))
            | (Self::Boolean, value @ Value::Bool(_))
            | (Self::List, value @ Value::Array(_))
            | (Self::Object, value @ Value::Object(_)) => Some(value),
            (Self::Number, Value::String(text)) => number(text.trim()),
            (Self::Boolean, Value::String(text)) => match text.trim() {
                "true" => Some(Value::Bool(true)),
                "false" => Some(Value::Bool(false)),
                _ => None,
            },
            (Self::List | Self::Object, Value::String(text)) => {
                serde_json::from_str(&text).ok().filter(|value: &Value| match self {
                    Self::List => value.is_array(),
                    _ => value.is_object(),
                })
            }
            (Self::Number | Self::Boolean | Self::List | Self::Object, _) => None,
        }
    }
}

fn number(text: &str) -> Option<Value> {
    if let Ok(whole) = text.parse::<i64>() {
        return Some(Value::from(whole));
    }
    text.parse::<f64>().ok().and_then(serde_json::Number::from_f64).map(Value::Number)
}

/// One node.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Node {
    /// Its name, unique in the flow; expressions read its results as `nodes.<id>`.
    pub id: NodeId,
    /// For people; the id where it is empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub label: String,
    /// Place on the canvas, in pixels.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub position: Option<Position>,
    /// What it does: `type` and `properties`.
    #[serde(flatten)]
    pub kind: Kind,
    /// Where each port leads.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub next: BTreeMap<String, NodeId>,
}

/// A place on the canvas.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Position {
    /// From the left.
    pub x: f64,
    /// From the top.
    pub y: f64,
}

/// A frame around nodes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Group {
    /// Its name, unique among groups.
    pub id: String,
    /// For people.
    pub label: String,
    /// The nodes inside.
    pub nodes: Vec<NodeId>,
}

/// A note on the canvas.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Note {
    /// Its name, unique among notes.
    pub id: String,
    /// What it says.
    pub text: String,
    /// Its place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub position: Option<Position>,
}

impl Flow {
    /// The node of this name.
    pub fn node(&self, id: &str) -> Option<&Node> {
        self.nodes.iter().find(|node| node.id == id)
    }

    /// The first node that is a trigger of this channel.
    pub fn trigger(&self, channel: Channel) -> Option<&Node> {
        self.nodes.iter().find(|node| node.kind.trigger() == Some(channel))
    }
}

/// What a flow may be started by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    /// A call comes in.
    Call,
    /// A message comes in.
    Message,
    /// The API or a web address.
    Web,
    /// The clock.
    Schedule,
    /// Another flow.
    Subflow,
    /// What happens in a queue.
    Queue,
}

impl Channel {
    /// As written in documents.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Call => "call",
            Self::Message => "message",
            Self::Web => "web",
            Self::Schedule => "schedule",
            Self::Subflow => "subflow",
            Self::Queue => "queue",
        }
    }
}
