//! The route task against a fake SMSC over real sockets.

mod faults;
mod peer;
mod tls;

use std::time::Duration;

use flexio_messaging_node::smpp_client::{SmppClient, SmppEvent, SmppHandle, SmppNews, SmppRoute};
use flexio_smpp::{
    Address, DownReason, NotSentReason, Outcome, ReceiptState, Secret, SessionConfig, SubmitKey,
    SubmitRequest,
};
use flexio_testkit::smsc::{Behaviour, Smsc};
use tokio::sync::mpsc::{self, Receiver};

/// Long enough for a loaded machine, short enough to notice a hang.
const PATIENCE: Duration = Duration::from_secs(30);

fn route(smsc: &Smsc) -> SmppRoute {
    SmppRoute {
        name: String::from("test"),
        host: smsc.address().ip().to_string(),
        port: smsc.address().port(),
        tls: None,
        session: SessionConfig {
            system_id: String::from("flexio"),
            password: Secret::new("secret"),
            reconnect: (Duration::from_millis(10), Duration::from_millis(50)),
            ..SessionConfig::default()
        },
        queue: 100,
    }
}

fn request(text: &str) -> SubmitRequest {
    SubmitRequest {
        from: Address::short_code("8640"),
        to: Address::international("32470000001"),
        udh: vec![],
        sar: None,
        payload: text.as_bytes().to_vec(),
        data_coding: 0,
        receipt: true,
        validity: None,
    }
}

/// A route that is up, and its events.
async fn up(route: SmppRoute) -> (SmppHandle, Receiver<SmppEvent>) {
    let (sender, mut events) = mpsc::channel(1_000);
    let handle = SmppClient::start(route, sender).unwrap();
    assert!(matches!(next(&mut events).await, SmppNews::Up));
    (handle, events)
}

async fn next(events: &mut Receiver<SmppEvent>) -> SmppNews {
    tokio::time::timeout(PATIENCE, events.recv())
        .await
        .expect("no event came")
        .expect("the route is gone")
        .news
}

async fn until(smsc: &Smsc, seen: impl Fn(&flexio_testkit::smsc::Record) -> bool) {
    tokio::time::timeout(PATIENCE, smsc.until(seen)).await.expect("the SMSC never saw it");
}

#[tokio::test]
async fn a_segment_goes_out_as_given_and_its_receipt_is_answered_when_it_is_durable() {
    let smsc = Smsc::start(Behaviour::default()).await.unwrap();
    let (handle, mut events) = up(route(&smsc)).await;
    let segment = SubmitRequest { udh: vec![5, 0, 3, 7, 2, 1], data_coding: 8, ..request("hello") };
    handle.submit(SubmitKey(42), segment).await.unwrap();

    let SmppNews::Submitted {
        key: SubmitKey(42),
        outcome: Outcome::Accepted { message_id: Some(id) },
        late: false,
    } = next(&mut events).await
    else {
        panic!("not accepted")
    };
    let SmppNews::Receipt { receipt, ack } = next(&mut events).await else { panic!("no receipt") };
    assert_eq!((receipt.message_id, receipt.state), (Some(id), ReceiptState::Delivered));

    // Nothing was answered on its own: the round trip of another submit proves that there was time to.
    handle.submit(SubmitKey(43), SubmitRequest { receipt: false, ..request("x") }).await.unwrap();
    assert!(matches!(next(&mut events).await, SmppNews::Submitted { key: SubmitKey(43), .. }));
    assert!(smsc.record().delivery_answers.is_empty());
    ack.accept();
    until(&smsc, |record| record.delivery_answers == [(1, 0)]).await;

    let taken = &smsc.record().taken[0];
    assert_eq!(taken.from, (3, 0, String::from("8640")));
    assert_eq!(taken.to, (1, 1, String::from("32470000001")));
    assert_eq!((taken.esm_class, taken.data_coding, taken.registered_delivery), (0x40, 8, 1));
    assert_eq!(taken.octets, b"\x05\x00\x03\x07\x02\x01hello");
}

#[tokio::test]
async fn deliveries_not_made_durable_are_asked_for_again() {
    let smsc = Smsc::start(Behaviour::default()).await.unwrap();
    let (_handle, mut events) = up(route(&smsc)).await;
    for text in ["dropped", "rejected", "accepted"] {
        assert!(smsc.send_mo("32470000001", "8640", 0, 0, text.as_bytes()).await);
        let SmppNews::Mo { mo, ack } = next(&mut events).await else { panic!("no message") };
        assert_eq!(mo.payload, text.as_bytes());
        match text {
            "dropped" => drop(ack),
            "rejected" => ack.reject(),
            _ => ack.accept(),
        }
    }
    until(&smsc, |record| record.delivery_answers == [(1, 0x64), (2, 0x65), (3, 0)]).await;
}

#[tokio::test]
async fn a_wrong_password_is_told_and_submits_come_back_unsent() {
    let smsc = Smsc::start(Behaviour { password: Some(String::from("other")), ..Behaviour::default() })
        .await
        .unwrap();
    let (sender, mut events) = mpsc::channel(10);
    let handle = SmppClient::start(route(&smsc), sender).unwrap();
    let SmppNews::Down { reason, .. } = next(&mut events).await else { panic!("not down") };
    assert_eq!(reason, DownReason::BindRefused(0x0E));
    handle.submit(SubmitKey(1), request("x")).await.unwrap();
    loop {
        match next(&mut events).await {
            SmppNews::Submitted { key: SubmitKey(1), outcome, .. } => {
                assert_eq!(outcome, Outcome::NotSent(NotSentReason::NotBound));
                break;
            }
            SmppNews::Down { .. } => {}
            other => panic!("{other:?}"),
        }
    }
    assert!(smsc.record().taken.is_empty());
}

#[tokio::test]
async fn a_route_comes_back_after_the_smsc_unbinds_or_vanishes() {
    let smsc = Smsc::start(Behaviour::default()).await.unwrap();
    let (handle, mut events) = up(route(&smsc)).await;
    for (end, expected) in [("unbind", DownReason::UnboundByPeer), ("cut", DownReason::Lost)] {
        let told = if end == "unbind" { smsc.unbind().await } else { smsc.cut().await };
        assert!(told);
        let SmppNews::Down { reason, .. } = next(&mut events).await else { panic!("not down") };
        assert_eq!(reason, expected);
        assert!(matches!(next(&mut events).await, SmppNews::Up));
    }
    handle.submit(SubmitKey(1), request("x")).await.unwrap();
    assert!(matches!(next(&mut events).await, SmppNews::Submitted { outcome: Outcome::Accepted { .. }, .. }));
}

#[tokio::test]
async fn closing_waits_for_open_answers_unbinds_and_gives_back_the_queue() {
    let smsc = Smsc::start(Behaviour { receipt_after: None, ..Behaviour::default() }).await.unwrap();
    let (handle, mut events) = up(route(&smsc)).await;
    for key in 0..50 {
        handle.submit(SubmitKey(key), request("x")).await.unwrap();
    }
    handle.close();
    let (mut accepted, mut back) = (0, 0);
    loop {
        match next(&mut events).await {
            SmppNews::Submitted { outcome: Outcome::Accepted { .. }, .. } => accepted += 1,
            SmppNews::Submitted { outcome: Outcome::NotSent(_), .. } => back += 1,
            SmppNews::Stopped => break,
            other => panic!("{other:?}"),
        }
    }
    assert!(events.recv().await.is_none(), "Stopped is the last word");
    assert_eq!(accepted + back, 50);
    assert_eq!(smsc.record().taken.len(), accepted);
    assert_eq!(smsc.record().unbinds, 1);
    assert!(handle.submit(SubmitKey(99), request("x")).await.is_err());
    tokio::time::timeout(PATIENCE, handle.ended()).await.unwrap();
}

#[tokio::test]
async fn a_route_ends_when_its_last_handle_is_dropped() {
    let smsc = Smsc::start(Behaviour::default()).await.unwrap();
    let (handle, mut events) = up(route(&smsc)).await;
    drop(handle);
    assert!(matches!(next(&mut events).await, SmppNews::Stopped));
    assert!(events.recv().await.is_none());
    assert_eq!(smsc.record().unbinds, 1);
}

#[tokio::test]
async fn a_slow_receiver_of_events_slows_the_route_and_loses_nothing() {
    const MESSAGES: u64 = 2_000;
    let smsc = Smsc::start(Behaviour::default()).await.unwrap();
    let mut slow = route(&smsc);
    slow.session.window = 100;
    // Far less than what comes at once: none may be refused for it.
    slow.session.unanswered_deliveries_max = 20;
    let (sender, mut events) = mpsc::channel(1);
    let handle = SmppClient::start(slow, sender).unwrap();
    assert!(matches!(next(&mut events).await, SmppNews::Up));
    let feeder = tokio::spawn(async move {
        for key in 0..MESSAGES {
            handle.submit(SubmitKey(key), request("x")).await.unwrap();
        }
        handle
    });
    let (mut outcomes, mut receipts) = (0, 0);
    while outcomes < MESSAGES || receipts < MESSAGES {
        tokio::task::yield_now().await;
        match next(&mut events).await {
            SmppNews::Submitted { outcome: Outcome::Accepted { .. }, .. } => outcomes += 1,
            SmppNews::Receipt { ack, .. } => {
                ack.accept();
                receipts += 1;
            }
            other => panic!("{other:?}"),
        }
    }
    feeder.await.unwrap().close();
    until(&smsc, |record| record.delivery_answers.len() == 2_000).await;
    assert!(smsc.record().delivery_answers.iter().all(|(_, status)| *status == 0));
}
