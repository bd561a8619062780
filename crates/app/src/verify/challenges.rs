//! Challenges: a factor is to be proved, by a code that its app shows.

use flexio_domain::*;
use flexio_store::{ChallengeFilter, ChangeSet, Page, VerifyChange};
use jiff::SignedDuration;

use super::Event;
use super::factors::checked_metadata;
use crate::App;
use crate::auth::must_be_active;
use crate::error::{AppError, refuse};
use crate::idempotency::Keep;

/// How long a challenge waits when nobody says otherwise, and at most.
const WAITS: SignedDuration = SignedDuration::from_mins(5);
const WAITS_MAX: SignedDuration = SignedDuration::from_mins(60);

/// A challenge to be.
#[derive(Debug, Clone, Default)]
pub struct NewChallenge {
    /// When it no longer waits; within an hour.
    pub expires_at: Option<Timestamp>,
    /// The code, where it is at hand already.
    pub code: Option<Pii<String>>,
    /// The customer's own, a JSON object.
    pub metadata: Option<String>,
}

impl App {
    /// Challenges a verified factor. A code that comes with it is checked at once: a right one approves, a wrong one is counted and the
    /// challenge waits.
    pub async fn create_challenge(
        &self,
        account: &Account,
        factor: &Factor,
        new: &NewChallenge,
        keep: Keep<'_, Challenge>,
    ) -> Result<Challenge, AppError> {
        must_be_active(account)?;
        if factor.status != FactorStatus::Verified {
            return Err(ErrorCode::FactorUnverified.into());
        }
        let _turn = self.verify_turns.take((account.sid, factor.sid.to_string())).await;
        retrying!(self.try_challenge(factor, new, keep))
    }

    async fn try_challenge(
        &self,
        factor: &Factor,
        new: &NewChallenge,
        keep: Keep<'_, Challenge>,
    ) -> Result<Challenge, AppError> {
        let (mut factor, now) = (self.again(factor).await?, self.clock.now());
        let latest = now.saturating_add(WAITS_MAX).unwrap_or(Timestamp::MAX);
        let expires_at =
            new.expires_at.unwrap_or_else(|| now.saturating_add(WAITS).unwrap_or(Timestamp::MAX));
        if expires_at <= now || expires_at > latest {
            return Err(refuse(
                ErrorCode::VerifyInvalid,
                "ExpirationDate must lie within the next 60 minutes.",
            ));
        }
        let mut challenge = Challenge {
            sid: ChallengeSid::new(),
            version: 1,
            account_sid: factor.account_sid,
            service_sid: factor.service_sid,
            entity_sid: factor.entity_sid,
            identity: factor.identity.clone(),
            factor_sid: factor.sid,
            status: ChallengeStatus::Pending,
            expires_at,
            responded_at: None,
            metadata: new.metadata.as_deref().map(checked_metadata).transpose()?,
            created_at: now,
            updated_at: now,
        };
        let mut changes = ChangeSet::new();
        if let Some(code) = &new.code {
            self.answer(&mut factor, &mut challenge, &code.0, now)?;
            changes.push(VerifyChange::UpdateFactor(factor).into());
        }
        changes.push(VerifyChange::CreateChallenge(challenge.clone()).into());
        self.tell_approved(&challenge, &mut changes).await?;
        self.commit_creation(changes, &challenge, keep).await?;
        self.wake.callbacks.notify_one();
        Ok(challenge)
    }

    async fn tell_approved(&self, challenge: &Challenge, changes: &mut ChangeSet) -> Result<(), AppError> {
        if challenge.status != ChallengeStatus::Approved {
            return Ok(());
        }
        let event = Event {
            name: "challenge.approved",
            subject: challenge.sid.to_string(),
            sequence: challenge.version,
            at: challenge.updated_at,
            params: vec![
                ("entity_identity", challenge.identity.clone()),
                ("factor_sid", challenge.factor_sid.to_string()),
                ("factor_type", "totp".to_owned()),
                ("challenge_sid", challenge.sid.to_string()),
            ],
        };
        let scope = VerifyScope::Service(challenge.service_sid);
        self.tell_webhooks_of(challenge.account_sid, &scope, &event, changes).await
    }

    fn answer(
        &self,
        factor: &mut Factor,
        challenge: &mut Challenge,
        code: &str,
        now: Timestamp,
    ) -> Result<(), AppError> {
        challenge.updated_at = now;
        if self.try_code(factor, code)? {
            challenge.status = ChallengeStatus::Approved;
            challenge.responded_at = Some(now);
        }
        Ok(())
    }

    /// Checks a code for a challenge that waits. A right one approves it; a wrong one is counted at the factor.
    pub async fn answer_challenge(
        &self,
        account: &Account,
        challenge: &Challenge,
        code: &str,
        metadata: Option<&str>,
    ) -> Result<Challenge, AppError> {
        must_be_active(account)?;
        let _turn = self.verify_turns.take((account.sid, challenge.factor_sid.to_string())).await;
        retrying!(async {
            let (entity, now) = (challenge.entity_sid, self.clock.now());
            let found = self.store.challenge(account.sid, entity, challenge.sid).await?;
            let mut challenge = found.ok_or(ErrorCode::NotFound)?;
            match challenge.state(now) {
                ChallengeStatus::Pending => {}
                ChallengeStatus::Expired => return Err(ErrorCode::ChallengeExpired.into()),
                ChallengeStatus::Approved => {
                    return Err(refuse(ErrorCode::Conflict, "The challenge has been approved."));
                }
            }
            let factor = self.store.factor(account.sid, entity, challenge.factor_sid).await?;
            let mut factor = factor.ok_or(ErrorCode::NotFound)?;
            if let Some(metadata) = metadata {
                challenge.metadata = Some(checked_metadata(metadata)?);
            }
            self.answer(&mut factor, &mut challenge, code, now)?;
            let mut changes = ChangeSet::new();
            changes.push(VerifyChange::UpdateFactor(factor).into());
            changes.push(VerifyChange::UpdateChallenge(challenge.clone()).into());
            self.tell_approved(&challenge, &mut changes).await?;
            self.store.commit(changes).await?;
            self.wake.callbacks.notify_one();
            challenge.version += 1;
            Ok::<_, AppError>(challenge)
        })
    }

    /// One challenge of somebody.
    pub async fn challenge(
        &self,
        account: AccountSid,
        service: VerifyServiceSid,
        identity: &str,
        sid: ChallengeSid,
    ) -> Result<Challenge, AppError> {
        let entity = self.entity(account, service, identity).await?;
        self.store.challenge(account, entity.sid, sid).await?.ok_or_else(|| ErrorCode::NotFound.into())
    }

    /// Challenges of somebody.
    pub async fn challenges(
        &self,
        account: AccountSid,
        service: VerifyServiceSid,
        identity: &str,
        filter: &ChallengeFilter,
        page: &Page,
    ) -> Result<Vec<Challenge>, AppError> {
        let entity = self.entity(account, service, identity).await?;
        Ok(self.store.challenges(account, entity.sid, filter, page).await?)
    }
}
