//! [`PeopleStore`] for every [`Database`].

use async_trait::async_trait;
use flexio_domain::*;

use super::plan::columns::{self, email_key, sid, text};
use super::queries::{Builder, Query, limited};
use super::store::{count, list, of_account, one};
use super::{Database, rows};
use crate::{Page, PeopleStore, StoreError};

fn of(name: &'static str, account: AccountSid) -> Builder {
    Builder::new(name).value("account", sid(account.as_u128()))
}

#[async_trait]
impl<D: Database> PeopleStore for D {
    async fn person(&self, account: AccountSid, key: PersonSid) -> Result<Option<Person>, StoreError> {
        one(self, of_account::<D>("person", account, key.as_u128()), rows::doc).await
    }

    async fn person_by_email(&self, email: &str) -> Result<Option<Person>, StoreError> {
        one(self, Query::point(D::DIALECT, "person_by_email", vec![email_key(email)]), rows::doc).await
    }

    async fn person_by_link(&self, digest: &str) -> Result<Option<Person>, StoreError> {
        one(self, Query::point(D::DIALECT, "person_by_link", vec![text(digest)]), rows::doc).await
    }

    async fn people(&self, account: AccountSid, page: &Page) -> Result<Vec<Person>, StoreError> {
        list(self, of("people", account), page, rows::doc).await
    }

    async fn count_people(&self, account: AccountSid) -> Result<u64, StoreError> {
        count(self, of("people", account)).await
    }

    async fn session_by_digest(&self, digest: &str) -> Result<Option<Session>, StoreError> {
        one(self, Query::point(D::DIALECT, "session_by_digest", vec![text(digest)]), rows::doc).await
    }

    async fn sessions(
        &self,
        account: AccountSid,
        person: PersonSid,
        page: &Page,
    ) -> Result<Vec<Session>, StoreError> {
        let sessions = of("sessions", account).value("person", sid(person.as_u128()));
        list(self, sessions, page, rows::doc).await
    }

    async fn audit_events(&self, account: AccountSid, page: &Page) -> Result<Vec<AuditEvent>, StoreError> {
        list(self, of("audit_events", account), page, rows::doc).await
    }

    async fn unsealed_audit(&self, limit: u32) -> Result<Vec<AuditEvent>, StoreError> {
        self.fetch(Query::many(D::DIALECT, "unsealed_audit", vec![limited(limit)]), rows::doc).await
    }

    async fn sealed_audit(&self, seal: u64, limit: u32) -> Result<Vec<AuditEvent>, StoreError> {
        let values = vec![columns::count(seal), limited(limit)];
        self.fetch(Query::many(D::DIALECT, "sealed_audit", values), rows::doc).await
    }

    async fn last_audit_seal(&self) -> Result<Option<LedgerSeal>, StoreError> {
        one(self, Query::point(D::DIALECT, "last_audit_seal", vec![]), rows::doc).await
    }

    async fn audit_seals(&self, after: u64, limit: u32) -> Result<Vec<LedgerSeal>, StoreError> {
        let values = vec![columns::count(after), limited(limit)];
        self.fetch(Query::many(D::DIALECT, "audit_seals", values), rows::doc).await
    }
}
