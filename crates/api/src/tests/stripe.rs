//! A small Stripe in memory: payments, refunds, chargebacks, and events signed as it signs them.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use flexio_domain::Timestamp;
use flexio_payments::stripe::Stripe;
use flexio_payments::{PaymentHttp, ProviderRequest};
use hmac::{Hmac, KeyInit, Mac};
use http::Request;
use serde_json::{Value, json};
use sha2::Sha256;

use super::world::{Reply, World};

const SECRET: &str = "whsec_of_the_test";

#[derive(Debug, Default)]
struct State {
    payments: Vec<Value>,
    refunds: Vec<Value>,
    disputes: Vec<Value>,
    /// Keys of requests that were carried out, and their answers.
    done: Vec<(String, Value)>,
    /// Requests that change something, each as often as it came.
    writes: Vec<ProviderRequest>,
    is_down: bool,
    /// It does what it is asked, and its answers are lost.
    is_mute: bool,
    declines: Option<&'static str>,
}

#[derive(Debug, Default)]
pub(super) struct FakeStripe(Mutex<State>);

fn field<'r>(request: &'r ProviderRequest, name: &str) -> &'r str {
    request.form.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
}

impl State {
    fn answer(&mut self, request: &ProviderRequest) -> (u16, Value) {
        let id = |what: &[Value], prefix: &str| format!("{prefix}_{}", what.len() + 1);
        if let Some(key) = &request.idempotency_key
            && let Some((_, answer)) = self.done.iter().find(|(known, _)| known == key)
        {
            return (200, answer.clone());
        }
        if let Some(code) = self.declines {
            return (400, json!({"error": {"type": "invalid_request_error", "code": code}}));
        }
        let of = |all: &[Value]| {
            let payment = field(request, "payment_intent");
            json!({"data": all.iter().filter(|it| it["payment_intent"] == payment).collect::<Vec<_>>()})
        };
        let path: Vec<&str> = request.path.trim_start_matches("/v1/").split('/').collect();
        let answer = match (&*path, request.is_read) {
            (["payment_intents"], false) => {
                let id = id(&self.payments, "pi");
                let metadata = json!({"flexio_intent": field(request, "metadata[flexio_intent]")});
                self.payments.push(json!({
                    "id": id, "client_secret": format!("{id}_secret"), "status": "requires_payment_method",
                    "amount": field(request, "amount").parse::<i64>().unwrap(), "amount_received": 0,
                    "currency": field(request, "currency"), "metadata": metadata,
                }));
                self.payments.last().unwrap().clone()
            }
            (["payment_intents", id], true) => {
                self.payments.iter().find(|it| it["id"] == **id).unwrap().clone()
            }
            (["payment_intents", id, "cancel"], false) => {
                let payment = self.payments.iter_mut().find(|it| it["id"] == **id).unwrap();
                payment["status"] = json!("canceled");
                payment.clone()
            }
            (["refunds"], false) => {
                let id = id(&self.refunds, "re");
                self.refunds.push(json!({
                    "id": id, "payment_intent": field(request, "payment_intent"), "status": "succeeded",
                    "amount": field(request, "amount").parse::<i64>().unwrap(), "currency": "eur",
                    "metadata": {
                        "flexio_intent": field(request, "metadata[flexio_intent]"),
                        "flexio_refund": field(request, "metadata[flexio_refund]"),
                    },
                }));
                self.refunds.last().unwrap().clone()
            }
            (["refunds"], true) => of(&self.refunds),
            (["disputes"], true) => of(&self.disputes),
            _ => panic!("{request:?}"),
        };
        if let Some(key) = &request.idempotency_key {
            self.done.push((key.clone(), answer.clone()));
        }
        (200, answer)
    }
}

#[async_trait]
impl PaymentHttp for FakeStripe {
    async fn send(&self, request: &ProviderRequest) -> Result<(u16, Vec<u8>), String> {
        let mut state = self.0.lock().unwrap();
        if state.is_down {
            return Err("connection refused".to_owned());
        }
        if !request.is_read {
            state.writes.push(request.clone());
        }
        let (status, body) = state.answer(request);
        if state.is_mute { Err("timed out".to_owned()) } else { Ok((status, body.to_string().into_bytes())) }
    }
}

impl FakeStripe {
    pub(super) fn down(&self, is_down: bool) {
        self.0.lock().unwrap().is_down = is_down;
    }

    pub(super) fn mute(&self, is_mute: bool) {
        self.0.lock().unwrap().is_mute = is_mute;
    }

    pub(super) fn declines(&self, code: Option<&'static str>) {
        self.0.lock().unwrap().declines = code;
    }

    /// How many payments and refunds there are, and how many requests asked for something new.
    pub(super) fn counts(&self) -> (usize, usize, usize) {
        let state = self.0.lock().unwrap();
        (state.payments.len(), state.refunds.len(), state.writes.len())
    }

    /// The customer pays in his browser; the payment as it is then.
    pub(super) fn pay(&self, id: &str, fee: i64) -> Value {
        let mut state = self.0.lock().unwrap();
        let payment = state.payments.iter_mut().find(|it| it["id"] == *id).unwrap();
        payment["status"] = json!("succeeded");
        payment["amount_received"] = payment["amount"].clone();
        let transaction = json!({"id": format!("txn_{id}"), "fee": fee, "currency": "eur"});
        payment["latest_charge"] = json!({"id": format!("ch_{id}"), "balance_transaction": transaction});
        payment.clone()
    }

    /// Somebody pays back in Stripe's own console.
    pub(super) fn refund_elsewhere(&self, payment: &str, amount: i64) -> Value {
        let mut state = self.0.lock().unwrap();
        let id = format!("re_{}", state.refunds.len() + 1);
        let refund = json!({
            "id": id, "payment_intent": payment, "status": "succeeded", "amount": amount, "currency": "eur",
            "metadata": {},
        });
        state.refunds.push(refund.clone());
        refund
    }

    /// The payer's bank takes money back; each movement is an id, an amount and a fee.
    pub(super) fn dispute(&self, payment: &str, status: &str, moves: &[(&str, i64, i64)]) -> Value {
        let moved = |(id, amount, fee): &(&str, i64, i64)| json!({"id": id, "amount": amount, "fee": fee, "currency": "eur"});
        let dispute = json!({
            "id": "dp_1", "payment_intent": payment, "status": status, "reason": "fraudulent", "currency": "eur",
            "balance_transactions": moves.iter().map(moved).collect::<Vec<_>>(),
        });
        let mut state = self.0.lock().unwrap();
        state.disputes.retain(|it| it["id"] != "dp_1");
        state.disputes.push(dispute.clone());
        dispute
    }
}

/// The header of a body, signed at a time.
fn signature(body: &str, at: Timestamp, secret: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(format!("{}.{body}", at.as_second()).as_bytes());
    let digest: [u8; 32] = mac.finalize().into_bytes().into();
    let hex = flexio_app::vault::hex(&digest);
    format!("t={},v1={hex}", at.as_second())
}

impl World {
    /// An installation that takes payments.
    pub(super) fn taking_payments(&self) -> Arc<FakeStripe> {
        let fake = Arc::new(FakeStripe::default());
        let http = Arc::clone(&fake) as Arc<dyn PaymentHttp>;
        let provider = Stripe::new(http, "pk_test_1".to_owned(), SECRET.to_owned());
        self.app.set_payment_provider(Arc::new(provider));
        fake
    }

    /// An event as Stripe sends it now.
    pub(super) async fn told_by_stripe(&self, id: &str, kind: &str, object: &Value) -> Reply {
        self.signed(id, kind, object, (self.app.clock.now(), SECRET)).await
    }

    pub(super) async fn signed(
        &self,
        id: &str,
        kind: &str,
        object: &Value,
        (at, secret): (Timestamp, &str),
    ) -> Reply {
        let created = self.app.clock.now().as_second();
        let event =
            json!({"id": id, "type": kind, "created": created, "data": {"object": object}}).to_string();
        let header = signature(&event, at, secret);
        let request = Request::post("/payments/stripe/events")
            .header("stripe-signature", header)
            .header("content-type", "application/json");
        self.send(request, None, &event).await
    }
}
