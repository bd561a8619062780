//! [`FlowStore`] for every [`Database`].

use async_trait::async_trait;
use flexio_domain::*;

use super::plan::columns::{sid, text, time};
use super::queries::{Builder, Query, limited};
use super::store::{count, list, of_account, one};
use super::{Database, Value, rows};
use crate::{ExecutionFilter, FlowStore, Page, StoreError};

/// The first sid of this millisecond: a sid begins with the milliseconds of its creation (RFC 9562 §5.7).
fn first_sid(at: Timestamp) -> Value {
    sid(u128::try_from(at.as_millisecond()).unwrap_or(0) << 80)
}

fn executions(account: AccountSid, filter: ExecutionFilter) -> Builder {
    Builder::new("flow_executions")
        .value("account", sid(account.as_u128()))
        .optional("flow", filter.flow.map(|flow| sid(flow.as_u128())))
        .optional("from", filter.created.from.map(first_sid))
        .optional("until", filter.created.until.map(first_sid))
        .flag("active", filter.is_active == Some(true))
        .flag("ended", filter.is_active == Some(false))
}

#[async_trait]
impl<D: Database> FlowStore for D {
    async fn flow(&self, account: AccountSid, key: FlowSid) -> Result<Option<Flow>, StoreError> {
        one(self, of_account::<D>("flow", account, key.as_u128()), rows::doc).await
    }

    async fn flows(&self, account: AccountSid, page: &Page) -> Result<Vec<Flow>, StoreError> {
        list(self, Builder::new("flows").value("account", sid(account.as_u128())), page, rows::doc).await
    }

    async fn count_flows(&self, account: AccountSid) -> Result<u64, StoreError> {
        count(self, Builder::new("flows").value("account", sid(account.as_u128()))).await
    }

    async fn due_flows(&self, now: Timestamp, limit: u32) -> Result<Vec<Flow>, StoreError> {
        self.fetch(Query::many(D::DIALECT, "due_flows", vec![time(now), limited(limit)]), rows::doc).await
    }

    async fn flow_revision(
        &self,
        account: AccountSid,
        flow: FlowSid,
        revision: u32,
    ) -> Result<Option<FlowRevision>, StoreError> {
        let key = vec![sid(account.as_u128()), sid(flow.as_u128()), Value::Int(revision.into())];
        one(self, Query::point(D::DIALECT, "flow_revision", key), rows::doc).await
    }

    async fn flow_revisions(
        &self,
        account: AccountSid,
        flow: FlowSid,
        limit: u32,
    ) -> Result<Vec<FlowRevision>, StoreError> {
        let key = vec![sid(account.as_u128()), sid(flow.as_u128()), limited(limit)];
        self.fetch(Query::many(D::DIALECT, "flow_revisions", key), rows::doc).await
    }

    async fn flow_execution(
        &self,
        account: AccountSid,
        key: ExecutionSid,
    ) -> Result<Option<FlowExecution>, StoreError> {
        one(self, of_account::<D>("flow_execution", account, key.as_u128()), rows::doc).await
    }

    async fn flow_executions(
        &self,
        account: AccountSid,
        filter: ExecutionFilter,
        page: &Page,
    ) -> Result<Vec<FlowExecution>, StoreError> {
        list(self, executions(account, filter), page, rows::doc).await
    }

    async fn flows_of_queue(
        &self,
        account: AccountSid,
        queue: &str,
        limit: u32,
    ) -> Result<Vec<Flow>, StoreError> {
        let key = vec![sid(account.as_u128()), text(queue), limited(limit)];
        self.fetch(Query::many(D::DIALECT, "flows_of_queue", key), rows::doc).await
    }

    async fn flow_metrics(
        &self,
        account: AccountSid,
        (from, until): (&str, &str),
    ) -> Result<Vec<FlowMetric>, StoreError> {
        let key = vec![sid(account.as_u128()), text(from), text(until), limited(1_000)];
        self.fetch(Query::many(D::DIALECT, "flow_metrics", key), rows::flow_metric).await
    }

    async fn queue_days(
        &self,
        account: AccountSid,
        (from, until): (&str, &str),
    ) -> Result<Vec<QueueDay>, StoreError> {
        let key = vec![sid(account.as_u128()), text(from), text(until), limited(1_000)];
        self.fetch(Query::many(D::DIALECT, "queue_days", key), rows::queue_day).await
    }

    async fn execution_of_call(
        &self,
        account: AccountSid,
        call: CallSid,
    ) -> Result<Option<FlowExecution>, StoreError> {
        one(self, of_account::<D>("execution_of_call", account, call.as_u128()), rows::doc).await
    }

    async fn execution_awaiting(
        &self,
        account: AccountSid,
        platform: &str,
        contact: &str,
    ) -> Result<Option<FlowExecution>, StoreError> {
        let key = vec![sid(account.as_u128()), text(platform), text(contact)];
        one(self, Query::point(D::DIALECT, "execution_awaiting", key), rows::doc).await
    }

    async fn due_executions(&self, now: Timestamp, limit: u32) -> Result<Vec<FlowExecution>, StoreError> {
        let key = vec![time(now), limited(limit)];
        self.fetch(Query::many(D::DIALECT, "due_executions", key), rows::doc).await
    }

    async fn flow_steps(
        &self,
        account: AccountSid,
        execution: ExecutionSid,
    ) -> Result<Vec<FlowStep>, StoreError> {
        let key = vec![sid(account.as_u128()), sid(execution.as_u128())];
        self.fetch(Query::many(D::DIALECT, "flow_steps", key), rows::doc).await
    }

    async fn recent_flow_steps(
        &self,
        account: AccountSid,
        flow: FlowSid,
        executions: u32,
        limit: u32,
    ) -> Result<Vec<FlowStep>, StoreError> {
        let key = vec![sid(account.as_u128()), sid(flow.as_u128()), limited(executions), limited(limit)];
        self.fetch(Query::many(D::DIALECT, "recent_flow_steps", key), rows::doc).await
    }

    async fn flow_cues(&self, limit: u32) -> Result<Vec<FlowCue>, StoreError> {
        self.fetch(Query::many(D::DIALECT, "flow_cues", vec![limited(limit)]), rows::doc).await
    }

    async fn flow_value(&self, account: AccountSid, key: &str) -> Result<Option<String>, StoreError> {
        let key = vec![sid(account.as_u128()), text(key)];
        one(self, Query::point(D::DIALECT, "flow_value", key), rows::plain_text).await
    }

    async fn sounds(&self, account: AccountSid, limit: u32) -> Result<Vec<Sound>, StoreError> {
        let key = vec![sid(account.as_u128()), limited(limit)];
        self.fetch(Query::many(D::DIALECT, "sounds", key), rows::doc).await
    }

    async fn sound(&self, account: AccountSid, name: &str) -> Result<Option<Sound>, StoreError> {
        let key = vec![sid(account.as_u128()), text(name)];
        one(self, Query::point(D::DIALECT, "sound", key), rows::doc).await
    }

    async fn sound_content(&self, account: AccountSid, name: &str) -> Result<Option<Sealed>, StoreError> {
        let key = vec![sid(account.as_u128()), text(name)];
        Ok(one(self, Query::point(D::DIALECT, "sound_content", key), rows::content).await?.map(Sealed))
    }
}
