//! How the media threads are set up.

use std::net::{IpAddr, Ipv4Addr};
use std::ops::RangeInclusive;

/// Settings of [`Media`](crate::Media). Every field has a working default.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MediaConfig {
    /// Media threads; 0 means one per core. At most 64.
    pub threads: usize,
    /// Address the media sockets bind to; its family is the family of all media.
    pub bind_ip: IpAddr,
    /// Address the other side must send to when it is not `bind_ip` (1:1 NAT, or `bind_ip` is `0.0.0.0`).
    pub advertised_ip: Option<IpAddr>,
    /// Ports for media: RTP takes a random even one, RTCP the odd one above it.
    pub ports: RangeInclusive<u16>,
    /// Sessions open at one time over all threads; more are refused with
    /// [`OpenError::Full`](crate::OpenError::Full).
    pub max_sessions: usize,
    /// Mixes open at one time; more are refused with [`OpenError::Full`](crate::OpenError::Full).
    pub max_mixes: usize,
    /// Accept media only from the exact address in the SDP and never learn another.
    pub strict_source: bool,
    /// How long after new signalling another source address may be learnt, in ms.
    pub learn_window_ms: u32,
    /// Silence on the wire after which [`Event::RtpTimeout`](crate::Event::RtpTimeout) is told, in ms; 0 = never.
    pub rtp_timeout_ms: u32,
    /// Time between two RTCP reports of a session, in ms.
    pub rtcp_interval_ms: u32,
    /// Threads that write recordings to disk (1–16).
    pub writer_threads: usize,
    /// Audio a recording keeps in memory while the disk stalls, in ms (≥ 1 000).
    pub record_ring_ms: u32,
    /// Commands that may wait for one media thread; more are refused with
    /// [`SendError::QueueFull`](crate::SendError::QueueFull).
    pub command_queue: usize,
}

impl Default for MediaConfig {
    fn default() -> Self {
        Self {
            threads: 0,
            bind_ip: IpAddr::V4(Ipv4Addr::LOCALHOST),
            advertised_ip: None,
            ports: 20_000..=49_999,
            max_sessions: 4_000,
            max_mixes: 2_000,
            strict_source: false,
            learn_window_ms: 2_000,
            rtp_timeout_ms: 30_000,
            rtcp_interval_ms: 5_000,
            writer_threads: 2,
            record_ring_ms: 12_000,
            command_queue: 8_192,
        }
    }
}
