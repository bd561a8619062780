//! More waits than can leave: a slow route, a stuck one, one that is down.

use std::time::Instant;

use flexio_domain::ErrorCode;
use flexio_messaging_node::config::SmppRoute;
use flexio_testkit::smsc::{Behaviour, Faults, Smsc};

use super::*;

/// Messages per second that leave by a route of 100/s with a queue of 4, of 500 that wait.
async fn pace() -> u128 {
    let platform = Platform::new().await;
    platform.rent(OURS, <_>::default()).await;
    for _ in 0..500 {
        platform.send("+32470000100", "campaign", None).await;
    }
    let smsc = Smsc::start(Behaviour::default()).await.unwrap();
    let slow = SmppRoute { window: 4, queue: 4, submits_per_s: 100, ..route("a", &smsc) };
    let node = platform.node(vec![slow], false).await;
    let taken = async |count: usize| {
        let all = smsc.until(|record| record.taken.len() >= count);
        tokio::time::timeout(PATIENCE, all).await.expect("they leave");
    };
    taken(50).await;
    let began = Instant::now();
    taken(450).await;
    let pace = 400_000 / began.elapsed().as_millis().max(1);
    node.stop().await;
    pace
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_small_queue_does_not_slow_a_route_down() {
    let mut paces = Vec::new();
    // A machine that is busy with other tests may spoil one; a dispatcher that sets messages aside spoils all.
    for _ in 0..3 {
        paces.push(pace().await);
        if paces.iter().any(|pace| *pace >= 90) {
            return;
        }
    }
    panic!("{paces:?} messages per second of 100");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_waits_for_a_stuck_route_hides_nothing_and_is_not_written_again() {
    let platform = Platform::new().await;
    platform.rent(OURS, <_>::default()).await;
    platform.rent(OTHER, <_>::default()).await;
    let silent = Faults { silent: 1_000, ..Faults::default() };
    let stuck = Smsc::start(Behaviour { faults: silent, ..Behaviour::default() }).await.unwrap();
    let free = Smsc::start(Behaviour::default()).await.unwrap();
    let to = |prefix: &str| vec![prefix.to_owned()];
    let routes = vec![
        SmppRoute {
            window: 4,
            queue: 4,
            response_timeout_ms: 60_000,
            prefixes: to("+32470"),
            ..route("stuck", &stuck)
        },
        SmppRoute { prefixes: to("+32490"), ..route("free", &free) },
    ];
    let node = platform.node_with(routes, false, |messages| messages.batch = 16).await;
    up(&node, "stuck").await;
    up(&node, "free").await;
    let mut waiting = Vec::new();
    for _ in 0..300 {
        waiting.push(platform.send("+32470000100", "campaign", None).await.sid);
    }
    let began = Instant::now();
    let others = platform.send("+32490000100", "another route", None).await;
    let inside = platform.send(OTHER, "on the platform", None).await;
    let nowhere = platform.send("+32480000100", "no route", None).await;
    platform.until(others.sid, MessageStatus::Delivered).await;
    platform.until(inside.sid, MessageStatus::Delivered).await;
    let failed = platform.until(nowhere.sid, MessageStatus::Failed).await;
    assert_eq!(failed.error, Some(ErrorCode::NoRoute));
    assert!(began.elapsed() < Duration::from_secs(9), "found as they came: {:?}", began.elapsed());
    let mut untouched = 0;
    for sid in waiting {
        let message = platform.message(sid).await;
        untouched += usize::from(message.version == 1 && message.status == MessageStatus::Queued);
    }
    assert_eq!(untouched, 292, "the window and the queue hold eight");
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backlog_waits_for_its_route_untouched_and_leaves_when_it_is_back() {
    let platform = Platform::new().await;
    platform.rent(OURS, <_>::default()).await;
    let closed = Behaviour { password: Some("right".to_owned()), ..Behaviour::default() };
    let smsc = Smsc::start(closed).await.unwrap();
    let node = platform.node_with(vec![route("a", &smsc)], false, |messages| messages.batch = 16).await;
    let mut sids = Vec::new();
    for _ in 0..200 {
        sids.push(platform.send("+32470000100", &"a long text ".repeat(20), None).await.sid);
    }
    // Binds are tried every 50 ms: long enough for several looks.
    let tries = smsc.until(|record| record.connections >= 50);
    tokio::time::timeout(PATIENCE, tries).await.expect("it goes on trying");
    for sid in &sids {
        let message = platform.message(*sid).await;
        assert_eq!((message.version, message.status), (1, MessageStatus::Queued));
    }
    smsc.behave(Behaviour::default());
    up(&node, "a").await;
    for sid in sids {
        platform.until(sid, MessageStatus::Delivered).await;
    }
    assert_eq!(smsc.record().taken.len(), 400);
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_of_more_segments_than_the_queue_holds_leaves() {
    let platform = Platform::new().await;
    platform.rent(OURS, <_>::default()).await;
    let smsc = Smsc::start(Behaviour::default()).await.unwrap();
    let small = SmppRoute { window: 2, queue: 2, ..route("a", &smsc) };
    let node = platform.node(vec![small], false).await;
    let sent = platform.send("+32470000100", &"seven segments ".repeat(70), None).await;
    assert_eq!(sent.segments, 7);
    platform.until(sent.sid, MessageStatus::Delivered).await;
    let mut parts: Vec<u8> = smsc.record().taken.iter().map(|one| one.octets[5]).collect();
    parts.sort_unstable();
    assert_eq!(parts, [1, 2, 3, 4, 5, 6, 7], "each once");
    node.stop().await;
}
