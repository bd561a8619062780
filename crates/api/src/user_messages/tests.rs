//! Messages to and from phones in calls.

use flexio_app::CallChange;

use crate::tests::world::World;

#[tokio::test]
async fn a_message_is_json_and_one_of_a_known_key_has_the_sid_it_had() {
    let world = World::new().await;
    let (call, ..) = world.records(&world.child).await;
    let path = format!("/2010-04-01/Accounts/{}/Calls/{call}/UserDefinedMessages.json", world.child.sid());
    let form = [("Content", r#"{"a":1}"#), ("IdempotencyKey", "once")];
    let first = world.post(&world.child, &path, &form).await.ok().json();
    let again = world.post(&world.child, &path, &form).await.ok().json();
    let other = world.post(&world.child, &path, &form[..1]).await.ok().json();
    assert!(first["sid"].as_str().unwrap().starts_with("KX"), "{first}");
    assert_eq!((&first["sid"], &first["call_sid"]), (&again["sid"], &call.to_string().into()));
    assert_ne!(first["sid"], other["sid"]);
    let changes = std::mem::take(&mut *world.carrier.changes.lock().unwrap());
    assert!(
        matches!(&changes[0], CallChange::SendUserMessage { content, .. } if content == r#"{"a":1}"#),
        "{changes:?}"
    );
    let long = format!("\"{}\"", "x".repeat(8_192));
    for content in ["", "{", long.as_str()] {
        assert_eq!(world.post(&world.child, &path, &[("Content", content)]).await.refused(), (400, 20_001));
    }
}

#[tokio::test]
async fn a_subscription_names_its_callback_and_is_deleted_by_its_sid() {
    let world = World::new().await;
    let (call, ..) = world.records(&world.child).await;
    let path =
        format!("/2010-04-01/Accounts/{}/Calls/{call}/UserDefinedMessageSubscriptions", world.child.sid());
    let form = [("Callback", "https://app.test/said"), ("Method", "GET")];
    let made = world.post(&world.child, &format!("{path}.json"), &form).await.ok().json();
    let sid = made["sid"].as_str().unwrap();
    assert!(
        sid.starts_with("ZY") && made["uri"].as_str().unwrap().ends_with(&format!("{sid}.json")),
        "{made}"
    );
    assert_eq!(world.delete(&world.child, &format!("{path}/{sid}.json")).await.status, 204);
    let changes = std::mem::take(&mut *world.carrier.changes.lock().unwrap());
    let [CallChange::Subscribe { sid: asked, callback }, CallChange::Unsubscribe(ended)] = &changes[..]
    else {
        panic!("{changes:?}")
    };
    assert_eq!(
        (asked.to_string(), asked, callback.url.as_str()),
        (sid.to_owned(), ended, "https://app.test/said")
    );
    for (form, expected) in [(vec![], 20_001), (vec![("Callback", "ftp://app.test")], 21_502)] {
        assert_eq!(world.post(&world.child, &format!("{path}.json"), &form).await.refused(), (400, expected));
    }
}
