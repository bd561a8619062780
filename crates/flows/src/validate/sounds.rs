//! Sound files a flow plays by name. Whether they are there is known to whoever keeps them.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{Problem, Severity};
use crate::document::{Flow, Node};

/// What is written before the name of a sound file.
const SCHEME: &str = "sound:";

/// Names of the sound files that a flow plays. One that a template makes is known only when it runs.
pub fn sounds(flow: &Flow) -> BTreeSet<String> {
    flow.nodes.iter().flat_map(played).map(|(_, name)| name).collect()
}

/// A warning for each place that plays a sound file which is not among those `known`.
pub fn missing_sounds(flow: &Flow, known: &BTreeSet<String>) -> Vec<Problem> {
    let of_node = |node: &Node| {
        let missing = played(node).into_iter().filter(|(_, name)| !known.contains(name));
        let problem = |(property, name): (String, String)| Problem {
            node: Some(node.id.clone()),
            property: Some(property),
            severity: Severity::Warning,
            text: format!("there is no sound file `{name}`, and nothing is heard here"),
            cure: "bring it in, or choose another".to_owned(),
        };
        missing.map(problem).collect::<Vec<_>>()
    };
    flow.nodes.iter().flat_map(of_node).collect()
}

/// Property and name of each sound file of a node.
fn played(node: &Node) -> Vec<(String, String)> {
    let mut found = Vec::new();
    collect("", &serde_json::to_value(&node.kind).unwrap_or_default()["properties"], &mut found);
    found
}

fn collect(path: &str, value: &Value, found: &mut Vec<(String, String)>) {
    match value {
        Value::String(text) => {
            if let Some(name) = text.strip_prefix(SCHEME).filter(|name| !name.contains("{{")) {
                found.push((path.to_owned(), name.to_owned()));
            }
        }
        Value::Array(items) => items.iter().for_each(|item| collect(path, item, found)),
        Value::Object(members) => {
            for (name, member) in members {
                let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                collect(&path, member, found);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}
