//! What a service has a few of: webhooks that are told what happens, and the messaging services that send to a country. They lie in the
//! service itself.

use flexio_domain::*;
use flexio_store::{Change, ChangeSet, VerifyChange};

use crate::App;
use crate::auth::must_be_active;
use crate::callbacks;
use crate::error::{AppError, refuse};

/// Webhooks of a service.
const HOOKS_MAX: usize = 10;
/// Countries of a service.
const COUNTRIES_MAX: usize = 250;
/// What can be told; `*` is everything. Nobody denies a challenge of an app, but programs ask for it.
pub const EVENTS: [&str; 9] = [
    "*",
    "factor.created",
    "factor.verified",
    "factor.deleted",
    "challenge.approved",
    "challenge.denied",
    "verification.sent",
    "verification.approved",
    "verification.canceled",
];

/// What a request may say of a webhook; `None` leaves it.
#[derive(Debug, Clone, Default)]
pub struct HookPatch {
    /// 1 to 64 characters.
    pub friendly_name: Option<String>,
    /// Of [`EVENTS`].
    pub events: Option<Vec<String>>,
    /// Where to.
    pub webhook: Option<Webhook>,
    /// Switch.
    pub is_enabled: Option<bool>,
}

impl HookPatch {
    fn apply(self, hook: &mut VerifyWebhook, now: Timestamp) -> Result<(), AppError> {
        if let Some(name) = self.friendly_name {
            hook.friendly_name = crate::accounts::checked_name(&name)?;
        }
        if let Some(events) = self.events {
            if let Some(unknown) = events.iter().find(|event| !EVENTS.contains(&event.as_str())) {
                return Err(refuse(ErrorCode::VerifyInvalid, format!("There is no event {unknown}.")));
            }
            hook.events = events;
        }
        hook.webhook = self.webhook.unwrap_or_else(|| hook.webhook.clone());
        hook.is_enabled = self.is_enabled.unwrap_or(hook.is_enabled);
        hook.updated_at = now;
        if hook.events.is_empty() || hook.friendly_name.is_empty() || hook.webhook.url.is_empty() {
            let why = "FriendlyName, EventTypes and WebhookUrl are required.";
            return Err(refuse(ErrorCode::VerifyInvalid, why));
        }
        Ok(())
    }
}

impl App {
    /// Changes a service by `edit`, which may refuse.
    async fn edit_verify_service(
        &self,
        account: &Account,
        sid: VerifyServiceSid,
        edit: &(dyn Fn(&mut VerifyService) -> Result<(), AppError> + Send + Sync),
    ) -> Result<VerifyService, AppError> {
        must_be_active(account)?;
        retrying!(async {
            let mut service = self.verify_service(account.sid, sid).await?;
            edit(&mut service)?;
            self.store.commit(Change::from(VerifyChange::UpdateService(service.clone())).into()).await?;
            service.version += 1;
            Ok::<_, AppError>(service)
        })
    }

    /// Adds a webhook.
    pub async fn add_verify_webhook(
        &self,
        account: &Account,
        service: VerifyServiceSid,
        patch: HookPatch,
    ) -> Result<VerifyWebhook, AppError> {
        let now = self.clock.now();
        let mut hook = VerifyWebhook {
            sid: VerifyWebhookSid::new(),
            friendly_name: String::new(),
            events: Vec::new(),
            webhook: Webhook { url: String::new(), method: HttpMethod::Post },
            is_enabled: true,
            created_at: now,
            updated_at: now,
        };
        patch.apply(&mut hook, now)?;
        let add = |service: &mut VerifyService| {
            if service.webhooks.len() >= HOOKS_MAX {
                return Err(ErrorCode::TooManyResources.into());
            }
            service.webhooks.push(hook.clone());
            Ok(())
        };
        self.edit_verify_service(account, service, &add).await?;
        Ok(hook)
    }

    /// Changes a webhook.
    pub async fn update_verify_webhook(
        &self,
        account: &Account,
        service: VerifyServiceSid,
        sid: VerifyWebhookSid,
        patch: HookPatch,
    ) -> Result<VerifyWebhook, AppError> {
        let now = self.clock.now();
        let change = |service: &mut VerifyService| {
            let hook = service.webhooks.iter_mut().find(|hook| hook.sid == sid).ok_or(ErrorCode::NotFound)?;
            patch.clone().apply(hook, now)
        };
        let service = self.edit_verify_service(account, service, &change).await?;
        service.webhooks.into_iter().find(|hook| hook.sid == sid).ok_or_else(|| ErrorCode::NotFound.into())
    }

    /// Takes a webhook out.
    pub async fn delete_verify_webhook(
        &self,
        account: &Account,
        service: VerifyServiceSid,
        sid: VerifyWebhookSid,
    ) -> Result<(), AppError> {
        let remove = |service: &mut VerifyService| {
            let before = service.webhooks.len();
            service.webhooks.retain(|hook| hook.sid != sid);
            if service.webhooks.len() == before { Err(ErrorCode::NotFound.into()) } else { Ok(()) }
        };
        self.edit_verify_service(account, service, &remove).await.map(drop)
    }

    /// Says which messaging service sends to a country, or to `all` the rest. `is_new` where there must be none yet; otherwise there
    /// must be one.
    pub async fn set_country_sender(
        &self,
        account: &Account,
        service: VerifyServiceSid,
        country: &str,
        sender: MessagingServiceSid,
        is_new: bool,
    ) -> Result<CountrySender, AppError> {
        let country = checked_country(country)?;
        self.messaging_service(account.sid, sender).await?;
        let now = self.clock.now();
        let set = |service: &mut VerifyService| {
            let full = service.senders.len() >= COUNTRIES_MAX;
            match service.senders.iter_mut().find(|sender| sender.country == country) {
                Some(_) if is_new => Err(refuse(ErrorCode::Conflict, "The country has a configuration.")),
                None if !is_new => Err(ErrorCode::NotFound.into()),
                None if full => Err(ErrorCode::TooManyResources.into()),
                Some(have) => {
                    (have.messaging_service_sid, have.updated_at) = (sender, now);
                    Ok(())
                }
                None => {
                    let country = country.clone();
                    let (created_at, updated_at) = (now, now);
                    let new =
                        CountrySender { country, messaging_service_sid: sender, created_at, updated_at };
                    service.senders.push(new);
                    Ok(())
                }
            }
        };
        let service = self.edit_verify_service(account, service, &set).await?;
        let found = service.senders.into_iter().find(|sender| sender.country == country);
        found.ok_or_else(|| ErrorCode::NotFound.into())
    }

    /// Codes to the country leave from the platform's sender again, or from that of `all`.
    pub async fn delete_country_sender(
        &self,
        account: &Account,
        service: VerifyServiceSid,
        country: &str,
    ) -> Result<(), AppError> {
        let remove = |service: &mut VerifyService| {
            let before = service.senders.len();
            service.senders.retain(|sender| sender.country != country);
            if service.senders.len() == before { Err(ErrorCode::NotFound.into()) } else { Ok(()) }
        };
        self.edit_verify_service(account, service, &remove).await.map(drop)
    }

    /// Puts what happened into `changes`, for each webhook of the service that wants to know.
    pub(super) fn tell_webhooks(service: &VerifyService, event: &Event, changes: &mut ChangeSet) {
        for hook in &service.webhooks {
            let wants = hook.events.iter().any(|wanted| wanted == "*" || wanted == event.name);
            if hook.is_enabled && wants {
                changes.push(Change::QueueCallback(callbacks::verify_event(service, hook, event)));
            }
        }
    }

    /// The same, where the service has to be looked up; one that is gone tells nobody.
    pub(super) async fn tell_webhooks_of(
        &self,
        account: AccountSid,
        scope: &VerifyScope,
        event: &Event,
        changes: &mut ChangeSet,
    ) -> Result<(), AppError> {
        let VerifyScope::Service(sid) = scope else { return Ok(()) };
        if let Some(service) = self.store.verify_service(account, *sid).await? {
            Self::tell_webhooks(&service, event, changes);
        }
        Ok(())
    }
}

/// An ISO 3166 alpha-2 code in capitals, or `all`.
fn checked_country(text: &str) -> Result<String, AppError> {
    let fits = text == "all" || (text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_uppercase()));
    let why = "Country must be an ISO 3166 code of two capitals, or all.";
    if fits { Ok(text.to_owned()) } else { Err(refuse(ErrorCode::VerifyInvalid, why)) }
}

/// Something that a webhook may be told.
#[derive(Debug, Clone)]
pub(crate) struct Event {
    /// Of [`EVENTS`].
    pub(crate) name: &'static str,
    /// The resource it is about: its events go out in order.
    pub(crate) subject: String,
    /// Order among them.
    pub(crate) sequence: u32,
    /// When.
    pub(crate) at: Timestamp,
    /// What else is said.
    pub(crate) params: Vec<(&'static str, String)>,
}
