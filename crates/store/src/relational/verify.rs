//! [`VerifyStore`] for every [`Database`].

use async_trait::async_trait;
use flexio_domain::*;

use super::plan::columns::{limit_owner as owner, sid, text, time};
use super::plan::{Expect, Step, Write};
use super::queries::{Builder, Query, limited};
use super::store::{count, list, number, of_account, one};
use super::{Database, Value, rows};
use crate::{AttemptFilter, Page, StoreError, VerificationFilter, VerifyStore};

fn of(name: &'static str, account: AccountSid) -> Builder {
    Builder::new(name).value("account", sid(account.as_u128()))
}

fn verifications(account: AccountSid, filter: &VerificationFilter) -> Builder {
    of("verifications", account)
        .optional("scope", filter.scope.as_deref().map(text))
        .optional("destination", filter.to.as_deref().map(text))
        .optional("status", filter.status.map(|status| text(status.as_str())))
        .span("created_from", "created_until", filter.created)
}

fn attempts(account: AccountSid, filter: &AttemptFilter) -> Builder {
    of("verification_attempts", account)
        .optional("scope", filter.scope.as_deref().map(text))
        .optional("verification", filter.verification.map(|found| sid(found.as_u128())))
        .optional("destination", filter.to.as_deref().map(text))
        .optional("prefix", filter.prefix.as_deref().map(text))
        .optional("country", filter.country.as_deref().map(text))
        .optional("channel", filter.channel.map(|channel| text(channel.as_str())))
        .optional("converted", filter.converted.map(|converted| Value::Int(converted.into())))
        .span("created_from", "created_until", filter.created)
}

fn limits(account: AccountSid, service: Option<VerifyServiceSid>) -> Builder {
    of("send_limits", account).value("owner", owner(service))
}

fn marks<D: Database>(name: &'static str, account: AccountSid, mark: &str, since: Timestamp) -> Query {
    Query::point(D::DIALECT, name, vec![sid(account.as_u128()), text(mark), time(since)])
}

#[async_trait]
impl<D: Database> VerifyStore for D {
    async fn verify_service(
        &self,
        account: AccountSid,
        key: VerifyServiceSid,
    ) -> Result<Option<VerifyService>, StoreError> {
        one(self, of_account::<D>("verify_service", account, key.as_u128()), rows::doc).await
    }

    async fn verify_services(
        &self,
        account: AccountSid,
        page: &Page,
    ) -> Result<Vec<VerifyService>, StoreError> {
        list(self, of("verify_services", account), page, rows::doc).await
    }

    async fn count_verify_services(&self, account: AccountSid) -> Result<u64, StoreError> {
        count(self, of("verify_services", account)).await
    }

    async fn verification(
        &self,
        account: AccountSid,
        key: VerificationSid,
    ) -> Result<Option<Verification>, StoreError> {
        one(self, of_account::<D>("verification", account, key.as_u128()), rows::doc).await
    }

    async fn open_verification(
        &self,
        account: AccountSid,
        scope: &VerifyScope,
        to: &str,
    ) -> Result<Option<Verification>, StoreError> {
        let key = vec![sid(account.as_u128()), text(&scope.key()), text(to)];
        one(self, Query::point(D::DIALECT, "open_verification", key), rows::doc).await
    }

    async fn verifications(
        &self,
        account: AccountSid,
        filter: &VerificationFilter,
        page: &Page,
    ) -> Result<Vec<Verification>, StoreError> {
        list(self, verifications(account, filter), page, rows::doc).await
    }

    async fn count_verifications(
        &self,
        account: AccountSid,
        filter: &VerificationFilter,
    ) -> Result<u64, StoreError> {
        count(self, verifications(account, filter)).await
    }

    async fn attempt(
        &self,
        account: AccountSid,
        key: VerificationAttemptSid,
    ) -> Result<Option<VerificationAttempt>, StoreError> {
        one(self, of_account::<D>("verification_attempt", account, key.as_u128()), rows::attempt).await
    }

    async fn attempts(
        &self,
        account: AccountSid,
        filter: &AttemptFilter,
        page: &Page,
    ) -> Result<Vec<VerificationAttempt>, StoreError> {
        list(self, attempts(account, filter), page, rows::attempt).await
    }

    async fn count_attempts(&self, account: AccountSid, filter: &AttemptFilter) -> Result<u64, StoreError> {
        count(self, attempts(account, filter)).await
    }

    async fn send_limit(
        &self,
        account: AccountSid,
        key: SendLimitSid,
    ) -> Result<Option<SendLimit>, StoreError> {
        one(self, of_account::<D>("send_limit", account, key.as_u128()), rows::doc).await
    }

    async fn send_limit_by_name(
        &self,
        account: AccountSid,
        service: Option<VerifyServiceSid>,
        unique_name: &str,
    ) -> Result<Option<SendLimit>, StoreError> {
        let key = vec![sid(account.as_u128()), owner(service), text(unique_name)];
        one(self, Query::point(D::DIALECT, "send_limit_by_name", key), rows::doc).await
    }

    async fn send_limits(
        &self,
        account: AccountSid,
        service: Option<VerifyServiceSid>,
        page: &Page,
    ) -> Result<Vec<SendLimit>, StoreError> {
        list(self, limits(account, service), page, rows::doc).await
    }

    async fn count_send_limits(
        &self,
        account: AccountSid,
        service: Option<VerifyServiceSid>,
    ) -> Result<u64, StoreError> {
        count(self, limits(account, service)).await
    }

    async fn count_marks(
        &self,
        account: AccountSid,
        mark: &str,
        since: Timestamp,
    ) -> Result<u64, StoreError> {
        number(self, marks::<D>("send_marks", account, mark, since), rows::count).await
    }

    async fn oldest_mark(
        &self,
        account: AccountSid,
        mark: &str,
        since: Timestamp,
    ) -> Result<Option<Timestamp>, StoreError> {
        number(self, marks::<D>("send_mark_oldest", account, mark, since), rows::moment).await
    }

    async fn sweep_marks(&self, before: Timestamp, limit: u32) -> Result<u64, StoreError> {
        let step = Step::new(Write::SendMarksSweep, vec![time(before), limited(limit)], Expect::Any);
        self.apply(vec![step]).await
    }
}
