//! Payments through a provider.

use super::*;
use crate::{Page, PaymentChange as C};
use flexio_domain::*;

/// A payment into a wallet that is not decided.
pub fn payment_intent(account_sid: AccountSid) -> PaymentIntent {
    let amount = (Money::from_micros(25_000_000), Currency::EUR);
    PaymentIntent::open(PaymentIntentSid::new(), account_sid, amount, "stripe", at(1))
}

pub(super) async fn a_payment_is_found_by_its_account_by_its_provider_and_when_due(store: Arc<dyn Store>) {
    let (owner, stranger) = (AccountSid::new(), AccountSid::new());
    let made: Vec<PaymentIntent> = [Some(30), Some(10), None]
        .map(|due| PaymentIntent { look_at: due.map(at), ..payment_intent(owner) })
        .into();
    put_all(&store, made.iter().cloned().map(|it| C::Create(Box::new(it)).into())).await;
    assert_eq!(store.payment_intent(owner, made[0].sid).await.unwrap(), Some(made[0].clone()));
    assert_eq!(store.payment_intent(stranger, made[0].sid).await.unwrap(), None);
    assert_eq!(store.payment_intent_anyones(made[0].sid).await.unwrap(), Some(made[0].clone()));
    let newest: Vec<PaymentIntent> = made.iter().rev().cloned().collect();
    assert_eq!(store.payment_intents(owner, &Page::default()).await.unwrap(), newest);
    assert_eq!(store.payment_intents(stranger, &Page::default()).await.unwrap(), []);
    let due = |seconds| store.due_payment_intents(at(seconds), 10);
    assert_eq!(due(29).await.unwrap(), made[1..2]);
    assert_eq!(due(30).await.unwrap(), [made[1].clone(), made[0].clone()]);

    let refund = PaymentRefund {
        number: 1,
        provider_id: None,
        amount: Money::from_micros(5_000_000),
        payout_sid: Some(PayoutSid::new()),
        state: RefundState::Asked,
    };
    let paid = PaymentIntent {
        provider_id: Some("pi_1".to_owned()),
        state: PaymentState::Succeeded,
        refunds: vec![refund],
        look_at: None,
        ..made[0].clone()
    };
    put(&store, C::Update(Box::new(paid.clone())).into()).await;
    assert!(is_conflict(&try_put(&store, C::Update(Box::new(paid.clone())).into()).await));
    let paid = PaymentIntent { version: 2, ..paid };
    let found = store.payment_intent_of_provider("stripe", "pi_1").await.unwrap();
    assert_eq!(found, Some(paid));
    assert_eq!(store.payment_intent_of_provider("mollie", "pi_1").await.unwrap(), None);
    assert_eq!(store.open_payment_intents(owner, 10).await.unwrap(), made[1..]);
    assert_eq!(store.open_payment_intents(stranger, 10).await.unwrap(), []);
    let twin = PaymentIntent { provider_id: Some("pi_1".to_owned()), ..payment_intent(stranger) };
    assert!(is_conflict(&try_put(&store, C::Create(Box::new(twin)).into()).await), "one payment, one intent");
}

pub(super) async fn what_a_provider_tells_is_noted_once(store: Arc<dyn Store>) {
    let event = PaymentEvent {
        provider: "stripe".to_owned(),
        id: "evt_1".to_owned(),
        kind: "payment_intent.succeeded".to_owned(),
        intent_sid: Some(PaymentIntentSid::new()),
        trouble: None,
        happened_at: at(1),
        received_at: at(2),
    };
    put(&store, C::Note(event.clone()).into()).await;
    let again = PaymentEvent { received_at: at(9), ..event.clone() };
    assert!(is_conflict(&try_put(&store, C::Note(again).into()).await));
    let other = PaymentEvent { provider: "mollie".to_owned(), intent_sid: None, ..event.clone() };
    put(&store, C::Note(other).into()).await;
    assert_eq!(store.payment_event("stripe", "evt_1").await.unwrap(), Some(event));
    assert_eq!(store.payment_event("stripe", "evt_2").await.unwrap(), None);
}
