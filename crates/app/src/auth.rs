//! Who asks, and whose things they may touch.

use std::sync::Arc;

use flexio_domain::{Account, AccountSid, AccountStatus, ApiKey, ErrorCode, KeySid};

use crate::error::AppError;
use crate::{App, Seat, vault};

/// Whoever signed in: an account, perhaps by one of its keys. Never a closed one.
#[derive(Debug, Clone)]
pub struct Principal {
    /// The account; its status may be `suspended`, which a caller must check before it lets the account act.
    pub account: Arc<Account>,
    /// The key that was used.
    pub key: Option<KeySid>,
    /// The person at a browser; their role limits what they may do.
    pub seat: Option<Arc<Seat>>,
}

impl Principal {
    fn whole(account: Arc<Account>) -> Self {
        Self { account, key: None, seat: None }
    }
}

impl App {
    /// Signs in with an account sid and its token, a key sid and its secret, or an e-mail address and the account's token.
    ///
    /// `Unauthorized` for everything that is wrong, with the same work done: a failing sign-in reads the store once, whether the user
    /// is unknown or the password is wrong, so neither the answer nor its time tells which.
    pub async fn sign_in(&self, user: &str, password: &str) -> Result<Principal, AppError> {
        let given = vault::digest(password);
        if let Ok(sid) = user.parse::<AccountSid>() {
            return self.sign_in_account(sid, &given).await;
        }
        if let Ok(sid) = user.parse::<KeySid>() {
            return self.sign_in_key(sid, &given).await;
        }
        let account = self.store.account_by_email(user).await?;
        checked(account.map(Arc::new), |account| &account.auth_token_digest, &given).map(Principal::whole)
    }

    async fn sign_in_account(&self, sid: AccountSid, given: &[u8; 32]) -> Result<Principal, AppError> {
        if let Some(account) = self.accounts.get(&sid, self.clock.now())
            && let Ok(account) = checked(Some(account), |account| &account.auth_token_digest, given)
        {
            return Ok(Principal::whole(account));
        }
        // Not cached, or perhaps the token was changed on another node a moment ago.
        let account = self.read_account(sid).await?;
        checked(account, |account| &account.auth_token_digest, given).map(Principal::whole)
    }

    async fn sign_in_key(&self, sid: KeySid, given: &[u8; 32]) -> Result<Principal, AppError> {
        let now = self.clock.now();
        let key = match self.keys.get(&sid, now) {
            Some(key) if vault::same(&key.secret_digest, given) => key,
            _ => {
                let ticket = self.keys.ticket();
                let key = self.store.key(sid).await?.map(Arc::new);
                let key = matching(key, |key: &ApiKey| &key.secret_digest, given)?;
                self.keys.put(ticket, sid, Arc::clone(&key), now);
                key
            }
        };
        let account = self.account_now(key.account_sid).await?.ok_or(ErrorCode::Unauthorized)?;
        open(account).map(|account| Principal { account, key: Some(sid), seat: None })
    }

    /// The account `target`, if the principal is it or one of its ancestors; otherwise, and if there is none, `None`.
    pub async fn within_reach(
        &self,
        principal: &Principal,
        target: AccountSid,
    ) -> Result<Option<Arc<Account>>, AppError> {
        if principal.account.sid == target {
            return Ok(Some(Arc::clone(&principal.account)));
        }
        let account = self.account_now(target).await?;
        Ok(account.filter(|account| account.ancestors.contains(&principal.account.sid)))
    }

    /// The account, at most [`crate::AppConfig::cache_seconds`] old.
    pub async fn account_now(&self, sid: AccountSid) -> Result<Option<Arc<Account>>, AppError> {
        match self.accounts.get(&sid, self.clock.now()) {
            Some(account) => Ok(Some(account)),
            None => self.read_account(sid).await,
        }
    }

    async fn read_account(&self, sid: AccountSid) -> Result<Option<Arc<Account>>, AppError> {
        let ticket = self.accounts.ticket();
        let account = self.store.account(sid).await?.map(Arc::new);
        if let Some(account) = &account {
            self.accounts.put(ticket, sid, Arc::clone(account), self.clock.now());
        }
        Ok(account)
    }

    /// The auth token of an account, in clear: webhooks are signed with it.
    pub fn auth_token(&self, account: &Account) -> Result<String, AppError> {
        let bytes = self.vault.open(&account.sid.to_string(), &account.auth_token)?;
        String::from_utf8(bytes).map_err(|_| AppError::Vault(vault::VaultError::Damaged))
    }
}

/// `Ok` if the secret is right, in a time that does not depend on how wrong it is.
fn matching<T>(
    found: Option<Arc<T>>,
    digest_of: impl Fn(&T) -> &[u8; 32],
    given: &[u8; 32],
) -> Result<Arc<T>, AppError> {
    let nobody = [0; 32];
    let right = vault::same(found.as_deref().map_or(&nobody, digest_of), given);
    found.filter(|_| right).ok_or_else(|| ErrorCode::Unauthorized.into())
}

fn checked(
    account: Option<Arc<Account>>,
    digest_of: impl Fn(&Account) -> &[u8; 32],
    given: &[u8; 32],
) -> Result<Arc<Account>, AppError> {
    matching(account, digest_of, given).and_then(open)
}

fn open(account: Arc<Account>) -> Result<Arc<Account>, AppError> {
    match account.status {
        AccountStatus::Active | AccountStatus::Suspended => Ok(account),
        AccountStatus::Closed => Err(ErrorCode::Unauthorized.into()),
    }
}

/// `AccountNotActive` unless the account may act.
pub(crate) fn must_be_active(account: &Account) -> Result<(), AppError> {
    match account.status {
        AccountStatus::Active => Ok(()),
        AccountStatus::Suspended | AccountStatus::Closed => Err(ErrorCode::AccountNotActive.into()),
    }
}
