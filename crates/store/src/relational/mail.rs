//! [`MailStore`] for every [`Database`].

use async_trait::async_trait;
use flexio_domain::*;

use super::plan::columns::{sid, time};
use super::queries::{Builder, Query, limited};
use super::store::{count, list, number, of_account, one};
use super::{Database, rows};
use crate::{MailStore, Page, Span, StoreError};

fn emails(account: AccountSid, created: Span) -> Builder {
    Builder::new("emails").value("account", sid(account.as_u128())).span(
        "created_from",
        "created_until",
        created,
    )
}

#[async_trait]
impl<D: Database> MailStore for D {
    async fn email(&self, account: AccountSid, key: EmailSid) -> Result<Option<Email>, StoreError> {
        one(self, of_account::<D>("email", account, key.as_u128()), rows::doc).await
    }

    async fn emails(
        &self,
        account: AccountSid,
        created: Span,
        page: &Page,
    ) -> Result<Vec<Email>, StoreError> {
        list(self, emails(account, created), page, rows::doc).await
    }

    async fn count_emails(&self, account: AccountSid, created: Span) -> Result<u64, StoreError> {
        count(self, emails(account, created)).await
    }

    async fn count_own_emails(&self, account: AccountSid, since: Timestamp) -> Result<u64, StoreError> {
        let values = vec![sid(account.as_u128()), time(since)];
        number(self, Query::point(D::DIALECT, "emails_own", values), rows::count).await
    }

    async fn claim_emails(
        &self,
        now: Timestamp,
        until: Timestamp,
        limit: u32,
    ) -> Result<Vec<Email>, StoreError> {
        let due = Query::many(D::DIALECT, "due_emails", vec![time(now), limited(limit)]);
        if !D::IS_SHARED {
            return self.fetch(due, rows::doc).await;
        }
        let values = vec![time(until), time(now), limited(limit)];
        let mut claimed: Vec<Email> =
            self.fetch(Query::many(D::DIALECT, "claim_emails", values), rows::doc).await?;
        claimed.sort_by_key(|email| (email.next_attempt_at, email.sid));
        Ok(claimed)
    }
}
