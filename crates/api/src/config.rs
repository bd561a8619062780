//! What an operator may set about the API.

use serde::Deserialize;

/// Settings of the HTTP side; every one has a default.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ApiConfig {
    /// Bytes of a request body, at most.
    pub body_bytes_max: usize,
    /// Seconds within which a request's head must have come.
    pub head_timeout_s: u16,
    /// Seconds within which a request's body must have come.
    pub body_timeout_s: u16,
    /// Connections at one time; more wait in the listener's backlog.
    pub connections_max: usize,
    /// Requests a second per account or key; 0 for no limit (always so in the sandbox).
    pub requests_per_second: u32,
    /// Requests that may come at once above that.
    pub requests_burst: u32,
    /// Failed sign-ins a second per client address; 0 for no limit (always so in the sandbox).
    pub failures_per_second: u32,
    /// Failed sign-ins that may come at once.
    pub failures_burst: u32,
    /// Show `price` and `price_unit` in the classic API too, as its open-source edition did.
    pub native_prices: bool,
    /// Believe `X-Forwarded-For` (its last address): set it only behind a proxy that writes it.
    pub behind_proxy: bool,
}

impl Default for ApiConfig {
    fn default() -> Self {
        Self {
            body_bytes_max: 1024 * 1024,
            head_timeout_s: 10,
            body_timeout_s: 30,
            connections_max: 10_000,
            requests_per_second: 100,
            requests_burst: 200,
            failures_per_second: 10,
            failures_burst: 20,
            native_prices: false,
            behind_proxy: false,
        }
    }
}
