use super::*;
use crate::testing::Random;
use proptest::prelude::*;

fn header(sequence: u16, timestamp: u32) -> Header {
    Header { marker: false, payload_type: 8, sequence, timestamp, ssrc: 1 }
}

/// A packet whose payload says its number.
fn push(buffer: &mut JitterBuffer, tick: u32, number: u16) -> Push {
    let mut payload = [0; 160];
    payload[..2].copy_from_slice(&number.to_be_bytes());
    buffer.push(tick * 160, &header(number, u32::from(number) * 160), &payload)
}

fn number(pop: &Pop<'_>) -> Option<u16> {
    match pop {
        Pop::Packet { payload, .. } => Some(u16::from_be_bytes([payload[0], payload[1]])),
        Pop::Lost | Pop::Pause | Pop::Waiting => None,
    }
}

#[test]
fn a_steady_stream_is_played_at_once_and_in_order() {
    let mut buffer = JitterBuffer::new(JitterOptions::default());
    for n in 65_500..66_000u32 {
        push(&mut buffer, n, low_half(n));
        assert_eq!(number(&buffer.pop()), Some(low_half(n)));
    }
    assert_eq!((buffer.concealed(), buffer.late(), buffer.target_ms()), (0, 0, 20));
}

#[test]
fn a_swapped_pair_is_put_right_when_there_is_depth() {
    let mut buffer = JitterBuffer::new(JitterOptions { min_ms: 60, ..JitterOptions::default() });
    let mut heard = vec![];
    for (tick, n) in [0u16, 1, 3, 2, 4, 6, 5, 7, 8, 9].into_iter().enumerate() {
        push(&mut buffer, u32::try_from(tick).unwrap(), n);
        heard.extend(number(&buffer.pop()));
    }
    assert_eq!(heard, [0, 1, 2, 3, 4, 5, 6, 7]);
}

#[test]
fn repeats_are_dropped_and_packets_after_their_turn_counted() {
    let mut buffer = JitterBuffer::new(JitterOptions::default());
    assert_eq!(push(&mut buffer, 0, 10), Push::Restarted);
    assert_eq!(push(&mut buffer, 0, 10), Push::Duplicate);
    assert_eq!(number(&buffer.pop()), Some(10));
    assert_eq!(push(&mut buffer, 1, 10), Push::Late);
    assert_eq!(buffer.late(), 1);
}

#[test]
fn a_lost_packet_is_concealed_exactly_once() {
    let mut buffer = JitterBuffer::new(JitterOptions { min_ms: 40, ..JitterOptions::default() });
    let mut played = vec![];
    for n in 0..20u16 {
        if n != 9 {
            push(&mut buffer, u32::from(n), n);
        }
        played.push(number(&buffer.pop()));
    }
    assert_eq!(buffer.concealed(), 1);
    let heard: Vec<u16> = played.iter().copied().flatten().collect();
    assert_eq!(heard, (0..19).filter(|n| *n != 9).collect::<Vec<_>>());
}

#[test]
fn a_lost_packet_at_no_depth_is_not_concealed_twice() {
    let mut buffer = JitterBuffer::new(JitterOptions::default());
    let mut heard = 0;
    for n in 0..100u16 {
        if n % 10 != 5 {
            push(&mut buffer, u32::from(n), n);
        }
        heard += u32::from(number(&buffer.pop()).is_some());
    }
    assert_eq!((heard, buffer.concealed()), (90, 10));
}

#[test]
fn another_ssrc_or_numbering_starts_over() {
    let mut buffer = JitterBuffer::new(JitterOptions::default());
    push(&mut buffer, 0, 10);
    buffer.pop();
    assert_eq!(push(&mut buffer, 1, 30_000), Push::Suspect);
    assert_eq!(push(&mut buffer, 2, 30_001), Push::Restarted);
    assert_eq!(number(&buffer.pop()), Some(30_001));
    let other = Header { ssrc: 2, ..header(5, 0) };
    assert_eq!(buffer.push(0, &other, &[0, 5]), Push::Restarted);
    assert_eq!(number(&buffer.pop()), Some(5));
    assert_eq!(buffer.push(0, &other, &[0; 481]), Push::TooLong);
}

#[test]
fn a_jump_of_timestamps_alone_is_played_through() {
    let mut buffer = JitterBuffer::new(JitterOptions::default());
    for n in 0..50u16 {
        let base = if n < 25 { 0 } else { 0x8000_0000 };
        buffer.push(u32::from(n) * 160, &header(n, base + u32::from(n) * 160), &n.to_be_bytes());
        assert_eq!(number(&buffer.pop()), Some(n));
    }
}

#[test]
fn a_pause_of_the_talker_keeps_its_length_and_ends_in_waiting() {
    let mut buffer = JitterBuffer::new(JitterOptions::default());
    push(&mut buffer, 0, 0);
    assert_eq!(number(&buffer.pop()), Some(0));
    for _ in 0..STARVED_POPS {
        assert_eq!(buffer.pop(), Pop::Lost);
    }
    assert_eq!(buffer.pop(), Pop::Waiting);
    buffer.push(50 * 160, &header(1, 50 * 160), &1u16.to_be_bytes());
    assert_eq!(number(&buffer.pop()), Some(1));
}

#[test]
fn a_burst_after_a_stall_is_cut_down_to_the_target() {
    let mut buffer = JitterBuffer::new(JitterOptions::default());
    push(&mut buffer, 0, 0);
    buffer.pop();
    for n in 1..30 {
        push(&mut buffer, 30, n);
    }
    let first = number(&buffer.pop()).unwrap();
    assert!(first > 5, "still {} packets behind", 30 - first);
}

/// Uniform jitter of ±20 ms and 5 % loss: what is concealed must be hardly more than what was lost.
#[test]
fn depth_follows_the_jitter() {
    let mut random = Random::new(7);
    let mut arrivals: Vec<(u32, u16)> = vec![];
    let mut missing = 0;
    for n in 0..6_000u16 {
        if random.below(100) < 5 {
            missing += 1;
            continue;
        }
        arrivals.push((u32::from(n) * 160 + random.below(320), n));
    }
    arrivals.sort_unstable();
    let mut buffer = JitterBuffer::new(JitterOptions::default());
    let (mut at, mut played, mut before) = (0, 0u32, None);
    for tick in 0..6_050u32 {
        while at < arrivals.len() && arrivals[at].0 <= tick * 160 {
            let (arrival, n) = arrivals[at];
            buffer.push(arrival, &header(n, u32::from(n) * 160), &n.to_be_bytes());
            at += 1;
        }
        if let Some(n) = number(&buffer.pop()) {
            assert!(before.is_none_or(|before| n > before), "{n} after {before:?}");
            (played, before) = (played + 1, Some(n));
        }
    }
    let came = u32::try_from(arrivals.len()).unwrap();
    assert!(came - played < came / 200, "{} of {came} not played, {missing} missing", came - played);
    assert!((40..=120).contains(&buffer.target_ms()), "{}", buffer.target_ms());
}

proptest! {
    #[test]
    fn never_panics_never_plays_twice(steps in proptest::collection::vec((any::<u16>(), any::<u32>(), 0u8..8), 1..400)) {
        let mut buffer = JitterBuffer::new(JitterOptions::default());
        let mut last: Option<u32> = None;
        for (sequence, timestamp, kind) in steps {
            match kind {
                0..=2 => { buffer.push(timestamp, &header(sequence, timestamp), &[1; 20]); }
                3..=5 => { buffer.push(timestamp, &header(sequence % 40, u32::from(sequence % 40) * 160), &[1; 20]); }
                _ => {
                    let next = buffer.next;
                    if let Pop::Packet { .. } = buffer.pop() {
                        last = Some(next);
                    }
                }
            }
            prop_assert!(buffer.depth().cast_signed() <= CAPACITY.cast_signed(), "{} {:?}", buffer.depth(), last);
        }
    }
}
