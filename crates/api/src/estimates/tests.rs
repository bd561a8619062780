//! Estimates say what will be charged.

use flexio_domain::UsageKind;
use serde_json::{Value, json};

use crate::tests::world::{Customer, LOCAL, MOBILE, PERSON, World};

fn path(who: &Customer, rest: &str) -> String {
    format!("/2010-04-01/Accounts/{}/{rest}.json", who.sid())
}

async fn call(world: &World, who: &Customer, form: &[(&str, &str)]) -> Value {
    world.post(who, &path(who, "Estimates/Call"), form).await.ok().json()
}

#[tokio::test]
async fn a_call_is_priced_by_the_second_and_as_long_as_the_money_lasts() {
    let world = World::new().await;
    let who = &world.child;
    let open = call(&world, who, &[("To", PERSON), ("Seconds", "61")]).await;
    assert_eq!(
        (&open["item"], &open["class"], &open["price"], &open["price_per_minute"], &open["price_unit"]),
        (&json!("voice.out.mobile"), &json!("mobile"), &json!("0.376167"), &json!("0.370000"), &json!("EUR"))
    );
    assert_eq!(
        (&open["available"], &open["longest_seconds"]),
        (&Value::Null, &json!(14_400)),
        "no limit but the installation's"
    );
    world.post(&world.root, &path(who, "Credit"), &[("Mode", "prepaid")]).await.ok();
    let broke = call(&world, who, &[("To", PERSON)]).await;
    assert_eq!((&broke["longest_seconds"], &broke["price"]), (&json!(0), &Value::Null));
    let payment = [("Amount", "1"), ("Reference", "bank-1")];
    world.post(&world.root, &path(who, "Credit/Payments"), &payment).await.ok();
    // The examples of the tariff: 1.00 lasts 162 s, 0.37 a minute, 0.006167 a second.
    for (budget, longest) in [("5", 162), ("0.37", 60), ("0.006167", 1), ("0.006166", 0)] {
        let asked = call(&world, who, &[("To", PERSON), ("Budget", budget)]).await;
        assert_eq!(asked["longest_seconds"], longest, "{budget}: {asked}");
    }
    let emergency = call(&world, who, &[("To", "112"), ("Seconds", "600"), ("Budget", "0")]).await;
    assert_eq!(
        (&emergency["item"], &emergency["price"], &emergency["longest_seconds"]),
        (&json!("free"), &json!("0.000000"), &json!(14_400))
    );
}

#[tokio::test]
async fn what_may_not_be_called_has_no_price() {
    let world = World::new().await;
    let who = &world.child;
    for (form, refused) in [
        (vec![], (400, 21_201)),
        (vec![("To", "nonsense!")], (400, 21_211)),
        (vec![("To", "+3290212345")], (400, 21_215)),
        (vec![("To", PERSON), ("Seconds", "0")], (400, 20_001)),
        (vec![("To", PERSON), ("Budget", "-1")], (400, 20_001)),
    ] {
        let got = world.post(who, &path(who, "Estimates/Call"), &form).await.refused();
        assert_eq!(got, refused, "{form:?}");
    }
    // Of another class, yet of the platform: no carrier is asked.
    world.rent(&world.sibling, "+3280012101").await;
    assert_eq!(call(&world, who, &[("To", "+3280012101")]).await["item"], "free");
}

#[tokio::test]
async fn a_message_is_cut_and_priced_as_it_would_be_sent() {
    let world = World::new().await;
    let who = &world.child;
    let estimate = async |form: &[(&str, &str)]| {
        world.post(who, &path(who, "Estimates/Message"), form).await.ok().json()
    };
    let long = "x".repeat(161);
    let two = estimate(&[("To", PERSON), ("Body", &long)]).await;
    assert_eq!(
        (
            &two["num_segments"],
            &two["encoding"],
            &two["price_per_segment"],
            &two["price"],
            &two["affordable"]
        ),
        (&json!(2), &json!("GSM-7"), &json!("0.095000"), &json!("0.190000"), &json!(true))
    );
    let sent = [("To", PERSON), ("From", "8640"), ("Body", &long), ("DryRun", "true")];
    let preview = world.post(who, &path(who, "Messages"), &sent).await.ok().json();
    assert_eq!(preview["num_segments"], "2", "sending counts alike: {preview}");
    let wide = estimate(&[("To", PERSON), ("Body", "x"), ("Encoding", "UCS-2")]).await;
    assert_eq!((&wide["encoding"], &wide["num_segments"]), (&json!("UCS-2"), &json!(1)));
    world.rent(&world.sibling, MOBILE).await;
    let inside = estimate(&[("To", MOBILE), ("Body", "x")]).await;
    assert_eq!((&inside["class"], &inside["plan"]), (&json!("mobile"), &json!("flexio-be/1")));
    world.post(&world.root, &path(who, "Credit"), &[("Mode", "prepaid")]).await.ok();
    assert_eq!(estimate(&[("To", PERSON), ("Body", "x")]).await["affordable"], false);
    for (form, refused) in [
        (vec![("To", PERSON)], (400, 21_602)),
        (vec![("Body", "x")], (400, 21_604)),
        (vec![("To", "+3222268888"), ("Body", "x")], (400, 21_614)),
        (vec![("To", PERSON), ("Body", "x"), ("From", LOCAL)], (400, 21_606)),
    ] {
        let got = world.post(who, &path(who, "Estimates/Message"), &form).await.refused();
        assert_eq!(got, refused, "{form:?}");
    }
}

#[tokio::test]
async fn an_estimate_leaves_nothing_behind() {
    let world = World::new().await;
    let who = &world.child;
    call(&world, who, &[("To", PERSON), ("Seconds", "60")]).await;
    world.post(who, &path(who, "Estimates/Message"), &[("To", PERSON), ("Body", "x")]).await.ok();
    let messages = world.get(who, &path(who, "Messages")).await.ok().json();
    assert_eq!(messages["messages"], json!([]));
    let filter = flexio_store::UsageFilter::default();
    let events = world.store().usage_events(who.account.sid, &filter, 10).await.unwrap();
    assert!(events.iter().all(|event| event.kind != UsageKind::VoiceOut), "{events:?}");
    let native = format!("/restcomm/2012-04-24/Accounts/{}/Estimates/Call", who.sid());
    let xml = world.post(who, &native, &[("To", PERSON)]).await.ok().body;
    assert!(xml.contains("<PricePerMinute>0.370000</PricePerMinute>"), "{xml}");
}
