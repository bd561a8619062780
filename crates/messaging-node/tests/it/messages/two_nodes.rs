//! Two nodes on one PostgreSQL.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use flexio_app::legs;
use flexio_domain::{
    CallSid, Callback, CallbackState, MessageStatus, RecordingStatus, message::SegmentState,
};
use flexio_store::{Change, contract};
use flexio_store_postgres::PostgresStore;
use flexio_testkit::{
    postgres::Server,
    smsc::{Behaviour, Faults, Smsc},
};

use super::{OURS, PATIENCE, Platform, route, up, web::Web};

async fn two(server: &Server) -> (Platform, Platform) {
    let url = server.new_database().await;
    let store = async || Arc::new(PostgresStore::connect(&url).await.unwrap());
    let one = Platform::over(store().await).await;
    let other = one.beside(store().await);
    (one, other)
}

#[tokio::test(flavor = "multi_thread")]
async fn each_callback_goes_out_from_one_of_them() {
    let server = Server::start_quick();
    let (one, other) = two(&server).await;
    one.rent(OURS, <_>::default()).await;
    // Slow enough that each is seen by the other node while it is under way.
    let web = Web::slow(Duration::from_millis(400), |_| Some((200, String::new()))).await;
    let nodes =
        [one.node_named("a", vec![], true, |_| ()).await, other.node_named("b", vec![], true, |_| ()).await];
    let mut sent = Vec::new();
    // From 0100 on the sandbox delivers everything.
    for n in 100..140 {
        let platform = if n % 2 == 0 { &one } else { &other };
        sent.push(platform.send(&format!("+3247000{n:04}"), "twice?", Some(web.url("status"))).await.sid);
    }
    let mut told = 0;
    for sid in sent {
        one.until(sid, MessageStatus::Delivered).await;
        told += all_told(&one, &sid.to_string()).await;
    }
    let mut times: HashMap<String, usize> = HashMap::new();
    for asked in web.asked() {
        *times.entry(asked.headers["i-twilio-idempotency-token"].clone()).or_default() += 1;
    }
    let repeated = times.values().filter(|count| **count > 1).count();
    assert!(told >= 80, "{told} callbacks");
    assert_eq!((times.len(), repeated), (told, 0));
    drop(nodes);
    one.books_are_right().await;
}

/// Waits until all callbacks about a message were delivered: how many.
async fn all_told(platform: &Platform, subject: &str) -> usize {
    let waiting = async {
        loop {
            let about = platform.app.store.callbacks_about(platform.account.sid, subject).await.unwrap();
            if about.iter().all(|callback| callback.state == CallbackState::Delivered) {
                return about.len();
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(PATIENCE, waiting).await.expect("everything is told")
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_crashed_node_had_claimed_is_sent_by_the_other() {
    let server = Server::start_quick();
    let (one, other) = two(&server).await;
    let web = Web::pleased().await;
    // The first node claimed the callback and was gone.
    let callback = contract::callback(one.account.sid, "CA1", 0, 0);
    let webhook = super::webhook(web.url("claimed"));
    let now = one.app.clock.now();
    let callback = Callback { webhook, created_at: now, next_attempt_at: now, ..callback };
    one.app.store.commit(Change::QueueCallback(callback.clone()).into()).await.unwrap();
    let until = now.checked_add(jiff::SignedDuration::from_secs(2)).unwrap();
    assert_eq!(one.app.store.claim_callbacks(now, until, 10).await.unwrap().len(), 1);
    let node = other.node_named("b", vec![], false, |_| ()).await;
    web.until(1).await;
    assert!(other.app.clock.now() >= until, "not before the claim was over");
    assert_eq!(web.asked()[0].path, "claimed");
    drop(node);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_start_leaves_alone_what_the_other_node_is_doing() {
    let server = Server::start_quick();
    let (one, other) = two(&server).await;
    one.rent(OURS, <_>::default()).await;
    let silent = Faults { silent: 1_000, ..Faults::default() };
    let smsc = Smsc::start(Behaviour { faults: silent, ..Behaviour::default() }).await.unwrap();
    let mut patient = route("a", &smsc);
    patient.response_timeout_ms = 60_000;
    let first = one.node_named("a", vec![patient], false, |_| ()).await;
    up(&first, "a").await;
    let sent = one.send("+32470000001", "under way", None).await;
    tokio::time::timeout(PATIENCE, smsc.until(|record| record.taken.len() == 1)).await.expect("handed over");
    let mut recording = contract::recording(one.account.sid, CallSid::new());
    recording.status = RecordingStatus::InProgress;
    recording.node = Some("a".to_owned());
    one.app.store.commit(Change::CreateRecording(recording.clone()).into()).await.unwrap();

    assert_eq!(legs::recover(&other.app, "b").await.unwrap(), legs::Recovered::default());
    let second = other.node_named("b", vec![], false, |_| ()).await;
    assert_eq!(one.message(sent.sid).await.segment_states, [SegmentState::Submitted]);
    let kept = one.app.recording(one.account.sid, recording.sid).await.unwrap();
    assert_eq!(kept.status, RecordingStatus::InProgress);
    drop((first, second));

    // The node itself gives up what it had left open.
    assert_eq!(legs::recover(&one.app, "a").await.unwrap().recordings, 1);
    let again = one.node_named("a", vec![], false, |_| ()).await;
    assert_eq!(one.message(sent.sid).await.segment_states, [SegmentState::Unknown]);
    drop(again);
}
