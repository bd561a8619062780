//! What must hold for every call and every plan.

use std::num::NonZeroU64;

use flexio_domain::{Money, UsageKind};
use flexio_rating::{Allowance, Metered, Timed};
use proptest::prelude::*;

use crate::{OFFER, counted, leg, rater, rater_of};

prop_compose! {
    fn timed()(
        price in 0_i64..5_000_000,
        unit_s in 1_u32..3600,
        first_s in 1_u32..120,
        next_s in 1_u32..120,
        minimum_s in 0_u32..200,
        fee in 0_i64..1_000_000,
    ) -> Timed {
        let (price, connection_fee) = (Money::from_micros(price), Money::from_micros(fee));
        Timed { price, unit_s, first_s, next_s, minimum_s, connection_fee }
    }
}

fn metered() -> impl Strategy<Value = Metered<'static>> {
    let kinds = prop_oneof![
        Just(UsageKind::VoiceOut),
        Just(UsageKind::VoiceIn),
        Just(UsageKind::SmsOut),
        Just(UsageKind::Recording)
    ];
    let numbers = prop_oneof![
        Just("+32470123456"),
        Just("+3222268888"),
        Just("+3280012345"),
        Just("112"),
        Just("+331")
    ];
    (kinds, numbers, 0_u64..20_000_000, 0_u32..20, any::<bool>()).prop_map(
        |(kind, to, duration_ms, quantity, accepted)| Metered {
            duration_ms: Some(duration_ms),
            quantity,
            accepted,
            ..leg(kind, to, 0)
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn rating_again_from_the_same_files_gives_the_same(events in prop::collection::vec(metered(), 0..200)) {
        let again = rater_of(OFFER);
        for event in &events {
            prop_assert_eq!(rater().rate(event), again.rate(event));
        }
    }
}

proptest! {
    #[test]
    fn any_slicing_of_a_call_sums_to_the_whole(timed in timed(), mut ends in prop::collection::vec(0_u64..20_000_000, 1..40)) {
        ends.sort_unstable();
        let mut charged = None;
        let mut sum = Money::ZERO;
        for end in &ends {
            let slice = timed.charge_between(charged, *end);
            prop_assert!(slice >= Money::ZERO);
            sum += slice;
            charged = Some(*end);
        }
        prop_assert_eq!(sum, timed.charge(ends[ends.len() - 1]));
    }

    #[test]
    fn a_longer_call_never_costs_less(timed in timed(), a in 0_u64..20_000_000, b in 0_u64..20_000_000) {
        prop_assert!(timed.charge(a.min(b)) <= timed.charge(a.max(b)));
    }

    #[test]
    fn never_bills_less_than_was_used_nor_an_increment_more(timed in timed(), ms in 0_u64..20_000_000) {
        let billed = timed.billed_s(ms);
        let used = ms.div_ceil(1000).max(u64::from(timed.minimum_s));
        let first = u64::from(timed.first_s);
        prop_assert!(billed * 1000 >= ms);
        prop_assert!(billed >= used && billed >= first);
        prop_assert!(billed < used + u64::from(timed.next_s) || billed == first);
        prop_assert_eq!((billed - first) % u64::from(timed.next_s), 0);
    }

    #[test]
    fn a_charge_is_within_half_a_micro_of_the_exact_one(timed in timed(), ms in 0_u64..20_000_000) {
        let exact = i128::from(timed.price.micros()) * i128::from(timed.billed_s(ms));
        let charged = i128::from((timed.charge(ms) - timed.connection_fee).micros()) * i128::from(timed.unit_s);
        prop_assert!((charged - exact).abs() * 2 <= i128::from(timed.unit_s));
    }

    #[test]
    fn the_granted_time_is_maximal(timed in timed(), available in -10_i64..200_000_000) {
        let available = Money::from_micros(available);
        match timed.longest_call(available) {
            Allowance::Refused => prop_assert!(timed.charge(1) > available),
            Allowance::Unlimited => prop_assert!(timed.charge(u64::MAX / 2) <= available),
            Allowance::Seconds(granted) => {
                let seconds = NonZeroU64::get(granted);
                prop_assert!(timed.charge(seconds.saturating_mul(1000)) <= available);
                prop_assert!(timed.charge((seconds + 1).saturating_mul(1000)) > available);
            }
        }
    }

    #[test]
    fn totals_do_not_depend_on_the_order_of_events(events in prop::collection::vec(metered(), 0..40), seed in any::<usize>()) {
        let rater = rater();
        let total = |events: &[Metered<'_>]| events.iter().map(|event| rater.rate(event).amount).sum::<Money>();
        let mut turned = events.clone();
        turned.rotate_left(seed.checked_rem(events.len()).unwrap_or(0));
        turned.reverse();
        prop_assert_eq!(total(&events), total(&turned));
    }

    #[test]
    fn what_was_not_accepted_costs_nothing(event in metered()) {
        let rater = rater();
        let rated = rater.rate(&Metered { accepted: false, ..event });
        prop_assert_eq!((rated.billed, rated.amount), (0, Money::ZERO));
    }
}

#[test]
fn the_longest_possible_use_does_not_overflow() {
    let rater = rater();
    let for_ever = Metered { duration_ms: Some(u64::MAX), ..leg(UsageKind::VoiceOut, "+32470123456", 0) };
    assert!(rater.rate(&for_ever).amount > Money::ZERO);
    let many = counted(UsageKind::SmsOut, "+32470123456", u32::MAX);
    assert_eq!(rater.rate(&many).amount, Money::from_micros(95_000 * i64::from(u32::MAX)));
    let timed = Timed {
        price: Money::from_micros(1_000_000_000_000),
        unit_s: 1,
        first_s: 86_400,
        next_s: 86_400,
        minimum_s: 0,
        connection_fee: Money::ZERO,
    };
    assert_eq!(timed.charge(u64::MAX), Money::from_micros(i64::MAX));
}
