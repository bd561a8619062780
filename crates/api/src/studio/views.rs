//! Studio's resources as shown.

use flexio_domain::*;
use flexio_flows::{Severity, State, StepLog, validate};
use serde_json::{Value, json};

use crate::ask::Shown;
use crate::dialect::iso;
use crate::write::Writer;

fn url(shown: &Shown<'_>, flow: FlowSid, rest: impl std::fmt::Display) -> String {
    format!("{}/v2/Flows/{flow}{rest}", shown.base)
}

/// The definition as it was given; of a flow drawn here, its nodes as states.
fn definition(studio: Option<&str>, document: &str) -> Value {
    if let Some(given) = studio.and_then(|given| serde_json::from_str(given).ok()) {
        return given;
    }
    let document: Value = serde_json::from_str(document).unwrap_or(Value::Null);
    let nodes = document["nodes"].as_array().cloned().unwrap_or_default();
    let states: Vec<Value> = nodes
        .iter()
        .map(|node| {
            let next = node["next"].as_object().cloned().unwrap_or_default();
            let transitions: Vec<Value> =
                next.iter().map(|(port, to)| json!({ "event": port, "next": to })).collect();
            json!({ "name": node["id"], "type": node["type"], "properties": node["properties"], "transitions": transitions })
        })
        .collect();
    json!({ "description": document["description"].as_str().unwrap_or(""), "states": states, "initial_state": "Trigger",
            "flags": { "allow_concurrent_calls": true } })
}

pub(super) fn flow(shown: &Shown<'_>, flow: &Flow, is_whole: bool) -> Value {
    let read = flexio_app::flows::definition_of(&flow.definition);
    let problems = read.map(|flow| validate(&flow)).unwrap_or_default();
    let told = |severity: Severity| -> Vec<Value> {
        let wanted = problems.iter().filter(|problem| problem.severity == severity);
        wanted.map(|problem| json!({ "message": problem.text, "property_path": problem.node })).collect()
    };
    let mut view = json!({
        "sid": flow.sid.to_string(),
        "account_sid": flow.account_sid.to_string(),
        "friendly_name": flow.name,
        "status": if flow.published_revision.is_some() { "published" } else { "draft" },
        "revision": flow.last_revision.max(1),
        "commit_message": flow.note,
        "valid": told(Severity::Error).is_empty(),
        "date_created": iso(flow.created_at),
        "date_updated": iso(flow.updated_at),
        "url": url(shown, flow.sid, ""),
        "author_sid": null,
        "webhook_url": format!("{}/v1/Accounts/{}/Flows/{}", shown.base, flow.account_sid, flow.sid),
        "links": { "executions": url(shown, flow.sid, "/Executions"), "revisions": url(shown, flow.sid, "/Revisions"),
                   "test_users": null },
    });
    view["definition"] =
        if is_whole { definition(flow.studio.as_deref(), &flow.definition) } else { Value::Null };
    view["errors"] = json!(told(Severity::Error));
    view["warnings"] = json!(told(Severity::Warning));
    view
}

pub(super) fn revision(shown: &Shown<'_>, flow: &Flow, revision: &FlowRevision) -> Value {
    json!({
        "sid": flow.sid.to_string(),
        "account_sid": flow.account_sid.to_string(),
        "friendly_name": flow.name,
        "status": "published",
        "revision": revision.revision,
        "commit_message": revision.note,
        "valid": true,
        "errors": [],
        "author_sid": null,
        "definition": definition(revision.studio.as_deref(), &revision.definition),
        "date_created": iso(revision.created_at),
        "date_updated": iso(revision.created_at),
        "url": url(shown, flow.sid, format_args!("/Revisions/{}", revision.revision)),
    })
}

pub(super) fn execution(shown: &Shown<'_>, execution: &FlowExecution) -> Value {
    let at = format!("/Executions/{}", execution.sid);
    json!({
        "sid": execution.sid.to_string(),
        "account_sid": execution.account_sid.to_string(),
        "flow_sid": execution.flow_sid.to_string(),
        "flow_version": execution.revision,
        "contact_sid": null,
        "contact_channel_address": execution.contact,
        "context": {},
        "initiated_by": null,
        "status": if execution.is_active { "active" } else { "ended" },
        "date_created": iso(execution.created_at),
        "date_updated": iso(execution.updated_at),
        "url": url(shown, execution.flow_sid, &at),
        "links": { "steps": url(shown, execution.flow_sid, format_args!("{at}/Steps")),
                   "execution_context": url(shown, execution.flow_sid, format_args!("{at}/Context")) },
    })
}

pub(super) fn context(shown: &Shown<'_>, execution: &FlowExecution, state: &State) -> Value {
    json!({
        "account_sid": execution.account_sid.to_string(),
        "flow_sid": execution.flow_sid.to_string(),
        "execution_sid": execution.sid.to_string(),
        "context": crate::flows::views::context(state),
        "url": url(shown, execution.flow_sid, format_args!("/Executions/{}/Context", execution.sid)),
    })
}

/// Follows from the execution and the number of the step.
pub(super) fn step_sid(execution: &FlowExecution, step: &StepLog) -> String {
    let digits = execution.sid.as_u128() >> 32 << 32 | u128::from(step.sequence);
    format!("FT{digits:032x}")
}

/// The widget a node was made of: a trigger of several events is several nodes, `Trigger.web` one of them. Widgets have no dots.
fn widget(node: &str) -> &str {
    node.split_once('.').map_or(node, |(widget, _)| widget)
}

pub(super) fn step(shown: &Shown<'_>, execution: &FlowExecution, step: &StepLog) -> Value {
    let sid = step_sid(execution, step);
    let at = format!("/Executions/{}/Steps/{sid}", execution.sid);
    json!({
        "sid": sid,
        "account_sid": execution.account_sid.to_string(),
        "flow_sid": execution.flow_sid.to_string(),
        "execution_sid": execution.sid.to_string(),
        "parent_step_sid": null,
        "name": step.port.clone().unwrap_or_else(|| "end".to_owned()),
        "context": {},
        "transitioned_from": widget(&step.node),
        "transitioned_to": step.to.as_deref().map_or("Ended", widget),
        "type": step.kind,
        "date_created": iso(step.at),
        "date_updated": iso(step.until),
        "url": url(shown, execution.flow_sid, &at),
        "links": { "step_context": url(shown, execution.flow_sid, format_args!("{at}/Context")) },
    })
}

pub(super) fn step_context(shown: &Shown<'_>, execution: &FlowExecution, step: &StepLog) -> Value {
    let sid = step_sid(execution, step);
    let node = step.node.as_str();
    json!({
        "account_sid": execution.account_sid.to_string(),
        "flow_sid": execution.flow_sid.to_string(),
        "execution_sid": execution.sid.to_string(),
        "step_sid": sid,
        "context": { "widgets": { node: step.outputs }, "inputs": step.inputs, "exchange": step.exchange, "error": step.error },
        "url": url(shown, execution.flow_sid, format_args!("/Executions/{}/Steps/{sid}/Context", execution.sid)),
    })
}

pub(super) fn flow_sample(w: &mut Writer, shown: &Shown<'_>) {
    w.members(&flow(shown, &crate::flows::views::specimen(), true));
}

pub(super) fn execution_sample(w: &mut Writer, shown: &Shown<'_>) {
    w.members(&execution(shown, &crate::flows::views::execution_specimen()));
}

pub(super) fn valid_sample(w: &mut Writer, _: &Shown<'_>) {
    w.put("valid", true);
}

pub(super) fn context_sample(w: &mut Writer, _: &Shown<'_>) {
    for name in ["account_sid", "flow_sid", "execution_sid", "url"] {
        w.put(name, "");
    }
    w.json("context", &json!({}));
}

pub(super) fn step_sample(w: &mut Writer, shown: &Shown<'_>) {
    let execution = crate::flows::views::execution_specimen();
    let specimen = StepLog {
        sequence: 1,
        node: "menu".to_owned(),
        kind: "menu".to_owned(),
        port: Some("sales".to_owned()),
        to: Some("ring".to_owned()),
        at: execution.created_at,
        until: execution.created_at,
        inputs: Value::Null,
        outputs: Value::Null,
        exchange: None,
        error: None,
    };
    w.members(&step(shown, &execution, &specimen));
}
