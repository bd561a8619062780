//! Environments: what answers in test and in production, and what differs there.

use std::collections::BTreeMap;

use flexio_domain::{Account, ErrorCode, Flow, FlowEnvironment, FlowSid, Stage, Timestamp};
use flexio_flows as engine;
use flexio_store::{Change, ChangeSet, FlowChange};
use serde::Deserialize;

use super::definition_of;
use super::revisions::next_due;
use crate::App;
use crate::auth::must_be_active;
use crate::error::{AppError, refuse};

/// Bytes of a variable's value, at most.
const VALUE_BYTES_MAX: usize = 4_096;
/// Begins the key of a secret of the test environment; no name has a dot.
const TEST: &str = "test.";

/// Under which key a secret of an environment is kept.
pub(super) fn secret_key(stage: Stage, name: &str) -> String {
    match stage {
        Stage::Production => name.to_owned(),
        Stage::Test => format!("{TEST}{name}"),
    }
}

/// The name of a secret kept under `key`, if it is of this environment.
pub(super) fn secret_name(stage: Stage, key: &str) -> Option<&str> {
    match stage {
        Stage::Production => Some(key).filter(|key| !key.starts_with(TEST)),
        Stage::Test => key.strip_prefix(TEST),
    }
}

/// What becomes of a value that may be there or not. Read from JSON, null clears it and absence keeps it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Put<T> {
    /// It stays.
    #[default]
    Keep,
    /// There is none from now on.
    Clear,
    /// It is this from now on.
    Set(T),
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Put<T> {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Ok(Option::<T>::deserialize(from)?.map_or(Self::Clear, Self::Set))
    }
}

/// A revision, and how many of a hundred contacts get it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rollout {
    /// The revision.
    pub revision: u32,
    /// 1 to 99.
    pub percent: u32,
}

/// What changes in an environment.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct StageChange {
    /// The revision that answers; production refuses to have none.
    pub revision: Put<u32>,
    /// Production: what a part of the contacts gets.
    pub rollout: Put<Rollout>,
    /// What variables begin with; `None` leaves them.
    pub variables: Option<BTreeMap<String, String>>,
}

/// An environment of a flow.
pub(super) fn environment(flow: &Flow, stage: Stage) -> &FlowEnvironment {
    match stage {
        Stage::Production => &flow.production,
        Stage::Test => &flow.test,
    }
}

/// Whether anything of the flow answers.
pub(super) fn answers(flow: &Flow) -> bool {
    flow.published_revision.is_some() || flow.test.revision.is_some()
}

/// The revision that answers `contact` in an environment. The same contact gets the same one as long as a roll-out lasts.
pub(super) fn revision_for(flow: &Flow, stage: Stage, contact: &str) -> Option<u32> {
    let published = match stage {
        Stage::Test => return flow.test.revision,
        Stage::Production => flow.published_revision?,
    };
    let Some(next) = flow.production.revision else { return Some(published) };
    let digest = crate::vault::digest_parts(&[
        b"rollout",
        &flow.sid.as_u128().to_be_bytes(),
        &next.to_be_bytes(),
        contact.as_bytes(),
    ]);
    let of_hundred = u32::from(u16::from_be_bytes([digest[0], digest[1]])) % 100;
    Some(if of_hundred < flow.production.percent { next } else { published })
}

/// Production runs this document from now on: its clock and queue follow.
pub(super) fn follow(flow: &mut Flow, document: &engine::Flow, now: Timestamp) {
    flow.due_at = next_due(document, now);
    flow.queue = document.nodes.iter().find_map(|node| match &node.kind {
        engine::nodes::Kind::OnQueue(trigger) => Some(trigger.queue.trim().to_owned()),
        _ => None,
    });
}

impl App {
    /// Changes what runs in an environment, without a new revision: from test to production, back to an older one, a part of the contacts to
    /// a newer one, other values of variables. Running executions stay as they are.
    pub async fn change_flow_stage(
        &self,
        account: &Account,
        sid: FlowSid,
        stage: Stage,
        change: &StageChange,
    ) -> Result<Flow, AppError> {
        must_be_active(account)?;
        let variables = change.variables.clone().unwrap_or_default();
        if let Some((name, _)) = variables.iter().find(|(_, value)| value.len() > VALUE_BYTES_MAX) {
            return Err(refuse(ErrorCode::InvalidParameter, format!("The value of `{name}` is too long.")));
        }
        retrying!(async {
            let mut flow = self.flow(account.sid, sid).await?;
            let did = answers(&flow);
            match change.revision {
                Put::Keep => {}
                Put::Clear => self.put_revision(&mut flow, stage, None).await?,
                Put::Set(revision) => self.put_revision(&mut flow, stage, Some(revision)).await?,
            }
            match change.rollout {
                Put::Keep => {}
                Put::Clear => (flow.production.revision, flow.production.percent) = (None, 0),
                Put::Set(rollout) => self.roll_out(&mut flow, stage, rollout).await?,
            }
            let environment = match stage {
                Stage::Production => &mut flow.production,
                Stage::Test => &mut flow.test,
            };
            if let Some(variables) = &change.variables {
                environment.variables.clone_from(variables);
            }
            let now = self.clock.now();
            flow.updated_at = now;
            let mut changes = ChangeSet::new();
            match (did, answers(&flow)) {
                (false, true) => {
                    self.must_be_in_force(flow.account_sid).await?;
                    changes.append(self.designer_begins(&flow, now).await?);
                }
                (true, false) => changes.push(Self::designer_ends(account.sid, sid, now)),
                (true, true) | (false, false) => {}
            }
            changes.push(Change::from(FlowChange::UpdateFlow(flow.clone())));
            self.store.commit(changes).await?;
            flow.version += 1;
            Ok::<_, AppError>(flow)
        })
    }

    async fn put_revision(&self, flow: &mut Flow, stage: Stage, number: Option<u32>) -> Result<(), AppError> {
        let document = match number {
            Some(number) => Some(definition_of(
                &self.flow_revision(flow.account_sid, flow.sid, number).await?.definition,
            )?),
            None => None,
        };
        match (stage, document) {
            (Stage::Test, _) => flow.test.revision = number,
            (Stage::Production, Some(document)) => {
                flow.published_revision = number;
                follow(flow, &document, self.clock.now());
            }
            (Stage::Production, None) => {
                return Err(refuse(ErrorCode::InvalidParameter, "Production needs a revision."));
            }
        }
        Ok(())
    }

    async fn roll_out(&self, flow: &mut Flow, stage: Stage, rollout: Rollout) -> Result<(), AppError> {
        if stage != Stage::Production || flow.published_revision.is_none() {
            let why = "Only production can be rolled out to a part, and only where it has a revision.";
            return Err(refuse(ErrorCode::InvalidParameter, why));
        }
        if !(1..=99).contains(&rollout.percent) {
            return Err(refuse(ErrorCode::InvalidParameter, "percent must be 1 to 99."));
        }
        self.flow_revision(flow.account_sid, flow.sid, rollout.revision).await?;
        flow.production.revision = Some(rollout.revision);
        flow.production.percent = rollout.percent;
        Ok(())
    }
}
