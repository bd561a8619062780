//! Twilio's Studio API, version 2: flows, revisions, executions, steps (<https://www.twilio.com/docs/studio/rest-api/v2>).
//!
//! A definition is kept as it was given and executed as a flow; a flow that was drawn here is shown as a definition of its nodes.

mod views;

#[cfg(test)]
mod tests;

use flexio_app::flows::{FlowAt, FlowContent, FlowStart, must_be_valid};
use flexio_domain::{ErrorCode, Flow, FlowExecution, FlowRevision};
use flexio_flows::{self as engine, StepLog, import};
use flexio_store::ExecutionFilter;
use serde_json::{Value, json};

use crate::answer::Answer;
use crate::ask::Ask;
use crate::error::{Result, invalid, refuse};
use crate::flows::{answer, found, sid};
use crate::operation::{Operation, Param, Shows, TWILIO, params, row};
use crate::paging::{Listed, Paged};

const FLOWS: &str = "v2/Flows";
const FLOW: &str = "v2/Flows/{FlowSid}";
const VALIDATE: &str = "v2/Flows/Validate";
const REVISIONS: &str = "v2/Flows/{FlowSid}/Revisions";
const REVISION: &str = "v2/Flows/{FlowSid}/Revisions/{Revision}";
const RUNS: &str = "v2/Flows/{FlowSid}/Executions";
const RUN: &str = "v2/Flows/{FlowSid}/Executions/{ExecutionSid}";
const CONTEXT: &str = "v2/Flows/{FlowSid}/Executions/{ExecutionSid}/Context";
const STEPS: &str = "v2/Flows/{FlowSid}/Executions/{ExecutionSid}/Steps";
const STEP: &str = "v2/Flows/{FlowSid}/Executions/{ExecutionSid}/Steps/{StepSid}";
const STEP_CONTEXT: &str = "v2/Flows/{FlowSid}/Executions/{ExecutionSid}/Steps/{StepSid}/Context";

const DRAFT: &[Param] = params![
    "FriendlyName": "At most 64 characters.",
    "Status": "`draft` or `published`.",
    "Definition": "JSON: states with widgets and transitions.",
    "CommitMessage": "Why.",
];
const START: &[Param] = params!["To": "The person.", "From": "Our number.", "Parameters": "JSON; the flow sees it as `flow.data`."];

pub(crate) const OPERATIONS: &[Operation] = &[
    row!("studio.flows", Read, TWILIO, FLOWS, "Flows.", &[], Shows::Many(views::flow_sample), list),
    row!(
        "studio.create",
        Create,
        TWILIO,
        FLOWS,
        "Makes a flow.",
        DRAFT,
        Shows::One(views::flow_sample),
        create
    ),
    row!(
        "studio.validate",
        Update,
        TWILIO,
        VALIDATE,
        "Whether a definition can be published.",
        DRAFT,
        Shows::One(views::valid_sample),
        validate
    ),
    row!("studio.fetch", Read, TWILIO, FLOW, "A flow.", &[], Shows::One(views::flow_sample), fetch),
    row!(
        "studio.update",
        Update,
        TWILIO,
        FLOW,
        "Changes or publishes a flow.",
        DRAFT,
        Shows::One(views::flow_sample),
        update
    ),
    row!("studio.delete", Delete, TWILIO, FLOW, "Deletes a flow.", &[], Shows::Nothing, delete),
    row!(
        "studio.revisions",
        Read,
        TWILIO,
        REVISIONS,
        "Revisions.",
        &[],
        Shows::Many(views::flow_sample),
        revisions
    ),
    row!(
        "studio.revision",
        Read,
        TWILIO,
        REVISION,
        "A revision by number, `LatestPublished` or `LatestRevision`.",
        &[],
        Shows::One(views::flow_sample),
        revision
    ),
    row!(
        "studio.executions",
        Read,
        TWILIO,
        RUNS,
        "Executions.",
        &[],
        Shows::Many(views::execution_sample),
        executions
    ),
    row!(
        "studio.start",
        Create,
        TWILIO,
        RUNS,
        "Starts a flow.",
        START,
        Shows::One(views::execution_sample),
        start
    ),
    row!(
        "studio.execution",
        Read,
        TWILIO,
        RUN,
        "An execution.",
        &[],
        Shows::One(views::execution_sample),
        execution
    ),
    row!(
        "studio.end",
        Update,
        TWILIO,
        RUN,
        "Ends an execution.",
        params!["Status": "`ended`."],
        Shows::One(views::execution_sample),
        end
    ),
    row!("studio.forget", Delete, TWILIO, RUN, "Deletes an execution.", &[], Shows::Nothing, forget),
    row!(
        "studio.context",
        Read,
        TWILIO,
        CONTEXT,
        "What an execution remembers.",
        &[],
        Shows::One(views::context_sample),
        context
    ),
    row!(
        "studio.steps",
        Read,
        TWILIO,
        STEPS,
        "Steps of an execution.",
        &[],
        Shows::Many(views::step_sample),
        steps
    ),
    row!("studio.step", Read, TWILIO, STEP, "A step.", &[], Shows::One(views::step_sample), step),
    row!(
        "studio.step_context",
        Read,
        TWILIO,
        STEP_CONTEXT,
        "What a step did.",
        &[],
        Shows::One(views::context_sample),
        step_context
    ),
];

impl Listed for FlowRevision {
    const MEMBERS: (&'static str, &'static str) = ("revisions", "revisions");
    const ELEMENTS: (&'static str, &'static str) = ("Revisions", "Revision");
    fn cursor(&self) -> u128 {
        0
    }
}

impl Listed for StepLog {
    const MEMBERS: (&'static str, &'static str) = ("steps", "steps");
    const ELEMENTS: (&'static str, &'static str) = ("Steps", "Step");
    fn cursor(&self) -> u128 {
        0
    }
}

/// What a draft asks for.
struct Draft {
    name: Option<String>,
    publish: Option<bool>,
    content: Option<engine::Flow>,
    given: Option<String>,
    note: String,
}

fn draft(ask: &Ask<'_>) -> Result<Draft> {
    let publish = match ask.params.text("Status") {
        None => None,
        Some("draft") => Some(false),
        Some("published") => Some(true),
        Some(_) => return Err(invalid("Status", "must be draft or published")),
    };
    let name = ask.params.owned("FriendlyName");
    let refused = |why: String| refuse(ErrorCode::FlowInvalid, format!("Definition: {why}."));
    let (mut content, mut given) = (None, None);
    if let Some(text) = ask.params.text("Definition") {
        let value: Value = serde_json::from_str(text).map_err(|error| refused(error.to_string()))?;
        let read = import::from_studio(&value, name.as_deref().unwrap_or("Flow"))
            .map_err(|error| refused(error.0))?;
        content = Some(read.flow);
        given = Some(text.to_owned());
    }
    Ok(Draft { name, publish, content, given, note: ask.params.owned("CommitMessage").unwrap_or_default() })
}

async fn list(ask: &Ask<'_>) -> Result<Answer> {
    let paged = Paged::read::<Flow>(ask)?;
    let flows = ask.app().flows(ask.account.sid, &paged.query()).await?;
    ask.page(&paged, flows, None, |w, flow| w.members(&views::flow(&ask.shown(), flow, false)))
}

async fn create(ask: &Ask<'_>) -> Result<Answer> {
    ask.params.required("FriendlyName", ErrorCode::InvalidParameter)?;
    let draft = draft(ask)?;
    let flow = draft.content.ok_or_else(|| invalid("Definition", "is missing"))?;
    let publish = draft.publish.ok_or_else(|| invalid("Status", "is missing"))?;
    if publish {
        must_be_valid(&flow)?;
    }
    let content = FlowContent { flow, studio: draft.given, note: draft.note.clone() };
    let keep = |made: &Flow| ask.kept(made.sid, None);
    let mut made = ask.app().create_flow(&ask.account, content, &keep).await?;
    if publish {
        ask.app().publish_flow(&ask.account, made.sid, &draft.note).await?;
        made = ask.app().flow(ask.account.sid, made.sid).await?;
    }
    Ok(answer(201, &views::flow(&ask.shown(), &made, true)))
}

async fn validate(ask: &Ask<'_>) -> Result<Answer> {
    let draft = draft(ask)?;
    must_be_valid(&draft.content.ok_or_else(|| invalid("Definition", "is missing"))?)?;
    Ok(answer(200, &json!({ "valid": true })))
}

async fn fetch(ask: &Ask<'_>) -> Result<Answer> {
    let flow = ask.app().flow(ask.account.sid, sid(ask)?).await?;
    Ok(answer(200, &views::flow(&ask.shown(), &flow, true)))
}

async fn update(ask: &Ask<'_>) -> Result<Answer> {
    let before = ask.app().flow(ask.account.sid, sid(ask)?).await?;
    let draft = draft(ask)?;
    let studio = if draft.content.is_some() { draft.given } else { before.studio.clone() };
    let mut flow = match draft.content {
        Some(flow) => flow,
        None => ask.app().flow_document_of(&before, None).await?,
    };
    flow.name = draft.name.unwrap_or(before.name);
    if draft.publish == Some(true) {
        must_be_valid(&flow)?;
    }
    let content = FlowContent { flow, studio, note: draft.note.clone() };
    ask.app().save_flow(&ask.account, before.sid, None, content).await?;
    if draft.publish == Some(true) {
        ask.app().publish_flow(&ask.account, before.sid, &draft.note).await?;
    }
    fetch(ask).await
}

async fn delete(ask: &Ask<'_>) -> Result<Answer> {
    ask.app().delete_flow(&ask.account, sid(ask)?).await?;
    Ok(Answer::empty())
}

async fn revisions(ask: &Ask<'_>) -> Result<Answer> {
    let flow = ask.app().flow(ask.account.sid, sid(ask)?).await?;
    let revisions = ask.app().flow_revisions(ask.account.sid, flow.sid).await?;
    ask.numbered_page(revisions, |w, revision| w.members(&views::revision(&ask.shown(), &flow, revision)))
}

async fn revision(ask: &Ask<'_>) -> Result<Answer> {
    let flow = ask.app().flow(ask.account.sid, sid(ask)?).await?;
    let number = match ask.name("Revision") {
        "LatestPublished" => flow.published_revision.ok_or(ErrorCode::NotFound)?,
        "LatestRevision" => flow.last_revision,
        number => number.parse().map_err(|_| ErrorCode::NotFound)?,
    };
    let revision: FlowRevision = ask.app().flow_revision(ask.account.sid, flow.sid, number).await?;
    Ok(answer(200, &views::revision(&ask.shown(), &flow, &revision)))
}

async fn executions(ask: &Ask<'_>) -> Result<Answer> {
    let flow = ask.app().flow(ask.account.sid, sid(ask)?).await?;
    let paged = Paged::read::<FlowExecution>(ask)?;
    let is_active = ask.params.text("Status").map(|status| status == "active");
    let filter = ExecutionFilter { flow: Some(flow.sid), is_active, ..ExecutionFilter::default() };
    let executions = ask.app().flow_executions(ask.account.sid, filter, &paged.query()).await?;
    ask.page(&paged, executions, None, |w, execution| w.members(&views::execution(&ask.shown(), execution)))
}

async fn start(ask: &Ask<'_>) -> Result<Answer> {
    let flow = ask.app().flow(ask.account.sid, sid(ask)?).await?;
    let to = ask.params.required("To", ErrorCode::ToMissing)?.to_owned();
    let from = ask.params.required("From", ErrorCode::FromMissing)?.to_owned();
    let data = match ask.params.text("Parameters") {
        None => json!({}),
        Some(text) => serde_json::from_str(text).map_err(|_| invalid("Parameters", "is not JSON"))?,
    };
    let keep = |made: &FlowExecution| ask.kept(made.sid, None);
    let made = ask
        .app()
        .start_flow(&ask.account, FlowAt::production(flow.sid), FlowStart { to, from, data }, &keep)
        .await?;
    Ok(answer(201, &views::execution(&ask.shown(), &made)))
}

async fn execution(ask: &Ask<'_>) -> Result<Answer> {
    Ok(answer(200, &views::execution(&ask.shown(), &found(ask).await?)))
}

async fn end(ask: &Ask<'_>) -> Result<Answer> {
    let execution = found(ask).await?;
    let ended = match ask.params.text("Status") {
        Some("ended") => {
            ask.app().end_flow_execution(ask.account.sid, execution.flow_sid, execution.sid).await?
        }
        Some("active") => execution,
        _ => return Err(invalid("Status", "must be ended")),
    };
    Ok(answer(200, &views::execution(&ask.shown(), &ended)))
}

async fn forget(ask: &Ask<'_>) -> Result<Answer> {
    let execution = found(ask).await?;
    ask.app().end_flow_execution(ask.account.sid, execution.flow_sid, execution.sid).await?;
    ask.app().delete_flow_execution(ask.account.sid, execution.flow_sid, execution.sid).await?;
    Ok(Answer::empty())
}

async fn context(ask: &Ask<'_>) -> Result<Answer> {
    let execution = found(ask).await?;
    let state = ask.app().flow_state(&execution)?;
    Ok(answer(200, &views::context(&ask.shown(), &execution, &state)))
}

async fn logged(ask: &Ask<'_>) -> Result<(FlowExecution, Vec<StepLog>)> {
    let execution = found(ask).await?;
    let steps = ask.app().flow_steps(ask.account.sid, execution.sid).await?;
    Ok((execution, steps))
}

async fn steps(ask: &Ask<'_>) -> Result<Answer> {
    let (execution, mut steps) = logged(ask).await?;
    steps.reverse();
    ask.numbered_page(steps, |w, step| w.members(&views::step(&ask.shown(), &execution, step)))
}

/// The step of the path.
async fn one_step(ask: &Ask<'_>) -> Result<(FlowExecution, StepLog)> {
    let (execution, steps) = logged(ask).await?;
    let wanted = ask.name("StepSid");
    let step = steps
        .into_iter()
        .find(|step| views::step_sid(&execution, step) == wanted)
        .ok_or(ErrorCode::NotFound)?;
    Ok((execution, step))
}

async fn step(ask: &Ask<'_>) -> Result<Answer> {
    let (execution, step) = one_step(ask).await?;
    Ok(answer(200, &views::step(&ask.shown(), &execution, &step)))
}

async fn step_context(ask: &Ask<'_>) -> Result<Answer> {
    let (execution, step) = one_step(ask).await?;
    Ok(answer(200, &views::step_context(&ask.shown(), &execution, &step)))
}
