//! E-mail.

use flexio_app::{AppConfig, EmailPolicy, EmailSender};
use flexio_domain::*;
use flexio_messaging::email::Outcome;

use crate::ApiConfig;
use crate::tests::world::{Customer, Reply, World};

async fn world(per_account_day: u32) -> World {
    let email = EmailPolicy {
        from: Some("Flexio <noreply@flexio.test>".parse().unwrap()),
        senders: vec![EmailSender { domain: "acme.test".to_owned(), account: None }],
        per_account_day,
    };
    World::with(AppConfig { sandbox: true, email, ..AppConfig::default() }, ApiConfig::default()).await
}

fn path(who: &Customer) -> String {
    format!("/restcomm/2012-04-24/Accounts/{}/Email/Messages", who.sid())
}

const GOOD: [(&str, &str); 4] = [
    ("From", "Acme <info@acme.test>"),
    ("To", "ann@example.test, Bob <bob@example.test>"),
    ("Subject", "Hello"),
    ("Body", "Your order has left."),
];

fn with<'a>(changed: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let kept = GOOD.into_iter().filter(|(name, _)| changed.iter().all(|(other, _)| other != name));
    kept.chain(changed.iter().copied().filter(|(_, value)| !value.is_empty())).collect()
}

async fn send(world: &World, who: &Customer, changed: &[(&str, &str)]) -> Reply {
    world.post(who, &format!("{}.json", path(who)), &with(changed)).await
}

#[tokio::test]
async fn an_email_is_taken_and_its_text_is_seen_once() {
    let world = world(10).await;
    let who = &world.child;
    let long = "s".repeat(170);
    let changed =
        [("BCC", "eve@example.test,ann@example.test"), ("Type", "text/html"), ("Subject", long.as_str())];
    let made = send(&world, who, &changed).await.ok().json();
    assert_eq!(
        (made["status"].as_str(), made["body"].as_str()),
        (Some("queued"), Some("Your order has left."))
    );
    assert_eq!(made["subject"].as_str().map(str::len), Some(160));
    assert_eq!(made["recipients"].as_array().unwrap().len(), 3, "each address once: {made}");
    let sid = made["sid"].as_str().unwrap();
    let one = world.get(who, &format!("{}/{sid}.json", path(who))).await.ok().json();
    assert_eq!((one["sid"].as_str(), one["body"].as_str()), (Some(sid), None));
    assert_eq!(one["to"], "ann@example.test, Bob <bob@example.test>");
    let xml = world.post(who, &path(who), &with(&[])).await.ok().body;
    assert!(xml.contains("<EmailMessage><Sid>EM"), "{xml}");
    let listed = world.get(who, &format!("{}.json", path(who))).await.ok().json();
    assert_eq!(listed["total"], 2, "{listed}");
}

#[tokio::test]
async fn what_is_wrong_is_refused_and_nothing_is_kept() {
    let world = world(10).await;
    let who = &world.child;
    let many: Vec<String> = (0..51).map(|n| format!("r{n}@example.test")).collect();
    let (many, large) = (many.join(","), "x".repeat(256 * 1024 + 1));
    for (changed, expected) in [
        (("From", ""), (400, 20_440)),
        (("To", ""), (400, 20_440)),
        (("Subject", ""), (400, 20_440)),
        (("Body", ""), (400, 20_440)),
        (("To", "nobody"), (400, 20_440)),
        (("To", many.as_str()), (400, 20_440)),
        (("CC", "ann@example.test\r\nBcc: x@y.test"), (400, 20_440)),
        (("Subject", "Hello\r\nBcc: x@y.test"), (400, 20_440)),
        (("From", "Acme\n <info@acme.test>"), (400, 20_440)),
        (("Body", large.as_str()), (400, 20_440)),
        (("From", "info@bank.test"), (403, 20_441)),
        (("From", "info@sub.acme.test"), (403, 20_441)),
        (("RecordingSid", "RE00000000000000000000000000000001"), (400, 20_440)),
        (("Type", "application/pdf"), (400, 20_001)),
    ] {
        assert_eq!(send(&world, who, &[changed]).await.refused(), expected, "{}", changed.0);
    }
    assert_eq!(world.app.count_emails(who.account.sid, <_>::default()).await.unwrap(), 0);
    let without = World::new().await;
    assert_eq!(send(&without, &without.child, &[]).await.refused(), (403, 20_442));
}

#[tokio::test]
async fn an_account_has_its_day() {
    let world = world(2).await;
    for _ in 0..2 {
        send(&world, &world.child, &[]).await.ok();
    }
    assert_eq!(send(&world, &world.child, &[]).await.refused(), (429, 20_429));
    send(&world, &world.sibling, &[]).await.ok();
    world.clock.advance(86_401);
    send(&world, &world.child, &[]).await.ok();
}

#[tokio::test]
async fn the_owner_is_told_what_came_of_it() {
    let world = world(10).await;
    let who = &world.child;
    let made = send(&world, who, &[("StatusCallback", "https://app.test/mail")]).await.ok().text("sid");
    let now = world.app.clock.now();
    let email = world.app.store.claim_emails(now, now, 10).await.unwrap().remove(0);
    assert_eq!(world.app.email_body(&email).unwrap(), "Your order has left.");
    let outcomes = vec![Outcome::Accepted, Outcome::Refused("550 no such user".to_owned())];
    world.app.email_tried(email, outcomes, None).await.unwrap();
    let one = world.get(who, &format!("{}/{made}.json", path(who))).await.ok().json();
    assert_eq!((one["status"].as_str(), one["error_code"].as_u64()), (Some("partially_sent"), Some(20_443)));
    assert_eq!(one["recipients"][1]["reason"], "550 no such user");
    let told = world.app.store.callbacks_about(who.account.sid, &made).await.unwrap();
    let params: Vec<_> = told[0].params.iter().map(|(name, value)| format!("{name}={value}")).collect();
    assert!(params.contains(&"EmailStatus=partially_sent".to_owned()), "{params:?}");
    assert!(params.contains(&"ErrorCode=20443".to_owned()), "{params:?}");
    let notified = world.get(who, &format!("/2010-04-01/Accounts/{}/Notifications.json", who.sid())).await;
    assert_eq!(notified.ok().json()["notifications"][0]["error_code"], "14121");
    let kept = world.app.email(who.account.sid, made.parse::<EmailSid>().unwrap()).await.unwrap();
    assert_eq!(kept.sealed_body, None);
}
