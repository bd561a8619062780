//! Handsets over REST; the network of the sandbox is the nodes', and what it carries is tested by `e2e`.

use std::sync::Arc;

use async_trait::async_trait;
use flexio_app::handsets::{HandsetAct, HandsetFault, HandsetNetwork};
use flexio_domain::{E164, HandsetCallSid, MessageSid};

use crate::tests::world::{LOCAL, World};

const BASE: &str = "/restcomm/2012-04-24/Handsets";
const HANDSET: &str = "%2B32470123456";

/// A network that takes everything and carries nothing.
#[derive(Debug)]
struct Still;

#[async_trait]
impl HandsetNetwork for Still {
    async fn send(&self, _: &E164, _: &E164, _: &str) -> Result<MessageSid, HandsetFault> {
        Ok(MessageSid::from_u128(7))
    }
    fn call(&self, _: HandsetCallSid, _: &E164, _: &E164) {}
    async fn act(&self, _: HandsetCallSid, _: HandsetAct) -> Result<(), HandsetFault> {
        Ok(())
    }
    async fn join(&self, _: HandsetCallSid, offer: &str) -> Result<String, HandsetFault> {
        if offer.starts_with("v=0") { Ok("v=0 too".to_owned()) } else { Err(HandsetFault::NoSound) }
    }
    async fn speak(&self, _: &str, language: &str) -> Result<Vec<i16>, HandsetFault> {
        if language == "en" { Ok(vec![0; 80]) } else { Err(HandsetFault::NotSpoken) }
    }
}

#[tokio::test]
async fn a_handset_shows_what_came_and_what_was_written() {
    let world = World::new().await;
    world.app.handsets.connect(Arc::new(Still));
    world.rent(&world.root, LOCAL).await;
    let number: E164 = "+32470123456".parse().unwrap();
    world.app.handsets.received(&number, "8640", "code 123456".to_owned(), world.app.clock.now());
    let messages = format!("{BASE}/{HANDSET}/Messages.json");
    let shown = world.get(&world.root, &messages).await.ok().json();
    assert_eq!(shown["messages"][0]["body"], "code 123456");
    assert_eq!(
        (&shown["messages"][0]["from"], &shown["messages"][0]["direction"]),
        (&"8640".into(), &"incoming".into())
    );
    let form = [("To", LOCAL), ("Body", "STOP")];
    let written = world.post(&world.root, &messages, &form).await.ok();
    assert_eq!(written.text("message_sid"), MessageSid::from_u128(7).to_string());
    let since = format!("{messages}?After={}", shown["messages"][0]["sid"].as_str().unwrap());
    let news = world.get(&world.root, &since).await.ok().json();
    assert_eq!(
        (news["messages"].as_array().unwrap().len(), &news["messages"][0]["body"]),
        (1, &"STOP".into())
    );
    let all = world.get(&world.root, &format!("{BASE}.json")).await.ok().json();
    assert_eq!(
        (&all["handsets"][0]["phone_number"], &all["handsets"][0]["messages"]),
        (&"+32470123456".into(), &2.into())
    );
}

#[tokio::test]
async fn only_the_top_account_has_handsets_and_only_of_numbers_nobody_rents() {
    let world = World::new().await;
    world.app.handsets.connect(Arc::new(Still));
    world.rent(&world.root, LOCAL).await;
    let rented = LOCAL.replace('+', "%2B");
    let refused = [
        (&world.child, format!("{HANDSET}.json"), (404, 20_404)),
        (&world.root, format!("{rented}.json"), (400, 21_421)),
        (&world.root, "alice.json".to_owned(), (404, 20_404)),
        (&world.root, format!("{HANDSET}/Messages.json?WaitSeconds=31"), (400, 20_001)),
        (&world.root, format!("{HANDSET}/Calls/{}.json", HandsetCallSid::from_u128(1)), (404, 20_404)),
    ];
    for (who, path, expected) in refused {
        assert_eq!(world.get(who, &format!("{BASE}/{path}")).await.refused(), expected, "{path}");
    }
    let messages = format!("{BASE}/{HANDSET}/Messages.json");
    let stranger = [("To", "+32470999999"), ("Body", "x")];
    assert_eq!(world.post(&world.root, &messages, &stranger).await.refused(), (400, 21_211));
    let long = "x".repeat(1_601);
    let long = [("To", LOCAL), ("Body", long.as_str())];
    assert_eq!(world.post(&world.root, &messages, &long).await.refused(), (400, 21_617));
}

#[tokio::test]
async fn a_call_takes_what_fits_its_state() {
    let world = World::new().await;
    world.app.handsets.connect(Arc::new(Still));
    world.rent(&world.root, LOCAL).await;
    let one = format!("{BASE}/{HANDSET}.json");
    assert_eq!(world.post(&world.root, &one, &[("Answering", "hand")]).await.ok().text("answering"), "hand");
    let calls = format!("{BASE}/{HANDSET}/Calls.json");
    let call = world.post(&world.root, &calls, &[("To", LOCAL)]).await.ok();
    assert_eq!(call.text("status"), "queued");
    let sid: HandsetCallSid = call.text("sid").parse().unwrap();
    let path = format!("{BASE}/{HANDSET}/Calls/{sid}.json");
    for (form, expected) in [
        ([("Action", "answer")], (400, 21_220)),
        ([("Digits", "1")], (400, 21_220)),
        ([("Digits", "1x")], (400, 21_206)),
        ([("Action", "jump")], (400, 20_001)),
        ([("Other", "")], (400, 20_001)),
    ] {
        assert_eq!(world.post(&world.root, &path, &form).await.refused(), expected, "{form:?}");
    }
    let number: E164 = "+32470123456".parse().unwrap();
    world.app.handsets.call_answered(&number, sid, world.app.clock.now());
    world.post(&world.root, &path, &[("Digits", "12#")]).await.ok();
    world.post(&world.root, &path, &[("Say", "hello")]).await.ok();
    let klingon = [("Say", "hello"), ("Language", "tlh")];
    assert_eq!(world.post(&world.root, &path, &klingon).await.refused(), (400, 20_001));
    let sound = format!("{BASE}/{HANDSET}/Calls/{sid}/Sound.json");
    let joined = world.post(&world.root, &sound, &[("Offer", "v=0\r\n")]).await.ok();
    assert_eq!((joined.text("call_sid"), joined.text("answer")), (sid.to_string(), "v=0 too".to_owned()));
    assert_eq!(world.post(&world.root, &sound, &[("Offer", "hello")]).await.refused(), (400, 20_001));
    assert_eq!(world.post(&world.root, &sound, &[]).await.refused(), (400, 20_001));
    world.app.handsets.call_ended(&number, sid, flexio_domain::CallStatus::Failed, world.app.clock.now());
    assert_eq!(world.post(&world.root, &path, &[("Action", "hang-up")]).await.refused(), (400, 21_220));
    assert_eq!(world.post(&world.root, &sound, &[("Offer", "v=0\r\n")]).await.refused(), (400, 21_220));
}
