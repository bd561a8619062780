//! The life of messages between the API and the carriers: sockets to SMSCs, and the tasks that drive the pure engines.
//!
//! **Owns** TCP and TLS to SMSCs ([`smpp_client`]), the door for customers' programs ([`smpp_server`]), the choice of a route and the hand-over of segments (`dispatch`), delivery
//! receipts (`receipts`), incoming messages (`incoming`) and asking applications about them (`conversation`), the delivery of
//! status callbacks of calls and messages (`outbox`), the hand-over of e-mails (`mailer`), the sandbox carrier ([`sandbox`]) and texts to phones
//! and from them (`phones`).
//!
//! **Does not own** what SMPP says (`smpp`), what a message is and may become (`messaging`), what is saved with what
//! (`app::delivery`), what a document means (`markup`), how HTTP is spoken (`outbound`) or SMTP (`mail`).
//!
//! Invariants
//! - The database is the truth. Wake-ups are hints: without any, work is found within [`config::Messages::poll_s`] seconds.
//! - A segment is written to a carrier after it was saved as submitted, and at most once per save. A lost answer is an unknown
//!   outcome, never a reason to submit again.
//! - A delivery is answered to its carrier after what it says was saved.
//! - Every queue is bounded, and a full one slows its source down or sends it away with "later".
//! - Nothing here logs a number or a text.
//!
//! Start reading at [`MessagingNode::start`], then `dispatch`.

mod book;
mod carrier;
pub mod config;
mod conversation;
mod dispatch;
mod findings;
mod housekeeping;
mod incoming;
mod mailer;
mod node;
mod outbox;
mod phones;
mod receipts;
mod routing;
pub mod sandbox;
pub mod smpp_client;
pub mod smpp_server;
mod work;

pub use config::{MessagingConfig, RouteError, check};
pub use node::{InjectError, MessagingNode, RouteState, StartError};
pub use routing::{Choosing, Misfit, Wish, explain};

/// Which part of its life the node is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// Everything.
    Run,
    /// Nothing new is begun; what is under way ends.
    Drain,
    /// The tasks end.
    Stop,
}

/// A length as a gauge shows it.
fn measure(length: usize) -> f64 {
    f64::from(u32::try_from(length).unwrap_or(u32::MAX))
}
