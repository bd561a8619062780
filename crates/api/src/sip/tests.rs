//! SIP access over the API.

use serde_json::Value;

use crate::tests::world::{Reply, World};

const STRONG: &str = "Correct-horse-42";

fn sip(world: &World, rest: &str) -> String {
    format!("/2010-04-01/Accounts/{}/SIP/{rest}.json", world.child.sid())
}

async fn make(world: &World, rest: &str, form: &[(&str, &str)]) -> Reply {
    world.post(&world.child, &sip(world, rest), form).await
}

async fn sid(world: &World, rest: &str, form: &[(&str, &str)]) -> String {
    let made = make(world, rest, form).await.ok();
    assert_eq!(made.status, 201, "{rest}");
    made.text("sid")
}

async fn get(world: &World, rest: &str) -> Reply {
    world.get(&world.child, &sip(world, rest)).await
}

async fn rows(world: &World, rest: &str, member: &str) -> Vec<Value> {
    get(world, rest).await.ok().json()[member].as_array().unwrap_or_else(|| panic!("{member}")).clone()
}

#[tokio::test]
async fn a_domain_uses_lists_under_all_its_paths() {
    let world = World::new().await;
    let domain =
        sid(&world, "Domains", &[("DomainName", "Acme.sip.example"), ("SipRegistration", "true")]).await;
    let users = sid(&world, "CredentialLists", &[("FriendlyName", "Phones")]).await;
    let networks = sid(&world, "IpAccessControlLists", &[("FriendlyName", "Offices")]).await;
    let at = format!("Domains/{domain}");
    let shown = get(&world, &at).await.ok().json();
    assert_eq!((&shown["domain_name"], &shown["auth_type"]), (&"acme.sip.example".into(), &"".into()));
    let with_users = [("CredentialListSid", &*users)];
    let with_networks = [("IpAccessControlListSid", &*networks)];
    let made = sid(&world, &format!("{at}/Auth/Calls/CredentialListMappings"), &with_users).await;
    assert_eq!(made, users, "a mapping is named by its list");
    sid(&world, &format!("{at}/Auth/Registrations/CredentialListMappings"), &with_users).await;
    sid(&world, &format!("{at}/IpAccessControlListMappings"), &with_networks).await;
    for (path, member, name) in [
        ("Auth/Calls/CredentialListMappings", "contents", "Phones"),
        ("CredentialListMappings", "credential_list_mappings", "Phones"),
        ("Auth/Registrations/CredentialListMappings", "contents", "Phones"),
        ("Auth/Calls/IpAccessControlListMappings", "contents", "Offices"),
        ("IpAccessControlListMappings", "ip_access_control_list_mappings", "Offices"),
    ] {
        let found = rows(&world, &format!("{at}/{path}"), member).await;
        assert_eq!(found.len(), 1, "{path}");
        assert_eq!(found[0]["friendly_name"], name, "{path}");
        assert_eq!(found[0].get("domain_sid").is_some(), !path.starts_with("Auth"), "{path}");
        let one = format!("{at}/{path}/{}", found[0]["sid"].as_str().unwrap());
        get(&world, &one).await.ok();
    }
    assert_eq!(get(&world, &at).await.json()["auth_type"], "IP_ACL,CREDENTIAL_LIST");
    let again = make(&world, &format!("{at}/CredentialListMappings"), &with_users).await;
    assert_eq!(again.refused(), (400, 21_243));
    let in_use = world.delete(&world.child, &sip(&world, &format!("CredentialLists/{users}"))).await;
    assert_eq!(in_use.refused(), (400, 21_234));
    let unmap = sip(&world, &format!("{at}/Auth/Calls/CredentialListMappings/{users}"));
    assert_eq!(world.delete(&world.child, &unmap).await.status, 204);
    assert_eq!(world.delete(&world.child, &unmap).await.refused(), (404, 20_404));
    assert_eq!(get(&world, &at).await.json()["auth_type"], "IP_ACL");
    assert_eq!(world.delete(&world.child, &sip(&world, &at)).await.status, 204);
    assert_eq!(
        world.delete(&world.child, &sip(&world, &format!("CredentialLists/{users}"))).await.status,
        204
    );
}

#[tokio::test]
async fn a_domain_is_changed_and_its_name_is_taken_once() {
    let world = World::new().await;
    let domain = sid(&world, "Domains", &[("DomainName", "acme.sip.example")]).await;
    sid(&world, "Domains", &[("DomainName", "other.sip.example")]).await;
    let at = format!("Domains/{domain}");
    let change = [("VoiceUrl", "https://app.acme.test/sip"), ("VoiceMethod", "GET"), ("Secure", "true")];
    let changed = make(&world, &at, &change).await.ok().json();
    assert_eq!((&changed["voice_method"], &changed["secure"]), (&"GET".into(), &true.into()));
    for (rest, form, expected) in [
        ("Domains", [("DomainName", "acme.sip.example")], (400, 21_233)),
        ("Domains", [("DomainName", "acme")], (400, 21_232)),
        ("Domains", [("FriendlyName", "acme")], (400, 21_232)),
        (&*at, [("DomainName", "other.sip.example")], (400, 21_233)),
        (&*at, [("VoiceUrl", "nonsense")], (400, 21_502)),
    ] {
        assert_eq!(make(&world, rest, &form).await.refused(), expected, "{rest} {form:?}");
    }
}

#[tokio::test]
async fn users_have_strong_passwords_that_are_never_shown() {
    let world = World::new().await;
    let list = sid(&world, "CredentialLists", &[("FriendlyName", "Phones")]).await;
    let users = format!("CredentialLists/{list}/Credentials");
    let made = make(&world, &users, &[("Username", "alice"), ("Password", STRONG)]).await.ok();
    let user = made.text("sid");
    assert!(user.starts_with("CR") && !made.body.contains(STRONG) && made.json().get("password").is_none());
    for (form, expected) in [
        (vec![("Username", "alice"), ("Password", STRONG)], (400, 21_240)),
        (vec![("Username", "bob"), ("Password", "Short1")], (400, 21_241)),
        (vec![("Username", "bob"), ("Password", "all-lower-case-1")], (400, 21_241)),
        (vec![("Username", "bob")], (400, 21_241)),
        (vec![("Username", "b ob"), ("Password", STRONG)], (400, 21_239)),
        (vec![("Password", STRONG)], (400, 21_239)),
    ] {
        assert_eq!(make(&world, &users, &form).await.refused(), expected, "{form:?}");
    }
    let one = format!("{users}/{user}");
    let before = world.store_credential(&user).await;
    make(&world, &one, &[("Password", "Correct-horse-43")]).await.ok();
    assert!(world.store_credential(&user).await.secret != before.secret);
    let other = sid(&world, "CredentialLists", &[("FriendlyName", "Others")]).await;
    let astray = get(&world, &format!("CredentialLists/{other}/Credentials/{user}")).await;
    assert_eq!(astray.refused(), (404, 20_404));
    assert_eq!(rows(&world, &users, "credentials").await.len(), 1);
    assert_eq!(world.delete(&world.child, &sip(&world, &one)).await.status, 204);
}

#[tokio::test]
async fn networks_are_addresses_with_a_prefix() {
    let world = World::new().await;
    let list = sid(&world, "IpAccessControlLists", &[("FriendlyName", "Offices")]).await;
    let networks = format!("IpAccessControlLists/{list}/IpAddresses");
    let form = [("FriendlyName", "Brussels"), ("IpAddress", "192.0.2.7")];
    let made = make(&world, &networks, &form).await.ok();
    assert_eq!(made.json()["cidr_prefix_length"], 32);
    let one = format!("{networks}/{}", made.text("sid"));
    let changed = make(&world, &one, &[("CidrPrefixLength", "24")]).await.ok().json();
    assert_eq!((&changed["ip_address"], &changed["cidr_prefix_length"]), (&"192.0.2.7".into(), &24.into()));
    let v6 = make(&world, &networks, &[("IpAddress", "2001:db8::1")]).await.ok().json();
    assert_eq!(v6["cidr_prefix_length"], 128);
    for form in [
        vec![("FriendlyName", "x")],
        vec![("IpAddress", "300.0.0.1")],
        vec![("IpAddress", "192.0.2.7"), ("CidrPrefixLength", "33")],
        vec![("IpAddress", "192.0.2.7"), ("CidrPrefixLength", "0")],
        vec![("IpAddress", "2001:db8::1"), ("CidrPrefixLength", "8")],
    ] {
        assert_eq!(make(&world, &networks, &form).await.refused(), (400, 21_236), "{form:?}");
    }
    assert_eq!(rows(&world, &networks, "ip_addresses").await.len(), 2);
    assert_eq!(world.delete(&world.child, &sip(&world, &one)).await.status, 204);
}
