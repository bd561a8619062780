//! The Belgian numbering data: classes, traps, and that no number has two.

use flexio_domain::{E164, NumberType, UsageKind};
use flexio_rating::{Authorised, Class, RefusalReason};
use proptest::prelude::*;
use regex::Regex;

use crate::{NUMBERING, numbering, rater};

fn e164(text: &str) -> E164 {
    text.parse().unwrap()
}

#[test]
fn numbers_that_look_alike_are_told_apart() {
    let numbering = numbering();
    for (dialled, class) in [
        ("+3242345678", "geographic"),
        ("+32455123456", "mobile"),
        ("+32470123456", "mobile"),
        ("0470123456", "mobile"),
        ("0032470123456", "mobile"),
        ("+3280012345", "toll_free"),
        ("+3280002345", "invalid"),
        ("+3280212345", "geographic"),
        ("+3290212345", "premium_090"),
        ("+3292123456", "geographic"),
        ("+3278051234", "uan_078"),
        ("+3270220000", "premium_070"),
        ("+32770012345678", "m2m_077"),
        ("+3241123456", "invalid"),
        ("+320470123456", "invalid"),
        ("112", "emergency"),
        ("+32112", "invalid"),
        ("0112", "invalid"),
        ("1733", "public_service"),
        ("116000", "helpline"),
        ("1207", "directory"),
        ("8640", "sms_free"),
        ("7012", "sms_premium"),
        ("470123456", "invalid"),
        ("+33142345678", "international"),
        ("0033142345678", "international"),
        ("+881612345678", "satellite"),
        ("+8821312345", "satellite"),
        ("+4", "invalid"),
        ("+0142345678", "invalid"),
        ("+1234567890123456", "invalid"),
        ("+331423x5678", "invalid"),
        ("sip:agent@example.be", "sip"),
        ("sips:agent@example.be", "sip"),
        ("client:alice", "client"),
        ("client:", "invalid"),
        ("anonymous", "invalid"),
        ("Acme NV", "invalid"),
        ("", "invalid"),
        ("+", "invalid"),
        ("0", "invalid"),
    ] {
        assert_eq!(numbering.classify(dialled).id(), class, "{dialled:?}");
    }
}

#[test]
fn every_way_of_writing_a_number_is_one_e164() {
    let numbering = numbering();
    for dialled in ["+3222268888", "003222268888", "022268888"] {
        assert_eq!(numbering.to_e164(dialled), Some(e164("+3222268888")), "{dialled}");
    }
    assert_eq!(numbering.to_e164("0033142345678"), Some(e164("+33142345678")));
    for none in ["112", "8640", "client:alice", "+3241123456", "041123456", "anonymous"] {
        assert_eq!(numbering.to_e164(none), None, "{none}");
    }
}

#[test]
fn what_the_offer_rents_and_shows_is_data() {
    let numbering = numbering();
    let facts =
        [NumberType::Local, NumberType::Mobile, NumberType::TollFree].map(|kind| numbering.rentable(kind));
    assert_eq!(facts, [true, false, false]);
    for (number, shown) in [
        ("+3222268888", true),
        ("+32470123456", false),
        ("+3280012345", false),
        ("+3278051234", false),
        ("+3299", false),
        ("+33142345678", true),
        ("+881612345678", false),
    ] {
        assert_eq!(numbering.may_be_shown(&e164(number)), shown, "{number}");
    }
    assert_eq!(numbering.emergency_numbers(), ["100", "101", "112"]);
    assert_eq!(numbering.number_type(&e164("+3222268888")), Some(NumberType::Local));
    assert_eq!(numbering.number_type(&e164("+32470123456")), Some(NumberType::Mobile));
    assert_eq!(numbering.number_type(&e164("+3280012345")), Some(NumberType::TollFree));
    assert_eq!(numbering.number_type(&e164("+3290212345")), None);
    assert_eq!(numbering.number_type(&e164("+33142345678")), None);
}

#[test]
fn zones_and_national_forms_follow_the_data() {
    let numbering = numbering();
    for (number, zone, written) in [
        ("+3222268888", Some("Brussels"), "02 226 88 88"),
        ("+3242345678", Some("Liège"), "04 234 56 78"),
        ("+3292123456", Some("Ghent"), "09 212 34 56"),
        ("+3210234567", Some("Wavre"), "010 23 45 67"),
        ("+3280212345", Some("Stavelot"), "080 21 23 45"),
        ("+32470123456", None, "0470 12 34 56"),
        ("+3280012345", None, "0800 12 345"),
    ] {
        assert_eq!(numbering.zone(&e164(number)).map(|zone| zone.en.as_str()), zone, "{number}");
        assert_eq!(numbering.national_format(&e164(number)).as_deref(), Some(written), "{number}");
    }
    assert_eq!(numbering.premium_ceiling("090212345").unwrap().ceiling, "1.00".parse().unwrap());
    assert_eq!(numbering.premium_ceiling("+3222268888"), None);
    assert_eq!(numbering.sender().shared_short_code, "8640");
}

#[test]
fn every_geographic_number_is_in_a_zone() {
    let numbering = numbering();
    for prefix in 0..10_000 {
        for length in [8, 9] {
            let number = e164(&format!("+32{prefix:04}{}", &"12345"[..length - 4]));
            let local = numbering.number_type(&number) == Some(NumberType::Local);
            assert_eq!(numbering.zone(&number).is_some(), local, "{number:?} {prefix:04}");
        }
    }
}

#[test]
fn refusals_say_why() {
    let rater = rater();
    let refused = |kind, to| rater.authorise(kind, "+3225880000", to).unwrap_err();
    for (kind, to, code) in [
        (UsageKind::VoiceOut, "+3241123456", "number_not_in_plan"),
        (UsageKind::VoiceOut, "anonymous", "number_not_in_plan"),
        (UsageKind::VoiceOut, "+3290212345", "destination_refused"),
        (UsageKind::VoiceOut, "1207", "destination_refused"),
        (UsageKind::VoiceOut, "+33142345678", "service_not_in_plan"),
        (UsageKind::VoiceOut, "+881612345678", "service_not_in_plan"),
        (UsageKind::SmsOut, "+33612345678", "service_not_in_plan"),
        (UsageKind::SmsOut, "+3222268888", "destination_cannot_receive_messages"),
        (UsageKind::SmsOut, "112", "destination_cannot_receive_messages"),
        (UsageKind::SmsOut, "8640", "destination_cannot_receive_messages"),
    ] {
        assert_eq!(refused(kind, to).reason.code(), code, "{to}");
    }
    let satellite = refused(UsageKind::VoiceOut, "+881612345678");
    assert_eq!(satellite.class, "satellite");
    assert!(matches!(satellite.reason, RefusalReason::ServiceRefused(_)));
    assert_eq!(satellite.to_string(), "refused: service_not_in_plan (class satellite)");
}

#[test]
fn legs_and_messages_of_the_platform_itself_are_free_and_carry_their_class() {
    let rater = rater();
    for (kind, from, to, class) in [
        (UsageKind::VoiceIn, "client:alice", "+32470123456", "client"),
        (UsageKind::VoiceIn, "sip:bob@example.be", "+32470123456", "sip"),
        (UsageKind::VoiceIn, "+32470123456", "client:alice", "client"),
        (UsageKind::VoiceOut, "+3222268888", "client:alice", "client"),
        (UsageKind::SmsOut, "+3222268888", "client:alice", "client"),
        (UsageKind::SmsIn, "+32470123456", "+3222268888", "geographic"),
        (UsageKind::SmsIn, "+32470123456", "8640", "sms_free"),
        (UsageKind::Tts, "-", "-", "none"),
        (UsageKind::Queue, "-", "-", "none"),
        (UsageKind::Api, "-", "-", "none"),
    ] {
        let answer = rater.authorise(kind, from, to);
        assert_eq!(answer, Ok(Authorised::Free { class }), "{from} {to}");
    }
    let withheld = rater.authorise(UsageKind::VoiceIn, "anonymous", "+3222268888").unwrap();
    let Authorised::Priced(priced) = withheld else { panic!("{withheld:?}") };
    assert_eq!((priced.item.code.as_str(), priced.class), ("voice.in", "geographic"));
}

#[test]
fn calls_free_for_the_caller_are_never_itemised() {
    let numbering = numbering();
    for (dialled, itemised) in
        [("+3280012345", false), ("112", false), ("107", false), ("1712", false), ("+3222268888", true)]
    {
        assert_eq!(numbering.classify(dialled).is_itemised(), itemised, "{dialled}");
    }
}

/// Class name and pattern of each table, read without the crate's own reader.
fn patterns(section: &str, name: &str) -> Vec<(String, Regex)> {
    let file: toml::Table = NUMBERING.parse().unwrap();
    let text = |table: &toml::Value, key: &str| table[key].as_str().unwrap().to_owned();
    let tables = file[section].as_array().unwrap();
    tables.iter().map(|t| (text(t, name), Regex::new(&text(t, "pattern")).unwrap())).collect()
}

/// All prefixes of four digits at every length: patterns decide on the first four digits and the length only.
#[test]
fn the_table_agrees_with_the_patterns_and_no_number_has_two_classes() {
    let numbering = numbering();
    let national = patterns("class", "id");
    let short = patterns("short_code", "class");
    let check = |dialled: &str, digits: &str, patterns: &[(String, Regex)]| {
        let mut takers = patterns.iter().filter(|(_, pattern)| pattern.is_match(digits));
        let class = takers.next().map_or("invalid", |(id, _)| id);
        assert!(takers.next().is_none(), "{digits} has two classes");
        assert_eq!(numbering.classify(dialled).id(), class, "{digits}");
    };
    for prefix in 0..10_000 {
        let prefix = format!("{prefix:04}");
        for length in 1..=13 {
            let digits: String = prefix.chars().chain("731906428".chars()).take(length).collect();
            check(&format!("+32{digits}"), &digits, &national);
            if !digits.starts_with('0') {
                check(&digits, &digits, &short);
            }
        }
    }
}

proptest! {
    #[test]
    fn any_text_has_a_class_and_any_use_has_a_rate(text in ".{0,24}", digits in "[+]?[0-9]{0,18}") {
        let rater = rater();
        for dialled in [&text, &digits] {
            let class = rater.numbering().classify(dialled);
            let allowed = rater.authorise(UsageKind::VoiceOut, "anonymous", dialled).is_ok();
            prop_assert!(class != Class::Invalid || !allowed);
            let rated = rater.rate(&crate::leg(UsageKind::VoiceOut, dialled, 60));
            prop_assert_eq!(rated.class, class.id());
            prop_assert_eq!(rated.item == "refuse", !allowed);
        }
    }
}
