use flexio_billing::categories::{Category, Total, record, records};
use flexio_domain::UsageKind;

use crate::money;

fn total(kind: UsageKind, class: &'static str, amount: &str) -> Total<'static> {
    Total { kind, item: "x", class, count: 2, billed: 130, minutes: 4, amount: money(amount) }
}

fn totals() -> Vec<Total<'static>> {
    vec![
        total(UsageKind::VoiceIn, "geographic", "0.01"),
        total(UsageKind::VoiceIn, "toll_free", "0.02"),
        total(UsageKind::VoiceIn, "client", "0"),
        total(UsageKind::VoiceIn, "sip", "0"),
        total(UsageKind::VoiceOut, "mobile", "0.40"),
        total(UsageKind::VoiceOut, "emergency", "0"),
        total(UsageKind::SmsOut, "mobile", "0.80"),
        total(UsageKind::SmsIn, "geographic", "0"),
        total(UsageKind::SmsIn, "sms_free", "0"),
        total(UsageKind::Recording, "none", "1.60"),
        total(UsageKind::TwoFa, "none", "3.20"),
        total(UsageKind::Tts, "none", "0"),
    ]
}

#[test]
fn each_total_counts_in_every_category_that_holds_it() {
    let totals = totals();
    for (category, count, usage, price) in [
        ("calls", 12, 24, "0.43"),
        ("calls-inbound", 4, 8, "0.03"),
        ("calls-inbound-local", 2, 4, "0.01"),
        ("calls-inbound-tollfree", 2, 4, "0.02"),
        ("calls-outbound", 4, 8, "0.40"),
        ("calls-client", 2, 4, "0"),
        ("calls-sip", 2, 4, "0"),
        ("sms", 6, 390, "0.80"),
        ("sms-inbound", 4, 260, "0"),
        ("sms-inbound-longcode", 2, 130, "0"),
        ("sms-inbound-shortcode", 2, 130, "0"),
        ("sms-outbound", 2, 130, "0.80"),
        ("sms-outbound-longcode", 2, 130, "0.80"),
        ("recordings", 2, 4, "1.60"),
        ("twofa", 2, 2, "3.20"),
        ("transcriptions", 0, 0, "0"),
        ("totalprice", 0, 0, "6.03"),
    ] {
        let record = record(Category::from_wire(category).unwrap(), &totals);
        assert_eq!((record.count, record.usage, record.price), (count, usage, money(price)), "{category}");
    }
}

#[test]
fn months_count_numbers_and_the_designer_and_are_in_the_total_price() {
    let months = [
        total(UsageKind::Number, "geographic", "1.6"),
        total(UsageKind::Number, "toll_free", "0.8"),
        total(UsageKind::Designer, "none", "60"),
    ];
    let totals: Vec<Total<'_>> = totals().into_iter().chain(months).collect();
    for (category, count, price) in [
        (Category::PhoneNumbers, 4, "2.4"),
        (Category::PhoneNumbersLocal, 2, "1.6"),
        (Category::PhoneNumbersTollFree, 2, "0.8"),
        (Category::PhoneNumbersMobile, 0, "0"),
        (Category::Designer, 2, "60"),
        (Category::TotalPrice, 0, "68.43"),
        (Category::Calls, 12, "0.43"),
    ] {
        let record = record(category, &totals);
        assert_eq!((record.count, record.price), (count, money(price)), "{category:?}");
    }
}

#[test]
fn the_total_price_is_the_sum_of_the_categories_that_share_nothing() {
    let records = records(&totals());
    assert_eq!(records.len(), Category::ALL.len());
    let price = |category| records.iter().find(|record| record.category == category).unwrap().price;
    let disjoint =
        [Category::Calls, Category::Sms, Category::Recordings, Category::Conference, Category::TwoFa];
    assert_eq!(disjoint.map(price).into_iter().sum::<flexio_domain::Money>(), price(Category::TotalPrice));
}

#[test]
fn what_goes_out_is_shared_out_by_class_and_what_is_free_is_counted() {
    let mut totals = totals();
    totals.extend([
        total(UsageKind::VoiceOut, "geographic", "0.10"),
        total(UsageKind::VoiceOut, "toll_free", "0"),
        total(UsageKind::Queue, "none", "0"),
        total(UsageKind::Api, "none", "0"),
    ]);
    for (category, count, usage, price) in [
        ("calls-outbound-mobile", 2, 4, "0.40"),
        ("calls-outbound-local", 2, 4, "0.10"),
        ("calls-outbound-tollfree", 2, 4, "0"),
        ("calls-outbound-other", 2, 4, "0"),
        ("calls-outbound", 8, 16, "0.50"),
        ("speech", 2, 4, "0"),
        ("queues", 2, 4, "0"),
        ("apirequests", 2, 2, "0"),
    ] {
        let record = record(Category::from_wire(category).unwrap(), &totals);
        assert_eq!((record.count, record.usage, record.price), (count, usage, money(price)), "{category}");
    }
}

#[test]
fn every_category_is_found_by_its_name_in_any_case() {
    for &category in Category::ALL {
        assert_eq!(Category::from_wire(category.as_str()), Some(category));
        assert_eq!(Category::from_wire(&category.as_str().to_uppercase()), Some(category));
        assert!(!category.description().is_empty());
    }
    assert_eq!(Category::from_wire("calls-"), None);
}
