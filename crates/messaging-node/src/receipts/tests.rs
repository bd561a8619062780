use flexio_domain::ErrorCode;

use super::*;
use crate::work::tests::message;

fn ends(to: &str, from: &str) -> (String, String) {
    (bare(to), bare(from))
}

#[test]
fn a_receipt_with_an_unknown_id_is_matched_only_when_one_message_fits() {
    let mut receipts = Receipts::new(SignedDuration::from_secs(20));
    let first = message(2);
    receipts.expect_unknown(0, &first, 0);
    receipts.expect_unknown(0, &first, 1);
    receipts.expect_unknown(0, &first, 1);
    let found = receipts.only_candidate(0, &ends("32470000000", "+3225550123")).unwrap();
    assert_eq!((found.message, found.segment), (first.sid, 0));
    assert_eq!(receipts.only_candidate(1, &ends("32470000000", "3225550123")), None, "another carrier");
    assert_eq!(receipts.only_candidate(0, &ends("32470000000", "8640")), None, "another sender");
    let mut second = message(1);
    second.sid = MessageSid::from_u128(8);
    receipts.expect_unknown(0, &second, 0);
    assert_eq!(receipts.only_candidate(0, &ends("32470000000", "3225550123")), None, "two messages fit");
    receipts.resolved(0, &second, 0);
    receipts.resolved(0, &first, 0);
    let found = receipts.only_candidate(0, &ends("0032470000000", "3225550123")).unwrap();
    assert_eq!((found.message, found.segment), (first.sid, 1));
}

#[test]
fn unknown_segments_are_bounded() {
    let mut receipts = Receipts::new(SignedDuration::from_secs(20));
    for n in 0..UNKNOWN_MAX as u128 + 500 {
        let mut one = message(1);
        one.sid = MessageSid::from_u128(n);
        receipts.expect_unknown(0, &one, 0);
    }
    assert_eq!(receipts.unknown.values().map(Vec::len).sum::<usize>(), UNKNOWN_MAX);
}

#[test]
fn a_receipt_without_news_never_makes_a_message_worse() {
    let mut delivered = message(1);
    delivered.segment_states[0] = flexio_domain::message::SegmentState::Delivered;
    let news = News {
        state: State::Pending,
        reason: Reason::Opaque,
        error: String::new(),
        done_date: None,
        key: (0, String::new()),
        ends: ends("", ""),
        ack: Answer::Nobody,
    };
    let before = delivered.segment_states.clone();
    flexio_messaging::lifecycle::apply(&mut delivered, Timestamp::UNIX_EPOCH, &news.event(0));
    assert_eq!(delivered.segment_states, before);
    assert_eq!(errors::of_receipt(State::Expired, Reason::Opaque), Some(ErrorCode::HandsetUnreachable));
}
