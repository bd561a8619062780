use std::sync::Arc;

use flexio_billing::{
    Charge, ConferenceStarted, LegEnded, MessageReceived, Meter, PinnedPrice, Recorded, SegmentsAccepted,
    SpeechSynthesised, VerificationRequested, Waited,
};
use flexio_domain::{CallSid, MessageSid, RecordingSid};
use flexio_rating::Plan;
use proptest::prelude::*;

use crate::{ACCOUNT, at, leg, message, meter, money};

#[test]
fn a_leg_becomes_one_event_and_its_posting() {
    let charge = meter().leg_ended(&leg(7, 60_989));
    let event = &charge.event;
    assert_eq!(event.id, format!("CA{:032x}:leg", 7));
    assert_eq!(
        (event.source.as_str(), event.item.as_str(), event.class.as_str()),
        ("voice", "voice.out.mobile", "mobile")
    );
    assert_eq!((event.billed, event.amount), (61, money("0.376167")));
    assert_eq!((event.month.as_str(), event.day.as_str()), ("2026-11", "2026-11-03"));
    assert_eq!((event.plan.as_str(), event.numbering.as_str()), ("flexio-be/1", "2026-11-23"));
    let posting = charge.posting.unwrap();
    assert_eq!(posting.id, format!("usage:voice:CA{:032x}:leg", 7));
    let legs: Vec<_> =
        posting.legs.iter().map(|leg| (leg.account.to_string(), leg.amount.to_string())).collect();
    let debit = (format!("cust:AC{:032x}:unbilled", 0xA1), "0.376167".to_owned());
    assert_eq!(legs, [debit, ("rev:voice.out.mobile".to_owned(), "-0.376167".to_owned())]);
}

#[test]
fn a_leg_that_was_not_answered_is_counted_and_posts_nothing() {
    let charge = meter().leg_ended(&LegEnded { answered_at: None, ..leg(7, 60_000) });
    assert_eq!((charge.event.accepted, charge.event.billed, charge.event.duration_ms), (false, 0, Some(0)));
    assert_eq!(charge.event.at, leg(7, 0).ended_at);
    assert_eq!(charge.posting, None);
}

#[test]
fn the_answer_decides_the_month_in_brussels_and_the_day_in_utc() {
    let late = LegEnded { answered_at: Some(at("2026-11-30T23:00:00Z")), ..leg(7, 1) };
    let event = meter().leg_ended(&late).event;
    assert_eq!((event.month.as_str(), event.day.as_str()), ("2026-12", "2026-11-30"));
}

#[test]
fn a_message_costs_the_segments_the_carrier_took() {
    let meter = meter();
    let charge = meter.segments_accepted(&message(9, 2));
    assert_eq!(charge.event.id, format!("SM{:032x}:accepted", 9));
    assert_eq!((charge.event.billed, charge.event.amount), (2, money("0.19")));
    assert_eq!(charge.posting.unwrap().id, format!("usage:messaging:SM{:032x}:accepted", 9));
    let refused = meter.segments_accepted(&message(9, 0));
    assert_eq!((refused.event.accepted, refused.posting), (false, None));
}

#[test]
fn the_other_facts_have_ids_of_their_own() {
    let meter = meter();
    let now = at("2026-11-03T10:00:00Z");
    let recorded = meter.recorded(&Recorded {
        recording_sid: RecordingSid::from_u128(3),
        account_sid: ACCOUNT,
        from: "+32470123456",
        to: "+3222268888",
        started_at: now,
        ended_at: now,
        duration_ms: 61_000,
    });
    let received = meter.message_received(&MessageReceived {
        message_sid: MessageSid::from_u128(4),
        account_sid: ACCOUNT,
        from: "+32470123456",
        to: "+3222268888",
        segments: 3,
        at: now,
    });
    let conference =
        meter.conference_started(&ConferenceStarted { conference: "CF1", account_sid: ACCOUNT, at: now });
    let code = meter.verification_requested(&VerificationRequested {
        request: "VE1",
        account_sid: ACCOUNT,
        to: "+32470123456",
        at: now,
    });
    let speech = meter.speech_synthesised(&SpeechSynthesised {
        call_sid: CallSid::from_u128(5),
        account_sid: ACCOUNT,
        at: now,
        duration_ms: 2_500,
    });
    let waited = meter.waited(&Waited {
        call_sid: CallSid::from_u128(6),
        account_sid: ACCOUNT,
        since: now,
        until: now + jiff::SignedDuration::from_millis(61_001),
    });
    let read = |charge: &flexio_billing::Charge| {
        let event = &charge.event;
        (format!("{}:{}", event.source, event.id), event.item.clone(), event.billed, event.amount.to_string())
    };
    let row = |id: String, item: &str, billed, amount: &str| (id, item.to_owned(), billed, amount.to_owned());
    assert_eq!(read(&recorded), row(format!("voice:RE{:032x}:recorded", 3), "recording", 61, "0.002542"));
    assert_eq!(read(&received), row(format!("messaging:SM{:032x}:received", 4), "free", 3, "0.000000"));
    assert_eq!(read(&conference), row("voice:CF1:setup".into(), "conference.setup", 1, "0.007200"));
    assert_eq!(read(&code), row("verify:VE1:requested".into(), "twofa.request", 1, "0.050000"));
    assert_eq!(read(&speech), row(format!("voice:CA{:032x}:spoken", 5), "free", 3, "0.000000"));
    let came = now.as_millisecond();
    assert_eq!(read(&waited), row(format!("voice:CA{:032x}:queue:{came}", 6), "free", 62, "0.000000"));
    assert_eq!((received.posting, speech.posting, waited.posting), (None, None, None));
}

#[test]
fn what_brings_a_code_is_free_where_the_price_of_its_request_has_it() {
    let offer = include_str!("../../../../data/offer-flexio-be.toml");
    let included = offer.replace("delivery = \"charged\"", "delivery = \"included\"");
    let rater = meter().rater().with_plan(Plan::parse("offer.toml", &included).unwrap()).unwrap();
    let code = SegmentsAccepted { carries_code: true, ..message(9, 2) };
    let call = LegEnded { carries_code: true, ..leg(9, 18_000) };
    let told = |meter: &Meter| {
        let charges = [meter.segments_accepted(&code), meter.leg_ended(&call)];
        charges.map(|charge| (charge.event.item, charge.event.billed, charge.event.amount.to_string()))
    };
    let free = |units| ("free".to_owned(), units, "0.000000".to_owned());
    let paid = [("sms.out".to_owned(), 2, "0.190000".to_owned()), {
        ("voice.out.mobile".to_owned(), 18, "0.111000".to_owned())
    }];
    assert_eq!(told(&meter()), paid);
    let inclusive = Meter::new(rater);
    assert_eq!(told(&inclusive), [free(2), free(18)]);
    assert_eq!(inclusive.segments_accepted(&message(9, 2)).event.item, "sms.out", "another message costs");
    // The version that prices the request decides, whatever the one that prices messages says.
    let rater = Arc::clone(inclusive.rater_at(at("2026-11-30T00:00:00Z")));
    let pin = |item: &str| PinnedPrice {
        item: Some(item.to_owned()),
        from: at("2026-11-01T00:00:00Z"),
        until: None,
        rater: Arc::clone(&rater),
    };
    let base = Arc::clone(meter().rater_at(at("2026-11-30T00:00:00Z")));
    let of_messages = Meter::pinned(Arc::clone(&base), vec![pin("sms.out"), pin("voice.out.mobile")]);
    assert_eq!(told(&of_messages), paid);
    let of_requests = Meter::pinned(base, vec![pin("twofa.request")]);
    assert_eq!(told(&of_requests), [free(2), free(18)]);
    // What was free is free when it is compared with itself, and costs under a plan that charges it.
    let event = inclusive.segments_accepted(&code).event;
    let under = |meter: &Meter| {
        flexio_billing::comparison::charge_under(&event, meter.rater()).unwrap().amount.to_string()
    };
    assert_eq!((under(&inclusive), under(&meter())), ("0.000000".to_owned(), "0.190000".to_owned()));
}

/// The reference offer with cheaper evenings and nights to mobile numbers.
fn by_hour() -> (Plan, Meter) {
    let offer = include_str!("../../../../data/offer-flexio-be.toml");
    let (head, tail) = offer.split_once("code = \"voice.out.mobile\"").unwrap();
    let (fields, rest) = tail.split_once("\n[[item]]").unwrap();
    let row = |name: &str, from: &str, until: &str, price: &str| {
        format!(
            "[[item.band]]\nname = \"{name}\"\nfrom = \"{from}\"\nuntil = \"{until}\"\nprice = \"{price}\"\n"
        )
    };
    let bands = row("evening", "18:00", "23:00", "0.20") + &row("night", "23:00", "24:00", "0.10");
    let bands = bands + &row("night", "00:00", "08:00", "0.10");
    let plan = format!("{head}code = \"voice.out.mobile\"{fields}\n{bands}\n[[item]]{rest}");
    let plan = Plan::parse("offer.toml", &plan).unwrap();
    let rater = meter().rater().with_plan(plan.clone()).unwrap();
    (plan, Meter::new(rater))
}

fn parts(charge: &Charge) -> Vec<(&str, u64, String)> {
    let events = std::iter::once(charge).chain(&charge.further).map(|part| &part.event);
    events.map(|event| (event.item.as_str(), event.billed, event.amount.to_string())).collect()
}

#[test]
fn a_call_is_cut_where_its_price_changes() {
    let (_, meter) = by_hour();
    let of = |answered: &str, ms| {
        let charge = meter.leg_ended(&LegEnded { answered_at: Some(at(answered)), ..leg(7, ms) });
        parts(&charge).into_iter().map(|(item, s, amount)| (item.to_owned(), s, amount)).collect::<Vec<_>>()
    };
    let row = |item: &str, s: u64, amount: &str| (item.to_owned(), s, amount.to_owned());
    let (day, evening, night) = ("voice.out.mobile", "voice.out.mobile~evening", "voice.out.mobile~night");
    assert_eq!(of("2026-11-03T10:00:00Z", 61_000), [row(day, 61, "0.376167")]);
    assert_eq!(of("2026-11-03T17:30:00Z", 61_000), [row(evening, 61, "0.203333")]);
    let crossing = [row(day, 30, "0.185000"), row(evening, 31, "0.103333")];
    assert_eq!(of("2026-11-03T16:59:30Z", 60_500), crossing);
    // A second costs what it costs when it begins.
    assert_eq!(of("2026-11-03T16:59:59.5Z", 2_000), [row(day, 1, "0.006167"), row(evening, 1, "0.003333")]);
    // The night goes on behind midnight, and the month and version are those of the answer.
    let through =
        meter.leg_ended(&LegEnded { answered_at: Some(at("2026-11-30T21:59:00Z")), ..leg(7, 7_320_000) });
    assert_eq!(
        parts(&through),
        [(evening, 60, "0.200000".to_owned()), (night, 7_260, "12.100000".to_owned())]
    );
    let rest = &through.further[0];
    assert_eq!(
        (rest.event.month.as_str(), rest.event.id.clone()),
        ("2026-11", format!("CA{:032x}:leg:2", 7))
    );
    assert_eq!(rest.posting.as_ref().unwrap().id, format!("usage:voice:CA{:032x}:leg:2", 7));
    assert_eq!(through.amount(), money("12.3"));
    let missed = meter.leg_ended(&LegEnded { answered_at: None, ..leg(7, 0) });
    assert_eq!((missed.event.accepted, missed.further.len()), (false, 0));
}

proptest! {
    /// Around the end of summer time in Brussels, 2026-10-25, as at any other time.
    #[test]
    fn each_second_costs_what_the_wall_clock_says(from in 0_i64..4 * 86_400, ms in 1_u64..30_000_000, begun in 0_i64..1_000) {
        let (plan, meter) = by_hour();
        let answered = at("2026-10-23T00:00:00Z") + jiff::SignedDuration::from_millis(from * 1_000 + begun);
        let charge = meter.leg_ended(&LegEnded { answered_at: Some(answered), ..leg(7, ms) });
        let mut expected = std::collections::BTreeMap::<&str, u64>::new();
        for second in 0..ms.div_ceil(1_000) {
            let begins = answered + jiff::SignedDuration::from_secs(i64::try_from(second).unwrap());
            let item = match plan.zone().to_datetime(begins).hour() {
                18..=22 => "voice.out.mobile~evening",
                8..=17 => "voice.out.mobile",
                _ => "voice.out.mobile~night",
            };
            *expected.entry(item).or_default() += 1;
        }
        let mut found = std::collections::BTreeMap::<&str, u64>::new();
        for (item, seconds, _) in parts(&charge) {
            *found.entry(item).or_default() += seconds;
        }
        prop_assert_eq!(found, expected);
        for event in std::iter::once(&charge).chain(&charge.further).map(|part| &part.event) {
            let again = flexio_billing::rerate::rerate(event, &plan).unwrap();
            prop_assert_eq!((again.billed, again.amount), (event.billed, event.amount));
        }
    }

    #[test]
    fn metering_a_fact_again_gives_the_same_bytes(call in any::<u128>(), ms in 0_u64..100_000_000, answered in any::<bool>()) {
        let fact = LegEnded { answered_at: answered.then(|| at("2026-11-03T10:00:07Z")), ..leg(call, ms) };
        let (first, again) = (meter().leg_ended(&fact), meter().leg_ended(&fact));
        prop_assert_eq!(serde_json::to_vec(&first.event).unwrap(), serde_json::to_vec(&again.event).unwrap());
        prop_assert_eq!(serde_json::to_vec(&first.posting).unwrap(), serde_json::to_vec(&again.posting).unwrap());
        prop_assert_eq!(first.posting.is_some(), answered);
    }
}
