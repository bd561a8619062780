//! The messaging node from outside: its SMPP client alone, and whole over a real store.

#![expect(clippy::unwrap_used, reason = "a test may")]

mod messages;
mod smpp_client;
