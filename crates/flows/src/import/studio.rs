//! Twilio Studio definitions (<https://www.twilio.com/docs/studio/flow-definition>): states become nodes, transitions become ports.

use std::collections::BTreeMap;

use serde_json::Value;

use super::studio_widgets::widget;
use super::{ImportError, Imported, Remark};
use crate::document::*;
use crate::nodes::*;

/// Events of the trigger, and what they are here.
const TRIGGERS: [(&str, &str); 4] = [
    ("incomingCall", "call"),
    ("incomingMessage", "message"),
    ("incomingRequest", "web"),
    ("incomingParent", "subflow"),
];

/// A state's own words.
pub(super) fn text(value: &Value, name: &str) -> Option<String> {
    match &value[name] {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// Where each event of a state leads; events that lead nowhere are left out.
pub(super) fn transitions(state: &Value) -> BTreeMap<String, String> {
    let all = state["transitions"].as_array().map_or(&[][..], Vec::as_slice);
    all.iter().filter_map(|one| Some((text(one, "event")?, text(one, "next")?))).collect()
}

/// Reads a definition.
///
/// # Errors
/// A state has no name or type, or is of a type that has no counterpart.
pub fn from_studio(definition: &Value, name: &str) -> Result<Imported, ImportError> {
    let states = definition["states"]
        .as_array()
        .ok_or_else(|| ImportError("the definition has no states".to_owned()))?;
    if states.len() > NODES_MAX - 4 {
        return Err(ImportError(format!("more than {NODES_MAX} states")));
    }
    let mut flow = Flow {
        form: 1,
        name: name.chars().take(64).collect(),
        description: text(definition, "description").unwrap_or_default(),
        ..Flow::default()
    };
    let mut report = Vec::new();
    for state in states {
        let id = text(state, "name").ok_or_else(|| ImportError("a state has no name".to_owned()))?;
        let kind = text(state, "type").ok_or_else(|| ImportError(format!("the state `{id}` has no type")))?;
        let at = &state["properties"]["offset"];
        let position = at["x"].as_f64().zip(at["y"].as_f64()).map(|(x, y)| Position { x, y });
        if kind == "trigger" {
            flow.nodes.extend(triggers(&id, state, position));
            continue;
        }
        let (kind, next, remark) = widget(&id, &kind, state)?;
        report.extend(remark.map(|text| Remark { node: Some(id.clone()), text }));
        if let Kind::SetVariables(set) = &kind {
            for assign in &set.assign {
                let declared =
                    Variable { kind: Type::String, value: Value::Null, description: String::new() };
                flow.variables.entry(assign.variable.clone()).or_insert(declared);
            }
        }
        flow.nodes.push(Node { id, label: String::new(), position, kind, next });
    }
    Ok(Imported { flow, report, studio: Some(definition.to_string()), sounds: Vec::new() })
}

/// A trigger for each event that leads somewhere; the first keeps the state's name.
fn triggers(id: &str, state: &Value, position: Option<Position>) -> Vec<Node> {
    let leads = transitions(state);
    let mut nodes = Vec::new();
    for (event, channel) in TRIGGERS {
        let Some(to) = leads.get(event) else { continue };
        let kind = match channel {
            "call" => Kind::OnCall(Nothing {}),
            "message" => Kind::OnMessage(Nothing {}),
            "web" => Kind::OnWeb(WebTrigger::default()),
            _ => Kind::OnSubflow(SubflowTrigger::default()),
        };
        let own = if nodes.is_empty() { id.to_owned() } else { format!("{id}.{channel}") };
        let next = BTreeMap::from([("start".to_owned(), to.clone())]);
        nodes.push(Node { id: own, label: String::new(), position, kind, next });
    }
    nodes
}
