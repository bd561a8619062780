//! Messaging services, what is sent through them, and messages that wait for their time.

use flexio_app::{AppConfig, MessagePace, delivery::instructions};
use flexio_domain::*;
use flexio_store::Change;

use crate::ApiConfig;
use crate::tests::world::{LOCAL, MOBILE, PERSON, Reply, World};

/// A service of the child with these senders' sids.
async fn service(world: &World, more: &[(&str, &str)], numbers: &[&str]) -> String {
    let mut form = vec![("FriendlyName", "Shop")];
    form.extend_from_slice(more);
    let made = world.post(&world.child, "/v1/Services", &form).await.ok();
    assert_eq!(made.status, 201);
    let sid = made.text("sid");
    for number in numbers {
        let path = format!("/v1/Services/{sid}/PhoneNumbers");
        world.post(&world.child, &path, &[("PhoneNumberSid", number)]).await.ok();
    }
    sid
}

async fn send(world: &World, form: &[(&str, &str)]) -> Reply {
    let path = format!("/2010-04-01/Accounts/{}/Messages.json", world.child.sid());
    let mut all = vec![("To", PERSON), ("Body", "Hallo")];
    all.extend_from_slice(form);
    world.post(&world.child, &path, &all).await
}

#[tokio::test]
async fn a_service_has_defaults_is_changed_and_goes() {
    let world = World::new().await;
    let sid =
        service(&world, &[("InboundRequestUrl", "https://a.test/in"), ("InboundMethod", "GET")], &[]).await;
    let path = format!("/v1/Services/{sid}");
    let shown = world.get(&world.child, &path).await.ok().json();
    assert_eq!((&shown["sticky_sender"], &shown["validity_period"]), (&true.into(), &36_000.into()));
    assert_eq!((&shown["inbound_method"], &shown["usecase"]), (&"GET".into(), &"undeclared".into()));
    let changed = [("StickySender", "false"), ("InboundRequestUrl", ""), ("ValidityPeriod", "60")];
    let shown = world.post(&world.child, &path, &changed).await.ok().json();
    assert_eq!(
        (&shown["sticky_sender"], &shown["inbound_request_url"]),
        (&false.into(), &serde_json::Value::Null)
    );
    let list = world.get(&world.child, "/v1/Services").await.ok().json();
    assert_eq!(
        (list["services"].as_array().map(Vec::len), &list["meta"]["key"]),
        (Some(1), &"services".into())
    );
    for (form, code) in [
        ([("FriendlyName", "")], 20_001),
        ([("ValidityPeriod", "0")], 20_001),
        ([("ScanMessageContent", "yes")], 20_001),
        ([("InboundRequestUrl", "ftp://a.test/")], 21_502),
    ] {
        assert_eq!(world.post(&world.child, &path, &form).await.refused(), (400, code), "{form:?}");
    }
    assert_eq!(world.delete(&world.child, &path).await.status, 204);
    assert_eq!(world.delete(&world.child, &path).await.status, 404);
}

#[tokio::test]
async fn a_number_is_in_one_service_until_it_leaves_or_is_released() {
    let world = World::new().await;
    let number = world.rent(&world.child, MOBILE).await;
    let first = service(&world, &[], &[&number]).await;
    let second = service(&world, &[], &[]).await;
    let add = |sid: &str| (format!("/v1/Services/{sid}/PhoneNumbers"), [("PhoneNumberSid", number.clone())]);
    for (sid, code) in [(&first, 21_710), (&second, 21_712)] {
        let (path, form) = add(sid);
        let refused = world.post(&world.child, &path, &[(form[0].0, &form[0].1)]).await;
        assert_eq!(refused.refused(), (409, code));
    }
    let one = format!("/v1/Services/{first}/PhoneNumbers/{number}");
    let shown = world.get(&world.child, &one).await.ok().json();
    assert_eq!((&shown["phone_number"], &shown["country_code"]), (&MOBILE.into(), &"BE".into()));
    let released = format!("/2010-04-01/Accounts/{}/IncomingPhoneNumbers/{number}.json", world.child.sid());
    assert_eq!(world.delete(&world.child, &released).await.status, 204);
    assert_eq!(world.get(&world.child, &one).await.status, 404);
    assert_eq!(send(&world, &[("MessagingServiceSid", &first)]).await.refused(), (400, 21_703));
    let foreign = world.rent(&world.sibling, LOCAL).await;
    let path = format!("/v1/Services/{first}/PhoneNumbers");
    assert_eq!(world.post(&world.child, &path, &[("PhoneNumberSid", &foreign)]).await.status, 404);
    let names = format!("/v1/Services/{first}/AlphaSenders");
    assert_eq!(world.post(&world.child, &names, &[("AlphaSender", "Acme")]).await.refused(), (400, 21_606));
}

#[tokio::test]
async fn a_service_chooses_the_sender_and_lends_what_a_message_does_not_say() {
    let world = World::new().await;
    let (local, mobile) = (world.rent(&world.child, LOCAL).await, world.rent(&world.child, MOBILE).await);
    let settings = [("StatusCallback", "https://a.test/status"), ("ValidityPeriod", "77")];
    let sid = service(&world, &settings, &[&local, &mobile]).await;
    let sent = send(&world, &[("MessagingServiceSid", &sid), ("Body", "l’été")]).await.ok();
    assert_eq!((sent.text("from"), sent.text("status")), (MOBILE.to_owned(), "accepted".to_owned()));
    assert_eq!(sent.text("messaging_service_sid"), sid);
    let kept = world.app.message(world.child.account.sid, sent.text("sid").parse().unwrap()).await.unwrap();
    assert_eq!((kept.validity_s, kept.status), (77, MessageStatus::Queued));
    assert_eq!(kept.status_callback.map(|hook| hook.url).as_deref(), Some("https://a.test/status"));
    // The recipient keeps the number it knows, though a message asked for the other one.
    send(&world, &[("MessagingServiceSid", &sid), ("From", LOCAL)]).await.ok();
    assert_eq!(send(&world, &[("MessagingServiceSid", &sid)]).await.ok().text("from"), MOBILE);
    assert_eq!(
        send(&world, &[("MessagingServiceSid", &sid), ("From", "8640")]).await.refused(),
        (400, 21_704)
    );
    let unknown = format!("MG{:032x}", 7);
    assert_eq!(send(&world, &[("MessagingServiceSid", &unknown)]).await.refused(), (404, 21_701));
    assert_eq!(send(&world, &[]).await.refused(), (400, 21_603));
}

#[tokio::test]
async fn a_word_at_one_sender_of_a_service_is_for_all_of_them() {
    let world = World::new().await;
    let (local, mobile) = (world.rent(&world.child, LOCAL).await, world.rent(&world.child, MOBILE).await);
    let sid = service(&world, &[("InboundRequestUrl", "https://a.test/in")], &[&local, &mobile]).await;
    let word = world.received(LOCAL, "stop").await;
    assert_eq!(word.messaging_service_sid.map(|sid| sid.to_string()), Some(sid.clone()));
    for form in [("MessagingServiceSid", sid.as_str()), ("From", MOBILE), ("From", LOCAL)] {
        assert_eq!(send(&world, &[form]).await.refused(), (400, 21_610), "{form:?}");
    }
    send(&world, &[("From", "8640")]).await.ok();
    world.received(MOBILE, "start").await;
    send(&world, &[("MessagingServiceSid", &sid)]).await.ok();
    let asked = instructions(&world.app, &world.received(MOBILE, "Hallo").await).await.unwrap().unwrap();
    assert_eq!(asked.source.primary.unwrap().url, "https://a.test/in");
    let path = format!("/v1/Services/{sid}");
    world.post(&world.child, &path, &[("UseInboundWebhookOnNumber", "true")]).await.ok();
    assert_eq!(instructions(&world.app, &world.received(MOBILE, "Hallo").await).await.unwrap(), None);
}

#[tokio::test]
async fn answers_to_the_shared_code_are_asked_about_where_the_account_says() {
    let world = World::new().await;
    let list = format!("/2010-04-01/Accounts/{}/SMS/ShortCodes.json", world.child.sid());
    let shown = world.get(&world.child, &list).await.ok().json();
    let code = &shown["short_codes"][0];
    assert_eq!((&code["short_code"], &code["sms_url"]), (&"8640".into(), &serde_json::Value::Null));
    let one = format!(
        "/2010-04-01/Accounts/{}/SMS/ShortCodes/{}.json",
        world.child.sid(),
        code["sid"].as_str().unwrap()
    );
    world.post(&world.child, &one, &[("SmsUrl", "https://a.test/code")]).await.ok();
    world.post(&world.child, &one, &[("FriendlyName", "shop")]).await.ok();
    send(&world, &[("From", "8640")]).await.ok();
    let asked = instructions(&world.app, &world.received("8640", "Hallo").await).await.unwrap().unwrap();
    assert_eq!(asked.source.primary.unwrap().url, "https://a.test/code");
    assert_eq!(world.get(&world.child, &one).await.ok().text("friendly_name"), "shop");
}

#[tokio::test]
async fn a_message_waits_for_its_time_and_is_checked_again_then() {
    let world = World::new().await;
    world.rent(&world.child, MOBILE).await;
    let at =
        |seconds: i64| world.app.clock.now().checked_add(jiff::SignedDuration::from_secs(seconds)).unwrap();
    let scheduled = async |seconds: i64, kind: &str| {
        let when = at(seconds).to_string();
        send(&world, &[("From", MOBILE), ("SendAt", &when), ("ScheduleType", kind)]).await
    };
    for (seconds, kind, code) in [
        (899, "fixed", 35_114),
        (35 * 86_400 + 1, "fixed", 35_114),
        (3_600, "later", 20_001),
        (3_600, "", 20_001),
    ] {
        assert_eq!(scheduled(seconds, kind).await.refused(), (400, code), "{seconds} {kind}");
    }
    let account = world.child.account.sid;
    let mut sids: Vec<MessageSid> = Vec::new();
    for _ in 0..3 {
        let reply = scheduled(3_600, "fixed").await.ok();
        assert_eq!(reply.text("status"), "scheduled");
        sids.push(reply.text("sid").parse().unwrap());
    }
    let path = |sid: MessageSid| format!("/2010-04-01/Accounts/{account}/Messages/{sid}.json");
    assert_eq!(world.store().due_messages(at(3_599), 10).await.unwrap().len(), 0);
    let withdrawn = world.post(&world.child, &path(sids[0]), &[("Status", "canceled")]).await.ok();
    assert_eq!(withdrawn.text("status"), "canceled");
    world.clock.advance(3_600);
    assert_eq!(world.store().due_messages(at(0), 10).await.unwrap().len(), 2);
    for sid in &sids[..2] {
        world.app.release_message(account, *sid).await.unwrap();
        world.app.release_message(account, *sid).await.unwrap();
    }
    let status = async |sid| world.app.message(account, sid).await.unwrap();
    assert_eq!(status(sids[0]).await.status, MessageStatus::Canceled);
    assert_eq!(status(sids[1]).await.status, MessageStatus::Queued);
    world.received(MOBILE, "stop").await;
    world.app.release_message(account, sids[2]).await.unwrap();
    let refused = status(sids[2]).await;
    assert_eq!((refused.status, refused.error), (MessageStatus::Failed, Some(ErrorCode::OptedOut)));
    let usage =
        world.store().usage_events(account, &flexio_store::UsageFilter::default(), 100).await.unwrap();
    assert!(usage.iter().all(|event| event.kind != UsageKind::SmsOut), "nothing was sent yet: {usage:?}");
}

#[tokio::test]
async fn a_code_goes_before_a_backlog_of_an_hour() {
    let world = World::new().await;
    let service = world.post(&world.child, "/v2/Services", &[("FriendlyName", "a")]).await.ok().text("sid");
    let bulk = send(&world, &[("From", "8640")]).await.ok().text("sid");
    world.clock.advance(3_599);
    let path = format!("/v2/Services/{service}/Verifications");
    world.post(&world.child, &path, &[("To", PERSON), ("Channel", "sms")]).await.ok();
    let due = world.store().due_messages(world.app.clock.now(), 10).await.unwrap();
    let codes: Vec<bool> = due.iter().map(|message| message.sealed_body.is_some()).collect();
    assert_eq!((codes, due[1].sid.to_string()), (vec![true, false], bulk));
}

#[tokio::test]
async fn credit_is_asked_when_the_time_has_come() {
    let world = World::new().await;
    let account = world.child.account.sid;
    let now = world.app.clock.now();
    let terms = Credit {
        account_sid: account,
        version: 1,
        mode: CreditMode::Prepaid,
        limit: Money::from_micros(100_000),
        created_at: now,
        updated_at: now,
    };
    world.store().commit(Change::from(flexio_store::CreditChange::Create(terms)).into()).await.unwrap();
    let when = now.checked_add(jiff::SignedDuration::from_hours(1)).unwrap().to_string();
    let form = [("From", "8640"), ("SendAt", when.as_str()), ("ScheduleType", "fixed")];
    let mut sids: Vec<MessageSid> = Vec::new();
    for _ in 0..2 {
        sids.push(send(&world, &form).await.ok().text("sid").parse().unwrap());
    }
    let granted = world.store().credit(account).await.unwrap().unwrap().granted;
    assert_eq!(granted, Money::ZERO, "nothing is set aside for what may never be sent");
    world.clock.advance(3_600);
    for sid in &sids {
        world.app.release_message(account, *sid).await.unwrap();
    }
    let (first, second) = (
        world.app.message(account, sids[0]).await.unwrap(),
        world.app.message(account, sids[1]).await.unwrap(),
    );
    assert_eq!((first.status, first.is_granted), (MessageStatus::Queued, true));
    assert_eq!((second.status, second.error), (MessageStatus::Failed, Some(ErrorCode::InsufficientCredit)));
}

#[tokio::test]
async fn too_many_that_wait_are_refused_with_the_time_to_come_back() {
    let message_pace = MessagePace { waiting_per_account: 2, ..MessagePace::default() };
    let world = World::with(AppConfig { message_pace, ..AppConfig::default() }, ApiConfig::default()).await;
    for _ in 0..2 {
        send(&world, &[("From", "8640")]).await.ok();
    }
    let refused = send(&world, &[("From", "8640")]).await;
    assert_eq!((refused.refused(), refused.header("Retry-After")), ((429, 20_429), "10"));
    let few = world.app.store.waiting_messages().await.unwrap();
    assert_eq!(few.iter().map(|one| one.messages).collect::<Vec<_>>(), [2], "nothing was kept of the third");
    let sid = few[0].account;
    let due = world.store().due_messages_of(sid, world.app.clock.now(), 1).await.unwrap();
    let path = format!("/2010-04-01/Accounts/{sid}/Messages/{}.json", due[0].sid);
    world.post(&world.child, &path, &[("Status", "canceled")]).await.ok();
    world.app.count_waiting().await.unwrap();
    send(&world, &[("From", "8640")]).await.ok();
}

#[tokio::test]
async fn an_account_above_sets_the_pace_and_the_account_itself_does_not() {
    let world = World::new().await;
    let account = world.child.account.sid;
    let path = format!("/restcomm/2012-04-24/Accounts/{account}.json");
    let pace = [("MessagesPerSecond", "2")];
    assert_eq!(world.post(&world.child, &path, &pace).await.refused(), (403, 20_006));
    assert_eq!(world.post(&world.root, &path, &pace).await.ok().json()["messages_per_second"], 2);
    for _ in 0..5 {
        send(&world, &[("From", "8640")]).await.ok();
    }
    let due = async |s: i64| {
        let at = world.app.clock.now().checked_add(jiff::SignedDuration::from_secs(s)).unwrap();
        world.store().due_messages(at, 10).await.unwrap().len()
    };
    assert_eq!((due(0).await, due(1).await, due(2).await), (1, 3, 5));
}
