//! Clients, SIP domains, lists of users and networks.

use flexio_domain::*;

use super::columns::*;
use super::{MISSING, MOVED, Step, TAKEN};
use crate::relational::{Value, Write};
use crate::{SipChange, StoreError};

const IN_USE: &str = "the list is in use, or is not there";

pub fn plan(change: SipChange, steps: &mut Vec<Step>) -> Result<(), StoreError> {
    use SipChange as C;
    let deletion = |write, account: AccountSid, key: u128, conflict| {
        Step::one(write, vec![sid(account.as_u128()), sid(key)], conflict)
    };
    let step = match change {
        C::CreateClient(client) => Step::one(Write::ClientInsert, client_row(&client)?, TAKEN),
        C::UpdateClient(client) => {
            let next = Client { version: client.version + 1, ..client };
            Step::one(Write::ClientUpdate, client_row(&next)?, MOVED)
        }
        C::DeleteClient(account, client) => deletion(Write::ClientDelete, account, client.as_u128(), MISSING),
        C::CreateDomain(domain) => Step::one(Write::SipDomainInsert, domain_row(&domain)?, TAKEN),
        C::UpdateDomain(domain) => {
            let next = SipDomain { version: domain.version + 1, ..domain };
            Step::one(Write::SipDomainUpdate, domain_row(&next)?, MOVED)
        }
        C::DeleteDomain(account, domain) => {
            steps.push(deletion(Write::SipDomainDelete, account, domain.as_u128(), MISSING));
            Step::any(Write::SipDomainUnmap, vec![sid(domain.as_u128())])
        }
        C::CreateCredentialList(list) => {
            Step::one(Write::CredentialListInsert, credential_list_row(&list)?, TAKEN)
        }
        C::UpdateCredentialList(list) => {
            let next = CredentialList { version: list.version + 1, ..list };
            Step::one(Write::CredentialListUpdate, credential_list_row(&next)?, MOVED)
        }
        C::DeleteCredentialList(account, list) => {
            steps.push(deletion(Write::CredentialListDelete, account, list.as_u128(), IN_USE));
            Step::any(Write::CredentialListEmpty, vec![sid(account.as_u128()), sid(list.as_u128())])
        }
        C::CreateCredential(user) => Step::one(Write::CredentialInsert, credential_row(&user)?, TAKEN),
        C::UpdateCredential(user) => {
            let next = Credential { version: user.version + 1, ..user };
            Step::one(Write::CredentialUpdate, credential_row(&next)?, MOVED)
        }
        C::DeleteCredential(account, user) => {
            deletion(Write::CredentialDelete, account, user.as_u128(), MISSING)
        }
        C::CreateIpList(list) => Step::one(Write::IpListInsert, ip_list_row(&list)?, TAKEN),
        C::UpdateIpList(list) => {
            let next = IpAccessControlList { version: list.version + 1, ..list };
            Step::one(Write::IpListUpdate, ip_list_row(&next)?, MOVED)
        }
        C::DeleteIpList(account, list) => {
            steps.push(deletion(Write::IpListDelete, account, list.as_u128(), IN_USE));
            Step::any(Write::IpListEmpty, vec![sid(account.as_u128()), sid(list.as_u128())])
        }
        C::CreateIpAddress(address) => Step::one(Write::IpAddressInsert, ip_address_row(&address)?, TAKEN),
        C::UpdateIpAddress(address) => {
            let next = IpAddress { version: address.version + 1, ..address };
            Step::one(Write::IpAddressUpdate, ip_address_row(&next)?, MOVED)
        }
        C::DeleteIpAddress(account, address) => {
            deletion(Write::IpAddressDelete, account, address.as_u128(), MISSING)
        }
        C::MapList(mapping) => {
            let mut row = mapping_key(&mapping);
            row.push(doc(&mapping)?);
            Step::one(Write::SipMappingInsert, row, TAKEN)
        }
        C::UnmapList(mapping) => Step::one(Write::SipMappingDelete, mapping_key(&mapping), MISSING),
    };
    steps.push(step);
    Ok(())
}

/// Clients that refer to a deleted application are freed.
pub fn unbind_clients(application: ApplicationSid) -> Step {
    Step::any(Write::ClientUnbind, vec![sid(application.as_u128())])
}

fn client_row(client: &Client) -> Result<Vec<Value>, StoreError> {
    Ok(vec![
        sid(client.sid.as_u128()),
        sid(client.account_sid.as_u128()),
        Value::Int(client.version.into()),
        text(&client.login),
        optional_sid(client.voice_application_sid.map(ApplicationSid::as_u128)),
        doc(client)?,
    ])
}

fn domain_row(domain: &SipDomain) -> Result<Vec<Value>, StoreError> {
    Ok(vec![
        sid(domain.sid.as_u128()),
        sid(domain.account_sid.as_u128()),
        Value::Int(domain.version.into()),
        text(&domain.domain_name),
        doc(domain)?,
    ])
}

fn credential_list_row(list: &CredentialList) -> Result<Vec<Value>, StoreError> {
    let version = Value::Int(list.version.into());
    Ok(vec![sid(list.sid.as_u128()), sid(list.account_sid.as_u128()), version, doc(list)?])
}

fn credential_row(user: &Credential) -> Result<Vec<Value>, StoreError> {
    Ok(vec![
        sid(user.sid.as_u128()),
        sid(user.account_sid.as_u128()),
        Value::Int(user.version.into()),
        sid(user.list_sid.as_u128()),
        text(&user.username),
        doc(user)?,
    ])
}

fn ip_list_row(list: &IpAccessControlList) -> Result<Vec<Value>, StoreError> {
    let version = Value::Int(list.version.into());
    Ok(vec![sid(list.sid.as_u128()), sid(list.account_sid.as_u128()), version, doc(list)?])
}

fn ip_address_row(address: &IpAddress) -> Result<Vec<Value>, StoreError> {
    Ok(vec![
        sid(address.sid.as_u128()),
        sid(address.account_sid.as_u128()),
        Value::Int(address.version.into()),
        sid(address.list_sid.as_u128()),
        doc(address)?,
    ])
}

fn mapping_key(mapping: &DomainMapping) -> Vec<Value> {
    vec![
        sid(mapping.domain_sid.as_u128()),
        text(mapping.kind.as_str()),
        sid(mapping.list.as_u128()),
        sid(mapping.account_sid.as_u128()),
    ]
}
