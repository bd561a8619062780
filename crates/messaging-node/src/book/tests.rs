use flexio_domain::MessageStatus;

use super::*;
use crate::work::tests::message;

fn remembered(n: u128) -> Remembered {
    let mut message = message(1);
    message.sid = MessageSid::from_u128(n);
    message.status = MessageStatus::Sent;
    Remembered::new(message)
}

#[test]
fn what_is_in_flight_is_never_forgotten_and_the_rest_is_bounded() {
    let mut book = Book::new(10);
    for n in 0..100 {
        let mut one = remembered(n);
        one.in_flight = usize::from(n < 5);
        book.name(&mut one, 0, n.to_string(), 0);
        book.put(one);
    }
    assert_eq!(book.len(), 10);
    assert!((0..5).all(|n| book.knows(MessageSid::from_u128(n))));
    assert_eq!(book.by_id.len(), 10, "ids leave with their messages");
}

#[test]
fn a_final_message_is_forgotten_with_its_ids_and_tickets_do_not_pile_up() {
    let mut book = Book::new(10);
    for n in 0..10_000 {
        let mut one = remembered(n);
        book.name(&mut one, 0, n.to_string(), 0);
        book.put(one);
        let mut one = book.take(MessageSid::from_u128(n)).unwrap();
        one.message.status = MessageStatus::Delivered;
        book.put(one);
    }
    assert_eq!((book.len(), book.by_id.len()), (0, 0));
    assert!(book.order.len() <= 1_001);
}

#[test]
fn late_answers_find_their_segment_once_and_are_bounded() {
    let mut book = Book::new(10);
    let account = AccountSid::from_u128(1);
    let flight = Flight { account, sid: MessageSid::from_u128(1), segment: 0, route: 0 };
    for n in 0..=LATE_MAX as u64 {
        book.keep_late(SubmitKey(n), flight);
    }
    assert_eq!(book.take_late(SubmitKey(0)), None);
    assert_eq!(book.take_late(SubmitKey(1)), Some(flight));
    assert_eq!(book.take_late(SubmitKey(1)), None);
}
