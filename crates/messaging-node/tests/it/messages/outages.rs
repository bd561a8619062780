//! A database that goes away in the middle, and a receiver that is away for an hour.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicI64, Ordering},
    },
    time::Duration,
};

use flexio_app::{AppConfig, CreateMessage};
use flexio_domain::{
    Clock, Message, MessageDirection, MessageSid, MessageStatus, Pii, Timestamp, message::SegmentState,
};
use flexio_store_postgres::PostgresStore;
use flexio_store_sqlite::SqliteStore;
use flexio_testkit::{
    postgres::Server,
    smsc::{Behaviour, Smsc},
};

use super::{
    OURS, PATIENCE, Platform, app_with, route, up,
    web::{Asked, Web},
};

const MESSAGES: usize = 300;

/// A message as a program asks for it that asks again until it is told that it was taken.
async fn insist(platform: &Platform, sid: MessageSid, body: &str) {
    let (from, to) = (OURS.parse::<flexio_domain::Address>().unwrap(), "+32470000100".parse().unwrap());
    let body = Pii(body.to_owned());
    let new = CreateMessage {
        sid: Some(sid),
        ..CreateMessage::new(from, to, body, MessageDirection::OutboundApi, "2010-04-01")
    };
    while platform.app.create_message(&platform.account, new.clone(), &|_| None).await.is_err() {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// The carrier has it. This one does not send a receipt again that could not be kept, so some stay so.
fn is_taken(message: &Message) -> bool {
    matches!(message.status, MessageStatus::Sent | MessageStatus::Delivered)
}

/// Waits until nothing is under way, except for what lost its answer.
async fn at_rest(platform: &Platform) -> Vec<Message> {
    let is_lost = |message: &Message| message.segment_states.contains(&SegmentState::Unknown);
    let seen = Mutex::new(Vec::new());
    let resting = async {
        loop {
            let filter = flexio_store::MessageFilter::default();
            let page = flexio_store::Page { limit: 1_000, ..<_>::default() };
            let all = platform.app.store.messages(platform.account.sid, &filter, &page).await;
            let rests =
                |message: &Message| message.status.is_final() || is_taken(message) || is_lost(message);
            if let Ok(all) = &all
                && all.len() == MESSAGES
                && all.iter().all(rests)
            {
                return all.clone();
            }
            *seen.lock().unwrap() = all.map_or_else(
                |error| vec![error.to_string()],
                |all| all.iter().filter(|it| !rests(it)).map(|it| format!("{it:?}")).collect(),
            );
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    let rested = tokio::time::timeout(PATIENCE * 2, resting).await;
    rested.unwrap_or_else(|_| panic!("not at rest: {:#?}", seen.lock().unwrap()))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_is_killed_under_load_loses_no_message_and_doubles_none() {
    let server = Server::start_own();
    let store = Arc::new(PostgresStore::connect(&server.new_database().await).await.unwrap());
    let platform = Arc::new(Platform::over(store).await);
    platform.rent(OURS, <_>::default()).await;
    let smsc = Smsc::start(Behaviour::default()).await.unwrap();
    let mut settings = route("a", &smsc);
    settings.response_timeout_ms = 5_000;
    settings.submits_per_s = 150;
    let node = platform.node(vec![settings], false).await;
    up(&node, "a").await;
    let asking = Arc::clone(&platform);
    let asked = tokio::spawn(async move {
        for n in 0..MESSAGES {
            insist(&asking, MessageSid::new(), &format!("message {n}")).await;
        }
    });
    for share in [MESSAGES / 6, MESSAGES / 2] {
        tokio::time::timeout(PATIENCE, smsc.until(move |record| record.taken.len() >= share)).await.unwrap();
        server.kill();
        server.restart();
    }
    tokio::time::timeout(PATIENCE * 2, asked).await.expect("all are taken").unwrap();
    let all = at_rest(&platform).await;
    let mut taken: HashMap<String, usize> = HashMap::new();
    for submit in smsc.record().taken {
        *taken.entry(String::from_utf8(submit.octets).unwrap()).or_default() += 1;
    }
    for (text, times) in &taken {
        assert_eq!(*times, 1, "the carrier got it {times} times: {text}");
    }
    let sent: Vec<&Message> = all.iter().filter(|message| is_taken(message)).collect();
    for message in &sent {
        assert!(taken.contains_key(&message.body.0), "never sent: {}", message.body.0);
    }
    assert!(all.iter().all(|it| it.status != MessageStatus::Failed), "nothing failed: it waited");
    let window = 10;
    let least = MESSAGES - 2 * window;
    assert!(sent.len() >= least, "{} of {MESSAGES}: only what was in a window may be unknown", sent.len());
    // What lost its answer is under way still: there is nothing to wait for.
    node.drain(Duration::from_secs(1)).await;
    platform.books_are_right().await;
}

/// The wall clock, some seconds ahead.
#[derive(Debug, Default)]
struct AheadClock(AtomicI64);

impl Clock for AheadClock {
    fn now(&self) -> Timestamp {
        let ahead = jiff::SignedDuration::from_secs(self.0.load(Ordering::Relaxed));
        Timestamp::now().checked_add(ahead).unwrap()
    }
}

/// Waits until the first callback about each message was tried so often, and that is kept.
async fn tried(platform: &Platform, sent: &[MessageSid], tries: u32) {
    let are_tried = async {
        for sid in sent {
            loop {
                let of = platform.app.store.callbacks_about(platform.account.sid, &sid.to_string()).await;
                if of.unwrap().iter().any(|callback| callback.attempts >= tries) {
                    break;
                }
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        }
    };
    tokio::time::timeout(PATIENCE, are_tried).await.expect("each is tried again");
}

#[tokio::test]
async fn a_receiver_that_is_away_for_an_hour_hears_every_state_in_order_when_it_is_back() {
    let clock = Arc::new(AheadClock::default());
    let store = Arc::new(SqliteStore::open_in_memory_for_test().unwrap());
    let app = app_with(store, Arc::clone(&clock) as _, AppConfig { sandbox: true, ..AppConfig::default() });
    let (account, _) = app.create_root_account("Top", None).await.unwrap();
    let platform = Platform { app, account };
    platform.rent(OURS, <_>::default()).await;
    let is_back = Arc::new(AtomicBool::new(false));
    let taken: Arc<Mutex<Vec<Asked>>> = Arc::default();
    let (answers, takes) = (Arc::clone(&is_back), Arc::clone(&taken));
    let web = Web::start(move |asked| {
        if !answers.load(Ordering::Relaxed) {
            return Some((503, String::new()));
        }
        takes.lock().unwrap().push(asked.clone());
        Some((200, String::new()))
    })
    .await;
    let adjust = |messages: &mut flexio_messaging_node::config::Messages| {
        messages.callback_retry = flexio_outbound::RetryPolicy::default();
    };
    let node = platform.node_with(vec![], true, adjust).await;
    let mut sent = Vec::new();
    for n in 100..105 {
        sent.push(platform.send(&format!("+3247000{n:04}"), "hello", Some(web.url("status"))).await.sid);
    }
    for sid in &sent {
        platform.until(*sid, MessageStatus::Delivered).await;
    }
    // More than an hour; each step is longer than the wait before the next try can be.
    for (tries, step_s) in (1..).zip([16, 31, 61, 121, 241, 481, 961, 1_921]) {
        tried(&platform, &sent, tries).await;
        clock.0.fetch_add(step_s, Ordering::Relaxed);
        platform.app.wake.callbacks.notify_one();
    }
    tried(&platform, &sent, 9).await;
    is_back.store(true, Ordering::Relaxed);
    // The longest wait there is.
    clock.0.fetch_add(5_400, Ordering::Relaxed);
    let told = async {
        loop {
            platform.app.wake.callbacks.notify_one();
            let mut all = Vec::new();
            for sid in &sent {
                all.extend(
                    platform.app.store.callbacks_about(platform.account.sid, &sid.to_string()).await.unwrap(),
                );
            }
            if all.iter().all(|one| one.state == flexio_domain::CallbackState::Delivered) {
                return all.len();
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let callbacks = tokio::time::timeout(PATIENCE, told).await.expect("all are told");
    node.drain(PATIENCE).await;
    let heard = taken.lock().unwrap().clone();
    assert_eq!(heard.len(), callbacks, "each once, now that it answers");
    for sid in sent {
        let of = heard.iter().filter(|asked| asked.param("MessageSid") == sid.to_string());
        let states: Vec<&str> = of.map(|asked| asked.param("MessageStatus")).collect();
        let order = ["sending", "sent", "delivered"];
        let places: Vec<_> = states.iter().map(|s| order.iter().position(|o| o == s).expect(s)).collect();
        assert!(places.is_sorted_by(|a, b| a < b), "{states:?}");
        assert_eq!(states.last(), Some(&"delivered"));
    }
}
