//! Executions: starting, looking, ending, running again.

use flexio_app::flows::{FlowAt, FlowStart};
use flexio_domain::{ErrorCode, FlowExecution, FlowSid};
use flexio_flows as engine;
use flexio_store::ExecutionFilter;
use serde_json::{Value, json};

use super::{answer, body, found, page_of, sid, stage_named, views};
use crate::answer::Answer;
use crate::ask::Ask;
use crate::error::{Result, invalid};
use crate::paging::Paged;

#[derive(serde::Deserialize, Default)]
#[serde(default, deny_unknown_fields)]
struct Start {
    to: String,
    from: String,
    data: Value,
    environment: Option<String>,
}

pub(super) async fn list(ask: &Ask<'_>) -> Result<Answer> {
    let flow = ask.app().flow(ask.account.sid, sid(ask)?).await?;
    page(ask, Some(flow.sid)).await
}

/// Executions of all flows of the account.
pub(super) async fn of_all(ask: &Ask<'_>) -> Result<Answer> {
    let flow = ask
        .params
        .text("FlowSid")
        .map(|text| text.parse().map_err(|_| invalid("FlowSid", "is not the sid of a flow")));
    page(ask, flow.transpose()?).await
}

async fn page(ask: &Ask<'_>, flow: Option<FlowSid>) -> Result<Answer> {
    let paged = Paged::read::<FlowExecution>(ask)?;
    let is_active = match ask.params.text("Status") {
        None => None,
        Some("active") => Some(true),
        Some("ended") => Some(false),
        Some(_) => return Err(invalid("Status", "must be active or ended")),
    };
    let filter = ExecutionFilter { flow, created: ask.params.span("StartTime")?, is_active };
    let executions = ask.app().flow_executions(ask.account.sid, filter, &paged.query()).await?;
    let (executions, more) = paged.cut(executions, None)?;
    let shown: Vec<Value> =
        executions.iter().map(|execution| views::execution(&ask.shown(), execution, false)).collect();
    Ok(page_of("executions", &paged, &shown, more))
}

pub(super) async fn traffic(ask: &Ask<'_>) -> Result<Answer> {
    let traffic = ask.app().flow_traffic(ask.account.sid, sid(ask)?).await?;
    let left = traffic
        .left
        .iter()
        .map(|((node, port), times)| json!({ "node": node, "port": port, "times": times }));
    let at = traffic.at.iter().map(|(node, executions)| json!({ "node": node, "executions": executions }));
    Ok(answer(200, &json!({ "left": left.collect::<Vec<_>>(), "at": at.collect::<Vec<_>>() })))
}

pub(super) async fn start(ask: &Ask<'_>) -> Result<Answer> {
    let flow = ask.app().flow(ask.account.sid, sid(ask)?).await?;
    let Start { to, from, data, environment } = body(ask)?;
    let at = FlowAt { sid: flow.sid, stage: stage_named(environment.as_deref())? };
    let keep = |made: &FlowExecution| ask.kept(made.sid, None);
    let start = FlowStart { to, from, data };
    let made = ask.app().start_flow(&ask.account, at, start, &keep).await?;
    Ok(answer(200, &views::execution(&ask.shown(), &made, true)))
}

pub(super) async fn fetch(ask: &Ask<'_>) -> Result<Answer> {
    Ok(answer(200, &views::execution(&ask.shown(), &found(ask).await?, true)))
}

pub(super) async fn end(ask: &Ask<'_>) -> Result<Answer> {
    let execution = found(ask).await?;
    let wanted: Value = body(ask)?;
    if wanted["status"] != "ended" {
        return Err(invalid("status", "must be ended"));
    }
    let ended = ask.app().end_flow_execution(ask.account.sid, execution.flow_sid, execution.sid).await?;
    Ok(answer(200, &views::execution(&ask.shown(), &ended, true)))
}

pub(super) async fn delete(ask: &Ask<'_>) -> Result<Answer> {
    let execution = found(ask).await?;
    ask.app().delete_flow_execution(ask.account.sid, execution.flow_sid, execution.sid).await?;
    Ok(Answer::empty())
}

pub(super) async fn steps(ask: &Ask<'_>) -> Result<Answer> {
    let execution = found(ask).await?;
    let steps = ask.app().flow_steps(ask.account.sid, execution.sid).await?;
    Ok(answer(200, &json!({ "steps": steps })))
}

#[derive(serde::Deserialize, Default)]
#[serde(default, deny_unknown_fields)]
struct Replay {
    revision: Option<u32>,
}

pub(super) async fn replay(ask: &Ask<'_>) -> Result<Answer> {
    let execution = found(ask).await?;
    let Replay { revision } = body(ask)?;
    let flow = ask.app().flow(ask.account.sid, execution.flow_sid).await?;
    let (test, steps) = ask.app().recorded_test(&execution).await?;
    let document = ask.app().flow_document_of(&flow, revision).await?;
    let run = ask.app().simulate_flow(&flow, &document, test.clone(), engine::Stops::default()).await?;
    let before: Vec<String> = steps.iter().map(|step| step.node.clone()).collect();
    let outcome = test.expect.outcome.clone().ok_or(ErrorCode::Conflict)?;
    let differences = engine::compare(&before, &run.path, (&outcome, run.outcome.as_str()));
    let shown = json!({ "same": differences.is_empty(), "before": before, "after": run.path, "differences": differences, "run": run, "test": test });
    Ok(answer(200, &shown))
}
