//! The service with the real espeak-ng, hostile sound files, and a fetcher that counts.

#![expect(
    clippy::unwrap_used,
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    reason = "helpers of tests, outside test functions; sums and samples are small"
)]

mod files;
mod play;
mod say;
mod servers;
