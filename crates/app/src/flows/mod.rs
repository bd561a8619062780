//! Flows: drafts, revisions, secrets, and the executions that run them.
//!
//! An execution is driven by whoever has news for it: a call that asks what next ([`App::flow_document`]), a message that came in
//! ([`App::flow_message`]), the API ([`App::start_flow`]), the clock ([`keep_running`]). Each takes the execution's lock, lets the
//! engine run, does what it asks for, and commits state and steps together.
//!
//! Invariants
//! - A revision never changes, and an execution stays on its revision.
//! - What an execution did is kept with its new state in one transaction. After a crash it goes on from the last such state: a web
//!   request may then be made again, a message or call is not.

mod costs;
mod counted;
mod drive;
mod effects;
mod entry;
mod library;
mod queues;
mod revisions;
mod stages;
mod tests_gate;
mod traffic;
mod work;

use std::collections::BTreeMap;

use async_trait::async_trait;
use flexio_domain::{Account, AccountSid, ErrorCode, Flow, FlowEnvironment, FlowSid, Stage};
use flexio_flows as engine;
use flexio_store::{Change, ChangeSet, FlowChange, Page, StoreError};

use crate::App;
use crate::auth::must_be_active;
use crate::error::{AppError, refuse};
use crate::idempotency::Keep;

pub use costs::{FlowCosts, PricedUse, WayCost};
pub use engine::nodes::QueueEvent;
pub use entry::{FlowAt, FlowStart, flow_url_of};
pub use stages::{Put, Rollout, StageChange};
pub use tests_gate::TestResult;
pub use traffic::FlowTraffic;
pub use work::{keep_running, run_due};

/// Flows of one account, at most.
pub const FLOWS_MAX: u64 = 1_000;
/// Secrets of one flow, at most.
const SECRETS_MAX: usize = 50;
/// Bytes of a secret, at most.
const SECRET_BYTES_MAX: usize = 4_096;

/// Makes the web requests of flows, behind the platform's guard.
#[async_trait]
pub trait FlowHttp: Send + Sync + std::fmt::Debug {
    /// Makes one request. `token` is the same when it is made again after a crash.
    async fn exchange(&self, request: &engine::HttpRequest, token: &str) -> engine::HttpOutcome;
}

/// A document to save.
#[derive(Debug, Clone)]
pub struct FlowContent {
    /// The document.
    pub flow: engine::Flow,
    /// As it was given, where that was Studio's form.
    pub studio: Option<String>,
    /// Why.
    pub note: String,
}

impl FlowContent {
    fn definition(&self) -> Result<String, AppError> {
        let text = engine::to_value(&self.flow).to_string();
        if text.len() > engine::DOCUMENT_BYTES_MAX || text.contains('\0') {
            return Err(refuse(
                ErrorCode::FlowInvalid,
                "The document is larger than 1 MiB, or holds a NUL character.",
            ));
        }
        Ok(text)
    }
}

/// Reads a document that was saved.
pub fn definition_of(text: &str) -> Result<engine::Flow, AppError> {
    let value = serde_json::from_str(text).map_err(broken)?;
    engine::read(value).map_err(broken)
}

/// What was saved cannot be read, or what is to be saved cannot be written.
fn broken(error: impl std::fmt::Display) -> AppError {
    AppError::Store(StoreError::Broken(error.to_string().into()))
}

/// Refuses a document with its first error.
pub fn must_be_valid(flow: &engine::Flow) -> Result<(), AppError> {
    let problems = engine::validate(flow);
    let Some(problem) = problems.iter().find(|problem| problem.severity == engine::Severity::Error) else {
        return Ok(());
    };
    let place = problem.node.as_ref().map(|node| format!("`{node}`: ")).unwrap_or_default();
    Err(refuse(ErrorCode::FlowInvalid, format!("{place}{}: {}.", problem.text, problem.cure)))
}

impl App {
    /// Names who makes the web requests of flows; the first one stays. Without one, such a node leaves by `failed`.
    pub fn set_flow_http(&self, http: std::sync::Arc<dyn FlowHttp>) {
        if self.flow_http.set(http).is_err() {
            tracing::warn!("the web client of flows was set twice; the first stays");
        }
    }

    /// Makes a flow with this draft.
    pub async fn create_flow(
        &self,
        account: &Account,
        content: FlowContent,
        keep: Keep<'_, Flow>,
    ) -> Result<Flow, AppError> {
        must_be_active(account)?;
        if self.store.count_flows(account.sid).await? >= FLOWS_MAX {
            return Err(ErrorCode::TooManyResources.into());
        }
        let now = self.clock.now();
        let flow = Flow {
            sid: FlowSid::new(),
            version: 1,
            account_sid: account.sid,
            name: checked_name(&content.flow.name)?,
            definition: content.definition()?,
            studio: content.studio,
            note: content.note,
            published_revision: None,
            last_revision: 0,
            secrets: BTreeMap::new(),
            due_at: None,
            queue: None,
            test: FlowEnvironment::default(),
            production: FlowEnvironment::default(),
            created_at: now,
            updated_at: now,
        };
        let change = Change::from(FlowChange::CreateFlow(flow.clone()));
        self.commit_creation(change.into(), &flow, keep).await?;
        Ok(flow)
    }

    /// One flow.
    pub async fn flow(&self, account: AccountSid, sid: FlowSid) -> Result<Flow, AppError> {
        self.store.flow(account, sid).await?.ok_or_else(|| ErrorCode::NotFound.into())
    }

    /// Flows.
    pub async fn flows(&self, account: AccountSid, page: &Page) -> Result<Vec<Flow>, AppError> {
        Ok(self.store.flows(account, page).await?)
    }

    /// Saves a draft. With `version`, only over that one: [`ErrorCode::FlowChanged`] where the flow has moved on.
    pub async fn save_flow(
        &self,
        account: &Account,
        sid: FlowSid,
        version: Option<u32>,
        content: FlowContent,
    ) -> Result<Flow, AppError> {
        must_be_active(account)?;
        let name = checked_name(&content.flow.name)?;
        let definition = content.definition()?;
        let saved = self
            .change_flow(account.sid, sid, |flow| {
                if version.is_some_and(|version| version != flow.version) {
                    let detail = format!("The flow has version {} now.", flow.version);
                    return Err(refuse(ErrorCode::FlowChanged, detail));
                }
                flow.name.clone_from(&name);
                flow.definition.clone_from(&definition);
                flow.studio.clone_from(&content.studio);
                flow.note.clone_from(&content.note);
                Ok(())
            })
            .await;
        match saved {
            Err(AppError::Store(StoreError::Conflict(_)) | AppError::Contended) if version.is_some() => {
                Err(ErrorCode::FlowChanged.into())
            }
            saved => saved,
        }
    }

    /// Reads a flow, changes it, saves it; again where somebody else was quicker.
    async fn change_flow(
        &self,
        account: AccountSid,
        sid: FlowSid,
        change: impl Fn(&mut Flow) -> Result<(), AppError>,
    ) -> Result<Flow, AppError> {
        retrying!(async {
            let mut flow = self.flow(account, sid).await?;
            change(&mut flow)?;
            flow.updated_at = self.clock.now();
            self.store.commit(Change::from(FlowChange::UpdateFlow(flow.clone())).into()).await?;
            flow.version += 1;
            Ok::<_, AppError>(flow)
        })
    }

    /// Sets secrets of an environment, and forgets those that are `None`. Their values are sealed and never shown.
    pub async fn set_flow_secrets(
        &self,
        account: &Account,
        sid: FlowSid,
        stage: Stage,
        values: &BTreeMap<String, Option<String>>,
    ) -> Result<Flow, AppError> {
        must_be_active(account)?;
        for (name, value) in values {
            let is_name = !name.is_empty()
                && name.len() <= 64
                && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
            if !is_name
                || value.as_ref().is_some_and(|value| value.is_empty() || value.len() > SECRET_BYTES_MAX)
            {
                return Err(refuse(
                    ErrorCode::InvalidParameter,
                    format!("The secret `{name}` cannot be kept."),
                ));
            }
        }
        let owner = sid.to_string();
        self.change_flow(account.sid, sid, |flow| {
            for (name, value) in values {
                let name = stages::secret_key(stage, name);
                match value {
                    Some(value) => flow.secrets.insert(name, self.vault.seal(&owner, value.as_bytes())),
                    None => flow.secrets.remove(&name),
                };
            }
            if flow.secrets.len() > SECRETS_MAX {
                return Err(ErrorCode::TooManyResources.into());
            }
            Ok(())
        })
        .await
    }

    /// Deletes a flow with its revisions and what is over; executions that go on are ended.
    pub async fn delete_flow(&self, account: &Account, sid: FlowSid) -> Result<(), AppError> {
        must_be_active(account)?;
        self.flow(account.sid, sid).await?;
        self.end_executions(account.sid, sid).await?;
        let changes = ChangeSet::from(Change::from(FlowChange::DeleteFlow(account.sid, sid)))
            .with(Self::designer_ends(account.sid, sid, self.clock.now()));
        Ok(self.store.commit(changes).await?)
    }

    /// Values of a flow's secrets in an environment; one that test does not have is production's.
    fn open_secrets(&self, flow: &Flow, stage: Stage) -> Result<BTreeMap<String, String>, AppError> {
        let owner = flow.sid.to_string();
        let mut values = BTreeMap::new();
        for name in flow.secrets.keys().filter_map(|key| stages::secret_name(Stage::Production, key)) {
            let own = flow.secrets.get(&stages::secret_key(stage, name));
            let Some(sealed) = own.or_else(|| flow.secrets.get(name)) else { continue };
            let bytes = self.vault.open(&owner, sealed)?;
            values.insert(name.to_owned(), String::from_utf8_lossy(&bytes).into_owned());
        }
        for (key, sealed) in &flow.secrets {
            let Some(name) = stages::secret_name(stage, key).filter(|name| !values.contains_key(*name))
            else {
                continue;
            };
            let bytes = self.vault.open(&owner, sealed)?;
            values.insert(name.to_owned(), String::from_utf8_lossy(&bytes).into_owned());
        }
        Ok(values)
    }

    /// The value of one secret, for whoever has to compare it.
    pub fn flow_secret(&self, flow: &Flow, name: &str) -> Result<Option<String>, AppError> {
        Ok(self.open_secrets(flow, Stage::Production)?.remove(name))
    }
}

fn checked_name(name: &str) -> Result<String, AppError> {
    if name.trim().is_empty() || name.chars().count() > 64 || name.chars().any(char::is_control) {
        return Err(refuse(ErrorCode::FlowInvalid, "A flow needs a name of at most 64 characters."));
    }
    Ok(name.to_owned())
}
