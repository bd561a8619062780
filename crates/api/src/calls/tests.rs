//! Calls through both dialects.

use flexio_app::{CallChange, ControlError, EndCall};
use flexio_domain::*;
use flexio_store::{Change, ChangeSet};

use crate::tests::world::{LOCAL, Reply, World};

const URL: &str = "https://app.acme.test/voice";

async fn make(world: &World, face: &str, form: &[(&str, &str)]) -> Reply {
    let path = format!("/{face}/Accounts/{}/Calls.json", world.child.sid());
    world.post(&world.child, &path, form).await
}

#[tokio::test]
async fn each_fault_has_its_code() {
    let world = World::new().await;
    world.rent(&world.child, LOCAL).await;
    let fine = [("From", LOCAL), ("To", "+32470123456"), ("Url", URL)];
    for (name, value, code) in [
        ("To", "", 21_201),
        ("From", "", 21_213),
        ("To", "+", 21_211),
        ("To", "Acme NV", 21_211),
        ("To", "sip:x", 21_211),
        ("To", "+12025550123", 21_215),
        ("To", "+3290212345", 21_215),
        ("From", "+", 21_212),
        ("From", "+3225550102", 21_210),
        ("From", "client:alice", 21_210),
        ("From", "anonymous", 21_210),
        ("Url", "", 21_205),
        ("Url", "ftp://a.test/", 21_205),
        ("Url", "http://u:p@a.test/", 21_205),
        ("Method", "PATCH", 21_209),
        ("Timeout", "0", 21_208),
        ("Timeout", "601", 21_208),
        ("SendDigits", "12a", 21_206),
        ("StatusCallbackEvent", "answered died", 20_001),
        ("Record", "maybe", 20_001),
        ("CallReason", "one line\nand another", 20_001),
        ("CallReason", "a reason that is much too long for what a phone can show", 20_001),
        ("FallbackUrl", "nowhere", 21_502),
    ] {
        let mut form: Vec<(&str, &str)> = fine.iter().copied().filter(|(have, _)| *have != name).collect();
        form.push((name, value));
        let reply = make(&world, "2010-04-01", &form).await;
        assert_eq!(reply.refused(), (400, code), "{name}={value}");
    }
    let foreign =
        [("From", LOCAL), ("To", "+32470123456"), ("ApplicationSid", "AP00000000000000000000000000000000")];
    assert_eq!(make(&world, "2010-04-01", &foreign).await.refused(), (400, 21_218));
}

#[tokio::test]
async fn a_forbidden_destination_carries_its_reason() {
    let world = World::new().await;
    world.rent(&world.child, LOCAL).await;
    let form = [("From", LOCAL), ("To", "+3290212345"), ("Url", URL)];
    let native = make(&world, "restcomm/2012-04-24", &form).await;
    assert_eq!(native.refused(), (403, 21_215));
    assert_eq!(native.header("x-reason-code"), "2201");
    assert_eq!(native.json()["reason_code"], 2201);
    let twilio = make(&world, "2010-04-01", &form).await;
    assert_eq!((twilio.refused(), twilio.header("x-reason-code")), ((400, 21_215), "2201"));
}

#[tokio::test]
async fn a_call_is_saved_as_asked_and_handed_over() {
    let world = World::new().await;
    world.rent(&world.child, LOCAL).await;
    let form = [
        ("From", LOCAL),
        ("To", "client:alice"),
        ("Url", URL),
        ("Method", "get"),
        ("StatusCallback", "https://app.acme.test/cdr"),
        ("StatusCallbackEvent", "initiated ringing"),
        ("StatusCallbackEvent", "completed"),
        ("Timeout", "25"),
        ("Record", "TRUE"),
        ("CallReason", " Uw levering "),
        ("Username", "trunk"),
        ("Password", "secret"),
    ];
    let reply = make(&world, "restcomm/2012-04-24", &form).await.ok();
    assert_eq!(
        (reply.status, reply.text("status"), reply.text("direction")),
        (200, "queued".into(), "outbound-api".into())
    );
    let call = world.app.call(world.child.account.sid, reply.text("sid").parse().unwrap()).await.unwrap();
    assert_eq!(call.instructions.primary, Some(Webhook { url: URL.to_owned(), method: HttpMethod::Get }));
    assert_eq!(call.status_callback_events, ["initiated", "ringing", "completed"]);
    assert_eq!((call.ring_timeout_s, call.record, call.dialect), (25, true, Dialect::Rcml));
    assert_eq!(call.options.reason.as_deref(), Some("Uw levering"));
    assert_eq!(reply.text("call_reason"), "Uw levering");
    let (user, sealed) = call.sip_auth.unwrap();
    assert_eq!(world.app.vault.open(&call.sid.to_string(), &sealed).unwrap(), b"secret");
    assert_eq!(user, "trunk");
}

#[tokio::test]
async fn a_callback_without_events_hears_of_the_end() {
    let world = World::new().await;
    world.rent(&world.child, LOCAL).await;
    *world.carrier.refuses.lock().unwrap() = Some(ControlError::Overloaded);
    let form =
        [("From", LOCAL), ("To", "+32470123456"), ("Url", URL), ("StatusCallback", "https://a.test/cdr")];
    let sid = make(&world, "2010-04-01", &form).await.ok().text("sid");
    let call = world.app.call(world.child.account.sid, sid.parse().unwrap()).await.unwrap();
    assert_eq!((call.status, call.reason.unwrap().code), (CallStatus::Failed, 1000));
    let told = world.store().callbacks_about(world.child.account.sid, &sid).await.unwrap();
    assert!(told[0].params.contains(&("CallStatus".to_owned(), "failed".to_owned())));
}

#[tokio::test]
async fn a_full_node_takes_no_calls_and_keeps_none() {
    let world = World::new().await;
    world.rent(&world.child, LOCAL).await;
    *world.carrier.full.lock().unwrap() = true;
    let form = [("From", LOCAL), ("To", "+32470123456"), ("Url", URL)];
    let reply = make(&world, "2010-04-01", &form).await;
    assert_eq!((reply.refused(), reply.header("retry-after")), ((503, 20_503), "1"));
    let list = format!("/2010-04-01/Accounts/{}/Calls.json", world.child.sid());
    assert_eq!(world.get(&world.child, &list).await.json()["calls"].as_array().map(Vec::len), Some(0));
}

#[tokio::test]
async fn a_verified_caller_id_may_be_shown() {
    let world = World::new().await;
    let own = "+3222268888";
    let form = [("From", own), ("To", "+32470123456"), ("Url", URL)];
    assert_eq!(make(&world, "2010-04-01", &form).await.refused(), (400, 21_210));
    let path = format!("/2010-04-01/Accounts/{}/OutgoingCallerIds.json", world.child.sid());
    world.post(&world.child, &path, &[("PhoneNumber", own)]).await.ok();
    make(&world, "2010-04-01", &form).await.ok();
    assert_eq!(world.post(&world.child, &path, &[("PhoneNumber", own)]).await.refused(), (400, 21_450));
}

#[tokio::test]
async fn a_live_call_is_ended_redirected_and_muted() {
    let world = World::new().await;
    let (call, ..) = world.records(&world.child).await;
    let long = format!("ID{:032x}-{call}", 7);
    let native = format!("/restcomm/2012-04-24/Accounts/{}/Calls.json/{long}", world.child.sid());
    let twilio = format!("/2010-04-01/Accounts/{}/Calls/{call}.json", world.child.sid());
    world.post(&world.child, &native, &[("Mute", "true")]).await.ok();
    world.post(&world.child, &native, &[("Url", URL), ("MoveConnectedCallLeg", "true")]).await.ok();
    world.post(&world.child, &twilio, &[("Twiml", "<Response/>")]).await.ok();
    world.post(&world.child, &twilio, &[("Status", "canceled")]).await.ok();
    world.post(&world.child, &twilio, &[("Status", "completed"), ("Url", URL)]).await.ok();
    let changes = std::mem::take(&mut *world.carrier.changes.lock().unwrap());
    let [
        CallChange::Mute(true),
        CallChange::Redirect(moved),
        CallChange::Redirect(document),
        cancel,
        complete,
    ] = &changes[..]
    else {
        panic!("{changes:?}")
    };
    assert!(moved.both_legs && moved.source.primary.is_some() && !document.both_legs);
    assert_eq!(document.document.as_deref(), Some("<Response/>"));
    assert_eq!([cancel, complete], [&CallChange::End(EndCall::Cancel), &CallChange::End(EndCall::Complete)]);
    assert_eq!(world.post(&world.child, &native, &[]).await.refused(), (409, 20_413));
    assert_eq!(world.post(&world.child, &twilio, &[]).await.refused(), (400, 20_001));
    assert_eq!(world.post(&world.child, &twilio, &[("Status", "busy")]).await.refused(), (400, 20_001));
}

#[tokio::test]
async fn a_live_call_is_held_pressed_keys_to_and_spoken_into_in_the_classic_api() {
    let world = World::new().await;
    let (call, ..) = world.records(&world.child).await;
    let native = format!("/restcomm/2012-04-24/Accounts/{}/Calls/{call}.json", world.child.sid());
    let twilio = format!("/2010-04-01/Accounts/{}/Calls/{call}.json", world.child.sid());
    let said = "<Response><Say>One minute left</Say></Response>";
    for form in [
        &[("Hold", "true"), ("HoldMusic", URL)][..],
        &[("Hold", "false")],
        &[("SendDigits", "1w2#")],
        &[("Prompt", said)],
    ] {
        world.post(&world.child, &native, form).await.ok();
        assert_eq!(world.post(&world.child, &twilio, form).await.refused(), (400, 20_001), "{form:?}");
    }
    let changes = std::mem::take(&mut *world.carrier.changes.lock().unwrap());
    let wanted = [
        CallChange::Hold { on: true, music: Some(URL.to_owned()) },
        CallChange::Hold { on: false, music: None },
        CallChange::SendDigits("1w2#".to_owned()),
        CallChange::Prompt(said.to_owned()),
    ];
    assert_eq!(changes, wanted);
    assert_eq!(world.post(&world.child, &native, &[("SendDigits", "1x")]).await.refused().0, 400);
}

#[tokio::test]
async fn a_call_that_is_over_stays_over() {
    let world = World::new().await;
    let (sid, ..) = world.records(&world.child).await;
    let native = format!("/restcomm/2012-04-24/Accounts/{}/Calls/{sid}.json", world.child.sid());
    let twilio = format!("/2010-04-01/Accounts/{}/Calls/{sid}.json", world.child.sid());
    let end = [("Status", "completed")];
    for (refusal, classic, other) in [
        (ControlError::Over, (410, 20_415), (400, 21_220)),
        (ControlError::WrongState, (400, 21_220), (400, 21_220)),
        (ControlError::NotHere, (503, 20_417), (503, 20_417)),
    ] {
        *world.carrier.refuses.lock().unwrap() = Some(refusal);
        assert_eq!(world.post(&world.child, &native, &end).await.refused(), classic, "{refusal}");
        assert_eq!(world.post(&world.child, &twilio, &end).await.refused(), other, "{refusal}");
    }
    let mut call = world.app.call(world.child.account.sid, sid).await.unwrap();
    call.status = CallStatus::Completed;
    world.store().commit(Change::UpdateCall(call).into()).await.unwrap();
    assert_eq!(world.post(&world.child, &native, &end).await.refused(), (410, 20_415));
    assert_eq!(world.post(&world.child, &twilio, &end).await.refused(), (400, 21_220));
}

#[tokio::test]
async fn the_timeline_shows_what_happened_what_it_cost_and_who_was_told() {
    let world = World::new().await;
    world.rent(&world.child, LOCAL).await;
    *world.carrier.refuses.lock().unwrap() = Some(ControlError::Overloaded);
    let form =
        [("From", LOCAL), ("To", "+32470123456"), ("Url", URL), ("StatusCallback", "https://a.test/cdr")];
    let sid = make(&world, "2010-04-01", &form).await.ok().text("sid");
    let now = world.app.clock.now();
    let usage = UsageEvent {
        id: format!("{sid}:leg"),
        source: "voice".to_owned(),
        account_sid: world.child.account.sid,
        kind: UsageKind::VoiceOut,
        resource: sid.clone(),
        from: LOCAL.to_owned(),
        to: "+32470123456".to_owned(),
        at: now,
        ended_at: None,
        duration_ms: Some(60_000),
        quantity: 1,
        accepted: true,
        class: "mobile".to_owned(),
        billed: 60,
        item: "voice.out.mobile".to_owned(),
        plan: "flexio-be/1".to_owned(),
        numbering: "1".to_owned(),
        amount: Money::from_micros(370_000),
        labels: UsageLabels::default(),
        carrier: None,
        month: "2026-11".to_owned(),
        day: "2026-11-23".to_owned(),
        truncated: false,
        carries_code: false,
        corrects: None,
        created_at: now,
    };
    world.store().commit(ChangeSet::from(Change::AddUsage(usage))).await.unwrap();
    let path = format!("/restcomm/2012-04-24/Accounts/{}/Calls/{sid}/Timeline.json", world.child.sid());
    let timeline = world.get(&world.child, &path).await.ok().json();
    let items = timeline["items"].as_array().unwrap();
    let of = |kind: &str| items.iter().find(|item| item["kind"] == kind).unwrap();
    assert_eq!(of("event")["event"], "queued");
    assert_eq!(
        (&of("usage")["item"], &of("usage")["amount"]),
        (&"voice.out.mobile".into(), &"0.370000".into())
    );
    assert_eq!(timeline["price"], "0.370000");
    assert_eq!(
        (&of("callback")["state"], &of("callback")["event"]),
        (&"pending".into(), &"completed".into())
    );
    let times: Vec<&str> = items.iter().map(|item| item["at"].as_str().unwrap()).collect();
    assert!(times.is_sorted(), "{times:?}");
    let records = format!(
        "/2010-04-01/Accounts/{}/Usage/Records/Daily.json?Category=calls-outbound",
        world.child.sid()
    );
    let record = &world.get(&world.child, &records).await.ok().json()["usage_records"][0];
    assert_eq!(
        (&record["count"], &record["usage"], &record["price"]),
        (&"1".into(), &"1".into(), &"0.37000".into())
    );
    assert_eq!((&record["start_date"], &record["end_date"]), (&"2026-11-23".into(), &"2026-11-23".into()));
}
