//! [`VerifyStore`] for every [`Database`].

use async_trait::async_trait;
use flexio_domain::*;

use super::plan::columns::{limit_owner as owner, sid, text, time};
use super::plan::{Expect, Step, Write};
use super::queries::{Builder, Query, limited};
use super::store::{count, list, number, of_account, one};
use super::{Database, Value, rows};
use crate::{AttemptFilter, ChallengeFilter, Page, StoreError, VerificationFilter, VerifyStore};

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

fn templates(account: AccountSid, friendly_name: Option<&str>) -> Builder {
    of("verify_templates", account).optional("friendly_name", friendly_name.map(text))
}

fn of_entity<D: Database>(name: &'static str, account: AccountSid, entity: EntitySid, key: u128) -> Query {
    Query::point(D::DIALECT, name, vec![sid(account.as_u128()), sid(entity.as_u128()), sid(key)])
}

/// What is pending is told from what has expired by the time.
fn challenges(account: AccountSid, entity: EntitySid, filter: &ChallengeFilter) -> Builder {
    use ChallengeStatus as S;
    let (status, waits_at, over_at) = match filter.status {
        None => (None, None, None),
        Some((S::Pending, now)) => (Some(S::Pending), Some(now), None),
        Some((S::Expired, now)) => (Some(S::Pending), None, Some(now)),
        Some((S::Approved, _)) => (Some(S::Approved), None, None),
    };
    of("challenges", account)
        .value("entity", sid(entity.as_u128()))
        .optional("factor", filter.factor.map(|factor| sid(factor.as_u128())))
        .optional("status", status.map(|status| text(status.as_str())))
        .optional("waits_at", waits_at.map(time))
        .optional("over_at", over_at.map(time))
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

    async fn due_workflows(&self, now: Timestamp, limit: u32) -> Result<Vec<Verification>, StoreError> {
        self.fetch(Query::many(D::DIALECT, "due_workflows", vec![time(now), limited(limit)]), rows::doc).await
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

    async fn entity(
        &self,
        account: AccountSid,
        service: VerifyServiceSid,
        identity: &str,
    ) -> Result<Option<Entity>, StoreError> {
        let key = vec![sid(account.as_u128()), sid(service.as_u128()), text(identity)];
        one(self, Query::point(D::DIALECT, "entity", key), rows::doc).await
    }

    async fn entities(
        &self,
        account: AccountSid,
        service: VerifyServiceSid,
        page: &Page,
    ) -> Result<Vec<Entity>, StoreError> {
        let all = of("entities", account).value("service", sid(service.as_u128()));
        list(self, all, page, rows::doc).await
    }

    async fn factor(
        &self,
        account: AccountSid,
        entity: EntitySid,
        key: FactorSid,
    ) -> Result<Option<Factor>, StoreError> {
        one(self, of_entity::<D>("factor", account, entity, key.as_u128()), rows::doc).await
    }

    async fn factors(
        &self,
        account: AccountSid,
        entity: EntitySid,
        page: &Page,
    ) -> Result<Vec<Factor>, StoreError> {
        list(self, of("factors", account).value("entity", sid(entity.as_u128())), page, rows::doc).await
    }

    async fn count_factors(&self, account: AccountSid, entity: EntitySid) -> Result<u64, StoreError> {
        count(self, of("factors", account).value("entity", sid(entity.as_u128()))).await
    }

    async fn challenge(
        &self,
        account: AccountSid,
        entity: EntitySid,
        key: ChallengeSid,
    ) -> Result<Option<Challenge>, StoreError> {
        one(self, of_entity::<D>("challenge", account, entity, key.as_u128()), rows::doc).await
    }

    async fn challenges(
        &self,
        account: AccountSid,
        entity: EntitySid,
        filter: &ChallengeFilter,
        page: &Page,
    ) -> Result<Vec<Challenge>, StoreError> {
        list(self, challenges(account, entity, filter), page, rows::doc).await
    }

    async fn sweep_factors(&self, before: Timestamp, limit: u32) -> Result<u64, StoreError> {
        let step = Step::new(Write::FactorsSweep, vec![time(before), limited(limit)], Expect::Any);
        self.apply(vec![step]).await
    }

    async fn sweep_challenges(&self, before: Timestamp, limit: u32) -> Result<u64, StoreError> {
        let step = Step::new(Write::ChallengesSweep, vec![time(before), limited(limit)], Expect::Any);
        self.apply(vec![step]).await
    }

    async fn verify_template(
        &self,
        account: AccountSid,
        key: VerifyTemplateSid,
    ) -> Result<Option<VerifyTemplate>, StoreError> {
        one(self, of_account::<D>("verify_template", account, key.as_u128()), rows::doc).await
    }

    async fn verify_templates(
        &self,
        account: AccountSid,
        friendly_name: Option<&str>,
        page: &Page,
    ) -> Result<Vec<VerifyTemplate>, StoreError> {
        list(self, templates(account, friendly_name), page, rows::doc).await
    }

    async fn count_verify_templates(
        &self,
        account: AccountSid,
        friendly_name: Option<&str>,
    ) -> Result<u64, StoreError> {
        count(self, templates(account, friendly_name)).await
    }

    async fn safe_number(
        &self,
        account: AccountSid,
        number: &E164,
    ) -> Result<Option<SafeNumber>, StoreError> {
        let key = vec![sid(account.as_u128()), text(number.as_str())];
        one(self, Query::point(D::DIALECT, "safe_number", key), rows::doc).await
    }

    async fn count_safe_numbers(&self, account: AccountSid) -> Result<u64, StoreError> {
        count(self, of("safe_numbers_count", account)).await
    }

    async fn sweep_marks(&self, before: Timestamp, limit: u32) -> Result<u64, StoreError> {
        let step = Step::new(Write::SendMarksSweep, vec![time(before), limited(limit)], Expect::Any);
        self.apply(vec![step]).await
    }
}
