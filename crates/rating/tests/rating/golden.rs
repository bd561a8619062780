//! Every row of data/rating-golden.csv, by its id.

use flexio_domain::UsageKind;
use flexio_rating::{Authorised, Metered};

use crate::{GOLDEN, money, rater};

#[derive(Debug)]
struct Row {
    id: String,
    kind: UsageKind,
    to: String,
    at: jiff::Timestamp,
    duration_ms: Option<u64>,
    billed: u64,
    policy: String,
    amount: String,
    month: String,
}

fn rows() -> Vec<Row> {
    let mut reader = csv::Reader::from_reader(GOLDEN.as_bytes());
    let row = |record: csv::StringRecord| {
        let cell = |name: usize| record[name].to_owned();
        let kind = match &record[1] {
            "voice.out" => UsageKind::VoiceOut,
            "voice.in" => UsageKind::VoiceIn,
            "sms.out" => UsageKind::SmsOut,
            "recording" => UsageKind::Recording,
            "conference" => UsageKind::Conference,
            "twofa" => UsageKind::TwoFa,
            other => panic!("unknown service {other}"),
        };
        Row {
            id: cell(0),
            kind,
            to: cell(2),
            at: record[3].parse().unwrap(),
            duration_ms: record[4].parse().ok(),
            billed: record[5].parse().unwrap(),
            policy: cell(7),
            amount: cell(8),
            month: cell(9),
        }
    };
    reader.records().map(|record| row(record.unwrap())).collect()
}

/// Where the file says 0 units, nothing was answered, accepted or joined.
fn metered(row: &Row) -> Metered<'_> {
    let timed = matches!(row.kind, UsageKind::VoiceOut | UsageKind::VoiceIn | UsageKind::Recording);
    Metered {
        kind: row.kind,
        from: "+3225880000",
        to: &row.to,
        at: row.at,
        duration_ms: row.duration_ms,
        quantity: if timed { 0 } else { u32::try_from(row.billed).unwrap() },
        accepted: row.billed > 0,
        carries_code: false,
    }
}

#[test]
fn every_golden_row_is_exact() {
    let rater = rater();
    let rows = rows();
    assert_eq!(rows.len(), 42);
    for row in rows {
        let charged = rater.rate(&metered(&row));
        let got = (charged.item, charged.billed, charged.amount, charged.month.to_string());
        let want = (row.policy.as_str(), row.billed, money(&row.amount), row.month.clone());
        assert_eq!(got, want, "{} {row:?}", row.id);
        assert_eq!((charged.plan, charged.numbering), ("flexio-be/1", "2026-11-23"), "{}", row.id);
        assert_eq!(charged.day.to_string(), row.at.to_string()[..10], "{}", row.id);
    }
}

#[test]
fn what_may_start_agrees_with_every_golden_row() {
    let rater = rater();
    for row in rows() {
        let answer = rater.authorise(row.kind, "+3225880000", &row.to);
        match (row.policy.as_str(), answer) {
            ("refuse", Err(_)) | ("free", Ok(Authorised::Free { .. })) => {}
            (item, Ok(Authorised::Priced(priced))) => assert_eq!(priced.item.code, item, "{}", row.id),
            (_, other) => panic!("{}: {other:?}", row.id),
        }
    }
}

#[test]
fn a_use_that_should_have_been_refused_costs_nothing_even_if_it_happened() {
    let rater = rater();
    for row in rows().into_iter().filter(|row| row.policy == "refuse") {
        let charged = rater.rate(&Metered { duration_ms: Some(60_000), accepted: true, ..metered(&row) });
        assert_eq!((charged.item, charged.billed, charged.amount), ("refuse", 0, money("0")), "{}", row.id);
    }
}
