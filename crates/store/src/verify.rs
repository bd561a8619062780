//! One-time codes: what may be written, what may be asked.

use async_trait::async_trait;
use flexio_domain::*;

use crate::{Page, Span, StoreError};

/// A step of a transaction about verifications.
#[derive(Debug, Clone)]
pub enum VerifyChange {
    /// Unique: sid.
    CreateService(VerifyService),
    /// Optimistic.
    UpdateService(VerifyService),
    /// With its limits, entities, factors and challenges; its verifications stay. `Conflict` if it is not there.
    DeleteService(AccountSid, VerifyServiceSid),
    /// Unique: sid, and (account, scope, destination) among those that are pending.
    CreateVerification(Verification),
    /// Optimistic; what is over is not changed any more (`Conflict`).
    UpdateVerification(Verification),
    /// Unique: sid.
    AddAttempt(VerificationAttempt),
    /// All attempts of an approved verification. Nothing happens where there is none.
    ConvertAttempts(AccountSid, VerificationSid, Timestamp),
    /// Unique: sid, (account, service, name).
    CreateLimit(SendLimit),
    /// Optimistic; service and name stay.
    UpdateLimit(SendLimit),
    /// `Conflict` if it is not there.
    DeleteLimit(AccountSid, SendLimitSid),
    /// Unique: sid, (account, service, identity).
    CreateEntity(Entity),
    /// With its factors and challenges. `Conflict` if it is not there.
    DeleteEntity(AccountSid, EntitySid),
    /// Somebody who got something new. `Conflict` if they are not there any more.
    UpdateEntity(Entity),
    /// Unique: sid.
    CreateFactor(Factor),
    /// Optimistic.
    UpdateFactor(Factor),
    /// Its challenges stay. `Conflict` if it is not there.
    DeleteFactor(AccountSid, FactorSid),
    /// Unique: sid.
    CreateChallenge(Challenge),
    /// Optimistic.
    UpdateChallenge(Challenge),
    /// Unique: sid.
    CreateTemplate(VerifyTemplate),
    /// Optimistic.
    UpdateTemplate(VerifyTemplate),
    /// `Conflict` if it is not there.
    DeleteTemplate(AccountSid, VerifyTemplateSid),
    /// Unique: sid, (account, number).
    AddSafeNumber(SafeNumber),
    /// `Conflict` if it is not there.
    RemoveSafeNumber(AccountSid, E164),
    /// Unique: sid.
    Decide(GuardDecision),
    /// Unique: sid, (account, rule, subject) among those that are not released.
    OpenCase(GuardCase),
    /// Optimistic; rule and subject stay.
    UpdateCase(GuardCase),
    /// Counts a sending under each of the marks.
    Mark {
        /// Whose.
        account: AccountSid,
        /// What the limits and the guard count by.
        marks: Vec<String>,
        /// When.
        at: Timestamp,
        /// The sending; the same one again is not counted twice.
        attempt: VerificationAttemptSid,
    },
}

/// Verifications.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct VerificationFilter {
    /// Key of the scope, equal.
    pub scope: Option<String>,
    /// Equal.
    pub to: Option<String>,
    /// Equal.
    pub status: Option<VerificationStatus>,
    /// By creation.
    pub created: Span,
}

/// Attempts.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AttemptFilter {
    /// Key of the scope, equal.
    pub scope: Option<String>,
    /// Equal.
    pub verification: Option<VerificationSid>,
    /// Equal.
    pub to: Option<String>,
    /// What the number begins with.
    pub prefix: Option<String>,
    /// Equal.
    pub country: Option<String>,
    /// Equal.
    pub channel: Option<VerifyChannel>,
    /// Equal.
    pub converted: Option<bool>,
    /// By creation.
    pub created: Span,
}

/// Challenges of somebody.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ChallengeFilter {
    /// Equal.
    pub factor: Option<FactorSid>,
    /// As it stands at the moment.
    pub status: Option<(ChallengeStatus, Timestamp)>,
}

/// Keeper of verifications.
#[async_trait]
pub trait VerifyStore {
    /// One service.
    async fn verify_service(
        &self,
        account: AccountSid,
        sid: VerifyServiceSid,
    ) -> Result<Option<VerifyService>, StoreError>;
    /// Services. Newest first.
    async fn verify_services(
        &self,
        account: AccountSid,
        page: &Page,
    ) -> Result<Vec<VerifyService>, StoreError>;
    /// How many services the account has.
    async fn count_verify_services(&self, account: AccountSid) -> Result<u64, StoreError>;
    /// One verification.
    async fn verification(
        &self,
        account: AccountSid,
        sid: VerificationSid,
    ) -> Result<Option<Verification>, StoreError>;
    /// Verifications whose next channel is due, of all accounts, longest due first. At most `limit`.
    async fn due_workflows(&self, now: Timestamp, limit: u32) -> Result<Vec<Verification>, StoreError>;
    /// The one that is pending for somebody.
    async fn open_verification(
        &self,
        account: AccountSid,
        scope: &VerifyScope,
        to: &str,
    ) -> Result<Option<Verification>, StoreError>;
    /// Verifications. Newest first.
    async fn verifications(
        &self,
        account: AccountSid,
        filter: &VerificationFilter,
        page: &Page,
    ) -> Result<Vec<Verification>, StoreError>;
    /// How many verifications match.
    async fn count_verifications(
        &self,
        account: AccountSid,
        filter: &VerificationFilter,
    ) -> Result<u64, StoreError>;
    /// One attempt.
    async fn attempt(
        &self,
        account: AccountSid,
        sid: VerificationAttemptSid,
    ) -> Result<Option<VerificationAttempt>, StoreError>;
    /// Attempts. Newest first.
    async fn attempts(
        &self,
        account: AccountSid,
        filter: &AttemptFilter,
        page: &Page,
    ) -> Result<Vec<VerificationAttempt>, StoreError>;
    /// How many attempts match.
    async fn count_attempts(&self, account: AccountSid, filter: &AttemptFilter) -> Result<u64, StoreError>;
    /// One limit.
    async fn send_limit(
        &self,
        account: AccountSid,
        sid: SendLimitSid,
    ) -> Result<Option<SendLimit>, StoreError>;
    /// The limit of this name, of the service or of the account itself.
    async fn send_limit_by_name(
        &self,
        account: AccountSid,
        service: Option<VerifyServiceSid>,
        unique_name: &str,
    ) -> Result<Option<SendLimit>, StoreError>;
    /// Limits of the service, or of the account itself. Newest first.
    async fn send_limits(
        &self,
        account: AccountSid,
        service: Option<VerifyServiceSid>,
        page: &Page,
    ) -> Result<Vec<SendLimit>, StoreError>;
    /// How many there are.
    async fn count_send_limits(
        &self,
        account: AccountSid,
        service: Option<VerifyServiceSid>,
    ) -> Result<u64, StoreError>;
    /// Sendings under a mark since then.
    async fn count_marks(&self, account: AccountSid, mark: &str, since: Timestamp)
    -> Result<u64, StoreError>;
    /// The first of them.
    async fn oldest_mark(
        &self,
        account: AccountSid,
        mark: &str,
        since: Timestamp,
    ) -> Result<Option<Timestamp>, StoreError>;
    /// Somebody, by the customer's name for them.
    async fn entity(
        &self,
        account: AccountSid,
        service: VerifyServiceSid,
        identity: &str,
    ) -> Result<Option<Entity>, StoreError>;
    /// Everybody of a service. Newest first.
    async fn entities(
        &self,
        account: AccountSid,
        service: VerifyServiceSid,
        page: &Page,
    ) -> Result<Vec<Entity>, StoreError>;
    /// One factor of somebody.
    async fn factor(
        &self,
        account: AccountSid,
        entity: EntitySid,
        sid: FactorSid,
    ) -> Result<Option<Factor>, StoreError>;
    /// Factors of somebody. Newest first.
    async fn factors(
        &self,
        account: AccountSid,
        entity: EntitySid,
        page: &Page,
    ) -> Result<Vec<Factor>, StoreError>;
    /// How many there are.
    async fn count_factors(&self, account: AccountSid, entity: EntitySid) -> Result<u64, StoreError>;
    /// One challenge of somebody.
    async fn challenge(
        &self,
        account: AccountSid,
        entity: EntitySid,
        sid: ChallengeSid,
    ) -> Result<Option<Challenge>, StoreError>;
    /// Challenges of somebody. Newest first.
    async fn challenges(
        &self,
        account: AccountSid,
        entity: EntitySid,
        filter: &ChallengeFilter,
        page: &Page,
    ) -> Result<Vec<Challenge>, StoreError>;
    /// Forgets challenges made before `before`, at most `limit`.
    async fn sweep_challenges(&self, before: Timestamp, limit: u32) -> Result<u64, StoreError>;
    /// Drops factors from before `before` of which nobody has shown a code, at most `limit`. Their entities stay.
    async fn sweep_factors(&self, before: Timestamp, limit: u32) -> Result<u64, StoreError>;
    /// One template.
    async fn verify_template(
        &self,
        account: AccountSid,
        sid: VerifyTemplateSid,
    ) -> Result<Option<VerifyTemplate>, StoreError>;
    /// Templates, of this name where one is given. Newest first.
    async fn verify_templates(
        &self,
        account: AccountSid,
        friendly_name: Option<&str>,
        page: &Page,
    ) -> Result<Vec<VerifyTemplate>, StoreError>;
    /// How many there are.
    async fn count_verify_templates(
        &self,
        account: AccountSid,
        friendly_name: Option<&str>,
    ) -> Result<u64, StoreError>;
    /// A number of the safe list.
    async fn safe_number(&self, account: AccountSid, number: &E164)
    -> Result<Option<SafeNumber>, StoreError>;
    /// Numbers of the safe list.
    async fn count_safe_numbers(&self, account: AccountSid) -> Result<u64, StoreError>;
    /// Forgets marks from before `before`, at most `limit`.
    async fn sweep_marks(&self, before: Timestamp, limit: u32) -> Result<u64, StoreError>;
}
