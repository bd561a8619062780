//! Opt-outs through both dialects.

use flexio_app::delivery::{Incoming, receive};
use flexio_domain::*;
use flexio_store::{ChangeSet, MessageFilter, Page};

use crate::tests::world::{Customer, MOBILE, PERSON, Reply, World};

/// What a person writes, as the node keeps it and has it answered.
async fn write(world: &World, to: &str, body: &str) -> Message {
    let message = world.received(to, body).await;
    world.app.answer_word(&message).await.unwrap();
    message
}

async fn send(world: &World, who: &Customer, from: &str) -> Reply {
    let path = format!("/2010-04-01/Accounts/{}/Messages.json", who.sid());
    world.post(who, &path, &[("From", from), ("To", PERSON), ("Body", "Hallo")]).await
}

fn list(who: &Customer, rest: &str) -> String {
    format!("/2010-04-01/Accounts/{}/OptOuts{rest}", who.sid())
}

/// What the account sent, newest first.
async fn texts(world: &World, who: &Customer) -> Vec<String> {
    let all = world.store().messages(who.account.sid, &MessageFilter::default(), &Page::default()).await;
    let sent = all.unwrap().into_iter().filter(|message| message.direction != MessageDirection::Inbound);
    sent.map(|message| message.body.0).collect()
}

#[tokio::test]
async fn stop_ends_messages_of_that_sender_and_start_begins_them_again() {
    let world = World::new().await;
    world.rent(&world.child, MOBILE).await;
    let word = write(&world, MOBILE, "Stop!").await;
    assert_eq!(word.opt_out, Some(OptOutWord { kind: OptOutType::Stop, is_answered: true }));
    assert_eq!(send(&world, &world.child, MOBILE).await.refused(), (400, 21_610));
    send(&world, &world.child, "8640").await.ok();
    let said = texts(&world, &world.child).await;
    assert_eq!(said.len(), 2);
    assert!(said[1].starts_with("Afgemeld: ") && said[1].contains("Désinscrit"), "{said:?}");
    // Said again it changes nothing and is not answered again; asked about again after a crash it is answered once.
    let again = write(&world, MOBILE, "ARRET").await;
    assert_eq!(again.opt_out.map(|word| word.is_answered), Some(false));
    world.app.answer_word(&word).await.unwrap();
    assert_eq!(texts(&world, &world.child).await.len(), 2);
    assert_eq!(write(&world, MOBILE, "START").await.opt_out.map(|word| word.is_answered), Some(true));
    send(&world, &world.child, MOBILE).await.ok();
    assert_eq!(write(&world, MOBILE, "yes").await.opt_out, None, "an ordinary answer, as nothing is blocked");
}

#[tokio::test]
async fn help_is_answered_whatever_an_application_says() {
    let world = World::new().await;
    let sid = world.rent(&world.child, MOBILE).await;
    assert_eq!(write(&world, MOBILE, "Aide").await.opt_out.map(|word| word.is_answered), Some(true));
    assert_eq!(texts(&world, &world.child).await.len(), 1);
    assert!(texts(&world, &world.child).await[0].starts_with("Répondez STOP"));
    let path = format!("/2010-04-01/Accounts/{}/IncomingPhoneNumbers/{sid}.json", world.child.sid());
    world.post(&world.child, &path, &[("SmsUrl", "https://a.test/sms")]).await.ok();
    let told = write(&world, MOBILE, "Help").await;
    assert_eq!(told.opt_out, Some(OptOutWord { kind: OptOutType::Help, is_answered: true }));
    assert_eq!(told.status, MessageStatus::Receiving, "the application is asked too");
}

#[tokio::test]
async fn at_the_shared_sender_a_word_is_for_the_account_that_wrote_last() {
    let world = World::new().await;
    send(&world, &world.child, "8640").await.ok();
    send(&world, &world.sibling, "8640").await.ok();
    let reply = write(&world, "8640", "Who are you?").await;
    assert_eq!(reply.account_sid, world.sibling.account.sid);
    world.clock.advance(3 * 86_400);
    let word = write(&world, "8640", "stop").await;
    assert_eq!(word.account_sid, world.sibling.account.sid, "a word counts however late");
    assert_eq!(send(&world, &world.sibling, "8640").await.refused(), (400, 21_610));
    let name = &world.sibling.account.friendly_name;
    assert!(texts(&world, &world.sibling).await[0].starts_with(name.as_str()), "says who is meant");
    send(&world, &world.child, "8640").await.ok();
    let late = Incoming {
        from: "+32470999999".parse().unwrap(),
        to: "8640".parse().unwrap(),
        body: Pii("stop".to_owned()),
        segments: 1,
        route: None,
        media: 0,
        is_whole: true,
        sip_headers: Vec::new(),
    };
    assert!(receive(&world.app, late, &mut ChangeSet::new()).await.is_err(), "nobody wrote to them");
}

#[tokio::test]
async fn at_the_shared_sender_a_keyword_goes_to_its_account_whoever_wrote_last() {
    let world = World::new().await;
    let keywords = format!("/restcomm/2012-04-24/Accounts/{}/SMS/Keywords.json", world.child.sid());
    let form = [("Keyword", "pizza"), ("SmsUrl", "https://shop.example/pizza")];
    let given = world.post(&world.root, &keywords, &form).await.ok().text("sid");
    send(&world, &world.sibling, "8640").await.ok();
    let ordered = write(&world, "8640", "Pizza, two of them").await;
    assert_eq!((ordered.account_sid, ordered.status), (world.child.account.sid, MessageStatus::Receiving));
    let asked = flexio_app::delivery::instructions(&world.app, &ordered).await.unwrap().unwrap();
    assert_eq!(asked.source.primary.unwrap().url, "https://shop.example/pizza");
    let answer = write(&world, "8640", "I want pizza").await;
    assert_eq!(answer.account_sid, world.sibling.account.sid, "only the first word counts");
    assert_eq!(flexio_app::delivery::instructions(&world.app, &answer).await.unwrap(), None);
    // Without a URL of its own the account's answers at the shared sender are asked about.
    let item = keywords.replace(".json", &format!("/{given}.json"));
    world.post(&world.child, &item, &[("SmsUrl", "")]).await.ok();
    let codes = format!("/restcomm/2012-04-24/Accounts/{}/SMS/ShortCodes", world.child.sid());
    let code = world.get(&world.child, &format!("{codes}.json")).await.ok().json()[0]["sid"].clone();
    let code = format!("{codes}/{}.json", code.as_str().unwrap());
    world.post(&world.child, &code, &[("SmsUrl", "https://shop.example/any")]).await.ok();
    let asked = flexio_app::delivery::instructions(&world.app, &ordered).await.unwrap().unwrap();
    assert_eq!(asked.source.primary.unwrap().url, "https://shop.example/any");
    world.delete(&world.child, &item).await;
    let later = write(&world, "8640", "pizza").await;
    assert_eq!(later.account_sid, world.sibling.account.sid, "the word was given up");
}

#[tokio::test]
async fn an_account_lists_makes_and_undoes_opt_outs() {
    let world = World::new().await;
    world.rent(&world.child, MOBILE).await;
    let form = [("From", MOBILE), ("To", PERSON)];
    let made = world.post(&world.child, &list(&world.child, ".json"), &form).await.ok();
    assert_eq!((made.status, made.text("source")), (201, "api".to_owned()));
    let again = world.post(&world.child, &list(&world.child, ".json"), &form).await.ok();
    assert_eq!(again.text("sid"), made.text("sid"));
    write(&world, MOBILE, "stop").await;
    assert_eq!(send(&world, &world.child, MOBILE).await.refused(), (400, 21_610));
    let found = world.get(&world.child, &list(&world.child, ".json?To=%2B32470123456")).await.ok().json();
    assert_eq!(found["opt_outs"].as_array().map(Vec::len), Some(1));
    assert_eq!(found["opt_outs"][0]["from"], MOBILE);
    let one = list(&world.child, &format!("/{}.json", made.text("sid")));
    assert_eq!(world.delete(&world.child, &one).await.status, 204);
    assert_eq!(world.delete(&world.child, &one).await.status, 404);
    send(&world, &world.child, MOBILE).await.ok();
    for (form, code) in [
        ([("From", "+3225550109"), ("To", PERSON)], 21_606),
        ([("From", MOBILE), ("To", "yes")], 21_211),
        ([("From", ""), ("To", PERSON)], 21_603),
        ([("From", MOBILE), ("To", "")], 21_604),
    ] {
        let refused = world.post(&world.child, &list(&world.child, ".json"), &form).await;
        assert_eq!(refused.refused(), (400, code), "{form:?}");
    }
}

#[tokio::test]
async fn codes_go_out_despite_an_opt_out_unless_it_answered_a_code() {
    let world = World::new().await;
    let service = world.post(&world.child, "/v2/Services", &[("FriendlyName", "a")]).await.ok().text("sid");
    let path = format!("/v2/Services/{service}/Verifications");
    let code = [("To", PERSON), ("Channel", "sms")];
    send(&world, &world.child, "8640").await.ok();
    write(&world, "8640", "stop").await;
    assert_eq!(send(&world, &world.child, "8640").await.refused(), (400, 21_610));
    world.post(&world.child, &path, &code).await.ok();
    let more = write(&world, "8640", "stop").await;
    assert_eq!(more.opt_out.map(|word| word.is_answered), Some(true), "it blocks more than before");
    world.clock.advance(60);
    assert_eq!(world.post(&world.child, &path, &code).await.refused(), (400, 21_610));
}
