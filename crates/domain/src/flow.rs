//! Flows as they are kept, and what their executions leave.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{AccountSid, CallSid, ExecutionSid, FlowSid, RequestSid, Sealed};

/// A flow with its draft.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Flow {
    /// Identity.
    pub sid: FlowSid,
    /// Optimistic lock; the `ETag` of the API.
    pub version: u32,
    /// Owner.
    pub account_sid: AccountSid,
    /// At most 64 characters.
    pub name: String,
    /// The draft as JSON.
    pub definition: String,
    /// The draft as it was given, where that was another designer's form: Studio's.
    pub studio: Option<String>,
    /// Note of the last change.
    pub note: String,
    /// Revision that answers; `None` before the first publication.
    pub published_revision: Option<u32>,
    /// Number of the last revision made.
    pub last_revision: u32,
    /// Values of its secrets, sealed.
    pub secrets: BTreeMap<String, Sealed>,
    /// When its schedule is next due.
    pub due_at: Option<Timestamp>,
    /// Name of the queue whose events start the published revision; empty for every queue.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub queue: Option<String>,
    /// What the test environment runs.
    #[serde(default)]
    pub test: FlowEnvironment,
    /// What production has beside the published revision.
    #[serde(default)]
    pub production: FlowEnvironment,
    /// Creation.
    pub created_at: Timestamp,
    /// Last change.
    pub updated_at: Timestamp,
}

/// Where a flow runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// What answers at `flow:FW…`.
    #[default]
    Production,
    /// What answers at `flow:FW…/test`.
    Test,
}

impl Stage {
    /// As written.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Production => "production",
            Self::Test => "test",
        }
    }

    /// Read from what [`Stage::as_str`] writes.
    pub fn named(name: &str) -> Option<Self> {
        [Self::Production, Self::Test].into_iter().find(|stage| stage.as_str() == name)
    }
}

/// An environment of a flow.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct FlowEnvironment {
    /// Test: the revision that answers. Production: the one some of the contacts get instead of the published one.
    pub revision: Option<u32>,
    /// Production: how many of a hundred contacts get `revision`, 1 to 99.
    pub percent: u32,
    /// What variables begin with here, in place of what the document says; read as the variable's type.
    pub variables: BTreeMap<String, String>,
}

/// A published state of a flow; it never changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FlowRevision {
    /// The flow.
    pub flow_sid: FlowSid,
    /// From 1.
    pub revision: u32,
    /// Owner.
    pub account_sid: AccountSid,
    /// The document as JSON.
    pub definition: String,
    /// As it was given, where that was Studio's form.
    pub studio: Option<String>,
    /// Why it was published.
    pub note: String,
    /// When.
    pub created_at: Timestamp,
}

/// One run of a flow.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FlowExecution {
    /// Identity.
    pub sid: ExecutionSid,
    /// Optimistic lock.
    pub version: u32,
    /// Owner.
    pub account_sid: AccountSid,
    /// The flow.
    pub flow_sid: FlowSid,
    /// Revision it runs, to its end.
    pub revision: u32,
    /// Environment it runs in, to its end.
    #[serde(default)]
    pub stage: Stage,
    /// Whether it goes on.
    pub is_active: bool,
    /// The other side.
    pub contact: String,
    /// Our side.
    pub platform: String,
    /// The call it runs on.
    pub call_sid: Option<CallSid>,
    /// What it remembers, as JSON of the engine.
    pub state: String,
    /// When it has to be looked at, if nothing happens before.
    pub due_at: Option<Timestamp>,
    /// It waits for a message of the contact to our side.
    pub awaits_reply: bool,
    /// Creation.
    pub created_at: Timestamp,
    /// Last change.
    pub updated_at: Timestamp,
}

/// Something that happened in a queue, which the flows that wait for it are still to be told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FlowCue {
    /// Its sid, which tells of its place: older ones are told first.
    pub sid: RequestSid,
    /// Whose queue.
    pub account_sid: AccountSid,
    /// Name of the queue.
    pub queue: String,
    /// Who waited.
    pub call_sid: CallSid,
    /// `entered`, `served` or `abandoned`.
    pub event: String,
    /// How long it had waited, in whole seconds.
    pub waited_s: u32,
    /// When it happened.
    pub at: Timestamp,
}

/// What flows of an account counted on a day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FlowMetric {
    /// Name of the measure.
    pub name: String,
    /// Day in UTC, `YYYY-MM-DD`.
    pub day: String,
    /// Steps that counted.
    pub uses: u64,
    /// Sum of what they added.
    pub total: i64,
}

/// A finished step of an execution.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FlowStep {
    /// The execution.
    pub execution_sid: ExecutionSid,
    /// From 1.
    pub sequence: u32,
    /// Owner.
    pub account_sid: AccountSid,
    /// What happened, as JSON of the engine; secrets are masked.
    pub log: String,
}
