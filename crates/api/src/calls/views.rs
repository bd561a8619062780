//! Calls as shown.

use flexio_domain::*;

use crate::ask::Shown;
use crate::dialect::{iso_ms, rfc2822};
use crate::write::Writer;

pub(super) fn call(w: &mut Writer, shown: &Shown<'_>, call: &Call) {
    w.put("sid", call.sid.to_string());
    w.put("date_created", rfc2822(call.created_at));
    w.put("date_updated", rfc2822(call.updated_at));
    w.put("parent_call_sid", call.parent_call_sid.map(|sid| sid.to_string()));
    w.put("account_sid", call.account_sid.to_string());
    w.put("to", call.to.to_string());
    w.put("from", call.from.to_string());
    w.put("phone_number_sid", call.phone_number_sid.map(|sid| sid.to_string()));
    w.put("status", call.status.as_str());
    let date = if shown.is_twilio() { rfc2822 } else { iso_ms };
    w.put("start_time", started_at(call).map(date));
    w.put("end_time", call.ended_at.map(date));
    w.put("duration", call.duration_s().map(|seconds| seconds.to_string()));
    if shown.prices() {
        put_price(w, call.price);
    }
    w.put("direction", call.direction.as_str());
    w.put("answered_by", call.answered_by.as_deref());
    w.put("api_version", shown.face.version());
    w.put("forwarded_from", call.forwarded_from.as_deref());
    w.put("caller_name", call.caller_name.as_deref());
    if shown.is_twilio() {
        w.put("to_formatted", call.to.to_string());
        w.put("from_formatted", call.from.to_string());
        w.put("group_sid", None::<&str>);
        w.put("trunk_sid", None::<&str>);
        w.put("queue_time", "0");
    } else {
        let ring = call.ring_duration_s().map(|seconds| seconds.to_string());
        w.put_as("ring_duration", "Ring_duration", ring);
        w.put("call_reason", call.options.reason.as_deref());
        w.put("reason_code", call.reason.as_ref().map(|reason| u32::from(reason.code)));
        w.put("reason_text", call.reason.as_ref().map(|reason| reason.text.as_str()));
    }
    let path = format!("Calls/{}", call.sid);
    w.put("uri", shown.uri(call.account_sid, &path));
    w.object("subresource_uris", |w| {
        w.put("notifications", shown.uri(call.account_sid, format_args!("{path}/Notifications")));
        w.put("recordings", shown.uri(call.account_sid, format_args!("{path}/Recordings")));
        if shown.is_twilio() {
            for (name, under) in [
                ("streams", "Streams"),
                ("user_defined_messages", "UserDefinedMessages"),
                ("user_defined_message_subscriptions", "UserDefinedMessageSubscriptions"),
            ] {
                w.put(name, shown.uri(call.account_sid, format_args!("{path}/{under}")));
            }
        } else {
            w.put("timeline", shown.uri(call.account_sid, format_args!("{path}/Timeline")));
        }
    });
}

/// Dialling or alerting; what ended before either has started when it was made.
fn started_at(call: &Call) -> Option<Timestamp> {
    call.ringing_at.or(call.answered_at).or(call.ended_at.map(|_| call.created_at))
}

/// Money that was spent is negative, with five decimals; null until rated.
pub(crate) fn put_price(w: &mut Writer, price: Option<Money>) {
    w.put("price", price.map(|price| (-price).to_decimals(5)));
    w.put("price_unit", "EUR");
}

/// The call as the answer to its creation showed it.
pub(super) fn as_created(call: Call) -> Call {
    Call {
        version: 1,
        status: CallStatus::Queued,
        ringing_at: None,
        answered_at: None,
        ended_at: None,
        talk_ms: None,
        price: None,
        answered_by: None,
        reason: None,
        updated_at: call.created_at,
        ..call
    }
}

/// A finished call, for schemas.
pub(crate) fn specimen() -> Call {
    let at = |second: i64| Timestamp::from_second(1_766_000_000 + second).expect("a second of 2025");
    Call {
        sid: CallSid::from_u128(1),
        version: 4,
        account_sid: AccountSid::from_u128(1),
        parent_call_sid: None,
        from: "+3225550123".parse().expect("a number"),
        to: "+32470000001".parse().expect("a number"),
        phone_number_sid: None,
        application_sid: None,
        direction: CallDirection::OutboundApi,
        status: CallStatus::Completed,
        dialect: Dialect::Twiml,
        api_version: "2010-04-01".to_owned(),
        instructions: WebhookSet::default(),
        document: None,
        sealed_document: None,
        status_callback: None,
        status_callback_events: Vec::new(),
        ring_timeout_s: 60,
        time_limit_s: 14_400,
        send_digits: None,
        record: false,
        options: Box::default(),
        ringing_at: Some(at(1)),
        answered_at: Some(at(3)),
        ended_at: Some(at(45)),
        talk_ms: Some(42_000),
        proven_at: None,
        proven_ms: None,
        granted_s: None,
        price: Some(Money::from_micros(259_000)),
        forwarded_from: None,
        caller_name: None,
        answered_by: None,
        reason: Some(Reason { code: 1101, text: "Call Terminated".to_owned() }),
        sip_call_id: None,
        sip_response_code: None,
        trunk: None,
        sip_auth: None,
        node: None,
        created_at: at(0),
        updated_at: at(45),
    }
}

pub(super) fn sample(w: &mut Writer, shown: &Shown<'_>) {
    call(w, &Shown { native_prices: true, ..*shown }, &specimen());
}
