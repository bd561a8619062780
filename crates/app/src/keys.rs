//! API keys.

use flexio_domain::{Account, AccountSid, ApiKey, ErrorCode, KeySid};
use flexio_store::{Change, Page};

use crate::accounts::checked_name;
use crate::auth::must_be_active;
use crate::error::AppError;
use crate::idempotency::Keep;
use crate::{App, vault};

impl App {
    /// Makes a key. The secret is in this answer and nowhere else.
    pub async fn create_key(
        &self,
        account: &Account,
        friendly_name: Option<&str>,
        keep: Keep<'_, ApiKey>,
    ) -> Result<(ApiKey, String), AppError> {
        must_be_active(account)?;
        let secret = vault::new_key_secret();
        let now = self.clock.now();
        let sid = KeySid::new();
        let key = ApiKey {
            sid,
            version: 1,
            account_sid: account.sid,
            friendly_name: friendly_name.map(checked_name).transpose()?.unwrap_or_default(),
            secret_digest: vault::digest(&secret),
            signing_secret: Some(self.vault.seal(&sid.to_string(), secret.as_bytes())),
            created_at: now,
            updated_at: now,
        };
        self.commit_creation(Change::CreateKey(key.clone()).into(), &key, keep).await?;
        Ok((key, secret))
    }

    /// One key.
    pub async fn key(&self, account: AccountSid, sid: KeySid) -> Result<ApiKey, AppError> {
        let key = self.store.key(sid).await?.filter(|key| key.account_sid == account);
        key.ok_or_else(|| ErrorCode::NotFound.into())
    }

    /// Keys.
    pub async fn keys(&self, account: AccountSid, page: &Page) -> Result<Vec<ApiKey>, AppError> {
        Ok(self.store.keys(account, page).await?)
    }

    /// Renames a key.
    pub async fn update_key(
        &self,
        account: &Account,
        sid: KeySid,
        friendly_name: Option<&str>,
    ) -> Result<ApiKey, AppError> {
        must_be_active(account)?;
        let name = friendly_name.map(checked_name).transpose()?;
        retrying!(async {
            let mut key = self.key(account.sid, sid).await?;
            if let Some(name) = &name {
                key.friendly_name.clone_from(name);
            }
            key.updated_at = self.clock.now();
            self.store.commit(Change::UpdateKey(key.clone()).into()).await?;
            key.version += 1;
            Ok::<_, AppError>(key)
        })
    }

    /// Revokes a key: at once on this node, within [`crate::AppConfig::cache_seconds`] on others.
    pub async fn delete_key(&self, account: &Account, sid: KeySid) -> Result<(), AppError> {
        must_be_active(account)?;
        self.key(account.sid, sid).await?;
        self.store.commit(Change::DeleteKey(account.sid, sid).into()).await?;
        self.keys.remove(&sid);
        Ok(())
    }
}
