//! Facts in any order, and twice, book the same.

use std::collections::BTreeMap;

use flexio_domain::{AccountSid, Chargeback, Currency, InvoiceSid, PaymentIntentSid};
use proptest::prelude::*;

use super::*;
use crate::Movement;

fn euros(text: &str) -> Money {
    text.parse().unwrap()
}

fn intent(invoice: Option<InvoiceSid>) -> PaymentIntent {
    let (sid, account_sid) = (PaymentIntentSid::from_u128(1), AccountSid::from_u128(7));
    let amount = (euros("100"), Currency::EUR);
    PaymentIntent {
        invoice_sid: invoice,
        provider_id: Some("pi_1".to_owned()),
        ..PaymentIntent::open(sid, account_sid, amount, "stripe", Timestamp::UNIX_EPOCH)
    }
}

fn received() -> Fact {
    Fact::Received { amount: euros("100"), currency: Currency::EUR }
}

fn refund(id: &str, amount: &str, state: RefundState) -> Fact {
    let (id, amount, currency) = (id.to_owned(), euros(amount), Currency::EUR);
    Fact::Refund(RefundFact { id, number: None, amount, currency, state })
}

/// A chargeback with the movements it has had so far.
fn chargeback(state: &str, movements: &[(&str, &str, &str)]) -> Fact {
    let movements = movements.iter().map(|(id, amount, fee)| Movement {
        id: (*id).to_owned(),
        amount: euros(amount),
        fee: euros(fee),
    });
    Fact::Chargeback(ChargebackFact {
        chargeback: Chargeback {
            provider_id: "dp_1".to_owned(),
            reason: "fraudulent".to_owned(),
            state: state.to_owned(),
            is_closed: matches!(state, "won" | "lost"),
        },
        movements: movements.collect(),
        currency: Currency::EUR,
    })
}

/// Books facts one after the other on a payment of an invoice that asks for `open`: the payment, balances by name, what is left open.
fn run(facts: &[Fact], open: Money) -> (PaymentIntent, BTreeMap<String, Money>, Money) {
    let (mut intent, mut open, mut balances) =
        (intent(Some(InvoiceSid::from_u128(3))), open, BTreeMap::new());
    let mut ids = Vec::new();
    for fact in facts {
        let Some(booked) = book(&intent, fact, open, Timestamp::UNIX_EPOCH).unwrap() else { continue };
        for posting in booked.postings {
            assert_eq!(posting.legs.iter().map(|leg| leg.amount).sum::<Money>(), Money::ZERO, "{posting:?}");
            assert!(posting.legs.len() >= 2, "{posting:?}");
            for leg in &posting.legs {
                *balances.entry(leg.account.to_string()).or_insert(Money::ZERO) += leg.amount;
            }
            ids.push(posting.id);
        }
        intent = booked.intent;
        open -= booked.settles;
    }
    let count = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), count, "no id is used twice");
    balances.retain(|_, amount| *amount != Money::ZERO);
    (intent, balances, open)
}

fn balance(balances: &BTreeMap<String, Money>, name: &str) -> Money {
    let found = balances.iter().find(|(known, _)| known.ends_with(name));
    found.map_or(Money::ZERO, |(_, amount)| *amount)
}

#[test]
fn what_comes_pays_the_invoice_and_the_rest_is_in_the_wallet() {
    let (paid, balances, open) = run(&[received(), received()], euros("80"));
    assert_eq!((paid.state, paid.settled, open), (PaymentState::Succeeded, euros("80"), Money::ZERO));
    assert_eq!(balance(&balances, "cash:stripe"), euros("100"));
    assert_eq!(balance(&balances, ":receivable"), euros("-80"));
    assert_eq!(balance(&balances, ":wallet"), euros("-20"));
}

#[test]
fn another_amount_or_currency_is_not_booked() {
    let fact = Fact::Received { amount: euros("99.99"), currency: Currency::EUR };
    let error = book(&intent(None), &fact, Money::ZERO, Timestamp::UNIX_EPOCH).unwrap_err();
    assert_eq!(error.to_string(), "99.99 was received and 100.00 was asked for");
    let fact = Fact::Received { amount: euros("100"), currency: "USD".parse().unwrap() };
    let error = book(&intent(None), &fact, Money::ZERO, Timestamp::UNIX_EPOCH).unwrap_err();
    assert_eq!(error.to_string(), "USD was received and EUR was asked for");
}

#[test]
fn a_chargeback_opens_the_invoice_again_and_costs_a_fee_until_it_is_won() {
    let taken = ("txn_1", "-100", "15");
    let (lost, balances, open) = run(&[received(), chargeback("needs_response", &[taken])], euros("100"));
    assert_eq!((lost.charged_back, lost.settled, open), (euros("100"), Money::ZERO, euros("100")));
    assert_eq!(balance(&balances, "cash:stripe"), euros("-15"));
    assert_eq!(balance(&balances, "fee:stripe"), euros("15"));
    assert_eq!(balance(&balances, ":receivable"), Money::ZERO);
    assert_eq!(lost.refundable(), Money::ZERO);

    let won = chargeback("won", &[taken, ("txn_2", "100", "-15")]);
    let late = chargeback("needs_response", &[taken]);
    let (won, balances, open) = run(&[received(), won, late], euros("100"));
    assert_eq!((won.charged_back, won.settled, open), (Money::ZERO, euros("100"), Money::ZERO));
    assert_eq!(won.chargeback.unwrap().state, "won", "what comes late is old");
    assert_eq!(balance(&balances, "cash:stripe"), euros("100"));
    assert_eq!(balance(&balances, "fee:stripe"), Money::ZERO);
}

#[test]
fn a_refund_that_fails_is_taken_back_and_stays_failed() {
    let steps = [
        received(),
        refund("re_1", "30", RefundState::Pending),
        refund("re_1", "30", RefundState::Failed),
        refund("re_1", "30", RefundState::Succeeded),
    ];
    let (after, balances, _) = run(&steps, Money::ZERO);
    assert_eq!((after.refunds.len(), after.refunds[0].state), (1, RefundState::Failed));
    assert_eq!(balance(&balances, ":wallet"), euros("-100"));
    assert_eq!(after.refundable(), euros("100"));
}

#[test]
fn a_refund_we_asked_for_is_known_by_its_number_and_pays_what_it_was_for() {
    let payout = PayoutSid::from_u128(9);
    let asked = PaymentRefund {
        number: 1,
        provider_id: None,
        amount: euros("40"),
        payout_sid: Some(payout),
        state: RefundState::Asked,
    };
    let intent = PaymentIntent { refunds: vec![asked], ..intent(None) };
    let fact = RefundFact {
        id: "re_1".to_owned(),
        number: Some(1),
        amount: euros("40"),
        currency: Currency::EUR,
        state: RefundState::Succeeded,
    };
    let now = Timestamp::UNIX_EPOCH;
    let booked = book(&intent, &Fact::Refund(fact.clone()), Money::ZERO, now).unwrap().unwrap();
    assert_eq!(booked.payout, Some((payout, true)));
    let legs: Vec<String> = booked.postings[0].legs.iter().map(|leg| leg.account.to_string()).collect();
    assert_eq!(legs, [format!("refund:{}", intent.account_sid), "cash:stripe".to_owned()]);
    assert_eq!(book(&booked.intent, &Fact::Refund(fact.clone()), Money::ZERO, now), Ok(None));
    let other = RefundFact { amount: euros("41"), ..fact };
    assert!(book(&intent, &Fact::Refund(other), Money::ZERO, now).is_err());
}

proptest! {
    #[test]
    fn facts_in_any_order_and_twice_book_the_same(
        order in Just((0..9_usize).collect::<Vec<_>>()).prop_shuffle(),
        again in proptest::collection::vec(0..9_usize, 0..6),
        open in 0_i64..20_000,
    ) {
        let taken = ("txn_1", "-60", "15");
        let facts = [
            received(),
            Fact::Declined("card_declined".to_owned()),
            Fact::Cancelled,
            refund("re_1", "10", RefundState::Pending),
            refund("re_1", "10", RefundState::Succeeded),
            refund("re_2", "5.50", RefundState::Succeeded),
            chargeback("needs_response", &[taken]),
            chargeback("won", &[taken, ("txn_2", "60", "0")]),
            Fact::Fee { amount: euros("1.75"), currency: Currency::EUR },
        ];
        let open = Money::from_micros(open * 10_000);
        let (straight, balances, left) = run(&facts, open);
        let shuffled: Vec<Fact> = order.iter().chain(&again).map(|at| facts[*at].clone()).collect();
        let (other, other_balances, other_left) = run(&shuffled, open);
        prop_assert_eq!(balances, other_balances);
        prop_assert_eq!(left, other_left);
        prop_assert_eq!(
            (straight.state, straight.settled, straight.charged_back, straight.refunded()),
            (other.state, other.settled, other.charged_back, other.refunded())
        );
        prop_assert_eq!(straight.chargeback, other.chargeback);
    }
}
