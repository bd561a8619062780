//! How a charge comes about: the fact, the price and why it is the price, the arithmetic, and where the fact is found on the wire.

use flexio_app::{Explained, Wire};
use flexio_domain::*;

use crate::answer::Answer;
use crate::ask::{Ask, Shown};
use crate::dialect::rfc2822;
use crate::error::Result;
use crate::operation::{BOTH, Operation, Shows, row};
use crate::write::Writer;

pub(crate) const OPERATIONS: &[Operation] = &[row!(
    "usage.explain",
    Read,
    BOTH,
    "Accounts/{AccountSid}/Usage/Explain/{UsageResource}",
    "What a call, message, recording or number (by sid or number) was charged, rated again before your eyes: event, plan version, pin, arithmetic, SIP Call-ID, invoice.",
    &[],
    Shows::One(sample),
    explain
)];

async fn explain(ask: &Ask<'_>) -> Result<Answer> {
    let resource = ask.name("UsageResource");
    let explained = ask.app().explain(ask.account.sid, resource).await?;
    if explained.is_empty() {
        return Err(ErrorCode::NotFound.into());
    }
    Ok(ask.one("Explanation", |w| view(w, resource, &explained)))
}

fn view(w: &mut Writer, resource: &str, explained: &[Explained]) {
    w.put("resource", resource);
    w.list("charges", "Charge", explained, charge);
}

fn charge(w: &mut Writer, it: &Explained) {
    let event = &it.event;
    w.put("event", format!("{}/{}", event.source, event.id));
    w.put("kind", event.kind.as_str());
    w.put("from", event.from.as_str());
    w.put("to", event.to.as_str());
    w.put("class", event.class.as_str());
    w.put("date", rfc2822(event.at));
    w.put("duration_ms", event.duration_ms.and_then(|ms| i64::try_from(ms).ok()));
    w.put("billed", i64::try_from(event.billed).unwrap_or(i64::MAX));
    w.put("item", event.item.as_str());
    w.put("plan", event.plan.as_str());
    w.put("plan_sha256", it.plan_sha256.as_deref());
    let pin = it.pin.as_ref();
    w.put("pin_sid", pin.map(|pin| pin.sid.to_string()));
    w.put("pin_reason", pin.map(|pin| pin.reason.as_str()));
    w.put("date_pinned", pin.map(|pin| rfc2822(pin.valid_from)));
    w.put("amount", event.amount.to_decimals(6));
    let corrects = event.corrects.as_deref();
    w.put("corrects", corrects.map(|it| it.id.as_str()));
    w.put("takes_back", event.takes_back());
    w.put("reason", corrects.map(|it| it.reason.as_str()));
    let again = it.rerated.as_ref();
    w.put("arithmetic", again.map_or_else(String::clone, |again| again.arithmetic.clone()));
    w.put("reproduced", again.is_ok_and(|again| again.amount == event.amount));
    w.put("sip_call_id", it.wire.sip_call_id.as_deref());
    w.put("sip_status", it.wire.sip_status.map(i64::from));
    w.put("carrier", it.wire.carrier.as_deref());
    w.put("month", event.month.as_str());
    w.put("invoice_sid", it.invoice.as_ref().map(|(sid, _)| sid.to_string()));
    w.put("invoice_number", it.invoice.as_ref().map(|(_, number)| number.as_str()));
}

pub(super) fn specimen() -> UsageEvent {
    let at = Timestamp::from_second(1_766_000_000).expect("a second of 2025");
    let account_sid = AccountSid::from_u128(1);
    UsageEvent {
        id: format!("{}:ended", CallSid::from_u128(1)),
        source: "calls".to_owned(),
        account_sid,
        kind: UsageKind::VoiceOut,
        resource: CallSid::from_u128(1).to_string(),
        from: "+3225550101".to_owned(),
        to: "+32470123456".to_owned(),
        at,
        ended_at: Some(at),
        duration_ms: Some(61_000),
        quantity: 1,
        accepted: true,
        class: "mobile".to_owned(),
        billed: 61,
        item: "voice.out.mobile".to_owned(),
        plan: "flexio-be/1".to_owned(),
        numbering: "be/1".to_owned(),
        amount: Money::from_micros(376_167),
        labels: UsageLabels::default(),
        carrier: None,
        month: "2025-12".to_owned(),
        day: "2025-12-17".to_owned(),
        truncated: false,
        carries_code: false,
        corrects: None,
        created_at: at,
    }
}

fn sample(w: &mut Writer, _: &Shown<'_>) {
    let event = specimen();
    let (account_sid, at) = (event.account_sid, event.at);
    let pin = PricePin {
        sid: PinSid::from_u128(3),
        subscription_sid: SubscriptionSid::from_u128(1),
        account_sid,
        item: None,
        valid_from: at,
        valid_until: None,
        plan: "flexio-be/1".to_owned(),
        reason: PinReason::Order,
        notice_sid: None,
        created_at: at,
    };
    let again = flexio_billing::rerate::Rerated {
        billed: 61,
        amount: event.amount,
        arithmetic: "61 s × 0.370000 ÷ 60 s".to_owned(),
    };
    let explained = Explained {
        rerated: Ok(again),
        plan_sha256: Some("0".repeat(64)),
        pin: Some(pin),
        invoice: Some((InvoiceSid::from_u128(1), "2026-000001".to_owned())),
        wire: Wire {
            sip_call_id: Some("a84b4c76e66710@example.com".to_owned()),
            carrier: Some("trunk".to_owned()),
            sip_status: Some(200),
        },
        event,
    };
    view(w, &CallSid::from_u128(1).to_string(), &[explained]);
}
