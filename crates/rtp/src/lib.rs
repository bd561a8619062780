//! Real-time transport: packets, reports, reordering, digits and figures of quality.
//!
//! **Owns** the wire form of RTP and RTCP (RFC 3550, RFC 3551, RFC 5761), their encryption (RFC 3711), telephone events (RFC 4733),
//! real-time text (RFC 4103), a STUN request and its answer (RFC 8489), the jitter buffer, and the statistics of a stream. **Does not own** sockets, clocks, who is believed to be the
//! sender, nor what is inside an audio payload.
//!
//! Invariants: nothing here allocates after construction, blocks, or reads a clock (`now` is an argument);
//! no input makes it panic; every buffer has a fixed size. Numbers on the wire wrap, so they are compared by
//! wrapping difference only.
//!
//! Start reading at [`Packet`], then [`Reception`] (what came, RFC 3550 Appendix A) and [`JitterBuffer`] (when it
//! is played).

mod event_receiver;
mod event_sender;
mod header;
mod jitter;
mod quality;
mod reception;
mod rtcp;
mod rtcp_write;
mod srtp;
mod stun;
mod text;

pub use event_receiver::{Digit, EventReceiver, digit_of_event};
pub use event_sender::{EventPacket, EventSender, event_of_digit};
pub use header::{HEADER_BYTES, Header, Packet, ParseError, is_rtcp};
pub use jitter::{JitterBuffer, JitterOptions, Pop, Push};
pub use quality::{Impairments, mos};
pub use reception::{Reception, Seen};
pub use rtcp::{Report, ReportBlock, ReportBlocks, Rtcp, RtcpError, RtcpPackets, SenderInfo};
pub use rtcp_write::{Outgoing, write_compound};
pub use srtp::{SRTP_KEY_BYTES, SRTP_OVERHEAD_BYTES, SrtpError, SrtpReceiver, SrtpSender};
pub use stun::{stun_mapped, stun_request};
pub use text::{TEXT_PACKET_BYTES, TextReceiver, TextSender, TextTypes};

#[cfg(test)]
mod testing {
    /// A small seeded generator (xorshift64*), so that every simulation can be repeated from its seed.
    pub struct Random(u64);

    impl Random {
        pub fn new(seed: u64) -> Self {
            Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
        }

        /// A number below `limit`.
        pub fn below(&mut self, limit: u32) -> u32 {
            self.0 ^= self.0 >> 12;
            self.0 ^= self.0 << 25;
            self.0 ^= self.0 >> 27;
            let high = self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33;
            u32::try_from(high % u64::from(limit)).unwrap()
        }
    }
}
