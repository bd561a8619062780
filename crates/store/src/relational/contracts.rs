//! [`ContractStore`] for every [`Database`].

use async_trait::async_trait;
use flexio_domain::*;

use super::plan::columns::{sid, text, time};
use super::queries::{Query, limited};
use super::store::{of_account, one};
use super::{Database, Value, rows};
use crate::{ContractStore, StoreError};

#[async_trait]
impl<D: Database> ContractStore for D {
    async fn plans(&self, limit: u32) -> Result<Vec<PublishedPlan>, StoreError> {
        self.fetch(Query::many(D::DIALECT, "plans", vec![limited(limit)]), rows::doc).await
    }

    async fn plan_labels(&self, limit: u32) -> Result<Vec<(String, u32)>, StoreError> {
        self.fetch(Query::many(D::DIALECT, "plan_labels", vec![limited(limit)]), rows::plan_label).await
    }

    async fn plan_retirements(&self, limit: u32) -> Result<Vec<PlanRetirement>, StoreError> {
        self.fetch(Query::many(D::DIALECT, "plan_retirements", vec![limited(limit)]), rows::doc).await
    }

    async fn plan(&self, id: &str, version: u32) -> Result<Option<PublishedPlan>, StoreError> {
        let values = vec![text(id), Value::Int(version.into())];
        one(self, Query::point(D::DIALECT, "plan", values), rows::doc).await
    }

    async fn customer(&self, account: AccountSid) -> Result<Option<Customer>, StoreError> {
        one(self, Query::point(D::DIALECT, "customer", vec![sid(account.as_u128())]), rows::doc).await
    }

    async fn payers_from(&self, iban: &Iban, limit: u32) -> Result<Vec<AccountSid>, StoreError> {
        let values = vec![text(iban.as_str()), limited(limit)];
        self.fetch(Query::many(D::DIALECT, "payers_from", values), rows::account_sid).await
    }

    async fn subscription(&self, account: AccountSid) -> Result<Option<Subscription>, StoreError> {
        let by = |name| Query::point(D::DIALECT, name, vec![sid(account.as_u128())]);
        match one(self, by("subscription_open"), rows::doc).await? {
            Some(open) => Ok(Some(open)),
            None => one(self, by("subscription_last"), rows::doc).await,
        }
    }

    async fn ended_subscriptions(
        &self,
        before: Timestamp,
        limit: u32,
    ) -> Result<Vec<Subscription>, StoreError> {
        let values = vec![time(before), limited(limit)];
        self.fetch(Query::many(D::DIALECT, "subscriptions_ended", values), rows::doc).await
    }

    async fn summary(&self, account: AccountSid, key: SummarySid) -> Result<Option<Summary>, StoreError> {
        one(self, of_account::<D>("summary", account, key.as_u128()), rows::doc).await
    }

    async fn acceptances(
        &self,
        account: AccountSid,
        subscription: SubscriptionSid,
        limit: u32,
    ) -> Result<Vec<Acceptance>, StoreError> {
        let values = vec![sid(subscription.as_u128()), sid(account.as_u128()), limited(limit)];
        self.fetch(Query::many(D::DIALECT, "acceptances", values), rows::doc).await
    }

    async fn pins(&self, account: AccountSid, limit: u32) -> Result<Vec<PricePin>, StoreError> {
        let values = vec![sid(account.as_u128()), limited(limit)];
        self.fetch(Query::many(D::DIALECT, "pins", values), rows::doc).await
    }

    async fn all_pins(&self, after: Option<PinSid>, limit: u32) -> Result<Vec<PricePin>, StoreError> {
        let values = vec![sid(after.map_or(0, PinSid::as_u128)), limited(limit)];
        self.fetch(Query::many(D::DIALECT, "all_pins", values), rows::doc).await
    }

    async fn price_notices(&self, account: AccountSid, limit: u32) -> Result<Vec<PriceNotice>, StoreError> {
        let values = vec![sid(account.as_u128()), limited(limit)];
        self.fetch(Query::many(D::DIALECT, "price_notices", values), rows::doc).await
    }

    async fn pinned_tree(&self, limit: u32) -> Result<Vec<(AccountSid, AccountSid)>, StoreError> {
        self.fetch(Query::many(D::DIALECT, "pinned_tree", vec![limited(limit)]), rows::account_pair).await
    }

    async fn accounts_below(
        &self,
        account: AccountSid,
        after: Option<AccountSid>,
        limit: u32,
    ) -> Result<Vec<AccountSid>, StoreError> {
        let after = sid(after.map_or(0, AccountSid::as_u128));
        let values = vec![sid(account.as_u128()), after, limited(limit)];
        self.fetch(Query::many(D::DIALECT, "accounts_below", values), rows::account_sid).await
    }

    async fn accounts_under_pins(
        &self,
        after: Option<AccountSid>,
        limit: u32,
    ) -> Result<Vec<AccountSid>, StoreError> {
        let values = vec![sid(after.map_or(0, AccountSid::as_u128)), limited(limit)];
        self.fetch(Query::many(D::DIALECT, "accounts_under_pins", values), rows::account_sid).await
    }
}
