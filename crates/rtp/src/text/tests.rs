use proptest::prelude::*;

use super::*;
use crate::testing::Random;

const TYPES: TextTypes = TextTypes { text: 98, red: Some(99) };

/// Types this text, one word at a time, and gives the packets that leave.
fn typed(types: TextTypes, words: &[&str], pause_ms: u64) -> Vec<Vec<u8>> {
    let mut sender = TextSender::new(types, 1_000, 7, 65_534);
    let mut packets = vec![];
    let mut out = [0; TEXT_PACKET_BYTES];
    let mut now_ms = 1_000;
    for word in words {
        assert!(sender.write(word));
        for _ in 0..pause_ms / 50 {
            packets.extend(sender.poll(now_ms, &mut out).map(|length| out[..length].to_vec()));
            now_ms += 50;
        }
    }
    while let Some(due_ms) = sender.deadline_ms() {
        packets.extend(sender.poll(due_ms, &mut out).map(|length| out[..length].to_vec()));
    }
    packets
}

fn read(types: TextTypes, packets: &[Vec<u8>]) -> String {
    let mut receiver = TextReceiver::new(types);
    let mut text = String::new();
    for packet in packets {
        assert!(receiver.push(&Packet::parse(packet).unwrap(), |piece| text.push_str(piece)));
    }
    text
}

#[test]
fn two_packets_lost_in_a_row_are_mended_and_a_third_is_shown_as_a_gap() {
    let words = ["Goede", "middag", ", ik ", "ben ", "doof", " €5", "."];
    let packets = typed(TYPES, &words, 300);
    assert_eq!(read(TYPES, &packets), words.concat());
    for lost in 1..=2 {
        for at in 1..packets.len() - lost {
            let mut some = packets.clone();
            some.drain(at..at + lost);
            assert_eq!(read(TYPES, &some), words.concat(), "{lost} lost at {at}");
        }
    }
    let mut some = packets.clone();
    some.drain(1..4);
    assert_eq!(read(TYPES, &some), "Goede\u{FFFD}, ik ben doof €5.");
}

#[test]
fn what_comes_late_or_twice_is_shown_once() {
    let packets = typed(TYPES, &["a", "b", "c", "d"], 300);
    let order = [0, 2, 1, 1, 2, 3, 0, 5, 4];
    let shuffled: Vec<_> = order.iter().map(|at| packets[*at].clone()).collect();
    assert_eq!(read(TYPES, &shuffled), "abcd");
}

#[test]
fn a_burst_is_marked_at_its_beginning_and_nothing_leaves_once_all_was_repeated() {
    let packets = typed(TYPES, &["a", "", "", "", "", "", "b"], 300);
    let marks: Vec<bool> = packets.iter().map(|packet| packet[1] & 0x80 != 0).collect();
    assert_eq!(marks, [true, false, false, true, false, false]);
    assert_eq!(read(TYPES, &packets), "ab");
    // The block before this one is empty, as RFC 4103 wants it: its place tells its number.
    let (mut blocks, packet) = ([&[][..]; GENERATIONS_MAX], Packet::parse(&packets[1]).unwrap());
    assert_eq!(split(packet.payload, 98, &mut blocks), Some((2, &b""[..])));
    assert_eq!(blocks[..2], [&b""[..], &b"a"[..]]);
}

#[test]
fn a_reader_is_sent_no_more_than_it_takes_and_a_paste_too_long_ends_in_a_mark() {
    let mut sender = TextSender::new(TYPES, 30, 1, 1);
    assert!(!sender.write(&"x".repeat(5_000)));
    let mut out = [0; TEXT_PACKET_BYTES];
    let mut receiver = TextReceiver::new(TYPES);
    let mut text = String::new();
    for now_ms in (0..20_000).step_by(100) {
        if let Some(length) = sender.poll(now_ms, &mut out) {
            receiver.push(&Packet::parse(&out[..length]).unwrap(), |piece| text.push_str(piece));
        }
    }
    // 300 at once, then 30 in each second.
    assert!((850..=900).contains(&text.len()), "{}", text.len());
    let mut all = TextSender::new(TextTypes { red: None, ..TYPES }, u16::MAX, 1, 1);
    assert!(!all.write(&"€".repeat(2_000)));
    assert!(!all.write("more"));
    let mut text = String::new();
    let mut receiver = TextReceiver::new(TextTypes { red: None, ..TYPES });
    while let Some(due_ms) = all.deadline_ms() {
        if let Some(length) = all.poll(due_ms, &mut out) {
            receiver.push(&Packet::parse(&out[..length]).unwrap(), |piece| text.push_str(piece));
        }
    }
    assert_eq!(text, format!("{}\u{FFFD}", "€".repeat(1_364)));
}

#[test]
fn marks_of_the_byte_order_and_bytes_that_are_no_text_are_not_shown_as_such() {
    let mut receiver = TextReceiver::new(TYPES);
    let mut text = String::new();
    let header = Header { marker: true, payload_type: 98, sequence: 1, timestamp: 0, ssrc: 1 };
    let payload = b"\xEF\xBB\xBFa\xFFb\xE2\x82";
    receiver.push(&Packet { header, payload }, |piece| text.push_str(piece));
    assert_eq!(text, "a\u{FFFD}b\u{FFFD}");
    assert!(!receiver.push(&Packet { header: Header { payload_type: 0, ..header }, payload }, |_| {}));
}

proptest! {
    /// Over a link that loses a fifth, the reader sees what was typed with gaps marked, and nothing twice.
    #[test]
    fn what_is_read_is_what_was_typed_but_for_gaps_that_are_shown(seed in any::<u64>(), count in 1_usize..60) {
        let words: Vec<String> = (0..count).map(|n| format!("{n},")).collect();
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let mut packets = typed(TYPES, &words, 300);
        let mut random = Random::new(seed);
        packets.retain(|_| random.below(5) > 0);
        let text = read(TYPES, &packets);
        let typed = words.concat();
        let mut rest = typed.as_str();
        for piece in text.split('\u{FFFD}') {
            let at = rest.find(piece);
            prop_assert!(at.is_some(), "{text}");
            rest = &rest[at.unwrap() + piece.len()..];
        }
        if !text.contains('\u{FFFD}') && packets.len() > 2 {
            prop_assert!(typed.contains(&text));
        }
    }

    #[test]
    fn no_packet_makes_it_panic(number in 96_u8..101, payload in prop::collection::vec(any::<u8>(), 0..64)) {
        let mut receiver = TextReceiver::new(TYPES);
        let header = Header { marker: false, payload_type: number, sequence: 9, timestamp: 0, ssrc: 1 };
        receiver.push(&Packet { header, payload: &payload }, |_| {});
    }
}
