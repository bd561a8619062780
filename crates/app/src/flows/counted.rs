//! What flows count.

use flexio_domain::{AccountSid, FlowExecution, FlowMetric, Stage};
use flexio_flows::StepLog;
use flexio_store::{Change, FlowChange};

use super::library::DRAFT_REVISION;
use crate::App;
use crate::error::AppError;

/// The number a step counted, to be kept with the step: a step is kept once, so it counts once. Trying things out does not count.
pub(super) fn counted(execution: &FlowExecution, step: &StepLog) -> Option<Change> {
    let tries = execution.revision == DRAFT_REVISION || execution.stage == Stage::Test;
    if step.kind != "metric" || step.port.as_deref() != Some("done") || tries {
        return None;
    }
    let (name, value) = (step.outputs["metric"].as_str()?, step.outputs["value"].as_i64()?);
    let day = step.at.to_zoned_datetime(jiff::tz::TimeZone::UTC).date().to_string();
    Some(FlowChange::AddMetric(execution.account_sid, day, name.to_owned(), value).into())
}

impl App {
    /// What flows of the account counted on these days (`YYYY-MM-DD`, both included), newest first; at most a thousand rows.
    pub async fn flow_metrics(
        &self,
        account: AccountSid,
        days: (&str, &str),
    ) -> Result<Vec<FlowMetric>, AppError> {
        Ok(self.store.flow_metrics(account, days).await?)
    }
}
