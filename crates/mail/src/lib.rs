//! E-mail on its way to the relay.
//!
//! **Owns** what an e-mail is made of ([`compose`]), its signature ([`dkim`]), and the conversation with the operator's mail server
//! ([`Relay`], SMTP by `lettre`). **Does not own** whether it may be sent, when it is tried again, or what came of it (`app`,
//! `messaging::email`).
//!
//! Invariants
//! - The same e-mail is the same bytes each time it is tried, but for the time of its signature; so it has one Message-ID.
//! - Nothing of an e-mail becomes a header or a command before it was parsed: addresses have no blanks, subjects no line breaks.
//! - Blind copies are in the envelope only.
//! - Every wait for the server is bounded by [`Smtp::timeout_s`].
//!
//! Start reading at [`Relay::connect`].

pub mod compose;
mod config;
pub mod dkim;
mod relay;

pub use config::{Secret, Smtp, SmtpSender, Tls};
pub use relay::{Line, Relay, RelayError};
