use proptest::prelude::*;

use super::*;
use crate::{gsm7, national::Language, udh};

fn shape(body: &str) -> (Encoding, usize, usize) {
    let plan = plan(body, PlanOptions::default()).unwrap();
    (plan.encoding, plan.segments.len(), plan.units)
}

/// What a handset makes of the segments.
fn join(plan: &MessagePlan) -> String {
    let text = |segment: &Segment| match plan.encoding {
        Encoding::Gsm7 => gsm7::decode(&segment.payload),
        Encoding::Ucs2 => {
            let units: Vec<u16> =
                segment.payload.chunks(2).map(|b| u16::from_be_bytes([b[0], b[1]])).collect();
            String::from_utf16(&units).expect("no surrogate pair is cut")
        }
    };
    plan.segments.iter().map(text).collect()
}

#[test]
fn the_limits_are_where_the_price_list_puts_them() {
    use Encoding::{Gsm7, Ucs2};
    let table = [
        ("a".repeat(160), (Gsm7, 1, 160)),
        ("a".repeat(161), (Gsm7, 2, 161)),
        ("a".repeat(306), (Gsm7, 2, 306)),
        ("a".repeat(307), (Gsm7, 3, 307)),
        ("€".repeat(80), (Gsm7, 1, 160)),
        ("€".repeat(81), (Gsm7, 2, 162)),
        // 76 pairs fill 152 of 153 septets: the next pair does not fit, and is not cut.
        ("€".repeat(153), (Gsm7, 3, 306)),
        ("é".repeat(160), (Gsm7, 1, 160)),
        ("ê".repeat(70), (Ucs2, 1, 70)),
        ("ê".repeat(71), (Ucs2, 2, 71)),
        ("ê".repeat(134), (Ucs2, 2, 134)),
        ("ê".repeat(135), (Ucs2, 3, 135)),
        // 33 pairs fill 66 of 67 units.
        ("😀".repeat(35), (Ucs2, 1, 70)),
        ("😀".repeat(67), (Ucs2, 3, 134)),
        ("a".repeat(1_600), (Gsm7, 11, 1_600)),
        ("ê".repeat(1_600), (Ucs2, 24, 1_600)),
    ];
    for (body, expected) in table {
        assert_eq!(shape(&body), expected, "{}…×{}", body.chars().next().unwrap(), body.chars().count());
    }
}

/// What a handset makes of segments whose headers name tables.
fn join_national(plan: &MessagePlan) -> String {
    let text = |segment: &Segment| udh::tables(&segment.udh).decode(&segment.payload);
    plan.segments.iter().map(text).collect()
}

#[test]
fn language_tables_are_written_where_they_save_segments_and_counted_with_their_headers() {
    let turkish = Languages::default().with(Language::Turkish);
    let with = |body: &str, national| plan(body, PlanOptions { national, ..PlanOptions::default() }).unwrap();
    let shape = |plan: &MessagePlan| (plan.encoding, plan.segments.len(), plan.segments[0].udh.clone());
    // Two letters make three segments of what would be one.
    let body = format!("{}şğ", "a".repeat(149));
    assert_eq!(shape(&with(&body, Languages::default())), (Encoding::Ucs2, 3, vec![5, 0, 3, 0, 3, 1]));
    let short = with(&body, turkish);
    assert_eq!(shape(&short), (Encoding::Gsm7, 1, vec![3, 0x24, 1, 1]));
    assert_eq!((short.units, join_national(&short)), (153, body));
    // Single shift fits 155 septets, locking 155 with one septet a letter: 155 letters need the latter.
    let letters = with(&"ş".repeat(155), turkish);
    assert_eq!(shape(&letters), (Encoding::Gsm7, 1, vec![3, 0x25, 1, 1]));
    assert_eq!(
        shape(&with(&"ş".repeat(156), turkish)),
        (Encoding::Gsm7, 2, vec![8, 0, 3, 0, 2, 1, 0x25, 1, 1])
    );
    assert_eq!(with(&"ş".repeat(298), turkish).segments.len(), 2, "149 in each part");
    assert_eq!(with(&"ş".repeat(299), turkish).segments.len(), 3);
    // No saving: what every handset reads. What no table has: the same.
    assert_eq!(with("teşekkürler", turkish).encoding, Encoding::Ucs2);
    assert_eq!(with(&"ş漢".repeat(50), turkish).encoding, Encoding::Ucs2);
    assert_eq!(with(&"a".repeat(100), turkish).segments[0].udh, Vec::<u8>::new());
    let asked = PlanOptions { alphabet: Alphabet::Ucs2, national: turkish, ..PlanOptions::default() };
    assert_eq!(plan(&"ş".repeat(100), asked).unwrap().encoding, Encoding::Ucs2);
}

#[test]
fn bodies_that_are_empty_or_too_long_are_refused() {
    let refusal = |body: &str| plan(body, PlanOptions::default()).unwrap_err();
    assert_eq!(refusal(""), PlanError::Empty);
    assert_eq!(refusal(&"a".repeat(1_601)), PlanError::TooManyCharacters { chars: 1_601 });
    assert_eq!(refusal(&"😀".repeat(1_000)), PlanError::TooManySegments { segments: 31 });
}

#[test]
fn a_phone_is_told_a_text_in_one_piece_of_any_length_that_may_be_sent() {
    for body in ["Dag", "Ω€", &"x".repeat(1_600)] {
        let whole = plan_whole(body).unwrap();
        assert_eq!((whole.segments.len(), &*whole.segments[0].payload), (1, body.as_bytes()));
    }
    assert_eq!(plan_whole(""), Err(PlanError::Empty));
    assert_eq!(plan_whole(&"x".repeat(1_601)), Err(PlanError::TooManyCharacters { chars: 1_601 }));
}

#[test]
fn a_long_reference_leaves_one_unit_less() {
    let options = PlanOptions { reference: Reference::Long(0x1234), ..PlanOptions::default() };
    let gsm = plan(&"a".repeat(305), options).unwrap();
    assert_eq!(gsm.segments.len(), 3);
    assert_eq!(gsm.segments[1].udh, [6, 8, 4, 0x12, 0x34, 3, 2]);
    assert_eq!(gsm.segments[0].payload.len(), 152);
    assert_eq!(plan(&"ê".repeat(133), options).unwrap().segments.len(), 3);
}

#[test]
fn smart_encoding_replaces_typography_only_when_that_is_enough() {
    let smart = |body: &str| plan(body, PlanOptions { smart: true, ..PlanOptions::default() }).unwrap();
    let plain = smart("“Ça va?” – d’accord…");
    // Ç is in the alphabet, so only the typography stood in the way.
    assert_eq!((plain.encoding, join(&plain).as_str()), (Encoding::Gsm7, "\"Ça va?\" - d'accord..."));
    let greek = smart("“ёлка”");
    assert_eq!((greek.encoding, join(&greek).as_str()), (Encoding::Ucs2, "“ёлка”"));
}

#[test]
fn ucs_2_can_be_asked_for() {
    let options = PlanOptions { alphabet: Alphabet::Ucs2, ..PlanOptions::default() };
    assert_eq!(plan("abc", options).unwrap().segments[0].payload, [0, b'a', 0, b'b', 0, b'c']);
}

proptest! {
    #[test]
    fn segments_joined_give_the_body_back_and_none_is_too_long(
        body in prop_oneof!["[ -~€]{1,700}", "[a-zé€\\[\\]ê😀漢]{1,500}", "\\PC{1,300}"],
        reference in prop_oneof![any::<u8>().prop_map(Reference::Short), any::<u16>().prop_map(Reference::Long)],
    ) {
        let options = PlanOptions { reference, ..PlanOptions::default() };
        let Ok(plan) = plan(&body, options) else { return Ok(()) };
        prop_assert_eq!(join(&plan), body);
        let several = plan.segments.len() > 1;
        for (n, segment) in (1u8..).zip(&plan.segments) {
            let octets_on_air = match plan.encoding {
                // The header is padded to a septet boundary.
                Encoding::Gsm7 => ((segment.udh.len() * 8).div_ceil(7) + segment.payload.len()) * 7 / 8,
                Encoding::Ucs2 => segment.udh.len() + segment.payload.len(),
            };
            prop_assert!(octets_on_air <= 140, "{octets_on_air} octets");
            prop_assert!(!segment.payload.is_empty());
            prop_assert_eq!(segment.udh.is_empty(), !several);
            if several {
                let (place, _) = udh::split(&segment.udh).unwrap();
                prop_assert_eq!(place.map(|p| (p.reference, p.sequence)), Some((reference, n)));
            }
        }
    }
}
