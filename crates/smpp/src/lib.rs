//! SMPP 3.4 sessions without sockets or clocks.
//!
//! **Owns** framing of PDUs with their limits ([`frame`]), the life of one ESME session ([`Session`]: bind,
//! window, response and enquire timers, congestion, reconnection), what a `deliver_sm` means ([`delivery`]:
//! delivery receipt or mobile-originated message), the making of `submit_sm` ([`submit`]), and the life of one connection of a
//! customer's program, to which we are the SMSC ([`server`]).
//! The layout of PDUs comes from the `rusmpp` crate.
//!
//! **Does not own** sockets, TLS and tasks (`messaging-node`), the alphabet, segmentation and status of a
//! message (`messaging`), accounts or money.
//!
//! Invariants:
//! - A submit handed to the session ends in exactly one [`Outcome`] that is not marked late. It is put on the
//!   wire at most once: the session never repeats a `submit_sm` by itself.
//! - A lost answer is [`Outcome::Unknown`], never a failure: the carrier may well have the message.
//! - A `deliver_sm` is answered only when the owner of the session says so ([`Input::Answer`]), or when a limit
//!   is reached and then only with an error that makes the peer try again.
//! - Every table is bounded: the window (≤ [`config::WINDOW_MAX`]), unanswered deliveries, late submits.
//!
//! Start reading at [`Session::handle`], then the simulation against a hostile SMSC in `tests/simulation.rs`.
//!
//! References: SMPP Protocol Specification v3.4 (SMPP Forum, 12-Oct-1999), cited below as "SMPP 3.4".

pub mod backoff;
pub mod config;
pub mod delivery;
pub mod frame;
pub mod receipt;
pub mod server;
pub mod session;
pub mod submit;
mod window;

pub use config::{BindMode, ConfigError, Edition, Secret, SessionConfig};
pub use delivery::{Delivery, Mo, Sar};
pub use frame::{Frame, FrameError, Header};
pub use receipt::{IdFormat, MessageId, Receipt, ReceiptPolicy, ReceiptState};
pub use rusmpp::Command;
pub use session::{
    Action, Answer, DeliveryId, DownReason, Event, Input, NotSentReason, Outcome, Session, SubmitKey,
    UnknownReason,
};
pub use submit::{Address, SubmitError, SubmitRequest};
