use proptest::prelude::*;

use super::*;
use crate::{
    Encoding, PlanOptions, mo, plan,
    udh::{self, Reference},
};

const PAIR: (&str, &str) = ("32470000001", "8640");

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn place(reference: u8, total: u8, sequence: u8) -> Concat {
    Concat { reference: Reference::Short(reference), total, sequence }
}

fn gsm(text: &str) -> TextUnits {
    TextUnits::Gsm7(crate::gsm7::encode(text).unwrap())
}

#[test]
fn parts_in_any_order_make_the_text_and_repeats_are_told() {
    let (mut r, mut out) = (Reassembler::new(Limits::default()), vec![]);
    let mut insert = |s, text| r.insert(at(0), PAIR, place(7, 3, s), gsm(text), &mut out);
    assert_eq!(insert(3, "C"), Inserted::Waiting);
    assert_eq!(insert(1, "A"), Inserted::Waiting);
    assert_eq!(insert(1, "X"), Inserted::Repeated);
    let Inserted::Whole(joined) = insert(2, "B") else { panic!() };
    assert_eq!((joined.text.as_str(), joined.is_whole()), ("ABC", true));
    assert!(out.is_empty());
    assert_eq!((r.parts(), r.deadline()), (0, None));
}

#[test]
fn pairs_cut_between_parts_are_whole_again() {
    let (mut r, mut out) = (Reassembler::new(Limits::default()), vec![]);
    r.insert(at(0), PAIR, place(1, 2, 1), TextUnits::Utf16(vec![0xD83D]), &mut out);
    let whole = r.insert(at(0), PAIR, place(1, 2, 2), TextUnits::Utf16(vec![0xDE00]), &mut out);
    assert!(matches!(whole, Inserted::Whole(j) if j.text == "😀"));
    r.insert(at(0), PAIR, place(2, 2, 2), TextUnits::Gsm7(vec![0x65]), &mut out);
    let whole = r.insert(at(0), PAIR, place(2, 2, 1), TextUnits::Gsm7(vec![0x1B]), &mut out);
    assert!(matches!(whole, Inserted::Whole(j) if j.text == "€"));
}

#[test]
fn the_same_reference_of_another_sender_number_or_length_is_another_message() {
    let (mut r, mut out) = (Reassembler::new(Limits::default()), vec![]);
    for (pair, total) in [(PAIR, 2), (("32470000002", "8640"), 2), (("32470000001", "8641"), 2), (PAIR, 3)] {
        assert_eq!(r.insert(at(0), pair, place(1, total, 1), gsm("a"), &mut out), Inserted::Waiting);
    }
    assert_eq!(r.parts(), 4);
}

#[test]
fn a_message_whose_rest_never_comes_is_given_up_with_what_there_is() {
    let (mut r, mut out) = (Reassembler::new(Limits::default()), vec![]);
    r.insert(at(0), PAIR, place(1, 3, 1), gsm("A"), &mut out);
    r.insert(at(500), PAIR, place(1, 3, 3), gsm("C"), &mut out);
    assert!(r.expire(at(1_099)).is_empty(), "each part renews the patience");
    let given_up = r.expire(at(1_100));
    assert_eq!(given_up.len(), 1);
    assert_eq!((given_up[0].text.as_str(), given_up[0].parts, given_up[0].total), ("AC", 2, 3));
}

#[test]
fn one_sender_cannot_fill_the_table_and_the_table_cannot_overflow() {
    let limits = Limits { messages: 20, messages_per_sender: 3, parts: 30, ..Limits::default() };
    let (mut r, mut out) = (Reassembler::new(limits), vec![]);
    for n in 0..10 {
        r.insert(at(i64::from(n)), PAIR, place(n, 9, 1), gsm("a"), &mut out);
    }
    assert_eq!((out.len(), r.sets.len()), (7, 3));
    for n in 0..100u8 {
        let from = format!("3247{n}");
        for s in 1..=4 {
            r.insert(at(100), (&from, "8640"), place(0, 9, s), gsm("a"), &mut out);
        }
        assert!(r.sets.len() <= 20 && r.parts() <= 30, "{} messages, {} parts", r.sets.len(), r.parts());
    }
    assert_eq!(r.by_age.len(), r.sets.len());
}

proptest! {
    #[test]
    fn a_planned_message_comes_back_whatever_the_order(
        body in prop_oneof!["[ -~€]{161,900}", "[a-z漢😀ê]{71,300}"],
        seed: u64,
    ) {
        let planned = plan(&body, PlanOptions::default()).unwrap();
        let coding = planned.encoding.data_coding();
        prop_assert!(planned.encoding == Encoding::Gsm7 || coding == 8);
        let mut order: Vec<_> = planned.segments.iter().collect();
        let mut z = seed;
        for n in (1..order.len()).rev() {
            z = z.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            order.swap(n, usize::try_from(z >> 33).unwrap() % (n + 1));
        }
        let (mut r, mut out) = (Reassembler::new(Limits::default()), vec![]);
        let mut text = None;
        for segment in order {
            let octets = [segment.udh.clone(), segment.payload.clone()].concat();
            let part = mo::read(&octets, coding, true, mo::DefaultAlphabet::Gsm7);
            let place: udh::Concat = part.place.unwrap();
            if let Inserted::Whole(joined) = r.insert(at(0), PAIR, place, part.units, &mut out) {
                text = Some(joined.text);
            }
        }
        prop_assert_eq!(text, Some(body));
    }
}
