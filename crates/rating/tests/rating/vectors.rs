//! Increments of other plans (V01–V05), composite cases (C01–C09), the longest call.

use flexio_domain::{Money, UsageKind};
use flexio_rating::{Allowance, Authorised, Rater};

use crate::{OFFER, counted, leg, money, rater, rater_of};

const MOBILE: &str = "+32470123456";
const FIXED: &str = "+3222268888";

/// The reference offer with increments `first/next` everywhere.
fn with_increments(first: u32, next: u32) -> Rater {
    let text = OFFER.lines().map(|line| match line.split_once('=') {
        Some((key, _)) if key.trim() == "first_increment" => format!("{key}= {first}"),
        Some((key, _)) if key.trim() == "increment" => format!("{key}= {next}"),
        _ => line.to_owned(),
    });
    rater_of(&text.collect::<Vec<_>>().join("\n"))
}

#[test]
fn v01_to_v05_the_same_call_under_other_increments() {
    let vectors = [
        ("V01", UsageKind::VoiceOut, MOBILE, 1, ["0.006167", "0.370000", "0.370000", "0.185000"]),
        ("V02", UsageKind::VoiceOut, MOBILE, 61, ["0.376167", "0.740000", "0.376167", "0.407000"]),
        ("V03", UsageKind::VoiceOut, MOBILE, 125, ["0.770833", "1.110000", "0.770833", "0.777000"]),
        ("V04", UsageKind::VoiceOut, FIXED, 185, ["0.292917", "0.380000", "0.292917", "0.294500"]),
        ("V05", UsageKind::VoiceIn, FIXED, 754, ["0.056550", "0.058500", "0.056550", "0.056700"]),
    ];
    for (column, (first, next)) in [(1, 1), (60, 60), (60, 1), (30, 6)].into_iter().enumerate() {
        let rater = with_increments(first, next);
        for (id, kind, to, seconds, amounts) in vectors {
            let charged = rater.rate(&leg(kind, to, seconds));
            assert_eq!(charged.amount, money(amounts[column]), "{id} under {first}/{next}");
        }
    }
}

#[test]
fn c01_to_c07_composite_cases_add_up() {
    let rater = rater();
    let voice_in = |seconds| rater.rate(&leg(UsageKind::VoiceIn, FIXED, seconds)).amount;
    let out = |to, seconds| rater.rate(&leg(UsageKind::VoiceOut, to, seconds)).amount;
    let recorded = |seconds| rater.rate(&leg(UsageKind::Recording, "-", seconds)).amount;
    let one = |kind, to| rater.rate(&counted(kind, to, 1)).amount;
    let code = one(UsageKind::TwoFa, "-");

    let forwarded = voice_in(125) + out(MOBILE, 120);
    let click_to_call = out(MOBILE, 185) + out(FIXED, 180);
    let legs: Money = (0..3).map(|_| out(MOBILE, 600)).sum();
    let conference = one(UsageKind::Conference, "-") + legs + recorded(590);
    let code_by_sms = code + one(UsageKind::SmsOut, MOBILE);
    let resent_by_voice = code_by_sms + out(MOBILE, 18);
    let to_sip = voice_in(340) + out("sip:agent@example.be", 300);
    for (id, total, want) in [
        ("C01", forwarded, "0.749375"),
        ("C02", click_to_call, "1.425833"),
        ("C03", conference, "11.131783"),
        ("C04", code_by_sms, "0.145000"),
        ("C05", resent_by_voice, "0.256000"),
        ("C06", code, "0.050000"),
        ("C07", to_sip, "0.025500"),
    ] {
        assert_eq!(total, money(want), "{id}");
    }
}

#[test]
fn c08_and_c09_slices_of_a_call_sum_to_the_whole_call() {
    let rater = rater();
    let mobile = rater.timed("voice.out.mobile").unwrap();
    let sliced = |ends_s: &[u64]| -> Money {
        let mut charged = None;
        ends_s
            .iter()
            .map(|end| {
                let slice = mobile.charge_between(charged, end * 1000);
                charged = Some(end * 1000);
                slice
            })
            .sum()
    };
    let seconds: Vec<u64> = (1..=61).collect();
    let six_seconds: Vec<u64> = (1..=10).map(|slice| slice * 6).chain([61]).collect();
    assert_eq!(sliced(&seconds), money("0.376167"), "C08");
    assert_eq!(sliced(&six_seconds), money("0.376167"), "C09");
}

#[test]
fn the_longest_call_is_the_largest_whose_charge_is_affordable() {
    let rater = rater();
    let cases = [
        ("1.00", "voice.out.mobile", 162, "0.999000", "1.005167"),
        ("0.37", "voice.out.mobile", 60, "0.370000", "0.376167"),
        ("0.006167", "voice.out.mobile", 1, "0.006167", "0.012333"),
        ("5.00", "voice.out.fixed", 3157, "4.998583", "5.000167"),
        ("0.10", "voice.out.fixed", 63, "0.099750", "0.101333"),
    ];
    for (available, item, seconds, charge, one_more) in cases {
        let Some(Allowance::Seconds(granted)) = rater.longest_call(money(available), item) else {
            panic!("{available} {item}");
        };
        let timed = rater.timed(item).unwrap();
        assert_eq!(granted.get(), seconds, "{available} {item}");
        assert_eq!(timed.charge(seconds * 1000), money(charge));
        assert_eq!(timed.charge((seconds + 1) * 1000), money(one_more));
    }
    for nothing in ["0.006166", "0", "-3"] {
        assert_eq!(rater.longest_call(money(nothing), "voice.out.mobile"), Some(Allowance::Refused));
    }
    assert_eq!(rater.longest_call(money("1"), "sms.out"), None);
}

#[test]
fn an_emergency_call_needs_no_money() {
    let rater = rater();
    for number in ["112", "100", "101"] {
        let answer = rater.authorise(UsageKind::VoiceOut, "client:alice", number);
        assert_eq!(answer, Ok(Authorised::Free { class: "emergency" }));
    }
}

#[test]
fn the_cost_of_a_planned_use_is_its_charge() {
    let rater = rater();
    let cost = |kind, quantity| match rater.authorise(kind, FIXED, MOBILE) {
        Ok(Authorised::Priced(priced)) => priced.cost_of(quantity),
        other => panic!("{other:?}"),
    };
    assert_eq!(cost(UsageKind::SmsOut, 3), money("0.285"));
    assert_eq!(cost(UsageKind::VoiceOut, 60), money("0.37"));
}
