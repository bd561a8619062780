//! [`GuardStore`] for every [`Database`].

use async_trait::async_trait;
use flexio_domain::*;

use super::plan::columns::{sid, text, time};
use super::plan::{Expect, Step, Write};
use super::queries::{Builder, Query, limited};
use super::store::{count, list, of_account, one};
use super::{Database, Value, rows};
use crate::{CaseFilter, DecisionFilter, GuardStore, Page, StoreError};

fn decisions(account: AccountSid, filter: &DecisionFilter) -> Builder {
    Builder::new("guard_decisions")
        .value("account", sid(account.as_u128()))
        .optional("scope", filter.scope.as_deref().map(text))
        .optional("destination", filter.to.as_deref().map(text))
        .optional("refused", filter.refused.map(|refused| Value::Int(refused.into())))
        .optional("rule", filter.rule.map(|rule| text(rule.as_str())))
        .optional("case", filter.case.map(|case| sid(case.as_u128())))
        .span("created_from", "created_until", filter.created)
}

fn cases(account: AccountSid, filter: CaseFilter) -> Builder {
    Builder::new("guard_cases")
        .value("account", sid(account.as_u128()))
        .flag("open", filter.open == Some(true))
        .flag("released", filter.open == Some(false))
        .optional("rule", filter.rule.map(|rule| text(rule.as_str())))
}

#[async_trait]
impl<D: Database> GuardStore for D {
    async fn guard_decision(
        &self,
        account: AccountSid,
        key: GuardDecisionSid,
    ) -> Result<Option<GuardDecision>, StoreError> {
        one(self, of_account::<D>("guard_decision", account, key.as_u128()), rows::doc).await
    }

    async fn guard_decisions(
        &self,
        account: AccountSid,
        filter: &DecisionFilter,
        page: &Page,
    ) -> Result<Vec<GuardDecision>, StoreError> {
        list(self, decisions(account, filter), page, rows::doc).await
    }

    async fn count_guard_decisions(
        &self,
        account: AccountSid,
        filter: &DecisionFilter,
    ) -> Result<u64, StoreError> {
        count(self, decisions(account, filter)).await
    }

    async fn guard_case(
        &self,
        account: AccountSid,
        key: GuardCaseSid,
    ) -> Result<Option<GuardCase>, StoreError> {
        one(self, of_account::<D>("guard_case", account, key.as_u128()), rows::doc).await
    }

    async fn guard_case_of(
        &self,
        account: AccountSid,
        rule: GuardRule,
        subject: &str,
    ) -> Result<Option<GuardCase>, StoreError> {
        let key = vec![sid(account.as_u128()), text(rule.as_str()), text(subject)];
        one(self, Query::point(D::DIALECT, "guard_case_of", key), rows::doc).await
    }

    async fn guard_cases(
        &self,
        account: AccountSid,
        filter: CaseFilter,
        page: &Page,
    ) -> Result<Vec<GuardCase>, StoreError> {
        list(self, cases(account, filter), page, rows::doc).await
    }

    async fn sweep_guard_decisions(&self, before: Timestamp, limit: u32) -> Result<u64, StoreError> {
        let step = Step::new(Write::GuardDecisionsSweep, vec![time(before), limited(limit)], Expect::Any);
        self.apply(vec![step]).await
    }
}
