//! Reading RTCP (RFC 3550 §6, validity checks of Appendix A.2).

/// One packet of a compound.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rtcp<'a> {
    /// Sender or receiver report.
    Report(Report<'a>),
    /// Source description: the SSRC and CNAME of its first chunk, if it has them.
    Sdes {
        /// Whom it describes.
        ssrc: Option<u32>,
        /// Its canonical name, at most 255 bytes, of any content.
        cname: Option<&'a [u8]>,
    },
    /// These sources leave. The list holds 0–31 SSRCs, four bytes each.
    Bye {
        /// SSRCs in network order.
        sources: &'a [u8],
    },
    /// Something else, such as application-defined or feedback packets.
    Other {
        /// The packet type.
        packet_type: u8,
    },
}

/// A sender report (`sender` present) or a receiver report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Report<'a> {
    /// Who reports.
    pub ssrc: u32,
    /// What it says of its own stream.
    pub sender: Option<SenderInfo>,
    /// What it received, 24 bytes a block.
    blocks: &'a [u8],
}

/// The sender part of a sender report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SenderInfo {
    /// Wall clock as NTP 32.32 fixed point.
    pub ntp: u64,
    /// The same instant on the RTP clock.
    pub rtp_timestamp: u32,
    /// Packets sent.
    pub packets: u32,
    /// Payload bytes sent.
    pub bytes: u32,
}

/// What one side received of one stream of the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReportBlock {
    /// The stream.
    pub ssrc: u32,
    /// Loss since the previous report, in 1/256.
    pub fraction_lost: u8,
    /// Loss since the start; 24 bits, may be negative when packets were repeated.
    pub cumulative_lost: i32,
    /// Highest sequence number received, with wraps.
    pub highest_sequence: u32,
    /// Interarrival jitter in clock units.
    pub jitter: u32,
    /// Middle 32 bits of the NTP time of the last sender report, 0 when none came.
    pub last_report: u32,
    /// Time since it came, in 1/65 536 s.
    pub delay_since_last_report: u32,
}

/// Why bytes are not RTCP.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RtcpError {
    /// The lengths do not add up to the datagram.
    #[error("RTCP lengths do not fill the datagram")]
    Length,
    /// The version is not 2.
    #[error("not RTCP version 2")]
    Version,
    /// A packet is too short for what its count says.
    #[error("RTCP packet shorter than its count says")]
    Count,
    /// Padding in any but the last packet, or longer than the packet.
    #[error("RTCP padding where it may not be")]
    Padding,
}

/// The packets of one datagram, already checked as a whole.
#[derive(Debug, Clone)]
pub struct RtcpPackets<'a> {
    rest: &'a [u8],
}

impl<'a> RtcpPackets<'a> {
    /// Checks a datagram from end to end, so that reading the packets cannot fail. Packets may come in any
    /// order and number (reduced-size RTCP, RFC 5506).
    pub fn parse(datagram: &'a [u8]) -> Result<Self, RtcpError> {
        if datagram.is_empty() {
            return Err(RtcpError::Length);
        }
        let mut rest = datagram;
        while !rest.is_empty() {
            let (_, after) = read(rest)?;
            rest = after;
        }
        Ok(Self { rest: datagram })
    }
}

impl<'a> Iterator for RtcpPackets<'a> {
    type Item = Rtcp<'a>;

    fn next(&mut self) -> Option<Rtcp<'a>> {
        let (packet, rest) = read(self.rest).ok()?;
        self.rest = rest;
        Some(packet)
    }
}

fn read(bytes: &[u8]) -> Result<(Rtcp<'_>, &[u8]), RtcpError> {
    let head = bytes.first_chunk::<4>().ok_or(RtcpError::Length)?;
    if head[0] >> 6 != 2 {
        return Err(RtcpError::Version);
    }
    let length = (usize::from(u16::from_be_bytes([head[2], head[3]])) + 1) * 4;
    let (packet, rest) = bytes.split_at_checked(length).ok_or(RtcpError::Length)?;
    let mut body = &packet[4..];
    if head[0] & 0x20 != 0 {
        let padding = usize::from(*body.last().ok_or(RtcpError::Padding)?);
        if padding == 0 || padding > body.len() || !rest.is_empty() {
            return Err(RtcpError::Padding);
        }
        body = &body[..body.len() - padding];
    }
    let count = usize::from(head[0] & 0x1F);
    let packet = match head[1] {
        200 => report(body, count, true)?,
        201 => report(body, count, false)?,
        202 => sdes(body, count)?,
        203 => Rtcp::Bye { sources: body.get(..count * 4).ok_or(RtcpError::Count)? },
        packet_type => Rtcp::Other { packet_type },
    };
    Ok((packet, rest))
}

fn report(body: &[u8], count: usize, is_sender: bool) -> Result<Rtcp<'_>, RtcpError> {
    let (ssrc, mut body) = body.split_first_chunk::<4>().ok_or(RtcpError::Count)?;
    let mut sender = None;
    if is_sender {
        let (info, after) = body.split_first_chunk::<20>().ok_or(RtcpError::Count)?;
        body = after;
        sender = Some(SenderInfo {
            ntp: (u64::from(word(info, 0)) << 32) | u64::from(word(info, 1)),
            rtp_timestamp: word(info, 2),
            packets: word(info, 3),
            bytes: word(info, 4),
        });
    }
    let blocks = body.get(..count * 24).ok_or(RtcpError::Count)?;
    Ok(Rtcp::Report(Report { ssrc: u32::from_be_bytes(*ssrc), sender, blocks }))
}

fn sdes(body: &[u8], count: usize) -> Result<Rtcp<'_>, RtcpError> {
    if count == 0 {
        return Ok(Rtcp::Sdes { ssrc: None, cname: None });
    }
    let (ssrc, mut items) = body.split_first_chunk::<4>().ok_or(RtcpError::Count)?;
    let mut cname = None;
    // Each item is at least two bytes, so this ends; type 0 ends the chunk.
    while let [kind, length, after @ ..] = items {
        if *kind == 0 {
            break;
        }
        let text = after.get(..usize::from(*length)).ok_or(RtcpError::Count)?;
        if *kind == 1 && cname.is_none() {
            cname = Some(text);
        }
        items = &after[text.len()..];
    }
    Ok(Rtcp::Sdes { ssrc: Some(u32::from_be_bytes(*ssrc)), cname })
}

/// The `index`th 32-bit word; `bytes` are always long enough by the checks of the callers.
fn word(bytes: &[u8], index: usize) -> u32 {
    let at = index * 4;
    u32::from_be_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}

impl<'a> Report<'a> {
    /// The blocks, 0–31.
    pub fn blocks(&self) -> ReportBlocks<'a> {
        ReportBlocks { rest: self.blocks }
    }
}

/// The blocks of a report.
#[derive(Debug, Clone)]
pub struct ReportBlocks<'a> {
    rest: &'a [u8],
}

impl Iterator for ReportBlocks<'_> {
    type Item = ReportBlock;

    fn next(&mut self) -> Option<ReportBlock> {
        let (block, rest) = self.rest.split_first_chunk::<24>()?;
        self.rest = rest;
        let loss = word(block, 1);
        Some(ReportBlock {
            ssrc: word(block, 0),
            fraction_lost: block[4],
            // Sign of the 24-bit number: up to the top of the word and back.
            cumulative_lost: (loss << 8).cast_signed() >> 8,
            highest_sequence: word(block, 2),
            jitter: word(block, 3),
            last_report: word(block, 4),
            delay_since_last_report: word(block, 5),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Outgoing, write_compound};
    use proptest::prelude::*;

    fn sample(out: &mut [u8]) -> usize {
        let sender = SenderInfo { ntp: 0x0102_0304_0506_0708, rtp_timestamp: 9, packets: 10, bytes: 1_600 };
        let block = ReportBlock {
            ssrc: 0xAABB_CCDD,
            fraction_lost: 12,
            cumulative_lost: -5,
            highest_sequence: 70_000,
            jitter: 33,
            last_report: 0x0304_0506,
            delay_since_last_report: 65_536,
        };
        let outgoing =
            Outgoing { ssrc: 77, sender: Some(sender), block: Some(block), cname: "x@y", bye: true };
        write_compound(&outgoing, out)
    }

    #[test]
    fn a_written_compound_is_read_back() {
        let mut bytes = [0; 256];
        let length = sample(&mut bytes);
        let packets: Vec<_> = RtcpPackets::parse(&bytes[..length]).unwrap().collect();
        let Rtcp::Report(report) = packets[0] else { panic!("{packets:?}") };
        assert_eq!((report.ssrc, report.sender.unwrap().bytes), (77, 1_600));
        let block = report.blocks().next().unwrap();
        assert_eq!((block.cumulative_lost, block.highest_sequence, block.fraction_lost), (-5, 70_000, 12));
        assert_eq!(packets[1], Rtcp::Sdes { ssrc: Some(77), cname: Some(b"x@y") });
        assert_eq!(packets[2], Rtcp::Bye { sources: &[0, 0, 0, 77] });
        assert_eq!(packets.len(), 3);
    }

    #[test]
    fn counts_and_lengths_that_lie_are_refused() {
        let refused = |bytes: &[u8]| RtcpPackets::parse(bytes).unwrap_err();
        assert_eq!(refused(&[]), RtcpError::Length);
        assert_eq!(refused(&[0x80, 201, 0, 2, 0, 0, 0, 1]), RtcpError::Length);
        assert_eq!(refused(&[0x81, 201, 0, 1, 0, 0, 0, 1]), RtcpError::Count);
        assert_eq!(refused(&[0x9F, 203, 0, 1, 0, 0, 0, 1]), RtcpError::Count);
        assert_eq!(refused(&[0x40, 201, 0, 1, 0, 0, 0, 1]), RtcpError::Version);
        assert_eq!(refused(&[0xA0, 201, 0, 1, 0, 0, 0, 9]), RtcpError::Padding);
        assert_eq!(refused(&[0x81, 202, 0, 2, 0, 0, 0, 1, 1, 9, 0, 0]), RtcpError::Count);
        assert_eq!(refused(&[0x80, 200, 0, 1, 0, 0, 0, 1]), RtcpError::Count);
    }

    proptest! {
        #[test]
        fn no_mutation_makes_it_panic(at in 0usize..120, to in any::<u8>(), cut in 0usize..120, noise in proptest::collection::vec(any::<u8>(), 0..80)) {
            let mut bytes = [0; 256];
            let length = sample(&mut bytes);
            bytes[at % length] = to;
            for datagram in [&bytes[..length], &bytes[..cut % (length + 1)], &noise] {
                if let Ok(packets) = RtcpPackets::parse(datagram) {
                    for packet in packets {
                        if let Rtcp::Report(report) = packet {
                            prop_assert!(report.blocks().count() <= 31);
                        }
                    }
                }
            }
        }
    }
}
