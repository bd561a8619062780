//! [`LetterStore`] for every [`Database`].

use async_trait::async_trait;
use flexio_domain::*;

use super::plan::columns::sid;
use super::queries::{Query, limited};
use super::store::{of_account, one};
use super::{Database, Value, rows};
use crate::{LetterStore, StoreError};

fn of_invoice(account: AccountSid, invoice: InvoiceSid, limit: u32) -> Vec<Value> {
    vec![sid(invoice.as_u128()), sid(account.as_u128()), limited(limit)]
}

#[async_trait]
impl<D: Database> LetterStore for D {
    async fn letters(
        &self,
        account: AccountSid,
        invoice: InvoiceSid,
        limit: u32,
    ) -> Result<Vec<Letter>, StoreError> {
        let values = of_invoice(account, invoice, limit);
        self.fetch(Query::many(D::DIALECT, "letters", values), rows::doc).await
    }

    async fn disputes(
        &self,
        account: AccountSid,
        invoice: InvoiceSid,
        limit: u32,
    ) -> Result<Vec<Dispute>, StoreError> {
        let values = of_invoice(account, invoice, limit);
        self.fetch(Query::many(D::DIALECT, "disputes", values), rows::doc).await
    }

    async fn credit_requests(
        &self,
        account: AccountSid,
        invoice: InvoiceSid,
        limit: u32,
    ) -> Result<Vec<CreditRequest>, StoreError> {
        let values = of_invoice(account, invoice, limit);
        self.fetch(Query::many(D::DIALECT, "credit_requests", values), rows::doc).await
    }

    async fn payout(&self, account: AccountSid, key: PayoutSid) -> Result<Option<Payout>, StoreError> {
        one(self, of_account::<D>("payout", account, key.as_u128()), rows::doc).await
    }

    async fn payouts(&self, account: AccountSid, limit: u32) -> Result<Vec<Payout>, StoreError> {
        let values = vec![sid(account.as_u128()), limited(limit)];
        self.fetch(Query::many(D::DIALECT, "payouts", values), rows::doc).await
    }
}
