//! [`PaymentStore`] for every [`Database`].

use async_trait::async_trait;
use flexio_domain::*;

use super::plan::columns::{sid, text, time};
use super::queries::{Builder, Query, limited};
use super::store::{list, of_account, one};
use super::{Database, rows};
use crate::{Page, PaymentStore, StoreError};

#[async_trait]
impl<D: Database> PaymentStore for D {
    async fn payment_intent(
        &self,
        account: AccountSid,
        key: PaymentIntentSid,
    ) -> Result<Option<PaymentIntent>, StoreError> {
        one(self, of_account::<D>("payment_intent", account, key.as_u128()), rows::doc).await
    }

    async fn payment_intent_anyones(
        &self,
        key: PaymentIntentSid,
    ) -> Result<Option<PaymentIntent>, StoreError> {
        let query = Query::point(D::DIALECT, "payment_intent_anyones", vec![sid(key.as_u128())]);
        one(self, query, rows::doc).await
    }

    async fn payment_intent_of_provider(
        &self,
        provider: &str,
        id: &str,
    ) -> Result<Option<PaymentIntent>, StoreError> {
        let values = vec![text(provider), text(id)];
        one(self, Query::point(D::DIALECT, "payment_intent_of_provider", values), rows::doc).await
    }

    async fn payment_intents(
        &self,
        account: AccountSid,
        page: &Page,
    ) -> Result<Vec<PaymentIntent>, StoreError> {
        let asked = Builder::new("payment_intents").value("account", sid(account.as_u128()));
        list(self, asked, page, rows::doc).await
    }

    async fn open_payment_intents(
        &self,
        account: AccountSid,
        limit: u32,
    ) -> Result<Vec<PaymentIntent>, StoreError> {
        let values = vec![sid(account.as_u128()), limited(limit)];
        self.fetch(Query::many(D::DIALECT, "payment_intents_open", values), rows::doc).await
    }

    async fn due_payment_intents(
        &self,
        now: Timestamp,
        limit: u32,
    ) -> Result<Vec<PaymentIntent>, StoreError> {
        let values = vec![time(now), limited(limit)];
        self.fetch(Query::many(D::DIALECT, "payment_intents_due", values), rows::doc).await
    }

    async fn payment_event(&self, provider: &str, id: &str) -> Result<Option<PaymentEvent>, StoreError> {
        let values = vec![text(provider), text(id)];
        one(self, Query::point(D::DIALECT, "payment_event", values), rows::doc).await
    }
}
