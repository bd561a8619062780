//! What differs between two documents.

use serde::Serialize;
use serde_json::Value;

use crate::document::{Flow, NodeId};

/// Differences by node.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Diff {
    /// Nodes only the second has.
    pub added: Vec<NodeId>,
    /// Nodes only the first has.
    pub removed: Vec<NodeId>,
    /// Nodes both have, but not alike.
    pub changed: Vec<Changed>,
    /// Paths outside the nodes.
    pub settings: Vec<String>,
}

/// A node that is another in each.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Changed {
    /// Which.
    pub id: NodeId,
    /// Where it differs.
    pub paths: Vec<String>,
}

/// Compares two documents. Places on the canvas are no difference.
pub fn diff(from: &Flow, to: &Flow) -> Diff {
    let mut found = Diff::default();
    for node in &to.nodes {
        let Some(before) = from.node(&node.id) else {
            found.added.push(node.id.clone());
            continue;
        };
        let mut paths = Vec::new();
        let plain = |node: &crate::document::Node| {
            let mut value = serde_json::to_value(node).unwrap_or(Value::Null);
            if let Value::Object(members) = &mut value {
                members.remove("position");
            }
            value
        };
        compare("", &plain(before), &plain(node), &mut paths);
        if !paths.is_empty() {
            found.changed.push(Changed { id: node.id.clone(), paths });
        }
    }
    let gone = from.nodes.iter().filter(|node| to.node(&node.id).is_none());
    found.removed = gone.map(|node| node.id.clone()).collect();
    let outside = |flow: &Flow| {
        serde_json::to_value(Flow { nodes: Vec::new(), notes: Vec::new(), ..flow.clone() })
            .unwrap_or(Value::Null)
    };
    compare("", &outside(from), &outside(to), &mut found.settings);
    found
}

fn compare(path: &str, from: &Value, to: &Value, paths: &mut Vec<String>) {
    match (from, to) {
        (Value::Object(before), Value::Object(after)) => {
            let mut names: Vec<&String> = before.keys().chain(after.keys()).collect();
            names.sort();
            names.dedup();
            for name in names {
                let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                let null = Value::Null;
                compare(&path, before.get(name).unwrap_or(&null), after.get(name).unwrap_or(&null), paths);
            }
        }
        (Value::Array(before), Value::Array(after)) if before.len() == after.len() => {
            for (index, (before, after)) in before.iter().zip(after).enumerate() {
                compare(&format!("{path}[{index}]"), before, after, paths);
            }
        }
        (before, after) if before != after => paths.push(path.to_owned()),
        _ => {}
    }
}
