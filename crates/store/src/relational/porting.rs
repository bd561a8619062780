//! [`PortingStore`] for every [`Database`].

use async_trait::async_trait;
use flexio_domain::*;

use super::plan::columns::{sid, text, time};
use super::queries::{Builder, Query};
use super::store::{list, of_account, one};
use super::{Database, rows};
use crate::{Page, PortingStore, StoreError};

#[async_trait]
impl<D: Database> PortingStore for D {
    async fn porting_request(
        &self,
        account: AccountSid,
        key: PortingRequestSid,
    ) -> Result<Option<PortingRequest>, StoreError> {
        one(self, of_account::<D>("porting_request", account, key.as_u128()), rows::doc).await
    }

    async fn porting_requests(
        &self,
        account: AccountSid,
        page: &Page,
    ) -> Result<Vec<PortingRequest>, StoreError> {
        let asked = Builder::new("porting_requests").value("account", sid(account.as_u128()));
        list(self, asked, page, rows::doc).await
    }

    async fn open_porting_requests(&self, page: &Page) -> Result<Vec<PortingRequest>, StoreError> {
        list(self, Builder::new("open_porting_requests"), page, rows::doc).await
    }

    async fn quarantined_number(&self, number: &E164) -> Result<Option<IncomingNumber>, StoreError> {
        let asked = Query::point(D::DIALECT, "quarantined_number", vec![text(number.as_str())]);
        one(self, asked, rows::number).await
    }

    async fn held_numbers(
        &self,
        account: AccountSid,
        now: Timestamp,
    ) -> Result<Vec<StockNumber>, StoreError> {
        let values = vec![sid(account.as_u128()), time(now)];
        self.fetch(Query::many(D::DIALECT, "held_numbers", values), rows::doc).await
    }

    async fn stock_number(&self, number: &E164) -> Result<Option<StockNumber>, StoreError> {
        one(self, Query::point(D::DIALECT, "stock_number", vec![text(number.as_str())]), rows::doc).await
    }
}
