//! The media threads seen from outside: real sockets on loopback, awaited packets and events.

mod attack;
mod bridge;
mod digits;
mod peer;
mod play;
mod record;
mod session;
