//! Applications: named pointers to documents.

use flexio_domain::{Account, AccountSid, Application, ApplicationKind, ApplicationSid, Dialect, ErrorCode};
use flexio_store::{ApplicationFilter, Change, NumberFilter, Page};

use crate::App;
use crate::accounts::checked_name;
use crate::auth::must_be_active;
use crate::error::AppError;
use crate::idempotency::Keep;
use crate::urls::WebhookPatch;

/// Numbers shown with an application that asks for them.
const NUMBERS_SHOWN_MAX: u32 = 1_000;

/// What is set on a new application, or changed on one; what is `None` stays or takes its default.
#[derive(Debug, Clone, Default)]
pub struct ApplicationPatch {
    /// At most 64 characters.
    pub friendly_name: Option<String>,
    /// What it answers; decides where the classic API's `RcmlUrl` goes.
    pub kind: Option<ApplicationKind>,
    /// Language of its documents.
    pub dialect: Option<Dialect>,
    /// Classic `RcmlUrl`: the voice or message document, by kind.
    pub rcml: WebhookPatch,
    /// Asked on calls.
    pub voice: WebhookPatch,
    /// Asked where that fails.
    pub voice_fallback: WebhookPatch,
    /// Asked on messages.
    pub sms: WebhookPatch,
    /// Asked where that fails.
    pub sms_fallback: WebhookPatch,
    /// Told of call states.
    pub status_callback: WebhookPatch,
    /// Told of message states.
    pub sms_status_callback: WebhookPatch,
    /// Look the caller's name up.
    pub voice_caller_id_lookup: Option<bool>,
}

impl ApplicationPatch {
    fn apply(self, application: &mut Application) -> Result<(), AppError> {
        if let Some(name) = &self.friendly_name {
            application.friendly_name = checked_name(name)?;
        }
        application.kind = self.kind.or(application.kind);
        application.dialect = self.dialect.unwrap_or(application.dialect);
        match application.kind {
            Some(ApplicationKind::Sms) => self.rcml.apply(&mut application.sms.primary),
            Some(ApplicationKind::Voice | ApplicationKind::Ussd) | None => {
                self.rcml.apply(&mut application.voice.primary);
            }
        }
        self.voice.apply(&mut application.voice.primary);
        self.voice_fallback.apply(&mut application.voice.fallback);
        self.sms.apply(&mut application.sms.primary);
        self.sms_fallback.apply(&mut application.sms.fallback);
        self.status_callback.apply(&mut application.status_callback);
        self.sms_status_callback.apply(&mut application.sms_status_callback);
        application.voice_caller_id_lookup =
            self.voice_caller_id_lookup.unwrap_or(application.voice_caller_id_lookup);
        Ok(())
    }
}

impl App {
    /// Makes an application. Without a name it is named by its sid.
    pub async fn create_application(
        &self,
        account: &Account,
        patch: ApplicationPatch,
        keep: Keep<'_, Application>,
    ) -> Result<Application, AppError> {
        must_be_active(account)?;
        let (sid, now) = (ApplicationSid::new(), self.clock.now());
        let mut application = Application {
            sid,
            version: 1,
            account_sid: account.sid,
            friendly_name: sid.to_string(),
            kind: None,
            dialect: Dialect::default(),
            voice: flexio_domain::WebhookSet::default(),
            sms: flexio_domain::WebhookSet::default(),
            status_callback: None,
            sms_status_callback: None,
            voice_caller_id_lookup: false,
            created_at: now,
            updated_at: now,
        };
        patch.apply(&mut application)?;
        let changes = Change::CreateApplication(application.clone()).into();
        self.commit_creation(changes, &application, keep).await?;
        Ok(application)
    }

    /// One application.
    pub async fn application(
        &self,
        account: AccountSid,
        sid: ApplicationSid,
    ) -> Result<Application, AppError> {
        self.store.application(account, sid).await?.ok_or_else(|| ErrorCode::NotFound.into())
    }

    /// Applications.
    pub async fn applications(
        &self,
        account: AccountSid,
        filter: &ApplicationFilter,
        page: &Page,
    ) -> Result<Vec<Application>, AppError> {
        Ok(self.store.applications(account, filter, page).await?)
    }

    /// Numbers bound to an application, at most a thousand.
    pub async fn numbers_of_application(
        &self,
        account: AccountSid,
        sid: ApplicationSid,
    ) -> Result<Vec<flexio_domain::IncomingNumber>, AppError> {
        let filter = NumberFilter { application: Some(sid), ..NumberFilter::default() };
        let page = Page { limit: NUMBERS_SHOWN_MAX, ..Page::default() };
        Ok(self.store.numbers(account, &filter, &page).await?)
    }

    /// Changes an application. Calls that run keep the documents they have.
    pub async fn update_application(
        &self,
        account: &Account,
        sid: ApplicationSid,
        patch: ApplicationPatch,
    ) -> Result<Application, AppError> {
        must_be_active(account)?;
        retrying!(async {
            let mut application = self.application(account.sid, sid).await?;
            patch.clone().apply(&mut application)?;
            application.updated_at = self.clock.now();
            self.store.commit(Change::UpdateApplication(application.clone()).into()).await?;
            application.version += 1;
            Ok::<_, AppError>(application)
        })
    }

    /// Deletes an application; numbers bound to it are left without.
    pub async fn delete_application(&self, account: &Account, sid: ApplicationSid) -> Result<(), AppError> {
        must_be_active(account)?;
        self.application(account.sid, sid).await?;
        self.store.commit(Change::DeleteApplication(account.sid, sid).into()).await?;
        // Numbers point to it no more.
        self.owners.clear();
        Ok(())
    }
}
