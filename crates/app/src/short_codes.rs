//! Short codes: every account has the shared one, and may say who is asked when people answer it.

use flexio_domain::*;
use flexio_store::{Change, MessagingChange};

use crate::accounts::checked_name;
use crate::auth::must_be_active;
use crate::error::AppError;
use crate::urls::WebhookPatch;
use crate::{App, vault};

/// What a request may say of a short code; `None` leaves it.
#[derive(Debug, Clone, Default)]
pub struct ShortCodePatch {
    /// 1 to 64 characters.
    pub friendly_name: Option<String>,
    /// Asked on a message.
    pub sms: WebhookPatch,
    /// Asked if that fails.
    pub fallback: WebhookPatch,
}

impl App {
    /// The short codes of the account: the shared one.
    pub async fn short_codes(&self, account: &Account) -> Result<Vec<ShortCode>, AppError> {
        if !matches!(self.config.shared_sender, Address::ShortCode(_)) {
            return Ok(Vec::new());
        }
        let sid = self.shared_code_sid(account.sid);
        let set = self.store.short_code(account.sid, sid).await?;
        Ok(vec![set.unwrap_or_else(|| ShortCode {
            sid,
            version: 0,
            account_sid: account.sid,
            code: self.config.shared_sender.clone(),
            friendly_name: self.config.shared_sender.to_string(),
            sms: WebhookSet::default(),
            created_at: account.created_at,
            updated_at: account.created_at,
        })])
    }

    /// One short code.
    pub async fn short_code(&self, account: &Account, sid: ShortCodeSid) -> Result<ShortCode, AppError> {
        let all = self.short_codes(account).await?;
        all.into_iter().find(|code| code.sid == sid).ok_or_else(|| ErrorCode::NotFound.into())
    }

    /// Says who is asked.
    pub async fn update_short_code(
        &self,
        account: &Account,
        sid: ShortCodeSid,
        patch: ShortCodePatch,
    ) -> Result<ShortCode, AppError> {
        must_be_active(account)?;
        retrying!(async {
            let mut code = self.short_code(account, sid).await?;
            if let Some(name) = &patch.friendly_name {
                code.friendly_name = checked_name(name)?;
            }
            patch.sms.clone().apply(&mut code.sms.primary);
            patch.fallback.clone().apply(&mut code.sms.fallback);
            code.updated_at = self.clock.now();
            let change = if code.version == 0 {
                MessagingChange::CreateShortCode(ShortCode { version: 1, ..code.clone() })
            } else {
                MessagingChange::UpdateShortCode(code.clone())
            };
            self.store.commit(Change::from(change).into()).await?;
            code.version += 1;
            Ok::<_, AppError>(code)
        })
    }

    /// Who is asked on a message to the shared code from somebody this account wrote to.
    pub(crate) async fn shared_code_source(&self, account: AccountSid) -> Result<WebhookSet, AppError> {
        let set = self.store.short_code(account, self.shared_code_sid(account)).await?;
        Ok(set.map(|code| code.sms).unwrap_or_default())
    }

    /// It follows from account and code, so that it is the same before anything is kept.
    fn shared_code_sid(&self, account: AccountSid) -> ShortCodeSid {
        let code = self.config.shared_sender.to_string();
        let digest = vault::digest_parts(&[b"short code", &account.as_u128().to_be_bytes(), code.as_bytes()]);
        ShortCodeSid::from_u128(u128::from_be_bytes(digest[..16].try_into().expect("a digest has 32 bytes")))
    }
}
