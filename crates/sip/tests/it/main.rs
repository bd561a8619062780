//! Tests of `flexio-sip` by its public interface only.

mod auth;
mod calls;
mod flood;
mod mutation;
mod outbound;
mod script;
mod simulation;
mod stream;
mod torture;
mod world;
