//! The client against real sockets: servers that misbehave, and addresses it must not touch.

mod callbacks;
mod instructions;
mod limits;
mod server;
mod ssrf;
