//! [`InvoiceStore`] for every [`Database`].

use async_trait::async_trait;
use flexio_domain::*;

use super::plan::columns::{sid, text};
use super::queries::{Builder, Query, all_named, limited};
use super::store::{count, list, number, of_account, one};
use super::{Database, rows};
use crate::{InvoiceFilter, InvoiceStore, Page, StoreError, SupplySpan};

fn all_of(account: AccountSid, filter: &InvoiceFilter) -> Builder {
    Builder::new("invoices")
        .value("account", sid(account.as_u128()))
        .optional("kind", filter.kind.map(|kind| text(kind.as_str())))
        .optional("month", filter.month.as_ref().map(|month| text(month)))
        .flag("open", filter.is_open == Some(true))
        .flag("settled", filter.is_open == Some(false))
}

#[async_trait]
impl<D: Database> InvoiceStore for D {
    async fn invoice(
        &self,
        account: AccountSid,
        key: InvoiceSid,
    ) -> Result<Option<InvoiceState>, StoreError> {
        one(self, of_account::<D>("invoice", account, key.as_u128()), rows::invoice).await
    }

    async fn invoice_of_month(
        &self,
        account: AccountSid,
        month: &str,
    ) -> Result<Option<InvoiceState>, StoreError> {
        let values = vec![sid(account.as_u128()), text(month)];
        one(self, Query::point(D::DIALECT, "invoice_of_month", values), rows::invoice).await
    }

    async fn invoice_by_communication(&self, digits: &str) -> Result<Option<InvoiceState>, StoreError> {
        let query = Query::point(D::DIALECT, "invoice_by_communication", vec![text(digits)]);
        one(self, query, rows::invoice).await
    }

    async fn invoices(
        &self,
        account: AccountSid,
        filter: &InvoiceFilter,
        page: &Page,
    ) -> Result<Vec<InvoiceState>, StoreError> {
        list(self, all_of(account, filter), page, rows::invoice).await
    }

    async fn count_invoices(&self, account: AccountSid, filter: &InvoiceFilter) -> Result<u64, StoreError> {
        count(self, all_of(account, filter)).await
    }

    async fn credit_notes(
        &self,
        account: AccountSid,
        invoice: InvoiceSid,
        limit: u32,
    ) -> Result<Vec<InvoiceState>, StoreError> {
        let values = vec![sid(account.as_u128()), sid(invoice.as_u128()), limited(limit)];
        self.fetch(Query::many(D::DIALECT, "credit_notes", values), rows::invoice).await
    }

    async fn last_in_series(&self, series: &str) -> Result<u32, StoreError> {
        let last = number(self, Query::point(D::DIALECT, "series_last", vec![text(series)]), rows::count);
        u32::try_from(last.await?).map_err(super::unreadable)
    }

    async fn payers(&self, after: Option<AccountSid>, limit: u32) -> Result<Vec<AccountSid>, StoreError> {
        let values = vec![sid(after.map_or(0, AccountSid::as_u128)), limited(limit)];
        self.fetch(Query::many(D::DIALECT, "payers", values), rows::account_sid).await
    }

    async fn usage_of_month(
        &self,
        month: &str,
        (source, id): &(String, String),
        limit: u32,
    ) -> Result<Vec<UsageEvent>, StoreError> {
        let values = vec![text(source), text(id), text(month), limited(limit)];
        self.fetch(Query::many(D::DIALECT, "usage_of_month", values), rows::doc).await
    }

    async fn usage_supplies(
        &self,
        account: AccountSid,
        span: &SupplySpan,
        limit: u32,
    ) -> Result<Vec<UsageSupply>, StoreError> {
        let SupplySpan { from_month, to_month, from_day, to_day } = span;
        let values = vec![
            sid(account.as_u128()),
            text(from_day),
            text(to_day),
            text(from_month),
            text(to_month),
            limited(limit),
        ];
        self.fetch(Query::many(D::DIALECT, "usage_supplies", values), rows::supply).await
    }

    async fn invoiced_supplies(
        &self,
        account: AccountSid,
        span: &SupplySpan,
        limit: u32,
    ) -> Result<Vec<UsageSupply>, StoreError> {
        let values =
            vec![sid(account.as_u128()), text(&span.from_month), text(&span.to_month), limited(limit)];
        self.fetch(Query::many(D::DIALECT, "invoiced_supplies", values), rows::supply).await
    }

    async fn supplies_on(
        &self,
        invoice: InvoiceSid,
        limit: u32,
    ) -> Result<Vec<(UsageSupply, u64)>, StoreError> {
        let values = vec![sid(invoice.as_u128()), limited(limit)];
        self.fetch(Query::many(D::DIALECT, "supplies_on", values), rows::supply_with_earlier).await
    }

    async fn usage_of_supply(
        &self,
        supply: &UsageSupply,
        (from_day, to_day): (&str, &str),
        limit: u32,
    ) -> Result<Vec<UsageEvent>, StoreError> {
        let values = vec![
            sid(supply.account_sid.as_u128()),
            text(from_day),
            text(to_day),
            text(&supply.month),
            text(&supply.item),
            text(&supply.plan),
            limited(limit),
        ];
        self.fetch(Query::many(D::DIALECT, "usage_of_supply", values), rows::doc).await
    }

    async fn overdue_invoices(
        &self,
        today: &str,
        (day, after): (&str, Option<InvoiceSid>),
        limit: u32,
    ) -> Result<Vec<InvoiceState>, StoreError> {
        let after = sid(after.map_or(0, InvoiceSid::as_u128));
        let values = vec![text(day), after, text(today), limited(limit)];
        self.fetch(Query::many(D::DIALECT, "invoices_overdue", values), rows::invoice).await
    }

    async fn issued_invoices(
        &self,
        (from, to): (&str, &str),
        (day, after): (&str, Option<InvoiceSid>),
        limit: u32,
    ) -> Result<Vec<InvoiceState>, StoreError> {
        let after = sid(after.map_or(0, InvoiceSid::as_u128));
        let values = vec![text(day), after, text(from), text(to), limited(limit)];
        self.fetch(Query::many(D::DIALECT, "invoices_issued", values), rows::invoice).await
    }

    async fn open_invoices(&self, account: AccountSid, limit: u32) -> Result<Vec<InvoiceState>, StoreError> {
        let values = vec![sid(account.as_u128()), limited(limit)];
        self.fetch(Query::many(D::DIALECT, "invoices_open", values), rows::invoice).await
    }

    async fn unpaid_accounts(&self) -> Result<Faults, StoreError> {
        let values = vec![all_named()];
        let named = self.fetch(Query::many(D::DIALECT, "unpaid_accounts", values), rows::fault).await?;
        Ok(rows::faults(named))
    }
}
