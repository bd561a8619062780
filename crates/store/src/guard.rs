//! The guard against artificial traffic: what it decided, what may be asked.

use async_trait::async_trait;
use flexio_domain::*;

use crate::{Page, Span, StoreError};

/// Decisions.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DecisionFilter {
    /// Key of the scope, equal.
    pub scope: Option<String>,
    /// Equal.
    pub to: Option<String>,
    /// Whether it refused.
    pub refused: Option<bool>,
    /// The rule that refused.
    pub rule: Option<GuardRule>,
    /// The case it belongs to.
    pub case: Option<GuardCaseSid>,
    /// By time.
    pub created: Span,
}

/// Cases.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct CaseFilter {
    /// Not released.
    pub open: Option<bool>,
    /// Equal.
    pub rule: Option<GuardRule>,
}

/// Keeper of what the guard decided.
#[async_trait]
pub trait GuardStore {
    /// One decision.
    async fn guard_decision(
        &self,
        account: AccountSid,
        sid: GuardDecisionSid,
    ) -> Result<Option<GuardDecision>, StoreError>;
    /// Decisions. Newest first.
    async fn guard_decisions(
        &self,
        account: AccountSid,
        filter: &DecisionFilter,
        page: &Page,
    ) -> Result<Vec<GuardDecision>, StoreError>;
    /// How many match.
    async fn count_guard_decisions(
        &self,
        account: AccountSid,
        filter: &DecisionFilter,
    ) -> Result<u64, StoreError>;
    /// One case.
    async fn guard_case(
        &self,
        account: AccountSid,
        sid: GuardCaseSid,
    ) -> Result<Option<GuardCase>, StoreError>;
    /// The open case of a rule and subject, or else the last that was released.
    async fn guard_case_of(
        &self,
        account: AccountSid,
        rule: GuardRule,
        subject: &str,
    ) -> Result<Option<GuardCase>, StoreError>;
    /// Cases. Newest first.
    async fn guard_cases(
        &self,
        account: AccountSid,
        filter: CaseFilter,
        page: &Page,
    ) -> Result<Vec<GuardCase>, StoreError>;
    /// Forgets decisions from before `before`, at most `limit`.
    async fn sweep_guard_decisions(&self, before: Timestamp, limit: u32) -> Result<u64, StoreError>;
}
