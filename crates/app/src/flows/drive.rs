//! Letting an execution run until it waits, and keeping what came of it.

use flexio_domain::{
    AccountSid, CallSid, ErrorCode, ExecutionSid, FlowExecution, FlowSid, FlowStep, Level, Notification,
    NotificationSid, Timestamp,
};
use flexio_flows::{self as engine, Advance, Effect, Env, Event, Outcome, State, StepLog, Waiting};
use flexio_store::{Change, ChangeSet, ExecutionFilter, FlowChange, Page};
use jiff::SignedDuration;

use super::{broken, counted};
use crate::App;
use crate::error::AppError;

/// An execution is ended at this age.
const AGE_MAX_DAYS: i64 = 7;
/// How long an execution that is being driven is left alone by others.
pub(super) const LEASE_S: i64 = 90;
/// How often the call of an execution is looked at, in case its end was not heard.
const CALL_LEASE_S: i64 = 300;
/// What was done is kept at least this often while it goes on.
const KEEP_EVERY_S: i64 = 20;
/// Steps kept in one transaction.
const STEPS_KEPT: usize = 500;
/// A notification's code: an execution failed.
const FAILED: u32 = 81_010;

/// Reads what an execution remembers.
pub(super) fn state_of(execution: &FlowExecution) -> Result<State, AppError> {
    serde_json::from_str(&execution.state).map_err(broken)
}

/// When an execution has to be looked at, if nothing happens before.
fn due(execution: &FlowExecution, state: &State, now: Timestamp) -> Option<Timestamp> {
    let in_seconds = |seconds| now.checked_add(SignedDuration::from_secs(seconds)).ok();
    let end = execution.created_at.checked_add(SignedDuration::from_hours(24 * AGE_MAX_DAYS)).ok();
    let next = match state.waiting {
        _ if state.is_over() => return None,
        Waiting::Reply | Waiting::Time => state.until,
        Waiting::Call | Waiting::CallOut => in_seconds(CALL_LEASE_S),
        Waiting::Nothing | Waiting::Effect => in_seconds(LEASE_S),
    };
    next.min(end).or(end)
}

impl App {
    /// Gives `event` to an execution and does what follows, until it waits or ends. The caller holds its lock.
    pub(super) async fn drive(
        &self,
        execution: &mut FlowExecution,
        state: &mut State,
        event: Event,
    ) -> Result<Advance, AppError> {
        let library = self.flow_library(execution.account_sid, state).await?;
        let flow = self.store.flow(execution.account_sid, execution.flow_sid).await?;
        let secrets =
            flow.map(|flow| self.open_secrets(&flow, execution.stage)).transpose()?.unwrap_or_default();
        let url = format!("flow:{}", execution.sid);
        let (mut event, mut log, mut kept) = (event, Vec::new(), self.clock.now());
        loop {
            let now = self.clock.now();
            let age = now.duration_since(execution.created_at);
            if age > SignedDuration::from_hours(24 * AGE_MAX_DAYS) && !state.is_over() {
                event = Event::Stop;
                state.error = Some(format!("older than {AGE_MAX_DAYS} days"));
            }
            let env = Env { now, secrets: &secrets, url: &url, stops: None };
            let advance = engine::handle(state, &library, env, &event, &mut log);
            let Advance::Effect(effect) = advance else {
                self.keep(execution, state, &mut log).await?;
                return Ok(advance);
            };
            let since = now.duration_since(kept);
            // Once it was called, somebody must not be called again.
            let is_call = matches!(effect, Effect::CallOut { .. });
            if is_call || log.len() > STEPS_KEPT || since > SignedDuration::from_secs(KEEP_EVERY_S) {
                self.keep(execution, state, &mut log).await?;
                kept = now;
            }
            event = self.perform_effect(execution, state, effect).await?;
        }
    }

    /// Keeps state and steps together.
    async fn keep(
        &self,
        execution: &mut FlowExecution,
        state: &State,
        log: &mut Vec<StepLog>,
    ) -> Result<(), AppError> {
        let now = self.clock.now();
        execution.state = serde_json::to_string(state).map_err(broken)?;
        execution.is_active = !state.is_over();
        execution.awaits_reply = execution.is_active && state.waiting == Waiting::Reply;
        execution.contact.clone_from(&state.contact);
        execution.platform.clone_from(&state.platform);
        execution.call_sid = state.call_sid.as_ref().and_then(|sid| sid.parse::<CallSid>().ok());
        execution.due_at = due(execution, state, now);
        execution.updated_at = now;
        let mut changes = ChangeSet::from(Change::from(FlowChange::UpdateExecution(execution.clone())));
        for step in log.drain(..) {
            if let Some(counted) = counted::counted(execution, &step) {
                changes.push(counted);
            }
            changes.push(
                FlowChange::AddStep(FlowStep {
                    execution_sid: execution.sid,
                    sequence: step.sequence,
                    account_sid: execution.account_sid,
                    log: serde_json::to_string(&step).map_err(broken)?,
                })
                .into(),
            );
        }
        if state.outcome == Some(Outcome::Failed) {
            let text = state.error.as_deref().unwrap_or("no reason is known");
            changes.push(notice(execution, Level::Error, FAILED, text, now));
        }
        self.store.commit(changes).await?;
        execution.version += 1;
        Ok(())
    }

    /// Gives an event to an execution that is not read yet; `None` where it is not there.
    pub(super) async fn tell(
        &self,
        account: AccountSid,
        sid: ExecutionSid,
        event: Event,
    ) -> Result<Option<Advance>, AppError> {
        let _turn = self.flow_turns.take(sid).await;
        let Some(mut execution) = self.store.flow_execution(account, sid).await? else { return Ok(None) };
        let mut state = state_of(&execution)?;
        if state.is_over() && !matches!(event, Event::Call { .. }) {
            return Ok(None);
        }
        self.drive(&mut execution, &mut state, event).await.map(Some)
    }

    /// One execution of a flow.
    pub async fn flow_execution(
        &self,
        account: AccountSid,
        flow: FlowSid,
        sid: ExecutionSid,
    ) -> Result<FlowExecution, AppError> {
        let found = self.store.flow_execution(account, sid).await?;
        found.filter(|execution| execution.flow_sid == flow).ok_or_else(|| ErrorCode::NotFound.into())
    }

    /// Executions.
    pub async fn flow_executions(
        &self,
        account: AccountSid,
        filter: ExecutionFilter,
        page: &Page,
    ) -> Result<Vec<FlowExecution>, AppError> {
        Ok(self.store.flow_executions(account, filter, page).await?)
    }

    /// What an execution remembers.
    pub fn flow_state(&self, execution: &FlowExecution) -> Result<State, AppError> {
        state_of(execution)
    }

    /// Finished steps of an execution, in order.
    pub async fn flow_steps(&self, account: AccountSid, sid: ExecutionSid) -> Result<Vec<StepLog>, AppError> {
        let steps = self.store.flow_steps(account, sid).await?;
        let read = steps.iter().map(|step| serde_json::from_str(&step.log));
        read.collect::<Result<_, _>>().map_err(broken)
    }

    /// Ends an execution. A call it runs on goes on with what it hears, and is hung up when that is over.
    pub async fn end_flow_execution(
        &self,
        account: AccountSid,
        flow: FlowSid,
        sid: ExecutionSid,
    ) -> Result<FlowExecution, AppError> {
        self.flow_execution(account, flow, sid).await?;
        self.tell(account, sid, Event::Stop).await?;
        self.flow_execution(account, flow, sid).await
    }

    /// Deletes an execution that is over.
    pub async fn delete_flow_execution(
        &self,
        account: AccountSid,
        flow: FlowSid,
        sid: ExecutionSid,
    ) -> Result<(), AppError> {
        self.flow_execution(account, flow, sid).await?;
        self.store.commit(Change::from(FlowChange::DeleteExecution(account, sid)).into()).await?;
        Ok(())
    }

    /// Ends all executions of a flow.
    pub(super) async fn end_executions(&self, account: AccountSid, flow: FlowSid) -> Result<(), AppError> {
        let filter =
            ExecutionFilter { flow: Some(flow), is_active: Some(true), ..ExecutionFilter::default() };
        loop {
            let page = Page { limit: 100, ..Page::default() };
            let running = self.store.flow_executions(account, filter, &page).await?;
            if running.is_empty() {
                return Ok(());
            }
            for execution in running {
                self.tell(account, execution.sid, Event::Stop).await?;
            }
        }
    }
}

/// Tells the owner of an execution something.
pub(super) fn notice(
    execution: &FlowExecution,
    level: Level,
    code: u32,
    text: &str,
    now: Timestamp,
) -> Change {
    let text: String = format!("flow {}, execution {}: {text}", execution.flow_sid, execution.sid);
    Change::AddNotification(Notification {
        sid: NotificationSid::new(),
        account_sid: execution.account_sid,
        call_sid: execution.call_sid,
        message_sid: None,
        level,
        code,
        text: text.chars().take(1_000).collect(),
        request_url: None,
        request_method: None,
        request_variables: None,
        response_headers: None,
        response_body: None,
        api_version: "2010-04-01".to_owned(),
        created_at: now,
    })
}
