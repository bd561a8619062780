//! Clients, SIP domains, lists of users and networks.

use super::*;
use crate::{Change, Page, SipChange as C, SipCount};
use flexio_domain::*;

fn secret() -> SipSecret {
    SipSecret { realm: "flexio".to_owned(), digests: Sealed((0..109).collect()) }
}

/// A client.
pub fn client(account_sid: AccountSid, login: &str) -> Client {
    Client {
        sid: ClientSid::new(),
        version: 1,
        account_sid,
        login: login.to_owned(),
        friendly_name: "Alice's phone".to_owned(),
        enabled: true,
        secret: secret(),
        dialect: Dialect::Rcml,
        voice: WebhookSet { primary: Some(webhook("client")), fallback: Some(webhook("fallback")) },
        voice_application_sid: None,
        push_enabled: true,
        emergency_address: Some(EmergencyAddress {
            city: "Brussel".to_owned(),
            ..EmergencyAddress::default()
        }),
        created_at: at(0),
        updated_at: at(1),
    }
}

/// A SIP domain.
pub fn sip_domain(account_sid: AccountSid, name: &str) -> SipDomain {
    SipDomain {
        sid: SipDomainSid::new(),
        version: 1,
        account_sid,
        domain_name: name.to_owned(),
        friendly_name: "head office".to_owned(),
        dialect: Dialect::Twiml,
        voice: WebhookSet { primary: Some(webhook("domain")), fallback: None },
        voice_status_callback: Some(webhook("status")),
        sip_registration: true,
        secure: true,
        emergency_calling_enabled: false,
        emergency_caller_sid: Some(NumberSid::from_u128(4)),
        emergency_address: Some(EmergencyAddress { country: "BE".to_owned(), ..EmergencyAddress::default() }),
        created_at: at(0),
        updated_at: at(1),
    }
}

/// A list of users.
pub fn credential_list(account_sid: AccountSid) -> CredentialList {
    CredentialList {
        sid: CredentialListSid::new(),
        version: 1,
        account_sid,
        friendly_name: "phones".to_owned(),
        created_at: at(0),
        updated_at: at(1),
    }
}

/// A user of a list.
pub fn credential(list: &CredentialList, username: &str) -> Credential {
    Credential {
        sid: CredentialSid::new(),
        version: 1,
        account_sid: list.account_sid,
        list_sid: list.sid,
        username: username.to_owned(),
        secret: secret(),
        created_at: at(0),
        updated_at: at(1),
    }
}

/// A list of networks.
pub fn ip_list(account_sid: AccountSid) -> IpAccessControlList {
    IpAccessControlList {
        sid: IpAccessControlListSid::new(),
        version: 1,
        account_sid,
        friendly_name: "offices".to_owned(),
        created_at: at(0),
        updated_at: at(1),
    }
}

/// A network of a list.
pub fn ip_address(list: &IpAccessControlList, network: &str) -> IpAddress {
    IpAddress {
        sid: IpAddressSid::new(),
        version: 1,
        account_sid: list.account_sid,
        list_sid: list.sid,
        friendly_name: "Brussels".to_owned(),
        ip_address: network.parse().expect("an address"),
        cidr_prefix_length: 24,
        created_at: at(0),
        updated_at: at(1),
    }
}

/// A list in use.
pub fn mapping(domain: &SipDomain, kind: MappingKind, list: MappedList) -> DomainMapping {
    let domain_sid = domain.sid;
    DomainMapping { account_sid: domain.account_sid, domain_sid, kind, list, created_at: at(2) }
}

async fn write(store: &Arc<dyn Store>, changes: impl IntoIterator<Item = C>) {
    put_all(store, changes.into_iter().map(Change::from)).await;
}

async fn conflicts(store: &Arc<dyn Store>, change: C) -> bool {
    is_conflict(&try_put(store, change.into()).await)
}

pub async fn clients_are_found_by_login_whoever_asks(store: Arc<dyn Store>) {
    let owner = AccountSid::new();
    let (alice, bob) = (client(owner, "alice"), client(owner, "bob"));
    write(&store, [C::CreateClient(alice.clone()), C::CreateClient(bob.clone())]).await;
    assert!(conflicts(&store, C::CreateClient(client(AccountSid::new(), "alice"))).await);
    assert_eq!(store.client(owner, alice.sid).await.unwrap(), Some(alice.clone()));
    assert_eq!(store.client_by_login("alice").await.unwrap(), Some(alice.clone()));
    assert_eq!(store.client_by_login("Alice").await.unwrap(), None);
    let list = async |login| store.clients(owner, login, &Page::default()).await.unwrap();
    assert_eq!(list(None).await, [bob.clone(), alice.clone()]);
    assert_eq!(list(Some("alice")).await, [alice.clone()]);
    assert_eq!(store.count_sip(owner, SipCount::Clients).await.unwrap(), 2);
    let off = Client { enabled: false, ..alice.clone() };
    write(&store, [C::UpdateClient(off.clone())]).await;
    assert!(conflicts(&store, C::UpdateClient(off.clone())).await);
    let renamed = Client { login: "alicia".to_owned(), version: 2, ..off.clone() };
    assert!(conflicts(&store, C::UpdateClient(renamed)).await, "a login does not change");
    assert_eq!(store.client_by_login("alice").await.unwrap(), Some(Client { version: 2, ..off }));
    write(&store, [C::DeleteClient(owner, alice.sid)]).await;
    assert!(conflicts(&store, C::DeleteClient(owner, alice.sid)).await);
    assert_eq!(list(None).await, [bob]);
}

pub async fn deleting_an_application_frees_the_clients_that_use_it(store: Arc<dyn Store>) {
    let app = application(AccountSid::new(), "menu");
    let alice = Client { voice_application_sid: Some(app.sid), ..client(app.account_sid, "alice") };
    put(&store, Change::CreateApplication(app.clone())).await;
    write(&store, [C::CreateClient(alice.clone())]).await;
    put(&store, Change::DeleteApplication(app.account_sid, app.sid)).await;
    let freed = Client { voice_application_sid: None, version: 2, ..alice.clone() };
    assert_eq!(store.client_by_login("alice").await.unwrap(), Some(freed));
    assert!(
        conflicts(&store, C::UpdateClient(alice)).await,
        "read before, it would bring the reference back"
    );
}

pub async fn a_domain_name_belongs_to_one_domain(store: Arc<dyn Store>) {
    let owner = AccountSid::new();
    let (acme, other) = (sip_domain(owner, "acme.example"), sip_domain(owner, "other.example"));
    write(&store, [C::CreateDomain(acme.clone()), C::CreateDomain(other.clone())]).await;
    assert!(conflicts(&store, C::CreateDomain(sip_domain(AccountSid::new(), "acme.example"))).await);
    let moved = SipDomain { domain_name: "acme.example".to_owned(), ..other.clone() };
    assert!(conflicts(&store, C::UpdateDomain(moved)).await);
    let renamed = SipDomain { domain_name: "third.example".to_owned(), secure: false, ..other.clone() };
    write(&store, [C::UpdateDomain(renamed.clone())]).await;
    let renamed = SipDomain { version: 2, ..renamed };
    assert_eq!(store.sip_domain_by_name("third.example").await.unwrap(), Some(renamed.clone()));
    assert_eq!(store.sip_domain_by_name("other.example").await.unwrap(), None);
    assert_eq!(store.sip_domain(owner, acme.sid).await.unwrap(), Some(acme.clone()));
    let listed = store.sip_domains(owner, &Page::default()).await.unwrap();
    assert_eq!(listed, [renamed, acme]);
    assert_eq!(store.count_sip(owner, SipCount::Domains).await.unwrap(), 2);
}

/// A domain with a list of users for calls and registrations, and a list of networks.
async fn furnished(store: &Arc<dyn Store>) -> (SipDomain, CredentialList, Credential, IpAccessControlList) {
    let owner = AccountSid::new();
    let domain = sip_domain(owner, "acme.example");
    let (users, networks) = (credential_list(owner), ip_list(owner));
    let alice = credential(&users, "alice");
    let use_list = |kind, list| C::MapList(mapping(&domain, kind, list));
    write(
        store,
        [
            C::CreateDomain(domain.clone()),
            C::CreateCredentialList(users.clone()),
            C::CreateCredential(alice.clone()),
            C::CreateIpList(networks.clone()),
            C::CreateIpAddress(ip_address(&networks, "192.0.2.1")),
            use_list(MappingKind::CallCredentials, MappedList::Credentials(users.sid)),
            use_list(MappingKind::RegistrationCredentials, MappedList::Credentials(users.sid)),
            use_list(MappingKind::CallAddresses, MappedList::Addresses(networks.sid)),
        ],
    )
    .await;
    (domain, users, alice, networks)
}

pub async fn a_domain_finds_its_users_and_networks(store: Arc<dyn Store>) {
    let (domain, users, alice, networks) = furnished(&store).await;
    let (owner, kind) = (domain.account_sid, MappingKind::RegistrationCredentials);
    assert_eq!(store.sip_users(owner, domain.sid, kind, "alice").await.unwrap(), [alice.clone()]);
    assert_eq!(store.sip_users(owner, domain.sid, kind, "bob").await.unwrap(), []);
    let stranger = AccountSid::new();
    assert_eq!(store.sip_users(stranger, domain.sid, kind, "alice").await.unwrap(), []);
    assert_eq!(store.sip_networks(stranger, domain.sid).await.unwrap(), []);
    let found = store.sip_networks(owner, domain.sid).await.unwrap();
    assert_eq!(found, store.ip_addresses(owner, networks.sid, &Page::default()).await.unwrap());
    assert_eq!(found.len(), 1);
    assert_eq!(store.listed_networks().await.unwrap(), found);
    let list = MappedList::Credentials(users.sid);
    let page = Page::default();
    let mapped = store.domain_mappings(owner, domain.sid, kind, &page).await.unwrap();
    assert_eq!(mapped, [mapping(&domain, kind, list)]);
    assert_eq!(store.domain_mappings(stranger, domain.sid, kind, &page).await.unwrap(), []);
    assert_eq!(store.count_sip(owner, SipCount::Mappings(domain.sid)).await.unwrap(), 3);
    assert!(conflicts(&store, C::MapList(mapping(&domain, kind, list))).await);
    write(&store, [C::UnmapList(mapping(&domain, kind, list))]).await;
    assert!(conflicts(&store, C::UnmapList(mapping(&domain, kind, list))).await);
    assert_eq!(store.sip_users(owner, domain.sid, kind, "alice").await.unwrap(), []);
    let calls = MappingKind::CallCredentials;
    assert_eq!(store.sip_users(owner, domain.sid, calls, "alice").await.unwrap(), [alice]);
}

pub async fn a_list_in_use_is_not_deleted(store: Arc<dyn Store>) {
    let (domain, users, alice, networks) = furnished(&store).await;
    let owner = domain.account_sid;
    assert!(store.is_mapped(owner, MappedList::Credentials(users.sid)).await.unwrap());
    assert!(!store.is_mapped(AccountSid::new(), MappedList::Credentials(users.sid)).await.unwrap());
    assert!(conflicts(&store, C::DeleteCredentialList(owner, users.sid)).await);
    assert!(conflicts(&store, C::DeleteIpList(owner, networks.sid)).await);
    assert_eq!(store.credential(owner, alice.sid).await.unwrap(), Some(alice.clone()));
    write(&store, [C::DeleteDomain(owner, domain.sid)]).await;
    assert!(conflicts(&store, C::DeleteDomain(owner, domain.sid)).await);
    assert!(!store.is_mapped(owner, MappedList::Addresses(networks.sid)).await.unwrap());
    write(&store, [C::DeleteCredentialList(owner, users.sid), C::DeleteIpList(owner, networks.sid)]).await;
    assert_eq!(store.credential(owner, alice.sid).await.unwrap(), None, "users go with their list");
    assert_eq!(store.ip_addresses(owner, networks.sid, &Page::default()).await.unwrap(), []);
}

pub async fn lists_of_users_and_networks_are_kept(store: Arc<dyn Store>) {
    let owner = AccountSid::new();
    let (users, networks) = (credential_list(owner), ip_list(owner));
    let (alice, office) = (credential(&users, "alice"), ip_address(&networks, "2001:db8::1"));
    let made = [
        C::CreateCredentialList(users.clone()),
        C::CreateCredential(alice.clone()),
        C::CreateIpList(networks.clone()),
        C::CreateIpAddress(office.clone()),
    ];
    write(&store, made).await;
    assert!(conflicts(&store, C::CreateCredential(credential(&users, "alice"))).await);
    let page = Page::default();
    assert_eq!(store.credential_lists(owner, &page).await.unwrap(), [users.clone()]);
    assert_eq!(store.credentials(owner, users.sid, &page).await.unwrap(), [alice.clone()]);
    assert_eq!(store.ip_lists(owner, &page).await.unwrap(), [networks.clone()]);
    assert_eq!(store.ip_addresses(owner, networks.sid, &page).await.unwrap(), [office.clone()]);
    for what in [
        SipCount::CredentialLists,
        SipCount::Credentials(users.sid),
        SipCount::IpLists,
        SipCount::IpAddresses(networks.sid),
    ] {
        assert_eq!(store.count_sip(owner, what).await.unwrap(), 1, "{what:?}");
        assert_eq!(store.count_sip(AccountSid::new(), what).await.unwrap(), 0, "{what:?}");
    }
    let renamed = |name: &str| name.to_owned();
    let changed = [
        C::UpdateCredentialList(CredentialList { friendly_name: renamed("desks"), ..users.clone() }),
        C::UpdateCredential(Credential { updated_at: at(9), ..alice.clone() }),
        C::UpdateIpList(IpAccessControlList { friendly_name: renamed("sites"), ..networks.clone() }),
        C::UpdateIpAddress(IpAddress { cidr_prefix_length: 64, ..office.clone() }),
    ];
    write(&store, changed.clone()).await;
    for change in changed {
        assert!(conflicts(&store, change).await);
    }
    assert_eq!(store.credential_list(owner, users.sid).await.unwrap().unwrap().friendly_name, "desks");
    assert_eq!(store.credential(owner, alice.sid).await.unwrap().unwrap().version, 2);
    assert_eq!(store.ip_list(owner, networks.sid).await.unwrap().unwrap().friendly_name, "sites");
    let wider = store.ip_address(owner, office.sid).await.unwrap().unwrap();
    assert_eq!((wider.cidr_prefix_length, wider.version), (64, 2));
    write(&store, [C::DeleteCredential(owner, alice.sid), C::DeleteIpAddress(owner, office.sid)]).await;
    assert!(conflicts(&store, C::DeleteCredential(owner, alice.sid)).await);
    assert!(conflicts(&store, C::DeleteIpAddress(owner, office.sid)).await);
}

pub async fn foreign_sip_things_are_neither_found_nor_changed(store: Arc<dyn Store>) {
    let (domain, users, alice, networks) = furnished(&store).await;
    let (owner, thief) = (domain.account_sid, AccountSid::new());
    let phone = client(owner, "alice");
    write(&store, [C::CreateClient(phone.clone())]).await;
    let office = store.sip_networks(owner, domain.sid).await.unwrap().remove(0);
    assert_eq!(store.client(thief, phone.sid).await.unwrap(), None);
    assert_eq!(store.sip_domain(thief, domain.sid).await.unwrap(), None);
    assert_eq!(store.credential_list(thief, users.sid).await.unwrap(), None);
    assert_eq!(store.credential(thief, alice.sid).await.unwrap(), None);
    assert_eq!(store.ip_list(thief, networks.sid).await.unwrap(), None);
    assert_eq!(store.ip_address(thief, office.sid).await.unwrap(), None);
    let page = Page::default();
    assert_eq!(store.clients(thief, None, &page).await.unwrap(), []);
    assert_eq!(store.sip_domains(thief, &page).await.unwrap(), []);
    assert_eq!(store.credential_lists(thief, &page).await.unwrap(), []);
    assert_eq!(store.credentials(thief, users.sid, &page).await.unwrap(), []);
    assert_eq!(store.ip_lists(thief, &page).await.unwrap(), []);
    let use_of = mapping(&domain, MappingKind::CallCredentials, MappedList::Credentials(users.sid));
    let attempts = [
        C::UpdateClient(Client { account_sid: thief, ..phone.clone() }),
        C::DeleteClient(thief, phone.sid),
        C::UpdateDomain(SipDomain { account_sid: thief, ..domain.clone() }),
        C::DeleteDomain(thief, domain.sid),
        C::UpdateCredentialList(CredentialList { account_sid: thief, ..users.clone() }),
        C::DeleteCredentialList(thief, users.sid),
        C::UpdateCredential(Credential { account_sid: thief, ..alice.clone() }),
        C::DeleteCredential(thief, alice.sid),
        C::UpdateIpList(IpAccessControlList { account_sid: thief, ..networks.clone() }),
        C::DeleteIpList(thief, networks.sid),
        C::UpdateIpAddress(IpAddress { account_sid: thief, ..office.clone() }),
        C::DeleteIpAddress(thief, office.sid),
        C::UnmapList(DomainMapping { account_sid: thief, ..use_of }),
    ];
    for attempt in attempts {
        let shown = format!("{attempt:?}");
        assert!(conflicts(&store, attempt).await, "{shown}");
    }
    assert_eq!(store.sip_domain(owner, domain.sid).await.unwrap(), Some(domain.clone()));
    assert_eq!(store.count_sip(owner, SipCount::Mappings(domain.sid)).await.unwrap(), 3);
}
