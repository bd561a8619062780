//! Tests of `flexio-sip` by its public interface only.
#![allow(clippy::unwrap_used, clippy::cast_possible_truncation, reason = "helpers of tests are tests too")]

mod auth;
mod calls;
mod flood;
mod ladder;
mod mutation;
mod outbound;
mod pager;
mod refresh;
mod register;
mod reliable;
mod script;
mod simulation;
mod stream;
mod subscription;
mod torture;
mod transfer;
mod world;
