//! [`LawfulStore`] for every [`Database`].

use async_trait::async_trait;
use flexio_domain::*;

use super::plan::columns::{sid, text, time};
use super::plan::{Expect, Step, Write};
use super::queries::{Builder, Query, limited};
use super::store::{list, of_account, one};
use super::{Database, rows};
use crate::{LawfulStore, Page, StoreError};

#[async_trait]
impl<D: Database> LawfulStore for D {
    async fn lawful_request(
        &self,
        account: AccountSid,
        key: LawfulRequestSid,
    ) -> Result<Option<LawfulRequest>, StoreError> {
        one(self, of_account::<D>("lawful_request", account, key.as_u128()), rows::doc).await
    }

    async fn lawful_requests(
        &self,
        account: AccountSid,
        page: &Page,
    ) -> Result<Vec<LawfulRequest>, StoreError> {
        let asked = Builder::new("lawful_requests").value("account", sid(account.as_u128()));
        list(self, asked, page, rows::doc).await
    }

    async fn late_lawful_requests(
        &self,
        now: Timestamp,
        limit: u32,
    ) -> Result<Vec<LawfulRequest>, StoreError> {
        let values = vec![time(now), limited(limit)];
        self.fetch(Query::many(D::DIALECT, "late_lawful_requests", values), rows::doc).await
    }

    async fn sweep_lawful(&self, before: Timestamp, limit: u32) -> Result<u64, StoreError> {
        let values = vec![time(before), limited(limit)];
        self.apply(vec![Step::new(Write::LawfulRequestsSweep, values, Expect::Any)]).await
    }

    async fn holdings_of_subject(&self, subject: &str, at: Timestamp) -> Result<Vec<Holding>, StoreError> {
        let values = vec![text(subject), time(at)];
        self.fetch(Query::many(D::DIALECT, "holdings_of_subject", values), rows::holding).await
    }

    async fn caller_ids_of_number(&self, number: &E164) -> Result<Vec<OutgoingCallerId>, StoreError> {
        let values = vec![text(number.as_str())];
        self.fetch(Query::many(D::DIALECT, "caller_ids_of_number", values), rows::doc).await
    }

    async fn use_of_resource(&self, resource: &str) -> Result<Option<UsageEvent>, StoreError> {
        one(self, Query::point(D::DIALECT, "use_of_resource", vec![text(resource)]), rows::doc).await
    }
}
