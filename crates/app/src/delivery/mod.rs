//! The life of messages, as the messaging node tells it: one function for each fact that has to be kept.
//!
//! The node holds the messages it carries and hands them in; these functions decide what becomes of them and which changes go with
//! that (usage event, ledger posting, status callback). The node joins the changes of many messages into one [`flexio_store::ChangeSet`]
//! and commits it with [`save`]. Messages are made by [`crate::App::create_message`], whoever asks: REST, a call's document, a reply.
//!
//! Invariants
//! - A message is charged at most once, when every segment is decided ([`outgoing::apply`]).
//! - Each status a customer hears of is queued as a callback in the transaction that makes it a fact.
//! - An incoming message exists durably before its carrier is answered, as `receiving` until its application was asked.
//!
//! Start reading at [`apply`].

mod incoming;
mod inside;
mod masked;
mod outgoing;

pub use incoming::{
    Incoming, Instructions, Note, ReceiveError, Unasked, asked, instructions, notification, receive,
    reply_sid, unasked,
};
pub use inside::{deliver, recipient};
pub use masked::{answered_inside, sent_on};
pub(crate) use outgoing::return_credit;
pub use outgoing::{apply, apply_dated, expires_at, is_over, is_wanted, opened, quiet_until};
pub(crate) use outgoing::{is_decided, was_taken};

/// Scheme of the URL of a callback that goes to a customer's program by SMPP; its name follows. No URL of a customer can have it.
pub const SMPP: &str = "smpp:";

/// One way to commit, for calls and messages.
pub use crate::legs::save;
