//! The process ends without a word and starts again on the same database.

use std::{collections::HashMap, time::Duration};

use flexio_domain::{MessageStatus, message::SegmentState};
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
    assert!(unknown.map(|m| m.status).all(|status| status == MessageStatus::Sending));
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
