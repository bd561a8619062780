//! Services: what verifications of one purpose have in common.

use flexio_domain::*;
use flexio_store::{AttemptFilter, Page, VerificationFilter, VerifyChange};
use flexio_verify::code;

use super::TotpPatch;
use crate::App;
use crate::accounts::checked_name;
use crate::auth::must_be_active;
use crate::error::{AppError, refuse};
use crate::idempotency::Keep;
use flexio_store::Change;

/// Services of an account.
const SERVICES_MAX: u64 = 1_000;
/// Characters of a name: it stands in the text message.
const NAME_MAX: usize = 30;

/// What a request may say of a service; `None` leaves it.
#[derive(Debug, Clone, Default)]
pub struct VerifyServicePatch {
    /// 1 to 30 characters, at most four of them digits: a name must not look like a code.
    pub friendly_name: Option<String>,
    /// 4 to 10.
    pub code_length: Option<u8>,
    /// Switch.
    pub lookup_enabled: Option<bool>,
    /// Switch.
    pub skip_sms_to_landlines: Option<bool>,
    /// Switch.
    pub dtmf_input_required: Option<bool>,
    /// Spoken name; empty clears it.
    pub tts_name: Option<String>,
    /// Switch.
    pub custom_code_enabled: Option<bool>,
    /// Switch.
    pub do_not_share_warning_enabled: Option<bool>,
    /// Switch.
    pub psd2_enabled: Option<bool>,
    /// Name in apps; empty clears it.
    pub totp_issuer: Option<String>,
    /// The words, where a request names no others; `Some(None)` for ours.
    pub default_template_sid: Option<Option<VerifyTemplateSid>>,
    /// How the apps of new factors make codes.
    pub totp: TotpPatch,
}

/// A name as it may stand in a text beside a code.
pub fn checked_text_name(name: &str) -> Result<String, AppError> {
    let digits = name.chars().filter(char::is_ascii_digit).count();
    let fits = (1..=NAME_MAX).contains(&name.chars().count()) && !name.chars().any(char::is_control);
    let why = "A name must have 1 to 30 characters, at most four of them digits.";
    if fits && digits <= 4 { Ok(name.to_owned()) } else { Err(refuse(ErrorCode::VerifyInvalid, why)) }
}

impl VerifyServicePatch {
    fn apply(self, service: &mut VerifyService) -> Result<(), AppError> {
        if let Some(name) = self.friendly_name {
            service.friendly_name = checked_text_name(&name)?;
        }
        if let Some(length) = self.code_length {
            if !code::LENGTHS.contains(&length) {
                return Err(refuse(ErrorCode::VerifyInvalid, "CodeLength must be 4 to 10."));
            }
            service.code_length = length;
        }
        if let Some(name) = self.tts_name {
            service.tts_name = (!name.is_empty()).then(|| checked_name(&name)).transpose()?;
        }
        let set = |switch: &mut bool, asked: Option<bool>| *switch = asked.unwrap_or(*switch);
        set(&mut service.lookup_enabled, self.lookup_enabled);
        set(&mut service.skip_sms_to_landlines, self.skip_sms_to_landlines);
        set(&mut service.dtmf_input_required, self.dtmf_input_required);
        set(&mut service.custom_code_enabled, self.custom_code_enabled);
        set(&mut service.do_not_share_warning_enabled, self.do_not_share_warning_enabled);
        set(&mut service.psd2_enabled, self.psd2_enabled);
        if let Some(issuer) = self.totp_issuer {
            service.totp.issuer = (!issuer.is_empty()).then(|| checked_name(&issuer)).transpose()?;
        }
        service.default_template_sid = self.default_template_sid.unwrap_or(service.default_template_sid);
        service.totp.config = self.totp.onto(service.totp.config)?;
        Ok(())
    }
}

impl App {
    /// Makes a service.
    pub async fn create_verify_service(
        &self,
        account: &Account,
        patch: VerifyServicePatch,
        keep: Keep<'_, VerifyService>,
    ) -> Result<VerifyService, AppError> {
        must_be_active(account)?;
        if patch.friendly_name.is_none() {
            return Err(refuse(ErrorCode::VerifyInvalid, "FriendlyName is missing."));
        }
        if self.store.count_verify_services(account.sid).await? >= SERVICES_MAX {
            return Err(ErrorCode::TooManyResources.into());
        }
        let now = self.clock.now();
        let mut service = VerifyService {
            sid: VerifyServiceSid::new(),
            version: 1,
            account_sid: account.sid,
            friendly_name: String::new(),
            code_length: code::DEFAULT_LENGTH,
            lookup_enabled: false,
            skip_sms_to_landlines: false,
            dtmf_input_required: false,
            tts_name: None,
            custom_code_enabled: false,
            do_not_share_warning_enabled: false,
            psd2_enabled: false,
            totp: TotpDefaults::default(),
            default_template_sid: None,
            webhooks: Vec::new(),
            senders: Vec::new(),
            created_at: now,
            updated_at: now,
        };
        self.must_have_template(account.sid, patch.default_template_sid.flatten()).await?;
        patch.apply(&mut service)?;
        let changes = Change::from(VerifyChange::CreateService(service.clone())).into();
        self.commit_creation(changes, &service, keep).await?;
        Ok(service)
    }

    async fn must_have_template(
        &self,
        account: AccountSid,
        sid: Option<VerifyTemplateSid>,
    ) -> Result<(), AppError> {
        match sid {
            Some(sid) if self.store.verify_template(account, sid).await?.is_none() => {
                Err(refuse(ErrorCode::VerifyInvalid, "There is no such template."))
            }
            Some(_) | None => Ok(()),
        }
    }

    /// One service.
    pub async fn verify_service(
        &self,
        account: AccountSid,
        sid: VerifyServiceSid,
    ) -> Result<VerifyService, AppError> {
        self.store.verify_service(account, sid).await?.ok_or_else(|| ErrorCode::NotFound.into())
    }

    /// Services.
    pub async fn verify_services(
        &self,
        account: AccountSid,
        page: &Page,
    ) -> Result<Vec<VerifyService>, AppError> {
        Ok(self.store.verify_services(account, page).await?)
    }

    /// Changes a service.
    pub async fn update_verify_service(
        &self,
        account: &Account,
        sid: VerifyServiceSid,
        patch: VerifyServicePatch,
    ) -> Result<VerifyService, AppError> {
        must_be_active(account)?;
        self.must_have_template(account.sid, patch.default_template_sid.flatten()).await?;
        retrying!(async {
            let mut service = self.verify_service(account.sid, sid).await?;
            patch.clone().apply(&mut service)?;
            service.updated_at = self.clock.now();
            self.store.commit(Change::from(VerifyChange::UpdateService(service.clone())).into()).await?;
            service.version += 1;
            Ok::<_, AppError>(service)
        })
    }

    /// Deletes a service with its limits and the factors of its people. Its verifications stay as records; those that were pending can be checked no more.
    pub async fn delete_verify_service(
        &self,
        account: &Account,
        sid: VerifyServiceSid,
    ) -> Result<(), AppError> {
        must_be_active(account)?;
        self.verify_service(account.sid, sid).await?;
        let delete = Change::from(VerifyChange::DeleteService(account.sid, sid));
        match self.store.commit(delete.into()).await {
            Err(flexio_store::StoreError::Conflict(_)) => Err(ErrorCode::NotFound.into()),
            done => Ok(done?),
        }
    }

    /// One verification.
    pub async fn verification(
        &self,
        account: AccountSid,
        sid: VerificationSid,
    ) -> Result<Verification, AppError> {
        self.store.verification(account, sid).await?.ok_or_else(|| ErrorCode::NotFound.into())
    }

    /// Verifications.
    pub async fn verifications(
        &self,
        account: AccountSid,
        filter: &VerificationFilter,
        page: &Page,
    ) -> Result<Vec<Verification>, AppError> {
        Ok(self.store.verifications(account, filter, page).await?)
    }

    /// How many verifications match.
    pub async fn count_verifications(
        &self,
        account: AccountSid,
        filter: &VerificationFilter,
    ) -> Result<u64, AppError> {
        Ok(self.store.count_verifications(account, filter).await?)
    }

    /// One sending of a code.
    pub async fn verification_attempt(
        &self,
        account: AccountSid,
        sid: VerificationAttemptSid,
    ) -> Result<VerificationAttempt, AppError> {
        self.store.attempt(account, sid).await?.ok_or_else(|| ErrorCode::NotFound.into())
    }

    /// Sendings of codes.
    pub async fn verification_attempts(
        &self,
        account: AccountSid,
        filter: &AttemptFilter,
        page: &Page,
    ) -> Result<Vec<VerificationAttempt>, AppError> {
        Ok(self.store.attempts(account, filter, page).await?)
    }

    /// How many sendings match.
    pub async fn count_verification_attempts(
        &self,
        account: AccountSid,
        filter: &AttemptFilter,
    ) -> Result<u64, AppError> {
        Ok(self.store.count_attempts(account, filter).await?)
    }
}
