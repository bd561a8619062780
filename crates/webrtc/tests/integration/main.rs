//! Browsers (another `str0m` each, over loopback sockets) that talk through the gateway and the media threads.

#![expect(clippy::unwrap_used, reason = "a failed step of a test is a failed test")]

mod browser;
mod calls;
