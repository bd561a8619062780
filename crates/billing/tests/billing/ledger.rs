use flexio_billing::ledger::{balances, is_balanced, prove, prove_usage, reversal};
use flexio_billing::{Charge, Meter};
use flexio_domain::NAMED_FAULTS;
use flexio_domain::{Currency, LedgerAccount, LedgerTransaction, Money, UsageEvent};
use proptest::prelude::*;

use crate::{ACCOUNT, at, leg, message, meter, money};

/// Legs with odd numbers, messages with even ones.
fn charges(meter: &Meter, sizes: &[u32]) -> Vec<Charge> {
    let charge = |(number, &size): (usize, &u32)| match number % 2 {
        0 => meter.segments_accepted(&message(number as u128, size % 10)),
        _ => meter.leg_ended(&leg(number as u128, u64::from(size))),
    };
    sizes.iter().enumerate().map(charge).collect()
}

fn postings(charges: &[Charge]) -> Vec<LedgerTransaction> {
    charges.iter().filter_map(|charge| charge.posting.clone()).collect()
}

proptest! {
    #[test]
    fn the_ledger_of_any_use_sums_to_zero_and_is_complete(sizes in prop::collection::vec(0_u32..10_000_000, 0..60)) {
        let charges = charges(&meter(), &sizes);
        let (postings, events): (Vec<_>, Vec<UsageEvent>) =
            (postings(&charges), charges.iter().map(|charge| charge.event.clone()).collect());
        let proof = prove_usage(&postings, &events, Currency::EUR);
        prop_assert!(proof.holds(), "{:?}", proof);
        let unbilled = balances(&postings).get(&(Currency::EUR, LedgerAccount::Unbilled(ACCOUNT))).copied();
        let charged: Money = events.iter().map(|event| event.amount).sum();
        prop_assert_eq!(unbilled.unwrap_or_default(), charged);
        prop_assert_eq!(balances(&postings).into_values().sum::<Money>(), Money::ZERO);
    }

    #[test]
    fn a_reversal_undoes_its_posting_and_nothing_else(size in 1_u32..10_000_000) {
        let charges = charges(&meter(), &[3, size]);
        let mut postings = postings(&charges);
        let before = balances(&postings[..1]);
        postings.push(reversal(&postings[1], at("2026-12-01T00:00:00Z")));
        let mut after = balances(&postings);
        after.retain(|_, balance| *balance != Money::ZERO);
        prop_assert_eq!(after, before);
        prop_assert!(prove(&postings).holds());
    }
}

#[test]
fn a_posting_made_twice_is_found() {
    let postings = postings(&charges(&meter(), &[3, 1000]));
    let twice = [&postings[0], &postings[1], &postings[0]];
    let proof = prove(twice);
    assert_eq!((proof.transactions, proof.repeated.count), (3, 1));
    assert_eq!(proof.repeated.ids, [postings[0].id.clone()]);
    assert!(!proof.holds());
}

#[test]
fn a_posting_that_does_not_balance_is_found_even_where_another_hides_it_in_the_sum() {
    let mut postings = postings(&charges(&meter(), &[3, 1000]));
    postings[0].legs[0].amount += money("0.01");
    postings[1].legs[0].amount -= money("0.01");
    let proof = prove(&postings);
    assert_eq!(proof.sums[&Currency::EUR], 0);
    assert_eq!(proof.unbalanced.count, 2);
    assert!(!proof.holds());
    assert!(!is_balanced(&postings[0]));
    postings[0].legs.clear();
    assert!(!is_balanced(&postings[0]), "nothing sums to zero, but is no posting");
}

#[test]
fn an_event_without_its_posting_or_with_another_amount_is_found() {
    let charges = charges(&meter(), &[3, 1000, 4]);
    let events: Vec<UsageEvent> = charges.iter().map(|charge| charge.event.clone()).collect();
    let mut postings = postings(&charges);
    postings.remove(0);
    let added = money("1");
    postings[0].legs[0].amount += added;
    postings[0].legs[1].amount -= added;
    let proof = prove_usage(&postings, &events, Currency::EUR);
    assert_eq!(proof.unbalanced.count, 0);
    assert_eq!(proof.unposted.ids, [events[0].id.clone(), events[1].id.clone()]);
    assert!(!proof.holds());
}

#[test]
fn faults_are_all_counted_and_the_first_are_named() {
    let posting = postings(&charges(&meter(), &[3])).remove(0);
    let proof = prove(std::iter::repeat_n(&posting, NAMED_FAULTS + 51));
    assert_eq!(proof.repeated.count, NAMED_FAULTS as u64 + 50);
    assert_eq!(proof.repeated.ids.len(), NAMED_FAULTS);
}

#[test]
fn the_proof_survives_amounts_that_money_cannot_add() {
    let mut posting = postings(&charges(&meter(), &[3])).remove(0);
    posting.legs[0].amount = Money::from_micros(i64::MAX);
    posting.legs[1].amount = Money::from_micros(i64::MAX);
    assert_eq!(prove([&posting]).sums[&Currency::EUR], 2 * i128::from(i64::MAX));
}
