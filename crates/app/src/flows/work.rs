//! The clock of flows: executions that wait for it, schedules, and what a crash left behind.

use std::sync::Arc;
use std::time::Duration;

use flexio_domain::{ExecutionSid, Flow, FlowExecution, Timestamp};
use flexio_flows::{Event, Waiting};
use flexio_store::{Change, ChangeSet, FlowChange, StoreError};
use jiff::SignedDuration;
use tokio::sync::Semaphore;

use super::drive::state_of;
use super::{FlowAt, definition_of, revisions::next_due};
use crate::App;
use crate::error::AppError;

/// How often it is looked when nothing wakes it.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// Days an execution that is over can be looked at.
const DAYS_KEPT: i64 = 90;
/// How often old executions are looked for, and how many go at once.
const SWEEP: (Duration, u32) = (Duration::from_secs(60), 5_000);
/// Executions driven at once by the clock.
const AT_ONCE: usize = 64;
/// Rows read at once.
const READ: u32 = 100;

/// Drives what is due, until the process ends.
pub async fn keep_running(app: Arc<App>) {
    let places = Arc::new(Semaphore::new(AT_ONCE));
    let mut swept = tokio::time::Instant::now();
    loop {
        if swept.elapsed() >= SWEEP.0 {
            swept = tokio::time::Instant::now();
            if let Err(error) = sweep(&app).await {
                tracing::warn!(%error, "executions_not_swept");
            }
        }
        let found = match app.due(&places).await {
            Ok(found) => found,
            Err(error) => {
                tracing::warn!(%error, "due_flows_not_read");
                0
            }
        };
        if found < READ as usize {
            let _ = tokio::time::timeout(LOOK_EVERY, app.wake.flows.notified()).await;
        }
    }
}

/// Deletes executions that have been over for long. A sid begins with the milliseconds of its creation (RFC 9562 §5.7).
async fn sweep(app: &App) -> Result<(), AppError> {
    let before =
        app.clock.now().checked_sub(SignedDuration::from_hours(24 * DAYS_KEPT)).unwrap_or(Timestamp::MIN);
    let before = ExecutionSid::from_u128(u128::try_from(before.as_millisecond()).unwrap_or(0) << 80);
    app.store.commit(Change::from(FlowChange::SweepExecutions(before, SWEEP.1)).into()).await?;
    Ok(())
}

/// Drives what is due now, one after the other; for programs that let the clock stand still.
pub async fn run_due(app: &App) -> Result<usize, AppError> {
    let now = app.clock.now();
    app.tell_flows().await?;
    for flow in app.store.due_flows(now, READ).await? {
        app.run_schedule(flow, now).await?;
    }
    let executions = app.store.due_executions(now, READ).await?;
    let found = executions.len();
    for execution in executions {
        app.look_at(execution).await?;
    }
    Ok(found)
}

impl App {
    /// Begins everything that is due; how many there were.
    async fn due(self: &Arc<Self>, places: &Arc<Semaphore>) -> Result<usize, AppError> {
        self.tell_flows().await?;
        let now = self.clock.now();
        for flow in self.store.due_flows(now, READ).await? {
            if let Err(error) = self.run_schedule(flow, now).await {
                tracing::warn!(%error, "schedule_not_run");
            }
        }
        let executions = self.store.due_executions(now, READ).await?;
        let found = executions.len();
        for execution in executions {
            let Ok(place) = Arc::clone(places).acquire_owned().await else { return Ok(found) };
            let app = Arc::clone(self);
            tokio::spawn(async move {
                if let Err(error) = app.look_at(execution).await {
                    tracing::warn!(%error, "execution_not_driven");
                    // It stays due; not at once, or a store that is away would be asked without end.
                    tokio::time::sleep(LOOK_EVERY).await;
                }
                drop(place);
            });
        }
        if found > 0 {
            // Those begun a moment ago are due still until they have their turn.
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Ok(found)
    }

    /// Makes an execution of a schedule and sets its next time, together: of several processes, one does.
    async fn run_schedule(&self, flow: Flow, now: Timestamp) -> Result<(), AppError> {
        let at = FlowAt::production(flow.sid);
        let answering = self.answering(flow.account_sid, at, "").await?;
        let due_at = match &answering {
            Some(answering) => next_due(&definition_of(&answering.revision.definition)?, now),
            None => None,
        };
        let mut changes = ChangeSet::from(Change::from(FlowChange::UpdateFlow(Flow { due_at, ..flow })));
        if let Some(answering) = &answering {
            changes.push(FlowChange::CreateExecution(self.scheduled(answering)).into());
        }
        match self.store.commit(changes).await {
            Ok(()) | Err(StoreError::Conflict(_)) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// Gives a due execution the event it is due for.
    async fn look_at(&self, found: FlowExecution) -> Result<(), AppError> {
        let Some(_turn) = self.flow_turns.try_take(found.sid) else { return Ok(()) };
        let read = self.store.flow_execution(found.account_sid, found.sid).await?;
        let Some(mut execution) = read.filter(|execution| execution.version == found.version) else {
            return Ok(());
        };
        let mut state = state_of(&execution)?;
        let event = match state.waiting {
            Waiting::Nothing => Event::Start,
            Waiting::Reply | Waiting::Time => Event::Time,
            Waiting::Effect => Event::Again,
            Waiting::Call | Waiting::CallOut => {
                let call = match execution.call_sid {
                    Some(sid) => self.store.call(execution.account_sid, sid).await?,
                    None => None,
                };
                match call.filter(|call| !call.status.is_final()) {
                    Some(_) => Event::Done,
                    None => Event::CallEnded("completed".to_owned()),
                }
            }
        };
        match self.drive(&mut execution, &mut state, event).await {
            // Another process was quicker.
            Err(AppError::Store(StoreError::Conflict(_))) => Ok(()),
            driven => driven.map(|_| ()),
        }
    }
}
