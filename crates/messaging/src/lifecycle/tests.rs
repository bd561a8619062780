use std::fmt::Write;

use flexio_domain::{AccountSid, Address, MessageClass, MessageDirection, MessageSid, Pii};
use proptest::prelude::*;

use super::*;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_780_000_000 + second).unwrap()
}

pub(super) fn message(segments: usize) -> Message {
    let address = |text: &str| text.parse::<Address>().unwrap();
    Message {
        sid: MessageSid::new(),
        version: 0,
        account_sid: AccountSid::new(),
        from: address("8640"),
        to: address("+32470000001"),
        body: Pii(String::from("x")),
        sealed_body: None,
        direction: MessageDirection::OutboundApi,
        status: MessageStatus::Queued,
        segments: u32::try_from(segments).unwrap(),
        labels: None,
        segment_states: vec![SegmentState::Waiting; segments],
        concat_ref: 0,
        api_version: String::from("2010-04-01"),
        application_sid: None,
        status_callback: None,
        told_of: Vec::new(),
        callback_sequence: 0,
        validity_s: 14_400,
        route: None,
        node: None,
        attempts: 0,
        next_attempt_at: None,
        error: None,
        price: None,
        class: MessageClass::Transactional,
        quiet_hours: None,
        is_granted: false,
        feedback: None,
        opt_out: None,
        is_flash: false,
        sip_headers: Vec::new(),
        media: 0,
        messaging_service_sid: None,
        send_at: None,
        sent_at: None,
        created_at: at(0),
        updated_at: at(0),
    }
}

fn accepted(segment: usize) -> Event {
    Event::Accepted { segment, carrier_id: format!("id{segment}") }
}

fn undelivered(segment: usize) -> Event {
    Event::SegmentUndelivered { segment, error: String::from("027"), code: ErrorCode::HandsetUnreachable }
}

/// Each event with what it changed, one line each.
fn run(segments: usize, events: &[Event]) -> String {
    let mut m = message(segments);
    let mut out = String::new();
    for (second, event) in (1..).zip(events) {
        let change = apply(&mut m, at(second), event);
        let status = change.status.map_or("-", MessageStatus::as_str);
        let paid = change.accepted.map_or(String::from("-"), |s| s.to_string());
        let error = m.error.map_or(String::from("-"), |e| e.number().to_string());
        let nothing = if change.dirty { "" } else { " (nothing)" };
        writeln!(out, "{status} accepted={paid} error={error}{nothing}").unwrap();
    }
    out
}

#[test]
fn the_straight_way() {
    use Event::*;
    insta::assert_snapshot!(run(2, &[
        Submitting { segment: 0 }, Submitting { segment: 1 }, accepted(0), accepted(1),
        SegmentDelivered { segment: 1 }, SegmentDelivered { segment: 0 },
    ]), @r"
    sending accepted=- error=-
    - accepted=- error=-
    - accepted=0 error=-
    sent accepted=1 error=-
    - accepted=- error=-
    delivered accepted=- error=-
    ");
}

#[test]
fn receipts_that_overtake_answers_and_come_twice_change_each_thing_once() {
    use Event::*;
    insta::assert_snapshot!(run(1, &[
        Submitting { segment: 0 }, SegmentDelivered { segment: 0 }, accepted(0), SegmentDelivered { segment: 0 }, undelivered(0),
    ]), @r"
    sending accepted=- error=-
    delivered accepted=0 error=-
    - accepted=- error=- (nothing)
    - accepted=- error=- (nothing)
    - accepted=- error=- (nothing)
    ");
}

#[test]
fn a_refused_message_failed_and_one_refused_half_way_is_undelivered() {
    use Event::*;
    let refused = |segment| Refused { segment, command_status: 0x0B };
    insta::assert_snapshot!(run(1, &[Submitting { segment: 0 }, refused(0), refused(0)]), @r"
    sending accepted=- error=-
    failed accepted=- error=30005
    - accepted=- error=30005 (nothing)
    ");
    insta::assert_snapshot!(run(2, &[Submitting { segment: 0 }, accepted(0), Submitting { segment: 1 }, refused(1)]), @r"
    sending accepted=- error=-
    - accepted=0 error=-
    - accepted=- error=-
    undelivered accepted=- error=30005
    ");
}

#[test]
fn a_lost_answer_stays_open_until_a_receipt_or_the_end_of_its_validity() {
    use Event::*;
    insta::assert_snapshot!(run(1, &[Submitting { segment: 0 }, OutcomeUnknown { segment: 0 }, SegmentDelivered { segment: 0 }]), @r"
    sending accepted=- error=-
    - accepted=- error=-
    delivered accepted=0 error=-
    ");
    // The receipt that comes after all is still paid, and the status does not turn back.
    insta::assert_snapshot!(run(1, &[
        Submitting { segment: 0 }, OutcomeUnknown { segment: 0 }, Expired, SegmentDelivered { segment: 0 },
    ]), @r"
    sending accepted=- error=-
    - accepted=- error=-
    undelivered accepted=- error=30008
    - accepted=0 error=30008
    ");
}

#[test]
fn what_nobody_wants_any_more_is_undelivered_unless_some_of_it_has_left() {
    let mut m = message(2);
    apply(&mut m, at(1), &Event::Unwanted);
    assert_eq!((m.status, m.error), (MessageStatus::Undelivered, Some(ErrorCode::OptedOut)));
    let mut m = message(2);
    for event in [Event::Submitting { segment: 0 }, Event::Unwanted] {
        apply(&mut m, at(1), &event);
    }
    assert_eq!((m.status, m.error), (MessageStatus::Sending, None));
}

#[test]
fn sent_without_a_receipt_is_the_last_word() {
    let mut m = message(1);
    for event in [Event::Submitting { segment: 0 }, accepted(0), Event::Expired] {
        apply(&mut m, at(1), &event);
    }
    assert_eq!((m.status, m.error, m.sent_at), (MessageStatus::Sent, None, Some(at(1))));
}

#[test]
fn some_segments_delivered_and_some_given_up_is_undelivered_when_all_have_spoken() {
    use Event::*;
    insta::assert_snapshot!(run(2, &[
        Submitting { segment: 0 }, accepted(0), Submitting { segment: 1 }, accepted(1), undelivered(0), SegmentDelivered { segment: 1 },
    ]), @r"
    sending accepted=- error=-
    - accepted=0 error=-
    - accepted=- error=-
    sent accepted=1 error=-
    - accepted=- error=30003
    undelivered accepted=- error=30003
    ");
}

#[test]
fn a_throttled_segment_goes_back_to_waiting_and_the_status_does_not() {
    let mut m = message(1);
    apply(&mut m, at(1), &Event::Submitting { segment: 0 });
    assert_eq!(next_segment(&m), None);
    apply(&mut m, at(2), &Event::Returned { segment: 0 });
    assert_eq!((m.status, next_segment(&m)), (MessageStatus::Sending, Some(0)));
    apply(&mut m, at(3), &Event::GaveUp { code: ErrorCode::QueueOverflow });
    assert_eq!((m.status, m.error), (MessageStatus::Failed, Some(ErrorCode::QueueOverflow)));
}

#[test]
fn only_a_message_of_which_nothing_left_can_be_canceled() {
    let mut m = message(2);
    assert_eq!(apply(&mut m, at(1), &Event::Cancel).status, Some(MessageStatus::Canceled));
    let mut m = message(2);
    apply(&mut m, at(1), &Event::Submitting { segment: 0 });
    assert_eq!(apply(&mut m, at(2), &Event::Cancel), Change::default());
}

#[test]
fn after_a_crash_what_was_being_submitted_is_unknown_and_not_sent_again() {
    let mut m = message(3);
    apply(&mut m, at(1), &Event::Submitting { segment: 0 });
    apply(&mut m, at(1), &accepted(0));
    apply(&mut m, at(2), &Event::Submitting { segment: 1 });
    let events = recover(&m);
    assert_eq!(events, [Event::OutcomeUnknown { segment: 1 }]);
    apply(&mut m, at(3), &events[0]);
    assert!(has_unknown(&m));
    assert_eq!(next_segment(&m), Some(2), "the rest goes on");
}

#[test]
fn of_two_answers_to_one_submit_the_first_counts() {
    let refused = Event::Refused { segment: 0, command_status: 0x45 };
    for (first, second, status) in
        [(accepted(0), refused.clone(), MessageStatus::Sent), (refused, accepted(0), MessageStatus::Failed)]
    {
        let mut m = message(1);
        apply(&mut m, at(1), &Event::Submitting { segment: 0 });
        apply(&mut m, at(1), &first);
        assert_eq!(apply(&mut m, at(2), &second), Change::default());
        assert_eq!(m.status, status);
    }
}

fn any_event() -> impl Strategy<Value = Event> {
    let segment = 0usize..4;
    segment.prop_flat_map(|segment| {
        prop_oneof![
            Just(Event::Queued),
            Just(Event::Submitting { segment }),
            Just(Event::Returned { segment }),
            Just(accepted(segment)),
            Just(Event::Refused { segment, command_status: 0x45 }),
            Just(Event::OutcomeUnknown { segment }),
            Just(Event::SegmentDelivered { segment }),
            Just(undelivered(segment)),
            Just(Event::Expired),
            Just(Event::GaveUp { code: ErrorCode::NoRoute }),
            Just(Event::Cancel),
            Just(Event::Unwanted),
        ]
    })
}

proptest! {
    #[test]
    fn status_only_moves_forward_and_each_segment_is_paid_once(
        events in prop::collection::vec(any_event(), 0..40), segments in 1usize..4,
    ) {
        let mut m = message(segments);
        let mut paid = vec![0; segments];
        let mut statuses = vec![m.status];
        for (second, event) in (1..).zip(&events) {
            let before = m.clone();
            let change = apply(&mut m, at(second), event);
            prop_assert!(m.status >= before.status);
            prop_assert!(!before.status.is_final() || m.status == before.status);
            prop_assert_eq!(change.status.is_some(), m.status != before.status);
            prop_assert_eq!(change.dirty, m != before, "{:?}", event);
            if let Some(segment) = change.accepted {
                paid[segment] += 1;
            }
            statuses.extend(change.status);
            // Replaying an event is harmless.
            let again = apply(&mut m.clone(), at(second), event);
            let returns = matches!(event, Event::Returned { .. } | Event::Submitting { .. });
            prop_assert!(returns || again == Change::default(), "{event:?} again: {again:?}");
        }
        prop_assert!(paid.iter().all(|n| *n <= 1));
        let known = m.segment_states.iter().filter(|s| was_accepted(s)).count();
        prop_assert_eq!(paid.iter().sum::<usize>(), known);
        prop_assert!(statuses.windows(2).all(|w| w[0] < w[1]));
        prop_assert!(m.status != MessageStatus::Failed || m.error.is_some());
    }

    #[test]
    fn the_order_of_answers_and_receipts_does_not_matter_to_the_segments(order in Just(vec![0usize, 1, 2, 3]).prop_shuffle()) {
        let events = [accepted(0), Event::SegmentDelivered { segment: 0 }, accepted(1), undelivered(1)];
        let mut m = message(2);
        apply(&mut m, at(1), &Event::Submitting { segment: 0 });
        apply(&mut m, at(1), &Event::Submitting { segment: 1 });
        for n in order {
            apply(&mut m, at(2), &events[n]);
        }
        prop_assert_eq!(&m.segment_states[0], &SegmentState::Delivered);
        prop_assert_eq!(m.status, MessageStatus::Undelivered);
    }
}
