//! Which ways executions of a flow took lately, and where they are.

use std::collections::BTreeMap;

use flexio_domain::{AccountSid, FlowSid};
use flexio_flows::StepLog;
use flexio_store::{ExecutionFilter, Page};

use super::broken;
use super::drive::state_of;
use crate::App;
use crate::error::AppError;

/// Executions that are looked at.
const EXECUTIONS: u32 = 200;
/// Their steps, at most: those of a loop without a pause are many.
const STEPS: u32 = 20_000;

/// The newest executions of a flow together.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FlowTraffic {
    /// How often a step was left by an outcome: (step, outcome).
    pub left: BTreeMap<(String, String), u64>,
    /// How many executions are at a step now.
    pub at: BTreeMap<String, u64>,
}

impl App {
    /// How the newest two hundred executions of a flow went, whatever their environment and revision.
    pub async fn flow_traffic(&self, account: AccountSid, flow: FlowSid) -> Result<FlowTraffic, AppError> {
        self.flow(account, flow).await?;
        let mut traffic = FlowTraffic::default();
        for step in self.store.recent_flow_steps(account, flow, EXECUTIONS, STEPS).await? {
            let log: StepLog = serde_json::from_str(&step.log).map_err(broken)?;
            if let Some(port) = log.port {
                *traffic.left.entry((log.node, port)).or_default() += 1;
            }
        }
        let running =
            ExecutionFilter { flow: Some(flow), is_active: Some(true), ..ExecutionFilter::default() };
        let page = Page { limit: EXECUTIONS, ..Page::default() };
        for execution in self.store.flow_executions(account, running, &page).await? {
            if let Some(node) = state_of(&execution)?.node {
                *traffic.at.entry(node).or_default() += 1;
            }
        }
        Ok(traffic)
    }
}
