//! Payments as shown.

use flexio_domain::{
    AccountSid, Chargeback, Currency, InvoiceSid, Money, PaymentIntent, PaymentIntentSid, PaymentRefund,
    PaymentState, RefundState, Timestamp,
};

use crate::ask::Shown;
use crate::dialect::rfc2822;
use crate::write::Writer;

pub(super) fn payment(w: &mut Writer, intent: &PaymentIntent) {
    let money = |amount: Money| amount.to_decimals(2);
    w.put("sid", intent.sid.to_string());
    w.put("account_sid", intent.account_sid.to_string());
    w.put("invoice_sid", intent.invoice_sid.map(|sid| sid.to_string()));
    w.put("amount", money(intent.amount));
    w.put("currency", intent.currency.to_string());
    w.put("status", intent.state.as_str());
    w.put("failure", intent.failure.as_deref());
    w.put("received", money(intent.received));
    w.put("settled", money(intent.settled));
    w.put("refunded", money(intent.refunded()));
    w.put("charged_back", money(intent.charged_back));
    w.put("refundable", money(intent.refundable()));
    w.put("fee", intent.fee.map(money));
    w.put("provider", intent.provider.as_str());
    w.put("provider_id", intent.provider_id.as_deref());
    w.put("chargeback_status", intent.chargeback.as_ref().map(|it| it.state.as_str()));
    w.put("chargeback_reason", intent.chargeback.as_ref().map(|it| it.reason.as_str()));
    w.list("refunds", "Refund", &intent.refunds, |w, refund| {
        w.put("number", refund.number);
        w.put("amount", refund.amount.to_decimals(2));
        w.put("status", refund.state.as_str());
        w.put("provider_id", refund.provider_id.as_deref());
        w.put("payout_sid", refund.payout_sid.map(|sid| sid.to_string()));
    });
    w.put("date_created", rfc2822(intent.created_at));
    w.put("date_updated", rfc2822(intent.updated_at));
}

/// With what a browser needs to make it.
pub(super) fn payable(w: &mut Writer, intent: &PaymentIntent, secret: Option<&str>, key: Option<&str>) {
    payment(w, intent);
    w.put("client_secret", secret);
    w.put("publishable_key", key);
}

fn specimen() -> PaymentIntent {
    let money = Money::from_micros;
    PaymentIntent {
        sid: PaymentIntentSid::from_u128(1),
        version: 3,
        account_sid: AccountSid::from_u128(1),
        invoice_sid: Some(InvoiceSid::from_u128(1)),
        amount: money(25_000_000),
        currency: Currency::EUR,
        provider: "stripe".to_owned(),
        provider_id: Some("pi_3MtwBwLkdIwHu7ix28a3tqPa".to_owned()),
        state: PaymentState::Succeeded,
        received: money(25_000_000),
        settled: money(20_000_000),
        refunds: vec![PaymentRefund {
            number: 1,
            provider_id: Some("re_1Nispe2eZvKYlo2Cd31jOCgZ".to_owned()),
            amount: money(5_000_000),
            payout_sid: None,
            state: RefundState::Succeeded,
        }],
        charged_back: Money::ZERO,
        movements: Vec::new(),
        chargeback: Some(Chargeback {
            provider_id: "dp_1MtwBw".to_owned(),
            reason: "fraudulent".to_owned(),
            state: "won".to_owned(),
            is_closed: true,
        }),
        fee: Some(money(620_000)),
        failure: None,
        look_at: None,
        looks: 0,
        created_at: Timestamp::UNIX_EPOCH,
        updated_at: Timestamp::UNIX_EPOCH,
    }
}

pub(super) fn sample(w: &mut Writer, shown: &Shown<'_>) {
    let fresh = shown.fresh;
    let secret = fresh.then_some("pi_3MtwBwLkdIwHu7ix28a3tqPa_secret_YrKJUKribcBjcG8HVhfZluoGH");
    if fresh {
        payable(w, &specimen(), secret, Some("pk_live_51Mtw"));
    } else {
        payment(w, &specimen());
    }
}
