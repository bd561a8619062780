//! Handsets as shown.

use flexio_app::handsets::{Answering, Handset, HandsetCall, HandsetMessage};
use flexio_domain::{CallStatus, E164, HandsetCallSid, HandsetMessageSid, MessageSid, Pii, Timestamp};
use jiff::SignedDuration;

use crate::ask::Shown;
use crate::dialect::iso_ms;
use crate::write::Writer;

pub(super) fn handset(w: &mut Writer, handset: &Handset) {
    w.put("phone_number", handset.number.as_str());
    w.put(
        "answering",
        match handset.answering {
            Answering::ByItself => "itself",
            Answering::ByHand => "hand",
        },
    );
    // Both are bounded far below.
    w.put("messages", u32::try_from(handset.messages).unwrap_or(u32::MAX));
    w.put("calls", u32::try_from(handset.calls).unwrap_or(u32::MAX));
    w.put("date_used", handset.used_at.map(iso_ms));
}

pub(super) fn message(w: &mut Writer, number: &E164, message: &HandsetMessage) {
    w.put("sid", message.sid.to_string());
    w.put("phone_number", number.as_str());
    let (from, to) = ends(number, message.incoming, &message.peer);
    w.put("direction", direction(message.incoming));
    w.put("from", from);
    w.put("to", to);
    w.put("body", message.body.0.as_str());
    w.put("date_created", iso_ms(message.at));
    w.put("message_sid", message.message_sid.map(|sid| sid.to_string()));
}

pub(super) fn call(w: &mut Writer, number: &E164, call: &HandsetCall) {
    w.put("sid", call.sid.to_string());
    w.put("phone_number", number.as_str());
    let (from, to) = ends(number, call.incoming, &call.peer);
    w.put("direction", direction(call.incoming));
    w.put("from", from);
    w.put("to", to);
    w.put("status", call.status.as_str());
    w.put("digits", call.keys.as_str());
    w.put("date_created", iso_ms(call.began_at));
    w.put("date_answered", call.answered_at.map(iso_ms));
    w.put("date_ended", call.ended_at.map(iso_ms));
}

pub(super) fn sound(w: &mut Writer, call: HandsetCallSid, answer: &str) {
    w.put("call_sid", call.to_string());
    w.put("answer", answer);
}

/// Seen from the handset, unlike everywhere else.
const fn direction(incoming: bool) -> &'static str {
    if incoming { "incoming" } else { "outgoing" }
}

fn ends<'a>(number: &'a E164, incoming: bool, peer: &'a str) -> (&'a str, &'a str) {
    if incoming { (peer, number.as_str()) } else { (number.as_str(), peer) }
}

fn specimen() -> (E164, Timestamp) {
    let at = Timestamp::from_second(1_766_000_000).expect("a second of 2025");
    ("+32470123456".parse().expect("a number"), at)
}

pub(super) fn sample(w: &mut Writer, _: &Shown<'_>) {
    let (number, at) = specimen();
    handset(w, &Handset { number, answering: Answering::ByItself, messages: 1, calls: 1, used_at: Some(at) });
}

pub(super) fn message_sample(w: &mut Writer, _: &Shown<'_>) {
    let (number, at) = specimen();
    let written = HandsetMessage {
        sid: HandsetMessageSid::from_u128(1),
        incoming: false,
        peer: "+3225880100".to_owned(),
        body: Pii("Yes".to_owned()),
        at,
        message_sid: Some(MessageSid::from_u128(1)),
    };
    message(w, &number, &written);
}

pub(super) fn call_sample(w: &mut Writer, _: &Shown<'_>) {
    let (number, at) = specimen();
    let later = |seconds| Some(at + SignedDuration::from_secs(seconds));
    let held = HandsetCall {
        sid: HandsetCallSid::from_u128(1),
        incoming: true,
        peer: "+3225880100".to_owned(),
        status: CallStatus::Completed,
        began_at: at,
        answered_at: later(5),
        ended_at: later(65),
        keys: "1".to_owned(),
    };
    call(w, &number, &held);
}

pub(super) fn sound_sample(w: &mut Writer, _: &Shown<'_>) {
    sound(w, HandsetCallSid::from_u128(1), "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\n");
}
