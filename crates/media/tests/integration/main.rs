//! The media threads seen from outside: real sockets on loopback, awaited packets and events.

#![expect(clippy::unwrap_used, reason = "a failed step of a test is a failed test")]

mod attack;
mod bridge;
mod codec;
mod digits;
mod mix;
mod peer;
mod play;
mod record;
mod session;
mod srtp;
mod tap;
