//! Where executions begin and hear of the world: calls, messages, the API.

use std::collections::BTreeMap;

use flexio_domain::{
    Account, AccountSid, CallSid, ErrorCode, ExecutionSid, FlowExecution, FlowRevision, FlowSid, Message,
    Stage, Timestamp,
};
use flexio_flows::nodes::{Kind, WebTrigger};
use flexio_flows::{Advance, Channel, Event, FlowRef, Start, State};
use flexio_store::{Change, FlowChange, StoreError};
use jiff::SignedDuration;

use super::definition_of;
use super::drive::{LEASE_S, state_of};
use super::library::DRAFT_REVISION;
use super::stages;
use crate::App;
use crate::auth::must_be_active;
use crate::error::{AppError, refuse};
use crate::idempotency::Keep;

/// Bytes of the data an execution is started with.
const DATA_BYTES_MAX: usize = 64 * 1024;

/// Keeps the signature of a draft's address from being good for anything else the vault signs.
const DRAFT: &str = "draft-call";
/// Begins the address of a draft, which only [`App::draft_url`] gives: the sid of the flow and a signature follow.
const DRAFT_URL: &str = "flow:draft/";

/// A start over the API, by a web address or by the clock.
#[derive(Debug, Clone, Default)]
pub struct FlowStart {
    /// The person.
    pub to: String,
    /// Our number.
    pub from: String,
    /// `flow.data`.
    pub data: serde_json::Value,
}

/// A flow in one of its environments.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FlowAt {
    /// The flow.
    pub sid: FlowSid,
    /// The environment.
    pub stage: Stage,
}

impl FlowAt {
    /// In production.
    pub const fn production(sid: FlowSid) -> Self {
        Self { sid, stage: Stage::Production }
    }
}

/// What answers somebody: a revision, and where it does.
pub(super) struct Answering {
    pub revision: FlowRevision,
    pub stage: Stage,
    /// What variables begin with there.
    pub variables: BTreeMap<String, String>,
}

/// The flow a URL of an application stands for: `flow:FW…`, `flow:FW…/test`, or Twilio's form under the platform's own address.
pub fn flow_url_of(url: &str, base: &str) -> Option<FlowAt> {
    if let Some(rest) = url.strip_prefix("flow:") {
        return match rest.split_once('/') {
            None => rest.parse().ok().map(FlowAt::production),
            Some((sid, stage)) => Some(FlowAt { sid: sid.parse().ok()?, stage: Stage::named(stage)? }),
        };
    }
    let path = url.strip_prefix(base)?.strip_prefix("/v1/Accounts/AC")?;
    path.split_once("/Flows/").and_then(|(_, sid)| sid.parse().ok()).map(FlowAt::production)
}

impl App {
    /// What answers `contact` in an environment of a flow; `None` where nothing does.
    pub(super) async fn answering(
        &self,
        account: AccountSid,
        at: FlowAt,
        contact: &str,
    ) -> Result<Option<Answering>, AppError> {
        let Some(found) = self.store.flow(account, at.sid).await? else { return Ok(None) };
        let Some(number) = stages::revision_for(&found, at.stage, contact) else { return Ok(None) };
        let revision = self.store.flow_revision(account, at.sid, number).await?;
        let variables = stages::environment(&found, at.stage).variables.clone();
        Ok(revision.map(|revision| Answering { revision, stage: at.stage, variables }))
    }

    pub(super) fn new_execution(
        &self,
        sid: ExecutionSid,
        answering: &Answering,
        channel: Channel,
        start: Start,
    ) -> (FlowExecution, State) {
        let now = self.clock.now();
        let revision = &answering.revision;
        let start = Start { variables: answering.variables.clone(), ..start };
        let reference = FlowRef { sid: revision.flow_sid.to_string(), revision: revision.revision };
        // The lower half of a sid is chance.
        #[expect(clippy::cast_possible_truncation, reason = "the lower half is wanted")]
        let seed = sid.as_u128() as u64;
        let state = State::new(reference, channel, start, seed, now);
        let lease = now.checked_add(SignedDuration::from_secs(LEASE_S)).unwrap_or(Timestamp::MAX);
        let execution = FlowExecution {
            sid,
            version: 1,
            account_sid: revision.account_sid,
            flow_sid: revision.flow_sid,
            revision: revision.revision,
            stage: answering.stage,
            is_active: true,
            contact: state.contact.clone(),
            platform: state.platform.clone(),
            call_sid: state.call_sid.as_ref().and_then(|sid| sid.parse().ok()),
            state: serde_json::to_string(&state).unwrap_or_default(),
            due_at: Some(lease),
            awaits_reply: false,
            created_at: now,
            updated_at: now,
        };
        (execution, state)
    }

    /// The next document of a call whose application is a flow. `url` is the flow's, or that of its execution and turn; `params` are
    /// those of any request to an application. `None` where there is no such flow or execution.
    pub async fn flow_document(
        &self,
        account: AccountSid,
        url: &str,
        params: &[(String, String)],
    ) -> Result<Option<String>, AppError> {
        let params: BTreeMap<String, String> = params.iter().cloned().collect();
        let advance = match url.strip_prefix("flow:FN") {
            Some(rest) => {
                let Some((sid, turn)) = rest.split_once('/') else { return Ok(None) };
                let (Ok(sid), Ok(turn)) = (format!("FN{sid}").parse::<ExecutionSid>(), turn.parse()) else {
                    return Ok(None);
                };
                self.tell(account, sid, Event::Call { turn, params }).await?
            }
            None => match self.revision_at(account, url, &params).await? {
                Some(answering) => self.begin_on_call(&answering, params).await?,
                None => None,
            },
        };
        Ok(match advance {
            Some(Advance::Call(document) | Advance::Ended(Some(document))) => Some(document),
            Some(Advance::Ended(None) | Advance::Wait | Advance::Effect(_)) => {
                Some("<Response><Hangup/></Response>".to_owned())
            }
            None => None,
        })
    }

    /// What answers at the address of a flow: its published revision, or its draft to whom the address was signed for.
    async fn revision_at(
        &self,
        account: AccountSid,
        url: &str,
        params: &BTreeMap<String, String>,
    ) -> Result<Option<Answering>, AppError> {
        let value = |name: &str| params.get(name).map(String::as_str).unwrap_or_default();
        let Some(signed) = url.strip_prefix(DRAFT_URL) else {
            let contact = if value("Direction").starts_with("outbound") { "To" } else { "From" };
            return match flow_url_of(url, &self.config.public_base_url) {
                Some(flow) => self.answering(account, flow, value(contact)).await,
                None => Ok(None),
            };
        };
        let Some((flow, signature)) = signed.split_once('/') else { return Ok(None) };
        let caller = value("From");
        if !self.vault.verify(DRAFT, &[&account.to_string(), flow, caller], signature) {
            return Ok(None);
        }
        let Ok(flow) = flow.parse::<FlowSid>() else { return Ok(None) };
        let Some(found) = self.store.flow(account, flow).await? else { return Ok(None) };
        let revision = FlowRevision {
            flow_sid: flow,
            revision: DRAFT_REVISION,
            account_sid: account,
            definition: found.definition,
            studio: found.studio,
            note: String::new(),
            created_at: found.updated_at,
        };
        // Who tries a draft does not mean production.
        Ok(Some(Answering { revision, stage: Stage::Test, variables: found.test.variables }))
    }

    /// The address at which the draft of a flow answers calls of `caller`, `client:…`, and nobody else's. `None` where there is no such
    /// flow, or its draft has errors.
    pub async fn draft_url(
        &self,
        account: AccountSid,
        flow: FlowSid,
        caller: &str,
    ) -> Result<Option<String>, AppError> {
        let Some(found) = self.store.flow(account, flow).await? else { return Ok(None) };
        let document = definition_of(&found.definition)?;
        if super::must_be_valid(&document).is_err() || document.trigger(Channel::Call).is_none() {
            return Ok(None);
        }
        let flow = flow.to_string();
        let signature = self.vault.mac(DRAFT, &[&account.to_string(), &flow, caller]);
        Ok(Some(format!("{DRAFT_URL}{flow}/{}", crate::vault::hex(&signature))))
    }

    async fn begin_on_call(
        &self,
        answering: &Answering,
        mut params: BTreeMap<String, String>,
    ) -> Result<Option<Advance>, AppError> {
        let account = answering.revision.account_sid;
        let Some(call) = params.get("CallSid").and_then(|sid| sid.parse::<CallSid>().ok()) else {
            return Ok(None);
        };
        let mut take = |name: &str| params.remove(name).unwrap_or_default();
        let (from, to, direction) = (take("From"), take("To"), take("Direction"));
        let data = serde_json::json!(params);
        let start = Start { from, to, call_sid: Some(call.to_string()), data, ..Start::default() };
        // Asked again for its first document, a call finds the execution it began.
        let mut sid = ExecutionSid::from_u128(call.as_u128());
        if self.store.flow_execution(account, sid).await?.is_some() {
            sid = ExecutionSid::new();
        }
        let (mut execution, mut state) = self.new_execution(sid, answering, Channel::Call, start);
        if direction.starts_with("outbound") {
            // We called: the person is the one called.
            std::mem::swap(&mut state.contact, &mut state.platform);
        }
        let _turn = self.flow_turns.take(sid).await;
        self.store.commit(Change::from(FlowChange::CreateExecution(execution.clone())).into()).await?;
        self.drive(&mut execution, &mut state, Event::Start).await.map(Some)
    }

    /// A call that ran a flow, or was made by one, is over.
    pub async fn flow_call_ended(
        &self,
        account: AccountSid,
        call: CallSid,
        status: &str,
    ) -> Result<(), AppError> {
        if let Some(execution) = self.store.execution_of_call(account, call).await? {
            self.tell(account, execution.sid, Event::CallEnded(status.to_owned())).await?;
        }
        Ok(())
    }

    /// Whether an execution waited for this message; it then has it.
    pub async fn flow_reply(&self, message: &Message) -> Result<bool, AppError> {
        let (platform, contact) = (message.to.to_string(), message.from.to_string());
        let awaiting = self.store.execution_awaiting(message.account_sid, &platform, &contact).await?;
        let Some(found) = awaiting else { return Ok(false) };
        let sid = message.sid.to_string();
        let _turn = self.flow_turns.take(found.sid).await;
        let Some(mut execution) = self.store.flow_execution(message.account_sid, found.sid).await? else {
            return Ok(false);
        };
        let mut state = state_of(&execution)?;
        // Asked about again after a crash: it was the answer to the question before.
        let is_known = state.message.get("sid").and_then(serde_json::Value::as_str) == Some(sid.as_str());
        if is_known || !execution.awaits_reply {
            return Ok(is_known);
        }
        let event = Event::Reply { body: message.body.0.clone(), sid };
        self.drive(&mut execution, &mut state, event).await?;
        Ok(true)
    }

    /// Runs a flow for a message that came in. Run again for the same message, it goes on with the execution it began.
    pub async fn flow_message(&self, flow: FlowAt, message: &Message) -> Result<(), AppError> {
        let contact = message.from.to_string();
        let Some(answering) = self.answering(message.account_sid, flow, &contact).await? else {
            return Err(ErrorCode::FlowNotPublished.into());
        };
        let sid = ExecutionSid::from_u128(message.sid.as_u128());
        let start = Start {
            from: contact,
            to: message.to.to_string(),
            body: message.body.0.clone(),
            message_sid: Some(message.sid.to_string()),
            ..Start::default()
        };
        let (execution, _) = self.new_execution(sid, &answering, Channel::Message, start);
        match self.store.commit(Change::from(FlowChange::CreateExecution(execution)).into()).await {
            Ok(()) | Err(StoreError::Conflict(_)) => {}
            Err(error) => return Err(error.into()),
        }
        self.begin_execution(message.account_sid, sid).await
    }

    /// Begins an execution that was made and has not begun.
    pub(super) async fn begin_execution(
        &self,
        account: AccountSid,
        sid: ExecutionSid,
    ) -> Result<(), AppError> {
        let _turn = self.flow_turns.take(sid).await;
        let Some(mut execution) = self.store.flow_execution(account, sid).await? else { return Ok(()) };
        let mut state = state_of(&execution)?;
        if state.node.is_none() && !state.is_over() {
            self.drive(&mut execution, &mut state, Event::Start).await?;
        }
        Ok(())
    }

    /// Starts a flow over the API or at its web address. It runs after this returns.
    pub async fn start_flow(
        &self,
        account: &Account,
        flow: FlowAt,
        start: FlowStart,
        keep: Keep<'_, FlowExecution>,
    ) -> Result<FlowExecution, AppError> {
        must_be_active(account)?;
        self.flow(account.sid, flow.sid).await?;
        let answering = self.answering(account.sid, flow, &start.to).await?;
        let answering = answering.ok_or(ErrorCode::FlowNotPublished)?;
        if definition_of(&answering.revision.definition)?.trigger(Channel::Web).is_none() {
            return Err(ErrorCode::FlowNotPublished.into());
        }
        if start.data.to_string().len() > DATA_BYTES_MAX {
            return Err(refuse(ErrorCode::InvalidParameter, "The data is larger than 64 KiB."));
        }
        let start = Start { from: start.from, to: start.to, data: start.data, ..Start::default() };
        let (execution, _) = self.new_execution(ExecutionSid::new(), &answering, Channel::Web, start);
        // Due at once: whoever is first, this process or another, begins it.
        let execution = FlowExecution { due_at: Some(execution.created_at), ..execution };
        let change = Change::from(FlowChange::CreateExecution(execution.clone()));
        self.commit_creation(change.into(), &execution, keep).await?;
        self.wake.flows.notify_one();
        Ok(execution)
    }

    /// How a flow may be started at its web address; `None` where its published revision has no such trigger.
    pub async fn flow_web_trigger(
        &self,
        account: AccountSid,
        flow: FlowSid,
    ) -> Result<Option<WebTrigger>, AppError> {
        let found = self.answering(account, FlowAt::production(flow), "").await?;
        let Some(answering) = found else { return Ok(None) };
        let document = definition_of(&answering.revision.definition)?;
        Ok(document.nodes.into_iter().find_map(|node| match node.kind {
            Kind::OnWeb(trigger) => Some(trigger),
            _ => None,
        }))
    }

    /// An execution by the clock, due at once.
    pub(super) fn scheduled(&self, answering: &Answering) -> FlowExecution {
        let (execution, _) =
            self.new_execution(ExecutionSid::new(), answering, Channel::Schedule, Start::default());
        FlowExecution { due_at: Some(execution.created_at), ..execution }
    }
}
