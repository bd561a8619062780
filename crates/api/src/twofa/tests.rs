//! Smart 2FA.

use flexio_app::{AppConfig, EmailPolicy, EmailSender, delivery};
use flexio_domain::Pii;
use flexio_store::MessageFilter;
use http::Request;
use serde_json::{Value, json};

use crate::ApiConfig;
use crate::tests::world::{Customer, Reply, World};

const TO: &str = "+32470123456";

async fn put(world: &World, who: &Customer, method: &str, path: &str, body: &Value) -> Reply {
    let request = Request::builder().method(method).uri(path).header("content-type", "application/json");
    world.send(request, Some(who.credentials()), &body.to_string()).await
}

async fn post(world: &World, who: &Customer, path: &str, body: &Value) -> Reply {
    put(world, who, "POST", path, body).await
}

fn code_to(to: &str) -> Value {
    json!({ "service": "login", "from": "8640", "to": to, "body": "Your Acme code is {code}" })
}

fn by_email() -> Value {
    json!({ "service": "login", "channel": "email", "emailFrom": "Acme <info@acme.test>", "emailTo": "Ann@Example.TEST",
            "subject": "Code {code}", "body": "Your Acme code is {code}" })
}

async fn code(world: &World, who: &Customer) -> String {
    let all = world.app.messages(who.account.sid, &MessageFilter::default(), &<_>::default()).await.unwrap();
    assert_eq!(all[0].body.0, "Your Acme code is ******");
    let Pii(text) = delivery::opened(&world.app, &all[0]).unwrap();
    text.trim_start_matches("Your Acme code is ").to_owned()
}

#[tokio::test]
async fn a_code_is_sent_checked_and_recorded() {
    let world = World::new().await;
    let who = &world.child;
    let sent = post(&world, who, "/2fa/send", &code_to(TO)).await.ok().json();
    assert_eq!((sent["code"].as_u64(), sent["message"].as_str()), (Some(200), Some("OK")));
    let id = sent["requestID"].as_str().unwrap().to_owned();
    assert!(id.starts_with("OTP") && id.len() == 35, "{id}");
    let right = code(&world, who).await;
    let wrong = if right == "111111" { "222222" } else { "111111" };
    let reply = post(&world, who, "/2fa/verify", &json!({ "requestID": id, "code": wrong })).await;
    assert_eq!((reply.status, reply.json()["attemptsLeft"].as_u64()), (400, Some(2)));
    let by_name = json!({ "service": "login", "to": TO, "code": right });
    let reply = post(&world, who, "/2fa/verify", &by_name).await.ok().json();
    assert_eq!(
        (reply["status"].as_str(), reply["requestID"].as_str()),
        (Some("verified"), Some(id.as_str()))
    );
    let record = world.get(who, &format!("/2fa/search/{id}")).await.ok().json();
    let record = &record["data"];
    assert_eq!((record["status"].as_str(), record["attempts"].as_u64()), (Some("verified"), Some(1)));
    assert!(!record.to_string().contains(&right), "a record never holds the code");
    let found = post(&world, who, "/2fa/search", &json!({ "service": "login", "status": "verified" }))
        .await
        .ok()
        .json();
    assert_eq!((found["total"].as_u64(), &found["data"][0]["sid"]), (Some(1), &id.clone().into()));
    assert_eq!(world.get(&world.sibling, &format!("/2fa/search/{id}")).await.refused(), (404, 20_404));
    let usage = world.get(who, "/2fa/usage/records/Daily").await.ok().json();
    assert_eq!(usage[0]["count"], 1, "{usage}");
}

#[tokio::test]
async fn a_new_request_replaces_the_pending_one_and_a_canceled_one_is_over() {
    let world = World::new().await;
    let who = &world.child;
    let id = |reply: Reply| reply.ok().json()["requestID"].as_str().unwrap().to_owned();
    let first = id(post(&world, who, "/2fa/send", &code_to(TO)).await);
    let old = code(&world, who).await;
    let second = id(post(&world, who, "/2fa/send", &code_to(TO)).await);
    assert_ne!(first, second);
    let reply = post(&world, who, "/2fa/verify", &json!({ "requestID": first, "code": old })).await;
    assert_eq!(reply.refused(), (404, 20_404));
    post(&world, who, "/2fa/cancel", &json!({ "requestID": second })).await.ok();
    let new = code(&world, who).await;
    let reply = post(&world, who, "/2fa/verify", &json!({ "requestID": second, "code": new })).await;
    assert_eq!(reply.refused(), (404, 20_404));
    let parent = json!({ "accountSid": who.sid(), "requestID": second });
    assert_eq!(post(&world, &world.sibling, "/2fa/cancel", &parent).await.refused(), (403, 20_006));
}

#[tokio::test]
async fn a_code_goes_by_email_and_is_kept_nowhere() {
    let email = EmailPolicy {
        from: Some("noreply@flexio.test".parse().unwrap()),
        senders: vec![EmailSender { domain: "acme.test".to_owned(), account: None }],
        per_account_day: 10,
    };
    let config = AppConfig { sandbox: true, email, ..AppConfig::default() };
    let world = World::with(config, ApiConfig::default()).await;
    let who = &world.child;
    let sent = post(&world, who, "/2fa/send", &by_email()).await.ok().json();
    let id = sent["requestID"].as_str().unwrap();
    let now = world.app.clock.now();
    let email = world.app.store.claim_emails(now, now, 1).await.unwrap().remove(0);
    assert_eq!(email.subject.0, "Code {code}", "a subject has no code");
    assert_eq!(
        (email.to[0].to_string(), email.from.to_string()),
        ("Ann@example.test".into(), "Acme <info@acme.test>".into())
    );
    assert_eq!(email.expires_at.duration_since(now).as_secs(), 300);
    let text = world.app.email_body(&email).unwrap();
    let right = text.trim_start_matches("Your Acme code is ").to_owned();
    assert!(!serde_json::to_string(&email).unwrap().contains(&right));
    let by_name = json!({ "service": "login", "emailTo": "Ann@example.test", "code": right });
    let reply = post(&world, who, "/2fa/verify", &by_name).await.ok().json();
    assert_eq!((reply["status"].as_str(), reply["requestID"].as_str()), (Some("verified"), Some(id)));
    let record = world.get(who, &format!("/2fa/search/{id}")).await.ok().json()["data"].clone();
    assert_eq!((&record["channel"], &record["emailSid"]), (&json!("email"), &json!(email.sid.to_string())));
    let mut foreign = by_email();
    foreign["emailFrom"] = json!("info@bank.test");
    assert_eq!(post(&world, who, "/2fa/send", &foreign).await.refused(), (403, 20_441));
    for _ in 0..4 {
        post(&world, who, "/2fa/send", &by_email()).await.ok();
    }
    assert_eq!(
        post(&world, who, "/2fa/send", &by_email()).await.refused(),
        (429, 60_203),
        "five in ten minutes"
    );
}

/// By message, and by e-mail 20 seconds later.
fn by_message_then_email() -> Value {
    let steps = json!([{ "channel": "sms", "wait": 20 }, { "channel": "email" }]);
    let mut body = by_email();
    body["channel"] = Value::Null;
    for (name, value) in [("from", json!("8640")), ("to", json!(TO)), ("workflow", steps)] {
        body[name] = value;
    }
    body
}

async fn mailing() -> World {
    let senders = vec![EmailSender { domain: "acme.test".to_owned(), account: None }];
    let email =
        EmailPolicy { from: Some("noreply@flexio.test".parse().unwrap()), senders, per_account_day: 100 };
    World::with(AppConfig { sandbox: true, email, ..AppConfig::default() }, ApiConfig::default()).await
}

/// How many messages and e-mails there are.
async fn carried(world: &World, who: &Customer) -> (usize, usize) {
    let (filter, page) = (MessageFilter::default(), flexio_store::Page::default());
    let messages = world.app.messages(who.account.sid, &filter, &page).await.unwrap();
    let now = world.app.clock.now();
    let emails = world.store().claim_emails(now, now, 100).await.unwrap();
    (messages.len(), emails.len())
}

#[tokio::test]
async fn a_code_that_does_not_come_back_goes_by_the_next_channel() {
    let world = mailing().await;
    let who = &world.child;
    let sent = post(&world, who, "/2fa/send", &by_message_then_email()).await.ok().json();
    let id = sent["requestID"].as_str().unwrap();
    assert_eq!(carried(&world, who).await, (1, 0));
    world.clock.advance(19);
    assert_eq!(world.app.go_on_with_workflows().await.unwrap(), 0, "it is not time yet");
    world.clock.advance(1);
    assert_eq!(world.app.go_on_with_workflows().await.unwrap(), 1);
    assert_eq!(world.app.go_on_with_workflows().await.unwrap(), 0);
    assert_eq!(carried(&world, who).await, (1, 1));
    let record = world.get(who, &format!("/2fa/search/{id}")).await.ok().json()["data"].clone();
    assert_eq!(
        (record["channel"].as_str(), record["status"].as_str()),
        (Some("email"), Some("sent")),
        "{record}"
    );
    world.clock.advance(3_600);
    assert_eq!(world.app.go_on_with_workflows().await.unwrap(), 0, "there is no third channel");
}

#[tokio::test]
async fn a_code_that_came_back_was_withdrawn_or_replaced_goes_by_no_other_channel() {
    let world = mailing().await;
    let who = &world.child;
    let send = async || {
        let sent = post(&world, who, "/2fa/send", &by_message_then_email()).await.ok().json();
        sent["requestID"].as_str().unwrap().to_owned()
    };
    let id = send().await;
    let right = code(&world, who).await;
    post(&world, who, "/2fa/verify", &json!({ "requestID": id, "code": right })).await.ok();
    let id = send().await;
    post(&world, who, "/2fa/cancel", &json!({ "requestID": id })).await.ok();
    send().await;
    world.clock.advance(10);
    send().await;
    world.clock.advance(10);
    assert_eq!(world.app.go_on_with_workflows().await.unwrap(), 0, "the third was replaced by the fourth");
    world.clock.advance(10);
    assert_eq!(world.app.go_on_with_workflows().await.unwrap(), 1);
    assert_eq!(carried(&world, who).await, (4, 1));
}

#[tokio::test]
async fn a_channel_that_is_refused_ends_the_workflow_and_not_the_code() {
    let world = mailing().await;
    let who = &world.child;
    let once = json!({ "name": "once", "buckets": [{ "name": "day", "maxOtp": 1, "interval": 86_400 }] });
    post(&world, who, "/2fa/limits", &once).await.ok();
    let mut limited = by_message_then_email();
    limited["limits"] = json!({ "once": TO });
    let sent = post(&world, who, "/2fa/send", &limited).await.ok().json();
    let right = code(&world, who).await;
    world.clock.advance(20);
    assert_eq!(world.app.go_on_with_workflows().await.unwrap(), 1);
    assert_eq!(world.app.go_on_with_workflows().await.unwrap(), 0, "it is not tried again");
    assert_eq!(carried(&world, who).await, (1, 0));
    let check = json!({ "requestID": sent["requestID"], "code": right });
    assert_eq!(post(&world, who, "/2fa/verify", &check).await.ok().json()["status"], "verified");
}

#[tokio::test]
async fn a_limit_has_one_or_two_periods_and_refuses_when_one_is_full() {
    let world = World::new().await;
    let who = &world.child;
    let minute = json!({ "name": "minute", "maxOtp": 1, "interval": 60 });
    let day = json!({ "name": "day", "maxOtp": 3, "interval": 86_400 });
    let limit = json!({ "name": "per_phone", "buckets": [minute, day] });
    let made = post(&world, who, "/2fa/limits", &limit).await.ok().json();
    let sid = made["data"]["sid"].as_str().unwrap().to_owned();
    assert!(sid.starts_with("LM"));
    assert_eq!(post(&world, who, "/2fa/limits", &limit).await.refused(), (409, 20_409));
    for bad in [
        json!({ "name": "x" }),
        json!({ "name": "x", "buckets": [minute, day, { "name": "year", "maxOtp": 1, "interval": 60 }] }),
        json!({ "name": "x", "buckets": [minute, minute] }),
        json!({ "name": "x", "buckets": [{ "name": "never", "maxOtp": 0, "interval": 60 }] }),
        json!({ "name": "x", "buckets": [[[[[1]]]]] }),
    ] {
        assert_eq!(post(&world, who, "/2fa/limits", &bad).await.status, 400, "{bad}");
    }
    let limited = |to: &str| {
        let mut body = code_to(to);
        body["limits"] = json!({ "per_phone": TO });
        body
    };
    post(&world, who, "/2fa/send", &limited(TO)).await.ok();
    assert_eq!(post(&world, who, "/2fa/send", &limited(TO)).await.refused(), (429, 60_203));
    world.clock.advance(61);
    post(&world, who, "/2fa/send", &limited(TO)).await.ok();
    let wider = json!({ "buckets": [{ "name": "minute", "maxOtp": 5, "interval": 60 }] });
    let changed = put(&world, who, "PUT", &format!("/2fa/limits/{sid}"), &wider).await.ok().json();
    assert_eq!(changed["data"]["buckets"].as_array().unwrap().len(), 1);
    post(&world, who, "/2fa/send", &limited(TO)).await.ok();
    assert_eq!(world.get(who, "/2fa/limits").await.ok().json()["data"].as_array().unwrap().len(), 1);
    assert_eq!(world.delete(who, &format!("/2fa/limits/{sid}")).await.status, 204);
    assert_eq!(post(&world, who, "/2fa/send", &limited(TO)).await.refused(), (400, 60_200), "no such limit");
}

#[tokio::test]
async fn bad_requests_are_refused_and_send_nothing() {
    let world = World::new().await;
    let who = &world.child;
    let with = |name: &str, value: Value| {
        let mut body = code_to(TO);
        body[name] = value;
        body
    };
    for (body, expected) in [
        (with("service", Value::Null), (400, 60_200)),
        (with("body", json!("no place for it")), (400, 60_200)),
        (with("to", json!("client:bob")), (400, 60_200)),
        (with("from", json!("+3225550199")), (400, 21_606)),
        (with("channel", json!("email")), (400, 60_200)),
        (by_email(), (403, 60_223)),
        (with("workflow", json!([{ "channel": "sms" }, { "channel": "sms" }])), (400, 60_200)),
        (with("workflow", json!([{ "channel": "sms", "wait": 5 }, { "channel": "call" }])), (400, 60_200)),
        (with("workflow", json!([{ "channel": "sms", "wait": 400 }, { "channel": "call" }])), (400, 60_200)),
        (with("workflow", json!([{ "channel": "sms", "wait": "soon" }])), (400, 60_200)),
        (with("workflow", json!(["sms", "email"])), (400, 60_200)),
        (with("workflow", json!(["sms", "pigeon"])), (403, 60_223)),
        (with("codeLength", json!(3)), (400, 60_200)),
        (with("ttl", json!(1)), (400, 60_200)),
        (with("maxAttempts", json!(99)), (400, 60_200)),
        (with("accountSid", json!("AC00000000000000000000000000000000")), (403, 20_006)),
        (json!([1]), (400, 20_426)),
    ] {
        assert_eq!(post(&world, who, "/2fa/send", &body).await.refused(), expected, "{body}");
    }
    let messages =
        world.app.messages(who.account.sid, &MessageFilter::default(), &<_>::default()).await.unwrap();
    assert!(messages.is_empty());
    let workflow = with("workflow", json!([{ "channel": "sms", "wait": 30 }]));
    post(&world, who, "/2fa/send", &workflow).await.ok();
}

#[tokio::test]
async fn a_code_and_what_carries_it_are_for_the_tag_of_the_request() {
    let world = World::new().await;
    let who = &world.child;
    let mut body = code_to(TO);
    body["tag"] = json!("login-page");
    post(&world, who, "/2fa/send", &body).await.ok();
    let service = world.post(who, "/v2/Services", &[("FriendlyName", "Acme")]).await.text("sid");
    let form = [("To", "+32470123457"), ("Channel", "sms"), ("Tag", "login-page")];
    assert_eq!(world.post(who, &format!("/v2/Services/{service}/Verifications"), &form).await.status, 201);
    let carrying =
        world.app.messages(who.account.sid, &MessageFilter::default(), &<_>::default()).await.unwrap();
    let tags = carrying.iter().map(|it| it.labels.as_ref().and_then(|labels| labels.tag.as_deref()));
    assert_eq!(tags.collect::<Vec<_>>(), [Some("login-page"); 2]);
    let day = world.app.today();
    let asked = format!(
        "/2010-04-01/Accounts/{}/Usage/Breakdown.json?By=tag&StartDate={day}&EndDate={day}",
        who.sid()
    );
    let shown = world.get(who, &asked).await.ok().json();
    let row = &shown["rows"][0];
    assert_eq!((&row["value"], &row["price"]), (&json!("login-page"), &json!("0.100000")), "{shown:#}");
    body["tag"] = json!("x".repeat(65));
    assert_eq!(post(&world, who, "/2fa/send", &body).await.status, 400);
}

#[tokio::test]
async fn a_code_costs_its_request_alone_where_the_plan_includes_what_brings_it() {
    use crate::subscription::tests::{noon, version};
    let world = World::new().await;
    let (parent, who) = (&world.root, &world.child);
    let included = [("delivery = \"charged\"", "delivery = \"included\"")];
    world.app.publish_plan(&version(2, "2026-11-01T00:00:00+01:00", &included)).await.unwrap();
    world.clock.set(noon("2026-11-10"));
    assert_eq!(world.order(who, &crate::tests::world::COMPANY).await, "active");
    let credit = format!("/restcomm/2012-04-24/Accounts/{}/Credit", who.sid());
    world.post(parent, &credit, &[("Mode", "prepaid")]).await.ok();
    let paid = [("Amount", "0.06"), ("Reference", "p1")];
    world.post(parent, &format!("{credit}/Payments"), &paid).await.ok();
    // A message of its own would cost more than there is.
    post(&world, who, "/2fa/send", &code_to(TO)).await.ok();
    let sent = world.app.messages(who.account.sid, &MessageFilter::default(), &<_>::default()).await.unwrap();
    let (mut message, mut changes) = (sent[0].clone(), flexio_store::ChangeSet::new());
    assert!(!message.is_granted);
    for event in [
        flexio_messaging::lifecycle::Event::Submitting { segment: 0 },
        flexio_messaging::lifecycle::Event::Accepted { segment: 0, carrier_id: "1".to_owned() },
    ] {
        delivery::apply(&world.app, &mut message, &event, &mut changes);
    }
    assert_eq!(message.price.map(|price| price.to_string()).as_deref(), Some("0.000000"));
    changes.push(flexio_store::Change::UpdateMessage(message));
    delivery::save(&world.app, changes).await.unwrap();
    let left = world.get(who, &format!("{credit}.json")).await.ok().text("available");
    assert_eq!(left, "0.010000", "0.06 less the request");
    assert!(world.app.prove_books(None).await.unwrap().holds());
}
