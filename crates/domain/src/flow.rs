//! Flows as they are kept, and what their executions leave.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{AccountSid, CallSid, ExecutionSid, FlowSid, Sealed};

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
    /// Creation.
    pub created_at: Timestamp,
    /// Last change.
    pub updated_at: Timestamp,
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
