//! Clients: phones and browsers that register by login and password.

use flexio_domain::*;
use flexio_store::{Change, Page, SipChange, SipCount, StoreError};

use crate::App;
use crate::accounts::checked_name;
use crate::auth::must_be_active;
use crate::emergency::EmergencyAddressPatch;
use crate::error::{AppError, refuse};
use crate::idempotency::Keep;
use crate::urls::WebhookPatch;

/// Clients of an account.
const CLIENTS_MAX: u64 = 1_000;
/// Longest login or user name, in characters.
const LOGIN_CHARS_MAX: usize = 64;

/// What is set on a new client, or changed on one; what is `None` stays or takes its default.
#[derive(Debug, Clone, Default)]
pub struct ClientPatch {
    /// At most 64 characters.
    pub friendly_name: Option<String>,
    /// New password.
    pub password: Option<Pii<String>>,
    /// May register and call.
    pub enabled: Option<bool>,
    /// Language of its documents.
    pub dialect: Option<Dialect>,
    /// Asked when the client places a call.
    pub voice: WebhookPatch,
    /// Asked where that fails.
    pub voice_fallback: WebhookPatch,
    /// Wins over both; `Some(None)` clears it.
    pub voice_application_sid: Option<Option<ApplicationSid>>,
    /// Push wake-up wanted.
    pub push_enabled: Option<bool>,
    /// Where it is.
    pub emergency_address: EmergencyAddressPatch,
}

impl App {
    /// Makes a client. `LoginTaken` when any account has the login: all clients register at one host.
    pub async fn create_client(
        &self,
        account: &Account,
        login: &str,
        patch: ClientPatch,
        keep: Keep<'_, Client>,
    ) -> Result<Client, AppError> {
        must_be_active(account)?;
        if !is_sip_user(login) {
            return Err(refuse(
                ErrorCode::InvalidParameter,
                "Login must have 1 to 64 characters that can stand in a SIP address.",
            ));
        }
        let password = patch
            .password
            .clone()
            .ok_or_else(|| refuse(ErrorCode::InvalidParameter, "Password is missing."))?;
        let (sid, now) = (ClientSid::new(), self.clock.now());
        let mut client = Client {
            sid,
            version: 1,
            account_sid: account.sid,
            login: login.to_owned(),
            friendly_name: checked_name(login)?,
            enabled: true,
            secret: self.seal_sip_password(&sid.to_string(), login, &password),
            dialect: Dialect::default(),
            voice: WebhookSet::default(),
            voice_application_sid: None,
            push_enabled: false,
            emergency_address: None,
            created_at: now,
            updated_at: now,
        };
        self.apply_client(&mut client, &patch).await?;
        if self.store.count_sip(account.sid, SipCount::Clients).await? >= CLIENTS_MAX {
            return Err(ErrorCode::TooManyResources.into());
        }
        let changes = Change::from(SipChange::CreateClient(client.clone())).into();
        match self.commit_creation(changes, &client, keep).await {
            Err(AppError::Store(StoreError::Conflict(_))) => Err(ErrorCode::LoginTaken.into()),
            done => done.map(|()| client),
        }
    }

    async fn apply_client(&self, client: &mut Client, patch: &ClientPatch) -> Result<(), AppError> {
        let patch = patch.clone();
        if let Some(name) = &patch.friendly_name {
            client.friendly_name = checked_name(name)?;
        }
        if let Some(password) = &patch.password {
            self.check_password(Some(password))?;
            client.secret = self.seal_sip_password(&client.sid.to_string(), &client.login, password);
        }
        if let Some(application) = patch.voice_application_sid {
            if let Some(sid) = application {
                let found = self.store.application(client.account_sid, sid).await?;
                found.ok_or(ErrorCode::ApplicationInvalid)?;
            }
            client.voice_application_sid = application;
        }
        client.enabled = patch.enabled.unwrap_or(client.enabled);
        client.dialect = patch.dialect.unwrap_or(client.dialect);
        client.push_enabled = patch.push_enabled.unwrap_or(client.push_enabled);
        patch.emergency_address.apply(&mut client.emergency_address)?;
        patch.voice.apply(&mut client.voice.primary);
        patch.voice_fallback.apply(&mut client.voice.fallback);
        Ok(())
    }

    /// One client.
    pub async fn client(&self, account: AccountSid, sid: ClientSid) -> Result<Client, AppError> {
        self.store.client(account, sid).await?.ok_or_else(|| ErrorCode::NotFound.into())
    }

    /// Clients; with a login, that one only.
    pub async fn clients(
        &self,
        account: AccountSid,
        login: Option<&str>,
        page: &Page,
    ) -> Result<Vec<Client>, AppError> {
        Ok(self.store.clients(account, login, page).await?)
    }

    /// Changes a client. A registration that stands ends at its next refresh when the password has changed.
    pub async fn update_client(
        &self,
        account: &Account,
        sid: ClientSid,
        patch: ClientPatch,
    ) -> Result<Client, AppError> {
        must_be_active(account)?;
        retrying!(async {
            let mut client = self.client(account.sid, sid).await?;
            self.apply_client(&mut client, &patch).await?;
            client.updated_at = self.clock.now();
            self.store.commit(Change::from(SipChange::UpdateClient(client.clone())).into()).await?;
            client.version += 1;
            Ok::<_, AppError>(client)
        })
    }

    /// Deletes a client; it can register no more.
    pub async fn delete_client(&self, account: &Account, sid: ClientSid) -> Result<(), AppError> {
        must_be_active(account)?;
        self.client(account.sid, sid).await?;
        Ok(self.store.commit(Change::from(SipChange::DeleteClient(account.sid, sid)).into()).await?)
    }
}

/// Whether it can stand before the `@` of a SIP address without escapes: `user` of RFC 3261 §25.1.
pub(crate) fn is_sip_user(text: &str) -> bool {
    (1..=LOGIN_CHARS_MAX).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.!~*'()&=+$,;?/".contains(&b))
}
