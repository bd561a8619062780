//! Documents as text: JSON, and YAML with a stable order for files in Git.

use serde_json::{Value, json};

use crate::document::{DOCUMENT_BYTES_MAX, Flow};

/// Why a text is no flow.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct ReadError(pub String);

/// Levels of a document, at most.
const DEPTH_MAX: usize = 64;

/// Reads a flow from JSON. Nodes may leave `properties` out.
///
/// # Errors
/// Something has another form than the schema says; the node is named.
pub fn read(mut value: Value) -> Result<Flow, ReadError> {
    if let Some(nodes) = value.get_mut("nodes").and_then(Value::as_array_mut) {
        for (index, node) in nodes.iter_mut().enumerate() {
            let Value::Object(members) = node else {
                return Err(ReadError(format!("node {} is not an object", index + 1)));
            };
            members.entry("properties").or_insert_with(|| json!({}));
            if let Err(error) =
                serde_json::from_value::<crate::document::Node>(Value::Object(members.clone()))
            {
                let id = members.get("id").and_then(Value::as_str).unwrap_or("without an id");
                return Err(ReadError(format!("node {} (`{id}`): {error}", index + 1)));
            }
        }
    }
    serde_json::from_value(value).map_err(|error| ReadError(error.to_string()))
}

/// Reads any value from JSON or YAML.
///
/// # Errors
/// It is neither, or larger than a document may be.
pub fn value_of(text: &str) -> Result<Value, ReadError> {
    if text.len() > DOCUMENT_BYTES_MAX {
        return Err(ReadError(format!("a flow has at most {DOCUMENT_BYTES_MAX} bytes")));
    }
    if text.trim_start().starts_with('{') {
        return serde_json::from_str(text).map_err(|error| ReadError(format!("not JSON: {error}")));
    }
    // An alias may stand for a large part many times over: a flow has no use for it.
    let has_alias = text.lines().any(|line| {
        let value = line.trim_start_matches(['-', ' ']);
        let value = value.split_once(": ").map_or(value, |(_, value)| value.trim_start());
        value.starts_with('*') || value.starts_with('&')
    });
    if has_alias {
        return Err(ReadError("YAML anchors and aliases are not read".to_owned()));
    }
    let value: Value =
        serde_norway::from_str(text).map_err(|error| ReadError(format!("not YAML: {error}")))?;
    if depth(&value) > DEPTH_MAX || value.to_string().len() > DOCUMENT_BYTES_MAX {
        return Err(ReadError("the document is too deep or too large".to_owned()));
    }
    Ok(value)
}

fn depth(value: &Value) -> usize {
    match value {
        Value::Array(items) => 1 + items.iter().map(depth).max().unwrap_or(0),
        Value::Object(members) => 1 + members.values().map(depth).max().unwrap_or(0),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => 0,
    }
}

/// Reads a flow from JSON or YAML.
///
/// # Errors
/// As [`read`].
pub fn parse(text: &str) -> Result<Flow, ReadError> {
    read(value_of(text)?)
}

/// The document as JSON, members in the order of the schema.
pub fn to_value(flow: &Flow) -> Value {
    serde_json::to_value(flow).unwrap_or(Value::Null)
}

/// The document as YAML: the same flow is the same text.
pub fn to_yaml(flow: &Flow) -> String {
    serde_norway::to_string(flow).unwrap_or_default()
}
