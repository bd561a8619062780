//! Programs that bind over SMPP, made over both dialects.

use crate::tests::world::{Customer, World};

fn list(who: &Customer, rest: &str) -> String {
    format!("/restcomm/2012-04-24/Accounts/{}/SmppUsers{rest}", who.sid())
}

#[tokio::test]
async fn a_program_is_made_with_a_password_that_is_shown_once() {
    let world = World::new().await;
    let form = [("SystemId", "shop-1"), ("Addresses", "192.0.2.1, 2001:db8::1"), ("SubmitsPerSecond", "7")];
    let made = world.post(&world.child, &list(&world.child, ".json"), &form).await.ok();
    let password = made.text("password");
    assert_eq!((made.status, password.len()), (200, 8));
    assert!(password.bytes().all(|b| b.is_ascii_alphanumeric()), "{password}");
    let item = list(&world.child, &format!("/{}.json", made.text("sid")));
    let read = world.get(&world.child, &item).await.ok().json();
    assert_eq!(read["password"], serde_json::Value::Null);
    assert_eq!(read["addresses"], "192.0.2.1,2001:db8::1");
    assert_eq!(read["binds"], "transmitter,receiver,transceiver");
    let shown = world.get(&world.child, &list(&world.child, ".json")).await.ok().json();
    assert_eq!(
        (shown["total"].as_u64(), shown["smpp_users"][0]["system_id"].as_str()),
        (Some(1), Some("shop-1"))
    );
    let kept = world.store().smpp_user_by_name("shop-1").await.unwrap().unwrap();
    assert!(!kept.password.0.windows(8).any(|part| part == password.as_bytes()), "it is sealed");
    assert_eq!(world.app.smpp_password(&kept).unwrap().0, password);
    let renewed = world.post(&world.child, &item, &[("NewPassword", "true"), ("Addresses", "")]).await.ok();
    assert_ne!(renewed.text("password"), password);
    assert_eq!(renewed.text("addresses"), "");
    assert_eq!(world.delete(&world.child, &item).await.status, 204);
    assert_eq!(world.get(&world.child, &item).await.status, 404);
}

#[tokio::test]
async fn names_are_unique_everywhere_and_receivers_in_an_account() {
    let world = World::new().await;
    let path = list(&world.child, ".json");
    let first = [("SystemId", "shop-1"), ("Receives", "true")];
    world.post(&world.child, &path, &first).await.ok();
    let other = list(&world.sibling, ".json");
    let taken = world.post(&world.sibling, &other, &[("SystemId", "shop-1")]).await;
    assert_eq!(taken.refused(), (409, 20_472));
    let second = [("SystemId", "shop-2"), ("Receives", "true")];
    assert_eq!(world.post(&world.child, &path, &second).await.refused(), (409, 20_473));
    world.post(&world.sibling, &other, &second).await.ok();
    for (name, value) in [
        ("SystemId", ""),
        ("SystemId", "sixteen-letters-"),
        ("SystemId", "no blanks"),
        ("Binds", "both"),
        ("Addresses", "here"),
        ("BindsMax", "0"),
        ("Window", "101"),
        ("SubmitsPerSecond", "0"),
    ] {
        let form: Vec<(&str, &str)> = [("SystemId", "shop-9")]
            .into_iter()
            .filter(|(have, _)| *have != name)
            .chain([(name, value)])
            .collect();
        let refused = world.post(&world.child, &path, &form).await;
        assert_eq!(refused.refused(), (400, 20_001), "{name}={value}");
    }
}
