//! Texts of a customer's own around codes, and numbers the guard lets through.

use std::collections::BTreeMap;

use flexio_domain::*;
use flexio_store::{Change, Page, StoreError, VerifyChange};
use flexio_verify::templates;

use super::VerifyText;
use crate::App;
use crate::auth::must_be_active;
use crate::error::{AppError, refuse};
use crate::idempotency::Keep;

/// Templates of an account.
const TEMPLATES_MAX: u64 = 100;
/// Numbers of an account's safe list.
const SAFE_MAX: u64 = 10_000;
/// Characters of a template's name.
const NAME_MAX: usize = 32;
/// Languages there may be texts in: those of the platform.
const LANGUAGES: [&str; 4] = ["en", "nl", "fr", "de"];

/// What a request may say of a template; `None` leaves it.
#[derive(Debug, Clone, Default)]
pub struct TemplatePatch {
    /// 1 to 32 characters.
    pub friendly_name: Option<String>,
    /// `sms`, `call`, `email`.
    pub channels: Option<Vec<VerifyChannel>>,
    /// Texts by language; all of them.
    pub texts: Option<BTreeMap<String, String>>,
    /// The language for people whose own has no text.
    pub default_language: Option<String>,
}

impl TemplatePatch {
    fn apply(self, template: &mut VerifyTemplate, now: Timestamp) -> Result<(), AppError> {
        let bad = |why: &str| refuse(ErrorCode::VerifyInvalid, why);
        if let Some(name) = self.friendly_name {
            if !(1..=NAME_MAX).contains(&name.chars().count()) || name.chars().any(char::is_control) {
                return Err(bad("FriendlyName must have 1 to 32 characters."));
            }
            template.friendly_name = name;
        }
        if let Some(channels) = self.channels {
            template.channels = channels;
        }
        if let Some(texts) = self.texts {
            for (language, text) in &texts {
                if !LANGUAGES.contains(&language.as_str()) {
                    return Err(bad("Translations must be in en, nl, fr or de."));
                }
                templates::check(text)
                    .map_err(|error| refuse(ErrorCode::VerifyInvalid, format!("{language}: {error}.")))?;
            }
            let of = |(language, text)| (language, Translation { text, updated_at: now });
            template.translations = texts.into_iter().map(of).collect();
        }
        template.default_language =
            self.default_language.unwrap_or_else(|| template.default_language.clone());
        if template.channels.is_empty() || !template.translations.contains_key(&template.default_language) {
            return Err(bad("A template needs a channel, and a text in its default language."));
        }
        template.updated_at = now;
        Ok(())
    }
}

impl App {
    /// Makes a template.
    pub async fn create_verify_template(
        &self,
        account: &Account,
        patch: TemplatePatch,
        keep: Keep<'_, VerifyTemplate>,
    ) -> Result<VerifyTemplate, AppError> {
        must_be_active(account)?;
        if patch.friendly_name.is_none() || patch.texts.is_none() {
            return Err(refuse(ErrorCode::VerifyInvalid, "FriendlyName and Translations are required."));
        }
        if self.store.count_verify_templates(account.sid, None).await? >= TEMPLATES_MAX {
            return Err(ErrorCode::TooManyResources.into());
        }
        let now = self.clock.now();
        let first = patch.texts.as_ref().and_then(|texts| texts.keys().next().cloned());
        let mut template = VerifyTemplate {
            sid: VerifyTemplateSid::new(),
            version: 1,
            account_sid: account.sid,
            friendly_name: String::new(),
            channels: vec![VerifyChannel::Sms, VerifyChannel::Call, VerifyChannel::Email],
            translations: BTreeMap::new(),
            default_language: first.unwrap_or_default(),
            created_at: now,
            updated_at: now,
        };
        patch.apply(&mut template, now)?;
        let changes = Change::from(VerifyChange::CreateTemplate(template.clone())).into();
        self.commit_creation(changes, &template, keep).await?;
        Ok(template)
    }

    /// One template.
    pub async fn verify_template(
        &self,
        account: AccountSid,
        sid: VerifyTemplateSid,
    ) -> Result<VerifyTemplate, AppError> {
        self.store.verify_template(account, sid).await?.ok_or_else(|| ErrorCode::NotFound.into())
    }

    /// Templates, of this name where one is given.
    pub async fn verify_templates(
        &self,
        account: AccountSid,
        name: Option<&str>,
        page: &Page,
    ) -> Result<Vec<VerifyTemplate>, AppError> {
        Ok(self.store.verify_templates(account, name, page).await?)
    }

    /// Changes a template.
    pub async fn update_verify_template(
        &self,
        account: &Account,
        sid: VerifyTemplateSid,
        patch: TemplatePatch,
    ) -> Result<VerifyTemplate, AppError> {
        must_be_active(account)?;
        retrying!(async {
            let mut template = self.verify_template(account.sid, sid).await?;
            patch.clone().apply(&mut template, self.clock.now())?;
            self.store.commit(Change::from(VerifyChange::UpdateTemplate(template.clone())).into()).await?;
            template.version += 1;
            Ok::<_, AppError>(template)
        })
    }

    /// Deletes a template. Services that name it as their default send our own words again.
    pub async fn delete_verify_template(
        &self,
        account: &Account,
        sid: VerifyTemplateSid,
    ) -> Result<(), AppError> {
        must_be_active(account)?;
        self.deleted(VerifyChange::DeleteTemplate(account.sid, sid)).await
    }

    /// The words of a template in the nearest language, with everything but the code in its place. Of a service's default template that
    /// is gone, or is not for the channel, nothing is said.
    pub async fn template_text(
        &self,
        service: &VerifyService,
        wanted: TemplateUse<'_>,
    ) -> Result<Option<VerifyText>, AppError> {
        let Some(sid) = wanted.template.or(service.default_template_sid) else { return Ok(None) };
        let found = self.store.verify_template(service.account_sid, sid).await?;
        let found = found.filter(|template| template.channels.contains(&wanted.channel));
        let Some(template) = found else {
            let why = "There is no such template for this channel.";
            return if wanted.template.is_some() {
                Err(refuse(ErrorCode::VerifyInvalid, why))
            } else {
                Ok(None)
            };
        };
        let tag = wanted.locale.split(['-', '_']).next().unwrap_or("").to_ascii_lowercase();
        let language =
            if template.translations.contains_key(&tag) { tag } else { template.default_language.clone() };
        let Some(translation) = template.translations.get(&language) else { return Ok(None) };
        let body = templates::filled(&translation.text, wanted.name, wanted.ttl_s / 60, wanted.values)
            .map_err(|error| refuse(ErrorCode::VerifyInvalid, format!("{error}.")))?;
        Ok(Some(VerifyText::Own { body, language }))
    }

    /// Puts a number on the safe list: the guard's rules against fraud do not stop codes to it.
    pub async fn add_safe_number(
        &self,
        account: &Account,
        number: E164,
        keep: Keep<'_, SafeNumber>,
    ) -> Result<SafeNumber, AppError> {
        must_be_active(account)?;
        if self.store.count_safe_numbers(account.sid).await? >= SAFE_MAX {
            return Err(ErrorCode::TooManyResources.into());
        }
        let safe = SafeNumber {
            sid: SafeNumberSid::new(),
            account_sid: account.sid,
            number,
            created_at: self.clock.now(),
        };
        let changes = Change::from(VerifyChange::AddSafeNumber(safe.clone())).into();
        match self.commit_creation(changes, &safe, keep).await {
            Err(AppError::Store(StoreError::Conflict(_))) => {
                Err(refuse(ErrorCode::Conflict, "The number is on the safe list."))
            }
            done => done.map(|()| safe),
        }
    }

    /// A number of the safe list.
    pub async fn safe_number(&self, account: AccountSid, number: &E164) -> Result<SafeNumber, AppError> {
        self.store.safe_number(account, number).await?.ok_or_else(|| ErrorCode::NotFound.into())
    }

    /// Takes a number off the safe list.
    pub async fn remove_safe_number(&self, account: &Account, number: E164) -> Result<(), AppError> {
        must_be_active(account)?;
        self.deleted(VerifyChange::RemoveSafeNumber(account.sid, number)).await
    }
}

/// What a template is to be used for.
#[derive(Debug, Clone, Copy)]
pub struct TemplateUse<'a> {
    /// Named by the request; the service's default otherwise.
    pub template: Option<VerifyTemplateSid>,
    /// How the code travels.
    pub channel: VerifyChannel,
    /// Language wanted; empty for the template's own.
    pub locale: &'a str,
    /// Name in the text.
    pub name: &'a str,
    /// Seconds the code is good for.
    pub ttl_s: u32,
    /// What the request fills in.
    pub values: &'a BTreeMap<String, String>,
}
