//! Something happened to an outgoing message.

use flexio_billing::SegmentsAccepted;
use flexio_domain::{
    ErrorCode, Level, Message, MessageClass, MessageStatus, Pii, Timestamp, UsageLabels,
    message::SegmentState,
};
use flexio_messaging::lifecycle::{self, Event};
use flexio_messaging::quiet;
use flexio_store::{Change, ChangeSet, CreditChange};
use jiff::SignedDuration;

use super::incoming::{Note, notification};
use crate::usage::booked;
use crate::vault::VaultError;
use crate::{App, AppError, callbacks};

/// API version of the classic dialect, whose callbacks carry the text.
const CLASSIC: &str = "2012-04-24";

/// Applies `event` to an outgoing message and appends what goes with it: status callback, usage event, posting. Whether the message
/// changed: it is then the caller's to append [`Change::UpdateMessage`], once for all events of a transaction.
pub fn apply(app: &App, message: &mut Message, event: &Event, changes: &mut ChangeSet) -> bool {
    apply_dated(app, message, (event, None), changes)
}

/// As [`apply`], of a receipt that says when the handset had it, or the carrier gave up: digits, in the carrier's own zone.
pub fn apply_dated(
    app: &App,
    message: &mut Message,
    (event, done_date): (&Event, Option<&str>),
    changes: &mut ChangeSet,
) -> bool {
    let had_unknown = lifecycle::has_unknown(message);
    let change = lifecycle::apply(message, app.clock.now(), event);
    if !had_unknown && lifecycle::has_unknown(message) {
        changes.push(outcome_unknown(app, message));
    }
    if change.dirty {
        charge(app, message, changes);
        return_credit(message, changes);
        forget_code(message);
    }
    if change.status.is_some_and(MessageStatus::has_callback)
        && let Some(mut callback) = callbacks::message_status(message)
    {
        if message.api_version == CLASSIC {
            callback.params.push(("Body".to_owned(), message.body.0.clone()));
        } else if let Some(date) = done_date {
            callback.params.push(("RawDlrDoneDate".to_owned(), date.to_owned()));
        }
        changes.push(Change::QueueCallback(callback));
    }
    change.dirty
}

/// Whether its recipient still wants a message that waits, and has not opted out since it was taken.
pub async fn is_wanted(app: &App, message: &Message) -> Result<bool, AppError> {
    app.is_wanted(message).await
}

/// Until when a message waits because it is marketing and the night of its recipient.
pub fn quiet_until(app: &App, message: &Message, now: Timestamp) -> Option<Timestamp> {
    let zone = app.config.zones.of(&message.to.to_string());
    quiet::end_of(message.quiet_hours?, zone, now)
}

/// The text of a message with its code in it, for the one place that hands it over. Others see stars.
pub fn opened(app: &App, message: &Message) -> Result<Pii<String>, VaultError> {
    let Some(sealed) = &message.sealed_body else { return Ok(message.body.clone()) };
    let bytes = app.vault.open(&message.sid.to_string(), sealed)?;
    String::from_utf8(bytes).map(Pii).map_err(|_| VaultError::Damaged)
}

/// Once no segment can leave any more, the code is nobody's.
fn forget_code(message: &mut Message) {
    let may_leave = |state: &SegmentState| matches!(state, SegmentState::Waiting | SegmentState::Submitted);
    if message.sealed_body.is_some()
        && (message.status.is_final() || !message.segment_states.iter().any(may_leave))
    {
        message.sealed_body = None;
    }
}

/// Tells the account, once per message, why the message stays `sending`.
fn outcome_unknown(app: &App, message: &Message) -> Change {
    let note = Note {
        level: Level::Warning,
        code: ErrorCode::DeliveryUnknown.number(),
        text: "the carrier's answer was lost: the message may have been sent and is not sent again; it stays sending until a receipt or \
               the end of its validity decides"
            .to_owned(),
        request: None,
        variables: None,
        body: None,
    };
    notification(app, message, note)
}

/// When the message's time is up: no try is made from then on, and what is not known then will not be.
pub fn expires_at(message: &Message) -> Timestamp {
    let validity = SignedDuration::from_secs(i64::from(message.validity_s));
    message.begins_at().saturating_add(validity).unwrap_or(Timestamp::MAX)
}

/// Whether nothing more is done for a message: it has its last state, or its time is up without a receipt.
pub fn is_over(message: &Message, now: Timestamp) -> bool {
    message.status.is_final() || (message.status != MessageStatus::Receiving && expires_at(message) <= now)
}

/// The usage of a message whose every segment is decided. Charged are the segments the carrier took; one whose answer was lost
/// counts when a receipt proves it, and is free when the validity ends first. The price on the record is the mark that it was done.
fn charge(app: &App, message: &mut Message, changes: &mut ChangeSet) {
    if message.price.is_some() || !is_decided(message) {
        return;
    }
    let refused = message.segment_states.iter().any(|state| matches!(state, SegmentState::Refused { .. }));
    let segments = message.segment_states.iter().filter(|state| was_taken(state)).count();
    // A message that never met a carrier was not used.
    if segments == 0 && !refused {
        return;
    }
    let (from, to) = (message.from.to_string(), message.to.to_string());
    let charge = app.meter(message.account_sid).segments_accepted(&SegmentsAccepted {
        message_sid: message.sid,
        account_sid: message.account_sid,
        from: &from,
        to: &to,
        segments: u32::try_from(segments).expect("a message has at most 24 segments"),
        at: message.sent_at.unwrap_or(message.updated_at),
        carries_code: message.class == MessageClass::Otp,
    });
    message.price = Some(charge.event.amount);
    changes.extend(booked(charge.labelled(labels(message)).carried_by(message.route.as_deref())));
}

/// What a message is for: what was asked for with it, the application it belongs to, and the number it leaves from.
fn labels(message: &Message) -> UsageLabels {
    let mut labels = message.labels.as_deref().cloned().unwrap_or_default();
    labels.application_sid = labels.application_sid.or(message.application_sid);
    labels.number = labels.number.or_else(|| message.from.number().map(ToString::to_string));
    labels
}

/// What was set aside for the message is free again once it is charged, or will not be.
pub(crate) fn return_credit(message: &mut Message, changes: &mut ChangeSet) {
    if message.is_granted && (message.price.is_some() || message.status.is_final()) {
        message.is_granted = false;
        changes.push(CreditChange::Return(message.sid.to_string()).into());
    }
}

/// Whether nothing can change any more what the message is charged.
pub(crate) fn is_decided(message: &Message) -> bool {
    let open = |state: &SegmentState| {
        matches!(state, SegmentState::Waiting | SegmentState::Submitted | SegmentState::Unknown)
    };
    message.status.is_final() || !message.segment_states.iter().any(open)
}

/// Whether the carrier took the segment.
pub(crate) const fn was_taken(state: &SegmentState) -> bool {
    match state {
        SegmentState::Accepted { .. } | SegmentState::Delivered | SegmentState::Undelivered { .. } => true,
        SegmentState::Waiting
        | SegmentState::Submitted
        | SegmentState::Refused { .. }
        | SegmentState::Unknown => false,
    }
}
