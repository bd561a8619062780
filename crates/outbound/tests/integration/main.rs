//! The client against real sockets: servers that misbehave, and addresses it must not touch.

#![expect(clippy::unwrap_used, reason = "helpers of tests, outside test functions")]

mod callbacks;
mod documentation;
mod instructions;
mod limits;
mod server;
mod ssrf;
