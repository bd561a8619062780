//! What Stripe says, in the words of the port.

use flexio_domain::{Chargeback, Currency, Money, PaymentIntentSid, RefundState, Timestamp};
use serde_json::Value;

use crate::{ChargebackFact, EventError, Fact, Movement, ProviderError, ProviderEvent, RefundFact};

/// Characters of a reason in Stripe's words that are kept.
const WORDS_MAX: usize = 200;
/// Currencies whose smallest unit is a hundredth, which Stripe's amounts count. Others are not taken: some count whole units
/// (<https://docs.stripe.com/currencies#zero-decimal>), and those of three decimals are rounded.
const WITH_CENTS: [&str; 10] = ["EUR", "USD", "GBP", "CHF", "SEK", "NOK", "DKK", "PLN", "CZK", "RON"];
/// Millionths of a hundredth.
const CENT: i64 = 10_000;

pub(super) fn has_cents(currency: Currency) -> bool {
    WITH_CENTS.contains(&currency.to_string().as_str())
}

/// An amount in hundredths, as Stripe takes it.
pub(super) fn minor(amount: Money, currency: Currency) -> Result<String, ProviderError> {
    let micros = amount.micros();
    if !has_cents(currency) || micros <= 0 || micros % CENT != 0 {
        return Err(ProviderError::Refused(format!("{amount} {currency} is no amount in whole cents")));
    }
    Ok((micros / CENT).to_string())
}

/// The body of an answer, or why there is none.
pub(super) fn answer(status: u16, body: &[u8]) -> Result<Value, ProviderError> {
    let read: Result<Value, _> = serde_json::from_slice(body);
    if (200..300).contains(&status) {
        return read.map_err(|error| ProviderError::Unreadable(error.to_string()));
    }
    let error = read.ok().and_then(|value| value.get("error").cloned()).unwrap_or_default();
    let word = |name: &str| error.get(name).and_then(Value::as_str).map(shortened);
    let words = word("code").or_else(|| word("type")).unwrap_or_else(|| "no reason given".to_owned());
    let words = format!("{words} (HTTP {status})");
    // 409: the same request is running there; 429: too many at once. A key that is not taken any more (401) is the operator's to mend,
    // and what was asked for is asked again then.
    match status {
        401 | 403 | 409 | 429 | 500.. => Err(ProviderError::Unknown(words)),
        _ => Err(ProviderError::Refused(words)),
    }
}

/// A PaymentIntent, with its last charge and that one's fee where they are expanded.
pub(super) fn payment(found: &Value) -> Result<Vec<Fact>, ProviderError> {
    let mut facts = vec![match text(found, "status")? {
        "succeeded" => Fact::Received {
            amount: amount(found, "amount_received", currency(found)?)?,
            currency: currency(found)?,
        },
        "canceled" => Fact::Cancelled,
        _ => match failure(found) {
            Some(reason) => Fact::Declined(reason),
            None => return Ok(Vec::new()),
        },
    }];
    let fee = found.pointer("/latest_charge/balance_transaction").filter(|it| it.is_object());
    if let Some(transaction) = fee {
        let currency = currency(transaction)?;
        facts.push(Fact::Fee { amount: amount(transaction, "fee", currency)?, currency });
    }
    Ok(facts)
}

pub(super) fn refund(found: &Value) -> Result<RefundFact, ProviderError> {
    let currency = currency(found)?;
    let number = found.pointer("/metadata/flexio_refund").and_then(Value::as_str);
    Ok(RefundFact {
        id: text(found, "id")?.to_owned(),
        number: number.and_then(|text| text.parse().ok()),
        amount: amount(found, "amount", currency)?,
        currency,
        state: match text(found, "status")? {
            "succeeded" => RefundState::Succeeded,
            "failed" | "canceled" => RefundState::Failed,
            _ => RefundState::Pending,
        },
    })
}

pub(super) fn dispute(found: &Value) -> Result<ChargebackFact, ProviderError> {
    let currency = currency(found)?;
    let state = text(found, "status")?;
    let moved = found.get("balance_transactions").and_then(Value::as_array);
    let movement = |it: &Value| {
        let currency = self::currency(it)?;
        let id = text(it, "id")?.to_owned();
        let (amount, fee) = (amount(it, "amount", currency)?, amount(it, "fee", currency)?);
        Ok((currency, Movement { id, amount, fee }))
    };
    let moved: Vec<(Currency, Movement)> =
        moved.into_iter().flatten().map(movement).collect::<Result<_, ProviderError>>()?;
    // In the currency of the operator's account there: where that is another, nothing fits the payment.
    let currency = moved.iter().map(|(currency, _)| *currency).find(|it| *it != currency).unwrap_or(currency);
    Ok(ChargebackFact {
        chargeback: Chargeback {
            provider_id: text(found, "id")?.to_owned(),
            reason: found.get("reason").and_then(Value::as_str).map(shortened).unwrap_or_default(),
            state: state.to_owned(),
            is_closed: matches!(state, "won" | "lost" | "warning_closed"),
        },
        movements: moved.into_iter().map(|(_, movement)| movement).collect(),
        currency,
    })
}

/// An event, whose signature was right.
pub(super) fn event(payload: &[u8]) -> Result<ProviderEvent, EventError> {
    let event: Value = serde_json::from_slice(payload).map_err(|_| EventError::Unreadable)?;
    let word = |name: &str| event.get(name).and_then(Value::as_str).ok_or(EventError::Unreadable);
    let (id, kind) = (word("id")?, word("type")?);
    let object = event.pointer("/data/object").ok_or(EventError::Unreadable)?;
    let created = event.get("created").and_then(Value::as_i64).ok_or(EventError::Unreadable)?;
    let fact = fact(kind, object).map_err(|_| EventError::Unreadable)?;
    let ours = object.pointer("/metadata/flexio_intent").and_then(Value::as_str);
    let payment = if kind.starts_with("payment_intent.") { "id" } else { "payment_intent" };
    Ok(ProviderEvent {
        id: shortened(id),
        kind: shortened(kind),
        happened_at: Timestamp::from_second(created).map_err(|_| EventError::Unreadable)?,
        intent: ours.and_then(|text| text.parse::<PaymentIntentSid>().ok()),
        payment: object.get(payment).and_then(Value::as_str).map(str::to_owned),
        fact,
    })
}

fn fact(kind: &str, object: &Value) -> Result<Option<Fact>, ProviderError> {
    Ok(match kind {
        "payment_intent.succeeded" | "payment_intent.canceled" => payment(object)?.into_iter().next(),
        "payment_intent.payment_failed" => {
            Some(Fact::Declined(failure(object).unwrap_or_else(|| "unknown".to_owned())))
        }
        "refund.created" | "refund.updated" | "refund.failed" | "charge.refund.updated" => {
            Some(Fact::Refund(refund(object)?))
        }
        "charge.refunded" | "charge.updated" => Some(Fact::Moved),
        _ if kind.starts_with("charge.dispute.") => Some(Fact::Chargeback(dispute(object)?)),
        _ => None,
    })
}

/// Why the last try failed.
fn failure(found: &Value) -> Option<String> {
    let error = found.get("last_payment_error")?;
    let word = |name: &str| error.get(name).and_then(Value::as_str).map(shortened);
    word("decline_code").or_else(|| word("code")).or_else(|| word("type"))
}

fn text<'v>(value: &'v Value, name: &str) -> Result<&'v str, ProviderError> {
    let found = value.get(name).and_then(Value::as_str);
    found.ok_or_else(|| ProviderError::Unreadable(format!("{name} is missing")))
}

fn currency(value: &Value) -> Result<Currency, ProviderError> {
    let code = text(value, "currency")?.to_uppercase();
    code.parse().map_err(|_| ProviderError::Unreadable("currency is none".to_owned()))
}

/// An amount in hundredths, which may be below zero.
fn amount(value: &Value, name: &str, currency: Currency) -> Result<Money, ProviderError> {
    let bad = || ProviderError::Unreadable(format!("{name} is no amount"));
    if !has_cents(currency) {
        return Err(bad());
    }
    let minor = value.get(name).and_then(Value::as_i64).ok_or_else(bad)?;
    minor.checked_mul(CENT).map(Money::from_micros).ok_or_else(bad)
}

fn shortened(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(WORDS_MAX).collect()
}
