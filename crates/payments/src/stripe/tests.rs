//! Requests and signatures as Stripe's own client for Node (`stripe` 23.1.0) makes them, and answers as its reference shows them.

use std::sync::Mutex;

use flexio_domain::{AccountSid, Money, PaymentIntentSid, RefundState};
use serde_json::json;

use super::*;
use crate::Movement;

/// Answers in order, and remembers what it was asked.
#[derive(Debug, Default)]
struct Scripted {
    answers: Mutex<Vec<(u16, Value)>>,
    asked: Mutex<Vec<ProviderRequest>>,
}

#[async_trait]
impl PaymentHttp for Scripted {
    async fn send(&self, request: &ProviderRequest) -> Result<(u16, Vec<u8>), String> {
        self.asked.lock().unwrap().push(request.clone());
        let mut answers = self.answers.lock().unwrap();
        if answers.is_empty() {
            return Err("nobody is there".to_owned());
        }
        let (status, body) = answers.remove(0);
        Ok((status, body.to_string().into_bytes()))
    }
}

fn stripe(answers: Vec<(u16, Value)>) -> (Stripe, Arc<Scripted>) {
    let http = Arc::new(Scripted { answers: Mutex::new(answers), asked: Mutex::default() });
    (Stripe::new(Arc::clone(&http) as _, "pk_test_x".to_owned(), SECRET.to_owned()), http)
}

/// Runs a future that never waits: there is no socket.
fn now_or_never<T>(future: impl Future<Output = T>) -> T {
    let mut future = std::pin::pin!(future);
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    match future.as_mut().poll(&mut context) {
        std::task::Poll::Ready(value) => value,
        std::task::Poll::Pending => panic!("it waits"),
    }
}

fn euros(text: &str) -> Money {
    text.parse().unwrap()
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

const SECRET: &str = "whsec_test_secret";
const PAYLOAD: &[u8] = br#"{"id":"evt_1","object":"event","type":"payment_intent.succeeded"}"#;
/// `stripe.webhooks.generateTestHeaderString` of that payload, secret, and the time 1492774577.
const SIGNED: &str = "5e4d9743a29fffddf7c29c801815b65d5d42bb9b9516857cb191da0c28b23233";
/// The same under the secret `whsec_other`.
const OTHER: &str = "574025ac371f23dbde35adbfde8da803f9773c0a5128493a7fa8f6d822b9dfe6";

#[test]
fn a_signature_of_stripes_own_client_is_right_for_five_minutes() {
    let header = format!("t=1492774577,v1={SIGNED}");
    for second in [1_492_774_577, 1_492_774_877, 1_492_774_277] {
        assert_eq!(verify(SECRET, &header, PAYLOAD, at(second)), Ok(()), "{second}");
    }
    for second in [1_492_774_878, 1_492_774_276, 0] {
        assert_eq!(verify(SECRET, &header, PAYLOAD, at(second)), Err(EventError::Old), "{second}");
    }
    assert_eq!(verify("whsec_other", &header, PAYLOAD, at(1_492_774_577)), Err(EventError::Signature));
    let longer = [PAYLOAD, b" "].concat();
    assert_eq!(verify(SECRET, &header, &longer, at(1_492_774_577)), Err(EventError::Signature));
}

#[test]
fn one_of_several_signatures_is_enough_and_only_of_the_scheme_v1() {
    let verified = |header: &str| verify(SECRET, header, PAYLOAD, at(1_492_774_577));
    assert_eq!(verified(&format!("t=1492774577,v1={OTHER},v1={SIGNED},v0=6ffbb5")), Ok(()));
    assert_eq!(verified(&format!("t=1492774577, v1={SIGNED}")), Ok(()));
    for header in [
        String::new(),
        format!("v1={SIGNED}"),
        format!("t=1492774578,v1={SIGNED}"),
        format!("t=1492774577,v0={SIGNED}"),
        format!("t=1492774577,v1={OTHER}"),
        format!("t=1492774577,v1={}", &SIGNED[1..]),
        "t=1492774577,v1=".to_owned(),
        "t=x,v1=é".to_owned(),
    ] {
        assert_eq!(verified(&header), Err(EventError::Signature), "{header}");
    }
    assert_eq!(
        verify("", &format!("t=1,v1={SIGNED}"), PAYLOAD, at(1)),
        Err(EventError::Signature),
        "an installation without a secret believes nobody"
    );
}

fn new_payment() -> NewPayment {
    NewPayment {
        intent: PaymentIntentSid::from_u128(1),
        account: AccountSid::from_u128(7),
        amount: euros("25"),
        currency: Currency::EUR,
        description: "Wallet & more".to_owned(),
    }
}

#[test]
fn requests_are_those_of_stripes_own_client() {
    let ready = json!({"id": "pi_1", "client_secret": "pi_1_secret_2"});
    let refunded = json!({"id": "re_1", "amount": 5, "currency": "eur", "status": "succeeded", "metadata": {"flexio_refund": "1"}});
    let (stripe, http) = stripe(vec![(200, ready), (200, refunded)]);
    let made = now_or_never(stripe.create(&new_payment())).unwrap();
    assert_eq!((&*made.id, &*made.client_secret), ("pi_1", "pi_1_secret_2"));
    assert!(!format!("{made:?} {stripe:?}").contains("secret_"), "no secret is shown");
    let refund = NewRefund {
        intent: PaymentIntentSid::from_u128(1),
        payment: "pi_1".to_owned(),
        number: 1,
        amount: euros("0.05"),
        currency: Currency::EUR,
    };
    let fact = now_or_never(stripe.refund(&refund)).unwrap();
    assert_eq!((fact.number, fact.amount, fact.state), (Some(1), euros("0.05"), RefundState::Succeeded));
    let asked = http.asked.lock().unwrap();
    let line = |request: &ProviderRequest| {
        let form: Vec<String> = request.form.iter().map(|(name, value)| format!("{name}={value}")).collect();
        format!("{} {} [{}]", request.path, form.join("&"), request.idempotency_key.as_deref().unwrap_or(""))
    };
    let intent = PaymentIntentSid::from_u128(1);
    let account = AccountSid::from_u128(7);
    assert_eq!(
        asked.iter().map(line).collect::<Vec<_>>(),
        [
            format!(
                "/v1/payment_intents amount=2500&currency=eur&automatic_payment_methods[enabled]=true&description=Wallet & more\
                 &metadata[flexio_intent]={intent}&metadata[flexio_account]={account} [{intent}]"
            ),
            format!(
                "/v1/refunds payment_intent=pi_1&amount=5&metadata[flexio_intent]={intent}&metadata[flexio_refund]=1 [{intent}-refund-1]"
            ),
        ]
    );
}

#[test]
fn what_stripe_refuses_is_told_apart_from_what_nobody_knows() {
    let error = |code: &str| json!({"error": {"type": "card_error", "code": code, "message": "No such key: sk_live_abc"}});
    let (stripe, _) = stripe(vec![
        (402, error("card_declined")),
        (409, error("idempotency_key_in_use")),
        (401, error("api_key_expired")),
        (500, json!("oops")),
        (200, json!({"id": "pi_1"})),
    ]);
    let mut outcomes = Vec::new();
    for _ in 0..6 {
        outcomes.push(now_or_never(stripe.create(&new_payment())).unwrap_err().to_string());
    }
    assert_eq!(
        outcomes,
        [
            "the payment provider refused: card_declined (HTTP 402)",
            "the payment provider could not be reached: idempotency_key_in_use (HTTP 409)",
            "the payment provider could not be reached: api_key_expired (HTTP 401)",
            "the payment provider could not be reached: no reason given (HTTP 500)",
            "the payment provider's answer cannot be read: a payment without id or client_secret",
            "the payment provider could not be reached: nobody is there",
        ]
    );
    let crooked = NewPayment { amount: euros("0.001"), ..new_payment() };
    assert!(matches!(now_or_never(stripe.create(&crooked)), Err(ProviderError::Refused(_))));
    let yen = NewPayment { currency: "JPY".parse().unwrap(), ..new_payment() };
    assert!(matches!(now_or_never(stripe.create(&yen)), Err(ProviderError::Refused(_))));
}

#[test]
fn a_look_tells_payment_fee_refunds_and_chargebacks() {
    let payment = json!({
        "id": "pi_1", "status": "succeeded", "amount_received": 2500, "currency": "eur",
        "latest_charge": {"balance_transaction": {"id": "txn_1", "fee": 63, "currency": "eur"}},
    });
    let refunds = json!({"data": [{"id": "re_1", "amount": 500, "currency": "eur", "status": "pending", "metadata": {}}]});
    let disputes = json!({"data": [{
        "id": "dp_1", "currency": "eur", "status": "needs_response", "reason": "fraudulent",
        "balance_transactions": [{"id": "txn_2", "amount": -2000, "fee": 2000, "net": -4000, "currency": "eur"}],
    }]});
    let (stripe, http) = stripe(vec![(200, payment), (200, refunds), (200, disputes)]);
    let facts = now_or_never(stripe.look("pi_1/../x")).unwrap();
    assert_eq!(facts[0], Fact::Received { amount: euros("25"), currency: Currency::EUR });
    assert_eq!(facts[1], Fact::Fee { amount: euros("0.63"), currency: Currency::EUR });
    assert!(
        matches!(&facts[2], Fact::Refund(refund) if refund.state == RefundState::Pending && refund.number.is_none())
    );
    let Fact::Chargeback(taken) = &facts[3] else { panic!("{facts:?}") };
    let movement = Movement { id: "txn_2".to_owned(), amount: euros("-20"), fee: euros("20") };
    assert_eq!((&taken.movements, taken.chargeback.is_closed), (&vec![movement], false));
    assert_eq!(http.asked.lock().unwrap()[0].path, "/v1/payment_intents/pi_1x", "an id has no slashes");
}

fn event(kind: &str, object: &Value) -> ProviderEvent {
    let event = json!({"id": "evt_1", "type": kind, "created": 1_492_774_577, "data": {"object": object}});
    read::event(event.to_string().as_bytes()).unwrap()
}

#[test]
fn an_event_names_its_payment_and_what_happened() {
    let intent = PaymentIntentSid::from_u128(1);
    let paid = json!({"id": "pi_1", "status": "succeeded", "amount_received": 2500, "currency": "eur", "metadata": {"flexio_intent": intent.to_string()}});
    let told = event("payment_intent.succeeded", &paid);
    assert_eq!((told.intent, told.payment.as_deref()), (Some(intent), Some("pi_1")));
    assert_eq!(told.fact, Some(Fact::Received { amount: euros("25"), currency: Currency::EUR }));
    let failed =
        json!({"id": "pi_1", "last_payment_error": {"code": "card_declined", "decline_code": "lost_card"}});
    let told = event("payment_intent.payment_failed", &failed);
    assert_eq!(told.fact, Some(Fact::Declined("lost_card".to_owned())));
    let charge = json!({"id": "ch_1", "payment_intent": "pi_1"});
    let told = event("charge.refunded", &charge);
    assert_eq!((told.payment.as_deref(), told.fact), (Some("pi_1"), Some(Fact::Moved)));
    let inquiry = json!({"id": "dp_1", "payment_intent": "pi_1", "currency": "eur", "status": "warning_needs_response", "balance_transactions": []});
    let told = event("charge.dispute.created", &inquiry);
    assert!(matches!(told.fact, Some(Fact::Chargeback(it)) if it.movements.is_empty()));
    assert_eq!(event("customer.created", &json!({"id": "cus_1"})).fact, None);
}

#[test]
fn an_event_nobody_can_read_is_said_to_be_so() {
    for payload in [
        "",
        "[]",
        r#"{"id":"evt_1","type":"payment_intent.succeeded","created":1}"#,
        r#"{"id":"evt_1","type":"payment_intent.succeeded","created":1,"data":{"object":{"id":"pi_1","status":"succeeded","currency":"eur","amount_received":"25"}}}"#,
        r#"{"id":"evt_1","type":"payment_intent.succeeded","created":1,"data":{"object":{"id":"pi_1","status":"succeeded","currency":"jpy","amount_received":25}}}"#,
        r#"{"id":"evt_1","type":"refund.created","created":99999999999999,"data":{"object":{}}}"#,
    ] {
        assert_eq!(read::event(payload.as_bytes()), Err(EventError::Unreadable), "{payload}");
    }
}
