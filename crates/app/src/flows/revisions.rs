//! Publishing, and going back.

use flexio_domain::{Account, AccountSid, ErrorCode, Flow, FlowRevision, FlowSid, Stage};
use flexio_flows as engine;
use flexio_store::{Change, ChangeSet, FlowChange};

use super::{FlowContent, definition_of, must_be_valid, stages};
use crate::App;
use crate::auth::must_be_active;
use crate::error::{AppError, refuse};

/// Revisions shown at once.
const REVISIONS_SHOWN: u32 = 200;

impl App {
    /// [`App::publish_flow_to`] production.
    pub async fn publish_flow(
        &self,
        account: &Account,
        sid: FlowSid,
        note: &str,
    ) -> Result<FlowRevision, AppError> {
        self.publish_flow_to(account, sid, note, Stage::Production).await
    }

    /// Freezes the draft as a new revision, which answers in that environment from now on. Refused while it has errors or one of its tests fails.
    pub async fn publish_flow_to(
        &self,
        account: &Account,
        sid: FlowSid,
        note: &str,
        stage: Stage,
    ) -> Result<FlowRevision, AppError> {
        must_be_active(account)?;
        retrying!(async {
            let flow = self.flow(account.sid, sid).await?;
            self.publish(flow, note, stage).await
        })
    }

    async fn publish(&self, mut flow: Flow, note: &str, stage: Stage) -> Result<FlowRevision, AppError> {
        self.must_be_in_force(flow.account_sid).await?;
        let document = definition_of(&flow.definition)?;
        must_be_valid(&document)?;
        for result in self.test_flow(&flow, &document).await? {
            if let Some(difference) = result.differences.first() {
                return Err(refuse(
                    ErrorCode::FlowTestsFailed,
                    format!("The test `{}`: {difference}.", result.name),
                ));
            }
        }
        let now = self.clock.now();
        let revision = FlowRevision {
            flow_sid: flow.sid,
            revision: flow.last_revision + 1,
            account_sid: flow.account_sid,
            definition: flow.definition.clone(),
            studio: flow.studio.clone(),
            note: note.chars().take(1_000).collect(),
            created_at: now,
        };
        let switched_on =
            if stages::answers(&flow) { None } else { Some(self.designer_begins(&flow, now).await?) };
        flow.last_revision = revision.revision;
        match stage {
            Stage::Test => flow.test.revision = Some(revision.revision),
            Stage::Production => {
                flow.published_revision = Some(revision.revision);
                // Everybody gets what was just published.
                (flow.production.revision, flow.production.percent) = (None, 0);
                stages::follow(&mut flow, &document, now);
            }
        }
        flow.updated_at = now;
        let mut changes = ChangeSet::from(Change::from(FlowChange::UpdateFlow(flow)))
            .with(FlowChange::AddRevision(revision.clone()).into());
        if let Some(switched_on) = switched_on {
            changes.append(switched_on);
        }
        self.store.commit(changes).await?;
        self.wake.flows.notify_one();
        Ok(revision)
    }

    /// One revision.
    pub async fn flow_revision(
        &self,
        account: AccountSid,
        flow: FlowSid,
        revision: u32,
    ) -> Result<FlowRevision, AppError> {
        let found = self.store.flow_revision(account, flow, revision).await?;
        found.ok_or_else(|| ErrorCode::NotFound.into())
    }

    /// Revisions, newest first; the last two hundred.
    pub async fn flow_revisions(
        &self,
        account: AccountSid,
        flow: FlowSid,
    ) -> Result<Vec<FlowRevision>, AppError> {
        self.flow(account, flow).await?;
        Ok(self.store.flow_revisions(account, flow, REVISIONS_SHOWN).await?)
    }

    /// Publishes the content of an older revision again; the draft becomes it too.
    pub async fn restore_flow_revision(
        &self,
        account: &Account,
        flow: FlowSid,
        number: u32,
    ) -> Result<FlowRevision, AppError> {
        let revision = self.flow_revision(account.sid, flow, number).await?;
        let note = format!("back to revision {number}");
        let document = definition_of(&revision.definition)?;
        let content = FlowContent { flow: document, studio: revision.studio, note: note.clone() };
        self.save_flow(account, flow, None, content).await?;
        self.publish_flow(account, flow, &note).await
    }
}

/// When the schedule of a document is next due.
pub(super) fn next_due(
    document: &engine::Flow,
    now: flexio_domain::Timestamp,
) -> Option<flexio_domain::Timestamp> {
    document.nodes.iter().find_map(|node| match &node.kind {
        engine::nodes::Kind::OnSchedule(schedule) => engine::next_run(schedule, now),
        _ => None,
    })
}
