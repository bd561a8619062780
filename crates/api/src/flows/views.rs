//! Flows as shown.

use std::str::FromStr as _;

use flexio_app::flows::definition_of;
use flexio_domain::*;
use flexio_flows::{self as engine, Severity, State};
use serde_json::{Map, Value, json};

use crate::ask::Shown;
use crate::write::Writer;

/// A document as JSON; null where it cannot be read, which does not happen to what was saved.
pub(super) fn document(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or(Value::Null)
}

/// A flow; with its document and problems where one is shown alone.
pub(super) fn flow(
    shown: &Shown<'_>,
    flow: &Flow,
    published: Option<&FlowRevision>,
    is_whole: bool,
) -> Value {
    let account = flow.account_sid;
    let changed = published.is_none_or(|revision| revision.definition != flow.definition);
    let mut view = json!({
        "sid": flow.sid.to_string(),
        "account_sid": account.to_string(),
        "name": flow.name,
        "version": flow.version,
        "published_revision": flow.published_revision,
        "changed": changed,
        "secrets": secrets(flow, Stage::Production),
        "environments": environments(flow),
        "url": format!("flow:{}", flow.sid),
        "webhook_url": format!("{}/v1/Accounts/{account}/Flows/{}", shown.base, flow.sid),
        "uri": shown.uri(account, format_args!("Flows/{}", flow.sid)),
        "date_created": flow.created_at.to_string(),
        "date_updated": flow.updated_at.to_string(),
    });
    if is_whole {
        let problems =
            definition_of(&flow.definition).map(|flow| engine::validate(&flow)).unwrap_or_default();
        view["valid"] = json!(problems.iter().all(|problem| problem.severity != Severity::Error));
        view["problems"] = json!(problems);
        view["definition"] = document(&flow.definition);
    }
    view
}

/// Names of the secrets an environment has of its own.
pub(super) fn secrets(flow: &Flow, stage: Stage) -> Vec<&str> {
    let own = |key: &&str| key.starts_with("test.") == (stage == Stage::Test);
    let keys = flow.secrets.keys().map(String::as_str).filter(own);
    keys.map(|key| key.strip_prefix("test.").unwrap_or(key)).collect()
}

fn environments(flow: &Flow) -> Value {
    let rollout = flow.production.revision;
    json!({
        "test": {
            "revision": flow.test.revision,
            "url": format!("flow:{}/test", flow.sid),
            "variables": flow.test.variables,
            "secrets": secrets(flow, Stage::Test),
        },
        "production": {
            "revision": flow.published_revision,
            "url": format!("flow:{}", flow.sid),
            "variables": flow.production.variables,
            "secrets": secrets(flow, Stage::Production),
            "rollout": rollout.map(|revision| json!({ "revision": revision, "percent": flow.production.percent })),
        },
    })
}

pub(super) fn revision(revision: &FlowRevision, is_whole: bool) -> Value {
    let mut view = json!({
        "flow_sid": revision.flow_sid.to_string(),
        "revision": revision.revision,
        "note": revision.note,
        "date_created": revision.created_at.to_string(),
    });
    if is_whole {
        view["definition"] = document(&revision.definition);
    }
    view
}

/// An execution; with what it remembers where one is shown alone.
pub(super) fn execution(shown: &Shown<'_>, execution: &FlowExecution, is_whole: bool) -> Value {
    let state: Option<State> = serde_json::from_str(&execution.state).ok();
    let mut view = json!({
        "sid": execution.sid.to_string(),
        "account_sid": execution.account_sid.to_string(),
        "flow_sid": execution.flow_sid.to_string(),
        "revision": execution.revision,
        "environment": if execution.revision == 0 { "draft" } else { execution.stage.as_str() },
        "status": if execution.is_active { "active" } else { "ended" },
        "outcome": state.as_ref().and_then(|state| state.outcome).map(engine::Outcome::as_str),
        "error": state.as_ref().and_then(|state| state.error.clone()),
        "channel": state.as_ref().map(|state| state.channel.as_str()),
        "contact": execution.contact,
        "platform_number": execution.platform,
        "call_sid": execution.call_sid.map(|sid| sid.to_string()),
        "node": state.as_ref().filter(|_| execution.is_active).and_then(|state| state.node.clone()),
        "steps": state.as_ref().map_or(0, |state| state.steps),
        "tags": state.as_ref().map_or_else(Map::new, |state| state.tags.clone()),
        "uri": shown.uri(execution.account_sid, format_args!("Flows/{}/Executions/{}", execution.flow_sid, execution.sid)),
        "date_created": execution.created_at.to_string(),
        "date_updated": execution.updated_at.to_string(),
    });
    if is_whole {
        view["context"] = state.as_ref().map_or(Value::Null, context);
    }
    view
}

/// What templates of an execution see, but for secrets.
pub(crate) fn context(state: &State) -> Value {
    json!({
        "trigger": state.trigger,
        "contact": { "channel": { "address": state.contact } },
        "flow": { "data": state.data, "variables": state.variables, "channel": { "address": state.contact } },
        "nodes": state.results,
        "widgets": state.results,
        "call": state.call,
        "message": state.message,
        "language": state.language,
    })
}

pub(crate) fn specimen() -> Flow {
    let at = Timestamp::from_str("2026-01-05T10:00:00Z").expect("a time");
    Flow {
        sid: FlowSid::from_u128(1),
        version: 1,
        account_sid: AccountSid::from_u128(1),
        name: "Front desk".to_owned(),
        definition: engine::to_value(&engine::Flow {
            name: "Front desk".to_owned(),
            ..engine::Flow::default()
        })
        .to_string(),
        studio: None,
        note: String::new(),
        published_revision: Some(1),
        last_revision: 1,
        secrets: std::collections::BTreeMap::new(),
        due_at: None,
        queue: None,
        test: FlowEnvironment::default(),
        production: FlowEnvironment::default(),
        created_at: at,
        updated_at: at,
    }
}

pub(super) fn flow_sample(w: &mut Writer, shown: &Shown<'_>) {
    w.members(&flow(shown, &specimen(), None, true));
}

pub(super) fn revision_sample(w: &mut Writer, _: &Shown<'_>) {
    let flow = specimen();
    let specimen = FlowRevision {
        flow_sid: flow.sid,
        revision: 1,
        account_sid: flow.account_sid,
        definition: flow.definition,
        studio: None,
        note: "first".to_owned(),
        created_at: flow.created_at,
    };
    w.members(&revision(&specimen, true));
}

pub(crate) fn execution_specimen() -> FlowExecution {
    let flow = specimen();
    FlowExecution {
        sid: ExecutionSid::from_u128(1),
        version: 1,
        account_sid: flow.account_sid,
        flow_sid: flow.sid,
        revision: 1,
        stage: Stage::Production,
        is_active: true,
        contact: "+32470123456".to_owned(),
        platform: "+3225550101".to_owned(),
        call_sid: Some(CallSid::from_u128(1)),
        state: String::new(),
        due_at: None,
        awaits_reply: false,
        created_at: flow.created_at,
        updated_at: flow.created_at,
    }
}

pub(super) fn execution_sample(w: &mut Writer, shown: &Shown<'_>) {
    w.members(&execution(shown, &execution_specimen(), true));
}

/// Whatever the documentation of flows says.
pub(super) fn object_sample(_: &mut Writer, _: &Shown<'_>) {}
