//! A leg ends: what it lasted and what it costs.

use flexio_billing::{Charge, LegEnded, Meter, SpeechSynthesised};
use flexio_domain::{Address, Call, CallDirection, CallStatus, Reason, Timestamp, UsageLabels};
use flexio_store::{Change, CreditChange};

use crate::App;
use crate::usage::booked;

/// How a leg ended.
#[derive(Debug, Clone)]
pub struct Ended {
    /// Final state.
    pub status: CallStatus,
    /// Answer by wall clock.
    pub answered_at: Option<Timestamp>,
    /// End by wall clock.
    pub ended_at: Timestamp,
    /// Talk by the monotonic clock, in ms.
    pub talk_ms: u64,
    /// Code and text of the reason dictionary.
    pub reason: Option<(u16, &'static str)>,
    /// Final SIP status of an unanswered leg.
    pub sip_status: Option<u16>,
    /// Milliseconds of synthesised speech it heard.
    pub spoken_ms: u64,
}

/// Ends a leg: changes its record and returns what goes with it. Doing it again changes nothing: the event's id is the leg's.
pub fn ended(app: &App, call: &mut Call, ended: &Ended) -> Vec<Change> {
    call.status = ended.status;
    call.answered_at = call.answered_at.or(ended.answered_at);
    call.ended_at = Some(ended.ended_at);
    call.talk_ms = Some(ended.talk_ms);
    call.updated_at = ended.ended_at;
    call.sealed_document = None;
    if let Some((code, text)) = ended.reason {
        call.reason = Some(Reason { code, text: text.to_owned() });
    }
    if let Some(status) = ended.sip_status {
        call.sip_response_code = Some(status);
        call.reason.get_or_insert_with(|| Reason { code: status, text: "Refused by the network".to_owned() });
    }
    let mut changes = charge(app, call, false);
    if ended.spoken_ms > 0 {
        let charge = app.meter(call.account_sid).speech_synthesised(&SpeechSynthesised {
            call_sid: call.sid,
            account_sid: call.account_sid,
            at: ended.ended_at,
            duration_ms: ended.spoken_ms,
        });
        changes.extend(booked(charge.labelled(labels(call))));
    }
    if call.granted_s.is_some() {
        changes.push(CreditChange::Return(call.sid.to_string()).into());
    }
    changes
}

/// The usage event of an ended leg and its posting; the sum is put on the record.
pub(super) fn charge(app: &App, call: &mut Call, truncated: bool) -> Vec<Change> {
    let ended_at = call.ended_at.unwrap_or(call.updated_at);
    let charge = rated(&app.meter(call.account_sid), call, (ended_at, call.talk_ms.unwrap_or(0)), truncated);
    call.price = Some(charge.amount());
    booked(charge)
}

/// What a leg costs that ends at `ended_at` after so many milliseconds of talk.
pub(super) fn rated(
    meter: &Meter,
    call: &Call,
    (ended_at, duration_ms): (Timestamp, u64),
    truncated: bool,
) -> Charge {
    let (from, to) = (carrier_caller(call), call.to.to_string());
    let charge = meter.leg_ended(&LegEnded {
        call_sid: call.sid,
        account_sid: call.account_sid,
        outbound: call.direction != CallDirection::Inbound,
        from: &from,
        to: &to,
        answered_at: call.answered_at,
        ended_at,
        duration_ms,
        truncated,
        carries_code: call.options.carries_code,
    });
    charge.labelled(labels(call)).carried_by(call.trunk.as_deref())
}

/// What a leg is for: what its call says, else the application that handles it and the number it goes through.
pub fn labels(call: &Call) -> UsageLabels {
    let ours = match (call.direction, call.phone_number_sid) {
        (CallDirection::Inbound, None) => None,
        (CallDirection::Inbound, Some(_)) => call.to.number(),
        _ => call.from.number(),
    };
    let mut labels = call.options.labels.clone();
    labels.application_sid = labels.application_sid.or(call.application_sid);
    labels.number = labels.number.or_else(|| ours.map(ToString::to_string));
    labels
}

/// The caller as rating knows one: a call that a carrier brings costs the same whether it shows a number, a name or nothing.
pub(super) fn carrier_caller(call: &Call) -> String {
    match (call.direction, &call.from) {
        (CallDirection::Inbound, Address::Sip(_)) => Address::Anonymous.to_string(),
        (_, from) => from.to_string(),
    }
}
