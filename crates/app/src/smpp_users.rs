//! Customers' programs that bind over SMPP: made and changed over REST, in effect at once.
//!
//! SMPP carries a password of at most eight characters in clear, so it is made here, at random, shown once, and kept sealed. What an
//! operator writes into the configuration as `[[smpp_user]]` is beside them; names and receivers are unique over both.

use std::net::IpAddr;

use flexio_domain::*;
use flexio_store::{Change, MessagingChange, Page, StoreError};

use crate::App;
use crate::accounts::checked_name;
use crate::auth::must_be_active;
use crate::error::{AppError, refuse};
use crate::idempotency::Keep;
use crate::vault::{self, VaultError};

/// Programs of an account.
const USERS_MAX: u64 = 100;
/// Addresses of a program.
const ADDRESSES_MAX: usize = 100;
/// Characters of a name (SMPP 3.4 §5.2.1), and of the password that is made (§5.2.2).
const NAME_CHARS_MAX: usize = 15;
const PASSWORD_CHARS: usize = 8;
/// Binds of a program at the same time.
const BINDS_MAX: u16 = 100;
/// Requests of a bind that wait.
const WINDOW_MAX: u16 = 100;
/// Submits a second.
const SUBMITS_MAX: u32 = 10_000;

/// What a request may say of a program; `None` leaves it.
#[derive(Debug, Clone, Default)]
pub struct SmppUserPatch {
    /// 1 to 64 characters.
    pub friendly_name: Option<String>,
    /// At least one.
    pub binds: Option<Vec<SmppBind>>,
    /// Addresses it may come from; empty for any.
    pub addresses: Option<Vec<IpAddr>>,
    /// 1 to 100.
    pub binds_max: Option<u16>,
    /// 1 to 100.
    pub window: Option<u16>,
    /// 1 to 10000.
    pub submits_per_s: Option<u32>,
    /// Whether it receives messages to numbers of the account that nothing else answers.
    pub receives: Option<bool>,
}

impl SmppUserPatch {
    fn apply(&self, user: &mut SmppUser) -> Result<(), AppError> {
        if let Some(name) = &self.friendly_name {
            user.friendly_name = checked_name(name)?;
        }
        if let Some(binds) = &self.binds {
            user.binds.clone_from(binds);
        }
        if let Some(addresses) = &self.addresses {
            user.addresses = addresses.iter().map(IpAddr::to_canonical).collect();
        }
        user.binds_max = self.binds_max.unwrap_or(user.binds_max);
        user.window = self.window.unwrap_or(user.window);
        user.submits_per_s = self.submits_per_s.unwrap_or(user.submits_per_s);
        user.receives = self.receives.unwrap_or(user.receives);
        let faults = [
            (user.binds.is_empty(), "Binds names transmitter, receiver or transceiver."),
            (user.addresses.len() > ADDRESSES_MAX, "Addresses holds at most 100 addresses."),
            (!(1..=BINDS_MAX).contains(&user.binds_max), "BindsMax must be 1 to 100."),
            (!(1..=WINDOW_MAX).contains(&user.window), "Window must be 1 to 100."),
            (!(1..=SUBMITS_MAX).contains(&user.submits_per_s), "SubmitsPerSecond must be 1 to 10000."),
        ];
        match faults.into_iter().find(|(is_wrong, _)| *is_wrong) {
            Some((_, why)) => Err(refuse(ErrorCode::InvalidParameter, why)),
            None => Ok(()),
        }
    }
}

/// Whether a program can bind under this name.
fn is_system_id(name: &str) -> bool {
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
    (1..=NAME_CHARS_MAX).contains(&name.len()) && name.bytes().all(plain)
}

impl App {
    /// Makes a program. Its password is in this answer and nowhere else.
    pub async fn create_smpp_user(
        &self,
        account: &Account,
        system_id: &str,
        patch: &SmppUserPatch,
        keep: Keep<'_, SmppUser>,
    ) -> Result<(SmppUser, Pii<String>), AppError> {
        must_be_active(account)?;
        if !is_system_id(system_id) {
            let why = "SystemId has 1 to 15 letters, digits, `-`, `_` or `.`.";
            return Err(refuse(ErrorCode::InvalidParameter, why));
        }
        if self.store.count_smpp_users(account.sid).await? >= USERS_MAX {
            return Err(ErrorCode::TooManyResources.into());
        }
        let (sid, now) = (SmppUserSid::new(), self.clock.now());
        let password = Pii(vault::new_password(PASSWORD_CHARS));
        let mut user = SmppUser {
            sid,
            version: 1,
            account_sid: account.sid,
            friendly_name: system_id.to_owned(),
            system_id: system_id.to_owned(),
            password: self.vault.seal(&sid.to_string(), password.0.as_bytes()),
            binds: SmppBind::ALL.to_vec(),
            addresses: Vec::new(),
            binds_max: 4,
            window: 50,
            submits_per_s: 50,
            receives: false,
            created_at: now,
            updated_at: now,
        };
        patch.apply(&mut user)?;
        self.must_be_free(&user).await?;
        let changes = Change::from(MessagingChange::CreateSmppUser(user.clone())).into();
        match self.commit_creation(changes, &user, keep).await {
            Err(AppError::Store(StoreError::Conflict(_))) => Err(ErrorCode::SmppUserTaken.into()),
            done => done.map(|()| (user, password)),
        }
    }

    /// Refuses a name or a receiver that is there already.
    async fn must_be_free(&self, user: &SmppUser) -> Result<(), AppError> {
        let is_other = |other: Option<SmppUser>| other.is_some_and(|other| other.sid != user.sid);
        let is_configured = self.config.smpp_names.contains(&user.system_id);
        if is_configured || is_other(self.store.smpp_user_by_name(&user.system_id).await?) {
            return Err(ErrorCode::SmppUserTaken.into());
        }
        let is_received = self.config.smpp_receivers.iter().any(|(account, _)| *account == user.account_sid);
        if user.receives && (is_received || is_other(self.store.smpp_receiver(user.account_sid).await?)) {
            return Err(ErrorCode::SmppReceiverTaken.into());
        }
        Ok(())
    }

    /// One program.
    pub async fn smpp_user(&self, account: AccountSid, sid: SmppUserSid) -> Result<SmppUser, AppError> {
        self.store.smpp_user(account, sid).await?.ok_or_else(|| ErrorCode::NotFound.into())
    }

    /// Programs.
    pub async fn smpp_users(&self, account: AccountSid, page: &Page) -> Result<Vec<SmppUser>, AppError> {
        Ok(self.store.smpp_users(account, page).await?)
    }

    /// How many programs there are.
    pub async fn count_smpp_users(&self, account: AccountSid) -> Result<u64, AppError> {
        Ok(self.store.count_smpp_users(account).await?)
    }

    /// Changes a program; with `renew` it gets another password, which is in this answer and nowhere else. Binds that would not be let
    /// in any more are ended.
    pub async fn update_smpp_user(
        &self,
        account: &Account,
        sid: SmppUserSid,
        patch: &SmppUserPatch,
        renew: bool,
    ) -> Result<(SmppUser, Option<Pii<String>>), AppError> {
        must_be_active(account)?;
        let password = renew.then(|| Pii(vault::new_password(PASSWORD_CHARS)));
        let changed = retrying!(async {
            let mut user = self.smpp_user(account.sid, sid).await?;
            patch.apply(&mut user)?;
            if let Some(password) = &password {
                user.password = self.vault.seal(&sid.to_string(), password.0.as_bytes());
            }
            self.must_be_free(&user).await?;
            user.updated_at = self.clock.now();
            let change = MessagingChange::UpdateSmppUser(user.clone());
            self.store.commit(Change::from(change).into()).await?;
            user.version += 1;
            Ok::<_, AppError>(user)
        })?;
        self.wake.smpp_users.notify_one();
        Ok((changed, password))
    }

    /// Deletes a program: its binds are ended.
    pub async fn delete_smpp_user(&self, account: &Account, sid: SmppUserSid) -> Result<(), AppError> {
        must_be_active(account)?;
        self.smpp_user(account.sid, sid).await?;
        let change = MessagingChange::DeleteSmppUser(account.sid, sid);
        self.store.commit(Change::from(change).into()).await?;
        self.wake.smpp_users.notify_one();
        Ok(())
    }

    /// The password of a program, for the SMPP server to compare with.
    pub fn smpp_password(&self, user: &SmppUser) -> Result<Pii<String>, AppError> {
        let bytes = self.vault.open(&user.sid.to_string(), &user.password)?;
        Ok(Pii(String::from_utf8(bytes).map_err(|_| VaultError::Damaged)?))
    }
}
