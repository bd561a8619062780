//! Number masking.

use flexio_app::legs::{self, InboundLeg, ReceiveError};
use flexio_domain::*;
use flexio_store::MessageFilter;
use http::Request;
use serde_json::{Value, json};

use crate::tests::world::{Customer, Reply, World};

const BASE: &str = "/numbermasking/applications";
const ANN: &str = "+32470123456";
const BOB: &str = "+32470123457";

async fn ask(world: &World, who: &Customer, method: &str, path: &str, body: &Value) -> Reply {
    let request = Request::builder().method(method).uri(path).header("content-type", "application/json");
    world.send(request, Some(who.credentials()), &body.to_string()).await
}

async fn made(world: &World, who: &Customer, path: &str, body: &Value) -> Value {
    let reply = ask(world, who, "POST", path, body).await.ok().json();
    assert_eq!((reply["code"].as_u64(), reply["message"].as_str()), (Some(200), Some("OK")), "{reply}");
    reply["data"].clone()
}

fn sid(row: &Value) -> String {
    row["sid"].as_str().unwrap().to_owned()
}

/// An application with numbers in its pool: its path.
async fn pooled(world: &World, who: &Customer, rules: Value, numbers: &[&str]) -> String {
    let application = format!("{BASE}/{}", sid(&made(world, who, BASE, &rules).await));
    for number in numbers {
        let rented = world.rent(who, number).await;
        made(world, who, &format!("{application}/numbers"), &json!({ "phoneNumberSid": rented })).await;
    }
    application
}

/// A context of two in an application: its path, and the masks.
async fn met(world: &World, who: &Customer, application: &str) -> (String, String, String) {
    let context = made(world, who, &format!("{application}/contexts"), &json!({})).await;
    let context = format!("{application}/contexts/{}", sid(&context));
    let mut masks = Vec::new();
    for number in [ANN, BOB] {
        let joined =
            made(world, who, &format!("{context}/participants"), &json!({ "identifier": number })).await;
        masks.push(joined["maskedNumber"].as_str().unwrap().to_owned());
    }
    (context, masks.remove(0), masks.remove(0))
}

async fn calls(world: &World, from: &str, to: &str) -> Result<Call, ReceiveError> {
    let inbound = InboundLeg {
        from: from.parse().unwrap(),
        to: to.parse().unwrap(),
        trunk: None,
        sip_call_id: "a".to_owned(),
        forwarded_from: None,
        caller_name: None,
        node: "n".to_owned(),
    };
    legs::receive(&world.app, inbound).await.map(|answering| answering.call)
}

#[tokio::test]
async fn a_name_is_taken_once_and_what_is_wrong_is_told_in_the_envelope_of_this_api() {
    let world = World::new().await;
    let who = &world.child;
    let application = made(&world, who, BASE, &json!({ "name": "rides", "ttl": 60 })).await;
    assert!(sid(&application).starts_with("NMA"), "{application}");
    assert_eq!(application["dateCreated"].as_str().unwrap().len(), 19);
    let again = ask(&world, who, "POST", BASE, &json!({ "name": "rides" })).await;
    assert_eq!((again.status, again.json()["errorCode"].as_str()), (409, Some("461")));
    let path = format!("{BASE}/{}", sid(&application));
    let wrong = ask(&world, who, "PUT", &path, &json!({ "geoMatchLevel": 11 })).await;
    assert_eq!((wrong.status, wrong.json()["errorCode"].as_str()), (400, Some("20001")));
    let next = ask(&world, who, "PUT", &path, &json!({ "numberSelectionBehavior": "prefer-sticky" })).await;
    assert_eq!(next.ok().json()["data"]["numberSelectionBehavior"], "prefer-sticky");
    let found = world.get(who, &format!("{BASE}/search")).await.ok().json();
    assert_eq!(found["data"]["applications"].as_array().unwrap().len(), 1);
    assert_eq!(world.get(&world.sibling, &format!("{BASE}/search/{}", sid(&application))).await.status, 404);
    assert_eq!(ask(&world, who, "DELETE", &path, &json!({})).await.status, 204);
    assert_eq!(world.get(who, &format!("{BASE}/search/{}", sid(&application))).await.status, 404);
}

#[tokio::test]
async fn a_number_is_in_one_pool_and_a_participant_has_each_mask_once() {
    let world = World::new().await;
    let who = &world.child;
    let first = pooled(&world, who, json!({ "name": "a" }), &["+3225550101", "+3225550102"]).await;
    let second = pooled(&world, who, json!({ "name": "b" }), &[]).await;
    let pool = world.get(who, &format!("{first}/numbers")).await.ok().json();
    let number = pool["data"]["numbers"][0].clone();
    let again = json!({ "phoneNumberSid": number["phoneNumberSid"] });
    let again = ask(&world, who, "POST", &format!("{second}/numbers"), &again).await;
    assert_eq!(again.json()["errorCode"], "20551");
    let (one, a, _) = met(&world, who, &first).await;
    let (_, b, _) = met(&world, who, &first).await;
    assert_ne!(a, b);
    let third = made(&world, who, &format!("{first}/contexts"), &json!({})).await;
    let joins = format!("{first}/contexts/{}/participants", sid(&third));
    let full = ask(&world, who, "POST", &joins, &json!({ "identifier": ANN })).await;
    assert_eq!(full.json()["errorCode"], "20552");
    ask(&world, who, "PUT", &one, &json!({ "status": "closed" })).await.ok();
    let freed = made(&world, who, &joins, &json!({ "identifier": ANN })).await;
    assert_eq!(freed["maskedNumber"], a.as_str());
    let closed = json!({ "identifier": "+32470123458" });
    let closed = ask(&world, who, "POST", &format!("{one}/participants"), &closed).await;
    assert_eq!(closed.json()["errorCode"], "20553");
}

#[tokio::test]
async fn a_call_to_a_mask_leads_to_the_other_and_nobody_else_gets_through() {
    let world = World::new().await;
    let who = &world.child;
    let rules = json!({ "name": "rides", "ttl": 60 });
    let application = pooled(&world, who, rules, &["+3225550101"]).await;
    let (context, a, b) = met(&world, who, &application).await;
    let call = calls(&world, ANN, &a).await.unwrap();
    let document = call.document.unwrap();
    assert!(document.contains(BOB) && document.contains(&format!("callerId=\"{b}\"")), "{document}");
    assert!(!document.contains(ANN), "{document}");
    let back = calls(&world, BOB, &b).await.unwrap().document.unwrap();
    assert!(back.contains(ANN) && !back.contains(BOB), "{back}");
    let found = world.get(who, &format!("{context}/interactions")).await.ok().json();
    let rows = found["data"]["interactions"].as_array().unwrap().clone();
    assert_eq!((rows.len(), &rows[1]["callSid"]), (2, &json!(call.sid.to_string())));
    let stranger = calls(&world, "+32470999999", &a).await;
    assert!(matches!(stranger, Err(ReceiveError::NobodyBehindMask)), "{stranger:?}");
    let notes = format!("/restcomm/2012-04-24/Accounts/{}/Notifications.json", who.sid());
    let notes = world.get(who, &notes).await.ok().body;
    assert!(notes.contains("20554") && !notes.contains("+32470999999"), "{notes}");
    world.clock.advance(60);
    assert!(matches!(calls(&world, ANN, &a).await, Err(ReceiveError::NobodyBehindMask)));
    let over = world.get(who, &context).await.ok().json();
    assert_eq!(over["data"]["status"], "expired");
}

#[tokio::test]
async fn a_message_to_a_mask_is_sent_on_from_the_other_mask_once() {
    let world = World::new().await;
    let who = &world.child;
    let application = pooled(&world, who, json!({ "name": "rides" }), &["+3225550101"]).await;
    let (context, a, b) = met(&world, who, &application).await;
    let incoming = flexio_app::delivery::Incoming {
        from: ANN.parse().unwrap(),
        to: a.parse().unwrap(),
        body: Pii("Ik ben er — 5 € 🚗".to_owned()),
        segments: 1,
        route: None,
        media: 0,
        is_whole: true,
        sip_headers: Vec::new(),
    };
    let mut changes = flexio_store::ChangeSet::new();
    let message = flexio_app::delivery::receive(&world.app, incoming, &mut changes).await.unwrap();
    assert_eq!(message.status, MessageStatus::Receiving);
    flexio_app::delivery::save(&world.app, changes).await.unwrap();
    for _ in 0..2 {
        assert!(flexio_app::delivery::sent_on(&world.app, &message).await.unwrap());
    }
    let all = world.app.messages(who.account.sid, &MessageFilter::default(), &<_>::default()).await.unwrap();
    let out: Vec<_> = all.iter().filter(|it| it.direction != MessageDirection::Inbound).collect();
    assert_eq!(out.len(), 1, "{all:?}");
    assert_eq!((out[0].from.to_string(), out[0].to.to_string()), (b, BOB.to_owned()));
    assert_eq!(out[0].body, message.body);
    let found = world.get(who, &format!("{context}/interactions")).await.ok().json();
    assert_eq!(found["data"]["interactions"].as_array().unwrap().len(), 1);
    assert_eq!(found["data"]["interactions"][0]["type"], "sms");
}
