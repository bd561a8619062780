//! Stripe: PaymentIntents over its form API, and its signed events.
//!
//! <https://docs.stripe.com/api>, at the version of [`VERSION`]. Events may be of another version: only what both have is read.

mod read;
mod signature;

use std::sync::Arc;

use async_trait::async_trait;
use flexio_domain::{Currency, Timestamp};
use serde_json::Value;

use crate::{
    EventError, Fact, NewPayment, NewRefund, PaymentHttp, PaymentProvider, ProviderError, ProviderEvent,
    ProviderRequest, ReadyPayment, RefundFact,
};

pub use signature::verify;

/// The version of the API that requests ask for, as header `Stripe-Version`.
pub const VERSION: &str = "2024-06-20";
/// Names under which our own ids travel with Stripe's objects.
const INTENT: &str = "metadata[flexio_intent]";
const ACCOUNT: &str = "metadata[flexio_account]";
const REFUND: &str = "metadata[flexio_refund]";
/// Refunds and chargebacks of one payment that are read.
const LISTED_MAX: &str = "100";

/// Stripe, as one account of it.
pub struct Stripe {
    http: Arc<dyn PaymentHttp>,
    publishable_key: String,
    webhook_secret: String,
}

impl std::fmt::Debug for Stripe {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Stripe").field("http", &self.http).finish_non_exhaustive()
    }
}

impl Stripe {
    /// `publishable_key` is `pk_…`, `webhook_secret` is `whsec_…` of the endpoint that events come to; the secret key is the carrier's.
    pub fn new(http: Arc<dyn PaymentHttp>, publishable_key: String, webhook_secret: String) -> Self {
        Self { http, publishable_key, webhook_secret }
    }

    async fn ask(&self, request: ProviderRequest) -> Result<Value, ProviderError> {
        let (status, body) = self.http.send(&request).await.map_err(ProviderError::Unknown)?;
        read::answer(status, &body)
    }

    async fn list(&self, what: &str, payment: &str) -> Result<Vec<Value>, ProviderError> {
        let form = pairs([("payment_intent", payment), ("limit", LISTED_MAX)]);
        let answer = self.ask(reading(format!("/v1/{what}"), form)).await?;
        let listed = answer.get("data").and_then(Value::as_array).cloned();
        listed.ok_or_else(|| ProviderError::Unreadable(format!("{what} are no list")))
    }
}

#[async_trait]
impl PaymentProvider for Stripe {
    fn name(&self) -> &'static str {
        "stripe"
    }

    fn signature_header(&self) -> &'static str {
        "stripe-signature"
    }

    fn public_key(&self) -> &str {
        &self.publishable_key
    }

    fn takes(&self, currency: Currency) -> bool {
        read::has_cents(currency)
    }

    async fn create(&self, new: &NewPayment) -> Result<ReadyPayment, ProviderError> {
        let answer = self.ask(creation(new)?).await?;
        let text = |name: &str| answer.get(name).and_then(Value::as_str).map(str::to_owned);
        match (text("id"), text("client_secret")) {
            (Some(id), Some(client_secret)) => Ok(ReadyPayment { id, client_secret }),
            _ => Err(ProviderError::Unreadable("a payment without id or client_secret".to_owned())),
        }
    }

    async fn look(&self, payment: &str) -> Result<Vec<Fact>, ProviderError> {
        let form = pairs([("expand[]", "latest_charge.balance_transaction")]);
        let found = self.ask(reading(path_of(payment, ""), form)).await?;
        let mut facts = read::payment(&found)?;
        for refund in self.list("refunds", payment).await? {
            facts.push(Fact::Refund(read::refund(&refund)?));
        }
        for dispute in self.list("disputes", payment).await? {
            facts.push(Fact::Chargeback(read::dispute(&dispute)?));
        }
        Ok(facts)
    }

    async fn cancel(&self, payment: &str) -> Result<(), ProviderError> {
        let request = ProviderRequest {
            is_read: false,
            path: path_of(payment, "/cancel"),
            form: pairs([("cancellation_reason", "abandoned")]),
            idempotency_key: Some(format!("{payment}-cancel")),
        };
        self.ask(request).await.map(|_| ())
    }

    async fn refund(&self, new: &NewRefund) -> Result<RefundFact, ProviderError> {
        read::refund(&self.ask(repayment(new)?).await?)
    }

    fn event(&self, header: &str, payload: &[u8], now: Timestamp) -> Result<ProviderEvent, EventError> {
        verify(&self.webhook_secret, header, payload, now)?;
        read::event(payload)
    }
}

/// The request that makes a payment ready. It is named by our own sid, so that asked again it makes no second one.
fn creation(new: &NewPayment) -> Result<ProviderRequest, ProviderError> {
    let amount = read::minor(new.amount, new.currency)?;
    let (intent, account) = (new.intent.to_string(), new.account.to_string());
    let form = pairs([
        ("amount", &*amount),
        ("currency", &new.currency.to_string().to_lowercase()),
        ("automatic_payment_methods[enabled]", "true"),
        ("description", &new.description),
        (INTENT, &intent),
        (ACCOUNT, &account),
    ]);
    let path = "/v1/payment_intents".to_owned();
    Ok(ProviderRequest { is_read: false, path, form, idempotency_key: Some(intent) })
}

/// The request that pays back, named by payment and number.
fn repayment(new: &NewRefund) -> Result<ProviderRequest, ProviderError> {
    let amount = read::minor(new.amount, new.currency)?;
    let (intent, number) = (new.intent.to_string(), new.number.to_string());
    let form =
        pairs([("payment_intent", &*new.payment), ("amount", &amount), (INTENT, &intent), (REFUND, &number)]);
    let key = format!("{intent}-refund-{number}");
    Ok(ProviderRequest { is_read: false, path: "/v1/refunds".to_owned(), form, idempotency_key: Some(key) })
}

fn reading(path: String, form: Vec<(String, String)>) -> ProviderRequest {
    ProviderRequest { is_read: true, path, form, idempotency_key: None }
}

fn path_of(payment: &str, rest: &str) -> String {
    // Ids come from Stripe; nothing else may reach the path.
    let id: String = payment.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '_').collect();
    format!("/v1/payment_intents/{id}{rest}")
}

fn pairs<const N: usize>(pairs: [(&str, &str); N]) -> Vec<(String, String)> {
    pairs.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

#[cfg(test)]
mod tests;
