//! The shell around messaging: sockets to SMSCs, and the tasks that drive the pure engines.
//!
//! **Owns** TCP and TLS to SMSCs and the task that drives one SMPP session ([`smpp_client`]).
//!
//! **Does not own** what SMPP says (`smpp`), what a message is (`messaging`), what is saved and when (`app`).
//!
//! Invariants: every queue is bounded, and a full one slows its source down; a delivery is answered to the carrier only by
//! whoever made it durable.
//!
//! Start reading at [`smpp_client::SmppClient::start`].

pub mod smpp_client;
