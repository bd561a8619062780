//! Messages as shown.

use flexio_app::{MessagePreview, encoding_name};
use flexio_domain::message::SegmentState;
use flexio_domain::*;

use crate::Face;
use crate::ask::Shown;
use crate::calls::put_price;
use crate::dialect::{Format, iso, iso_ms, rfc2822};
use crate::write::Writer;

/// XML element of one message.
pub(super) const fn element(face: Face) -> &'static str {
    match face {
        Face::Native => "SMSMessage",
        Face::Twilio => "Message",
    }
}

pub(super) fn message(w: &mut Writer, shown: &Shown<'_>, message: &Message) {
    w.put("sid", message.sid.to_string());
    w.put("date_created", rfc2822(message.created_at));
    w.put("date_updated", rfc2822(message.updated_at));
    let date = if shown.is_twilio() { rfc2822 } else { iso_ms };
    w.put("date_sent", message.sent_at.map(date));
    w.put("account_sid", message.account_sid.to_string());
    w.put("from", message.from.to_string());
    w.put("to", message.to.to_string());
    w.put("body", &message.body.0);
    w.put("status", status(shown, message));
    w.put("direction", message.direction.as_str());
    if shown.prices() {
        put_price(w, message.price);
    }
    w.put("api_version", shown.face.version());
    put_error(w, shown, message.error);
    w.put("num_segments", message.segments.to_string());
    // Beyond the documented properties, so shown only where it says something: clients skip what they do not know.
    let unknown = message.segment_states.iter().filter(|state| **state == SegmentState::Unknown).count();
    if unknown > 0 {
        w.put("unknown_segments", unknown.to_string());
    }
    if message.is_flash {
        w.put("flash", true);
    }
    if message.class != MessageClass::Transactional {
        w.put("message_class", message.class.as_str());
    }
    if shown.is_twilio() || message.media > 0 {
        w.put("num_media", message.media.to_string());
    }
    if shown.is_twilio() || message.messaging_service_sid.is_some() {
        w.put("messaging_service_sid", message.messaging_service_sid.map(|sid| sid.to_string()));
    }
    if let Some(at) = message.send_at {
        w.put("send_at", iso(at));
    }
    let collection = if shown.is_twilio() { "Messages" } else { "SMS/Messages" };
    w.put("uri", shown.uri(message.account_sid, format_args!("{collection}/{}", message.sid)));
    if shown.is_twilio() {
        w.object("subresource_uris", |w| {
            w.put("media", shown.uri(message.account_sid, format_args!("Messages/{}/Media", message.sid)));
        });
    }
}

/// The classic API answers a fresh message as `sending`, Twilio's one whose sender a service chose as `accepted`.
fn status(shown: &Shown<'_>, message: &Message) -> &'static str {
    match message.status {
        MessageStatus::Accepted | MessageStatus::Queued if shown.fresh && !shown.is_twilio() => "sending",
        MessageStatus::Queued if shown.fresh && message.messaging_service_sid.is_some() => "accepted",
        status => status.as_str(),
    }
}

fn put_error(w: &mut Writer, shown: &Shown<'_>, error: Option<ErrorCode>) {
    let properties = |w: &mut Writer| {
        w.put("error_code", error.map(ErrorCode::number));
        w.put("error_message", error.map(ErrorCode::sentence));
    };
    if shown.face == Face::Native && shown.format == Format::Xml {
        // Nested, and only where there is one, as in the original.
        if error.is_some() {
            w.object("error", properties);
        }
    } else {
        properties(w);
    }
}

/// The message as the answer to its creation showed it. A text that was removed since stays removed.
pub(super) fn as_created(message: Message) -> Message {
    let failed = message.error == Some(ErrorCode::PriceExceeded);
    Message {
        version: 1,
        status: match (failed, message.send_at) {
            (true, _) => MessageStatus::Failed,
            (false, Some(_)) => MessageStatus::Scheduled,
            (false, None) => MessageStatus::Queued,
        },
        error: message.error.filter(|_| failed),
        price: None,
        class: MessageClass::Transactional,
        quiet_hours: None,
        is_granted: false,
        sent_at: None,
        updated_at: message.created_at,
        ..message
    }
}

pub(super) fn preview(w: &mut Writer, preview: &MessagePreview) {
    w.put("dry_run", true);
    w.put("from", preview.from.to_string());
    w.put("num_segments", preview.plan.segments.len().to_string());
    w.put("encoding", encoding_name(preview.plan.encoding));
    w.put("units", u32::try_from(preview.plan.units).unwrap_or(u32::MAX));
    put_price(w, Some(preview.price.unwrap_or_default()));
}

pub(super) fn specimen() -> Message {
    let at = |second: i64| Timestamp::from_second(1_766_000_000 + second).expect("a second of 2025");
    Message {
        sid: MessageSid::from_u128(1),
        version: 3,
        account_sid: AccountSid::from_u128(1),
        from: Address::ShortCode("8640".to_owned()),
        to: "+32470000001".parse().expect("a number"),
        body: Pii("Your table is ready".to_owned()),
        sealed_body: None,
        direction: MessageDirection::OutboundApi,
        status: MessageStatus::Undelivered,
        segments: 1,
        labels: None,
        segment_states: Vec::new(),
        concat_ref: 0,
        api_version: "2010-04-01".to_owned(),
        application_sid: None,
        status_callback: None,
        told_of: Vec::new(),
        callback_sequence: 0,
        validity_s: 36_000,
        route: None,
        node: None,
        attempts: 1,
        next_attempt_at: None,
        error: Some(ErrorCode::HandsetUnreachable),
        price: Some(Money::from_micros(95_000)),
        class: MessageClass::Transactional,
        quiet_hours: None,
        is_granted: false,
        feedback: None,
        opt_out: None,
        is_flash: false,
        sip_headers: Vec::new(),
        media: 0,
        messaging_service_sid: None,
        send_at: None,
        sent_at: Some(at(1)),
        created_at: at(0),
        updated_at: at(60),
    }
}

pub(super) fn sample(w: &mut Writer, shown: &Shown<'_>) {
    message(w, &Shown { native_prices: true, ..*shown }, &specimen());
}

/// What was said of a message.
pub(super) fn feedback(w: &mut Writer, shown: &Shown<'_>, message: &Message) {
    let outcome = match message.feedback.and_then(|feedback| feedback.confirmed) {
        Some(true) => "confirmed",
        Some(false) | None => "unconfirmed",
    };
    w.put("account_sid", message.account_sid.to_string());
    w.put("message_sid", message.sid.to_string());
    w.put("outcome", outcome);
    w.put("date_created", message.feedback.map(|feedback| rfc2822(feedback.created_at)));
    w.put("date_updated", message.feedback.map(|feedback| rfc2822(feedback.updated_at)));
    w.put("uri", shown.uri(message.account_sid, format_args!("Messages/{}/Feedback", message.sid)));
}

pub(super) fn feedback_sample(w: &mut Writer, shown: &Shown<'_>) {
    let mut message = specimen();
    let at = message.created_at;
    message.feedback = Some(MessageFeedback { confirmed: Some(true), created_at: at, updated_at: at });
    feedback(w, shown, &message);
}
