//! The life of an outgoing message, from what happens to its segments.
//!
//! ```text
//! accepted | scheduled → queued → sending → sent → delivered
//!                           │        │        └──→ undelivered
//!                           └────────┴──→ failed | undelivered | canceled
//! ```
//!
//! Carriers answer late, early, twice and in any order. A segment's state is the best knowledge of it and only
//! gets better; the message's status is computed from its segments and only moves forward.

use flexio_domain::{ErrorCode, Message, MessageStatus, Timestamp, message::SegmentState};

use crate::errors;

/// Something that happened to an outgoing message. Segments are counted from 0.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// A route is being looked for.
    Queued,
    /// The segment is about to be written to the carrier; saved *before* it is written.
    Submitting {
        /// Which.
        segment: usize,
    },
    /// The segment was not written after all, or the carrier asked to come back: it may be tried again.
    Returned {
        /// Which.
        segment: usize,
    },
    /// The carrier took the segment.
    Accepted {
        /// Which.
        segment: usize,
        /// The carrier's message id, empty when it gave none.
        carrier_id: String,
    },
    /// The carrier refused the segment and it will not be tried again.
    Refused {
        /// Which.
        segment: usize,
        /// SMPP 3.4 §5.1.3.
        command_status: u32,
    },
    /// The answer was lost.
    OutcomeUnknown {
        /// Which.
        segment: usize,
    },
    /// A receipt: the handset has the segment.
    SegmentDelivered {
        /// Which.
        segment: usize,
    },
    /// A receipt: the carrier gave the segment up.
    SegmentUndelivered {
        /// Which.
        segment: usize,
        /// The carrier's own code, for support.
        error: String,
        /// What that means.
        code: ErrorCode,
    },
    /// No (further) try will be made: tries or time are used up, or there is no route.
    GaveUp {
        /// Why.
        code: ErrorCode,
    },
    /// Its recipient opted out after it was taken, and none of it has left.
    Unwanted,
    /// The validity period is over and receipts are missing.
    Expired,
    /// The customer withdrew it.
    Cancel,
}

/// What an event changed. Save the message, `accepted` as usage, and a callback for `status` in one transaction.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Change {
    /// The message's new status, when it changed: one status callback each.
    pub status: Option<MessageStatus>,
    /// The segment now known to have been accepted by the carrier, reported once per segment: this is what is
    /// charged.
    pub accepted: Option<usize>,
    /// Something of the message is different and must be saved.
    pub dirty: bool,
}

/// Applies `event` to an outgoing `message`. Repeating an event changes nothing.
pub fn apply(message: &mut Message, now: Timestamp, event: &Event) -> Change {
    let before = (message.status, message.error);
    let mut change = Change::default();
    match event {
        Event::Queued => advance(message, MessageStatus::Queued),
        Event::Submitting { segment } => {
            change.dirty |= step(message, *segment, |state| {
                (*state == SegmentState::Waiting).then_some(SegmentState::Submitted)
            });
        }
        Event::Returned { segment } => {
            change.dirty |= step(message, *segment, |state| {
                (*state == SegmentState::Submitted).then_some(SegmentState::Waiting)
            });
        }
        Event::Accepted { segment, carrier_id } => {
            change.take(message, *segment, SegmentState::Accepted { carrier_id: carrier_id.clone() });
        }
        Event::Refused { segment, command_status } => {
            let refused = SegmentState::Refused { command_status: *command_status };
            change.take(message, *segment, refused);
            if change.dirty {
                note_error(message, errors::of_command_status(*command_status));
            }
        }
        Event::OutcomeUnknown { segment } => change.take(message, *segment, SegmentState::Unknown),
        Event::SegmentDelivered { segment } => change.take(message, *segment, SegmentState::Delivered),
        Event::SegmentUndelivered { segment, error, code } => {
            change.take(message, *segment, SegmentState::Undelivered { error: error.clone() });
            if change.dirty {
                note_error(message, *code);
            }
        }
        Event::GaveUp { code } => give_up(message, *code),
        Event::Unwanted => {
            if message.segment_states.iter().all(|state| *state == SegmentState::Waiting) {
                note_error(message, ErrorCode::OptedOut);
                advance(message, MessageStatus::Undelivered);
            }
        }
        Event::Expired => expire(message),
        Event::Cancel => {
            if message.segment_states.iter().all(|state| *state == SegmentState::Waiting) {
                advance(message, MessageStatus::Canceled);
            }
        }
    }
    advance(message, status_of(&message.segment_states));
    if message.status == MessageStatus::Delivered {
        message.error = None;
    }
    if before.0 < MessageStatus::Sent
        && message.status >= MessageStatus::Sent
        && was_taken(&message.segment_states)
    {
        message.sent_at.get_or_insert(now);
    }
    change.status = (message.status != before.0).then_some(message.status);
    change.dirty |= before != (message.status, message.error);
    if change.dirty {
        message.updated_at = now;
    }
    change
}

/// Whether more segments should be submitted: none once one was refused for good, because the handset would never
/// show the rest.
pub fn may_submit(message: &Message) -> bool {
    !message.status.is_final()
        && !message.segment_states.iter().any(|state| matches!(state, SegmentState::Refused { .. }))
}

/// The segment to submit next.
pub fn next_segment(message: &Message) -> Option<usize> {
    may_submit(message)
        .then(|| message.segment_states.iter().position(|state| *state == SegmentState::Waiting))?
}

/// Whether the outcome of some segment is not known: shown beside the status, resolved by a receipt only.
pub fn has_unknown(message: &Message) -> bool {
    message.segment_states.contains(&SegmentState::Unknown)
}

/// What a node finds after a crash: a segment that was being submitted may have been. At most once means not
/// again, so its outcome is unknown.
pub fn recover(message: &Message) -> Vec<Event> {
    let submitted = |state: &SegmentState| *state == SegmentState::Submitted;
    let at =
        message.segment_states.iter().enumerate().filter(|(_, state)| submitted(state)).map(|(at, _)| at);
    at.map(|segment| Event::OutcomeUnknown { segment }).collect()
}

impl Change {
    /// Improves the knowledge of a segment.
    fn take(&mut self, message: &mut Message, segment: usize, news: SegmentState) {
        let Some(state) = message.segment_states.get_mut(segment) else { return };
        if knowledge(&news) <= knowledge(state) {
            return;
        }
        if was_accepted(&news) && !was_accepted(state) {
            self.accepted = Some(segment);
        }
        *state = news;
        self.dirty = true;
    }
}

/// How much a state knows. News replaces a state that knows less, so order and repetition do not matter: a receipt
/// that overtakes the answer is not undone by it, and of two answers or two receipts the first stays.
const fn knowledge(state: &SegmentState) -> u8 {
    match state {
        SegmentState::Waiting => 0,
        SegmentState::Submitted => 1,
        SegmentState::Unknown => 2,
        SegmentState::Accepted { .. } | SegmentState::Refused { .. } => 3,
        SegmentState::Delivered | SegmentState::Undelivered { .. } => 4,
    }
}

/// The carrier had it: accepted, or a receipt speaks of it.
const fn was_accepted(state: &SegmentState) -> bool {
    match state {
        SegmentState::Accepted { .. } | SegmentState::Delivered | SegmentState::Undelivered { .. } => true,
        SegmentState::Waiting
        | SegmentState::Submitted
        | SegmentState::Refused { .. }
        | SegmentState::Unknown => false,
    }
}

fn was_taken(states: &[SegmentState]) -> bool {
    states.iter().any(was_accepted)
}

/// The status that the segments alone justify.
fn status_of(states: &[SegmentState]) -> MessageStatus {
    use SegmentState as S;
    let any = |test: fn(&S) -> bool| states.iter().any(test);
    if states.is_empty() {
        return MessageStatus::Accepted;
    }
    // Nothing is decided while an answer may still come.
    if any(|s| matches!(s, S::Submitted)) {
        return MessageStatus::Sending;
    }
    if any(|s| matches!(s, S::Refused { .. })) {
        // One segment missing is the message missing. "Failed" promises that nothing left.
        let left = any(|s| was_accepted(s) || matches!(s, S::Unknown));
        return if left { MessageStatus::Undelivered } else { MessageStatus::Failed };
    }
    if any(|s| matches!(s, S::Waiting)) {
        let untouched = states.iter().all(|s| matches!(s, S::Waiting));
        return if untouched { MessageStatus::Accepted } else { MessageStatus::Sending };
    }
    if any(|s| matches!(s, S::Unknown)) {
        return MessageStatus::Sending;
    }
    if any(|s| matches!(s, S::Accepted { .. })) {
        return MessageStatus::Sent;
    }
    if any(|s| matches!(s, S::Undelivered { .. })) {
        MessageStatus::Undelivered
    } else {
        MessageStatus::Delivered
    }
}

fn step(message: &mut Message, segment: usize, next: impl Fn(&SegmentState) -> Option<SegmentState>) -> bool {
    let Some(state) = message.segment_states.get_mut(segment) else { return false };
    let Some(news) = next(state) else { return false };
    *state = news;
    true
}

fn give_up(message: &mut Message, code: ErrorCode) {
    if message.status.is_final() {
        return;
    }
    note_error(message, code);
    let left = message
        .segment_states
        .iter()
        .any(|s| was_accepted(s) || matches!(s, SegmentState::Unknown | SegmentState::Submitted));
    advance(message, if left { MessageStatus::Undelivered } else { MessageStatus::Failed });
}

fn expire(message: &mut Message) {
    // Without receipts `sent` is the last word: accepted everywhere, and nobody said otherwise.
    let states = &message.segment_states;
    if message.status.is_final()
        || (was_taken(states) && states.iter().all(was_accepted) && !states.iter().any(is_undelivered))
    {
        return;
    }
    give_up(message, ErrorCode::DeliveryUnknown);
}

const fn is_undelivered(state: &SegmentState) -> bool {
    matches!(state, SegmentState::Undelivered { .. })
}

/// The first reason stays: later ones follow from it.
fn note_error(message: &mut Message, code: ErrorCode) {
    if !message.status.is_final() {
        message.error.get_or_insert(code);
    }
}

fn advance(message: &mut Message, to: MessageStatus) {
    // Final states are not ordered among themselves, and the first one stays.
    if !message.status.is_final() && to > message.status {
        message.status = to;
    }
}

#[cfg(test)]
mod interleaving;
#[cfg(test)]
mod tests;
