//! [`LedgerStore`] for every [`Database`].

use async_trait::async_trait;
use flexio_domain::*;

use super::plan::columns::{count, sid, text};
use super::queries::{Query, all_named, limited};
use super::store::{number, one};
use super::{Database, rows};
use crate::{LedgerCheck, LedgerStore, StoreError};

#[async_trait]
impl<D: Database> LedgerStore for D {
    async fn posting(&self, id: &str) -> Result<Option<LedgerTransaction>, StoreError> {
        one(self, Query::point(D::DIALECT, "posting", vec![text(id)]), rows::doc).await
    }

    async fn unsealed_postings(&self, limit: u32) -> Result<Vec<KeptPosting>, StoreError> {
        let values = vec![limited(limit)];
        self.fetch(Query::many(D::DIALECT, "unsealed_postings", values), rows::kept_posting).await
    }

    async fn last_seal(&self) -> Result<Option<LedgerSeal>, StoreError> {
        one(self, Query::point(D::DIALECT, "last_seal", vec![]), rows::doc).await
    }

    async fn seals(&self, after: u64, limit: u32) -> Result<Vec<LedgerSeal>, StoreError> {
        self.fetch(Query::many(D::DIALECT, "seals", vec![count(after), limited(limit)]), rows::doc).await
    }

    async fn sealed_postings(&self, seal: u64, limit: u32) -> Result<Vec<KeptPosting>, StoreError> {
        let values = vec![count(seal), limited(limit)];
        self.fetch(Query::many(D::DIALECT, "sealed_postings", values), rows::kept_posting).await
    }

    async fn sealed_legs(&self, seal: u64) -> Result<Vec<KeptLeg>, StoreError> {
        self.fetch(Query::many(D::DIALECT, "sealed_legs", vec![count(seal)]), rows::kept_leg).await
    }

    async fn carried(&self) -> Result<Option<LedgerCarried>, StoreError> {
        one(self, Query::point(D::DIALECT, "carried", vec![]), rows::doc).await
    }

    async fn openings(
        &self,
        (account, after): (AccountSid, &str),
        limit: u32,
    ) -> Result<Vec<LedgerOpening>, StoreError> {
        let values = vec![sid(account.as_u128()), text(after), limited(limit)];
        self.fetch(Query::many(D::DIALECT, "openings", values), rows::opening).await
    }

    async fn legs_of_seals(&self, behind: u64, until: u64) -> Result<Vec<LedgerOpening>, StoreError> {
        let values = vec![count(behind), count(until)];
        self.fetch(Query::many(D::DIALECT, "legs_of_seals", values), rows::opening).await
    }

    async fn parked_events(&self, limit: u32) -> Result<Vec<ParkedEvent>, StoreError> {
        self.fetch(Query::many(D::DIALECT, "parked_events", vec![limited(limit)]), rows::doc).await
    }

    async fn holds_active(&self) -> Result<u64, StoreError> {
        number(self, Query::point(D::DIALECT, "holds_active", vec![]), rows::count).await
    }

    async fn calls_after(&self, after: CallSid, limit: u32) -> Result<Vec<Call>, StoreError> {
        let values = vec![sid(after.as_u128()), limited(limit)];
        self.fetch(Query::many(D::DIALECT, "calls_after", values), rows::call).await
    }

    async fn messages_after(&self, after: MessageSid, limit: u32) -> Result<Vec<Message>, StoreError> {
        let values = vec![sid(after.as_u128()), limited(limit)];
        self.fetch(Query::many(D::DIALECT, "messages_after", values), rows::doc).await
    }

    async fn ledger_faults(&self, check: LedgerCheck) -> Result<Faults, StoreError> {
        let question = match check {
            LedgerCheck::Unbalanced => "proof_unbalanced",
            LedgerCheck::Unposted => "proof_unposted",
            LedgerCheck::Unfounded => "proof_unfounded",
            LedgerCheck::StrayLegs => "proof_stray_legs",
            LedgerCheck::Balances => "proof_balances",
            LedgerCheck::UsageDays => "proof_usage_days",
            LedgerCheck::UnheldRents => "proof_unheld_rents",
            LedgerCheck::UnrentedHoldings => "proof_unrented_holdings",
        };
        let values = vec![all_named()];
        let named = self.fetch(Query::many(D::DIALECT, question, values), rows::fault).await?;
        Ok(rows::faults(named))
    }
}
