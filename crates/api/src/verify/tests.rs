//! Twilio's Verify over the use cases.

use flexio_app::delivery;
use flexio_app::legs::Ended;
use flexio_domain::{CallStatus, MessageSid, Pii};
use flexio_store::{CallFilter, MessageFilter};
use serde_json::Value;

use crate::tests::world::{Customer, LOCAL, Reply, World};

const SERVICES: &str = "/v2/Services";
const TO: &str = "+32470123456";

/// A service of the customer's.
async fn service(world: &World, who: &Customer, more: &[(&str, &str)]) -> String {
    let mut form = vec![("FriendlyName", "Acme")];
    form.extend_from_slice(more);
    let reply = world.post(who, SERVICES, &form).await;
    assert_eq!(reply.status, 201);
    reply.text("sid")
}

/// The code in the last message to somebody.
async fn code(world: &World, who: &Customer) -> String {
    let all = world.app.messages(who.account.sid, &MessageFilter::default(), &<_>::default()).await.unwrap();
    let message = all.first().expect("a message was sent");
    assert!(message.body.0.contains("******"), "the code is not kept: {}", message.body.0);
    let Pii(text) = delivery::opened(&world.app, message).unwrap();
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    assert_eq!(digits.len(), 6, "{text}");
    digits
}

async fn start(world: &World, who: &Customer, service: &str, more: &[(&str, &str)]) -> Value {
    let mut form = vec![("To", TO), ("Channel", "sms")];
    form.extend_from_slice(more);
    let reply = world.post(who, &format!("{SERVICES}/{service}/Verifications"), &form).await;
    assert_eq!(reply.status, 201, "{:?}", reply.json());
    reply.json()
}

async fn check(world: &World, who: &Customer, service: &str, code: &str) -> Reply {
    world.post(who, &format!("{SERVICES}/{service}/VerificationCheck"), &[("To", TO), ("Code", code)]).await
}

#[tokio::test]
async fn a_code_goes_out_and_comes_back_once() {
    let world = World::new().await;
    let who = &world.child;
    let service = service(&world, who, &[]).await;
    let started = start(&world, who, &service, &[("Locale", "nl")]).await;
    assert_eq!((started["status"].as_str(), started["valid"].as_bool()), (Some("pending"), Some(false)));
    assert_eq!(started["send_code_attempts"].as_array().unwrap().len(), 1);
    let code = code(&world, who).await;
    let wrong = if code == "000000" { "000001" } else { "000000" };
    let reply = check(&world, who, &service, wrong).await.ok().json();
    assert_eq!((reply["status"].as_str(), reply["valid"].as_bool()), (Some("pending"), Some(false)));
    let reply = check(&world, who, &service, &code).await.ok().json();
    assert_eq!((reply["status"].as_str(), reply["valid"].as_bool()), (Some("approved"), Some(true)));
    assert_eq!(check(&world, who, &service, &code).await.refused(), (404, 20_404), "once");
    let one = format!("{SERVICES}/{service}/Verifications/{}", started["sid"].as_str().unwrap());
    assert_eq!(world.get(who, &one).await.ok().json()["status"], "approved");
    assert_eq!(world.get(&world.sibling, &one).await.refused(), (404, 20_404));
    let attempts = world.get(who, "/v2/Attempts?Status=converted").await.ok().json();
    assert_eq!(attempts["attempts"].as_array().unwrap().len(), 1);
    assert_eq!(attempts["meta"]["key"], "attempts");
    for elsewhere in ["whatsapp", "rbm"] {
        let none = world.get(who, &format!("/v2/Attempts?Channel={elsewhere}")).await.ok().json();
        assert_eq!(none["attempts"], serde_json::json!([]));
        let none = world.get(who, &format!("/v2/Attempts/Summary?Channel={elsewhere}")).await.ok().json();
        assert_eq!(
            (&none["total_attempts"], &none["conversion_rate_percentage"]),
            (&0.into(), &"0.00".into())
        );
    }
    assert_eq!(world.get(who, "/v2/Attempts?Channel=pigeon").await.refused().0, 400);
    let summary = world.get(who, "/v2/Attempts/Summary").await.ok().json();
    assert_eq!(summary["conversion_rate_percentage"], "100.00");
    let usage = format!("/2010-04-01/Accounts/{}/Usage/Records.json?Category=twofa", who.sid());
    let usage = world.get(who, &usage).await.ok().json();
    assert_eq!(usage["usage_records"][0]["count"], "1", "one request, whatever the checks");
}

#[tokio::test]
async fn a_thousand_guesses_at_once_find_at_most_the_one_code() {
    let world = World::new().await;
    let who = &world.child;
    let service = service(&world, who, &[]).await;
    start(&world, who, &service, &[]).await;
    let right = code(&world, who).await;
    let mut guesses: Vec<String> =
        (0..1_000_u32).map(|guess| format!("{:06}", guess * 997 % 1_000_000)).collect();
    guesses.retain(|guess| *guess != right);
    let all = guesses.iter().map(|guess| check(&world, who, &service, guess));
    let replies = futures_util::future::join_all(all).await;
    assert_eq!(
        replies.iter().filter(|reply| reply.status == 200).count(),
        5,
        "five wrong codes were looked at"
    );
    assert!(replies.iter().filter(|reply| reply.status == 200).all(|reply| reply.json()["valid"] == false));
    assert_eq!(
        check(&world, who, &service, &right).await.status,
        404,
        "the number of tries is over, for the right one too"
    );
}

#[tokio::test]
async fn new_verifications_are_no_new_guesses() {
    let world = World::new().await;
    let who = &world.child;
    let services = [service(&world, who, &[]).await, service(&world, who, &[]).await];
    let wrong_codes = async |service: &str, count: usize| {
        let right = code(&world, who).await;
        let wrong = if right == "000000" { "000001" } else { "000000" };
        for _ in 0..count {
            assert_eq!(check(&world, who, service, wrong).await.status, 200);
        }
        right
    };
    for round in 0..4 {
        let service = &services[round % 2];
        start(&world, who, service, &[]).await;
        wrong_codes(service, 5).await;
        world.clock.advance(3_600);
    }
    start(&world, who, &services[0], &[]).await;
    let right = code(&world, who).await;
    let locked = check(&world, who, &services[0], &right).await;
    assert_eq!((locked.refused(), locked.header("retry-after")), ((429, 60_202), "72000"));
    // The first five are a day old.
    world.clock.advance(72_001);
    start(&world, who, &services[0], &[]).await;
    let right = code(&world, who).await;
    let right = check(&world, who, &services[0], &right).await.ok().json();
    assert_eq!(right["valid"], true);
}

#[tokio::test]
async fn two_right_answers_at_once_are_one_success() {
    let world = World::new().await;
    let who = &world.child;
    let service = service(&world, who, &[]).await;
    start(&world, who, &service, &[]).await;
    let right = code(&world, who).await;
    let (a, b) = tokio::join!(check(&world, who, &service, &right), check(&world, who, &service, &right));
    let approved =
        [&a, &b].into_iter().filter(|reply| reply.status == 200 && reply.json()["valid"] == true).count();
    assert_eq!(approved, 1);
}

#[tokio::test]
async fn what_a_service_does_not_take_is_refused() {
    let world = World::new().await;
    let who = &world.child;
    let plain = service(&world, who, &[]).await;
    let path = format!("{SERVICES}/{plain}/Verifications");
    for (form, expected) in [
        (vec![("Channel", "sms")], (400, 60_200)),
        (vec![("To", "12"), ("Channel", "sms")], (400, 60_200)),
        (vec![("To", TO)], (400, 60_200)),
        (vec![("To", TO), ("Channel", "whatsapp")], (403, 60_223)),
        (vec![("To", TO), ("Channel", "sms"), ("CustomCode", "1234")], (403, 60_204)),
        (vec![("To", TO), ("Channel", "sms"), ("Payee", "Bob"), ("Amount", "1")], (403, 60_204)),
        (vec![("To", TO), ("Channel", "sms"), ("RateLimits", r#"{"nobody":"1"}"#)], (400, 60_200)),
        (vec![("To", TO), ("Channel", "sms"), ("RateLimits", "[]")], (400, 60_200)),
        (vec![("To", TO), ("Channel", "sms"), ("DeviceIp", "nonsense")], (400, 60_200)),
        (vec![("To", "+3222268888"), ("Channel", "sms")], (403, 60_205)),
    ] {
        assert_eq!(world.post(who, &path, &form).await.refused(), expected, "{form:?}");
    }
    for form in [vec![], vec![("FriendlyName", "12345")], vec![("FriendlyName", "x"), ("CodeLength", "3")]] {
        assert_eq!(world.post(who, SERVICES, &form).await.refused(), (400, 60_200), "{form:?}");
    }
    let taking = service(&world, who, &[("CustomCodeEnabled", "true"), ("Psd2Enabled", "true")]).await;
    start(&world, who, &taking, &[("CustomCode", "4711"), ("Payee", "Bob"), ("Amount", "1 EUR")]).await;
    assert_eq!(
        check(&world, who, &taking, "4711").await.ok().json()["valid"],
        false,
        "not without the payment"
    );
    let paid = [("To", TO), ("Code", "4711"), ("Payee", "Bob"), ("Amount", "1 EUR")];
    let checked = world.post(who, &format!("{SERVICES}/{taking}/VerificationCheck"), &paid).await.ok().json();
    assert_eq!(checked["valid"], true);
}

#[tokio::test]
async fn what_carries_a_code_is_sealed_until_it_cannot_leave_any_more() {
    let world = World::new().await;
    let (who, account) = (&world.child, world.child.account.sid);
    world.rent(who, LOCAL).await;
    let service = service(&world, who, &[("TtsName", "Acme Bank")]).await;
    start(&world, who, &service, &[]).await;
    let sent = async || {
        let all = world.app.messages(account, &MessageFilter::default(), &<_>::default()).await.unwrap();
        all.into_iter().next().expect("one was sent")
    };
    let message = sent().await;
    assert!(message.sealed_body.is_some());
    let path = format!("/2010-04-01/Accounts/{}/Messages/{}.json", who.sid(), message.sid);
    world.post(who, &path, &[("Status", "canceled")]).await.ok();
    assert_eq!(sent().await.sealed_body, None);

    let newest = async || {
        let all = world.app.calls(account, &CallFilter::default(), &<_>::default()).await.unwrap();
        all.into_iter().next().expect("one is placed")
    };
    let by_call = |to| [("To", to), ("Channel", "call")];
    let path = format!("{SERVICES}/{service}/Verifications");
    world.post(who, &path, &by_call("+32470222222")).await.ok();
    let mut call = newest().await;
    assert!(call.sealed_document.is_some() && call.document.is_none());
    let ended = Ended {
        status: CallStatus::Completed,
        answered_at: None,
        ended_at: call.created_at,
        talk_ms: 0,
        reason: None,
        sip_status: None,
        spoken_ms: 0,
    };
    flexio_app::legs::ended(&world.app, &mut call, &ended);
    assert_eq!(call.sealed_document, None);
    *world.carrier.refuses.lock().unwrap() = Some(flexio_app::ControlError::Overloaded);
    world.post(who, &path, &by_call("+32470333333")).await;
    let failed = newest().await;
    assert_eq!((failed.status, failed.sealed_document), (CallStatus::Failed, None));

    let bad = [("FriendlyName", "x"), ("TtsName", "a\u{7}b")];
    assert_eq!(world.post(who, SERVICES, &bad).await.refused(), (400, 20_001));
}

#[tokio::test]
async fn a_call_of_a_service_that_asks_for_a_key_says_nothing_without_one() {
    let world = World::new().await;
    let who = &world.child;
    let account = who.account.sid;
    world.rent(who, LOCAL).await;
    for (asks, form) in [(false, vec![]), (true, vec![("DtmfInputRequired", "true")])] {
        let service = service(&world, who, &form).await;
        let shown = world.get(who, &format!("{SERVICES}/{service}")).await.ok().json();
        assert_eq!(shown["dtmf_input_required"], asks);
        let to = if asks { "+32470444441" } else { "+32470444442" };
        let path = format!("{SERVICES}/{service}/Verifications");
        world.post(who, &path, &[("To", to), ("Channel", "call"), ("Locale", "nl")]).await.ok();
        let all = world.app.calls(account, &CallFilter::default(), &<_>::default()).await.unwrap();
        let call = all.into_iter().next().unwrap();
        let sealed = call.sealed_document.unwrap();
        let opened = world.app.vault.open(&call.sid.to_string(), &sealed).unwrap();
        let document = String::from_utf8(opened).unwrap();
        let gather = document.find("hangupOnEmptyResult=\"true\"");
        assert_eq!(gather.is_some(), asks, "{document}");
        assert_eq!(document.contains("Druk op een toets"), asks, "{document}");
        let says_code = document.find("Uw verificatiecode").unwrap();
        assert!(gather.is_none_or(|gather| gather < says_code), "{document}");
    }
}

#[tokio::test]
async fn a_service_with_lookups_tells_the_kind_of_line() {
    let world = World::new().await;
    let who = &world.child;
    for (form, kind) in [(vec![], Value::Null), (vec![("LookupEnabled", "true")], "mobile".into())] {
        let service = service(&world, who, &form).await;
        let made = start(&world, who, &service, &[]).await;
        assert_eq!(made["lookup"]["carrier"]["type"], kind, "{made}");
        let path = format!("{SERVICES}/{service}/Verifications/{}", made["sid"].as_str().unwrap());
        let found = world.get(who, &path).await.ok().json();
        assert_eq!(found["lookup"], made["lookup"]);
        let ended = world.post(who, &path, &[("Status", "canceled")]).await.ok().json();
        assert_eq!(ended["lookup"]["carrier"]["type"], kind);
    }
}

#[tokio::test]
async fn a_rate_limit_counts_per_value_and_a_resend_waits() {
    let world = World::new().await;
    let who = &world.child;
    let service = service(&world, who, &[]).await;
    let limits = format!("{SERVICES}/{service}/RateLimits");
    let limit = world.post(who, &limits, &[("UniqueName", "ip")]).await.ok().text("sid");
    let buckets = format!("{limits}/{limit}/Buckets");
    let bucket = world.post(who, &buckets, &[("Max", "1"), ("Interval", "60")]).await.ok().text("sid");
    let counted = [("RateLimits", r#"{"ip":"203.0.113.7"}"#)];
    start(&world, who, &service, &counted).await;
    let path = format!("{SERVICES}/{service}/Verifications");
    let again = [("To", TO), ("Channel", "sms")];
    assert_eq!(world.post(who, &path, &again).await.refused(), (429, 60_203), "ten seconds have not passed");
    let other = [("To", "+32470999999"), ("Channel", "sms"), counted[0]];
    assert_eq!(world.post(who, &path, &other).await.refused(), (429, 60_203), "the value has had its code");
    let elsewhere = [("To", "+32470999999"), ("Channel", "sms"), ("RateLimits", r#"{"ip":"203.0.113.8"}"#)];
    assert_eq!(world.post(who, &path, &elsewhere).await.status, 201);
    let wider = world.post(who, &format!("{buckets}/{bucket}"), &[("Max", "5")]).await.ok().json();
    assert_eq!((wider["max"].as_u64(), wider["interval"].as_u64()), (Some(5), Some(60)));
    let third = [("To", "+32470888888"), ("Channel", "sms"), counted[0]];
    assert_eq!(world.post(who, &path, &third).await.status, 201);
    assert_eq!(world.delete(who, &format!("{buckets}/{bucket}")).await.status, 204);
    assert_eq!(world.delete(who, &format!("{limits}/{limit}")).await.status, 204);
    assert_eq!(world.get(who, &format!("{limits}/{limit}")).await.refused(), (404, 20_404));
}

#[tokio::test]
async fn numbers_in_a_row_are_stopped_with_the_rule_that_stopped_them() {
    let world = World::new().await;
    let who = &world.child;
    let service = service(&world, who, &[]).await;
    let path = format!("{SERVICES}/{service}/Verifications");
    let mut sent = 0;
    let refused = loop {
        let to = format!("+32470555{sent:03}");
        let reply = world.post(who, &path, &[("To", &to), ("Channel", "sms")]).await;
        if reply.status != 201 {
            break reply;
        }
        sent += 1;
    };
    assert_eq!((sent, refused.status), (50, 403));
    assert!(refused.json()["message"].as_str().unwrap().contains("block-hour"), "{}", refused.json());
    let elsewhere = [("To", "+32471000000"), ("Channel", "sms")];
    assert_eq!(world.post(who, &path, &elsewhere).await.status, 201);
}

#[tokio::test]
async fn services_are_listed_by_pages_and_ended_verifications_stay() {
    let world = World::new().await;
    let who = &world.child;
    for _ in 0..3 {
        service(&world, who, &[]).await;
    }
    let first = world.get(who, &format!("{SERVICES}?PageSize=2")).await.ok().json();
    let next = first["meta"]["next_page_url"].as_str().expect("there is a third").to_owned();
    let second = world.get(who, &next[next.find("/v2/").unwrap()..]).await.ok().json();
    assert_eq!(
        (first["services"].as_array().unwrap().len(), second["services"].as_array().unwrap().len()),
        (2, 1)
    );
    assert_eq!(second["meta"]["next_page_url"], Value::Null);
    let kept = first["services"][0]["sid"].as_str().unwrap().to_owned();
    let started = start(&world, who, &kept, &[]).await;
    let other = [("To", "+32470999999"), ("Channel", "sms")];
    world.post(who, &format!("{SERVICES}/{kept}/Verifications"), &other).await.ok();
    let attempts = world.get(who, "/v2/Attempts?PageSize=1&Status=unconverted").await.ok().json();
    let next = attempts["meta"]["next_page_url"].as_str().expect("there are two");
    assert!(next.contains("Status=unconverted"), "a page leads to the same list: {next}");
    let one = format!("{SERVICES}/{kept}/Verifications/{}", TO.replace('+', "%2B"));
    let ended = world.post(who, &one, &[("Status", "canceled")]).await.ok().json();
    assert_eq!((ended["status"].as_str(), &ended["sid"]), (Some("canceled"), &started["sid"]));
    assert_eq!(world.post(who, &one, &[("Status", "canceled")]).await.refused(), (404, 20_404));
    assert_eq!(world.delete(who, &format!("{SERVICES}/{kept}")).await.status, 204);
    let message: MessageSid =
        world.app.messages(who.account.sid, &MessageFilter::default(), &<_>::default()).await.unwrap()[0].sid;
    assert!(world.app.message(who.account.sid, message).await.is_ok());
}
