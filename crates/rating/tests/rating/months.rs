//! Recurring charges (N01–N07, D01–D06) and the calendar they stand on.

use flexio_rating::recurring::{Days, Interval, flat_month, number_month};
use flexio_rating::{BillingMonth, Service};
use jiff::Timestamp;

use crate::{OFFER, money, plan};

/// `2026-11-14T10:00` on the wall in Brussels.
fn local(text: &str) -> Timestamp {
    let at: jiff::civil::DateTime = text.parse().unwrap();
    plan(OFFER).zone().to_timestamp(at).unwrap()
}

fn held(from: &str, until: Option<&str>) -> Interval {
    Interval { from: local(from), until: until.map(local) }
}

/// The days of a month on which any of these was held.
fn days(held: &[Interval], in_month: &str) -> Days {
    let zone = plan(OFFER).zone().clone();
    held.iter().fold(Days::default(), |days, held| days.with(Days::met(held, month(in_month), &zone)))
}

fn month(text: &str) -> BillingMonth {
    text.parse().unwrap()
}

#[test]
fn n01_to_n07_a_number_costs_the_days_it_was_held() {
    let cases = [
        ("N01", held("2026-10-05T09:00", None), "2026-11", 30, "0.800000", "0.80"),
        ("N02", held("2026-11-14T10:00", None), "2026-11", 17, "0.453333", "0.45"),
        ("N03", held("2026-11-03T10:00", Some("2026-11-03T10:59")), "2026-11", 1, "0.026667", "0.03"),
        ("N04", held("2026-11-14T10:00", None), "2027-02", 28, "0.800000", "0.80"),
        ("N05", held("2026-12-17T12:00", None), "2026-12", 15, "0.387097", "0.39"),
        ("N06", held("2026-11-01T00:00", Some("2026-12-14T00:00:01")), "2026-12", 14, "0.361290", "0.36"),
        ("N07", held("2026-11-01T00:00", Some("2026-12-14T00:00:00")), "2026-12", 13, "0.335484", "0.34"),
    ];
    let plan = plan(OFFER);
    let monthly = plan.monthly(Service::NumberFixed).unwrap();
    for (id, holding, in_month, days, amount, line) in cases {
        let held = self::days(&[holding], in_month);
        let charge = number_month(monthly.price, held, month(in_month));
        assert_eq!((held.count(), charge), (days, money(amount)), "{id}");
        assert_eq!(charge.to_decimals(2), line, "{id}");
        assert_eq!(monthly.charge(held, month(in_month)), charge, "{id}");
    }
}

#[test]
fn d01_to_d06_the_designer_costs_every_started_month_once() {
    let last_second = held("2026-11-30T23:59:59", Some("2026-12-01T00:00:00"));
    let one_more = held("2026-11-30T23:59:59", Some("2026-12-01T00:00:01"));
    let twice = [held("2026-11-02T09:00", Some("2026-11-05T09:00")), held("2026-11-20T09:00", None)];
    let cancelled = held("2026-10-01T00:00", Some("2026-11-15T12:00"));
    let in_november = Interval { from: "2026-10-31T23:30:00Z".parse().unwrap(), until: None };
    let whole = held("2026-11-01T00:00", Some("2026-12-01T00:00"));
    let five_users = [whole; 5];
    let cases: [(&str, &[Interval], &str, &str); 9] = [
        ("D01", &[last_second], "2026-11", "30"),
        ("D01", &[last_second], "2026-12", "0"),
        ("D02", &[one_more], "2026-11", "30"),
        ("D02", &[one_more], "2026-12", "30"),
        ("D03", &twice, "2026-11", "30"),
        ("D04", &[cancelled], "2026-11", "30"),
        ("D05", &[in_november], "2026-10", "0"),
        ("D05", &[in_november], "2026-11", "30"),
        ("D06", &five_users, "2026-11", "30"),
    ];
    let plan = plan(OFFER);
    let monthly = plan.monthly(Service::Designer).unwrap();
    for (id, holdings, in_month, amount) in cases {
        let held = days(holdings, in_month);
        assert_eq!(flat_month(monthly.price, held), money(amount), "{id}");
        assert_eq!(monthly.charge(held, month(in_month)), money(amount), "{id}");
    }
}

#[test]
fn a_number_released_and_rented_again_never_costs_more_than_the_month() {
    let holdings = [
        held("2026-11-03T08:00", Some("2026-11-03T09:00")),
        held("2026-11-03T10:00", Some("2026-11-04T09:00")),
        held("2026-11-04T09:30", None),
        held("2026-11-01T00:00", None),
    ];
    let price = money("0.8");
    assert_eq!(days(&holdings[..2], "2026-11").count(), 2);
    assert_eq!(number_month(price, days(&holdings, "2026-11"), month("2026-11")), price);
    assert_eq!(days(&holdings, "2026-11").without(days(&holdings[..2], "2026-11")).count(), 28);
    let nothing = held("2026-11-03T08:00", Some("2026-11-03T08:00"));
    assert_eq!(days(&[nothing], "2026-11").count(), 0);
}

#[test]
fn days_of_23_and_25_hours_are_one_day() {
    for (day, in_month) in [("2026-03-29", "2026-03"), ("2026-10-25", "2026-10")] {
        let holding = held(&format!("{day}T00:00"), Some(&format!("{day}T23:59")));
        assert_eq!(days(&[holding], in_month).count(), 1, "{day}");
    }
}

#[test]
fn months_touch_and_do_not_overlap_through_both_changes_of_the_clock() {
    let plan = plan(OFFER);
    let months = (2020..2040).flat_map(|year| (1..=12).map(move |m| month(&format!("{year}-{m:02}"))));
    let bounds: Vec<_> = months.map(|month| (month, month.bounds(plan.zone()))).collect();
    for pair in bounds.windows(2) {
        let [(month, (start, end)), (_, (next_start, _))] = pair else { unreachable!() };
        assert_eq!(end, next_start);
        assert_eq!(BillingMonth::of(*start, plan.zone()), *month);
        let last = *end - jiff::SignedDuration::from_nanos(1);
        assert_eq!(BillingMonth::of(last, plan.zone()), *month);
    }
}
