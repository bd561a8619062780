//! Parameters of messages.

use flexio_app::CreateMessage;
use flexio_domain::{Address, ErrorCode, MessageClass, MessageDirection, MessageStatus, Pii, Timestamp};
use flexio_store::{MessageFilter, Span};

use crate::Face;
use crate::ask::Ask;
use crate::error::{Result, invalid};
use crate::operation::{Param, params};
use crate::params::one_of;

/// Custom headers of one text to a phone, and octets of each.
const SIP_HEADERS_MAX: usize = 20;
const SIP_HEADER_BYTES_MAX: usize = 1_024;

pub(super) const FILTERS: &[Param] = params![
    "From": "Equal.",
    "To": "Equal.",
    "DateSent": "Day or second of sending; `DateSent<` and `DateSent>` at or before and after (Twilio's API).",
    "StartTime": "Created not before (classic API).",
    "EndTime": "Created not after (classic API).",
    "Body": "Contained in the text (classic API).",
    "SubAccounts": "`true` adds the messages of all descendants (classic API).",
    "SortBy": "`DateCreated`, `From`, `To`, `Direction`, `Status`, `Body` or `Price`, with `:asc` or `:desc` (classic API).",
    "Reverse": "`true` for newest first (classic API).",
];

pub(super) const CREATE: &[Param] = params![
    "From": "A number of the account that can send, or the shared short number; required without MessagingServiceSid.",
    "MessagingServiceSid": "A messaging service, which chooses the sender.",
    "To": "E.164 number that can receive messages, or `client:login`, whose phones it is told; required. Parameters `X-…` go to a client as SIP headers.",
    "Body": "Text, 1 to 1600 characters; required without MediaUrl.",
    "MediaUrl": "A picture or file that goes with it; may be repeated, ten at most. Where no route takes it the text ends in a link to it.",
    "StatusCallback": "Told of states.",
    "StatusCallbackMethod": "GET or POST (classic API).",
    "StatusCallbackEvent": "States to tell of, repeated or in one value, such as `delivered undelivered failed`; default each that follows the first.",
    "ApplicationSid": "Its message status callback is used where none is given (Twilio's API).",
    "ValidityPeriod": "Seconds the message may wait, 1 to 36000.",
    "Tag": "A department or campaign whom its cost is shared out to, at most 64 characters; `Usage/Breakdown` sums by it.",
    "MaxPrice": "The message fails instead of costing more.",
    "MessageClass": "`transactional`, or `marketing`, which waits in quiet hours; default what the messaging service is for.",
    "Flash": "`true`: the handset shows it at once and does not keep it (class 0).",
    "SmartEncoded": "`true` replaces typographic characters where that saves segments.",
    "Encoding": "`GSM` (default), `UCS-2`, or `UTF-8`, which is as the text needs it (classic API).",
    "ScheduleType": "`fixed`, with SendAt.",
    "SendAt": "ISO 8601 time to send it, 15 minutes to 35 days ahead.",
    "ProvideFeedback": "`true`: whether the recipient did what it was for will be reported under `Feedback` (Twilio's API).",
    "DryRun": "`true` checks and prices the message without sending it.",
];

pub(super) const UPDATE: &[Param] = params![
    "Body": "Empty: the text is removed.",
    "Status": "`canceled`: the message is withdrawn, if it has not left.",
];

pub(super) const FEEDBACK: &[Param] = params!["Outcome": "`confirmed` (default) or `unconfirmed`."];

/// Whether the customer confirms.
pub(super) fn confirmed(ask: &Ask<'_>) -> Result<bool> {
    let outcome = one_of("Outcome", ask.params.text("Outcome"), |text| match text {
        "confirmed" => Some(true),
        "unconfirmed" => Some(false),
        _ => None,
    })?;
    Ok(outcome.unwrap_or(true))
}

pub(super) enum Update {
    Cancel,
    Redact,
}

pub(super) fn filter(ask: &Ask<'_>) -> Result<MessageFilter> {
    let params = &ask.params;
    let native = ask.face == Face::Native;
    let (created, sent) = match ask.face {
        Face::Native => (params.span_between("StartTime", "EndTime")?, Span::default()),
        Face::Twilio => (Span::default(), params.span("DateSent")?),
    };
    Ok(MessageFilter {
        scope: crate::calls::scope(ask)?,
        from: params.owned("From"),
        to: params.owned("To"),
        status: one_of("Status", params.text("Status"), MessageStatus::from_wire)?,
        body_contains: params.owned("Body").filter(|_| native),
        created,
        sent,
    })
}

pub(super) fn create(ask: &Ask<'_>) -> Result<CreateMessage> {
    let params = &ask.params;
    let to = params.required("To", ErrorCode::MessageToMissing)?;
    let native = ask.face == Face::Native;
    let from = params.text("From").map(|from| address(from, native).ok_or(ErrorCode::FromInvalid));
    let from = from.transpose()?;
    let to = address(to, native).ok_or(ErrorCode::ToInvalid)?;
    // The classic API calls it `media`.
    let is_media = |(name, url): &(&str, &str)| matches!(*name, "MediaUrl" | "Media") && !url.is_empty();
    let media: Vec<String> = params.all().filter(is_media).map(|(_, url)| url.to_owned()).collect();
    let body = match params.text("Body") {
        None if !media.is_empty() => Pii::default(),
        _ => Pii(params.required("Body", ErrorCode::BodyMissing)?.to_owned()),
    };
    Ok(CreateMessage {
        media,
        ucs2: matches!(params.text("Encoding"), Some("UCS-2" | "UCS2" | "UTF-16")),
        flash: params.boolean("Flash")?.unwrap_or(false),
        sip_headers: sip_headers(ask, &to)?,
        smart: params.boolean("SmartEncoded")?.unwrap_or(false),
        service: params.parsed("MessagingServiceSid", ErrorCode::MessagingServiceUnknown)?,
        send_at: send_at(ask)?,
        status_callback: params.webhook("StatusCallback", "StatusCallbackMethod", ErrorCode::UrlInvalid)?,
        told_of: told_of(ask)?,
        application_sid: params.parsed("ApplicationSid", ErrorCode::ApplicationInvalid)?,
        validity_s: params.whole("ValidityPeriod", 1..=36_000, ErrorCode::InvalidParameter)?,
        class: one_of("MessageClass", params.text("MessageClass"), customers_class)?,
        max_price: params.parsed("MaxPrice", ErrorCode::InvalidParameter)?,
        provide_feedback: params.boolean("ProvideFeedback")?.unwrap_or(false),
        shared_fallback: native,
        labels: ask.labels()?,
        ..CreateMessage::new(from, to, body, MessageDirection::OutboundApi, ask.face.version())
    })
}

/// States the callback is wanted for; none for all.
fn told_of(ask: &Ask<'_>) -> Result<Vec<MessageStatus>> {
    let words = ask.params.words("StatusCallbackEvent");
    let states =
        words.iter().map(|word| MessageStatus::from_wire(word).filter(|status| status.has_callback()));
    states.collect::<Option<_>>().ok_or_else(|| {
        invalid(
            "StatusCallbackEvent",
            "may hold queued, sending, sent, partially_delivered, delivered, undelivered, failed and canceled",
        )
    })
}

/// `X-…` parameters, for the phone of a client; of any other message they are left out, as whatever a request has too much of is.
fn sip_headers(ask: &Ask<'_>, to: &Address) -> Result<Vec<(String, String)>> {
    if !matches!(to, Address::Client(_)) {
        return Ok(Vec::new());
    }
    let is_custom = |name: &str| name.get(..2).is_some_and(|start| start.eq_ignore_ascii_case("X-"));
    let headers: Vec<_> = ask.params.all().filter(|(name, _)| is_custom(name)).collect();
    let is_token =
        |name: &str| name.len() <= 64 && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    let is_line = |value: &str| value.len() <= SIP_HEADER_BYTES_MAX && !value.chars().any(char::is_control);
    if headers.len() > SIP_HEADERS_MAX {
        return Err(invalid("X-", "has more than 20 headers"));
    }
    match headers.iter().find(|(name, value)| !is_token(name) || !is_line(value)) {
        Some(_) => Err(invalid("X-", "is no header of letters, digits and hyphens with a value in one line")),
        None => Ok(headers.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()),
    }
}

/// What customers may say of a message: codes are the platform's, for they go out despite an opt-out.
fn customers_class(text: &str) -> Option<MessageClass> {
    let class = MessageClass::from_wire(text)?;
    matches!(class, MessageClass::Transactional | MessageClass::Marketing).then_some(class)
}

/// When to send it; both parameters or none.
fn send_at(ask: &Ask<'_>) -> Result<Option<Timestamp>> {
    match (ask.params.text("SendAt"), ask.params.text("ScheduleType")) {
        (None, None) => Ok(None),
        (Some(text), Some("fixed")) => {
            // Without an offset it means UTC.
            let read = text.parse().or_else(|_| format!("{text}Z").parse());
            read.map(Some).map_err(|_| ErrorCode::SendAtInvalid.into())
        }
        (None, Some("fixed")) => Err(invalid("SendAt", "is missing")),
        (_, Some(_)) => Err(invalid("ScheduleType", "must be fixed")),
        (Some(_), None) => Err(invalid("ScheduleType", "is missing: with SendAt it must be fixed")),
    }
}

/// An address; the classic JSON API puts the channel before it: `sms:+32…`, `mms:+32…`.
fn address(text: &str, native: bool) -> Option<Address> {
    let bare = text.strip_prefix("sms:").or_else(|| text.strip_prefix("mms:")).filter(|_| native);
    bare.unwrap_or(text).parse().ok()
}

pub(super) fn update(ask: &Ask<'_>) -> Result<Update> {
    match (ask.params.get("Status"), ask.params.get("Body")) {
        (Some("canceled"), _) => Ok(Update::Cancel),
        (Some(_), _) => Err(invalid("Status", "must be canceled")),
        (None, Some("")) => Ok(Update::Redact),
        (None, Some(_)) => Err(invalid("Body", "must be empty: a text can be removed, not changed")),
        (None, None) => Err(invalid("Body", "or Status is missing")),
    }
}
