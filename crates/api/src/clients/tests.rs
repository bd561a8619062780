//! Clients over the API.

use flexio_domain::*;

use crate::tests::world::World;

const PASSWORD: &str = "S3cure!pass";

fn clients(world: &World) -> String {
    format!("/restcomm/2012-04-24/Accounts/{}/Clients", world.child.sid())
}

#[tokio::test]
async fn a_client_is_made_and_its_password_is_never_shown() {
    let world = World::new().await;
    let list = clients(&world) + ".json";
    let made = world.post(&world.child, &list, &[("Login", "alice"), ("Password", PASSWORD)]).await.ok();
    assert_eq!(made.status, 200);
    let json = made.json();
    assert_eq!((&json["login"], &json["friendly_name"]), (&"alice".into(), &"alice".into()));
    assert_eq!((&json["status"], &json["voice_method"]), (&"1".into(), &"POST".into()));
    let sid = made.text("sid");
    assert!(sid.starts_with("CL"));
    let shown = world.get(&world.child, &list).await.ok();
    assert_eq!(shown.json().as_array().map(Vec::len), Some(1), "a bare array");
    let xml = world.get(&world.child, &clients(&world)).await.ok().body;
    assert!(xml.starts_with("<RestcommResponse><Clients><Client><Sid>CL"), "{xml}");
    let kept = world.app.client(world.child.account.sid, sid.parse().unwrap()).await.unwrap();
    let digests = world.app.sip_digests(&sid, &kept.secret).unwrap();
    assert_eq!((digests.md5.len(), digests.sha256.len(), &*digests.realm), (32, 64, "flexio"));
    // `alice:flexio:S3cure!pass`
    assert_eq!(digests.md5, "00360c9e2703ec508e34aebf3ae5b67a");
    assert!(digests.sha256.starts_with("36eef4b84a41873f"));
    for text in [&made.body, &shown.body, &xml, &format!("{kept:?} {digests:?}")] {
        assert!(!text.contains(PASSWORD) && !text.contains(&digests.md5), "{text}");
    }
}

#[tokio::test]
async fn a_login_is_given_once_in_the_installation() {
    let world = World::new().await;
    let form = [("Login", "alice"), ("Password", PASSWORD)];
    world.post(&world.child, &(clients(&world) + ".json"), &form).await.ok();
    let other = format!("/restcomm/2012-04-24/Accounts/{}/Clients.json", world.sibling.sid());
    assert_eq!(world.post(&world.sibling, &other, &form).await.refused(), (409, 20_430));
}

#[tokio::test]
async fn bad_parameters_are_refused_by_code() {
    let world = World::new().await;
    let list = clients(&world) + ".json";
    for (form, expected) in [
        (vec![("Password", PASSWORD)], (400, 20_001)),
        (vec![("Login", "alice")], (400, 20_001)),
        (vec![("Login", "alice"), ("Password", "weak")], (400, 20_411)),
        (vec![("Login", "a b"), ("Password", PASSWORD)], (400, 20_001)),
        (vec![("Login", "alice@host"), ("Password", PASSWORD)], (400, 20_001)),
        (vec![("Login", "alice"), ("Password", PASSWORD), ("Status", "2")], (400, 20_001)),
        (vec![("Login", "alice"), ("Password", PASSWORD), ("VoiceUrl", "ftp://a")], (400, 21_502)),
        (
            vec![
                ("Login", "alice"),
                ("Password", PASSWORD),
                ("VoiceApplicationSid", "AP00000000000000000000000000000001"),
            ],
            (400, 21_218),
        ),
    ] {
        assert_eq!(world.post(&world.child, &list, &form).await.refused(), expected, "{form:?}");
    }
}

#[tokio::test]
async fn a_client_is_changed_disabled_and_deleted() {
    let world = World::new().await;
    let form = [("Login", "alice"), ("Password", PASSWORD)];
    let sid = world.post(&world.child, &(clients(&world) + ".json"), &form).await.ok().text("sid");
    let one = format!("{}/{sid}.json", clients(&world));
    let before = world.app.client(world.child.account.sid, sid.parse().unwrap()).await.unwrap();
    let change = [("Status", "0"), ("FriendlyName", "Desk"), ("VoiceUrl", "https://app.acme.test/v")];
    let changed = world.post(&world.child, &one, &change).await.ok().json();
    assert_eq!((&changed["status"], &changed["friendly_name"]), (&"0".into(), &"Desk".into()));
    let kept: Client = world.app.client(world.child.account.sid, sid.parse().unwrap()).await.unwrap();
    assert!(kept.secret == before.secret && !kept.enabled, "the password stays unless a new one is given");
    world.post(&world.child, &one, &[("Password", "An0ther!pass")]).await.ok();
    let after = world.app.client(world.child.account.sid, sid.parse().unwrap()).await.unwrap();
    assert!(
        world.app.sip_digests(&sid, &after.secret).unwrap()
            != world.app.sip_digests(&sid, &before.secret).unwrap()
    );
    assert_eq!(world.delete(&world.child, &one).await.status, 204);
    assert_eq!(world.get(&world.child, &one).await.refused(), (404, 20_404));
    world.post(&world.child, &(clients(&world) + ".json"), &form).await.ok();
}

#[tokio::test]
async fn where_a_client_is_is_said_whole_or_not_at_all() {
    let world = World::new().await;
    let form = [("Login", "alice"), ("Password", PASSWORD)];
    let made = world.post(&world.child, &(clients(&world) + ".json"), &form).await.ok();
    assert!(made.json()["emergency_address"]["street"].is_null());
    let one = format!("{}/{}.json", clients(&world), made.text("sid"));
    let half = [("EmergencyStreet", "Koning Albert II-laan"), ("EmergencyCity", "Brussel")];
    assert_eq!(world.post(&world.child, &one, &half).await.refused(), (400, 20_001));
    let whole = [
        ("EmergencyCountry", "be"),
        ("EmergencyPostalCode", "1030"),
        ("EmergencyCity", "Brussel"),
        ("EmergencyStreet", "Koning Albert II-laan"),
        ("EmergencyHouseNumber", "27"),
    ];
    let shown = world.post(&world.child, &one, &whole).await.ok().json();
    let address = &shown["emergency_address"];
    assert_eq!((&address["country"], &address["house_number"]), (&"BE".into(), &"27".into()));
    assert!(address["addition"].is_null());
    let floor = world.post(&world.child, &one, &[("EmergencyAddition", "3")]).await.ok().json();
    assert_eq!(floor["emergency_address"]["street"], "Koning Albert II-laan");
    let account = format!("/restcomm/2012-04-24/Accounts/{}.json", world.child.sid());
    let shown = world.post(&world.child, &account, &whole).await.ok().json();
    assert_eq!(shown["emergency_address"]["postal_code"], "1030");
}
