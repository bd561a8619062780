//! Calls to SIP domains, and the lists that say who may place them.

use std::net::Ipv4Addr;
use std::time::Duration;

use flexio_app::{IpAddressPatch, SipDomainPatch, WebhookPatch};
use flexio_domain::*;

use crate::phones::{PASSWORD, Phone};
use crate::platform::Platform;

const DOMAIN: &str = "office.example.com";
const OFFICE: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 7);
const ELSEWHERE: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 40);

/// A platform where loopback is not trusted, and a domain whose calls are answered.
async fn with_domain(secure: bool) -> (Platform, SipDomain) {
    let platform = Platform::start_with(|node| node.sandbox = false).await;
    platform.answers("domain", "<Say>Welcome.</Say>");
    let voice = WebhookPatch { url: Some(Some(platform.url("domain"))), ..WebhookPatch::default() };
    let patch = SipDomainPatch {
        domain_name: Some(DOMAIN.to_owned()),
        voice,
        secure: Some(secure),
        ..SipDomainPatch::default()
    };
    let domain = platform.app.create_sip_domain(&platform.account, patch, &|_| None).await.unwrap();
    (platform, domain)
}

/// Maps a list with the network of the office.
async fn list_office(platform: &Platform, domain: &SipDomain) -> IpAddress {
    let (app, account) = (&platform.app, &platform.account);
    let list = app.create_ip_list(account, "sites", &|_| None).await.unwrap();
    let network = IpAddressPatch {
        ip_address: Some("127.0.0.0".to_owned()),
        cidr_prefix_length: Some(28),
        ..IpAddressPatch::default()
    };
    let network = app.create_ip_address(account, list.sid, network, &|_| None).await.unwrap();
    let mapped = MappedList::Addresses(list.sid);
    app.map_list(account, domain.sid, MappingKind::CallAddresses, mapped, &|_| None).await.unwrap();
    network
}

/// Maps a list with the user alice.
async fn list_alice(platform: &Platform, domain: &SipDomain) {
    let (app, account) = (&platform.app, &platform.account);
    let list = app.create_credential_list(account, "desks", &|_| None).await.unwrap();
    app.create_credential(account, list.sid, "alice", &Pii(PASSWORD.to_owned()), &|_| None).await.unwrap();
    let mapped = MappedList::Credentials(list.sid);
    app.map_list(account, domain.sid, MappingKind::CallCredentials, mapped, &|_| None).await.unwrap();
}

/// What a call from there comes to.
async fn call(platform: &Platform, from: Ipv4Addr, to: &str, password: Option<&str>) -> Result<(), u16> {
    let mut phone = Phone::start_at(from, None).await;
    phone.call_at(platform, to, "alice", "600", password).await?;
    phone.over().await;
    Ok(())
}

/// A list is in force at once where it was changed; only the task that reads it has to have run.
async fn listed(platform: &Platform, password: Option<&str>) -> Result<(), u16> {
    for _ in 0..100 {
        let outcome = call(platform, OFFICE, DOMAIN, password).await;
        if outcome != Err(401) {
            return outcome;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    Err(401)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_listed_network_calls_the_domain_without_a_password_and_nothing_else() {
    let (platform, domain) = with_domain(false).await;
    assert_eq!(call(&platform, OFFICE, DOMAIN, None).await, Err(401));
    let network = list_office(&platform, &domain).await;
    assert_eq!(listed(&platform, None).await, Ok(()));
    assert_eq!(platform.asked("domain")[0].params["From"], "sip:alice@office.example.com");
    assert_eq!(platform.asked("domain")[0].params["To"], "600");
    // A stranger is asked who he is, and so is the office when it calls what is not its domain.
    assert_eq!(call(&platform, ELSEWHERE, DOMAIN, None).await, Err(401));
    assert_eq!(call(&platform, OFFICE, "127.0.0.1", None).await, Err(401));
    // What is taken away is out for the very next call.
    let (app, account) = (&platform.app, &platform.account);
    app.delete_ip_address(account, network.list_sid, network.sid).await.unwrap();
    assert_eq!(call(&platform, OFFICE, DOMAIN, None).await, Err(401));
    assert_eq!(platform.finished_calls().await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_domain_with_both_kinds_of_list_wants_the_network_and_the_password() {
    let (platform, domain) = with_domain(false).await;
    list_alice(&platform, &domain).await;
    assert_eq!(call(&platform, ELSEWHERE, DOMAIN, Some(PASSWORD)).await, Ok(()));
    list_office(&platform, &domain).await;
    assert_eq!(call(&platform, ELSEWHERE, DOMAIN, Some(PASSWORD)).await, Err(403));
    assert_eq!(call(&platform, OFFICE, DOMAIN, None).await, Err(401));
    assert_eq!(call(&platform, OFFICE, DOMAIN, Some("wrong")).await, Err(403));
    assert_eq!(call(&platform, OFFICE, DOMAIN, Some(PASSWORD)).await, Ok(()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_domain_that_demands_tls_takes_no_call_over_udp() {
    let (platform, domain) = with_domain(true).await;
    list_alice(&platform, &domain).await;
    assert_eq!(call(&platform, OFFICE, DOMAIN, Some(PASSWORD)).await, Err(403));
}
