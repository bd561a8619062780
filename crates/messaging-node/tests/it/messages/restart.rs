//! The process ends without a word and starts again on the same database.

use std::{collections::HashMap, time::Duration};

use flexio_domain::{ErrorCode, MessageStatus, message::SegmentState};
use flexio_testkit::smsc::{Behaviour, Faults, Smsc};

use super::{OURS, PATIENCE, Platform, answered_by, route, up, web::Web};

#[tokio::test]
async fn what_was_handed_over_is_not_handed_over_again_and_what_was_not_goes_on() {
    let platform = Platform::new().await;
    platform.rent(OURS, <_>::default()).await;
    let silent = Faults { silent: 1_000, ..Faults::default() };
    let smsc = Smsc::start(Behaviour { faults: silent, ..Behaviour::default() }).await.unwrap();
    let mut narrow = route("a", &smsc);
    narrow.window = 3;
    narrow.response_timeout_ms = 60_000;
    let node = platform.node(vec![narrow.clone()], false).await;
    for n in 0..10 {
        platform.send(&format!("+324700003{n:02}"), "restart", None).await;
    }
    tokio::time::timeout(PATIENCE, smsc.until(|record| record.taken.len() == 3)).await.expect("a window");
    // Those that waited in memory behind the window are submitted as far as the database knows.
    drop(node);
    for n in 10..15 {
        platform.send(&format!("+324700003{n:02}"), "restart", None).await;
    }
    smsc.behave(Behaviour::default());
    let node = platform.node(vec![narrow], false).await;
    up(&node, "a").await;
    let last = platform.messages().await;
    for message in last.iter().skip(10) {
        platform.until(message.sid, MessageStatus::Delivered).await;
    }
    let mut copies: HashMap<String, usize> = HashMap::new();
    for taken in smsc.record().taken {
        *copies.entry(taken.to.2).or_default() += 1;
    }
    assert!(copies.values().all(|count| *count == 1), "{copies:?}");
    let unknown =
        platform.messages().await.into_iter().filter(|m| m.segment_states == [SegmentState::Unknown]);
    let unknown: Vec<MessageStatus> = unknown.map(|m| m.status).collect();
    assert!(unknown.len() >= 3 && unknown.iter().all(|status| *status == MessageStatus::Sending));
    assert_eq!(platform.notifications().await, vec![30_008; unknown.len()], "one warning for each");
    drop(node);
}

#[tokio::test]
async fn an_application_that_was_not_asked_is_asked_after_the_restart() {
    let platform = Platform::new().await;
    let hung = Web::start(|_| None).await;
    platform.rent(OURS, answered_by(hung.url("hung"))).await;
    let node = platform.node(vec![], true).await;
    let sid = node.sandbox_receive("+32470000777", OURS, "anyone?").await.unwrap();
    hung.until(1).await;
    drop(node);
    assert_eq!(platform.message(sid).await.status, MessageStatus::Receiving);
    let node = platform.node(vec![], true).await;
    hung.until(2).await;
    let tokens: Vec<_> =
        hung.asked().iter().map(|asked| asked.headers.get("i-twilio-idempotency-token").cloned()).collect();
    assert!(tokens[0].is_some() && tokens[0] == tokens[1], "the same token each time: {tokens:?}");
    // The failed fetch ends it: it was asked.
    platform.until(sid, MessageStatus::Received).await;
    assert!(platform.notifications().await.contains(&11_200));
    drop(node);
}

#[tokio::test]
async fn a_reply_sent_before_a_crash_is_not_sent_again_when_the_application_is_asked_again() {
    let platform = Platform::new().await;
    // The redirect is never answered: the crash comes after the replies and before the mark that the application was asked.
    let web = Web::start(|asked| match asked.path.as_str() {
        "sms" => Some((
            200,
            "<Response><Message>one</Message><Message>two</Message><Redirect>/hung</Redirect></Response>"
                .into(),
        )),
        "hung" => None,
        _ => Some((200, String::new())),
    })
    .await;
    platform.rent(OURS, answered_by(web.url("sms"))).await;
    let mut nodes = 0;
    while nodes < 3 {
        let node = platform.node(vec![], true).await;
        if nodes == 0 {
            node.sandbox_receive("+32470000777", OURS, "hello").await.unwrap();
        }
        nodes += 1;
        web.until(2 * nodes).await;
        drop(node);
    }
    let all = platform.messages().await;
    assert_eq!(all[0].status, MessageStatus::Receiving, "no node got as far as the mark");
    let bodies: Vec<&str> = all.iter().map(|message| message.body.0.as_str()).collect();
    assert_eq!(bodies, ["hello", "one", "two"], "asked three times, answered three times, sent once");
    platform.books_are_right().await;
}

#[tokio::test]
async fn parts_kept_before_a_restart_join_those_that_come_after() {
    let platform = Platform::new().await;
    platform.rent(OURS, <_>::default()).await;
    let smsc = Smsc::start(Behaviour::default()).await.unwrap();
    let node = platform.node(vec![route("a", &smsc)], false).await;
    up(&node, "a").await;
    let to = OURS.trim_start_matches('+');
    assert!(smsc.send_mo("32470000777", to, 0x40, 0, &[5, 0, 3, 9, 2, 1, b'H', b'e']).await);
    tokio::time::timeout(PATIENCE, smsc.until(|record| record.delivery_answers.len() == 1))
        .await
        .expect("kept");
    drop(node);
    let node = platform.node(vec![route("a", &smsc)], false).await;
    up(&node, "a").await;
    tokio::time::timeout(PATIENCE, smsc.until(|record| record.binds == 2)).await.expect("bound again");
    // The first part comes again, as after an answer that was lost, and then the second.
    for (sequence, text) in [(1, b"He"), (2, b"y!")] {
        let octets = [&[5, 0, 3, 9, 2, sequence][..], text].concat();
        assert!(smsc.send_mo("32470000777", to, 0x40, 0, &octets).await);
    }
    let whole = async {
        loop {
            if let [message] = &platform.messages().await[..] {
                return message.clone();
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    let message = tokio::time::timeout(PATIENCE, whole).await.expect("it was joined");
    assert_eq!((message.body.0.as_str(), message.segments), ("Hey!", 2));
    drop(node);
}

#[tokio::test]
async fn a_message_of_which_no_other_part_comes_after_a_restart_is_delivered_as_far_as_it_came() {
    let platform = Platform::new().await;
    let web = Web::pleased().await;
    platform.rent(OURS, answered_by(web.url("sms"))).await;
    let smsc = Smsc::start(Behaviour::default()).await.unwrap();
    let node = platform.node(vec![route("a", &smsc)], false).await;
    up(&node, "a").await;
    let to = OURS.trim_start_matches('+');
    for (sequence, text) in [(1, b"He"), (3, b"y!")] {
        let octets = [&[5, 0, 3, 9, 3, sequence][..], text].concat();
        assert!(smsc.send_mo("32470000777", to, 0x40, 0, &octets).await);
    }
    tokio::time::timeout(PATIENCE, smsc.until(|r| r.delivery_answers.len() == 2)).await.expect("kept");
    drop(node);
    // Two nodes find it, one of which has no such route: one of them delivers it.
    let nodes = [
        platform.node_with(vec![route("a", &smsc)], false, |messages| messages.part_wait_s = 1).await,
        platform.node_with(vec![], false, |messages| messages.part_wait_s = 1).await,
    ];
    web.until(1).await;
    let kept = async { while !platform.app.store.waiting_mo_parts(("", 0), 9).await.unwrap().is_empty() {} };
    tokio::time::timeout(PATIENCE, kept).await.expect("the parts are gone");
    let [message] = &platform.messages().await[..] else { panic!("one message") };
    assert_eq!((message.body.0.as_str(), message.segments, message.route.as_deref()), ("Hey!", 2, Some("a")));
    assert_eq!(message.error, Some(ErrorCode::MissingSegment));
    platform.until(message.sid, MessageStatus::Received).await;
    drop(nodes);
}
