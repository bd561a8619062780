//! Flows: drafts, revisions, simulator, executions. Always JSON; docs/flows.md is their documentation.

mod environments;
mod executions;
mod files;
mod revisions;
pub(crate) mod sketch;
pub(crate) mod sounds;
pub(crate) mod views;
pub(crate) mod web;

#[cfg(test)]
mod sketch_tests;
#[cfg(test)]
mod stage_tests;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use flexio_app::flows::FlowContent;
use flexio_domain::{ErrorCode, Flow, FlowExecution, FlowSid, Stage};
use flexio_flows as engine;
use http::{HeaderValue, header};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::answer::Answer;
use crate::ask::Ask;
use crate::error::{Result, invalid, refuse};
use crate::operation::{NATIVE, Operation, Param, Shows, params, row};
use crate::paging::{Listed, Paged};

const LIST: &str = "Accounts/{AccountSid}/Flows";
const ONE: &str = "Accounts/{AccountSid}/Flows/{FlowSid}";
const SCHEMA: &str = "Accounts/{AccountSid}/FlowSchema";
const TEMPLATES: &str = "Accounts/{AccountSid}/FlowTemplates";
const VALIDATE: &str = "Accounts/{AccountSid}/Flows/Validate";
const IMPORT: &str = "Accounts/{AccountSid}/Flows/Import";
const SECRETS: &str = "Accounts/{AccountSid}/Flows/{FlowSid}/Secrets";
const PUBLISH: &str = "Accounts/{AccountSid}/Flows/{FlowSid}/Publish";
const REVISIONS: &str = "Accounts/{AccountSid}/Flows/{FlowSid}/Revisions";
const REVISION: &str = "Accounts/{AccountSid}/Flows/{FlowSid}/Revisions/{Revision}";
const RESTORE: &str = "Accounts/{AccountSid}/Flows/{FlowSid}/Revisions/{Revision}/Restore";
const DIFF: &str = "Accounts/{AccountSid}/Flows/{FlowSid}/Diff";
const EXPORT: &str = "Accounts/{AccountSid}/Flows/{FlowSid}/Export";
const SIMULATE: &str = "Accounts/{AccountSid}/Flows/{FlowSid}/Simulate";
const TEST: &str = "Accounts/{AccountSid}/Flows/{FlowSid}/Test";
const RUNS: &str = "Accounts/{AccountSid}/Flows/{FlowSid}/Executions";
const RUN: &str = "Accounts/{AccountSid}/Flows/{FlowSid}/Executions/{ExecutionSid}";
const STEPS: &str = "Accounts/{AccountSid}/Flows/{FlowSid}/Executions/{ExecutionSid}/Steps";
const TRAFFIC: &str = "Accounts/{AccountSid}/Flows/{FlowSid}/Traffic";
const REPLAY: &str = "Accounts/{AccountSid}/Flows/{FlowSid}/Executions/{ExecutionSid}/Replay";

const ENVIRONMENTS: &str = "Accounts/{AccountSid}/Flows/{FlowSid}/Environments";
const ALL_RUNS: &str = "Accounts/{AccountSid}/FlowExecutions";
const METRICS: &str = "Accounts/{AccountSid}/FlowMetrics";

const PAGING: &[Param] =
    params!["AfterSid": "Rows behind this one.", "PageSize": "Rows, 1 to 1000; default 50."];
const BODY: &[Param] = params!["definition": "The document, as JSON.", "name": "Its name.", "template": "A template to begin with."];
const NOTE: &[Param] = params!["note": "Why.", "environment": "`production` (default) or `test`."];
const START: &[Param] = params!["to": "The person.", "from": "Our number.", "data": "What the flow sees as `flow.data`.", "environment": "`production` (default) or `test`."];
const FOUND: &[Param] = params!["Status": "`active` or `ended`.", "StartTime": "Began then; with `>=` or `<=`, from or until then.", "AfterSid": "Rows behind this one.", "PageSize": "Rows, 1 to 1000; default 50."];
const FOUND_ALL: &[Param] = params!["FlowSid": "Of this flow.", "Status": "`active` or `ended`.", "StartTime": "Began then; with `>=` or `<=`, from or until then.", "AfterSid": "Rows behind this one.", "PageSize": "Rows, 1 to 1000; default 50."];
const ENVIRONMENT: &[Param] = params!["environment": "`production` or `test`.", "revision": "What answers there; null, for test, is nothing.", "variables": "What variables begin with there, as texts.", "rollout": "`{\"revision\", \"percent\"}`: some of production's contacts get another revision; null is none."];
const SIDES: &[Param] = params!["From": "A revision, or `draft`; the published one by default.", "To": "The same; `draft` by default."];

pub(crate) const OPERATIONS: &[Operation] = &[
    row!(
        "flows.schema",
        Read,
        NATIVE,
        SCHEMA,
        "The JSON Schema of flows.",
        &[],
        Shows::One(views::object_sample),
        schema
    ),
    row!(
        "flows.templates",
        Read,
        NATIVE,
        TEMPLATES,
        "Flows to begin with.",
        &[],
        Shows::One(views::object_sample),
        templates
    ),
    row!("flows.list", Read, NATIVE, LIST, "Flows.", PAGING, Shows::One(views::object_sample), list),
    row!("flows.create", Create, NATIVE, LIST, "Makes a flow.", BODY, Shows::One(views::flow_sample), create),
    row!(
        "flows.fetch",
        Read,
        NATIVE,
        ONE,
        "A flow with its draft.",
        &[],
        Shows::One(views::flow_sample),
        fetch
    ),
    row!(
        "flows.save",
        Update,
        NATIVE,
        ONE,
        "Saves the draft; `If-Match` guards it.",
        BODY,
        Shows::One(views::flow_sample),
        save
    ),
    row!(
        "flows.delete",
        Delete,
        NATIVE,
        ONE,
        "Deletes a flow; its executions are ended.",
        &[],
        Shows::Nothing,
        delete
    ),
    row!(
        "flows.validate",
        Question,
        NATIVE,
        VALIDATE,
        "What is wrong with a document.",
        BODY,
        Shows::One(views::object_sample),
        validate
    ),
    row!(
        "flows.secrets",
        Update,
        NATIVE,
        SECRETS,
        "Sets secrets.",
        params!["Environment": "`production` (default) or `test`."],
        Shows::One(views::object_sample),
        secrets
    ),
    row!(
        "flows.import",
        Create,
        NATIVE,
        IMPORT,
        "Reads a flow, a Studio definition or an RVD project.",
        params!["content": "Text of a file.", "archive": "A zip in base64.", "name": "Its name."],
        Shows::One(views::flow_sample),
        files::import
    ),
    row!(
        "flows.export",
        Read,
        NATIVE,
        EXPORT,
        "The draft as text.",
        params!["Format": "`yaml` or `json`."],
        Shows::One(views::object_sample),
        files::export
    ),
    row!(
        "flows.publish",
        Update,
        NATIVE,
        PUBLISH,
        "Publishes the draft.",
        NOTE,
        Shows::One(views::revision_sample),
        revisions::publish
    ),
    row!(
        "flows.revisions",
        Read,
        NATIVE,
        REVISIONS,
        "Revisions, newest first.",
        &[],
        Shows::One(views::object_sample),
        revisions::list
    ),
    row!(
        "flows.revision",
        Read,
        NATIVE,
        REVISION,
        "A revision.",
        &[],
        Shows::One(views::revision_sample),
        revisions::fetch
    ),
    row!(
        "flows.restore",
        Update,
        NATIVE,
        RESTORE,
        "Publishes a revision again.",
        &[],
        Shows::One(views::revision_sample),
        revisions::restore
    ),
    row!(
        "flows.diff",
        Read,
        NATIVE,
        DIFF,
        "What differs between two states.",
        SIDES,
        Shows::One(views::object_sample),
        revisions::diff
    ),
    row!(
        "flows.simulate",
        Update,
        NATIVE,
        SIMULATE,
        "Runs the flow without a phone.",
        params!["test": "What comes in.", "revision": "A revision instead of the draft.", "definition": "A document instead of it.", "stop_before": "Nodes before which the run stops.", "stop_after": "How many steps are begun before it may."],
        Shows::One(views::object_sample),
        revisions::simulate
    ),
    row!(
        "flows.test",
        Update,
        NATIVE,
        TEST,
        "Runs the flow's tests.",
        &[],
        Shows::One(views::object_sample),
        revisions::test
    ),
    row!(
        "flows.executions",
        Read,
        NATIVE,
        RUNS,
        "Executions, newest first.",
        FOUND,
        Shows::One(views::object_sample),
        executions::list
    ),
    row!(
        "flows.all_executions",
        Read,
        NATIVE,
        ALL_RUNS,
        "Executions of all flows, newest first.",
        FOUND_ALL,
        Shows::One(views::object_sample),
        executions::of_all
    ),
    row!(
        "flows.metrics",
        Read,
        NATIVE,
        METRICS,
        "What flows counted, by day.",
        params!["StartDate": "First day, `2026-11-23`; default 30 days ago.", "EndDate": "Last day; default today."],
        Shows::One(views::object_sample),
        environments::metrics
    ),
    row!(
        "flows.environment",
        Update,
        NATIVE,
        ENVIRONMENTS,
        "Changes what runs in an environment.",
        ENVIRONMENT,
        Shows::One(views::flow_sample),
        environments::change
    ),
    row!(
        "flows.start",
        Create,
        NATIVE,
        RUNS,
        "Starts the flow.",
        START,
        Shows::One(views::execution_sample),
        executions::start
    ),
    row!(
        "flows.execution",
        Read,
        NATIVE,
        RUN,
        "An execution with what it remembers.",
        &[],
        Shows::One(views::execution_sample),
        executions::fetch
    ),
    row!(
        "flows.end",
        Update,
        NATIVE,
        RUN,
        "Ends an execution.",
        params!["status": "`ended`."],
        Shows::One(views::execution_sample),
        executions::end
    ),
    row!(
        "flows.forget",
        Delete,
        NATIVE,
        RUN,
        "Deletes an execution that is over.",
        &[],
        Shows::Nothing,
        executions::delete
    ),
    row!(
        "flows.steps",
        Read,
        NATIVE,
        STEPS,
        "Steps of an execution.",
        &[],
        Shows::One(views::object_sample),
        executions::steps
    ),
    row!(
        "flows.traffic",
        Read,
        NATIVE,
        TRAFFIC,
        "Which outcomes the newest 200 executions took, and at which steps those are that run.",
        &[],
        Shows::One(views::object_sample),
        executions::traffic
    ),
    row!(
        "flows.replay",
        Update,
        NATIVE,
        REPLAY,
        "The same inputs on the draft.",
        params!["revision": "A revision instead of the draft."],
        Shows::One(views::object_sample),
        executions::replay
    ),
];

/// An answer in JSON.
pub(crate) fn answer(status: u16, value: &Value) -> Answer {
    Answer::new(status, "application/json", value.to_string())
}

/// The body as this form.
fn body<T: DeserializeOwned>(ask: &Ask<'_>) -> Result<T> {
    let bytes: &[u8] = if ask.body.is_empty() { b"{}" } else { ask.body };
    serde_json::from_slice(bytes)
        .map_err(|error| refuse(ErrorCode::BodyUnreadable, format!("The body: {error}.")))
}

/// A document out of a body.
fn document(value: Value) -> Result<engine::Flow> {
    engine::read(value).map_err(|error| refuse(ErrorCode::FlowInvalid, format!("The definition: {error}.")))
}

/// The environment of this name; production where none is named.
fn stage_named(name: Option<&str>) -> Result<Stage> {
    let named = name.map_or(Some(Stage::default()), Stage::named);
    named.ok_or_else(|| invalid("environment", "must be production or test"))
}

/// The flow of the path.
pub(crate) fn sid(ask: &Ask<'_>) -> Result<FlowSid> {
    ask.sid("FlowSid")
}

/// The execution of the path.
pub(crate) async fn found(ask: &Ask<'_>) -> Result<FlowExecution> {
    Ok(ask.app().flow_execution(ask.account.sid, sid(ask)?, ask.sid("ExecutionSid")?).await?)
}

impl Listed for Flow {
    const MEMBERS: (&'static str, &'static str) = ("flows", "flows");
    const ELEMENTS: (&'static str, &'static str) = ("Flows", "Flow");
    fn cursor(&self) -> u128 {
        self.sid.as_u128()
    }
}

impl Listed for FlowExecution {
    const MEMBERS: (&'static str, &'static str) = ("executions", "executions");
    const ELEMENTS: (&'static str, &'static str) = ("Executions", "Execution");
    fn cursor(&self) -> u128 {
        self.sid.as_u128()
    }
}

/// A page of views: `next_after` asks for the next one, where there is one.
fn page_of(name: &str, paged: &Paged, views: &[Value], more: bool) -> Answer {
    let next = views.last().filter(|_| more).map(|view| view["sid"].clone());
    answer(200, &json!({ name: views, "page_size": paged.size(), "next_after": next }))
}

#[derive(serde::Deserialize, Default)]
#[serde(default, deny_unknown_fields)]
struct Draft {
    name: Option<String>,
    definition: Option<Value>,
    template: Option<String>,
    note: String,
}

async fn schema(_: &Ask<'_>) -> Result<Answer> {
    Ok(answer(200, &json!({ "schema": engine::schema(), "ports": engine::ports() })))
}

async fn templates(_: &Ask<'_>) -> Result<Answer> {
    Ok(answer(200, &json!({ "templates": engine::templates() })))
}

async fn list(ask: &Ask<'_>) -> Result<Answer> {
    let paged = Paged::read::<Flow>(ask)?;
    let (flows, more) = paged.cut(ask.app().flows(ask.account.sid, &paged.query()).await?, None)?;
    let mut shown = Vec::new();
    for flow in flows {
        shown.push(view(ask, &flow, false).await?);
    }
    Ok(page_of("flows", &paged, &shown, more))
}

/// A flow with what is known of its publication.
async fn view(ask: &Ask<'_>, flow: &Flow, is_whole: bool) -> Result<Value> {
    let published = match flow.published_revision {
        Some(number) => Some(ask.app().flow_revision(flow.account_sid, flow.sid, number).await?),
        None => None,
    };
    let mut shown = views::flow(&ask.shown(), flow, published.as_ref(), is_whole);
    if is_whole && let Value::Array(problems) = &mut shown["problems"] {
        let document = ask.app().flow_document_of(flow, None).await?;
        problems.extend(missing_sounds(ask, &document).await?.iter().map(|problem| json!(problem)));
    }
    Ok(shown)
}

/// Where the document plays a sound file that the account has not.
async fn missing_sounds(ask: &Ask<'_>, document: &engine::Flow) -> Result<Vec<engine::Problem>> {
    if engine::sounds(document).is_empty() {
        return Ok(Vec::new());
    }
    let known = ask.app().sounds(ask.account.sid).await?.into_iter().map(|sound| sound.name).collect();
    Ok(engine::missing_sounds(document, &known))
}

async fn whole(ask: &Ask<'_>, flow: &Flow) -> Result<Answer> {
    let tag = HeaderValue::from_str(&format!("\"{}\"", flow.version));
    let answer = answer(200, &view(ask, flow, true).await?);
    Ok(match tag {
        Ok(tag) => answer.with(header::ETAG, tag),
        Err(_) => answer,
    })
}

async fn create(ask: &Ask<'_>) -> Result<Answer> {
    let draft: Draft = body(ask)?;
    let mut flow = match (draft.definition, draft.template.as_deref().unwrap_or("blank")) {
        (Some(definition), _) => document(definition)?,
        (None, id) => {
            let template = engine::templates().into_iter().find(|template| template.id == id);
            template.ok_or_else(|| invalid("template", "is not one of FlowTemplates"))?.flow
        }
    };
    flow.name = draft.name.unwrap_or(flow.name);
    let content = FlowContent { flow, studio: None, note: draft.note };
    let keep = |made: &Flow| ask.kept(made.sid, None);
    let made = ask.app().create_flow(&ask.account, content, &keep).await?;
    whole(ask, &made).await
}

async fn fetch(ask: &Ask<'_>) -> Result<Answer> {
    whole(ask, &ask.app().flow(ask.account.sid, sid(ask)?).await?).await
}

/// The version of `If-Match`; `*` is any.
fn guarded(ask: &Ask<'_>) -> Result<Option<u32>> {
    match ask.if_match.map(|tag| tag.trim().trim_start_matches("W/").trim_matches('"')) {
        None | Some("*") => Ok(None),
        Some(tag) => tag.parse().map(Some).map_err(|_| ErrorCode::FlowChanged.into()),
    }
}

async fn save(ask: &Ask<'_>) -> Result<Answer> {
    let before = ask.app().flow(ask.account.sid, sid(ask)?).await?;
    let draft: Draft = body(ask)?;
    let mut flow = match draft.definition {
        Some(definition) => document(definition)?,
        None => ask.app().flow_document_of(&before, None).await?,
    };
    flow.name = draft.name.unwrap_or(flow.name);
    let content = FlowContent { flow, studio: None, note: draft.note };
    let saved = ask.app().save_flow(&ask.account, before.sid, guarded(ask)?, content).await?;
    whole(ask, &saved).await
}

async fn delete(ask: &Ask<'_>) -> Result<Answer> {
    ask.app().delete_flow(&ask.account, sid(ask)?).await?;
    Ok(Answer::empty())
}

async fn validate(ask: &Ask<'_>) -> Result<Answer> {
    let draft: Draft = body(ask)?;
    let problems = match engine::read(draft.definition.unwrap_or(Value::Null)) {
        Ok(flow) => {
            let mut problems = engine::validate(&flow);
            problems.extend(missing_sounds(ask, &flow).await?);
            json!(problems)
        }
        Err(error) => json!([{ "node": null, "property": null, "severity": "error", "text": error.0,
                               "cure": "write it as the schema says" }]),
    };
    let valid = problems
        .as_array()
        .is_some_and(|problems| problems.iter().all(|problem| problem["severity"] != "error"));
    Ok(answer(200, &json!({ "valid": valid, "problems": problems })))
}

async fn secrets(ask: &Ask<'_>) -> Result<Answer> {
    ask.app().flow(ask.account.sid, sid(ask)?).await?;
    let values: BTreeMap<String, Option<String>> = body(ask)?;
    let stage = stage_named(ask.params.text("Environment"))?;
    let flow = ask.app().set_flow_secrets(&ask.account, sid(ask)?, stage, &values).await?;
    Ok(answer(200, &json!({ "secrets": views::secrets(&flow, stage) })))
}
