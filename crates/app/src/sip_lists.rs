//! Lists of SIP users and of networks.

use std::net::IpAddr;

use flexio_domain::*;
use flexio_store::{Change, Page, SipChange, SipCount, StoreError};

use crate::App;
use crate::accounts::checked_name;
use crate::auth::must_be_active;
use crate::clients::is_sip_user;
use crate::error::AppError;
use crate::idempotency::Keep;
use crate::sip_secret::check_sip_password;

/// Lists of an account, of each kind.
const LISTS_MAX: u64 = 100;
/// Users of a list.
const CREDENTIALS_MAX: u64 = 1_000;
/// Networks of a list.
const ADDRESSES_MAX: u64 = 100;
/// Shortest password of a user.
const PASSWORD_CHARS_MIN: usize = 12;
/// Shortest prefixes: a list is for known networks, not for half of the Internet.
const V4_PREFIX_MIN: u8 = 8;
const V6_PREFIX_MIN: u8 = 16;

/// What is set on a new network, or changed on one.
#[derive(Debug, Clone, Default)]
pub struct IpAddressPatch {
    /// At most 64 characters.
    pub friendly_name: Option<String>,
    /// IPv4 or IPv6 address.
    pub ip_address: Option<String>,
    /// Leading bits that count; all of them on a new network without it.
    pub cidr_prefix_length: Option<u32>,
}

impl IpAddressPatch {
    fn apply(&self, network: &mut IpAddress) -> Result<(), AppError> {
        if let Some(name) = &self.friendly_name {
            network.friendly_name = checked_name(name)?;
        }
        if let Some(address) = &self.ip_address {
            network.ip_address = parse_address(address)?;
        }
        if let Some(length) = self.cidr_prefix_length {
            network.cidr_prefix_length = u8::try_from(length).map_err(|_| ErrorCode::SipAddressInvalid)?;
        }
        let bounds = match network.ip_address {
            IpAddr::V4(_) => V4_PREFIX_MIN..=32,
            IpAddr::V6(_) => V6_PREFIX_MIN..=128,
        };
        let ok = bounds.contains(&network.cidr_prefix_length);
        if ok { Ok(()) } else { Err(ErrorCode::SipAddressInvalid.into()) }
    }
}

fn parse_address(text: &str) -> Result<IpAddr, AppError> {
    let address: IpAddr = text.trim().parse().map_err(|_| ErrorCode::SipAddressInvalid)?;
    Ok(address.to_canonical())
}

impl App {
    /// Makes a list of users.
    pub async fn create_credential_list(
        &self,
        account: &Account,
        friendly_name: &str,
        keep: Keep<'_, CredentialList>,
    ) -> Result<CredentialList, AppError> {
        must_be_active(account)?;
        let now = self.clock.now();
        let list = CredentialList {
            sid: CredentialListSid::new(),
            version: 1,
            account_sid: account.sid,
            friendly_name: checked_name(friendly_name)?,
            created_at: now,
            updated_at: now,
        };
        self.check_room(account.sid, SipCount::CredentialLists, LISTS_MAX).await?;
        let changes = Change::from(SipChange::CreateCredentialList(list.clone())).into();
        self.commit_creation(changes, &list, keep).await?;
        Ok(list)
    }

    /// One list of users.
    pub async fn credential_list(
        &self,
        account: AccountSid,
        sid: CredentialListSid,
    ) -> Result<CredentialList, AppError> {
        self.store.credential_list(account, sid).await?.ok_or_else(|| ErrorCode::NotFound.into())
    }

    /// Lists of users.
    pub async fn credential_lists(
        &self,
        account: AccountSid,
        page: &Page,
    ) -> Result<Vec<CredentialList>, AppError> {
        Ok(self.store.credential_lists(account, page).await?)
    }

    /// Renames a list of users.
    pub async fn update_credential_list(
        &self,
        account: &Account,
        sid: CredentialListSid,
        friendly_name: Option<&str>,
    ) -> Result<CredentialList, AppError> {
        must_be_active(account)?;
        let name = friendly_name.map(checked_name).transpose()?;
        retrying!(async {
            let mut list = self.credential_list(account.sid, sid).await?;
            if let Some(name) = &name {
                list.friendly_name.clone_from(name);
            }
            list.updated_at = self.clock.now();
            self.store.commit(Change::from(SipChange::UpdateCredentialList(list.clone())).into()).await?;
            list.version += 1;
            Ok::<_, AppError>(list)
        })
    }

    /// Deletes a list of users with its users. `SipListInUse` while a domain uses it.
    pub async fn delete_credential_list(
        &self,
        account: &Account,
        sid: CredentialListSid,
    ) -> Result<(), AppError> {
        must_be_active(account)?;
        self.credential_list(account.sid, sid).await?;
        self.check_unmapped(account.sid, MappedList::Credentials(sid)).await?;
        let delete = SipChange::DeleteCredentialList(account.sid, sid);
        Ok(self.store.commit(Change::from(delete).into()).await?)
    }

    /// Adds a user to a list.
    pub async fn create_credential(
        &self,
        account: &Account,
        list: CredentialListSid,
        username: &str,
        password: &Pii<String>,
        keep: Keep<'_, Credential>,
    ) -> Result<Credential, AppError> {
        must_be_active(account)?;
        let list_sid = self.credential_list(account.sid, list).await?.sid;
        if !is_sip_user(username) {
            return Err(ErrorCode::SipUsernameInvalid.into());
        }
        check_sip_password(password, PASSWORD_CHARS_MIN, ErrorCode::SipPasswordTooWeak)?;
        self.check_room(account.sid, SipCount::Credentials(list), CREDENTIALS_MAX).await?;
        let (sid, now) = (CredentialSid::new(), self.clock.now());
        let user = Credential {
            sid,
            version: 1,
            account_sid: account.sid,
            list_sid,
            username: username.to_owned(),
            secret: self.seal_sip_password(&sid.to_string(), username, password),
            created_at: now,
            updated_at: now,
        };
        let changes = Change::from(SipChange::CreateCredential(user.clone())).into();
        match self.commit_creation(changes, &user, keep).await {
            Err(AppError::Store(StoreError::Conflict(_))) => Err(ErrorCode::SipUsernameTaken.into()),
            done => done.map(|()| user),
        }
    }

    /// One user of a list.
    pub async fn credential(
        &self,
        account: AccountSid,
        list: CredentialListSid,
        sid: CredentialSid,
    ) -> Result<Credential, AppError> {
        let user = self.store.credential(account, sid).await?.filter(|user| user.list_sid == list);
        user.ok_or_else(|| ErrorCode::NotFound.into())
    }

    /// Users of a list.
    pub async fn credentials(
        &self,
        account: AccountSid,
        list: CredentialListSid,
        page: &Page,
    ) -> Result<Vec<Credential>, AppError> {
        self.credential_list(account, list).await?;
        Ok(self.store.credentials(account, list, page).await?)
    }

    /// Gives a user another password.
    pub async fn update_credential(
        &self,
        account: &Account,
        list: CredentialListSid,
        sid: CredentialSid,
        password: Option<&Pii<String>>,
    ) -> Result<Credential, AppError> {
        must_be_active(account)?;
        if let Some(password) = password {
            check_sip_password(password, PASSWORD_CHARS_MIN, ErrorCode::SipPasswordTooWeak)?;
        }
        retrying!(async {
            let mut user = self.credential(account.sid, list, sid).await?;
            if let Some(password) = password {
                user.secret = self.seal_sip_password(&sid.to_string(), &user.username, password);
            }
            user.updated_at = self.clock.now();
            self.store.commit(Change::from(SipChange::UpdateCredential(user.clone())).into()).await?;
            user.version += 1;
            Ok::<_, AppError>(user)
        })
    }

    /// Deletes a user.
    pub async fn delete_credential(
        &self,
        account: &Account,
        list: CredentialListSid,
        sid: CredentialSid,
    ) -> Result<(), AppError> {
        must_be_active(account)?;
        self.credential(account.sid, list, sid).await?;
        Ok(self.store.commit(Change::from(SipChange::DeleteCredential(account.sid, sid)).into()).await?)
    }

    /// Makes a list of networks.
    pub async fn create_ip_list(
        &self,
        account: &Account,
        friendly_name: &str,
        keep: Keep<'_, IpAccessControlList>,
    ) -> Result<IpAccessControlList, AppError> {
        must_be_active(account)?;
        let now = self.clock.now();
        let list = IpAccessControlList {
            sid: IpAccessControlListSid::new(),
            version: 1,
            account_sid: account.sid,
            friendly_name: checked_name(friendly_name)?,
            created_at: now,
            updated_at: now,
        };
        self.check_room(account.sid, SipCount::IpLists, LISTS_MAX).await?;
        let changes = Change::from(SipChange::CreateIpList(list.clone())).into();
        self.commit_creation(changes, &list, keep).await?;
        Ok(list)
    }

    /// One list of networks.
    pub async fn ip_list(
        &self,
        account: AccountSid,
        sid: IpAccessControlListSid,
    ) -> Result<IpAccessControlList, AppError> {
        self.store.ip_list(account, sid).await?.ok_or_else(|| ErrorCode::NotFound.into())
    }

    /// Lists of networks.
    pub async fn ip_lists(
        &self,
        account: AccountSid,
        page: &Page,
    ) -> Result<Vec<IpAccessControlList>, AppError> {
        Ok(self.store.ip_lists(account, page).await?)
    }

    /// Renames a list of networks.
    pub async fn update_ip_list(
        &self,
        account: &Account,
        sid: IpAccessControlListSid,
        friendly_name: Option<&str>,
    ) -> Result<IpAccessControlList, AppError> {
        must_be_active(account)?;
        let name = friendly_name.map(checked_name).transpose()?;
        retrying!(async {
            let mut list = self.ip_list(account.sid, sid).await?;
            if let Some(name) = &name {
                list.friendly_name.clone_from(name);
            }
            list.updated_at = self.clock.now();
            self.store.commit(Change::from(SipChange::UpdateIpList(list.clone())).into()).await?;
            list.version += 1;
            Ok::<_, AppError>(list)
        })
    }

    /// Deletes a list of networks with its networks. `SipListInUse` while a domain uses it.
    pub async fn delete_ip_list(
        &self,
        account: &Account,
        sid: IpAccessControlListSid,
    ) -> Result<(), AppError> {
        must_be_active(account)?;
        self.ip_list(account.sid, sid).await?;
        self.check_unmapped(account.sid, MappedList::Addresses(sid)).await?;
        Ok(self.store.commit(Change::from(SipChange::DeleteIpList(account.sid, sid)).into()).await?)
    }

    /// Adds a network to a list.
    pub async fn create_ip_address(
        &self,
        account: &Account,
        list: IpAccessControlListSid,
        patch: IpAddressPatch,
        keep: Keep<'_, IpAddress>,
    ) -> Result<IpAddress, AppError> {
        must_be_active(account)?;
        let list_sid = self.ip_list(account.sid, list).await?.sid;
        let ip_address = parse_address(patch.ip_address.as_deref().unwrap_or(""))?;
        let now = self.clock.now();
        let mut network = IpAddress {
            sid: IpAddressSid::new(),
            version: 1,
            account_sid: account.sid,
            list_sid,
            friendly_name: ip_address.to_string(),
            ip_address,
            cidr_prefix_length: if ip_address.is_ipv4() { 32 } else { 128 },
            created_at: now,
            updated_at: now,
        };
        patch.apply(&mut network)?;
        self.check_room(account.sid, SipCount::IpAddresses(list), ADDRESSES_MAX).await?;
        let changes = Change::from(SipChange::CreateIpAddress(network.clone())).into();
        self.commit_creation(changes, &network, keep).await?;
        self.wake.networks.notify_one();
        Ok(network)
    }

    /// One network of a list.
    pub async fn ip_address(
        &self,
        account: AccountSid,
        list: IpAccessControlListSid,
        sid: IpAddressSid,
    ) -> Result<IpAddress, AppError> {
        let network = self.store.ip_address(account, sid).await?.filter(|network| network.list_sid == list);
        network.ok_or_else(|| ErrorCode::NotFound.into())
    }

    /// Networks of a list.
    pub async fn ip_addresses(
        &self,
        account: AccountSid,
        list: IpAccessControlListSid,
        page: &Page,
    ) -> Result<Vec<IpAddress>, AppError> {
        self.ip_list(account, list).await?;
        Ok(self.store.ip_addresses(account, list, page).await?)
    }

    /// Changes a network.
    pub async fn update_ip_address(
        &self,
        account: &Account,
        list: IpAccessControlListSid,
        sid: IpAddressSid,
        patch: IpAddressPatch,
    ) -> Result<IpAddress, AppError> {
        must_be_active(account)?;
        retrying!(async {
            let mut network = self.ip_address(account.sid, list, sid).await?;
            patch.apply(&mut network)?;
            network.updated_at = self.clock.now();
            self.store.commit(Change::from(SipChange::UpdateIpAddress(network.clone())).into()).await?;
            self.wake.networks.notify_one();
            network.version += 1;
            Ok::<_, AppError>(network)
        })
    }

    /// Deletes a network.
    pub async fn delete_ip_address(
        &self,
        account: &Account,
        list: IpAccessControlListSid,
        sid: IpAddressSid,
    ) -> Result<(), AppError> {
        must_be_active(account)?;
        self.ip_address(account.sid, list, sid).await?;
        Ok(self.store.commit(Change::from(SipChange::DeleteIpAddress(account.sid, sid)).into()).await?)
    }

    async fn check_room(&self, account: AccountSid, what: SipCount, most: u64) -> Result<(), AppError> {
        if self.store.count_sip(account, what).await? >= most {
            return Err(ErrorCode::TooManyResources.into());
        }
        Ok(())
    }

    async fn check_unmapped(&self, account: AccountSid, list: MappedList) -> Result<(), AppError> {
        if self.store.is_mapped(account, list).await? {
            return Err(ErrorCode::SipListInUse.into());
        }
        Ok(())
    }
}
