//! Messages that come in, and what applications make of them.

use std::time::Duration;

use flexio_domain::{MessageDirection, MessageStatus, WebhookSet};
use flexio_testkit::smsc::{Behaviour, Smsc};

use super::{
    OTHER, OURS, PATIENCE, Platform, answered_by, route, up,
    web::{VISITS, Web},
    webhook,
};

fn document(verbs: &str) -> (u16, String) {
    (200, format!("<Response>{verbs}</Response>"))
}

#[tokio::test]
async fn an_incoming_message_is_kept_then_answered_then_its_application_replies() {
    let platform = Platform::new().await;
    let web = Web::start(|asked| match asked.path.as_str() {
        "sms" => {
            Some(document("<Message action=\"/after\" statusCallback=\"/status\">You said it</Message>"))
        }
        "after" => Some(document("<Redirect>/more</Redirect>")),
        "more" => Some(document("<Say>cannot</Say><Message>And more</Message>")),
        _ => Some((200, String::new())),
    })
    .await;
    platform.rent(OURS, answered_by(web.url("sms"))).await;
    let smsc = Smsc::start(Behaviour::default()).await.unwrap();
    let node = platform.node(vec![route("a", &smsc)], false).await;
    up(&node, "a").await;
    let to = OURS.trim_start_matches('+');
    assert!(smsc.send_mo("+32470000777", to, 0, 0, b"Hello").await);
    tokio::time::timeout(PATIENCE, smsc.until(|record| record.taken.len() == 2)).await.expect("two replies");
    tokio::time::timeout(PATIENCE, smsc.until(|r| r.delivery_answers.len() >= 3))
        .await
        .expect("all answered");

    let asked = web.asked();
    let first = asked.iter().find(|asked| asked.path == "sms").unwrap();
    for (name, value) in [
        ("From", "+32470000777"),
        ("To", OURS),
        ("Body", "Hello"),
        ("NumMedia", "0"),
        ("NumSegments", "1"),
        ("SmsStatus", "received"),
        ("ApiVersion", "2010-04-01"),
    ] {
        assert_eq!(first.param(name), value, "{name}");
    }
    let messages = platform.messages().await;
    assert_eq!(first.param("MessageSid"), messages[0].sid.to_string());
    assert_eq!(first.param("SmsMessageSid"), first.param("SmsSid"));
    let after = asked.iter().find(|asked| asked.path == "after").unwrap();
    assert_eq!(after.param("MessageSid"), messages[1].sid.to_string());
    assert_eq!((after.param("MessageStatus"), after.param("SmsStatus")), ("sent", "sent"));
    assert_eq!(messages[1].direction, MessageDirection::OutboundReply);
    assert_eq!(
        (messages[1].from.to_string(), messages[1].to.to_string()),
        (OURS.to_owned(), "+32470000777".to_owned())
    );
    platform.until(messages[0].sid, MessageStatus::Received).await;
    platform.until(messages[2].sid, MessageStatus::Delivered).await;
    assert_eq!(
        platform.notifications().await,
        [14_110],
        "a verb that cannot answer a message is skipped and told"
    );
    let usage = platform.usage().await;
    assert!(
        usage.iter().any(|(id, kind, _)| *id == format!("{}:received", messages[0].sid) && kind == "sms.in")
    );
    platform.books_are_right().await;
    drop(node);
}

#[tokio::test]
async fn the_fallback_is_asked_once_with_the_cause() {
    let platform = Platform::new().await;
    let web = Web::start(|asked| match asked.path.as_str() {
        "broken" => Some((500, String::new())),
        _ => Some(document("<Message>Saved</Message>")),
    })
    .await;
    let sms = WebhookSet {
        primary: Some(webhook(web.url("broken"))),
        fallback: Some(webhook(web.url("fallback"))),
    };
    platform.rent(OURS, sms).await;
    let node = platform.node(vec![], true).await;
    let sid = node.sandbox_receive("+32470000777", OURS, "Hello").await.unwrap();
    platform.until(sid, MessageStatus::Received).await;
    assert_eq!(web.values("fallback", "ErrorCode"), ["11200"]);
    assert_eq!(web.values("fallback", "ErrorUrl"), [web.url("broken")]);
    assert_eq!(platform.notifications().await, [11_200]);
    assert_eq!(platform.messages().await.len(), 2);
    drop(node);
}

#[tokio::test]
async fn documents_that_lead_on_for_ever_are_stopped() {
    let platform = Platform::new().await;
    let web = Web::start(|asked| {
        let number: u32 = asked.path.parse().unwrap();
        Some(document(&format!("<Redirect>/{}</Redirect>", number + 1)))
    })
    .await;
    platform.rent(OURS, answered_by(web.url("1"))).await;
    let node = platform.node(vec![], true).await;
    let sid = node.sandbox_receive("+32470000777", OURS, "Hello").await.unwrap();
    platform.until(sid, MessageStatus::Received).await;
    let numbers: Vec<u32> = web.asked().iter().map(|asked| asked.path.parse().unwrap()).collect();
    assert_eq!(numbers, (1..=51).collect::<Vec<_>>());
    assert_eq!(platform.notifications().await, [11_215]);
    drop(node);
}

#[tokio::test]
async fn a_message_between_two_numbers_of_the_platform_never_leaves_it() {
    let platform = Platform::new().await;
    let web = Web::start(|_| Some(document("<Message>Back</Message>"))).await;
    platform.rent(OURS, <_>::default()).await;
    platform.rent(OTHER, answered_by(web.url("other"))).await;
    // No route and no sandbox: anything that left would fail.
    let node = platform.node(vec![], false).await;
    let sent = platform.send(OTHER, &"x".repeat(200), Some(web.url("status"))).await;
    let delivered = platform.until(sent.sid, MessageStatus::Delivered).await;
    assert_eq!(delivered.route, None);
    let back = async {
        loop {
            let all = platform.messages().await;
            if all.len() == 4 && all.iter().all(|message| message.status.is_final()) {
                return all;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    let all = tokio::time::timeout(PATIENCE, back).await.expect("there and back");
    let inbound: Vec<_> = all.iter().filter(|m| m.direction == MessageDirection::Inbound).collect();
    assert_eq!(inbound.iter().map(|m| m.body.0.len()).collect::<Vec<_>>(), [200, 4]);
    assert_eq!(inbound[0].segments, 2);
    web.until(3).await;
    node.drain(PATIENCE).await;
    assert_eq!(web.values("status", "MessageStatus"), ["sending", "sent", "delivered"]);
    platform.books_are_right().await;
}

#[tokio::test]
async fn a_message_sent_again_after_a_broken_connection_is_one_message() {
    let platform = Platform::new().await;
    platform.rent(OURS, <_>::default()).await;
    let smsc = Smsc::start(Behaviour::default()).await.unwrap();
    let node = platform.node(vec![route("a", &smsc)], false).await;
    up(&node, "a").await;
    let to = OURS.trim_start_matches('+');
    assert!(smsc.send_mo("32470000777", to, 0, 0, b"once").await);
    tokio::time::timeout(PATIENCE, smsc.until(|record| record.delivery_answers.len() == 1))
        .await
        .expect("kept");
    // The carrier did not see our answer.
    assert!(smsc.cut().await);
    tokio::time::timeout(PATIENCE, smsc.until(|record| record.binds == 2)).await.expect("bound again");
    assert!(smsc.send_mo("32470000777", to, 0, 0, b"once").await);
    assert!(smsc.send_mo("32470000777", to, 0, 0, b"twice").await);
    tokio::time::timeout(PATIENCE, smsc.until(|record| record.delivery_answers.len() == 3))
        .await
        .expect("answered");
    let bodies: Vec<String> = platform.messages().await.into_iter().map(|message| message.body.0).collect();
    assert_eq!(bodies, ["once", "twice"]);
    drop(node);
}

#[tokio::test]
async fn a_long_injected_message_comes_in_whole_and_strangers_are_refused() {
    let platform = Platform::new().await;
    platform.rent(OURS, <_>::default()).await;
    let node = platform.node(vec![], true).await;
    let body = "€ and ż, ".repeat(40);
    let sid = node.sandbox_receive("+32470000777", OURS, &body).await.unwrap();
    let message = platform.message(sid).await;
    assert_eq!((message.body.0.as_str(), message.segments), (body.as_str(), 6));
    assert_eq!(message.status, MessageStatus::Received, "there is nobody to ask");
    assert!(node.sandbox_receive("+32470000777", "+3225889999", "hello?").await.is_err());
    drop(node);
}

#[tokio::test]
async fn a_conversation_keeps_its_cookies_and_no_other_has_them() {
    let platform = Platform::new().await;
    let web = Web::start(|_| Some((200, String::new()))).await;
    platform.rent(OURS, answered_by(web.url(VISITS))).await;
    let node = platform.node(vec![], true).await;
    for (requests, from) in (1..).zip(["+32470000771", "+32470000772", "+32470000771", "+32470000772"]) {
        // Another text each time: the same one again would be taken for the one before.
        node.sandbox_receive(from, OURS, &format!("Hello {requests}")).await.unwrap();
        web.until(requests).await;
    }
    let asked = web.asked();
    let cookies: Vec<_> = asked.iter().map(|asked| asked.headers.get("cookie").map(String::as_str)).collect();
    assert_eq!(cookies, [None, None, Some("visit=1"), Some("visit=2")]);
    drop(node);
}
