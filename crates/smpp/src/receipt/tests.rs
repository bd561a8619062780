use proptest::prelude::*;

use super::*;

fn fields(input: &str) -> String {
    let r = parse_text(input);
    let show = |v: Option<&str>| v.unwrap_or("-").to_owned();
    [r.id, r.sub, r.dlvrd, r.submit_date, r.done_date, r.stat, r.err, r.text].map(show).join("|")
}

#[test]
fn every_common_spelling_is_read() {
    let table = [
        // SMPP 3.4 Appendix B.
        (
            "id:0123456789 sub:001 dlvrd:001 submit date:2611231200 done date:2611231201 stat:DELIVRD err:000 text:Hello id:9",
            "0123456789|001|001|2611231200|2611231201|DELIVRD|000|Hello id:9",
        ),
        // Capitals, seconds in the dates.
        (
            "ID:1A2B SUB:001 DLVRD:001 SUBMIT DATE:261123120059 DONE DATE:261123120100 STAT:UNDELIV ERR:00B TEXT:x",
            "1A2B|001|001|261123120059|261123120100|UNDELIV|00B|x",
        ),
        // Without text and counters.
        (
            "id:42 submit date:2611231200 done date:2611231200 stat:EXPIRED err:027",
            "42|-|-|2611231200|2611231200|EXPIRED|027|-",
        ),
        // Underscores, commas.
        (
            "id:7,sub:1,dlvrd:0,submit_date:2611231200,done_date:2611231205,stat:REJECTD,err:11,text:",
            "7|1|0|2611231200|2611231205|REJECTD|11|",
        ),
        // Blank after the colon, empty err.
        ("id: ab-cd-ef stat: DELIVRD err: text: ok", "ab-cd-ef|-|-|-|-|DELIVRD|-| ok"),
        // Equals signs, other order, full words.
        (
            "status=DELIVERED msgid=\"9f\" error=0 donedate=20261123120000",
            "9f|-|-|-|20261123120000|DELIVERED|0|-",
        ),
        // A UUID, a line break, a NUL at the end.
        (
            "id:0b0c8a0e-7d4c-4a53-9a0a-0a1b2c3d4e5f stat:ACCEPTD\r\nerr:0x1B text:a\0",
            "0b0c8a0e-7d4c-4a53-9a0a-0a1b2c3d4e5f|-|-|-|-|ACCEPTD|0x1B|a",
        ),
        // Words that only end in a key.
        ("paid:5 grid:7 hello", "-|-|-|-|-|-|-|-"),
        ("", "-|-|-|-|-|-|-|-"),
    ];
    for (input, expected) in table {
        assert_eq!(fields(input), expected, "{input}");
    }
}

#[test]
fn states_are_known_by_word_by_prefix_and_by_number() {
    use ReceiptState as S;
    let table = [
        ("DELIVRD", S::Delivered),
        ("delivered", S::Delivered),
        ("UNDELIV", S::Undeliverable),
        ("Undeliverable", S::Undeliverable),
        ("EXPIRED", S::Expired),
        ("DELETED", S::Deleted),
        ("ACCEPTD", S::Accepted),
        ("REJECTD", S::Rejected),
        ("ENROUTE", S::Enroute),
        ("BUFFRED", S::Enroute),
        ("FAILED", S::Undeliverable),
        ("2", S::Delivered),
        ("UNKNOWN", S::Unknown),
        ("", S::Unknown),
    ];
    for (text, state) in table {
        assert_eq!(S::from_text(text), state, "{text}");
    }
}

#[test]
fn ids_in_hexadecimal_and_decimal_meet() {
    let hex = IdFormat::Hex.canonical("0001E240").unwrap();
    assert_eq!(Some(hex.clone()), IdFormat::Decimal.canonical("123456"));
    assert_eq!(Some(hex), IdFormat::Decimal.canonical("0000123456"));
    // As text they are two different ids.
    assert_ne!(IdFormat::Text.canonical("0001E240"), IdFormat::Text.canonical("123456"));
}

#[test]
fn an_id_that_is_no_number_stays_a_text() {
    assert_eq!(IdFormat::Hex.canonical("abc-1").unwrap().as_str(), "abc-1");
    assert_eq!(
        IdFormat::Decimal.canonical("99999999999999999999999").unwrap().as_str(),
        "99999999999999999999999"
    );
    assert_eq!(IdFormat::Text.canonical("  "), None);
}

proptest! {
    #[test]
    fn no_text_makes_the_parser_panic_and_every_field_is_a_piece_of_it(input in ".{0,300}") {
        let r = parse_text(&input);
        for field in [r.id, r.sub, r.dlvrd, r.submit_date, r.done_date, r.stat, r.err, r.text].into_iter().flatten() {
            prop_assert!(input.contains(field));
        }
    }

    #[test]
    fn broken_receipts_do_not_panic_either(
        parts in prop::collection::vec(prop::sample::select(vec![
            "id:", "ID=", " ", "stat:", "DELIVRD", "err", ":", "text:", "submit date:", "2611231200", "é", "\0", "sub:001", ";",
        ]), 0..40),
    ) {
        let _ = parse_text(&parts.concat());
    }

    #[test]
    fn what_appendix_b_prints_is_read_back(
        id in "[A-Za-z0-9-]{1,36}",
        stat in prop::sample::select(vec!["DELIVRD", "EXPIRED", "DELETED", "UNDELIV", "ACCEPTD", "UNKNOWN", "REJECTD"]),
        err in "[0-9A-F]{3}",
        text in "[ -~]{0,20}",
    ) {
        let printed = format!(
            "id:{id} sub:001 dlvrd:001 submit date:2611231200 done date:2611231201 stat:{stat} err:{err} text:{text}"
        );
        let read = parse_text(&printed);
        prop_assert_eq!(read.id, Some(id.as_str()));
        prop_assert_eq!(read.stat, Some(stat));
        prop_assert_eq!(read.err, Some(err.as_str()));
        prop_assert_eq!(read.text, Some(text.as_str()));
    }
}
