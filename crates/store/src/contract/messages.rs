//! Messages, carrier ids, incoming parts.

use super::*;
use crate::{Change as C, MessageFilter, Page, Span, Waiting};
use flexio_domain::*;

pub async fn a_message_reads_as_it_was_written(store: Arc<dyn Store>) {
    let written = message(AccountSid::new());
    put(&store, C::CreateMessage(written.clone())).await;
    assert!(is_conflict(&try_put(&store, C::CreateMessage(written.clone())).await));
    assert_eq!(store.message(written.account_sid, written.sid).await.unwrap(), Some(written));
}

pub async fn a_message_updated_at_an_old_version_is_a_conflict(store: Arc<dyn Store>) {
    let written = message(AccountSid::new());
    put(&store, C::CreateMessage(written.clone())).await;
    let sent = Message { status: MessageStatus::Sent, sent_at: Some(at(40)), ..written.clone() };
    put(&store, C::UpdateMessage(sent.clone())).await;
    assert!(is_conflict(&try_put(&store, C::UpdateMessage(written)).await));
    let expected = Message { version: 2, ..sent };
    assert_eq!(store.message(expected.account_sid, expected.sid).await.unwrap(), Some(expected));
}

pub async fn a_deleted_message_is_gone_and_cannot_be_deleted_again(store: Arc<dyn Store>) {
    let written = message(AccountSid::new());
    put(&store, C::CreateMessage(written.clone())).await;
    put(&store, C::DeleteMessage(written.account_sid, written.sid)).await;
    assert_eq!(store.message(written.account_sid, written.sid).await.unwrap(), None);
    assert!(is_conflict(&try_put(&store, C::DeleteMessage(written.account_sid, written.sid)).await));
    assert!(is_conflict(&try_put(&store, C::UpdateMessage(written)).await));
}

pub async fn messages_are_filtered_and_counted(store: Arc<dyn Store>) {
    let owner = AccountSid::new();
    let queued = message(owner);
    let sent = Message {
        from: address("8640"),
        to: address("+32470999999"),
        status: MessageStatus::Sent,
        created_at: at(100),
        sent_at: Some(at(110)),
        ..message(owner)
    };
    let incoming =
        Message { direction: MessageDirection::Inbound, status: MessageStatus::Received, ..message(owner) };
    put_all(&store, [&queued, &sent, &incoming].map(|message| C::CreateMessage(message.clone()))).await;
    let check = async |filter: MessageFilter, expected: &[&Message]| {
        let found = store.messages(owner, &filter, &Page::default()).await.unwrap();
        assert_eq!(found.iter().collect::<Vec<_>>(), expected, "{filter:?}");
        assert_eq!(store.count_messages(owner, &filter).await.unwrap(), expected.len() as u64, "{filter:?}");
    };
    let any = MessageFilter::default;
    check(any(), &[&incoming, &sent, &queued]).await;
    check(MessageFilter { from: Some("8640".to_owned()), ..any() }, &[&sent]).await;
    check(MessageFilter { to: Some("+32470123456".to_owned()), ..any() }, &[&incoming, &queued]).await;
    check(MessageFilter { status: Some(MessageStatus::Queued), ..any() }, &[&queued]).await;
    let created = Span { from: Some(at(100)), until: Some(at(101)) };
    check(MessageFilter { created, ..any() }, &[&sent]).await;
    let sent_span = Span { from: Some(at(110)), until: None };
    check(MessageFilter { sent: sent_span, ..any() }, &[&sent]).await;
    check(MessageFilter { sent: Span { from: None, until: Some(at(110)) }, ..any() }, &[]).await;
}

pub async fn a_text_search_takes_wildcards_literally(store: Arc<dyn Store>) {
    let written = message(AccountSid::new());
    put(&store, C::CreateMessage(written.clone())).await;
    for (needle, hits) in [("100% veilig", 1), ("🔒", 1), ("1%0", 0), ("c_de", 0), ("\"", 0), ("code is", 1)]
    {
        let filter = MessageFilter { body_contains: Some(needle.to_owned()), ..MessageFilter::default() };
        assert_eq!(store.count_messages(written.account_sid, &filter).await.unwrap(), hits, "{needle}");
    }
}

pub async fn queued_outgoing_messages_are_due_in_order_of_time(store: Arc<dyn Store>) {
    let owner = AccountSid::new();
    let at_30 = message(owner);
    let at_20 = Message { next_attempt_at: Some(at(20)), ..message(AccountSid::new()) };
    let at_once = Message { next_attempt_at: None, ..message(owner) };
    let later = Message { next_attempt_at: Some(at(31)), ..message(owner) };
    let incoming = Message { direction: MessageDirection::Inbound, ..message(owner) };
    let all = [&at_30, &at_20, &at_once, &later, &incoming];
    put_all(&store, all.map(|message| C::CreateMessage(message.clone()))).await;
    assert_eq!(store.due_messages(at(9), 10).await.unwrap(), []);
    assert_eq!(
        store.due_messages(at(30), 10).await.unwrap(),
        [at_once.clone(), at_20.clone(), at_30.clone()]
    );
    assert_eq!(store.due_messages(at(30), 2).await.unwrap(), [at_once.clone(), at_20.clone()]);
    let behind = async |message: &Message, seconds, limit| {
        let place = (message.next_attempt_at.unwrap_or(message.created_at), message.sid);
        store.due_messages_behind(place, at(seconds), limit).await.unwrap()
    };
    assert_eq!(behind(&at_once, 30, 10).await, [at_20.clone(), at_30.clone()]);
    assert_eq!(behind(&at_once, 30, 1).await, [at_20.clone()]);
    assert_eq!(behind(&at_20, 40, 10).await, [at_30.clone(), later]);
    assert_eq!(behind(&at_30, 30, 10).await, []);
}

pub async fn queued_messages_are_found_and_counted_by_account(store: Arc<dyn Store>) {
    let mut owners = [AccountSid::new(), AccountSid::new()];
    owners.sort();
    let [first, second] = owners;
    let (at_30, at_20) = (message(first), Message { next_attempt_at: Some(at(20)), ..message(first) });
    let scheduled = Message { status: MessageStatus::Scheduled, ..message(first) };
    let left = Message { status: MessageStatus::Sent, ..message(first) };
    let others = message(second);
    let all = [&at_30, &at_20, &scheduled, &left, &others];
    put_all(&store, all.map(|message| C::CreateMessage(message.clone()))).await;
    let next = async |after| store.next_waiting_account(after).await.unwrap();
    assert_eq!((next(None).await, next(Some(first)).await), (Some(first), Some(second)));
    assert_eq!(next(Some(second)).await, None);
    let due = async |seconds, limit| store.due_messages_of(first, at(seconds), limit).await.unwrap();
    assert_eq!(due(30, 10).await, [at_20.clone(), at_30]);
    assert_eq!((due(30, 1).await, due(29, 10).await), (vec![at_20.clone()], vec![at_20]));
    let mut waiting = store.waiting_messages().await.unwrap();
    waiting.sort_by_key(|one| one.account);
    let expected = [(first, 2), (second, 1)].map(|(account, messages)| Waiting { account, messages });
    assert_eq!(waiting, expected);
}

pub async fn messages_that_left_are_not_due(store: Arc<dyn Store>) {
    let owner = AccountSid::new();
    for status in MessageStatus::ALL
        .into_iter()
        .filter(|status| !matches!(status, MessageStatus::Queued | MessageStatus::Scheduled))
    {
        put(&store, C::CreateMessage(Message { status, ..message(owner) })).await;
    }
    let queued = message(owner);
    put(&store, C::CreateMessage(queued.clone())).await;
    assert_eq!(store.due_messages(at(100), 100).await.unwrap(), [queued.clone()]);
    put(&store, C::UpdateMessage(Message { status: MessageStatus::Sending, ..queued })).await;
    assert_eq!(store.due_messages(at(100), 100).await.unwrap(), []);
}

pub async fn sending_messages_are_found_after_a_restart(store: Arc<dyn Store>) {
    let owner = AccountSid::new();
    let sending = Message { status: MessageStatus::Sending, ..message(owner) };
    put_all(&store, [C::CreateMessage(sending.clone()), C::CreateMessage(message(owner))]).await;
    assert_eq!(store.sending_messages(10).await.unwrap(), [sending.clone()]);
    put(&store, C::UpdateMessage(Message { status: MessageStatus::Sent, ..sending })).await;
    assert_eq!(store.sending_messages(10).await.unwrap(), []);
}

pub async fn sent_messages_expire_after_their_validity(store: Arc<dyn Store>) {
    let owner = AccountSid::new();
    let short = Message { status: MessageStatus::Sent, validity_s: 60, ..message(owner) };
    let long = Message { status: MessageStatus::Sent, validity_s: 3600, ..message(owner) };
    let over = Message { status: MessageStatus::Delivered, validity_s: 60, ..message(owner) };
    put_all(&store, [&short, &long, &over].map(|message| C::CreateMessage(message.clone()))).await;
    assert_eq!(store.expired_messages(at(70), 10).await.unwrap(), []);
    assert_eq!(store.expired_messages(at(71), 10).await.unwrap(), [short.clone()]);
    assert_eq!(store.expired_messages(at(3611), 10).await.unwrap(), [short.clone(), long]);
    assert_eq!(store.expired_messages(at(3611), 1).await.unwrap(), [short]);
}

fn link(route: &str, carrier_id: &str, message: MessageSid, segment: u32) -> C {
    C::LinkCarrierId { route: route.to_owned(), carrier_id: carrier_id.to_owned(), message, segment }
}

pub async fn a_carrier_id_finds_its_message_and_segment(store: Arc<dyn Store>) {
    let written = message(AccountSid::new());
    put_all(&store, [C::CreateMessage(written.clone()), link("a", "id-1", written.sid, 1)]).await;
    assert_eq!(store.message_by_carrier_id("a", "id-1").await.unwrap(), Some((written.clone(), 1)));
    assert_eq!(store.message_by_carrier_id("b", "id-1").await.unwrap(), None);
    put(&store, C::DeleteMessage(written.account_sid, written.sid)).await;
    assert_eq!(store.message_by_carrier_id("a", "id-1").await.unwrap(), None);
}

pub async fn a_repeated_carrier_id_stays_with_its_first_message(store: Arc<dyn Store>) {
    let (first, second) = (message(AccountSid::new()), message(AccountSid::new()));
    put_all(&store, [C::CreateMessage(first.clone()), C::CreateMessage(second.clone())]).await;
    put(&store, link("a", "id-1", first.sid, 0)).await;
    put_all(&store, [link("a", "id-1", second.sid, 0), link("a", "id-2", second.sid, 0)]).await;
    assert_eq!(store.message_by_carrier_id("a", "id-1").await.unwrap(), Some((first, 0)));
    assert_eq!(store.message_by_carrier_id("a", "id-2").await.unwrap(), Some((second, 0)));
}

pub async fn parts_of_an_incoming_message_are_kept_once_and_dropped_together(store: Arc<dyn Store>) {
    put_all(&store, [C::KeepMoPart(mo_part("k", 3)), C::KeepMoPart(mo_part("k", 1))]).await;
    put(&store, C::KeepMoPart(mo_part("other", 1))).await;
    let again = crate::MoPart { text: Pii("changed".to_owned()), ..mo_part("k", 1) };
    put(&store, C::KeepMoPart(again)).await;
    assert_eq!(store.mo_parts("k").await.unwrap(), [mo_part("k", 1), mo_part("k", 3)]);
    put(&store, C::DropMoParts("k".to_owned())).await;
    assert_eq!(store.mo_parts("k").await.unwrap(), []);
    assert_eq!(store.mo_parts("other").await.unwrap().len(), 1);
}

pub async fn a_part_is_claimed_by_one_and_waiting_parts_are_listed_in_pages(store: Arc<dyn Store>) {
    let parts = [mo_part("a", 1), mo_part("a", 2), mo_part("b", 1)];
    put_all(&store, parts.iter().cloned().map(C::KeepMoPart)).await;
    assert_eq!(store.waiting_mo_parts(("", 0), 2).await.unwrap(), parts[..2]);
    assert_eq!(store.waiting_mo_parts(("a", 2), 2).await.unwrap(), parts[2..]);
    put(&store, C::ClaimMoPart("a".to_owned(), 1)).await;
    let again = crate::ChangeSet::from(C::KeepMoPart(mo_part("c", 1)));
    let again = again.with(C::ClaimMoPart("a".to_owned(), 1));
    assert!(is_conflict(&store.commit(again).await));
    assert_eq!(store.waiting_mo_parts(("", 0), 9).await.unwrap(), parts[1..], "and nothing else of the set");
}
