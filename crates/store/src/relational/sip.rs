//! [`SipStore`] for every [`Database`].

use async_trait::async_trait;
use flexio_domain::*;

use super::plan::columns::{sid, text};
use super::queries::{Builder, Query};
use super::store::{count, list, number, of_account, one};
use super::{Database, rows};
use crate::{Page, SipCount, SipStore, StoreError};

fn of(name: &'static str, account: AccountSid) -> Builder {
    Builder::new(name).value("account", sid(account.as_u128()))
}

fn in_list(name: &'static str, account: AccountSid, key: u128) -> Builder {
    of(name, account).value("in_list", sid(key))
}

#[async_trait]
impl<D: Database> SipStore for D {
    async fn client(&self, account: AccountSid, client: ClientSid) -> Result<Option<Client>, StoreError> {
        one(self, of_account::<D>("client", account, client.as_u128()), rows::client).await
    }

    async fn clients(
        &self,
        account: AccountSid,
        login: Option<&str>,
        page: &Page,
    ) -> Result<Vec<Client>, StoreError> {
        list(self, of("clients", account).optional("login", login.map(text)), page, rows::client).await
    }

    async fn client_by_login(&self, login: &str) -> Result<Option<Client>, StoreError> {
        one(self, Query::point(D::DIALECT, "client_by_login", vec![text(login)]), rows::client).await
    }

    async fn sip_domain(
        &self,
        account: AccountSid,
        domain: SipDomainSid,
    ) -> Result<Option<SipDomain>, StoreError> {
        one(self, of_account::<D>("sip_domain", account, domain.as_u128()), rows::doc).await
    }

    async fn sip_domains(&self, account: AccountSid, page: &Page) -> Result<Vec<SipDomain>, StoreError> {
        list(self, of("sip_domains", account), page, rows::doc).await
    }

    async fn sip_domain_by_name(&self, name: &str) -> Result<Option<SipDomain>, StoreError> {
        one(self, Query::point(D::DIALECT, "sip_domain_by_name", vec![text(name)]), rows::doc).await
    }

    async fn sip_users(
        &self,
        account: AccountSid,
        domain: SipDomainSid,
        kind: MappingKind,
        username: &str,
    ) -> Result<Vec<Credential>, StoreError> {
        let key = vec![sid(account.as_u128()), sid(domain.as_u128()), text(kind.as_str()), text(username)];
        self.fetch(Query::point(D::DIALECT, "sip_users", key), rows::doc).await
    }

    async fn sip_networks(
        &self,
        account: AccountSid,
        domain: SipDomainSid,
    ) -> Result<Vec<IpAddress>, StoreError> {
        let key = vec![sid(account.as_u128()), sid(domain.as_u128())];
        self.fetch(Query::many(D::DIALECT, "sip_networks", key), rows::doc).await
    }

    async fn listed_networks(&self) -> Result<Vec<IpAddress>, StoreError> {
        self.fetch(Query::many(D::DIALECT, "listed_networks", Vec::new()), rows::doc).await
    }

    async fn domain_mappings(
        &self,
        account: AccountSid,
        domain: SipDomainSid,
        kind: MappingKind,
        page: &Page,
    ) -> Result<Vec<DomainMapping>, StoreError> {
        let builder = of("domain_mappings", account)
            .value("domain", sid(domain.as_u128()))
            .optional("kind", Some(text(kind.as_str())));
        list(self, builder, page, rows::doc).await
    }

    async fn is_mapped(&self, account: AccountSid, mapped: MappedList) -> Result<bool, StoreError> {
        let key = vec![sid(mapped.as_u128()), sid(account.as_u128())];
        let uses: u64 = number(self, Query::point(D::DIALECT, "sip_list_uses", key), rows::count).await?;
        Ok(uses > 0)
    }

    async fn credential_list(
        &self,
        account: AccountSid,
        key: CredentialListSid,
    ) -> Result<Option<CredentialList>, StoreError> {
        one(self, of_account::<D>("credential_list", account, key.as_u128()), rows::doc).await
    }

    async fn credential_lists(
        &self,
        account: AccountSid,
        page: &Page,
    ) -> Result<Vec<CredentialList>, StoreError> {
        list(self, of("credential_lists", account), page, rows::doc).await
    }

    async fn credential(
        &self,
        account: AccountSid,
        key: CredentialSid,
    ) -> Result<Option<Credential>, StoreError> {
        one(self, of_account::<D>("credential", account, key.as_u128()), rows::doc).await
    }

    async fn credentials(
        &self,
        account: AccountSid,
        key: CredentialListSid,
        page: &Page,
    ) -> Result<Vec<Credential>, StoreError> {
        list(self, in_list("credentials", account, key.as_u128()), page, rows::doc).await
    }

    async fn ip_list(
        &self,
        account: AccountSid,
        key: IpAccessControlListSid,
    ) -> Result<Option<IpAccessControlList>, StoreError> {
        one(self, of_account::<D>("ip_list", account, key.as_u128()), rows::doc).await
    }

    async fn ip_lists(
        &self,
        account: AccountSid,
        page: &Page,
    ) -> Result<Vec<IpAccessControlList>, StoreError> {
        list(self, of("ip_lists", account), page, rows::doc).await
    }

    async fn ip_address(
        &self,
        account: AccountSid,
        key: IpAddressSid,
    ) -> Result<Option<IpAddress>, StoreError> {
        one(self, of_account::<D>("ip_address", account, key.as_u128()), rows::doc).await
    }

    async fn ip_addresses(
        &self,
        account: AccountSid,
        key: IpAccessControlListSid,
        page: &Page,
    ) -> Result<Vec<IpAddress>, StoreError> {
        list(self, in_list("ip_addresses", account, key.as_u128()), page, rows::doc).await
    }

    async fn count_sip(&self, account: AccountSid, what: SipCount) -> Result<u64, StoreError> {
        let builder = match what {
            SipCount::Clients => of("clients", account),
            SipCount::Domains => of("sip_domains", account),
            SipCount::CredentialLists => of("credential_lists", account),
            SipCount::Credentials(key) => in_list("credentials", account, key.as_u128()),
            SipCount::IpLists => of("ip_lists", account),
            SipCount::IpAddresses(key) => in_list("ip_addresses", account, key.as_u128()),
            SipCount::Mappings(domain) => {
                of("domain_mappings", account).value("domain", sid(domain.as_u128()))
            }
        };
        count(self, builder).await
    }
}
