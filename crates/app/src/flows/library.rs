//! The documents an execution may need: its own, and those of the sub-flows it can reach.

use std::collections::BTreeMap;
use std::sync::Arc;

use flexio_domain::{AccountSid, FlowSid};
use flexio_flows::nodes::Kind;
use flexio_flows::{self as engine, FlowRef, Library, State};

use super::definition_of;
use crate::App;
use crate::error::AppError;

/// Flows one execution may use, at most; further sub-flows are not found.
const FLOWS_MAX: usize = 20;

/// What stands for the draft where a revision is named: published ones count from 1.
pub(super) const DRAFT_REVISION: u32 = 0;

impl App {
    /// Everything `state` may need; revisions it began with stay what they were.
    pub(super) async fn flow_library(&self, account: AccountSid, state: &State) -> Result<Library, AppError> {
        let mut library = Library::default();
        let mut wanted: Vec<FlowRef> = state.frames.iter().map(|frame| frame.flow.clone()).collect();
        wanted.push(state.flow.clone());
        self.fill(account, &mut library, wanted).await?;
        Ok(library)
    }

    /// A document that is not saved, with the published sub-flows it can reach.
    pub(super) async fn library_of(
        &self,
        account: AccountSid,
        sid: FlowSid,
        document: &engine::Flow,
    ) -> Result<(FlowRef, Library), AppError> {
        let reference = FlowRef { sid: sid.to_string(), revision: DRAFT_REVISION };
        let mut library = Library::default();
        library.flows.insert(reference.clone(), Arc::new(document.clone()));
        let wanted = self.published(account, document, &mut library.published).await?;
        self.fill(account, &mut library, wanted).await?;
        Ok((reference, library))
    }

    async fn fill(
        &self,
        account: AccountSid,
        library: &mut Library,
        mut wanted: Vec<FlowRef>,
    ) -> Result<(), AppError> {
        while let Some(reference) = wanted.pop() {
            if library.flows.contains_key(&reference) || library.flows.len() >= FLOWS_MAX {
                continue;
            }
            let Ok(sid) = reference.sid.parse() else { continue };
            let Some(definition) = self.definition_at(account, sid, reference.revision).await? else {
                continue;
            };
            let document = definition_of(&definition)?;
            wanted.extend(self.published(account, &document, &mut library.published).await?);
            library.flows.insert(reference, Arc::new(document));
        }
        Ok(())
    }

    /// What is written in a revision, or in the draft as it is now.
    async fn definition_at(
        &self,
        account: AccountSid,
        flow: FlowSid,
        revision: u32,
    ) -> Result<Option<String>, AppError> {
        if revision == DRAFT_REVISION {
            return Ok(self.store.flow(account, flow).await?.map(|flow| flow.definition));
        }
        Ok(self.store.flow_revision(account, flow, revision).await?.map(|it| it.definition))
    }

    /// The published revisions of the sub-flows a document names.
    async fn published(
        &self,
        account: AccountSid,
        document: &engine::Flow,
        known: &mut BTreeMap<String, u32>,
    ) -> Result<Vec<FlowRef>, AppError> {
        let mut found = Vec::new();
        for node in &document.nodes {
            let Kind::Subflow(subflow) = &node.kind else { continue };
            let Ok(sid) = subflow.flow.parse::<FlowSid>() else { continue };
            let revision = match known.get(&subflow.flow) {
                Some(revision) => Some(*revision),
                None => self.store.flow(account, sid).await?.and_then(|flow| flow.published_revision),
            };
            if let Some(revision) = revision {
                known.insert(subflow.flow.clone(), revision);
                found.push(FlowRef { sid: subflow.flow.clone(), revision });
            }
        }
        Ok(found)
    }
}
