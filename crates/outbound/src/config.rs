//! What an operator may set.

use std::net::IpAddr;

use serde::Deserialize;

use crate::Cidr;

/// Limits and permissions of the guarded client. Every field has a default that is safe on the open internet.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct OutboundConfig {
    /// Refuse `http:` URLs.
    pub https_only: bool,
    /// Networks that may be reached although they are private, for example `10.1.0.0/16` or `127.0.0.0/8` in a sandbox.
    pub allow_private_cidrs: Vec<Cidr>,
    /// The platform's own public addresses, refused unless listed in `allow_private_cidrs`.
    pub own_addresses: Vec<IpAddr>,
    /// Ports below 1024 that may be reached; those from 1024 up always may.
    pub low_ports: Vec<u16>,
    /// Time for name resolution, TCP and TLS together, in milliseconds.
    pub connect_timeout_ms: u32,
    /// Time for a whole fetch with its redirects and its retry, in milliseconds; a request may ask for 1 to 15 s instead.
    pub total_timeout_ms: u32,
    /// Largest document of instructions, in bytes after decompression.
    pub instruction_bytes_max: usize,
    /// Largest media file, in bytes after decompression.
    pub media_bytes_max: usize,
    /// Largest response head, in bytes.
    pub head_bytes_max: usize,
    /// Requests in flight per kind (instructions, callbacks); more wait for their turn.
    pub in_flight_max: usize,
    /// Media files being fetched at once; each may hold `media_bytes_max` in memory.
    pub media_in_flight_max: usize,
    /// Requests of one kind in flight to one host and port; more wait for their turn.
    pub in_flight_per_host_max: usize,
    /// Requests of one kind that may wait for one host; the next one is turned back at once as busy.
    pub waiting_per_host_max: usize,
    /// WebSockets to applications open at once; each holds its place as long as it is open, and one more is refused.
    pub websockets_max: usize,
    /// How long a callback waits for its turn before it is turned back as busy, in milliseconds.
    pub callback_wait_ms: u32,
    /// Further certificate authorities, PEM, beside those of the system.
    pub extra_ca_pem: String,
}

impl Default for OutboundConfig {
    fn default() -> Self {
        Self {
            https_only: false,
            allow_private_cidrs: Vec::new(),
            own_addresses: Vec::new(),
            low_ports: vec![80, 443],
            connect_timeout_ms: 3_000,
            total_timeout_ms: 15_000,
            instruction_bytes_max: 64 * 1024,
            media_bytes_max: 5 * 1024 * 1024,
            head_bytes_max: 16 * 1024,
            in_flight_max: 1_024,
            media_in_flight_max: 16,
            in_flight_per_host_max: 64,
            waiting_per_host_max: 1_024,
            websockets_max: 2_048,
            callback_wait_ms: 1_000,
            extra_ca_pem: String::new(),
        }
    }
}
