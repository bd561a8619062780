//! The carrier's SMSC dies in the middle of a load and comes back: every accepted message ends in a state that is true, and nothing that it
//! took is sent again.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use flexio_e2e::eventually;
use flexio_e2e::flexio::Setup;
use flexio_e2e::smsc::Smsc;
use flexio_e2e::web::Web;
use serde_json::Value;

const MESSAGES: usize = 240;
/// It dies once it has taken so many.
const UNTIL_DEATH: usize = 60;
const SENDERS: usize = 6;

fn recipient(number: usize) -> String {
    format!("+3247011{number:04}")
}

fn to(event: &Value) -> String {
    format!("+{}", event["to"].as_str().unwrap().trim_start_matches('+'))
}

/// A message is at rest when it is over, when it says that the carrier's answer was lost, or when its receipt died with the carrier.
fn is_at_rest(message: &Value, first: &[Value]) -> bool {
    match message["status"].as_str() {
        Some("delivered" | "undelivered" | "failed") => true,
        Some("sending") => !message["unknown_segments"].is_null(),
        Some("sent") => first.iter().any(|event| to(event) == message["to"].as_str().unwrap()),
        _ => false,
    }
}

/// States of each message as they were told, in the order of their telling.
fn told(web: &Web) -> HashMap<String, Vec<String>> {
    let mut told: HashMap<String, Vec<String>> = HashMap::new();
    for request in web.asked("/status") {
        let states = told.entry(request.param("MessageSid").to_owned()).or_default();
        states.push(request.param("MessageStatus").to_owned());
    }
    told
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_smsc_that_is_killed_and_restarted_in_mid_load_loses_no_message_and_gets_none_twice() {
    let (smsc, web) = (Smsc::start(20).await, Web::start().await);
    let flexio = Setup::default().config(&smsc.route()).start().await;
    smsc.bound().await;
    let number = flexio.rest.rent(&[]).await;
    let senders: Vec<_> = (0..SENDERS)
        .map(|sender| {
            let (rest, from, callback) = (flexio.rest.clone(), number.clone(), web.url("/status"));
            tokio::spawn(async move {
                for at in (sender..MESSAGES).step_by(SENDERS) {
                    let (to, body) = (recipient(at), format!("number {at}"));
                    let form = [
                        ("From", from.as_str()),
                        ("To", &to),
                        ("Body", &body),
                        ("StatusCallback", &callback),
                    ];
                    rest.post("/Messages.json", &form).await;
                }
            })
        })
        .collect();
    smsc.wait("a load", |all| {
        (all.iter().filter(|e| e["event"] == "submit").count() >= UNTIL_DEATH).then_some(())
    })
    .await;
    let port = smsc.port;
    let first = smsc.kill().await;
    tokio::time::sleep(Duration::from_millis(500)).await;
    // As every carrier does, it goes on counting where it was.
    let again = Smsc::again(port, 20, 100_000).await;
    for sender in senders {
        sender.await.unwrap();
    }
    let rows = eventually("all messages are at rest", || async {
        let rows = flexio.rest.all("/Messages", "messages").await;
        (rows.len() == MESSAGES && rows.iter().all(|row| is_at_rest(row, &first))).then_some(rows)
    })
    .await;
    let second = again.submits();
    let taken: Vec<String> = first.iter().chain(&second).map(to).collect();
    let once: HashSet<&String> = taken.iter().collect();
    assert_eq!(once.len(), taken.len(), "a message was submitted twice");
    assert!(first.len() >= UNTIL_DEATH && !second.is_empty(), "{} and {}", first.len(), second.len());
    for row in &rows {
        let status = row["status"].as_str().unwrap();
        let was_taken = once.contains(&row["to"].as_str().unwrap().to_owned());
        assert!(status != "failed" && status != "undelivered", "{row}");
        // What says delivered or sent was taken; what was never taken cannot have been given up either, but with its answer lost.
        assert!(was_taken || status == "sending", "{row}");
        let in_second = second.iter().any(|event| to(event) == row["to"].as_str().unwrap());
        assert!(!in_second || status == "delivered" || status == "sent", "{row}");
    }
    let delivered = rows.iter().filter(|row| row["status"] == "delivered").count();
    assert!(delivered >= MESSAGES - first.len(), "{delivered} of {MESSAGES}");
    let order = ["sending", "sent", "delivered"];
    let told = eventually("all deliveries are told", || async {
        let told = told(&web);
        let ends =
            told.values().filter(|states| states.last().is_some_and(|last| last == "delivered")).count();
        (ends >= delivered).then_some(told)
    })
    .await;
    for (sid, states) in told {
        let places: Vec<_> =
            states.iter().filter_map(|state| order.iter().position(|one| one == state)).collect();
        assert!(places.is_sorted(), "{sid}: {states:?}");
    }
}
