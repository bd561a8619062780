//! What we say of ourselves, and what both sides agreed on.

use std::net::SocketAddr;

use crate::crypto::{Srtp, SrtpKey, SrtpPolicy};
use crate::{Codec, SRTP_KEY_BYTES};

/// Which way audio may flow, seen from the side that writes it (RFC 3264 §5.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Direction {
    /// Both ways; what a description without a direction means.
    #[default]
    SendRecv,
    /// We send and do not listen: this is how one puts the other side on hold with music.
    SendOnly,
    /// We only listen.
    RecvOnly,
    /// Neither, but RTCP goes on: hold without music.
    Inactive,
}

impl Direction {
    /// True when the writer of this direction sends audio.
    pub fn sends(self) -> bool {
        matches!(self, Self::SendRecv | Self::SendOnly)
    }

    /// True when the writer of this direction wants audio.
    pub fn receives(self) -> bool {
        matches!(self, Self::SendRecv | Self::RecvOnly)
    }

    /// The direction that does exactly these two things.
    pub fn new(sends: bool, receives: bool) -> Self {
        match (sends, receives) {
            (true, true) => Self::SendRecv,
            (true, false) => Self::SendOnly,
            (false, true) => Self::RecvOnly,
            (false, false) => Self::Inactive,
        }
    }

    /// The same stream seen from the other end: `sendonly` is `recvonly` there.
    #[must_use]
    pub fn reversed(self) -> Self {
        Self::new(self.receives(), self.sends())
    }

    /// What remains when both sides must agree: RFC 3264 §6.1, with `other` already seen from our side.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self::new(self.sends() && other.sends(), self.receives() && other.receives())
    }

    /// The attribute name, such as `sendrecv`.
    pub fn name(self) -> &'static str {
        match self {
            Self::SendRecv => "sendrecv",
            Self::SendOnly => "sendonly",
            Self::RecvOnly => "recvonly",
            Self::Inactive => "inactive",
        }
    }

    /// The direction of that attribute name, if it is one.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::SendRecv, Self::SendOnly, Self::RecvOnly, Self::Inactive]
            .into_iter()
            .find(|direction| direction.name() == name)
    }
}

/// Our side of an audio session: all that [`offer`](crate::offer) and [`answer`](crate::answer) need.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LocalMedia {
    /// Number in the `o=` line, fixed for the life of the call.
    pub session_id: u64,
    /// Version in the `o=` line: [`LocalMedia::bump`] it before each changed description (RFC 3264 §8).
    pub version: u64,
    /// Where we receive RTP, as the other side must see it. Its family decides `IP4` or `IP6`.
    pub rtp: SocketAddr,
    /// Port where we receive RTCP, written as `a=rtcp` when it is not the RTP port plus one (RFC 3605).
    pub rtcp_port: u16,
    /// Whether `a=rtcp-mux` is offered, and accepted when offered (RFC 5761 §5.1.1).
    pub rtcp_mux: bool,
    /// Codecs we can handle, best first. Must not be empty.
    pub codecs: Vec<Codec>,
    /// Payload type we offer for RFC 4733 digits (96–127), or `None` to go without.
    pub telephone_event: Option<u8>,
    /// Packet length we like to receive and, unless told otherwise, send: 20 ms.
    pub ptime_ms: u8,
    /// What we want to do: anything but `SendRecv` is a hold or a one-way call.
    pub direction: Direction,
    /// When answering: `true` takes our first codec that the offer has, `false` the offer's first codec
    /// that we have, as RFC 3264 §6.1 recommends.
    pub prefer_own_order: bool,
    /// Whether media is encrypted.
    pub srtp: SrtpPolicy,
    /// Our keys, one for each suite of [`SrtpSuite::ALL`](crate::SrtpSuite::ALL): random, and the same for the life of
    /// the call. Only looked at when `srtp` is not off.
    pub srtp_keys: [SrtpKey; 2],
}

impl LocalMedia {
    /// An ordinary two-way audio session: PCMA before PCMU, telephone-event 101, 20 ms.
    pub fn new(session_id: u64, rtp: SocketAddr) -> Self {
        Self {
            session_id,
            version: session_id,
            rtp,
            rtcp_port: rtp.port().saturating_add(1),
            rtcp_mux: true,
            codecs: vec![Codec::Pcma, Codec::Pcmu],
            telephone_event: Some(101),
            ptime_ms: 20,
            direction: Direction::SendRecv,
            prefer_own_order: false,
            srtp: SrtpPolicy::Off,
            srtp_keys: [SrtpKey([0; SRTP_KEY_BYTES]); 2],
        }
    }

    /// Counts the `o=` version up. Call it before a re-offer that differs from the last description.
    pub fn bump(&mut self) {
        self.version = self.version.wrapping_add(1);
    }
}

/// What both sides agreed on: all that a media session needs to start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Negotiated {
    /// Where the other side wants RTP. Not a promise that its packets come from there.
    pub remote: SocketAddr,
    /// Where the other side wants RTCP: `a=rtcp`, or the RTP port plus one, or `remote` with rtcp-mux.
    pub remote_rtcp: SocketAddr,
    /// RTCP shares the RTP port both ways (RFC 5761).
    pub rtcp_mux: bool,
    /// The codec both use.
    pub codec: Codec,
    /// Payload type the other side expects in our packets.
    pub send_payload_type: u8,
    /// Payload type we told the other side to use.
    pub recv_payload_type: u8,
    /// Payload type of RFC 4733 events we may send, or `None` when the other side has none.
    pub send_telephone_event: Option<u8>,
    /// Payload type of RFC 4733 events we may receive.
    pub recv_telephone_event: Option<u8>,
    /// Clock of the events, in Hz: that of the codec, or 8 000 where the other side has no other.
    pub telephone_event_hz: u32,
    /// Packet length the other side asked for, in ms (10–60); ours when it did not ask.
    pub ptime_ms: u8,
    /// What *we* may do: `sends()` = the other side listens, `receives()` = it may send.
    pub direction: Direction,
    /// Keys, when media is encrypted: then nothing that is not protected by them may be sent or believed.
    pub srtp: Option<Srtp>,
}
