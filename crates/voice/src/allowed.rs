//! Which verbs run where, and when.

use flexio_markup::{Kind, Verb};

/// Whether a document of this kind may hold the verb: one heard before a conversation, or while waiting for it, begins no other.
pub(crate) fn fits(kind: Kind, verb: &Verb) -> bool {
    match verb {
        Verb::Say(_) | Verb::Play(_) | Verb::Pause(_) | Verb::Redirect(_) => true,
        Verb::Gather(_) | Verb::Leave | Verb::Hangup => kind != Kind::ConferenceWait,
        Verb::Record(_)
        | Verb::Message(_)
        | Verb::Email(_)
        | Verb::Reject(_)
        | Verb::Connect(_)
        | Verb::Start(_)
        | Verb::Stop(_) => !matches!(kind, Kind::ConferenceWait | Kind::QueueWait),
        Verb::Dial(_) | Verb::Enqueue(_) | Verb::Hold(_) | Verb::Resume(_) | Verb::Refer(_) => {
            matches!(kind, Kind::Voice | Kind::Messaging)
        }
    }
}

/// Verbs executed although the caller is gone.
pub(crate) fn outlives_hang_up(verb: &Verb) -> bool {
    match verb {
        Verb::Message(_) | Verb::Email(_) | Verb::Redirect(_) | Verb::Hangup => true,
        Verb::Say(_)
        | Verb::Play(_)
        | Verb::Pause(_)
        | Verb::Gather(_)
        | Verb::Record(_)
        | Verb::Dial(_)
        | Verb::Enqueue(_)
        | Verb::Leave
        | Verb::Hold(_)
        | Verb::Resume(_)
        | Verb::Refer(_)
        | Verb::Reject(_)
        | Verb::Connect(_)
        | Verb::Start(_)
        | Verb::Stop(_) => false,
    }
}
