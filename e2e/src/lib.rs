//! Tools of the black-box tests: a whole flexio as a process, and the peers it talks to.
//!
//! Owns: starting and stopping the `flexio` program, a customer's web application and REST client, the foreign programs (sipp, baresip,
//! the SDKs, an SMSC, programs that bind to ours) and the measuring of what they heard. Does not own: anything of the product; no crate of it is linked, so that
//! a fault shared by both sides cannot hide.
//!
//! Invariants
//! - Nothing waits for a fixed time: waits end with the awaited fact, or with the test at [`PATIENCE`].
//! - Every process dies with the value that stands for it, and every file lies in a folder that goes with it.
//! - A test that fails shows the end of flexio's log.
//!
//! Start reading at `flexio.rs`; the tests are in `tests/all`.

pub mod agent;
pub mod audio;
pub mod baresip;
pub mod browser;
pub mod clock;
pub mod esme;
pub mod flexio;
pub mod held;
pub mod mail;
pub mod pki;
pub mod programs;
pub mod relay;
pub mod rest;
pub mod sipp;
pub mod smsc;
pub mod stripe;
pub mod told;
pub mod vosk;
pub mod web;

use std::time::Duration;

/// How long a fact is waited for. Generous, as the machine may be busy: no test passes or fails by it when all is well.
pub const PATIENCE: Duration = Duration::from_secs(40);

/// Asks again and again until there is an answer; panics with `what` after [`PATIENCE`].
pub async fn eventually<T, F: Future<Output = Option<T>>>(what: &str, mut ask: impl FnMut() -> F) -> T {
    let until = tokio::time::Instant::now() + PATIENCE;
    loop {
        if let Some(answer) = ask().await {
            return answer;
        }
        assert!(tokio::time::Instant::now() < until, "waited in vain: {what}");
        tokio::time::sleep(Duration::from_millis(30)).await;
    }
}
