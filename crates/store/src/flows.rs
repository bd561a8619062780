//! Flows, their revisions and executions: what may be written, what may be asked.

use async_trait::async_trait;
use flexio_domain::*;

use crate::{Page, Span, StoreError};

/// A step of a transaction about flows.
#[derive(Debug, Clone)]
pub enum FlowChange {
    /// Unique: sid.
    CreateFlow(Flow),
    /// Optimistic.
    UpdateFlow(Flow),
    /// With its revisions, and the executions and steps that are over. `Conflict` if it is not there.
    DeleteFlow(AccountSid, FlowSid),
    /// Unique: (flow, revision).
    AddRevision(FlowRevision),
    /// Unique: sid.
    CreateExecution(FlowExecution),
    /// Optimistic.
    UpdateExecution(FlowExecution),
    /// With its steps. `Conflict` if it is not there, or goes on.
    DeleteExecution(AccountSid, ExecutionSid),
    /// Deletes executions that are over and were begun before this one, with their steps, oldest first; at most so many.
    SweepExecutions(ExecutionSid, u32),
    /// Unique: (execution, sequence).
    AddStep(FlowStep),
    /// Adds one use and its number to what flows of the account counted on a day (`YYYY-MM-DD`) under a name.
    AddMetric(AccountSid, String, String, i64),
    /// Adds to what happened in a queue of the account on a day.
    AddQueueDay(AccountSid, QueueDay),
    /// Unique: sid. Something that flows are still to be told.
    AddCue(FlowCue),
    /// It was told. `Conflict` if it is not there: somebody else told it.
    DropCue(AccountSid, RequestSid),
    /// Inserts or replaces what flows of the account remember under a key.
    SetValue(AccountSid, String, String),
    /// Nothing happens if it is not there.
    ForgetValue(AccountSid, String),
    /// Inserts or replaces a sound file by its name.
    SaveSound(Box<KeptSound>),
    /// `Conflict` if it is not there.
    DeleteSound(AccountSid, String),
}

/// A sound file with its bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptSound {
    /// Its facts.
    pub sound: Sound,
    /// Its bytes; whoever sealed them can open them.
    pub content: Sealed,
}

/// Executions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ExecutionFilter {
    /// Of this flow; of every flow of the account where absent.
    pub flow: Option<FlowSid>,
    /// By when they began, to the millisecond.
    pub created: Span,
    /// Going on, or over.
    pub is_active: Option<bool>,
}

/// Questions about flows. Lists are newest first unless the page says otherwise.
#[async_trait]
pub trait FlowStore: Send + Sync {
    /// One flow.
    async fn flow(&self, account: AccountSid, sid: FlowSid) -> Result<Option<Flow>, StoreError>;
    /// Flows.
    async fn flows(&self, account: AccountSid, page: &Page) -> Result<Vec<Flow>, StoreError>;
    /// How many flows the account has.
    async fn count_flows(&self, account: AccountSid) -> Result<u64, StoreError>;
    /// Flows of all accounts whose schedule is due, longest due first.
    async fn due_flows(&self, now: Timestamp, limit: u32) -> Result<Vec<Flow>, StoreError>;
    /// One revision.
    async fn flow_revision(
        &self,
        account: AccountSid,
        flow: FlowSid,
        revision: u32,
    ) -> Result<Option<FlowRevision>, StoreError>;
    /// Revisions, newest first; at most `limit`.
    async fn flow_revisions(
        &self,
        account: AccountSid,
        flow: FlowSid,
        limit: u32,
    ) -> Result<Vec<FlowRevision>, StoreError>;
    /// One execution.
    async fn flow_execution(
        &self,
        account: AccountSid,
        sid: ExecutionSid,
    ) -> Result<Option<FlowExecution>, StoreError>;
    /// Flows whose published revision is started by events of this queue; at most `limit`.
    async fn flows_of_queue(
        &self,
        account: AccountSid,
        queue: &str,
        limit: u32,
    ) -> Result<Vec<Flow>, StoreError>;
    /// What flows of the account counted on these days (`YYYY-MM-DD`, both included), newest first; at most a thousand rows.
    async fn flow_metrics(
        &self,
        account: AccountSid,
        days: (&str, &str),
    ) -> Result<Vec<FlowMetric>, StoreError>;
    /// What happened in the queues of the account on these days (`YYYY-MM-DD`, both included), newest first; at most a thousand rows.
    async fn queue_days(&self, account: AccountSid, days: (&str, &str)) -> Result<Vec<QueueDay>, StoreError>;
    /// Executions.
    async fn flow_executions(
        &self,
        account: AccountSid,
        filter: ExecutionFilter,
        page: &Page,
    ) -> Result<Vec<FlowExecution>, StoreError>;
    /// The execution that runs on this call.
    async fn execution_of_call(
        &self,
        account: AccountSid,
        call: CallSid,
    ) -> Result<Option<FlowExecution>, StoreError>;
    /// The oldest execution that waits for a message from `contact` to `platform`.
    async fn execution_awaiting(
        &self,
        account: AccountSid,
        platform: &str,
        contact: &str,
    ) -> Result<Option<FlowExecution>, StoreError>;
    /// Executions of all accounts that have to be looked at, longest due first.
    async fn due_executions(&self, now: Timestamp, limit: u32) -> Result<Vec<FlowExecution>, StoreError>;
    /// Steps of an execution, in order; at most 10 000.
    async fn flow_steps(
        &self,
        account: AccountSid,
        execution: ExecutionSid,
    ) -> Result<Vec<FlowStep>, StoreError>;
    /// Steps of the newest `executions` of a flow, in no order; at most `limit`.
    async fn recent_flow_steps(
        &self,
        account: AccountSid,
        flow: FlowSid,
        executions: u32,
        limit: u32,
    ) -> Result<Vec<FlowStep>, StoreError>;
    /// What flows of all accounts are still to be told, oldest first.
    async fn flow_cues(&self, limit: u32) -> Result<Vec<FlowCue>, StoreError>;
    /// What flows of the account remember under a key.
    async fn flow_value(&self, account: AccountSid, key: &str) -> Result<Option<String>, StoreError>;
    /// Sound files of an account, by name; at most `limit`.
    async fn sounds(&self, account: AccountSid, limit: u32) -> Result<Vec<Sound>, StoreError>;
    /// One of them.
    async fn sound(&self, account: AccountSid, name: &str) -> Result<Option<Sound>, StoreError>;
    /// Its bytes, as they were given.
    async fn sound_content(&self, account: AccountSid, name: &str) -> Result<Option<Sealed>, StoreError>;
}
