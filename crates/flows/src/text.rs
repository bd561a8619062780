//! Documents as text: JSON, and YAML with a stable order for files in Git.

use std::cell::Cell;

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value, json};

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

/// Reads any value from JSON or YAML. An alias of YAML may not make the document several times larger than its text is.
///
/// # Errors
/// It is neither, or deeper or larger than a document may be.
pub fn value_of(text: &str) -> Result<Value, ReadError> {
    if text.len() > DOCUMENT_BYTES_MAX {
        return Err(ReadError(format!("a flow has at most {DOCUMENT_BYTES_MAX} bytes")));
    }
    // Editors of Windows begin a file with the mark of its encoding.
    let text = text.trim_start_matches('\u{feff}');
    let budget = Cell::new(text.len().saturating_mul(2).max(BUDGET_MIN));
    let counted = Counted { budget: &budget, depth: 0 };
    if text.trim_start().starts_with('{') {
        let mut reader = serde_json::Deserializer::from_str(text);
        let read = counted.deserialize(&mut reader).and_then(|value| reader.end().map(|()| value));
        return read.map_err(|error| ReadError(format!("not JSON: {error}")));
    }
    let reader = serde_norway::Deserializer::from_str(text);
    counted.deserialize(reader).map_err(|error| ReadError(format!("not YAML: {error}")))
}

/// What the smallest document may hold, counted as [`Counted`] does.
const BUDGET_MIN: usize = 4_096;

/// Builds a value while it counts values and bytes of texts: what is too deep or too large is given up before it takes memory.
struct Counted<'b> {
    /// Values and bytes that may still come.
    budget: &'b Cell<usize>,
    depth: usize,
}

impl Counted<'_> {
    fn spend<E: serde::de::Error>(&self, amount: usize) -> Result<(), E> {
        let left = self.budget.get().checked_sub(amount);
        self.budget.set(left.ok_or_else(|| E::custom("aliases make it too large"))?);
        Ok(())
    }

    fn deeper<E: serde::de::Error>(&self) -> Result<Self, E> {
        let depth = self.depth + 1;
        if depth > DEPTH_MAX {
            return Err(E::custom(format!("more than {DEPTH_MAX} levels inside one another")));
        }
        Ok(Self { budget: self.budget, depth })
    }
}

impl<'de> DeserializeSeed<'de> for Counted<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Value, D::Error> {
        from.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Counted<'_> {
    type Value = Value;

    fn expecting(&self, shown: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        shown.write_str("a value of JSON")
    }

    fn visit_bool<E: serde::de::Error>(self, value: bool) -> Result<Value, E> {
        self.spend(1).map(|()| Value::Bool(value))
    }

    fn visit_i64<E: serde::de::Error>(self, value: i64) -> Result<Value, E> {
        self.spend(1).map(|()| value.into())
    }

    fn visit_u64<E: serde::de::Error>(self, value: u64) -> Result<Value, E> {
        self.spend(1).map(|()| value.into())
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Value, E> {
        self.spend(1).map(|()| value.into())
    }

    fn visit_str<E: serde::de::Error>(self, value: &str) -> Result<Value, E> {
        self.spend(1 + value.len()).map(|()| value.into())
    }

    fn visit_unit<E: serde::de::Error>(self) -> Result<Value, E> {
        self.spend(1).map(|()| Value::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        self.spend(1)?;
        let mut found = Vec::new();
        while let Some(item) = items.next_element_seed(self.deeper()?)? {
            found.push(item);
        }
        Ok(Value::Array(found))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        self.spend(1)?;
        let mut found = Map::new();
        while let Some(name) = members.next_key::<String>()? {
            self.spend(name.len())?;
            found.insert(name, members.next_value_seed(self.deeper()?)?);
        }
        Ok(Value::Object(found))
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
