//! What handsets remember and forget.

use flexio_domain::{CallStatus, E164, HandsetCallSid, Timestamp};

use super::{Answering, CALLS_MAX, HANDSETS_MAX, Handsets, KEYS_MAX, MESSAGES_MAX, book::Book};

fn number(n: usize) -> E164 {
    format!("+32470{n:06}").parse().unwrap()
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_766_000_000 + second).unwrap()
}

#[test]
fn a_handset_keeps_its_latest_messages() {
    let handsets = Handsets::default();
    for n in 0..=MESSAGES_MAX {
        handsets.received(&number(1), "8640", format!("text {n}"), at(0));
    }
    let messages = handsets.read(|book| book.messages(&number(1)));
    assert_eq!(messages.len(), MESSAGES_MAX);
    assert_eq!(
        (messages[0].body.0.as_str(), messages.last().unwrap().body.0.as_str()),
        ("text 100", "text 1")
    );
    assert!(!format!("{messages:?}").contains("text 100"), "texts are not for logs");
}

#[test]
fn the_handset_left_alone_longest_is_forgotten() {
    let handsets = Handsets::default();
    for n in 0..HANDSETS_MAX {
        handsets.received(&number(n), "8640", "a".to_owned(), at(0));
    }
    handsets.change(|book| book.set_answering(&number(0), Answering::ByHand, at(1)));
    handsets.received(&number(HANDSETS_MAX), "8640", "a".to_owned(), at(2));
    let all = handsets.read(Book::handsets);
    assert_eq!(
        (all.len(), &all[0].number, &all[1].number),
        (HANDSETS_MAX, &number(HANDSETS_MAX), &number(0))
    );
    assert_eq!(handsets.read(|book| book.messages(&number(1))).len(), 0);
    assert_eq!(handsets.answering(&number(0)), Answering::ByHand);
}

#[test]
fn a_call_is_completed_only_if_it_was_answered_and_ends_once() {
    let handsets = Handsets::default();
    let (missed, taken) = (HandsetCallSid::new(), HandsetCallSid::new());
    handsets.begin_call(&number(1), missed, true, "+3225880100", at(0));
    handsets.call_ended(&number(1), missed, CallStatus::NoAnswer, at(5));
    handsets.begin_call(&number(1), taken, true, "+3225880100", at(10));
    handsets.call_answered(&number(1), taken, at(12));
    (0..=KEYS_MAX).for_each(|_| handsets.key_heard(&number(1), taken, '7'));
    handsets.call_ended(&number(1), taken, CallStatus::NoAnswer, at(20));
    handsets.call_ended(&number(1), taken, CallStatus::Failed, at(30));
    let calls = handsets.read(|book| book.calls(&number(1)));
    assert_eq!((calls[0].status, calls[0].ended_at), (CallStatus::Completed, Some(at(20))));
    assert_eq!(calls[0].keys.len(), KEYS_MAX);
    assert_eq!((calls[1].status, calls[1].answered_at), (CallStatus::NoAnswer, None));
    (0..CALLS_MAX).for_each(|_| {
        handsets.begin_call(&number(1), HandsetCallSid::new(), false, "+3225880100", at(40));
    });
    assert_eq!(handsets.read(|book| book.calls(&number(1))).len(), CALLS_MAX);
}
