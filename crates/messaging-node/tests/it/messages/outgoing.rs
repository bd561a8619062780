//! Messages that go out.

use std::{collections::HashMap, sync::Arc, time::Duration};

use flexio_app::{AppConfig, CreateAccount, CreateMessage};
use flexio_domain::{
    ErrorCode, MessageDirection, MessageStatus, Pii, UsageLabel, UsageLabels, message::SegmentState,
};
use flexio_messaging::udh;
use flexio_messaging_node::config::{NationalTable, SmppRoute, carried};
use flexio_store_sqlite::SqliteStore;
use flexio_testkit::smsc::{Behaviour, Faults, Smsc, Taken};

use super::{OTHER, OURS, PATIENCE, Platform, WallClock, app_with, route, up, web::Web};

#[tokio::test]
async fn a_message_of_three_segments_is_delivered_charged_once_and_told_in_order() {
    let platform = Platform::new().await;
    platform.rent(OURS, <_>::default()).await;
    let smsc = Smsc::start(Behaviour::default()).await.unwrap();
    let web = Web::pleased().await;
    let node = platform.node(vec![route("a", &smsc)], false).await;
    let body = "Żółć ".repeat(30);
    let labels = UsageLabels { tag: Some("support".to_owned()), ..UsageLabels::default() };
    let callback = Some(web.url("status"));
    let sent = platform.send_with("+32470000100", &body, callback, |new| new.labels = labels).await;
    let delivered = platform.until(sent.sid, MessageStatus::Delivered).await;
    assert_eq!(delivered.segments, 3);
    assert_eq!(delivered.route.as_deref(), Some("a"));
    assert!(delivered.price.unwrap().micros() > 0);
    let taken = smsc.record().taken;
    assert_eq!(taken.len(), 3);
    let text: Vec<u16> = taken
        .iter()
        .flat_map(|one| {
            one.octets[6..].chunks(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]])).collect::<Vec<_>>()
        })
        .collect();
    assert_eq!(String::from_utf16(&text).unwrap(), body);
    assert!(
        taken.iter().all(|one| one.data_coding == 8 && one.esm_class == 0x40 && one.to.2 == "32470000100")
    );

    web.until(3).await;
    assert_eq!(web.values("status", "MessageStatus"), ["sending", "sent", "delivered"]);
    let last = web.asked().pop().unwrap();
    let sid = sent.sid.to_string();
    for (name, value) in
        [("MessageSid", sid.as_str()), ("SmsSid", &sid), ("SmsStatus", "delivered"), ("From", OURS)]
    {
        assert_eq!(last.param(name), value, "{name}");
    }
    // As the carrier's receipt said it, and with no state that is no receipt's.
    assert_eq!(web.values("status", "RawDlrDoneDate"), ["", "", "2611231200"]);
    assert!(last.headers.contains_key("x-twilio-signature"));
    assert!(last.headers.contains_key("i-twilio-idempotency-token"));
    assert_eq!(platform.usage().await, [(format!("{sid}:accepted"), "sms.out".to_owned(), 3)]);
    assert_eq!(platform.carriers().await, [Some("a".to_owned())]);
    for (label, value) in [(UsageLabel::Number, OURS), (UsageLabel::Tag, "support")] {
        assert_eq!(platform.usage_by(label).await, [(value.to_owned(), 3)]);
    }
    platform.books_are_right().await;
    node.drain(PATIENCE).await;
    assert_eq!(smsc.record().unbinds, 1, "a drained route says good-bye");
    node.stop().await;
}

#[tokio::test]
async fn a_text_in_language_tables_leaves_in_as_many_segments_as_are_charged() {
    let smsc = Smsc::start(Behaviour::default()).await.unwrap();
    let turkish = SmppRoute { national_tables: vec![NationalTable::Turkish], ..route("a", &smsc) };
    let language_tables = carried(std::slice::from_ref(&turkish));
    let config = AppConfig { sandbox: true, language_tables, ..AppConfig::default() };
    let store = Arc::new(SqliteStore::open_in_memory_for_test().unwrap());
    let app = app_with(store, Arc::new(WallClock), config);
    let (account, _) = app.create_root_account("Top", None).await.unwrap();
    let platform = Platform { app, account };
    platform.rent(OURS, <_>::default()).await;
    let node = platform.node(vec![turkish], false).await;
    let body = "Randevunuz yarın, şubemizde. ".repeat(5);
    let sent = platform.send("+32470000100", &body, None).await;
    let delivered = platform.until(sent.sid, MessageStatus::Delivered).await;
    assert_eq!(delivered.segments, 1, "three as UCS-2");
    let taken = smsc.record().taken;
    let [one] = taken.as_slice() else { panic!("{taken:?}") };
    assert_eq!((one.data_coding, one.esm_class), (0, 0x40));
    let (place, septets) = udh::split(&one.octets).unwrap();
    assert_eq!((place, udh::tables(&one.octets).decode(septets)), (None, body));
    assert_eq!(platform.usage().await, [(format!("{}:accepted", sent.sid), "sms.out".to_owned(), 1)]);
    node.stop().await;
}

#[tokio::test]
async fn receipts_that_come_early_and_twice_change_nothing_twice() {
    let platform = Platform::new().await;
    platform.rent(OURS, <_>::default()).await;
    let faults = Faults { receipt_twice: 1_000, ..Faults::default() };
    let smsc = Smsc::start(Behaviour { receipt_first: true, faults, ..Behaviour::default() }).await.unwrap();
    let web = Web::pleased().await;
    let node = platform.node(vec![route("a", &smsc)], false).await;
    let mut sids = Vec::new();
    for n in 0..50 {
        sids.push(platform.send(&format!("+324700001{n:02}"), "Hello", Some(web.url("status"))).await.sid);
    }
    for sid in &sids {
        platform.until(*sid, MessageStatus::Delivered).await;
    }
    // Two statuses may become one when the receipt was there first; none comes twice and none goes back.
    let answers =
        tokio::time::timeout(PATIENCE, smsc.until(|record| record.delivery_answers.len() >= 100)).await;
    answers.expect("every receipt is answered");
    assert!(smsc.record().delivery_answers.iter().all(|(_, status)| *status == 0));
    node.drain(PATIENCE).await;
    for sid in &sids {
        let told: Vec<String> = web
            .asked()
            .iter()
            .filter(|asked| asked.param("MessageSid") == sid.to_string())
            .map(|asked| asked.param("MessageStatus").to_owned())
            .collect();
        let order = ["sending", "sent", "delivered"];
        let places: Vec<usize> = told.iter().map(|s| order.iter().position(|o| o == s).unwrap()).collect();
        assert!(places.windows(2).all(|pair| pair[0] < pair[1]), "{told:?}");
        assert_eq!(told.last().map(String::as_str), Some("delivered"));
    }
    assert_eq!(platform.usage().await.len(), 50);
    platform.books_are_right().await;
}

#[tokio::test]
async fn throttled_messages_are_tried_again_and_none_is_sent_twice() {
    let platform = Platform::new().await;
    platform.rent(OURS, <_>::default()).await;
    let faults = Faults { seed: 3, throttled: 300, ..Faults::default() };
    let smsc = Smsc::start(Behaviour { faults, ..Behaviour::default() }).await.unwrap();
    let node = platform.node(vec![route("a", &smsc)], false).await;
    let mut sids = Vec::new();
    for n in 0..20 {
        sids.push(platform.send(&format!("+324700001{n:02}"), &"long ".repeat(60), None).await.sid);
    }
    for sid in sids {
        platform.until(sid, MessageStatus::Delivered).await;
    }
    assert_eq!(smsc.record().taken.len(), 40);
    assert!(smsc.record().faults > 0, "the fault was not met");
    drop(node);
}

#[tokio::test]
async fn a_few_messages_do_not_wait_behind_another_accounts_campaign() {
    few_behind_a_campaign(4).await;
}

/// Every look of the dispatcher that finds room is followed by one that finds none.
#[tokio::test]
async fn a_few_messages_have_their_turn_also_where_there_is_room_for_one_at_a_time() {
    few_behind_a_campaign(1).await;
}

/// 400 messages of one account wait for a slow route that takes `room` at once, then come three of another.
async fn few_behind_a_campaign(room: u16) {
    let platform = Platform::new().await;
    platform.rent(OURS, <_>::default()).await;
    let child = CreateAccount { friendly_name: Some("Small".to_owned()), ..CreateAccount::default() };
    let small = platform.app.create_account(&platform.account, child, &|_| None).await.unwrap();
    let smsc = Smsc::start(Behaviour::default()).await.unwrap();
    let slow = SmppRoute { window: room, queue: usize::from(room), submits_per_s: 100, ..route("a", &smsc) };
    let node = platform.node_with(vec![slow], false, |messages| messages.batch = 16).await;
    up(&node, "a").await;
    for _ in 0..400 {
        platform.send("+32470000100", "campaign", None).await;
    }
    let few: Vec<String> = (0..3).map(|n| format!("+3247000020{n}")).collect();
    for to in &few {
        let (from, body) = ("8640".parse().unwrap(), Pii("few".to_owned()));
        let to = to.parse().unwrap();
        let new = CreateMessage::new(Some(from), to, body, MessageDirection::OutboundApi, "2010-04-01");
        platform.app.create_message(&small, new, &|_| None).await.unwrap();
    }
    let before = smsc.record().taken.len();
    let is_few = |one: &Taken| few.contains(&format!("+{}", one.to.2));
    let all = smsc.until(|record| record.taken.iter().filter(|one| is_few(one)).count() == few.len());
    tokio::time::timeout(PATIENCE, all).await.expect("the few are sent");
    let last = smsc.record().taken.iter().rposition(is_few).unwrap();
    assert!(last < before + 60, "the last of the few was number {last}, and {before} were before");
    node.stop().await;
}

/// Sends messages against an SMSC that takes them and loses the answers, and proves that none was written twice.
async fn at_most_once(faults: Faults) {
    let platform = Platform::new().await;
    platform.rent(OURS, <_>::default()).await;
    let smsc = Smsc::start(Behaviour { faults, ..Behaviour::default() }).await.unwrap();
    let node = platform.node(vec![route("a", &smsc)], false).await;
    for n in 0..100 {
        platform.send(&format!("+324700002{n:02}"), "once", None).await;
    }
    // Every message is decided, or waits for a receipt that will not come: what was in a window when the connection was cut may not
    // even have been read.
    let settled = async {
        loop {
            let all = platform.messages().await;
            let open = |s: &SegmentState| matches!(s, SegmentState::Waiting | SegmentState::Submitted);
            if !all.iter().any(|m| m.status < MessageStatus::Sending || m.segment_states.iter().any(open)) {
                return all;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    let all = tokio::time::timeout(PATIENCE, settled).await.expect("every outcome is known or unknown");
    node.drain(PATIENCE).await;
    let mut copies: HashMap<String, usize> = HashMap::new();
    for taken in smsc.record().taken {
        *copies.entry(taken.to.2).or_default() += 1;
    }
    assert!(copies.values().all(|count| *count == 1), "none is sent twice");
    for message in all.iter().filter(|m| m.segment_states[0] != SegmentState::Unknown) {
        assert!(
            copies.contains_key(message.to.number().unwrap().digits()),
            "what is known to be sent was sent"
        );
    }
    assert!(smsc.record().faults > 0, "the fault was not met");
    let unknown = all.iter().filter(|m| m.segment_states[0] == SegmentState::Unknown).count();
    assert!(unknown > 0 && all.iter().all(|m| m.status != MessageStatus::Failed), "{unknown} unknown");
}

#[tokio::test]
async fn lost_answers_make_outcomes_unknown_and_nothing_is_sent_again() {
    at_most_once(Faults { seed: 5, silent: 200, ..Faults::default() }).await;
}

#[tokio::test]
async fn connections_cut_in_the_middle_of_an_answer_send_nothing_again() {
    at_most_once(Faults { seed: 7, cut_mid_pdu: 50, cut: 50, ..Faults::default() }).await;
}

#[tokio::test]
async fn refusals_fail_a_message_and_a_missing_route_says_so() {
    let platform = Platform::new().await;
    platform.rent(OURS, <_>::default()).await;
    let faults = Faults { refused: 1_000, ..Faults::default() };
    let smsc = Smsc::start(Behaviour { faults, ..Behaviour::default() }).await.unwrap();
    let mut belgian = route("be", &smsc);
    belgian.prefixes = vec!["+3247".to_owned()];
    let node = platform.node(vec![belgian], false).await;
    let web = Web::pleased().await;
    let refused = platform.send("+32470000100", "no", Some(web.url("status"))).await;
    let failed = platform.until(refused.sid, MessageStatus::Failed).await;
    assert_eq!(failed.error, Some(ErrorCode::DeliveryUnknown));
    assert_eq!(failed.price.map(flexio_domain::Money::micros), Some(0), "a refused message costs nothing");
    web.until(2).await;
    assert_eq!(web.values("status", "ErrorCode"), ["", "30008"]);
    let elsewhere = platform.send("+32480000100", "no route", None).await;
    let failed = platform.until(elsewhere.sid, MessageStatus::Failed).await;
    assert_eq!(failed.error, Some(ErrorCode::NoRoute));
    drop(node);
}

#[tokio::test]
async fn a_message_waits_for_its_route_and_takes_the_next_one_when_there_is() {
    let platform = Platform::new().await;
    platform.rent(OURS, <_>::default()).await;
    let (first, second) =
        (Smsc::start(Behaviour::default()).await.unwrap(), Smsc::start(Behaviour::default()).await.unwrap());
    let mut dead = route("first", &first);
    dead.password = "wrong".into();
    first.behave(Behaviour { password: Some("right".to_owned()), ..Behaviour::default() });
    let mut spare = route("second", &second);
    spare.priority = 1;
    let node = platform.node(vec![dead, spare], false).await;
    up(&node, "second").await;
    let seen = node.route_watch().routes();
    let stands = |at: usize| (seen[at].name.as_str(), seen[at].is_up, seen[at].since.is_some());
    assert_eq!((stands(0), stands(1), seen.len()), (("first", false, false), ("second", true, true), 2));
    let sent = platform.send("+32470000100", "failover", None).await;
    let delivered = platform.until(sent.sid, MessageStatus::Delivered).await;
    assert_eq!(delivered.route.as_deref(), Some("second"));
    assert_eq!((first.record().taken.len(), second.record().taken.len()), (0, 1));
    drop(node);

    let mut only = route("first", &first);
    only.password = "wrong".into();
    let node = platform.node(vec![only], false).await;
    let sent = platform.send("+32470000101", "later", None).await;
    // Withdrawn while it waits: nobody sends it after that.
    platform.app.cancel_message(&platform.account, sent.sid).await.unwrap();
    first.behave(Behaviour::default());
    up(&node, "first").await;
    let next = platform.send("+32470000102", "now", None).await;
    platform.until(next.sid, MessageStatus::Delivered).await;
    assert_eq!(platform.message(sent.sid).await.status, MessageStatus::Canceled);
    assert_eq!(first.record().taken.len(), 1);
}

#[tokio::test]
async fn the_sandbox_does_what_the_last_digits_say() {
    let platform = Platform::new().await;
    platform.rent(OURS, <_>::default()).await;
    platform.rent(OTHER, <_>::default()).await;
    let node = platform.node(vec![], true).await;
    let table = [
        ("+32470000001", MessageStatus::Failed, Some(30007)),
        ("+32470000002", MessageStatus::Sent, None),
        ("+32470000003", MessageStatus::Undelivered, Some(30003)),
        ("+32470000005", MessageStatus::Undelivered, Some(30005)),
        ("+32470000006", MessageStatus::Undelivered, Some(30006)),
        ("+32470000008", MessageStatus::Delivered, None),
        ("+32470000009", MessageStatus::Delivered, None),
        ("+32470000100", MessageStatus::Delivered, None),
    ];
    let mut sids = Vec::new();
    for (to, _, _) in table {
        sids.push(platform.send(to, "sandbox", None).await.sid);
    }
    for (sid, (to, status, error)) in sids.into_iter().zip(table) {
        let message = platform.until(sid, status).await;
        assert_eq!(message.error.map(ErrorCode::number), error, "{to}");
        assert_eq!(message.route.as_deref(), Some("sandbox"));
    }
    platform.books_are_right().await;
    drop(node);
}

#[tokio::test]
async fn a_message_whose_validity_ends_without_a_receipt_is_undelivered() {
    let platform = Platform::new().await;
    platform.rent(OURS, <_>::default()).await;
    // Accepted long ago, its answer lost: as a sweep finds it.
    let sent = platform.send_with("+32470000100", "old", None, |new| new.validity_s = Some(1)).await;
    let mut old = platform.message(sent.sid).await;
    old.status = MessageStatus::Sending;
    old.segment_states = vec![SegmentState::Unknown];
    old.route = Some("a".to_owned());
    old.created_at = "2026-01-01T00:00:00Z".parse().unwrap();
    platform.app.store.commit(flexio_store::Change::UpdateMessage(old).into()).await.unwrap();
    let node = platform.node(vec![], true).await;
    let message = platform.until(sent.sid, MessageStatus::Undelivered).await;
    assert_eq!(message.error, Some(ErrorCode::DeliveryUnknown));
    assert_eq!(platform.usage().await, [], "what nobody is known to have taken is free");
    drop(node);
}
