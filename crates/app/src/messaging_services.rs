//! Messaging services and their senders.

use flexio_domain::*;
use flexio_messaging::senders::{Wish, choose};
use flexio_store::{Change, MessagingChange, Page, StoreError};

use crate::accounts::checked_name;
use crate::auth::must_be_active;
use crate::error::{AppError, refuse};
use crate::idempotency::Keep;
use crate::urls::WebhookPatch;
use crate::{App, vault};

/// Services of an account.
const SERVICES_MAX: u64 = 1_000;
/// Senders of a service: as many as are looked at for each message.
const SENDERS_MAX: u32 = 400;
/// Characters of what is kept to be shown.
const SHOWN_CHARS_MAX: usize = 64;

/// What a request may say of a service; `None` leaves it.
#[derive(Debug, Clone, Default)]
pub struct MessagingServicePatch {
    /// 1 to 64 characters.
    pub friendly_name: Option<String>,
    /// Asked on incoming messages.
    pub inbound: WebhookPatch,
    /// Asked if that fails.
    pub fallback: WebhookPatch,
    /// Told of states.
    pub status_callback: WebhookPatch,
    /// Switch.
    pub sticky_sender: Option<bool>,
    /// Switch.
    pub smart_encoding: Option<bool>,
    /// Switch.
    pub area_code_geomatch: Option<bool>,
    /// 1 to 36000.
    pub validity_s: Option<u32>,
    /// Switch.
    pub use_inbound_webhook_on_number: Option<bool>,
    /// Shown only.
    pub mms_converter: Option<bool>,
    /// Shown only.
    pub fallback_to_long_code: Option<bool>,
    /// Shown only.
    pub synchronous_validation: Option<bool>,
    /// Shown only.
    pub scan_message_content: Option<String>,
    /// `marketing` makes its messages marketing; others are shown only.
    pub usecase: Option<String>,
    /// Hours in which its marketing messages wait; `Some(None)` for those of the account.
    pub quiet_hours: Option<Option<DayHours>>,
}

impl MessagingServicePatch {
    fn apply(self, service: &mut MessagingService) -> Result<(), AppError> {
        if let Some(name) = &self.friendly_name {
            service.friendly_name = checked_name(name)?;
        }
        self.inbound.apply(&mut service.inbound.primary);
        self.fallback.apply(&mut service.inbound.fallback);
        self.status_callback.apply(&mut service.status_callback);
        service.validity_s = self.validity_s.unwrap_or(service.validity_s);
        let set = |switch: &mut bool, asked: Option<bool>| *switch = asked.unwrap_or(*switch);
        set(&mut service.sticky_sender, self.sticky_sender);
        set(&mut service.smart_encoding, self.smart_encoding);
        set(&mut service.area_code_geomatch, self.area_code_geomatch);
        set(&mut service.use_inbound_webhook_on_number, self.use_inbound_webhook_on_number);
        set(&mut service.mms_converter, self.mms_converter);
        set(&mut service.fallback_to_long_code, self.fallback_to_long_code);
        set(&mut service.synchronous_validation, self.synchronous_validation);
        if let Some(scan) = self.scan_message_content {
            if !["inherit", "enable", "disable"].contains(&scan.as_str()) {
                let why = "ScanMessageContent must be inherit, enable or disable.";
                return Err(refuse(ErrorCode::InvalidParameter, why));
            }
            service.scan_message_content = scan;
        }
        if let Some(usecase) = self.usecase {
            service.usecase = usecase.chars().take(SHOWN_CHARS_MAX).collect();
        }
        if let Some(hours) = self.quiet_hours {
            if hours.is_some_and(DayHours::is_off) {
                return Err(refuse(ErrorCode::InvalidParameter, "QuietHours of a service must not be off."));
            }
            service.quiet_hours = hours;
        }
        Ok(())
    }
}

/// A sender to add.
#[derive(Debug, Clone)]
pub enum NewServiceSender {
    /// A rented number that can send.
    Number(NumberSid),
    /// A short code of the account.
    ShortCode(ShortCodeSid),
    /// A name the account may send from.
    Alpha(String),
}

impl App {
    /// Makes a service.
    pub async fn create_messaging_service(
        &self,
        account: &Account,
        patch: MessagingServicePatch,
        keep: Keep<'_, MessagingService>,
    ) -> Result<MessagingService, AppError> {
        must_be_active(account)?;
        if patch.friendly_name.is_none() {
            return Err(refuse(ErrorCode::InvalidParameter, "FriendlyName is missing."));
        }
        if self.store.count_messaging_services(account.sid).await? >= SERVICES_MAX {
            return Err(ErrorCode::TooManyResources.into());
        }
        let now = self.clock.now();
        let mut service = MessagingService {
            sid: MessagingServiceSid::new(),
            version: 1,
            account_sid: account.sid,
            friendly_name: String::new(),
            inbound: WebhookSet::default(),
            status_callback: None,
            sticky_sender: true,
            smart_encoding: true,
            area_code_geomatch: true,
            validity_s: self.config.message_validity_s,
            use_inbound_webhook_on_number: false,
            mms_converter: true,
            fallback_to_long_code: true,
            synchronous_validation: false,
            scan_message_content: "inherit".to_owned(),
            usecase: "undeclared".to_owned(),
            quiet_hours: None,
            created_at: now,
            updated_at: now,
        };
        patch.apply(&mut service)?;
        let changes = Change::from(MessagingChange::CreateService(service.clone())).into();
        self.commit_creation(changes, &service, keep).await?;
        Ok(service)
    }

    /// One service.
    pub async fn messaging_service(
        &self,
        account: AccountSid,
        sid: MessagingServiceSid,
    ) -> Result<MessagingService, AppError> {
        self.store.messaging_service(account, sid).await?.ok_or_else(|| ErrorCode::NotFound.into())
    }

    /// Services.
    pub async fn messaging_services(
        &self,
        account: AccountSid,
        page: &Page,
    ) -> Result<Vec<MessagingService>, AppError> {
        Ok(self.store.messaging_services(account, page).await?)
    }

    /// Changes a service.
    pub async fn update_messaging_service(
        &self,
        account: &Account,
        sid: MessagingServiceSid,
        patch: MessagingServicePatch,
    ) -> Result<MessagingService, AppError> {
        must_be_active(account)?;
        retrying!(async {
            let mut service = self.messaging_service(account.sid, sid).await?;
            patch.clone().apply(&mut service)?;
            service.updated_at = self.clock.now();
            let change = Change::from(MessagingChange::UpdateService(service.clone()));
            self.store.commit(change.into()).await?;
            service.version += 1;
            Ok::<_, AppError>(service)
        })
    }

    /// Deletes a service. Its senders are free; messages it made go on.
    pub async fn delete_messaging_service(
        &self,
        account: &Account,
        sid: MessagingServiceSid,
    ) -> Result<(), AppError> {
        must_be_active(account)?;
        self.gone(MessagingChange::DeleteService(account.sid, sid)).await
    }

    async fn gone(&self, change: MessagingChange) -> Result<(), AppError> {
        match self.store.commit(Change::from(change).into()).await {
            Err(StoreError::Conflict(_)) => Err(ErrorCode::NotFound.into()),
            done => Ok(done?),
        }
    }

    /// Adds a sender to a service.
    pub async fn add_service_sender(
        &self,
        account: &Account,
        service: MessagingServiceSid,
        new: NewServiceSender,
        keep: Keep<'_, ServiceSender>,
    ) -> Result<ServiceSender, AppError> {
        must_be_active(account)?;
        self.messaging_service(account.sid, service).await?;
        if self.store.count_service_senders(account.sid, service).await? >= u64::from(SENDERS_MAX) {
            return Err(ErrorCode::TooManyResources.into());
        }
        let (sid, address, country) = self.sender_to_add(account, new).await?;
        if !matches!(sid, SenderSid::Alpha(_))
            && let Some(there) = self.store.service_of_sender(account.sid, &address).await?
        {
            let is_here = there.sid == service;
            return Err(
                if is_here { ErrorCode::SenderInService } else { ErrorCode::SenderInOtherService }.into()
            );
        }
        let sender = ServiceSender {
            sid,
            service_sid: service,
            account_sid: account.sid,
            address,
            country,
            created_at: self.clock.now(),
        };
        let changes = Change::from(MessagingChange::AddSender(sender.clone())).into();
        self.commit_creation(changes, &sender, keep).await?;
        Ok(sender)
    }

    async fn sender_to_add(
        &self,
        account: &Account,
        new: NewServiceSender,
    ) -> Result<(SenderSid, Address, Option<String>), AppError> {
        Ok(match new {
            NewServiceSender::Number(sid) => {
                let number = self.store.number(account.sid, sid).await?.ok_or(ErrorCode::NotFound)?;
                if !number.capabilities.sms {
                    return Err(ErrorCode::NumberNotCapable.into());
                }
                (SenderSid::Number(sid), Address::Number(number.number), Some(number.country))
            }
            NewServiceSender::ShortCode(sid) => {
                let code = self.short_code(account, sid).await?;
                (SenderSid::ShortCode(sid), code.code, None)
            }
            NewServiceSender::Alpha(name) => {
                let address: Address = name.parse().map_err(|_| AppError::from(ErrorCode::FromInvalid))?;
                if !matches!(address, Address::Alphanumeric(_)) {
                    return Err(ErrorCode::FromInvalid.into());
                }
                let address = self.sender(account.sid, &address, false).await?;
                (SenderSid::Alpha(AlphaSenderSid::new()), address, None)
            }
        })
    }

    /// Senders of a service of one kind ([`SenderSid::kind`]).
    pub async fn service_senders(
        &self,
        account: AccountSid,
        service: MessagingServiceSid,
        kind: &str,
        page: &Page,
    ) -> Result<Vec<ServiceSender>, AppError> {
        self.messaging_service(account, service).await?;
        Ok(self.store.service_senders(account, service, Some(kind), page).await?)
    }

    /// One sender.
    pub async fn service_sender(
        &self,
        account: AccountSid,
        service: MessagingServiceSid,
        sid: SenderSid,
    ) -> Result<ServiceSender, AppError> {
        let page = Page { limit: SENDERS_MAX, ..Page::default() };
        let senders = self.service_senders(account, service, sid.kind(), &page).await?;
        senders.into_iter().find(|sender| sender.sid == sid).ok_or_else(|| ErrorCode::NotFound.into())
    }

    /// Takes a sender out of a service.
    pub async fn remove_service_sender(
        &self,
        account: &Account,
        service: MessagingServiceSid,
        sid: SenderSid,
    ) -> Result<(), AppError> {
        must_be_active(account)?;
        self.gone(MessagingChange::RemoveSender(account.sid, service, sid)).await
    }

    /// The service a request names (21701).
    pub(crate) async fn named_service(
        &self,
        account: AccountSid,
        sid: Option<MessagingServiceSid>,
    ) -> Result<Option<MessagingService>, AppError> {
        let Some(sid) = sid else { return Ok(None) };
        let service = self.store.messaging_service(account, sid).await?;
        service.ok_or_else(|| ErrorCode::MessagingServiceUnknown.into()).map(Some)
    }

    /// The sender of the service that a message to `to` leaves from: the one asked for, if it is one (21704), else the best. Without any
    /// sender that is 21703.
    pub(crate) async fn sender_of_service(
        &self,
        service: &MessagingService,
        asked: Option<&Address>,
        to: &Address,
    ) -> Result<Address, AppError> {
        let page = Page { limit: SENDERS_MAX, ..Page::default() };
        let senders = self.store.service_senders(service.account_sid, service.sid, None, &page).await?;
        let pool: Vec<Address> = senders.into_iter().rev().map(|sender| sender.address).collect();
        if pool.is_empty() {
            return Err(ErrorCode::MessagingServiceEmpty.into());
        }
        if let Some(asked) = asked {
            let found = pool.into_iter().find(|sender| sender == asked);
            return found.ok_or_else(|| ErrorCode::MessagingServiceNoSender.into());
        }
        let known = if service.sticky_sender {
            self.store.contact(&service.sid.to_string(), &to.to_string()).await?
        } else {
            None
        };
        let sticky = known.and_then(|contact| contact.via?.parse::<Address>().ok());
        let digest = vault::digest(&to.to_string());
        let seed = u64::from_be_bytes(digest[..8].try_into().expect("a digest has 32 bytes"));
        let home = format!("+{}", self.rater().numbering().country_code());
        let wish = Wish { sticky: sticky.as_ref(), geomatch: service.area_code_geomatch, seed };
        let chosen = choose(&pool, to, &home, wish).cloned();
        chosen.ok_or_else(|| ErrorCode::MessagingServiceNoSender.into())
    }
}
