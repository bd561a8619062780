//! Clients, SIP domains, lists of users and networks: what may be written, what may be asked.

use async_trait::async_trait;
use flexio_domain::*;

use crate::{Page, StoreError};

/// A step of a transaction about who may register and call over SIP.
#[derive(Debug, Clone)]
pub enum SipChange {
    /// Unique: sid, login.
    CreateClient(Client),
    /// Optimistic. The login does not change.
    UpdateClient(Client),
    /// `Conflict` if it is not there.
    DeleteClient(AccountSid, ClientSid),
    /// Unique: sid, domain name.
    CreateDomain(SipDomain),
    /// Optimistic; `Conflict` also for a domain name that is taken.
    UpdateDomain(SipDomain),
    /// With its mappings. `Conflict` if it is not there.
    DeleteDomain(AccountSid, SipDomainSid),
    /// Unique: sid.
    CreateCredentialList(CredentialList),
    /// Optimistic.
    UpdateCredentialList(CredentialList),
    /// With its credentials. `Conflict` if it is not there, or mapped to a domain.
    DeleteCredentialList(AccountSid, CredentialListSid),
    /// Unique: sid, (list, user name).
    CreateCredential(Credential),
    /// Optimistic. The user name does not change.
    UpdateCredential(Credential),
    /// `Conflict` if it is not there.
    DeleteCredential(AccountSid, CredentialSid),
    /// Unique: sid.
    CreateIpList(IpAccessControlList),
    /// Optimistic.
    UpdateIpList(IpAccessControlList),
    /// With its networks. `Conflict` if it is not there, or mapped to a domain.
    DeleteIpList(AccountSid, IpAccessControlListSid),
    /// Unique: sid.
    CreateIpAddress(IpAddress),
    /// Optimistic.
    UpdateIpAddress(IpAddress),
    /// `Conflict` if it is not there.
    DeleteIpAddress(AccountSid, IpAddressSid),
    /// Unique: (domain, kind, list).
    MapList(DomainMapping),
    /// `Conflict` if it is not there.
    UnmapList(DomainMapping),
}

/// What is counted against a limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SipCount {
    /// Clients of the account.
    Clients,
    /// Domains of the account.
    Domains,
    /// Credential lists of the account.
    CredentialLists,
    /// Users of a list.
    Credentials(CredentialListSid),
    /// Access control lists of the account.
    IpLists,
    /// Networks of a list.
    IpAddresses(IpAccessControlListSid),
    /// Lists in use at a domain, of all kinds.
    Mappings(SipDomainSid),
}

/// Questions about who may register and call over SIP. Lists are newest first unless the page says otherwise.
#[async_trait]
pub trait SipStore: Send + Sync {
    /// One client.
    async fn client(&self, account: AccountSid, sid: ClientSid) -> Result<Option<Client>, StoreError>;
    /// Clients; with a login, that one only.
    async fn clients(
        &self,
        account: AccountSid,
        login: Option<&str>,
        page: &Page,
    ) -> Result<Vec<Client>, StoreError>;
    /// The client of this login, whoever asks: for the registrar, which knows no account before it.
    async fn client_by_login(&self, login: &str) -> Result<Option<Client>, StoreError>;

    /// One domain.
    async fn sip_domain(
        &self,
        account: AccountSid,
        sid: SipDomainSid,
    ) -> Result<Option<SipDomain>, StoreError>;
    /// Domains.
    async fn sip_domains(&self, account: AccountSid, page: &Page) -> Result<Vec<SipDomain>, StoreError>;
    /// The domain of this lower-case host name, whoever asks: for the registrar and incoming calls.
    async fn sip_domain_by_name(&self, name: &str) -> Result<Option<SipDomain>, StoreError>;
    /// Users of this name in the lists a domain uses for `kind`; more than one where lists repeat a name. At most 16.
    async fn sip_users(
        &self,
        account: AccountSid,
        domain: SipDomainSid,
        kind: MappingKind,
        username: &str,
    ) -> Result<Vec<Credential>, StoreError>;
    /// Networks that may call to a domain; at most 1000.
    async fn sip_networks(
        &self,
        account: AccountSid,
        domain: SipDomainSid,
    ) -> Result<Vec<IpAddress>, StoreError>;
    /// Networks that may call to any domain of the installation, once for each domain; at most 20 000.
    async fn listed_networks(&self) -> Result<Vec<IpAddress>, StoreError>;
    /// Lists in use at a domain, ordered by the sids of the lists.
    async fn domain_mappings(
        &self,
        account: AccountSid,
        domain: SipDomainSid,
        kind: MappingKind,
        page: &Page,
    ) -> Result<Vec<DomainMapping>, StoreError>;
    /// Whether a list is in use at any domain.
    async fn is_mapped(&self, account: AccountSid, list: MappedList) -> Result<bool, StoreError>;

    /// One list of users.
    async fn credential_list(
        &self,
        account: AccountSid,
        sid: CredentialListSid,
    ) -> Result<Option<CredentialList>, StoreError>;
    /// Lists of users.
    async fn credential_lists(
        &self,
        account: AccountSid,
        page: &Page,
    ) -> Result<Vec<CredentialList>, StoreError>;
    /// One user.
    async fn credential(
        &self,
        account: AccountSid,
        sid: CredentialSid,
    ) -> Result<Option<Credential>, StoreError>;
    /// Users of a list.
    async fn credentials(
        &self,
        account: AccountSid,
        list: CredentialListSid,
        page: &Page,
    ) -> Result<Vec<Credential>, StoreError>;

    /// One list of networks.
    async fn ip_list(
        &self,
        account: AccountSid,
        sid: IpAccessControlListSid,
    ) -> Result<Option<IpAccessControlList>, StoreError>;
    /// Lists of networks.
    async fn ip_lists(
        &self,
        account: AccountSid,
        page: &Page,
    ) -> Result<Vec<IpAccessControlList>, StoreError>;
    /// One network.
    async fn ip_address(
        &self,
        account: AccountSid,
        sid: IpAddressSid,
    ) -> Result<Option<IpAddress>, StoreError>;
    /// Networks of a list.
    async fn ip_addresses(
        &self,
        account: AccountSid,
        list: IpAccessControlListSid,
        page: &Page,
    ) -> Result<Vec<IpAddress>, StoreError>;

    /// How many there are.
    async fn count_sip(&self, account: AccountSid, what: SipCount) -> Result<u64, StoreError>;
}
