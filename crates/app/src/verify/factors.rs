//! Factors: apps that make codes, in the hands of end users. The secret is given out when it is made; what is kept is sealed for the factor.

use flexio_domain::*;
use flexio_store::{Change, ChangeSet, Page, StoreError, VerifyChange};
use flexio_verify::{factor as life, totp};

use super::Event;
use crate::accounts::checked_name;
use crate::auth::must_be_active;
use crate::error::{AppError, Refusal, refuse};
use crate::idempotency::Keep;
use crate::{App, vault};

/// Factors of one person.
const FACTORS_MAX: u64 = 20;
/// Characters of what the customer may add to a factor or challenge.
const METADATA_MAX: usize = 1_024;

/// What a request may say of how codes are made; `None` leaves it.
#[derive(Debug, Clone, Copy, Default)]
pub struct TotpPatch {
    /// Hash.
    pub algorithm: Option<TotpAlgorithm>,
    /// Seconds, 20 to 60.
    pub step_s: Option<u32>,
    /// 3 to 8.
    pub digits: Option<u8>,
    /// 0 to 2.
    pub skew: Option<u8>,
}

impl TotpPatch {
    /// This over `config`.
    pub(super) fn onto(self, config: TotpConfig) -> Result<TotpConfig, AppError> {
        let config = TotpConfig {
            algorithm: self.algorithm.unwrap_or(config.algorithm),
            step_s: self.step_s.unwrap_or(config.step_s),
            digits: self.digits.unwrap_or(config.digits),
            skew: self.skew.unwrap_or(config.skew),
        };
        let fits = totp::STEPS_S.contains(&config.step_s)
            && totp::DIGITS.contains(&config.digits)
            && config.skew <= totp::SKEW_MAX;
        let why = "TimeStep must be 20 to 60 seconds, CodeLength 3 to 8, Skew 0 to 2.";
        if fits { Ok(config) } else { Err(refuse(ErrorCode::VerifyInvalid, why)) }
    }
}

/// A factor to be.
#[derive(Debug, Clone)]
pub struct NewFactor {
    /// Service.
    pub service: VerifyServiceSid,
    /// Whose: the customer's name for them, who need not be known yet.
    pub identity: String,
    /// For people.
    pub friendly_name: String,
    /// How it makes codes, where that is not the service's way.
    pub config: TotpPatch,
    /// Its secret in Base32, where it has one already.
    pub secret: Option<Pii<String>>,
    /// The customer's own, a JSON object.
    pub metadata: Option<String>,
}

/// What a request may change of a factor.
#[derive(Debug, Clone, Default)]
pub struct FactorPatch {
    /// For people.
    pub friendly_name: Option<String>,
    /// How it makes codes.
    pub config: TotpPatch,
}

impl App {
    /// Somebody who is known in a service.
    pub async fn entity(
        &self,
        account: AccountSid,
        service: VerifyServiceSid,
        identity: &str,
    ) -> Result<Entity, AppError> {
        let found = self.store.entity(account, service, identity).await?;
        found.ok_or_else(|| ErrorCode::NotFound.into())
    }

    /// Everybody who is known in a service.
    pub async fn entities(
        &self,
        account: AccountSid,
        service: VerifyServiceSid,
        page: &Page,
    ) -> Result<Vec<Entity>, AppError> {
        Ok(self.store.entities(account, service, page).await?)
    }

    /// Makes somebody known; who is known already is a `Conflict`.
    pub async fn create_entity(
        &self,
        account: &Account,
        service: VerifyServiceSid,
        identity: &str,
        keep: Keep<'_, Entity>,
    ) -> Result<Entity, AppError> {
        must_be_active(account)?;
        let entity = self.new_entity(account.sid, service, identity)?;
        let changes = Change::from(VerifyChange::CreateEntity(entity.clone())).into();
        match self.commit_creation(changes, &entity, keep).await {
            Err(AppError::Store(StoreError::Conflict(_))) => {
                Err(refuse(ErrorCode::Conflict, "There is an entity of this identity."))
            }
            done => done.map(|()| entity),
        }
    }

    /// Forgets somebody, with their factors and challenges.
    pub async fn delete_entity(
        &self,
        account: &Account,
        service: VerifyServiceSid,
        identity: &str,
    ) -> Result<(), AppError> {
        must_be_active(account)?;
        let entity = self.entity(account.sid, service, identity).await?;
        self.deleted(VerifyChange::DeleteEntity(account.sid, entity.sid)).await
    }

    pub(super) async fn deleted(&self, change: VerifyChange) -> Result<(), AppError> {
        match self.store.commit(Change::from(change).into()).await {
            Err(StoreError::Conflict(_)) => Err(ErrorCode::NotFound.into()),
            done => Ok(done?),
        }
    }

    fn new_entity(
        &self,
        account: AccountSid,
        service: VerifyServiceSid,
        identity: &str,
    ) -> Result<Entity, AppError> {
        let fits = (8..=64).contains(&identity.len())
            && identity.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        if !fits {
            let why = "Identity must have 8 to 64 letters, digits and hyphens; it should not tell who it is.";
            return Err(refuse(ErrorCode::VerifyInvalid, why));
        }
        let now = self.clock.now();
        Ok(Entity {
            sid: EntitySid::new(),
            account_sid: account,
            service_sid: service,
            identity: identity.to_owned(),
            created_at: now,
            updated_at: now,
        })
    }

    /// Makes a factor, and its owner known where they were not. [`App::factor_binding`] tells the app its secret.
    pub async fn create_factor(
        &self,
        account: &Account,
        new: &NewFactor,
        keep: Keep<'_, Factor>,
    ) -> Result<Factor, AppError> {
        must_be_active(account)?;
        let service = self.verify_service(account.sid, new.service).await?;
        retrying!(self.try_create_factor(&service, new, keep))
    }

    async fn try_create_factor(
        &self,
        service: &VerifyService,
        new: &NewFactor,
        keep: Keep<'_, Factor>,
    ) -> Result<Factor, AppError> {
        let account = service.account_sid;
        let mut changes = ChangeSet::new();
        let entity = match self.store.entity(account, service.sid, &new.identity).await? {
            Some(entity) => {
                if self.store.count_factors(account, entity.sid).await? >= FACTORS_MAX {
                    return Err(ErrorCode::TooManyResources.into());
                }
                let entity = Entity { updated_at: self.clock.now(), ..entity };
                changes.push(VerifyChange::UpdateEntity(entity.clone()).into());
                entity
            }
            None => {
                let entity = self.new_entity(account, service.sid, &new.identity)?;
                changes.push(VerifyChange::CreateEntity(entity.clone()).into());
                entity
            }
        };
        let secret = match &new.secret {
            Some(text) => totp::from_base32(&text.0).ok_or_else(|| {
                refuse(ErrorCode::VerifyInvalid, "Binding.Secret must be 16 to 64 bytes in Base32.")
            })?,
            None => vault::random::<{ totp::SECRET_LEN }>().to_vec(),
        };
        let sid = FactorSid::new();
        let factor = Factor {
            sid,
            version: 1,
            account_sid: account,
            service_sid: service.sid,
            entity_sid: entity.sid,
            identity: entity.identity,
            friendly_name: checked_name(&new.friendly_name)?,
            status: FactorStatus::Unverified,
            config: new.config.onto(service.totp.config)?,
            secret: self.vault.seal(&sid.to_string(), &secret),
            last_step: 0,
            wrong_at: Vec::new(),
            metadata: new.metadata.as_deref().map(checked_metadata).transpose()?,
            created_at: entity.updated_at,
            updated_at: entity.updated_at,
        };
        changes.push(VerifyChange::CreateFactor(factor.clone()).into());
        Self::tell_webhooks(service, &happened("factor.created", &factor), &mut changes);
        self.commit_creation(changes, &factor, keep).await?;
        self.wake.callbacks.notify_one();
        Ok(factor)
    }

    /// What the app is told, once: the secret in Base32, and the link to scan.
    pub async fn factor_binding(&self, factor: &Factor) -> Result<(String, String), AppError> {
        let service = self.verify_service(factor.account_sid, factor.service_sid).await?;
        let secret = self.factor_secret(factor)?;
        let issuer = service.totp.issuer.as_deref().unwrap_or(&service.friendly_name);
        let link = totp::key_uri(issuer, &factor.friendly_name, &secret, &factor.config);
        Ok((totp::base32(&secret), link))
    }

    fn factor_secret(&self, factor: &Factor) -> Result<Vec<u8>, AppError> {
        Ok(self.vault.open(&factor.sid.to_string(), &factor.secret)?)
    }

    /// One factor of somebody.
    pub async fn factor(
        &self,
        account: AccountSid,
        service: VerifyServiceSid,
        identity: &str,
        sid: FactorSid,
    ) -> Result<Factor, AppError> {
        let entity = self.entity(account, service, identity).await?;
        self.store.factor(account, entity.sid, sid).await?.ok_or_else(|| ErrorCode::NotFound.into())
    }

    /// Factors of somebody.
    pub async fn factors(
        &self,
        account: AccountSid,
        service: VerifyServiceSid,
        identity: &str,
        page: &Page,
    ) -> Result<Vec<Factor>, AppError> {
        let entity = self.entity(account, service, identity).await?;
        Ok(self.store.factors(account, entity.sid, page).await?)
    }

    /// Changes a factor, and checks a code where one is given: a right one verifies it, a wrong one is counted and leaves it as it is.
    pub async fn update_factor(
        &self,
        account: &Account,
        factor: &Factor,
        patch: &FactorPatch,
        code: Option<&str>,
    ) -> Result<Factor, AppError> {
        must_be_active(account)?;
        let _turn = self.verify_turns.take((account.sid, factor.sid.to_string())).await;
        retrying!(async {
            let mut factor = self.again(factor).await?;
            if let Some(name) = &patch.friendly_name {
                factor.friendly_name = checked_name(name)?;
            }
            let config = patch.config.onto(factor.config)?;
            life::reconfigure(&mut factor, config);
            factor.updated_at = self.clock.now();
            let was = factor.status;
            if let Some(code) = code {
                self.try_code(&mut factor, code)?;
            }
            let is_verified = was != factor.status;
            let mut changes = ChangeSet::new();
            changes.push(VerifyChange::UpdateFactor(factor.clone()).into());
            factor.version += 1;
            if is_verified {
                let scope = VerifyScope::Service(factor.service_sid);
                let event = happened("factor.verified", &factor);
                self.tell_webhooks_of(account.sid, &scope, &event, &mut changes).await?;
            }
            self.store.commit(changes).await?;
            self.wake.callbacks.notify_one();
            Ok::<_, AppError>(factor)
        })
    }

    /// The factor as it is now.
    pub(super) async fn again(&self, factor: &Factor) -> Result<Factor, AppError> {
        let found = self.store.factor(factor.account_sid, factor.entity_sid, factor.sid).await?;
        found.ok_or_else(|| ErrorCode::NotFound.into())
    }

    /// Whether this is a code of the factor that was never taken; the factor moves by it.
    pub(super) fn try_code(&self, factor: &mut Factor, code: &str) -> Result<bool, AppError> {
        let secret = self.factor_secret(factor)?;
        let given: String = code.chars().filter(|c| !c.is_whitespace()).take(9).collect();
        let is_right = life::check(factor, &secret, &given, self.clock.now()).map_err(|refused| {
            metrics::counter!("factor_checks_total", "result" => "refused").increment(1);
            AppError::Refused(Refusal {
                detail: Some(refused.to_string()),
                retry_after_s: Some(refused.wait_s),
                ..Refusal::from(ErrorCode::VerifyTooManyChecks)
            })
        })?;
        let result = if is_right { "right" } else { "wrong" };
        metrics::counter!("factor_checks_total", "result" => result).increment(1);
        Ok(is_right)
    }

    /// Deletes a factor: its codes are good for nothing. Its challenges stay as records.
    pub async fn delete_factor(&self, account: &Account, factor: &Factor) -> Result<(), AppError> {
        must_be_active(account)?;
        let mut changes = ChangeSet::from(Change::from(VerifyChange::DeleteFactor(account.sid, factor.sid)));
        let scope = VerifyScope::Service(factor.service_sid);
        self.tell_webhooks_of(account.sid, &scope, &happened("factor.deleted", factor), &mut changes).await?;
        match self.store.commit(changes).await {
            Err(StoreError::Conflict(_)) => return Err(ErrorCode::NotFound.into()),
            done => done?,
        }
        self.wake.callbacks.notify_one();
        Ok(())
    }
}

/// What webhooks are told of a factor.
fn happened(name: &'static str, factor: &Factor) -> Event {
    Event {
        name,
        subject: factor.sid.to_string(),
        sequence: factor.version,
        at: factor.updated_at,
        params: vec![
            ("entity_identity", factor.identity.clone()),
            ("factor_sid", factor.sid.to_string()),
            ("factor_type", "totp".to_owned()),
            ("factor_friendly_name", factor.friendly_name.clone()),
        ],
    }
}

/// A JSON object whose values are texts.
pub(super) fn checked_metadata(text: &str) -> Result<String, AppError> {
    let object = serde_json::from_str::<serde_json::Map<String, serde_json::Value>>(text);
    let fits = object.is_ok_and(|members| members.values().all(serde_json::Value::is_string));
    let why = "Metadata must be a JSON object of texts, of at most 1024 characters.";
    if fits && text.chars().count() <= METADATA_MAX {
        Ok(text.to_owned())
    } else {
        Err(refuse(ErrorCode::VerifyInvalid, why))
    }
}
