//! Status callbacks: at least once, in order, nobody held up by others.

use std::{
    sync::atomic::{AtomicUsize, Ordering},
    time::{Duration, Instant},
};

use flexio_domain::{Callback, CallbackState, RequestSid, Timestamp};
use flexio_store::{Change, ChangeSet};

use super::{PATIENCE, Platform, web::Web, webhook};

impl Platform {
    /// Queues callbacks: subject, sequence, URL.
    async fn queue(&self, callbacks: &[(String, u32, String)]) {
        let now = Timestamp::now();
        let mut changes = ChangeSet::new();
        for (subject, sequence, url) in callbacks {
            changes.push(Change::QueueCallback(Callback {
                sid: RequestSid::new(),
                account_sid: self.account.sid,
                subject: subject.clone(),
                sequence: *sequence,
                webhook: webhook(url.clone()),
                params: vec![
                    ("Subject".to_owned(), subject.clone()),
                    ("Sequence".to_owned(), sequence.to_string()),
                ],
                state: CallbackState::Pending,
                attempts: 0,
                next_attempt_at: now,
                last_error: None,
                created_at: now,
            }));
        }
        self.app.store.commit(changes).await.unwrap();
        self.app.wake.callbacks.notify_one();
    }

    async fn states(&self, subject: &str) -> Vec<(CallbackState, u32)> {
        let all = self.app.store.callbacks_about(self.account.sid, subject).await.unwrap();
        all.into_iter().map(|callback| (callback.state, callback.attempts)).collect()
    }
}

#[tokio::test]
async fn a_failing_receiver_gets_every_callback_in_order_with_one_token_per_event() {
    let platform = Platform::new().await;
    let calls = AtomicUsize::new(0);
    let web = Web::start(move |_| {
        let status = if calls.fetch_add(1, Ordering::Relaxed) < 2 { 503 } else { 200 };
        Some((status, String::new()))
    })
    .await;
    let node = platform.node(vec![], true).await;
    let subject = "SMone".to_owned();
    let all: Vec<_> = (0..4).map(|n| (subject.clone(), n, web.url("x"))).collect();
    platform.queue(&all).await;
    web.until(6).await;
    node.drain(PATIENCE).await;
    assert_eq!(web.values("x", "Sequence"), ["0", "0", "0", "1", "2", "3"]);
    let tokens: Vec<_> =
        web.asked().iter().map(|a| a.headers["i-twilio-idempotency-token"].clone()).collect();
    assert!(tokens[0] == tokens[1] && tokens[1] == tokens[2] && tokens[2] != tokens[3]);
    let delivered = CallbackState::Delivered;
    assert_eq!(
        platform.states(&subject).await,
        [(delivered, 3), (delivered, 1), (delivered, 1), (delivered, 1)]
    );
}

#[tokio::test]
async fn a_receiver_that_says_gone_is_not_asked_again() {
    let platform = Platform::new().await;
    let web = Web::start(|_| Some((410, String::new()))).await;
    let node = platform.node(vec![], true).await;
    platform.queue(&[("SMgone".to_owned(), 0, web.url("x"))]).await;
    web.until(1).await;
    node.drain(PATIENCE).await;
    assert_eq!(platform.states("SMgone").await, [(CallbackState::Dropped, 1)]);
    drop(node);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_receiver_that_never_answers_does_not_hold_up_the_others() {
    let platform = Platform::new().await;
    let dead = Web::start(|_| None).await;
    let web = Web::pleased().await;
    let node = platform.node(vec![], true).await;
    let mut all: Vec<_> = (0..2_000).map(|n| (format!("SMdead{n}"), 0, dead.url("x"))).collect();
    platform.queue(&std::mem::take(&mut all)).await;
    dead.until(1).await;
    let start = Instant::now();
    platform.queue(&(0..100).map(|n| (format!("SMlive{n}"), 0, web.url("x"))).collect::<Vec<_>>()).await;
    web.until(100).await;
    assert!(start.elapsed() < Duration::from_secs(10), "{:?}", start.elapsed());
    drop(node);
}
