//! SIP domains and the lists they use.

use std::net::IpAddr;

use flexio_domain::*;
use flexio_store::{Change, Page, SipChange, SipCount, StoreError};

use crate::App;
use crate::accounts::checked_name;
use crate::auth::must_be_active;
use crate::emergency::EmergencyAddressPatch;
use crate::error::AppError;
use crate::idempotency::Keep;
use crate::urls::WebhookPatch;

/// Domains of an account.
const DOMAINS_MAX: u64 = 100;
/// Lists a domain uses, of all kinds.
const MAPPINGS_MAX: u64 = 100;

/// What is set on a new domain, or changed on one; what is `None` stays or takes its default.
#[derive(Debug, Clone, Default)]
pub struct SipDomainPatch {
    /// Host name.
    pub domain_name: Option<String>,
    /// At most 64 characters.
    pub friendly_name: Option<String>,
    /// Language of its documents.
    pub dialect: Option<Dialect>,
    /// Asked on calls to the domain.
    pub voice: WebhookPatch,
    /// Asked where that fails.
    pub voice_fallback: WebhookPatch,
    /// Told of call states.
    pub voice_status_callback: WebhookPatch,
    /// Phones may register.
    pub sip_registration: Option<bool>,
    /// TLS and SRTP are demanded.
    pub secure: Option<bool>,
    /// Kept only.
    pub emergency_calling_enabled: Option<bool>,
    /// Number of the account that emergency calls of its phones show; `Some(None)` clears it.
    pub emergency_caller_sid: Option<Option<NumberSid>>,
    /// Where its phones are.
    pub emergency_address: EmergencyAddressPatch,
}

impl SipDomainPatch {
    fn apply(self, domain: &mut SipDomain) -> Result<(), AppError> {
        if let Some(name) = &self.domain_name {
            domain.domain_name = host_name(name)?;
        }
        if let Some(name) = &self.friendly_name {
            domain.friendly_name = checked_name(name)?;
        }
        domain.dialect = self.dialect.unwrap_or(domain.dialect);
        domain.sip_registration = self.sip_registration.unwrap_or(domain.sip_registration);
        domain.secure = self.secure.unwrap_or(domain.secure);
        domain.emergency_calling_enabled =
            self.emergency_calling_enabled.unwrap_or(domain.emergency_calling_enabled);
        domain.emergency_caller_sid = self.emergency_caller_sid.unwrap_or(domain.emergency_caller_sid);
        self.emergency_address.apply(&mut domain.emergency_address)?;
        self.voice.apply(&mut domain.voice.primary);
        self.voice_fallback.apply(&mut domain.voice.fallback);
        self.voice_status_callback.apply(&mut domain.voice_status_callback);
        Ok(())
    }
}

/// A list in use, with its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedMapping {
    /// The mapping.
    pub mapping: DomainMapping,
    /// Name of the list.
    pub friendly_name: String,
}

impl App {
    /// Makes a SIP domain.
    pub async fn create_sip_domain(
        &self,
        account: &Account,
        patch: SipDomainPatch,
        keep: Keep<'_, SipDomain>,
    ) -> Result<SipDomain, AppError> {
        must_be_active(account)?;
        let name = host_name(patch.domain_name.as_deref().unwrap_or(""))?;
        let now = self.clock.now();
        let mut domain = SipDomain {
            sid: SipDomainSid::new(),
            version: 1,
            account_sid: account.sid,
            friendly_name: name.chars().take(64).collect(),
            domain_name: name,
            dialect: Dialect::default(),
            voice: WebhookSet::default(),
            voice_status_callback: None,
            sip_registration: false,
            secure: false,
            emergency_calling_enabled: false,
            emergency_caller_sid: None,
            emergency_address: None,
            created_at: now,
            updated_at: now,
        };
        patch.apply(&mut domain)?;
        if self.store.count_sip(account.sid, SipCount::Domains).await? >= DOMAINS_MAX {
            return Err(ErrorCode::TooManyResources.into());
        }
        let changes = Change::from(SipChange::CreateDomain(domain.clone())).into();
        match self.commit_creation(changes, &domain, keep).await {
            Err(AppError::Store(StoreError::Conflict(_))) => Err(ErrorCode::SipDomainTaken.into()),
            done => done.map(|()| domain),
        }
    }

    /// One domain.
    pub async fn sip_domain(&self, account: AccountSid, sid: SipDomainSid) -> Result<SipDomain, AppError> {
        self.store.sip_domain(account, sid).await?.ok_or_else(|| ErrorCode::NotFound.into())
    }

    /// Domains.
    pub async fn sip_domains(&self, account: AccountSid, page: &Page) -> Result<Vec<SipDomain>, AppError> {
        Ok(self.store.sip_domains(account, page).await?)
    }

    /// Changes a domain.
    pub async fn update_sip_domain(
        &self,
        account: &Account,
        sid: SipDomainSid,
        patch: SipDomainPatch,
    ) -> Result<SipDomain, AppError> {
        must_be_active(account)?;
        retrying!(async {
            let mut domain = self.sip_domain(account.sid, sid).await?;
            let before = domain.domain_name.clone();
            patch.clone().apply(&mut domain)?;
            if domain.domain_name != before
                && self.store.sip_domain_by_name(&domain.domain_name).await?.is_some()
            {
                return Err(ErrorCode::SipDomainTaken.into());
            }
            domain.updated_at = self.clock.now();
            self.store.commit(Change::from(SipChange::UpdateDomain(domain.clone())).into()).await?;
            domain.version += 1;
            Ok::<_, AppError>(domain)
        })
    }

    /// Deletes a domain; the lists it used stay.
    pub async fn delete_sip_domain(&self, account: &Account, sid: SipDomainSid) -> Result<(), AppError> {
        must_be_active(account)?;
        self.sip_domain(account.sid, sid).await?;
        Ok(self.store.commit(Change::from(SipChange::DeleteDomain(account.sid, sid)).into()).await?)
    }

    /// Puts a list to use at a domain.
    pub async fn map_list(
        &self,
        account: &Account,
        domain: SipDomainSid,
        kind: MappingKind,
        list: MappedList,
        keep: Keep<'_, NamedMapping>,
    ) -> Result<NamedMapping, AppError> {
        must_be_active(account)?;
        let domain_sid = self.sip_domain(account.sid, domain).await?.sid;
        let friendly_name = self.list_name(account.sid, list).await?.ok_or(ErrorCode::SipListUnknown)?;
        if self.store.count_sip(account.sid, SipCount::Mappings(domain)).await? >= MAPPINGS_MAX {
            return Err(ErrorCode::TooManyResources.into());
        }
        let created_at = self.clock.now();
        let mapping = DomainMapping { account_sid: account.sid, domain_sid, kind, list, created_at };
        let made = NamedMapping { mapping: mapping.clone(), friendly_name };
        let changes = Change::from(SipChange::MapList(mapping)).into();
        match self.commit_creation(changes, &made, keep).await {
            Err(AppError::Store(StoreError::Conflict(_))) => Err(ErrorCode::SipListMapped.into()),
            done => {
                self.wake.networks.notify_one();
                done.map(|()| made)
            }
        }
    }

    /// Lists in use at a domain.
    pub async fn mappings(
        &self,
        account: AccountSid,
        domain: SipDomainSid,
        kind: MappingKind,
        page: &Page,
    ) -> Result<Vec<NamedMapping>, AppError> {
        self.sip_domain(account, domain).await?;
        let mut named = Vec::new();
        for mapping in self.store.domain_mappings(account, domain, kind, page).await? {
            let friendly_name = self.list_name(account, mapping.list).await?.unwrap_or_default();
            named.push(NamedMapping { mapping, friendly_name });
        }
        Ok(named)
    }

    /// One list in use at a domain.
    pub async fn mapping(
        &self,
        account: AccountSid,
        domain: SipDomainSid,
        kind: MappingKind,
        list: MappedList,
    ) -> Result<NamedMapping, AppError> {
        self.sip_domain(account, domain).await?;
        // The page that begins at this list.
        let after = list.as_u128().checked_sub(1);
        let page = Page { after, limit: 1, order: flexio_store::Order::Oldest, ..Page::default() };
        let found = self.store.domain_mappings(account, domain, kind, &page).await?;
        let mapping = found.into_iter().find(|mapping| mapping.list == list).ok_or(ErrorCode::NotFound)?;
        let friendly_name = self.list_name(account, list).await?.unwrap_or_default();
        Ok(NamedMapping { mapping, friendly_name })
    }

    /// Whether calls come in to a domain by address, and by user name.
    pub async fn ways_in(&self, account: AccountSid, domain: SipDomainSid) -> Result<(bool, bool), AppError> {
        let page = Page { limit: 1, ..Page::default() };
        let by_address = MappingKind::CallAddresses;
        let addresses = self.store.domain_mappings(account, domain, by_address, &page).await?;
        let by_name = MappingKind::CallCredentials;
        let names = self.store.domain_mappings(account, domain, by_name, &page).await?;
        Ok((!addresses.is_empty(), !names.is_empty()))
    }

    /// Takes a list out of use at a domain.
    pub async fn unmap_list(
        &self,
        account: &Account,
        domain: SipDomainSid,
        kind: MappingKind,
        list: MappedList,
    ) -> Result<(), AppError> {
        must_be_active(account)?;
        let found = self.mapping(account.sid, domain, kind, list).await?;
        Ok(self.store.commit(Change::from(SipChange::UnmapList(found.mapping)).into()).await?)
    }

    async fn list_name(&self, account: AccountSid, list: MappedList) -> Result<Option<String>, AppError> {
        Ok(match list {
            MappedList::Credentials(sid) => {
                self.store.credential_list(account, sid).await?.map(|list| list.friendly_name)
            }
            MappedList::Addresses(sid) => {
                self.store.ip_list(account, sid).await?.map(|list| list.friendly_name)
            }
        })
    }
}

/// A host name of at least two labels (RFC 1123 §2.1) in lower case.
fn host_name(name: &str) -> Result<String, AppError> {
    let name = name.trim_end_matches('.').to_ascii_lowercase();
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    let ok = name.len() <= 253
        && name.contains('.')
        && name.split('.').all(label)
        && name.parse::<IpAddr>().is_err();
    if ok { Ok(name) } else { Err(ErrorCode::SipDomainInvalid.into()) }
}

#[cfg(test)]
mod tests {
    use super::host_name;

    #[test]
    fn a_domain_name_is_a_host_name() {
        assert_eq!(host_name("Acme.SIP.example.").unwrap(), "acme.sip.example");
        for bad in ["", "acme", "192.0.2.1", "a..b", "-a.b", "a-.b", "a b.c", "a.b/c", "é.be", "a.b:5060"] {
            assert!(host_name(bad).is_err(), "{bad:?}");
        }
        assert!(host_name(&format!("{}.be", "a".repeat(64))).is_err());
    }
}
