//! Publishing, comparing, going back, simulating.

use std::collections::BTreeSet;

use flexio_domain::{ErrorCode, Flow};
use flexio_flows::{self as engine, Test};
use serde_json::{Value, json};

use super::{answer, body, document, sid, stage_named, views};
use crate::answer::Answer;
use crate::ask::Ask;
use crate::error::{Result, invalid, refuse};

#[derive(serde::Deserialize, Default)]
#[serde(default)]
struct Note {
    note: String,
    environment: Option<String>,
}

fn number(ask: &Ask<'_>) -> Result<u32> {
    ask.sid("Revision")
}

pub(super) async fn publish(ask: &Ask<'_>) -> Result<Answer> {
    ask.app().flow(ask.account.sid, sid(ask)?).await?;
    let Note { note, environment } = body(ask)?;
    let stage = stage_named(environment.as_deref())?;
    let revision = ask.app().publish_flow_to(&ask.account, sid(ask)?, &note, stage).await?;
    Ok(answer(200, &views::revision(&revision, true)))
}

pub(super) async fn list(ask: &Ask<'_>) -> Result<Answer> {
    let revisions = ask.app().flow_revisions(ask.account.sid, sid(ask)?).await?;
    let shown: Vec<Value> = revisions.iter().map(|revision| views::revision(revision, false)).collect();
    Ok(answer(200, &json!({ "revisions": shown })))
}

pub(super) async fn fetch(ask: &Ask<'_>) -> Result<Answer> {
    let revision = ask.app().flow_revision(ask.account.sid, sid(ask)?, number(ask)?).await?;
    Ok(answer(200, &views::revision(&revision, true)))
}

pub(super) async fn restore(ask: &Ask<'_>) -> Result<Answer> {
    let revision = ask.app().restore_flow_revision(&ask.account, sid(ask)?, number(ask)?).await?;
    Ok(answer(200, &views::revision(&revision, true)))
}

/// A revision by number, or the draft.
async fn side(ask: &Ask<'_>, flow: &Flow, name: &str, default: Option<u32>) -> Result<(Value, engine::Flow)> {
    let number = match ask.params.text(name) {
        None => default,
        Some("draft") => None,
        Some(text) => Some(text.parse().map_err(|_| invalid(name, "is neither a revision nor `draft`"))?),
    };
    let shown = number.map_or(json!("draft"), |number: u32| json!(number));
    Ok((shown, ask.app().flow_document_of(flow, number).await?))
}

pub(super) async fn diff(ask: &Ask<'_>) -> Result<Answer> {
    let flow = ask.app().flow(ask.account.sid, sid(ask)?).await?;
    let (from, before) = side(ask, &flow, "From", flow.published_revision).await?;
    let (to, after) = side(ask, &flow, "To", None).await?;
    let mut shown = json!(engine::diff(&before, &after));
    shown["from"] = from;
    shown["to"] = to;
    Ok(answer(200, &shown))
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Simulate {
    test: Value,
    #[serde(default)]
    revision: Option<u32>,
    #[serde(default)]
    definition: Option<Value>,
    #[serde(default)]
    stop_before: BTreeSet<String>,
    #[serde(default)]
    stop_after: u32,
}

pub(super) async fn simulate(ask: &Ask<'_>) -> Result<Answer> {
    let flow = ask.app().flow(ask.account.sid, sid(ask)?).await?;
    let Simulate { mut test, revision, definition, stop_before, stop_after } = body(ask)?;
    if let Value::Object(members) = &mut test {
        members.entry("name").or_insert_with(|| json!("simulation"));
    }
    let test: Test = serde_json::from_value(test)
        .map_err(|error| refuse(ErrorCode::InvalidParameter, format!("test: {error}.")))?;
    let wanted = match definition {
        Some(definition) => document(definition)?,
        None => ask.app().flow_document_of(&flow, revision).await?,
    };
    let stops = engine::Stops { before: stop_before, after: stop_after };
    let run = ask.app().simulate_flow(&flow, &wanted, test.clone(), stops).await?;
    let mut shown = json!(run);
    shown["differences"] = json!(engine::differences(&test, &run));
    Ok(answer(200, &shown))
}

pub(super) async fn test(ask: &Ask<'_>) -> Result<Answer> {
    let flow = ask.app().flow(ask.account.sid, sid(ask)?).await?;
    let draft = ask.app().flow_document_of(&flow, None).await?;
    let results = ask.app().test_flow(&flow, &draft).await?;
    let passed = results.iter().all(|result| result.differences.is_empty());
    let shown: Vec<Value> = results
        .iter()
        .map(|result| json!({ "name": result.name, "passed": result.differences.is_empty(), "differences": result.differences }))
        .collect();
    Ok(answer(200, &json!({ "passed": passed, "results": shown })))
}
